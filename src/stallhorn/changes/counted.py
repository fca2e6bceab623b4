"""Counted facts: their values are exact, so that any other value is a change, however small, at the first commit.

A count of compilations, or a code of outcomes, has no noise. The rule for timings would hold two compilations beside
one for possible noise until enough points are known, and five beside four for none. Zero is a value like any other.
Less is better, but where the series says what a larger value means.
"""

from __future__ import annotations

from itertools import groupby, pairwise

from stallhorn.changes.base import is_usable
from stallhorn.model import ChangePoint, Comparison, Direction, Level, Series, Verdict


def detect(series: Series) -> tuple[ChangePoint, ...]:
    """Every place where the value is another one, oldest first."""
    usable = [place for place, point in enumerate(series.points) if is_usable(point, exact=True)]
    stretches = [list(places) for _, places in groupby(usable, key=lambda place: series.points[place].value)]
    return tuple(_between(series, old, new) for old, new in pairwise(stretches))


def between(series: Series, last: str, first: str) -> ChangePoint | None:
    """The change from one commit to a later one, whatever happened in between; None without one or without a value."""
    places = {
        point.commit: place
        for place, point in enumerate(series.points)
        if point.commit in (last, first) and is_usable(point, exact=True)
    }
    if len(places) < 2 or series.points[places[last]].value == series.points[places[first]].value:
        return None
    return _between(series, [places[last]], [places[first]])


def compare(series: Series, base: int, place: int) -> Comparison:
    """The point at one position against the usable one at another, and the others of its value right before it."""
    stretch: list[int] = []
    for position in range(base, -1, -1):
        if not is_usable(series.points[position], exact=True):
            continue
        if series.points[position].value != series.points[base].value:
            break
        stretch.insert(0, position)
    change = _between(series, stretch, [place])
    direction = Direction.SAME if change.after.center == change.before.center else change.direction
    verdict = Verdict.REGRESSION if direction is Direction.SLOWER else Verdict.CLEAN
    return Comparison(series.key, change.before, series.points[place], change.last, verdict, direction)


def _between(series: Series, old: list[int], new: list[int]) -> ChangePoint:
    return ChangePoint(
        key=series.key,
        before=_level(series, old),
        after=_level(series, new),
        last=series.points[old[-1]].commit,
        first=series.points[new[0]].commit,
        rising=series.rising,
    )


def _level(series: Series, positions: list[int]) -> Level:
    value = series.points[positions[0]].value or 0.0
    return Level(positions[0], positions[-1] + 1, value, value, value)
