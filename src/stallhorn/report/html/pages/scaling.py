"""How times depend on threads: speed-up, efficiency, cores kept busy, named settings and copies of the process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
from markupsafe import Markup

from stallhorn import units
from stallhorn.model import plain
from stallhorn.report.html import words
from stallhorn.report.html.charts.scripted import SCRIPTS, STYLES
from stallhorn.report.html.data.benchmark import escaped
from stallhorn.report.html.data.script import script
from stallhorn.report.html.pages.base import File, Link, Page
from stallhorn.report.html.view import Site
from stallhorn.sweeps.crossover import Estimate, ratio
from stallhorn.sweeps.roles import roles
from stallhorn.sweeps.scaling import GOOD, Cores, Judgement, Point, Sweep, best_serial, judge, sweeps

LINK = Link("Scaling", "scaling.html", 50)

_MOST_ROWS = 100  # of the table; the others are in the charts
_MOST_NAMED = 40
_IN_FILE = 300  # sweeps of one data file, as far as families are not divided
_DIGITS = 4  # of times; of what is made of two of them one less is known


@dataclass(frozen=True, slots=True)
class RowView:
    """One line of the table: all texts are ready."""

    benchmark: str
    chart: str  # the address of its chart
    parameters: str
    where: str
    best: str
    speedup: str
    speedup_interval: str
    efficiency: str
    efficiency_interval: str
    serial: str
    serial_interval: str
    grave: str  # the flag that should be looked into
    flags: tuple[str, ...]  # the others


@dataclass(frozen=True, slots=True)
class NamedView:
    benchmark: str
    parameters: str
    where: str
    setting: str
    time: str
    interval: str
    against: str
    cores: str
    rate: str


@dataclass(frozen=True, slots=True)
class _Names:
    """What sweeps are called on the page and in its address."""

    labels: Mapping[str, str]  # of environments
    several_machines: bool

    def where(self, sweep: Sweep) -> str:
        label = self.labels.get(sweep.environment, sweep.environment)
        return f"{label} on {sweep.machine}" if self.several_machines else label

    def address(self, sweep: Sweep) -> dict[str, str]:
        """The state of the view that shows a sweep."""
        return {"benchmark": sweep.family, "size": sweep.size, "where": self.where(sweep), "with": _rest(sweep)}


def pages(site: Site) -> Iterable[Page | File]:
    found = sweeps(site.report.history, site.observed, site.report.history.project.roles)
    names = _Names(site.labels, len(site.machines) > 1)
    every = [(sweep, judge(sweep)) for sweep in found]
    judged = sorted(((sweep, judgement) for sweep, judgement in every if judgement is not None), key=_gravity)
    files = _files(found)
    named = [(sweep, point) for sweep in found for point in sweep.named]
    start = judged[0][0] if judged else found[0] if found else None
    serial = best_serial(found)
    data = {
        "schema": 1,
        "families": [[family, place] for place, members in enumerate(files) for family in members],
        "start": names.address(start) if start else {},
        "sweeps": [_data(*each, serial, names) for each in every if start and each[0].family == start.family],
    }
    content = {
        "data": Markup(escaped(orjson.dumps(data)).decode()),
        "sweeps": len(found),
        "judged": len(judged),
        "rows": [_row(sweep, judgement, names) for sweep, judgement in judged[:_MOST_ROWS]],
        "named": [_named(sweep, point, names) for sweep, point in named[:_MOST_NAMED]],
        "all_named": len(named),
        "picks": _picks(
            [each for each in found if start and each.family == start.family], len({each.family for each in found})
        ),
        "counts": _counts([judgement for _, judgement in judged]),
        "machines": _machines(found),
        "commits": [site.revision(commit) for commit in _newest_first({each.commit for each in found}, site)[:3]],
        "all_commits": len({each.commit for each in found}),
        "several_places": len({(each.environment, each.machine) for each in found}) > 1,
        "with_threads": bool(found) or _asks_for_threads(site),
    }
    scripts, styles = (*SCRIPTS, "static/scaling.js"), (*STYLES, "static/scaling.css")
    yield Page("scaling.html", "scaling.html.j2", "Scaling", content, scripts if found else (), styles)
    for place, families in enumerate(files):
        kept = [_data(*each, serial, names) for each in every if each[0].family in families]
        yield script(f"scaling-{place}", {"schema": 1, "sweeps": kept})


def _picks(members: Sequence[Sweep], families: int) -> int:
    """About how many choices the script offers, so that their room is kept."""
    backends = len({each.backend for each in members})
    numbers = [
        families,
        backends,
        backends,  # the choice of the baseline
        len({each.size for each in members}),
        len({each.variant for each in members}),
        len({each.rest for each in members}),
        len({(each.environment, each.machine) for each in members}),
    ]
    return sum(number > 1 for number in numbers)


def _asks_for_threads(site: Site) -> bool:
    """Whether any benchmark has a parameter for threads, be it with one value."""
    history = site.report.history
    return any(roles(each, history.project.roles).threads for each in history.benchmarks.values())


def _files(found: Sequence[Sweep]) -> list[tuple[str, ...]]:
    """Families that share a data file."""
    sizes: dict[str, int] = {}
    for sweep in found:
        sizes[sweep.family] = sizes.get(sweep.family, 0) + 1
    files: list[list[str]] = []
    room = 0
    for family, size in sizes.items():
        if size > room or not files:
            files.append([])
            room = _IN_FILE
        files[-1].append(family)
        room -= size
    return [tuple(each) for each in files]


def _gravity(each: tuple[Sweep, Judgement]) -> tuple[object, ...]:
    """What hurts first, then what should be looked into, then the least efficient."""
    sweep, judgement = each
    loss = 0.0
    if judgement.falls is not None:
        loss = judgement.falls.time.value / judgement.best.time.value
    differs = any(point.use.differs for point in sweep.points)
    return -loss, not differs, judgement.efficiency.value, sweep.benchmark, sweep.size, sweep.backend, sweep.environment


def _counts(judgements: Sequence[Judgement]) -> dict[str, int]:
    return {
        "fall": sum(each.falls is not None for each in judgements),
        "good": sum(each.efficiency.value >= GOOD for each in judgements),
        "flat": sum("flat: not parallel" in each.flags for each in judgements),
    }


def _newest_first(commits: set[str], site: Site) -> list[str]:
    return sorted(commits, key=lambda commit: (site.revision(commit).position, commit), reverse=True)


def _machines(found: Sequence[Sweep]) -> list[tuple[str, str]]:
    """Each machine and its cores in words."""
    known: dict[str, Cores] = {}
    for sweep in found:
        if known.get(sweep.machine, Cores()) == Cores():
            known[sweep.machine] = sweep.cores
    return [(name, ", ".join(text for _, text in _marks(cores)) or "cores not known") for name, cores in known.items()]


def _marks(cores: Cores) -> list[tuple[float, str]]:
    """Where a line stands in the charts, and its words; equal numbers share one."""
    texts: dict[float, list[str]] = {}
    for count, what in (
        (cores.physical, "physical core"),
        (cores.logical, "logical CPU"),
        (cores.allowed, "CPU allowed to the process"),
        (cores.quota, "CPU of quota"),
    ):
        if count and not (what.startswith("CPU allowed") and count == cores.logical):
            texts.setdefault(float(count), []).append(what if count == 1 else _plural(what))
    return [(count, f"{count:g} {' = '.join(names)}") for count, names in sorted(texts.items())]


def _plural(what: str) -> str:
    head, space, rest = what.partition(" CPU")
    if space:
        return f"{head} CPUs{rest}"
    return what.replace("CPU", "CPUs", 1) if what.startswith("CPU") else f"{what}s"


# --- texts ------------------------------------------------------------------------------------------------------------


def _rest(sweep: Sweep) -> str:
    return ", ".join(f"{name} = {text}" for name, text in sweep.rest)


def _parameters(sweep: Sweep) -> str:
    texts = sweep.points or sweep.named
    values = texts[0].key.parameters.values if texts else ()
    setting = texts[0].setting if texts else ""
    return ", ".join(f"{name} = {plain(text)}" for name, text in values if plain(text) != setting or not setting)


def _row(sweep: Sweep, judgement: Judgement, names: _Names) -> RowView:
    best, enough, flags = judgement.best, judgement.enough, judgement.flags
    serial = judgement.serial
    return RowView(
        benchmark=sweep.benchmark,
        chart="scaling.html?" + urlencode({name: text for name, text in names.address(sweep).items() if text}),
        parameters=_parameters(sweep),
        where=names.where(sweep),
        best=f"{best.threads}" + (f", {enough.threads} as good" if enough is not best else ""),
        speedup="none" if best is sweep.base else f"{judgement.speedup.value:.2f}x",
        speedup_interval="" if best is sweep.base else _interval(judgement.speedup, "{:.2f}", "x"),
        efficiency=f"{100 * judgement.efficiency.value:.0f} % at {sweep.points[-1].threads}",
        efficiency_interval=_interval(judgement.efficiency, "{:.0%}", ""),
        serial="not fitted" if serial is None else f"{100 * serial.fraction:.0f} %",
        serial_interval=""
        if serial is None or serial.low is None or serial.high is None
        else f"{100 * serial.low:.0f} to {100 * serial.high:.0f} %",
        grave=flags[0] if judgement.falls is not None else "",
        flags=flags[1:] if judgement.falls is not None else flags,
    )


def _interval(estimate: Estimate, form: str, unit: str) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{form.format(estimate.low)} to {form.format(estimate.high)}{unit}".replace("%", " %").replace(
        " % to", " to"
    )


def _named(sweep: Sweep, point: Point, names: _Names) -> NamedView:
    base = sweep.base
    against = ""
    if base is not None:
        slower = ratio(point.time, base.time)
        same = slower.is_bounded and slower.least <= 1 <= slower.most
        against = f"within noise ({words.percent(slower.value)})" if same else units.ratio(slower.value)
    return NamedView(
        sweep.benchmark,
        _parameters(sweep),
        names.where(sweep),
        point.setting,
        units.seconds(point.time.value),
        units.interval(point.time.low, point.time.high, "seconds"),
        against,
        "" if point.use.cores is None else f"{point.use.cores:.2f}",
        f"{point.rate.value:,.0f} / s" if point.rate.value >= 1000 else f"{point.rate.value:.3g} / s",
    )


# --- data for the script ----------------------------------------------------------------------------------------------


def _data(
    sweep: Sweep, judgement: Judgement | None, serial: dict[tuple[object, ...], tuple[Sweep, Estimate]], names: _Names
) -> dict[str, object]:
    own = sweep.speedups()
    rival = serial.get(sweep.problem)
    amdahl = judgement.serial if judgement else None
    return {
        **names.address(sweep),
        "name": sweep.benchmark,
        "page": f"benchmark/{words.identifier(sweep.benchmark)}.html",
        "backend": sweep.backend,
        "variant": sweep.variant,
        "commit": sweep.commit[:8],
        "threads": [point.threads for point in sweep.points],
        "time": [_triple(point.time) for point in sweep.points],
        "speedup": [_triple(each, _DIGITS - 1) for each in own],
        "efficiency": [
            _triple(sweep.share(point, each), _DIGITS - 1) for point, each in zip(sweep.points, own, strict=True)
        ],
        "serial": None if rival is None else [_triple(each, _DIGITS - 1) for each in sweep.speedups(rival[1])],
        "rival": "" if rival is None else f"{rival[0].backend} {rival[0].variant}".strip() or rival[0].benchmark,
        "cores": [_rounded(point.use.cores, _DIGITS - 1) for point in sweep.points],
        "notes": [_note(point) for point in sweep.points],
        "amdahl": None if amdahl is None else [_rounded(each) for each in (amdahl.fraction, amdahl.low, amdahl.high)],
        "flags": list(judgement.flags) if judgement else [],
        "named": [
            {
                "setting": point.setting,
                "time": _triple(point.time),
                "rate": _triple(point.rate),
                "copies": point.copies,
                "cores": _rounded(point.use.cores),
                "note": _note(point),
            }
            for point in sweep.named
        ],
        "copies": [[point.copies, *_triple(point.rate)] for point in sweep.copies()],
        "marks": _marks(sweep.cores),
    }


def _note(point: Point) -> str | None:
    use = point.use
    return f"{use.pool}: asked {use.asked}, has {use.has}" if use.differs else None


def _triple(estimate: Estimate, digits: int = _DIGITS) -> list[float | None]:
    return [_rounded(each, digits) for each in (estimate.value, estimate.low, estimate.high)]


def _rounded(value: float | None, digits: int = _DIGITS) -> float | None:
    return None if value is None else float(f"{value:.{digits}g}")
