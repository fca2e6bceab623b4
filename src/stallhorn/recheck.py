"""What to measure again: exactly what would settle which changes are suspected. Pure.

For each series that is in doubt two commits are measured in turns, the last with the old level and the newest with the
supposed new one, `TURNS` times each. Between two visits to a commit the other one is installed and measured, so a
machine that changes slowly changes both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stallhorn.changes.base import is_usable
from stallhorn.changes.remeasured import LEAST, Outcome, Settled, settle
from stallhorn.model import Direction, Measurement, Report, Series, SeriesKey, Suspicion
from stallhorn.model.alarm import Alarm
from stallhorn.model.identity import series_id
from stallhorn.model.visits import round_of, visit_of
from stallhorn.plan import Cell

TURNS = LEAST  # visits of each commit that one run adds
MOST = 10  # series of one alarm that are measured, those that it hit most
TIMED = "time"  # asv's type of benchmarks that have samples
MARK = "recheck"  # the key of a record that names the pairs of commits that it was measured in turns for


@dataclass(frozen=True, slots=True)
class Doubt:
    """A series of which it is open whether it changed, and the two commits that would tell."""

    key: SeriesKey
    last: str  # commit, the last with the old level
    newest: str  # commit, the newest with the supposed new level
    ratio: float  # new over old, as it is supposed
    direction: Direction
    why: str  # as a sentence without its full stop

    @property
    def pair(self) -> list[str]:
        """What a record that was taken for it is marked with."""
        return [self.last, self.newest]

    def __str__(self) -> str:
        return f"{self.key}, {self.last[:8]} and {self.newest[:8]}"


def doubts(report: Report, alarms: Iterable[Alarm], machine: str) -> tuple[Doubt, ...]:
    """What is suspected on one machine, or raised and not confirmed yet; each series and pair of commits once."""
    series = {each.key: each for each in report.history.series if each.key.machine == machine}
    places = {revision.commit: revision.position for revision in report.history.revisions}
    found = [doubt for each in report.suspicions if (doubt := _of_suspicion(each, series, places)) is not None]
    ends = _ends(report)
    for alarm in alarms:
        if alarm.machine == machine and alarm.is_open and not alarm.was_confirmed:
            found.extend(_of_alarm(alarm, series, places, ends))
    unique: dict[tuple[SeriesKey, str, str], Doubt] = {}
    for doubt in found:
        unique.setdefault((doubt.key, doubt.last, doubt.newest), doubt)
    return tuple(unique.values())


_Places = Mapping[str, int]


def _of_suspicion(suspicion: Suspicion, series: Mapping[SeriesKey, Series], places: _Places) -> Doubt | None:
    of = series.get(suspicion.key)
    points = None if of is None else _points(of, suspicion.last, suspicion.first, places, math.inf)
    if of is None or points is None:
        return None
    reason = suspicion.reason.rstrip(".")
    why = f"it looks {_size(suspicion.ratio, suspicion.direction)}" + (f": {reason}" if reason else "")
    ratio = _of_values(suspicion.ratio, suspicion.direction, of)
    return Doubt(suspicion.key, points[0].commit, points[1].commit, ratio, suspicion.direction, why)


def _of_values(ratio: float, direction: Direction, series: Series) -> float:
    """New over old value, of a ratio that may be above 1 where it became worse."""
    size = max(ratio, 1 / ratio) if ratio > 0 else 1.0
    return size if direction is series.rising else 1 / size


def _of_alarm(
    alarm: Alarm, series: Mapping[SeriesKey, Series], places: _Places, ends: Mapping[SeriesKey, Sequence[str]]
) -> list[Doubt]:
    found = []
    for key, each in series.items():
        if series_id(key) not in alarm.series:
            continue
        begun = places.get(alarm.first, 0)
        stop = min((places[commit] for commit in ends.get(key, ()) if places[commit] > begun), default=math.inf)
        points = _points(each, alarm.last, alarm.first, places, stop)
        if points is None or points[0].value is None or points[1].value is None:
            continue
        seen = points[1].value / points[0].value
        found.append((abs(math.log(seen)), key, points, _of_values(alarm.ratio or seen, alarm.direction, each)))
    found.sort(key=lambda each: (-each[0], each[1]))
    left = f", the {MOST} of {len(found)} series that it hit most" if len(found) > MOST else ""
    why = f"alarm {alarm.id} is {alarm.state} and not confirmed{left}: {alarm.told}"
    return [
        Doubt(key, last.commit, newest.commit, ratio, alarm.direction, why)
        for _, key, (last, newest), ratio in found[:MOST]
    ]


def _ends(report: Report) -> dict[SeriesKey, list[str]]:
    """Where the levels of each series begin: the one before ends there."""
    found: dict[SeriesKey, list[str]] = {}
    for change in report.changes:
        for point in change.points:
            found.setdefault(point.key, []).append(point.first)
    return found


def _points(
    series: Series, last: str, first: str, places: _Places, stop: float
) -> tuple[Measurement, Measurement] | None:
    """The newest point up to `last`, and the newest from `first` on and before `stop`; None where one is missing."""
    if not {last, first} <= places.keys():
        return None
    usable = [point for point in series.points if is_usable(point)]
    before = [point for point in usable if places[point.commit] <= places[last]]
    after = [point for point in usable if places[first] <= places[point.commit] < stop]
    return (before[-1], after[-1]) if before and after else None


def settled(doubt: Doubt, series: Iterable[Series], relevant: float) -> Settled:
    """What the visits of the two commits say by now."""
    points = {point.commit: point for each in series if each.key == doubt.key for point in each.points}
    if not {doubt.last, doubt.newest} <= points.keys():
        return Settled(Outcome.OPEN, 0)
    return settle(points[doubt.last], points[doubt.newest], doubt.ratio, relevant)


def in_words(doubt: Doubt, said: Settled) -> str:
    """A line for people."""
    if said.ratio is None or said.low is None or said.high is None:
        return f"{doubt}: {said.outcome}: {said.visits} of at least {LEAST} visits of each are measured"
    bounds = f"{said.ratio:.3g} times the old value [{said.low:.3g}, {said.high:.3g}], {said.visits} visits of each"
    if said.outcome is Outcome.CHANGED:
        return f"{doubt}: changed, {_size(said.ratio, doubt.direction)}: {bounds}"
    if said.outcome is Outcome.SAME:
        return f"{doubt}: not changed: {bounds}"
    return f"{doubt}: still open: {bounds}"


def _size(ratio: float, direction: Direction) -> str:
    factor = max(ratio, 1 / ratio) if ratio > 0 else math.inf
    return f"{factor:.2f}x {direction}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a doubt cannot be settled by measuring."""

    doubt: Doubt
    why: str


def cells_of(
    found: Iterable[Doubt],
    cells: Iterable[Cell],
    environments: Iterable[str],
    versions: Mapping[SeriesKey, str],
    kinds: Mapping[str, str],
) -> tuple[dict[Doubt, Cell], list[Refusal]]:
    """The cell of each doubt; refused where suite or environments no longer have it, or measure it otherwise.

    `versions` are those that the points of each series were measured with, `kinds` asv's types of the benchmarks.
    """
    known = {(cell.benchmark, frozenset(cell.parameters.values)): cell for cell in cells}
    there = set(environments)
    taken: dict[Doubt, Cell] = {}
    refused = []
    for doubt in found:
        cell = known.get((doubt.key.benchmark, frozenset(doubt.key.parameters.values)))
        version = versions.get(doubt.key, "")
        if cell is None:
            refused.append(Refusal(doubt, "the suite no longer has this benchmark with these parameters"))
        elif kinds.get(cell.benchmark, TIMED) != TIMED:
            refused.append(Refusal(doubt, "it is no timing: only the newest value is kept, not one for each round"))
        elif version and version != cell.version:
            refused.append(Refusal(doubt, "the benchmark was changed since: old and new times do not compare"))
        elif doubt.key.environment not in there:
            refused.append(Refusal(doubt, "asv.conf.json no longer has its environment, or it cannot be made here"))
        else:
            taken[doubt] = cell
    return taken, refused


def last_turn(old: int, new: int) -> int:
    """The turn up to which to measure, where so many visits of the two commits are done.

    A run that was interrupted is brought to its end; after a whole one, another is added.
    """
    most = max(old, new)
    return most + TURNS if old == new and most % TURNS == 0 else math.ceil(most / TURNS) * TURNS


def done(doubt: Doubt, records: Iterable[Mapping[str, Any]]) -> int:
    """How many of a cell's records were taken for this doubt's two commits."""
    marks = [record.get(MARK) for record in records if record.get("status") == "ok"]
    return sum(isinstance(mark, list) and doubt.pair in mark for mark in marks)


def next_round(records: Iterable[Mapping[str, Any]]) -> int:
    """The number of the round that another visit adds to these."""
    return round_of(1 + max((visit_of(record["round"]) for record in records), default=0))
