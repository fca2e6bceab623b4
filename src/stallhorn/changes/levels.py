"""Flat stretches, one after the other: a level lasts until a point, or several in a row, lie on another one.

The newest point counts: a regression is told on the day it comes. A change that is reverted stays as two change
points. `rule` says what lies on another level.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from stallhorn.changes import counted, mirror
from stallhorn.changes.base import Disturbance, Disturbances, Method, is_usable, unusable
from stallhorn.changes.row import Row, place_of, row_of
from stallhorn.changes.rule import (
    RELEVANT,
    SLICES,
    Ground,
    Judgement,
    Sighting,
    judge,
    scatter,
    sight,
    telling,
    undisturbed,
)
from stallhorn.model import ChangePoint, Comparison, Direction, Level, Series, Verdict
from stallhorn.model.points import Points, columns_of

WINDOW = 20  # points of a level, the newest, that a new point is judged against
FEW = 4_000  # points that are judged one by one

_UNDISTURBED: Disturbances = {}
_ALONE: Mapping[int, Disturbance] = {}


def detect(series: Series, disturbances: Disturbances = _UNDISTURBED) -> tuple[ChangePoint, ...]:
    """Where the series' level changes, oldest first. About 2 microseconds a point where nothing happens."""
    if series.is_counted:
        return counted.detect(series)
    is_mirrored = mirror.is_mirrored(series)
    judged = mirror.mirrored(series) if is_mirrored else series
    found = _levels(_Scan(judged, disturbances), len(series.points))
    if len(found) < 2:
        return ()
    levels = [_level(judged, disturbances, positions) for positions in found]
    return changes(series, levels, [(positions[0], positions[-1]) for positions in found])


def changes(series: Series, levels: Sequence[Level], edges: Sequence[tuple[int, int]]) -> tuple[ChangePoint, ...]:
    """The change points between levels of a series, or of its inverse; `edges` are their first and last positions."""
    shown = [mirror.level(level) for level in levels] if mirror.is_mirrored(series) else levels
    commits = columns_of(series.points).commits
    return tuple(
        ChangePoint(
            key=series.key,
            before=before,
            after=after,
            last=commits[old[1]],
            first=commits[new[0]],
            rising=series.rising,
            low=_ratio(after.low, before.high),
            high=_ratio(after.high, before.low),
        )
        for (before, after), (old, new) in zip(pairwise(shown), pairwise(edges), strict=True)
    )


def _ratio(new: float, old: float) -> float | None:
    """One end of the interval of a ratio: as far as the processes of the two levels allow."""
    return new / old if old > 0 else None


METHOD: Method = detect


def compare(
    series: Series, head: str, base: str | None = None, disturbances: Disturbances = _UNDISTURBED
) -> Comparison | None:
    """The series at one commit against its predecessors, or against another commit and those on its level.

    None if the series has no point at `head`. A point without a usable value, or with nothing to compare with, gets
    `Verdict.NOTHING` and the reason.
    """
    asked = of_what(row_of(series), head, base)
    if not isinstance(asked, Asked):
        return asked
    if series.is_counted:
        return counted.compare(series, asked.base, asked.place)
    is_mirrored = mirror.is_mirrored(series)
    judged = mirror.mirrored(series) if is_mirrored else series
    scan = _Scan(judged, disturbances)
    if base is None:
        positions, judgement = scan.newest(asked.place)
    else:
        positions, judgement = scan.against(asked.base, asked.place)
    level = _level(judged, disturbances, positions)
    if is_mirrored:
        level = mirror.level(level)
    return comparison(series, level, judgement, positions[-1], asked.place)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be compared: places of a series."""

    place: int
    base: int  # the newest point before it, or the one that it is to be compared with


def of_what(row: Row, head: str, base: str | None) -> Asked | Comparison | None:
    """Which points are to be compared; where that cannot be done, a comparison that says why; None without a point."""
    series, commits = row.series, row.columns.commits
    place = place_of(commits, head)
    if place is None:
        return None
    if base is None:
        number = bisect_left(row.usable, place) - 1
        before = row.usable[number] if number >= 0 else None
    else:
        before = place_of(commits, base) if base != head else None
        before = before if before is not None and row.number_of(before) is not None else None
    if before is not None and row.number_of(place) is not None:
        return Asked(place, before)
    after, last = series.points[place], None if before is None else commits[before]
    reason = unusable(after, series.is_counted) or (
        f"{base[:8]} was not measured" if base else "no earlier measurement"
    )
    return Comparison(series.key, None, after, last, Verdict.NOTHING, Direction.SAME, reason)


def comparison(series: Series, level: Level, judgement: Judgement, last: int, place: int) -> Comparison:
    """What a judgement says in the words of the report; `last` is the newest point of the level."""
    verdict, direction, reason = Verdict.CLEAN, judgement.direction, judgement.reason
    if not judgement.certain:
        slower = direction is Direction.SLOWER
        verdict, direction = (Verdict.INCONCLUSIVE if slower else Verdict.CLEAN), Direction.SAME
    elif direction is Direction.SLOWER:
        verdict = Verdict.REGRESSION
    elif direction is Direction.SAME and judgement.needed > 1.25:
        reason = f"{telling(judgement.needed)} here"
    commit = series.points.columns.commits[last] if isinstance(series.points, Points) else series.points[last].commit
    return Comparison(series.key, level, series.points[place], commit, verdict, direction, reason)


def _level(series: Series, disturbances: Disturbances, positions: Sequence[int]) -> Level:
    """The level of these points: its centre is the median of their values, its bounds those of their processes.

    Points and processes that others disturbed are left out, as far as any remain.
    """
    points = [series.points[position] for position in positions]
    seen = undisturbed([sight(point, disturbances.get(point.commit, _ALONE)) for point in points])
    ground = Ground(tuple(seen), 0.0)
    center, low, high = (math.exp(value) for value in (ground.center, *ground.bounds))
    return Level(positions[0], positions[-1] + 1, center, min(low, center), max(high, center))


def _levels(scan: _Scan, stop: int) -> list[list[int]]:
    """Positions of each level's points, oldest level first, from the points before `stop`."""
    for position in range(stop):
        scan.add(position)
    levels = [*scan.closed, [*scan.level, *scan.pending]]
    return [level for level in levels if level]


class _Scan:
    """Reads a series point by point. `pending` points look different from the level and are not yet believed."""

    def __init__(self, series: Series, disturbances: Disturbances) -> None:
        self._points = tuple(series.points)
        self._slices = SLICES if series.unit == "seconds" else 0.0
        self._disturbances = disturbances
        self._sightings: dict[int, Sighting] = {}
        self.closed: list[list[int]] = []
        self.level: list[int] = []
        self.pending: list[int] = []
        self._recent: list[float] = []  # sorted logarithms of the level's newest WINDOW values
        self._leans_up = False

    def add(self, position: int) -> Judgement | None:
        """Read one point; returns what was judged, None for a gap, a first point or one that is plainly the same."""
        point = self._points[position]
        if not is_usable(point) or point.value is None:
            return None
        value = math.log(point.value)
        if not self.level:
            self._open([position])
            return None
        shift = value - self._center()
        if abs(shift) < _LOG_RELEVANT:
            self._extend([*self.pending, position])
            self.pending = []
            return None
        if self.pending and self._leans_up != (shift > 0):
            self._extend(self.pending)
            self.pending = []
        self._leans_up = shift > 0
        return self._consider(position, value)

    def newest(self, place: int) -> tuple[list[int], Judgement]:
        """The level before `place`, and whether the point there, with pending ones before it, leaves it."""
        for position in range(place):
            self.add(position)
        level, pending = list(self.level), list(self.pending)
        judgement = self.add(place)
        if judgement is None:
            judgement = judge(self._ground([*level, *pending]), [self._sight(place)])
            judgement = replace(judgement, direction=Direction.SAME, certain=True, reason="")
        elif judgement.certain:
            return level[-WINDOW:], judgement
        return [*level, *pending][-WINDOW:], judgement

    def against(self, base: int, place: int) -> tuple[list[int], Judgement]:
        """The level of the point at `base`, and whether the one at `place` is on another."""
        levels = _levels(self, max(base, place) + 1)
        old = next(level for level in levels if base in level)
        new = next(level for level in levels if place in level)
        ground = [position for position in old if position <= base and position != place][-WINDOW:]
        points = [place] if new is old else [position for position in new if position <= max(place, base)]
        return ground, judge(self._ground(ground), [self._sight(position) for position in points])

    def _consider(self, position: int, value: float) -> Judgement:
        alone = judge(self._ground(self.level), [self._sight(position)])
        if alone.certain and alone.direction is not Direction.SAME:
            started = self._with_pending_like(position, value)
            self._close(started)
            return alone
        self.pending.append(position)
        if not alone.leans:
            self._extend(self.pending)
            self.pending = []
        if len(self.pending) < 2:
            return alone
        together = judge(
            self._ground(self.level, self.pending), undisturbed([self._sight(each) for each in self.pending])
        )
        if together.certain and together.direction is not Direction.SAME:
            self._close(self.pending)
            return together
        return alone

    def _with_pending_like(self, position: int, value: float) -> list[int]:
        """The point with those pending right before it that are nearer to it than to the level."""
        center = self._center()
        started = [position]
        while self.pending and abs(self._sight(self.pending[-1]).value - value) < abs(
            self._sight(self.pending[-1]).value - center
        ):
            started.insert(0, self.pending.pop())
        return started

    def _close(self, started: list[int]) -> None:
        """End the level and open the next one with these points; others still pending belong to the old level."""
        left = [position for position in self.pending if position not in started]
        self.closed.append([*self.level, *left])
        self._open(started)

    def _open(self, positions: list[int]) -> None:
        self.level, self.pending, self._recent = [], [], []
        self._extend(positions)

    def _extend(self, positions: Sequence[int]) -> None:
        for position in positions:
            if len(self._recent) >= WINDOW:
                oldest = self._log(self.level[-WINDOW])
                del self._recent[bisect_left(self._recent, oldest)]
            self.level.append(position)
            insort(self._recent, self._log(position))

    def _center(self) -> float:
        half, odd = divmod(len(self._recent), 2)
        return self._recent[half] if odd else (self._recent[half - 1] + self._recent[half]) / 2

    def _ground(self, positions: Sequence[int], others: Sequence[int] = ()) -> Ground:
        """These points to judge against, with the scatter of them, of `others`, and of the levels before."""
        points = undisturbed([self._sight(position) for position in positions[-WINDOW:]])
        levels, room = [points, [self._sight(position) for position in others]], WINDOW - len(points)
        for level in reversed(self.closed):
            if room <= 0:
                break
            levels.append([self._sight(position) for position in level[-room:]])
            room -= len(levels[-1])
        return Ground(tuple(points), scatter(levels), self._slices)

    def _sight(self, position: int) -> Sighting:
        known = self._sightings.get(position)
        if known is None:
            point = self._points[position]
            known = self._sightings[position] = sight(point, self._disturbances.get(point.commit, _ALONE))
        return known

    def _log(self, position: int) -> float:
        value = self._points[position].value
        assert value is not None
        return math.log(value)


_LOG_RELEVANT = math.log(RELEVANT)
