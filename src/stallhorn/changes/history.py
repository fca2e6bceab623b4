"""The changes of a whole history: every series judged, beside the others of its benchmark and of its machine. Pure.

A series with a history is judged by `projects`: all its points, the noise from point to point, and the other series of
its machine. A young one, and the newest and first points of any, are judged by `levels` as well, which knows how the
processes of each point differed: it tells a plain change on the day it comes. What `levels` alone has told of the
newest points is forgotten when more than `TAIL` points came after without the history agreeing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from stallhorn.changes import counted, levels
from stallhorn.changes.base import BENCHMARKS, USUAL, Demand, Disturbances, Event, Step, Steps
from stallhorn.changes.line import part
from stallhorn.changes.row import Row, Rows
from stallhorn.changes.settings import Settings
from stallhorn.model import ChangePoint, Direction, Kind, Level, Measurement, Series, SeriesKey, Suspicion
from stallhorn.model.visits import by_visit, repeats
from stallhorn.stats import median, trimmed_range

if TYPE_CHECKING:
    from stallhorn.changes.grid import Grid

YOUNG = 12  # usable points below which a series has no history, and first points that are judged as young for ever
TAIL = 15  # newest points that are judged as young, too
AROUND = 20  # points before those, so that there is something to judge them against
NEWEST = 2  # points in which an event of the machine cannot be told by its staying
SAME = 5  # points between two changes that are one
CERTAIN = 0.99  # the confidence of what the rule for young series tells
HEALTHY = 1.3  # log odds by which a change of the newest points is less sure: most series, on most nights, are healthy
COMMON = "most benchmarks of this machine moved together"
SIDE = 40  # points on either side of an event of the machine that say how far it moved a series


@dataclass(frozen=True, slots=True)
class Found:
    """What happened in a history."""

    points: Mapping[SeriesKey, tuple[ChangePoint, ...]] = field(default_factory=dict)  # oldest first
    # of kind MACHINE: where all series of a machine moved, each with its own ratio
    common: tuple[ChangePoint, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()  # the most probable first


_NONE: Disturbances = {}
Events = tuple[tuple[int, Event], ...]  # with the number of the first usable point after each


def detect(
    series: Sequence[Series],
    disturbances: Mapping[SeriesKey, Disturbances],
    settings: Settings,
    places: Mapping[str, int],
    known: Rows | None = None,
) -> Found:
    """Every change of these series; `places` are the positions of commits in the history, `known` what was read.

    Series of one machine and environment are judged together, those of one benchmark among them as its parameters.
    Points without a value are gaps. About two microseconds a point.
    """
    demands, known = _Demands(settings), known or Rows()
    _read(series, known)
    points: dict[SeriesKey, tuple[ChangePoint, ...]] = {}
    common: list[ChangePoint] = []
    suspicions: list[Suspicion] = []
    for rows in _projects(series, known):
        judged = _judged(rows, demands, places)
        every = _young(rows, disturbances, demands)
        of_all = _of_all(rows, every)
        for found, row, young in zip(judged, rows, every, strict=True):
            together = [point for point in young if (point.first, point.direction) in of_all]
            told = _told(row, found, [point for point in young if point not in together])
            common += [replace(point, kind=Kind.MACHINE, reason=COMMON) for point in together]
            if told:
                points[row.key] = told
            common += [point for event in found.events if (point := _moved_by(event, row, found)) is not None]
            if (doubt := _suspicion(row, found, told)) is not None:
                suspicions.append(doubt)
    for each in series:
        if each.is_counted and (changes := counted.detect(each)):
            points[each.key] = changes
    suspicions.sort(key=lambda one: (-one.confidence, one.key))
    ordered = {each.key: points[each.key] for each in series if each.key in points} if points else {}
    return Found(ordered, tuple(common), tuple(suspicions))


@dataclass(frozen=True, slots=True)
class _Found:
    """The steps of one series, by numbers of its usable points, and where its machine moved."""

    steps: Steps
    events: Events = ()


def _projects(series: Iterable[Series], known: Rows) -> Iterator[list[Row]]:
    """Series that were measured on one machine in one environment."""
    found: dict[tuple[str, str], list[Row]] = {}
    for each in series:
        if not each.is_counted:
            found.setdefault((each.key.machine, each.key.environment), []).append(known.of(each))
    yield from found.values()


def _read(series: Sequence[Series], known: Rows) -> None:
    """Read many series at once, where they are many."""
    if sum(len(each.points) for each in series) > levels.FEW:
        from stallhorn.changes.reading import rows_of  # arrays: a young history is judged without

        known.keep(rows_of([each for each in series if not each.is_counted]))


def _judged(rows: Sequence[Row], asked: _Demands, places: Mapping[str, int]) -> list[_Found]:
    """The steps of each series with a history; none of the others."""
    old = [number for number, row in enumerate(rows) if len(row.usable) >= YOUNG]
    found = [_Found(Steps()) for _ in rows]
    if not old:
        return found
    from stallhorn.changes.grid import grid_of  # arrays: a young history is judged without
    from stallhorn.changes.projects import judge_project

    grid = grid_of([rows[number] for number in old], places)
    demands = [asked.of(rows[number]) for number in old]
    judged = judge_project(grid.logarithms, [rows[number].key.benchmark for number in old], demands)
    for place, (number, steps, demand) in enumerate(zip(old, judged.steps, demands, strict=True)):
        starts = zip(grid.starts(place, [event.place for event in judged.events]), judged.events, strict=True)
        events = tuple((start, event) for start, event in starts if 0 < start < len(rows[number].usable))
        again = _with_visits(rows[number], _renumbered(steps, grid, place), demand, events)
        found[number] = _Found(again, events)
    return found


class _Demands:
    """What is asked of the changes of each benchmark, looked up once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[str, Demand] = {}

    def of(self, row: Row) -> Demand:
        name = row.key.name if self._settings.overrides else ""  # without, all benchmarks are asked the same
        if name not in self._known:
            found = self._settings.of(name)
            relevant = self._settings.relevant if found.relevant is None else found.relevant
            tail = self._settings.tail if found.tail is None else found.tail
            self._known[name] = replace(USUAL, relevant=math.log1p(relevant), tail=tail)
        return self._known[name]


def _renumbered(steps: Steps, grid: Grid, row: int) -> Steps:
    """Steps by numbers of usable points, in place of columns of all commits."""
    if not steps.found and steps.doubt is None:
        return steps
    found = [(grid.number(row, step.place), step) for step in steps.found]
    doubt = None if steps.doubt is None else grid.number(row, steps.doubt.place)
    return Steps(
        tuple(replace(step, place=number) for number, step in found if number is not None),
        None if doubt is None or steps.doubt is None else replace(steps.doubt, place=doubt),
    )


def _with_visits(row: Row, steps: Steps, demand: Demand, events: Events) -> Steps:
    """The same, with each of the newest points as often as it was measured, far apart: visits count as nights."""
    newest = row.usable[-TAIL:]
    if row.is_bare or not any(repeats(row.series.points[place]) > 1 for place in newest):
        return steps
    numbers: list[int] = []
    x: list[float] = []
    for number, place in enumerate(row.usable):
        values = _visits(row.series.points[place]) if place >= newest[0] else [row.columns.values[place]]
        of_machine = sum(event.size for start, event in events if start <= number)
        x += [math.log(value) - of_machine for value in values]
        numbers += [number] * len(values)
    import numpy as np

    from stallhorn.changes.steps import find

    again = find([np.array(x)], demand).steps(0)
    start = len(row.usable) - TAIL

    def is_rest(step: Step) -> bool:
        """Whether it may be what is left of an event."""
        number = numbers[step.place]
        moved = median(x[step.place : step.place + SIDE]) - median(x[max(0, step.place - SIDE) : step.place])
        return any(event.hides(event.place + number - first, moved) for first, event in events)

    late = tuple(
        replace(step, place=numbers[step.place])
        for step in again.found
        if numbers[step.place] >= start and not is_rest(step)
    )
    doubt = again.doubt and replace(again.doubt, place=numbers[again.doubt.place])
    return Steps((*(step for step in steps.found if step.place < start), *late), doubt)


def _visits(point: Measurement) -> list[float]:
    """The value of each visit; where they are not known, the point's own."""
    value = point.value or 0.0
    visits = by_visit(point).values()
    found = [median([sample for sample in samples if sample > 0] or [value]) for samples in visits]
    return found if len(found) > 1 else [value]


def _young(
    rows: Sequence[Row], disturbances: Mapping[SeriesKey, Disturbances], demands: _Demands
) -> list[list[ChangePoint]]:
    """What the rule for young series tells of each series' first points and of its newest."""
    found: list[list[ChangePoint]] = [[] for _ in rows]
    asked = [(number, *stretch) for number, row in enumerate(rows) for stretch in _stretches(len(row.usable))]
    bare = [one for one in asked if rows[one[0]].is_bare and not (disturbances and rows[one[0]].key in disturbances)]
    if bare and _are_many(rows):
        from stallhorn.changes.bare import detect as of_many

        every = of_many([(rows[number], start, stop) for number, start, stop in bare])
        for (number, _, _), told in zip(bare, every, strict=True):
            found[number] += told
        known = {number for number, _, _ in bare}
        asked = [one for one in asked if one[0] not in known]
    for number, start, stop in asked:
        found[number] += _by_processes(rows[number], start, stop, disturbances.get(rows[number].key, _NONE))
    return [_of_young(row, told, demands) if told else [] for row, told in zip(rows, found, strict=True)]


def _are_many(rows: Sequence[Row]) -> bool:
    """Whether the compiled loops are at hand, or there are enough young series to have them compiled."""
    young = sum(len(row.usable) for row in rows if len(row.usable) < YOUNG)  # for the others it was decided
    if young <= levels.FEW and all(len(row.usable) < YOUNG for row in rows):
        return False
    from stallhorn.changes.loops.compiler import is_compiled
    from stallhorn.changes.steps import prepare

    if young > levels.FEW:
        prepare(young)
    return is_compiled()


def _stretches(count: int) -> list[tuple[int, int]]:
    """The first and the newest of so many points, each with some to judge them against."""
    if count < 2:
        return []
    return [(0, count)] if count < YOUNG + TAIL + AROUND else [(0, YOUNG + SAME), (count - TAIL - AROUND, count)]


def _by_processes(row: Row, start: int, stop: int, disturbances: Disturbances) -> list[ChangePoint]:
    """What the rule for processes tells of some of the points."""
    kept = set(row.usable[start:stop])
    some = part(row.series, (place in kept for place in range(len(row.series.points))))
    return [some.whole(point) for point in levels.detect(some.series, disturbances)]


def _of_young(row: Row, told: Sequence[ChangePoint], demands: _Demands) -> list[ChangePoint]:
    """Those that are of the first points or of the newest, and are large enough."""
    last, relevant = len(row.usable) - TAIL, demands.of(row).relevant
    numbers = [row.number_of(point.after.start) for point in told]
    return [
        replace(point, confidence=CERTAIN)
        for number, point in zip(numbers, told, strict=True)
        if number is not None and (number < YOUNG or number >= last) and _size(point) >= relevant
    ]


def _of_all(rows: Sequence[Row], young: Sequence[Sequence[ChangePoint]]) -> set[tuple[str, Direction]]:
    """The newest commits at which most benchmarks moved alike: the machine's, before nights show that it stays."""
    old = [(row, points) for row, points in zip(rows, young, strict=True) if len(row.usable) >= YOUNG]
    benchmarks = {row.key.benchmark for row, _ in old}
    moved: dict[tuple[str, Direction], set[str]] = {}
    for row, points in old:
        for point in points:
            if point.after.start >= row.usable[-NEWEST]:
                moved.setdefault((point.first, point.direction), set()).add(row.key.benchmark)
    return {each for each, hit in moved.items() if len(hit) >= max(BENCHMARKS, len(benchmarks) / 2)}


def _size(point: ChangePoint) -> float:
    return abs(math.log(point.ratio)) if point.ratio else math.inf


def _told(row: Row, found: _Found, young: Sequence[ChangePoint]) -> tuple[ChangePoint, ...]:
    """The steps, and what the rule for processes tells where there are none."""
    steps = found.steps.found
    own = [
        (number, point)
        for point in young
        if (number := row.number_of(point.after.start)) is not None
        and all(abs(number - step.place) > SAME for step in steps)
        and not any(_is_of(event, start, point, number) for start, event in found.events)
    ]
    if not steps:
        return tuple(point for _, point in own)
    starts = {*(step.place for step in steps), *(number for number, _ in own)}
    edges = sorted({0, *starts, *(place for place, _ in found.events), len(row.usable)})
    points = [point for _, point in own]
    for step in steps:
        number = edges.index(step.place, 1)
        points.append(_point(row, edges[number - 1], step, edges[number + 1]))
    return tuple(sorted(points, key=lambda point: point.after.start))


def _is_of(event: Event, start: int, point: ChangePoint, number: int) -> bool:
    """Whether a change is what the machine did there, and not much more or less."""
    moved = math.log(point.ratio) - event.size if point.ratio else math.inf
    return event.hides(event.place + number - start, moved)


def _point(row: Row, start: int, step: Step, stop: int) -> ChangePoint:
    from stallhorn.changes.steps import interval

    low, high = interval(row.logarithms(start, step.place), row.logarithms(step.place, stop))
    return ChangePoint(
        key=row.key,
        before=_level(row, start, step.place),
        after=_level(row, step.place, stop),
        last=row.commit(step.place - 1),
        first=row.commit(step.place),
        rising=row.series.rising,
        low=math.exp(low),
        high=math.exp(high),
        confidence=_known_tonight(step) if len(row.usable) - step.place <= TAIL else step.confidence,
    )


def _known_tonight(step: Step) -> float:
    """The confidence in a change of the newest points, counted on series that were looked at night after night."""
    return replace(step, odds=step.odds - HEALTHY).confidence


def _level(row: Row, start: int, stop: int) -> Level:
    values = row.values(start, stop)
    low, high = trimmed_range(values)
    center = median(values)
    return Level(row.usable[start], row.usable[stop - 1] + 1, center, min(low, center), max(high, center))


def _edges(found: _Found, number: int, count: int) -> tuple[int, int]:
    """The nearest changes before and after a place, the machine's among them, no farther than SIDE."""
    other = [*(step.place for step in found.steps.found), *(place for place, _ in found.events)]
    low = max([number - SIDE, 0, *(one for one in other if one < number)])
    return low, min([number + SIDE, count, *(one for one in other if one > number)])


def _moved_by(event: tuple[int, Event], row: Row, found: _Found) -> ChangePoint | None:
    """How an event of the machine moved one series; None where it did not, or there are no points on one side."""
    number, what = event
    start, stop = _edges(found, number, len(row.usable))
    if start == number or abs(what.size) < USUAL.relevant:
        return None
    point = _point(row, start, Step(number, what.odds), stop)
    if _holds(point, 1.0) and not _holds(point, math.exp(what.size)):
        return None
    return replace(point, kind=Kind.MACHINE, reason=COMMON)


def _holds(point: ChangePoint, ratio: float) -> bool:
    return point.low is not None and point.high is not None and point.low <= ratio <= point.high


def _suspicion(row: Row, found: _Found, told: Sequence[ChangePoint]) -> Suspicion | None:
    """What the newest points look like, unless it was told."""
    doubt = found.steps.doubt
    if doubt is None or doubt.place < 1 or doubt.place >= len(row.usable):
        return None
    if any(point.after.start >= row.usable[max(0, doubt.place - SAME)] for point in told):
        return None
    values = row.values()
    start, _ = _edges(found, doubt.place, len(values))
    new, old = median(values[doubt.place :]), median(values[start : doubt.place])
    grown = row.series.rising if new > old else _opposite(row.series.rising)
    nights = len(values) - doubt.place
    return Suspicion(
        key=row.key,
        last=row.commit(doubt.place - 1),
        first=row.commit(doubt.place),
        direction=grown,
        ratio=new / old,
        confidence=doubt.confidence,
        reason=f"only {nights} measurement{'s' if nights > 1 else ''} on the new level, too few beside its noise",
    )


def _opposite(direction: Direction) -> Direction:
    return {Direction.SLOWER: Direction.FASTER, Direction.FASTER: Direction.SLOWER}.get(direction, direction)
