"""What was found of what was planted. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stallhorn import units
from stallhorn.demo.history import Step
from stallhorn.model import DISTURBED, ChangePoint, Direction, Finding, Measurement, Report, Series, Status

_CONTEXT = "context"
_CLEARLY = 1.25  # two environments differ where one is so much slower, and their intervals lie apart


@dataclass(frozen=True, slots=True)
class Line:
    """One commit, and in words what became slower or faster there, and why."""

    commit: str
    subject: str
    moved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    lines: tuple[Line, ...]  # oldest first
    missing: tuple[str, ...]  # what was planted and is not told
    wrong: tuple[str, ...]  # causes that nobody planted
    left_out: tuple[str, ...]  # what could not be measured here
    unnamed: frozenset[str]  # commits of what is missing or wrong

    @property
    def complete(self) -> bool:
        return not self.missing and not self.wrong


def judge(report: Report, commits: Sequence[str], steps: Sequence[Step]) -> Verdict:
    """Hold what a report says of the demo's commits (oldest first) beside what was planted in them."""
    skipped = _skipped(report)
    lines, missing, wrong, unnamed = [], [], [], set()
    for commit, step in zip(commits, steps, strict=True):
        moved = sorted(_moved(report, commit), key=lambda point: module_of(point.key.benchmark))
        lines.append(Line(commit, step.subject, tuple(_in_words(report, point) for point in moved)))
        planted = {module: pitfall for module, pitfall in step.planted.items() if module not in skipped}
        lacking = [_lacking(report, moved, module, pitfall) for module, pitfall in planted.items()]
        strange = list(_strange(report, moved, step.planted))
        if any(lacking) or strange:
            unnamed.add(commit)
        missing += [f"{commit[:8]} {text}" for text in lacking if text]
        wrong += [f"{commit[:8]} {text}" for text in strange]
    left_out = tuple(f"{module}: {reason}" for module, reason in sorted(skipped.items()))
    return Verdict(tuple(lines), tuple(missing), tuple(wrong), left_out, frozenset(unnamed))


def module_of(benchmark: str) -> str:
    """The package's module that a benchmark measures: "suite.Smoothing.measure" -> "smoothing"."""
    return benchmark.split(".")[-2].lower()


def environments_differ(report: Report, commit: str) -> str:
    """What is slower or faster at a commit in the second environment than in the first, in words."""
    found, unsure = [], 0
    for first, second in _pairs(report, commit):
        if _disturbed(report, commit, first, second):
            unsure += 1
        elif first.value and second.value and _apart(first, second):
            found.append(f"{module_of(first.key.benchmark)} {units.ratio(second.value / first.value)}")
    said = ", ".join(sorted(found)) or "no clear difference"
    return f"{said}; {unsure} not compared, other programs were busy" if unsure else said


def disturbed_commits(report: Report) -> frozenset[str]:
    """Commits of which some process was measured beside other programs."""
    return frozenset(one.commit for one in report.history.observations if _foreign_load(one.facts) > DISTURBED)


def _moved(report: Report, commit: str) -> Iterator[ChangePoint]:
    """Changes of times that came with this commit, not with one of several."""
    for change in report.changes:
        if change.first.commit == commit and not change.untested:
            yield from change.points


def _in_words(report: Report, point: ChangePoint) -> str:
    known = report.explanation_of(point)
    text = f"{module_of(point.key.benchmark)} {units.ratio(point.ratio)}"
    causes, gone = _names(known.causes), _names(known.gone)
    if causes:
        return f"{text}: {causes}"
    if gone and point.direction is Direction.FASTER:
        return f"{text}: {gone} is gone"
    if gone:
        return f"{text}: the time before was wrong, {gone}"
    return f"{text}: no cause found" if point.direction is Direction.SLOWER else text


def _names(findings: Sequence[Finding]) -> str:
    return ", ".join(dict.fromkeys(one.pitfall for one in findings if one.severity != _CONTEXT))


def _lacking(report: Report, moved: Sequence[ChangePoint], module: str, pitfall: str) -> str:
    """What is missing of one planted thing; nothing if it was told as it was planted."""
    points = [point for point in moved if module_of(point.key.benchmark) == module]
    if not points:
        return f"{module}: no change is certain ({pitfall or 'slower without a cause'} was planted)"
    named = {one.pitfall for point in points for one in report.explanation_of(point).causes}
    if pitfall and pitfall not in named:
        return f"{module}: {pitfall} is not named"
    if not pitfall and all(point.direction is not Direction.SLOWER for point in points):
        return f"{module}: is not told to be slower"
    return ""


def _strange(report: Report, moved: Sequence[ChangePoint], planted: Mapping[str, str]) -> Iterator[str]:
    for point in moved:
        module = module_of(point.key.benchmark)
        for one in report.explanation_of(point).causes:
            if one.severity != _CONTEXT and one.pitfall != planted.get(module):
                yield f"{module}: {one.pitfall} is named, and was not planted"


def _skipped(report: Report) -> dict[str, str]:
    """Modules that were skipped wherever they were tried, and why."""
    found: dict[str, str] = {}
    measured = set()
    for series in report.history.series:
        module = module_of(series.key.benchmark)
        for point in series.points:
            if point.status is Status.SKIPPED:
                found[module] = point.reason
            else:
                measured.add(module)
    return {module: reason for module, reason in found.items() if module not in measured}


def _pairs(report: Report, commit: str) -> Iterator[tuple[Measurement, Measurement]]:
    """The same series at a commit in the environment with the history, and in the other one."""
    series = sorted(report.history.series, key=lambda one: -len(one.points))
    first: dict[tuple[str, str], Measurement] = {}
    for one in series:
        point = _at(one, commit)
        name = (one.key.benchmark, str(one.key.parameters))
        if point is not None and name in first:
            yield first[name], point
        elif point is not None:
            first[name] = point


def _apart(first: Measurement, second: Measurement) -> bool:
    """Whether the difference is more than the scatter of either."""
    low, high = sorted((first, second), key=lambda one: one.value or 0.0)
    clear = high.low is not None and low.high is not None and high.low > low.high
    return clear and (high.value or 0.0) >= _CLEARLY * (low.value or 0.0)


def _at(series: Series, commit: str) -> Measurement | None:
    return next((point for point in series.points if point.commit == commit and point.status is Status.OK), None)


def _disturbed(report: Report, commit: str, *points: Measurement) -> bool:
    keys = {point.key for point in points}
    return any(
        one.commit == commit and one.key in keys and _foreign_load(one.facts) > DISTURBED
        for one in report.history.observations
    )


def _foreign_load(facts: Mapping[str, object]) -> float:
    sampling = facts.get("sampling")
    value = sampling.get("foreign_load") if isinstance(sampling, Mapping) else None
    return float(value) if isinstance(value, int | float) else 0.0
