"""Cases for the detectors: from runs that were just measured, or from the history. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stallhorn.model import ChangePoint, History, Measurement, Observation, Series, SeriesKey, Status
from stallhorn.pitfalls.base import Case, Facts, Run


def of_runs(key: SeriesKey, run: Run, others: Sequence[Run], reruns: Mapping[str, Run]) -> Case:
    """A case of runs that were measured together; `others` are all runs of the same benchmark."""
    siblings = tuple(one for one in others if one is not run)
    return Case(key, run, siblings, reruns)


def of_history(
    history: History, commits: Mapping[str, str], changes: Mapping[SeriesKey, Sequence[ChangePoint]]
) -> Iterator[Case]:
    """A case for every series that was measured at its machine's commit in `commits` (machine -> full hash)."""
    seen = _by_key_and_commit(history.observations)
    runs: dict[tuple[str, str, str], list[tuple[Series, Run]]] = {}
    for series in history.series:
        commit = commits.get(series.key.machine)
        point = next((one for one in series.points if one.commit == commit), None)
        if point is not None and point.status is not Status.SKIPPED:
            of = (series.key.benchmark, series.key.environment, series.key.machine)
            observations = seen.get((series.key, point.commit), ())
            runs.setdefault(of, []).append((series, run_at(point, observations, series.unit)))
    for together in runs.values():
        for series, run in together:
            yield _case(series, run, [one for _, one in together if one is not run], seen, changes)


def _case(
    series: Series,
    run: Run,
    siblings: list[Run],
    seen: Mapping[tuple[SeriesKey, str], Sequence[Observation]],
    changes: Mapping[SeriesKey, Sequence[ChangePoint]],
) -> Case:
    key = series.key
    commits = [point.commit for point in series.points]
    here = commits.index(run.commit)
    mine = [point for point in changes.get(key, ()) if commits.index(point.first) <= here]
    newest = mine[-1] if mine else None
    before = newest.last if newest is not None else (commits[here - 1] if here else None)
    baseline = None
    if before is not None:
        point = series.points[commits.index(before)]
        baseline = run_at(point, seen.get((key, before), ()), series.unit)
    return Case(
        key,
        run,
        tuple(siblings),
        repeats=tuple(
            Run(key.parameters, one.status, facts=Facts(one.facts), stderr=one.stderr, commit=run.commit)
            for one in seen.get((key, run.commit), ())[1:]
        ),
        baseline=baseline,
        slowdown=newest.ratio if newest is not None else None,
    )


def run_at(point: Measurement, observations: Sequence[Observation], unit: str) -> Run:
    """One measured point as a run; its facts are those of the quietest process."""
    quietest = min(observations, key=_foreign_load, default=None)
    is_time = unit == "seconds"
    return Run(
        point.key.parameters,
        point.status,
        point.value if is_time else None,
        point.low if is_time else None,
        point.high if is_time else None,
        Facts(quietest.facts if quietest is not None else {}),
        point.reason,
        quietest.stderr if quietest is not None else "",
        point.commit,
    )


def _foreign_load(observation: Observation) -> float:
    return Facts(observation.facts).number("sampling.foreign_load") or 0.0


def _by_key_and_commit(
    observations: Sequence[Observation],
) -> dict[tuple[SeriesKey, str], list[Observation]]:
    found: dict[tuple[SeriesKey, str], list[Observation]] = {}
    for one in observations:
        found.setdefault((one.key, one.commit), []).append(one)
    return found
