"""From history to report: the only place that puts the parts of the analysis together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stallhorn.cases import Cases, observed
from stallhorn.causes import Causes
from stallhorn.changes.base import Disturbance, Disturbances
from stallhorn.changes.levels import compare, detect
from stallhorn.changes.pooling import pool
from stallhorn.counted import facts_of
from stallhorn.floors import floors
from stallhorn.model import (
    ChangePoint,
    Comparison,
    Direction,
    Explanation,
    Finding,
    History,
    Level,
    Observation,
    Report,
    Revision,
    SeriesKey,
    Status,
    Verdict,
)


def diagnose(history: History, base: str | None = None, head: str | None = None) -> Report:
    """Judge one commit of each series, and find the changes of the whole history.

    `base` and `head` are full hashes. Without `head` each machine's newest measured commit is judged; without `base`
    it is compared with its predecessors. Series that have no point at that commit are not among the comparisons, and
    the verdict is about those that are. A change found with `head` given can be younger than it.
    """
    disturbances = _disturbances(history.observations)
    none: Disturbances = {}
    heads = {machine: head or revision.commit for machine, revision in newest_measured(history).items()}
    comparisons: list[Comparison] = []
    points: dict[SeriesKey, tuple[ChangePoint, ...]] = {}
    for series in history.series:
        known = disturbances.get(series.key, none)
        if found := detect(series, known):
            points[series.key] = found
        commit = heads.get(series.key.machine)
        comparison = compare(series, commit, base, known) if commit else None
        if comparison is not None:
            comparisons.append(comparison)
    newest = newest_measured(history).values()
    seen = observed(history.observations)
    facts = tuple(facts_of(history.series, seen))
    why = _why(history, Causes(Cases(history, seen, points), facts), comparisons, points, base)
    return Report(
        history=history,
        newest=max(newest, key=lambda revision: revision.position, default=None),
        changes=pool((point for found in points.values() for point in found), history.revisions),
        comparisons=tuple(comparisons),
        findings=why.findings,
        verdict=Verdict.join(comparison.verdict for comparison in comparisons),
        floors=floors(history),
        facts=facts,
        counted=pool((point for series in facts for point in detect(series)), history.revisions),
        explanations=why.explanations,
    )


@dataclass(frozen=True, slots=True)
class _Why:
    findings: tuple[Finding, ...]
    explanations: Mapping[tuple[SeriesKey, str, str], Explanation]


def _why(
    history: History,
    causes: Causes,
    comparisons: Iterable[Comparison],
    points: Mapping[SeriesKey, Sequence[ChangePoint]],
    base: str | None,
) -> _Why:
    """Findings at the judged commits, and at each change; explanations of whatever moved."""
    compared = {comparison.key: comparison for comparison in comparisons}
    findings: dict[tuple[SeriesKey, str], tuple[Finding, ...]] = {}
    explanations: dict[tuple[SeriesKey, str, str], Explanation] = {}
    for series in history.series:
        key, comparison = series.key, compared.get(series.key)
        if comparison is not None:
            moved, last = _as_change(comparison), None if base is None else comparison.last
            at = key, comparison.after.commit
            findings[at] = causes.findings(series, at[1], last, None if moved is None else moved.ratio)
            if moved is not None:
                explanations[key, moved.last, at[1]] = causes.explanation(series, moved, last)
        for point in points.get(key, ()):
            if (key, point.first) not in findings:
                findings[key, point.first] = causes.findings(series, point.first)
            if (key, point.last, point.first) not in explanations:
                explanations[key, point.last, point.first] = causes.explanation(series, point)
    return _Why(tuple(one for found in findings.values() for one in found), explanations)


def _as_change(comparison: Comparison) -> ChangePoint | None:
    """A comparison that says that something moved, in the form of a change."""
    value, before, last = comparison.after.value, comparison.before, comparison.last
    if comparison.direction is Direction.SAME or before is None or last is None or value is None:
        return None
    low, high = comparison.after.low, comparison.after.high
    after = Level(before.stop, before.stop + 1, value, value if low is None else low, value if high is None else high)
    return ChangePoint(comparison.key, before, after, last, comparison.after.commit)


def only_machine(history: History, machine: str) -> History:
    """The part of a history that one machine measured, with all its revisions."""
    return replace(
        history,
        machines={name: known for name, known in history.machines.items() if name == machine},
        series=tuple(series for series in history.series if series.key.machine == machine),
        observations=tuple(each for each in history.observations if each.key.machine == machine),
        build_failures=tuple(each for each in history.build_failures if each.machine == machine),
        roofs={name: known for name, known in history.roofs.items() if name == machine},
    )


def newest_measured(history: History) -> dict[str, Revision]:
    """The newest revision that each machine tried to measure, failed or not; skipped points alone do not count."""
    revisions = {revision.commit: revision for revision in history.revisions}
    newest: dict[str, tuple[bool, Revision]] = {}
    for series in history.series:
        for point in reversed(series.points):
            revision, tried = revisions[point.commit], point.status is not Status.SKIPPED
            known = newest.get(series.key.machine)
            if known is None or (tried, revision.position) > (known[0], known[1].position):
                newest[series.key.machine] = (tried, revision)
            if tried:
                break
    return {machine: revision for machine, (_, revision) in newest.items()}


def _disturbances(observations: tuple[Observation, ...]) -> dict[SeriesKey, dict[str, dict[int, Disturbance]]]:
    """What other processes did, by series, commit and round."""
    found: dict[SeriesKey, dict[str, dict[int, Disturbance]]] = {}
    for observation in observations:
        cores = _number(_fact(observation, "sampling", "foreign_load"))
        if cores is not None:
            rounds = found.setdefault(observation.key, {}).setdefault(observation.commit, {})
            rounds[observation.round] = Disturbance(cores, _is_crowded(observation, cores))
    return found


def _is_crowded(observation: Observation, foreign: float) -> bool:
    """Whether there were more threads than cores; True where the facts do not say."""
    available = _number(_fact(observation, "host", "affinity")) or _number(_fact(observation, "host", "cores"))
    pools = [_fact(observation, "threads", part) for part in ("asked", "used")]
    counts = [_number(count) for pool in pools if isinstance(pool, dict) for count in pool.values()]
    threads = max((count for count in counts if count is not None), default=None)
    return available is None or threads is None or threads + foreign > available + _CROWDED_AT


_CROWDED_AT = 0.1  # cores; a rounding of the load


def _fact(observation: Observation, part: str, name: str) -> object:
    facts = observation.facts.get(part)
    return facts.get(name) if isinstance(facts, dict) else None


def _number(value: object) -> float | None:
    """A count or a load; None for everything else."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6 else None
