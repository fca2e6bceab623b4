"""The questions between Numba and JAX, filled from the site's own figures. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stallhorn.report.html import backend_words as say
from stallhorn.report.html.backends import LineView, ProblemView
from stallhorn.report.html.facts import dig
from stallhorn.report.html.view import Site
from stallhorn.sweeps.choice import TREE, Question, counted

_MOST = 4
_LOOPS = re.compile(r"(?:^|[\W_])(?:scatter|in.?place|mutat\w*|loops?|branch\w*)(?:$|[\W_])")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what one's own results say; `own` is empty where they are silent."""

    question: Question
    own: tuple[str, ...]


def asked(views: Sequence[ProblemView], site: Site) -> list[Asked]:
    counts = counted(site.report.history)
    own = {
        "gradients": [*_gradients(views), *counts.of("gradients")],
        "device": [*_devices(views, site), *counts.of("device")],
        "shapes": [*counts.of("shapes"), *_recompilations(site)],
        "mutation": [*_loops(views), *counts.of("mutation")],
        "figures": list(_won(views)),
    }
    return [Asked(each, tuple(dict.fromkeys(own[each.id]))[:_MOST]) for each in TREE]


def _gradients(views: Sequence[ProblemView]) -> Iterable[str]:
    for view in views:
        for line in view.lines:
            if line.line.task == "gradient":
                rivals = [view.lines[place] for place in view.competing]
                yield from _against(view, line, [each for each in rivals if each.line.backend == line.line.backend])


def _loops(views: Sequence[ProblemView]) -> Iterable[str]:
    for view in views:
        for place in view.competing:
            line = view.lines[place]
            if _LOOPS.search(line.line.variant.lower()):
                rivals = [view.lines[other] for other in view.competing]
                yield from _against(view, line, [each for each in rivals if each.line.backend != line.line.backend])


def _against(view: ProblemView, line: LineView, rivals: Sequence[LineView]) -> Iterable[str]:
    """A line against the best of others at its largest size that any of them has."""
    for at in reversed(line.curve.sizes):
        mine = line.curve.measured(at)
        times = [(time.value, each.line.label) for each in rivals if (time := each.curve.measured(at)) is not None]
        if mine is not None and times:
            best, label = min(times)
            ratio = mine.value / best
            much = f"takes {say.times(ratio)} the time of" if ratio >= 1 else f"is {say.times(1 / ratio)} faster than"
            where = f"{view.problem.size} = {say.size(at)}"
            yield f"{view.title}: {line.line.label} {much} {label} at {where}"
            return


def _devices(views: Sequence[ProblemView], site: Site) -> Iterable[str]:
    seen: Counter[str] = Counter()
    for view in views:
        for line in view.lines:
            if "jax" in line.line.backend.lower():
                for series in line.line.sweep.values():
                    for each in site.observed.get(series.key, ()):
                        device = dig(each.facts, "jax", "backend")
                        if each.commit == view.revision.commit and isinstance(device, str):
                            seen[device] += 1
    for device, count in sorted(seen.items()):
        measurements = "measurement" if count == 1 else "measurements"
        yield f"JAX ran on the {device.upper()} in {count} {measurements} of this page"


def _recompilations(site: Site) -> Iterable[str]:
    specimens = {row.key for row in site.rows if row.specimen is not None}
    found = [each for key, group in site.findings.items() if key not in specimens for each in group]
    sick = sorted({str(each.about) for each in found if each.pitfall == "recompilation"})
    if sick:
        more = f" and {len(sick) - 1} more" if len(sick) > 1 else ""
        yield f"Recompilation was found in {sick[0]}{more}"


def _won(views: Sequence[ProblemView]) -> Iterable[str]:
    """How often each backend leads at the largest size of a problem."""
    leaders: Counter[str] = Counter()
    for view in views:
        sizes = [each for each in view.sizes if (found := view.fastest(each)) is not None and found.rival is not None]
        found = view.fastest(sizes[-1]) if sizes else None
        if found is not None:
            leaders["none clearly" if found.is_tie else view.lines[found.first].line.backend] += 1
    if leaders:
        told = ", ".join(
            f"{name} in {count}" for name, count in sorted(leaders.items(), key=lambda item: (-item[1], item[0]))
        )
        yield f"Fastest at the largest size, of {leaders.total()} problems at these threads: {told}"
