"""The changes of a whole history: every series judged, beside the others of its benchmark and of its machine. Pure.

A series with a history is judged by `projects`: all its points, the noise from point to point, and the other series of
its machine. A young one, and the newest and first points of any, are judged by `levels` as well, which knows how the
processes of each point differed: it tells a plain change on the day it comes. What `levels` alone has told of the
newest points is forgotten when more than `TAIL` points came after without the history agreeing.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stallhorn.changes import counted, levels
from stallhorn.changes.base import BENCHMARKS, USUAL, Demand, Disturbances, Event, Step, Steps, is_usable
from stallhorn.changes.line import part
from stallhorn.changes.settings import Settings
from stallhorn.model import ChangePoint, Direction, Kind, Level, Measurement, Series, SeriesKey, Suspicion
from stallhorn.model.visits import by_visit, repeats
from stallhorn.stats import median, trimmed_range

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
) -> Found:
    """Every change of these series; `places` are the positions of commits in the history.

    Series of one machine and environment are judged together, those of one benchmark among them as its parameters.
    Points without a value are gaps. About two microseconds a point.
    """
    demands = _Demands(settings)
    points: dict[SeriesKey, tuple[ChangePoint, ...]] = {}
    common: list[ChangePoint] = []
    suspicions: list[Suspicion] = []
    for rows in _projects(series):
        every = [_young(row, disturbances.get(row.key, _NONE), demands.of(row).relevant) for row in rows]
        of_all = _of_all(rows, every)
        for found, row, young in zip(_judged(rows, demands, places), rows, every, strict=True):
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
    ordered = {each.key: points[each.key] for each in series if each.key in points}
    return Found(ordered, tuple(common), tuple(suspicions))


@dataclass(frozen=True, slots=True)
class _Row:
    """A series with the points that can be judged."""

    series: Series
    usable: tuple[int, ...]  # positions in the series

    @property
    def key(self) -> SeriesKey:
        return self.series.key

    def values(self) -> list[float]:
        return [float(self.series.points[place].value or 0.0) for place in self.usable]

    def weights(self) -> list[float | None]:
        """How narrow each point's interval is beside its value; a wide one marks a disturbed point."""
        found: list[float | None] = []
        for place in self.usable:
            point = self.series.points[place]
            known = point.low is not None and point.high is not None and 0 < point.low < point.high
            found.append(1 / math.log(point.high / point.low) if known else None)  # type: ignore[operator]
        return found

    def commit(self, number: int) -> str:
        return self.series.points[self.usable[number]].commit


@dataclass(frozen=True, slots=True)
class _Found:
    """The steps of one series, by numbers of its usable points, and where its machine moved."""

    steps: Steps
    events: Events = ()


def _projects(series: Iterable[Series]) -> Iterator[list[_Row]]:
    """Series that were measured on one machine in one environment."""
    found: dict[tuple[str, str], list[_Row]] = {}
    for each in series:
        if not each.is_counted:
            usable = tuple(place for place, point in enumerate(each.points) if is_usable(point))
            found.setdefault((each.key.machine, each.key.environment), []).append(_Row(each, usable))
    yield from found.values()


def _judged(rows: Sequence[_Row], asked: _Demands, places: Mapping[str, int]) -> list[_Found]:
    """The steps of each series with a history; none of the others."""
    old = [number for number, row in enumerate(rows) if len(row.usable) >= YOUNG]
    found = [_Found(Steps()) for _ in rows]
    if not old:
        return found
    import numpy as np  # a young history is judged without

    from stallhorn.changes.projects import judge_project
    from stallhorn.changes.series import undisturbed

    seen = {rows[number].commit(k) for number in old for k in range(len(rows[number].usable))}
    commits = sorted(seen, key=places.__getitem__)
    columns = {commit: column for column, commit in enumerate(commits)}
    values = np.full((len(old), len(commits)), np.nan)
    at = []
    for line, number in zip(values, old, strict=True):
        row = rows[number]
        taken = [columns[row.commit(k)] for k in range(len(row.usable))]
        line[taken] = np.log(undisturbed(row.values(), row.weights()))
        at.append({column: k for k, column in enumerate(taken)})
    demands = [asked.of(rows[number]) for number in old]
    judged = judge_project(values, [rows[number].key.benchmark for number in old], demands)
    for number, own, steps, demand in zip(old, at, judged.steps, demands, strict=True):
        taken = list(own)
        starts = [(bisect_left(taken, event.place), event) for event in judged.events]
        events = tuple((start, event) for start, event in starts if 0 < start < len(taken))
        again = _with_visits(rows[number], _renumbered(steps, own), demand, events)
        found[number] = _Found(again, events)
    return found


class _Demands:
    """What is asked of the changes of each benchmark, looked up once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[str, Demand] = {}

    def of(self, row: _Row) -> Demand:
        name = row.key.name
        if name not in self._known:
            found = self._settings.of(name)
            relevant = self._settings.relevant if found.relevant is None else found.relevant
            tail = self._settings.tail if found.tail is None else found.tail
            self._known[name] = replace(USUAL, relevant=math.log1p(relevant), tail=tail)
        return self._known[name]


def _renumbered(steps: Steps, at: Mapping[int, int]) -> Steps:
    """Steps by numbers of usable points, in place of columns of all commits."""
    found = tuple(replace(step, place=at[step.place]) for step in steps.found if step.place in at)
    doubt = None if steps.doubt is None or steps.doubt.place not in at else steps.doubt
    return Steps(found, None if doubt is None else replace(doubt, place=at[doubt.place]))


def _with_visits(row: _Row, steps: Steps, demand: Demand, events: Events) -> Steps:
    """The same, with each of the newest points as often as it was measured, far apart: visits count as nights."""
    newest = row.usable[-TAIL:]
    if not any(repeats(row.series.points[place]) > 1 for place in newest):
        return steps
    numbers: list[int] = []
    x: list[float] = []
    for number, place in enumerate(row.usable):
        values = _visits(row.series.points[place]) if place >= newest[0] else [row.series.points[place].value or 0.0]
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


def _young(row: _Row, disturbances: Disturbances, relevant: float) -> list[ChangePoint]:
    """What the rule for processes tells of a series' first points and of its newest."""
    count = len(row.usable)
    if count == 0:
        return []
    ranges = [(0, count)] if count < YOUNG + TAIL + AROUND else [(0, YOUNG + SAME), (count - TAIL - AROUND, count)]
    found = []
    for start, stop in ranges:
        kept = set(row.usable[start:stop])
        some = part(row.series, (place in kept for place in range(len(row.series.points))))
        numbers = {row.usable[number]: number for number in range(start, stop)}
        for point in levels.detect(some.series, disturbances):
            whole = some.whole(point)
            number = numbers[whole.after.start]
            is_first, is_new = number < YOUNG, number >= count - TAIL
            if ((is_first and start == 0) or (is_new and stop == count)) and _size(point) >= relevant:
                found.append(replace(whole, confidence=CERTAIN))
    return found


def _of_all(rows: Sequence[_Row], young: Sequence[Sequence[ChangePoint]]) -> set[tuple[str, Direction]]:
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


def _told(row: _Row, found: _Found, young: Sequence[ChangePoint]) -> tuple[ChangePoint, ...]:
    """The steps, and what the rule for processes tells where there are none."""
    steps, at = found.steps.found, {place: number for number, place in enumerate(row.usable)}
    own = [
        point
        for point in young
        if all(abs(at[point.after.start] - step.place) > SAME for step in steps)
        and not any(_is_of(event, start, point, at[point.after.start]) for start, event in found.events)
    ]
    starts = {*(step.place for step in steps), *(at[point.after.start] for point in own)}
    edges = sorted({0, *starts, *(place for place, _ in found.events), len(row.usable)})
    x = [math.log(value) for value in row.values()] if steps else []
    points = list(own)
    for step in steps:
        number = edges.index(step.place, 1)
        points.append(_point(row, x, edges[number - 1], step, edges[number + 1]))
    return tuple(sorted(points, key=lambda point: point.after.start))


def _is_of(event: Event, start: int, point: ChangePoint, number: int) -> bool:
    """Whether a change is what the machine did there, and not much more or less."""
    moved = math.log(point.ratio) - event.size if point.ratio else math.inf
    return event.hides(event.place + number - start, moved)


def _point(row: _Row, x: Sequence[float], start: int, step: Step, stop: int) -> ChangePoint:
    from stallhorn.changes.steps import interval

    low, high = interval(x[start : step.place], x[step.place : stop])
    return ChangePoint(
        key=row.key,
        before=_level(row, start, step.place),
        after=_level(row, step.place, stop),
        last=row.commit(step.place - 1),
        first=row.commit(step.place),
        rising=row.series.rising,
        low=math.exp(low),
        high=math.exp(high),
        confidence=_known_tonight(step) if len(x) - step.place <= TAIL else step.confidence,
    )


def _known_tonight(step: Step) -> float:
    """The confidence in a change of the newest points, counted on series that were looked at night after night."""
    return replace(step, odds=step.odds - HEALTHY).confidence


def _level(row: _Row, start: int, stop: int) -> Level:
    values = [float(row.series.points[place].value or 0.0) for place in row.usable[start:stop]]
    low, high = trimmed_range(values)
    center = median(values)
    return Level(row.usable[start], row.usable[stop - 1] + 1, center, min(low, center), max(high, center))


def _edges(found: _Found, number: int, count: int) -> tuple[int, int]:
    """The nearest changes before and after a place, the machine's among them, no farther than SIDE."""
    other = [*(step.place for step in found.steps.found), *(place for place, _ in found.events)]
    low = max([number - SIDE, 0, *(one for one in other if one < number)])
    return low, min([number + SIDE, count, *(one for one in other if one > number)])


def _moved_by(event: tuple[int, Event], row: _Row, found: _Found) -> ChangePoint | None:
    """How an event of the machine moved one series; None where it did not, or there are no points on one side."""
    number, what = event
    start, stop = _edges(found, number, len(row.usable))
    if start == number or abs(what.size) < USUAL.relevant:
        return None
    point = _point(row, [math.log(value) for value in row.values()], start, Step(number, what.odds), stop)
    if _holds(point, 1.0) and not _holds(point, math.exp(what.size)):
        return None
    return replace(point, kind=Kind.MACHINE, reason=COMMON)


def _holds(point: ChangePoint, ratio: float) -> bool:
    return point.low is not None and point.high is not None and point.low <= ratio <= point.high


def _suspicion(row: _Row, found: _Found, told: Sequence[ChangePoint]) -> Suspicion | None:
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
