"""From history to report: the only place that puts the parts of the analysis together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from stallhorn.cases import Cases, observed
from stallhorn.causes import Causes
from stallhorn.changes.base import Disturbance, Disturbances
from stallhorn.changes.counted import detect as counted_changes
from stallhorn.changes.history import Found, detect
from stallhorn.changes.line import Line
from stallhorn.changes.pooling import pool
from stallhorn.changes.row import Rows
from stallhorn.changes.settings import Settings
from stallhorn.collector import waiting
from stallhorn.counted import facts_of
from stallhorn.floors import floors
from stallhorn.model import (
    ChangePoint,
    Direction,
    History,
    Observation,
    Report,
    Revision,
    Series,
    SeriesKey,
    Status,
    Suspicion,
    Verdict,
)
from stallhorn.model.points import CODES, Points, columns_of
from stallhorn.verdicts import Verdicts

_DEFAULT = Settings()
_SKIPPED = bytes([CODES[Status.SKIPPED]])


def diagnose(
    history: History, base: str | None = None, head: str | None = None, settings: Settings = _DEFAULT
) -> Report:
    """Judge one commit of each series, and find the changes of the whole history.

    `base` and `head` are full hashes. Without `head` each machine's newest measured commit is judged; without `base`
    it is compared with its predecessors. Series that have no point at that commit are not among the comparisons, and
    the verdict is about those that are. A change found with `head` given can be younger than it.
    """
    history = _with_directions(history, settings)
    with waiting():
        return _report(history, _in_columns(history), base, head, settings)


def _report(told: History, history: History, base: str | None, head: str | None, settings: Settings) -> Report:
    """The report about a history, from the same in columns."""
    disturbances, line = _disturbances(history.observations), Line(history.revisions)
    rows = Rows()
    found = _changes(history, disturbances, settings, line, rows)
    seen = observed(history.observations)
    facts = tuple(facts_of(history.series, seen))
    causes = Causes(Cases(history, seen, found.points), facts)
    verdicts = Verdicts(history, disturbances, settings, causes, found, line, rows)
    newest = newest_measured(history)
    heads = {machine: head or revision.commit for machine, revision in newest.items()}
    asked = [(series, commit) for series in history.series if (commit := heads.get(series.key.machine))]
    comparisons = verdicts.compared(asked, base)
    return Report(
        history=told,
        newest=max(newest.values(), key=lambda revision: revision.position, default=None),
        changes=pool(verdicts.points(), history.revisions),
        comparisons=tuple(comparisons),
        findings=verdicts.findings(comparisons, base),
        verdict=Verdict.join(comparison.verdict for comparison in comparisons),
        floors=floors(history),
        facts=facts,
        counted=pool(_counted(facts, line), history.revisions),
        explanations=verdicts.explanations,
        suspicions=found.suspicions,
    )


def _in_columns(history: History) -> History:
    """The history with the points of each series in columns, as those that were read have them."""
    return replace(history, series=tuple(map(_series_in_columns, history.series)))


def _series_in_columns(series: Series) -> Series:
    points = series.points
    if isinstance(points, Points):
        return series
    return replace(series, points=Points(series.key, columns_of(points), known=dict(enumerate(points))))


def _with_directions(history: History, settings: Settings) -> History:
    """The history with series that say of which more is better."""
    if not any(settings.is_higher_better(series.key.name, series.unit) for series in history.series):
        return history
    return replace(
        history,
        series=tuple(
            replace(series, rising=Direction.FASTER)
            if settings.is_higher_better(series.key.name, series.unit)
            else series
            for series in history.series
        ),
    )


def _changes(
    history: History, disturbances: Mapping[SeriesKey, Disturbances], settings: Settings, line: Line, rows: Rows
) -> Found:
    """The changes of the branch that are to be told, with positions of the whole series."""
    parts = [line.of_branch(series) for series in history.series]
    cut = {part.series.key: part for part in parts if not part.is_whole}
    places = {revision.commit: revision.position for revision in history.revisions}
    found = detect([part.series for part in parts], disturbances, settings, places, rows)

    def is_told(point: ChangePoint | Suspicion) -> bool:
        setting = settings.of(point.key.name)
        first = places[point.first]
        return not setting.ignored and (setting.first is None or first > places.get(setting.first, -1))

    def whole(point: ChangePoint) -> ChangePoint:
        part = cut.get(point.key)
        return point if part is None else part.whole(point)

    points = {key: tuple(whole(point) for point in each if is_told(point)) for key, each in found.points.items()}
    return Found(
        points={key: each for key, each in points.items() if each},
        common=tuple(whole(one) for one in found.common if is_told(one)),
        suspicions=tuple(one for one in found.suspicions if is_told(one)),
    )


def _counted(facts: Iterable[Series], line: Line) -> Iterator[ChangePoint]:
    """The changes of counted facts on the branch."""
    for series in facts:
        part = line.of_branch(series)
        yield from (part.whole(point) for point in counted_changes(part.series))


def restricted(report: Report, keep: Callable[[SeriesKey], bool]) -> Report:
    """The report about some of its series alone; the others helped to judge them."""
    history, comparisons = report.history, tuple(each for each in report.comparisons if keep(each.key))
    changes, counted = (
        pool(
            (point for change in every for point in change.points if keep(replace(point.key, fact=""))),
            history.revisions,
        )
        for every in (report.changes, report.counted)
    )
    return replace(
        report,
        history=replace(history, series=tuple(each for each in history.series if keep(each.key))),
        changes=changes,
        comparisons=comparisons,
        findings=tuple(each for each in report.findings if keep(each.about)),
        verdict=Verdict.join(each.verdict for each in comparisons),
        facts=tuple(each for each in report.facts if keep(replace(each.key, fact=""))),
        counted=counted,
        suspicions=tuple(each for each in report.suspicions if keep(each.key)),
    )


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
        columns = columns_of(series.points)
        tried = len(columns.statuses.rstrip(_SKIPPED))
        for place in {tried, len(columns.statuses)} - {0}:
            revision = revisions[columns.commits[place - 1]]
            known = newest.get(series.key.machine)
            if known is None or (place == tried, revision.position) > (known[0], known[1].position):
                newest[series.key.machine] = (place == tried, revision)
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
