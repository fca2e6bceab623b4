"""Flat stretches, one after the other: a level lasts until a point, or several in a row, lie on another one.

The newest point counts: a regression is told on the day it comes. A change that is reverted stays as two change
points. `rule` says what lies on another level.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import replace

from stallhorn.changes import counted, mirror
from stallhorn.changes.base import Disturbance, Disturbances, Method, is_usable, unusable
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
from stallhorn.model import ChangePoint, Comparison, Direction, Level, Measurement, Series, Verdict

WINDOW = 20  # points of a level, the newest, that a new point is judged against

_UNDISTURBED: Disturbances = {}
_ALONE: Mapping[int, Disturbance] = {}


def detect(series: Series, disturbances: Disturbances = _UNDISTURBED) -> tuple[ChangePoint, ...]:
    """Where the series' level changes, oldest first. About 2 microseconds a point where nothing happens."""
    if series.is_counted:
        return counted.detect(series)
    is_mirrored = mirror.is_mirrored(series)
    judged = mirror.mirrored(series) if is_mirrored else series
    found = _levels(_Scan(judged, disturbances), len(series.points))
    levels = [_level(judged, disturbances, positions) for positions in found]
    if is_mirrored:
        levels = [mirror.level(level) for level in levels]
    return tuple(
        ChangePoint(
            key=series.key,
            before=levels[index - 1],
            after=levels[index],
            last=series.points[found[index - 1][-1]].commit,
            first=series.points[found[index][0]].commit,
            rising=series.rising,
            low=_ratio(levels[index].low, levels[index - 1].high),
            high=_ratio(levels[index].high, levels[index - 1].low),
        )
        for index in range(1, len(found))
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
    commits = {point.commit: position for position, point in enumerate(series.points)}
    if head not in commits:
        return None
    place = commits[head]
    after, exact = series.points[place], series.is_counted
    earlier = [position for position in range(place) if is_usable(series.points[position], exact)]
    if base is not None:
        usable = base in commits and base != head and is_usable(series.points[commits[base]], exact)
        earlier = [commits[base]] if usable else []
    last = series.points[earlier[-1]].commit if earlier else None
    if not is_usable(after, exact) or not earlier:
        reason = unusable(after, exact) or (f"{base[:8]} was not measured" if base else "no earlier measurement")
        return Comparison(series.key, None, after, last, Verdict.NOTHING, Direction.SAME, reason)
    if series.is_counted:
        return counted.compare(series, earlier[-1], place)
    is_mirrored = mirror.is_mirrored(series)
    judged = mirror.mirrored(series) if is_mirrored else series
    scan = _Scan(judged, disturbances)
    if base is None:
        positions, judgement = scan.newest(place)
    else:
        positions, judgement = scan.against(earlier[-1], place)
    found = _comparison(judged, disturbances, positions, judgement, judged.points[place])
    return mirror.comparison(found, after) if is_mirrored else found


def _comparison(
    series: Series, disturbances: Disturbances, positions: Sequence[int], judgement: Judgement, after: Measurement
) -> Comparison:
    verdict, direction, reason = Verdict.CLEAN, judgement.direction, judgement.reason
    if not judgement.certain:
        slower = direction is Direction.SLOWER
        verdict, direction = (Verdict.INCONCLUSIVE if slower else Verdict.CLEAN), Direction.SAME
    elif direction is Direction.SLOWER:
        verdict = Verdict.REGRESSION
    elif direction is Direction.SAME and judgement.needed > 1.25:
        reason = f"{telling(judgement.needed)} here"
    last = series.points[positions[-1]].commit
    return Comparison(series.key, _level(series, disturbances, positions), after, last, verdict, direction, reason)


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
        self._points = series.points
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
