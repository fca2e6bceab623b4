"""Cases for the detectors: from runs that were just measured, or from the history. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stallhorn.model import ChangePoint, History, Measurement, Observation, Parameters, Series, SeriesKey, Status
from stallhorn.model.points import OK, Points
from stallhorn.pitfalls.base import Case, Facts, Run

Observed = Mapping[SeriesKey, Mapping[str, Sequence[Observation]]]  # by series and commit


def of_runs(key: SeriesKey, run: Run, others: Sequence[Run], reruns: Mapping[str, Run]) -> Case:
    """A case of runs that were measured together; `others` are all runs of the same benchmark."""
    siblings = tuple(one for one in others if one is not run)
    return Case(key, run, siblings, reruns)


def observed(observations: Iterable[Observation]) -> Observed:
    """Observations by series and commit, in their order."""
    found: dict[SeriesKey, dict[str, list[Observation]]] = {}
    for one in observations:
        found.setdefault(one.key, {}).setdefault(one.commit, []).append(one)
    return found


@dataclass(slots=True)
class _Together:
    """Runs of one benchmark at one commit. What a detector asks of siblings is looked up, not searched for."""

    runs: tuple[Run, ...]  # in the suite's order
    places: Mapping[SeriesKey, int]
    _lines: dict[str, dict[tuple[tuple[str, str], ...], tuple[Run, ...]]] = field(default_factory=dict)

    def along(self, name: str, parameters: Parameters) -> tuple[Run, ...]:
        if name not in self._lines:
            lines: dict[tuple[tuple[str, str], ...], list[Run]] = {}
            for run in self.runs:
                if run.status is Status.OK and run.parameters.get(name) is not None:
                    lines.setdefault(_without(run.parameters, name), []).append(run)
            self._lines[name] = {
                others: tuple(sorted(line, key=lambda run: _as_number(run.parameters.get(name) or "")))
                for others, line in lines.items()
            }
        return self._lines[name].get(_without(parameters, name), ())


@dataclass(frozen=True, slots=True)
class _CaseOfHistory(Case):
    together: _Together = field(default_factory=lambda: _Together((), {}))

    def along(self, name: str) -> tuple[Run, ...]:
        return self.together.along(name, self.run.parameters)


class Cases:
    """The cases of a history: any series at any commit. What several of them share is made once."""

    def __init__(self, history: History, seen: Observed, changes: Mapping[SeriesKey, Sequence[ChangePoint]]) -> None:
        """`changes` are those of each series, oldest first."""
        self._seen, self._changes = seen, changes
        self._groups: dict[tuple[str, str, str], list[Series]] = {}
        for series in history.series:
            self._groups.setdefault(_group(series.key), []).append(series)
        self._together: dict[tuple[tuple[str, str, str], str], _Together] = {}

    def is_silent(self, series: Series, commit: str) -> bool:
        """Whether a series was measured well at a commit, and nothing else is known of that."""
        if self._seen and self._rounds(series.key, commit):
            return False
        place, points = _place(series, commit), series.points
        if place is None:
            return False
        return (
            (points.columns.statuses[place] == OK) if isinstance(points, Points) else points[place].status is Status.OK
        )

    def at(self, series: Series, commit: str, base: str | None = None, slowdown: float | None = None) -> Case | None:
        """The case of one series at one commit; None where it was not measured, or was skipped.

        Its baseline is the level before its newest change up to there, else the commit before. With `base` it is that
        commit, and `slowdown` what became of the time since, if that is significant.
        """
        key = series.key
        together = self._together_at(key, commit)
        place = together.places.get(key)
        if place is None:
            return None
        here = _place(series, commit)
        assert here is not None
        if base is None:
            change = self._newest_change(series, here)
            base = change.last if change is not None else series.points[here - 1].commit if here else None
            slowdown = change.ratio if change is not None else None
        position = _place(series, base) if base is not None else None
        before = series.points[position] if position is not None else None
        run = together.runs[place]
        rounds = self._rounds(key, commit)
        chosen = _chosen(rounds, run.status)
        return _CaseOfHistory(
            key,
            run,
            together.runs[:place] + together.runs[place + 1 :],
            repeats=tuple(
                Run(key.parameters, one.status, facts=Facts(one.facts), stderr=one.stderr, commit=commit)
                for one in rounds
                if one is not chosen
            ),
            baseline=None if before is None else run_at(before, self._rounds(key, before.commit), series.unit),
            slowdown=slowdown,
            together=together,
        )

    def _newest_change(self, series: Series, here: int) -> ChangePoint | None:
        """The last change of a series that it had by one of its points."""
        changes = self._changes.get(series.key, ())
        return next((one for one in reversed(changes) if one.after.start <= here), None)

    def _rounds(self, key: SeriesKey, commit: str) -> Sequence[Observation]:
        return self._seen.get(key, {}).get(commit, ())

    def _together_at(self, key: SeriesKey, commit: str) -> _Together:
        group = _group(key)
        known = self._together.get((group, commit))
        if known is None:
            runs: list[Run] = []
            places: dict[SeriesKey, int] = {}
            for series in self._groups[group]:
                position = _place(series, commit)
                if position is not None and series.points[position].status is not Status.SKIPPED:
                    places[series.key] = len(runs)
                    runs.append(run_at(series.points[position], self._rounds(series.key, commit), series.unit))
            known = self._together[group, commit] = _Together(tuple(runs), places)
        return known


def run_at(point: Measurement, rounds: Sequence[Observation], unit: str) -> Run:
    """One measured point as a run; its facts are those of one process, the quietest of those that tell most."""
    chosen = _chosen(rounds, point.status)
    is_time = unit == "seconds"
    return Run(
        point.key.parameters,
        point.status,
        point.value if is_time else None,
        point.low if is_time else None,
        point.high if is_time else None,
        Facts(chosen.facts if chosen is not None else {}),
        point.reason,
        chosen.stderr if chosen is not None else "",
        point.commit,
    )


def _chosen(rounds: Sequence[Observation], status: Status) -> Observation | None:
    """The process that stands for all: it ended as the measurement did, has made the extra call, and was left alone."""
    return min(rounds, key=lambda one: (one.status is not status, not one.facts.get("calls"), _load(one)), default=None)


def _load(observation: Observation) -> float:
    return Facts(observation.facts).number("sampling.foreign_load") or 0.0


def _place(series: Series, commit: str) -> int | None:
    """Where a series has this commit; searched from its end, because what is asked for is mostly new."""
    points = series.points
    commits = points.columns.commits if isinstance(points, Points) else [point.commit for point in points]
    if commits and commits[-1] == commit:
        return len(commits) - 1
    return next((place for place in range(len(commits) - 1, -1, -1) if commits[place] == commit), None)


def _group(key: SeriesKey) -> tuple[str, str, str]:
    return key.benchmark, key.environment, key.machine


def _without(parameters: Parameters, name: str) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in parameters.values if pair[0] != name)


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
