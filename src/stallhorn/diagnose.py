"""From history to report: the only place that puts the parts of the analysis together. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stallhorn.changes.levels import compare, detect
from stallhorn.changes.pooling import pool
from stallhorn.model import ChangePoint, Comparison, History, Observation, Report, Revision, SeriesKey, Status, Verdict


def diagnose(history: History, base: str | None = None, head: str | None = None) -> Report:
    """Judge one commit of each series, and find the changes of the whole history.

    `base` and `head` are full hashes. Without `head` each machine's newest measured commit is judged; without `base`
    it is compared with its predecessors. Series that have no point at that commit are not among the comparisons, and
    the verdict is about those that are. A change found with `head` given can be younger than it.
    """
    loads = _loads(history.observations)
    none: Mapping[str, float] = {}
    heads = {machine: head or revision.commit for machine, revision in newest_measured(history).items()}
    comparisons: list[Comparison] = []
    points: list[ChangePoint] = []
    for series in history.series:
        known = loads.get(series.key, none)
        points += detect(series, known)
        commit = heads.get(series.key.machine)
        comparison = compare(series, commit, base, known) if commit else None
        if comparison is not None:
            comparisons.append(comparison)
    newest = newest_measured(history).values()
    return Report(
        history=history,
        newest=max(newest, key=lambda revision: revision.position, default=None),
        changes=pool(points, history.revisions),
        comparisons=tuple(comparisons),
        findings=(),
        verdict=Verdict.join(comparison.verdict for comparison in comparisons),
    )


def only_machine(history: History, machine: str) -> History:
    """The part of a history that one machine measured, with all its revisions."""
    return replace(
        history,
        machines={name: known for name, known in history.machines.items() if name == machine},
        series=tuple(series for series in history.series if series.key.machine == machine),
        observations=tuple(each for each in history.observations if each.key.machine == machine),
        build_failures=tuple(each for each in history.build_failures if each.machine == machine),
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


def _loads(observations: tuple[Observation, ...]) -> dict[SeriesKey, dict[str, float]]:
    """Cores that other processes used, by series and commit: that of the least disturbed process, which is the best."""
    loads: dict[SeriesKey, dict[str, float]] = {}
    for observation in observations:
        load = _foreign_load(observation)
        if load is None:
            continue
        commits = loads.setdefault(observation.key, {})
        commits[observation.commit] = min(load, commits.get(observation.commit, load))
    return loads


def _foreign_load(observation: Observation) -> float | None:
    sampling = observation.facts.get("sampling")
    load = sampling.get("foreign_load") if isinstance(sampling, dict) else None
    return float(load) if isinstance(load, int | float) and not isinstance(load, bool) and 0 <= load < 1e6 else None
