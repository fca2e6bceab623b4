"""Counted facts: their values are exact, so that any other value is a change, however small, at the first commit.

A count of compilations, or a code of outcomes, has no noise. The rule for timings would hold two compilations beside
one for possible noise until enough points are known, and five beside four for none. As everywhere, less is better.
"""

from __future__ import annotations

from itertools import groupby, pairwise

from stallhorn.changes.base import is_usable
from stallhorn.model import ChangePoint, Comparison, Direction, Level, Series, Verdict


def detect(series: Series) -> tuple[ChangePoint, ...]:
    """Every place where the value is another one, oldest first."""
    usable = [place for place, point in enumerate(series.points) if is_usable(point)]
    stretches = [list(places) for _, places in groupby(usable, key=lambda place: series.points[place].value)]
    return tuple(
        ChangePoint(
            key=series.key,
            before=_level(series, old),
            after=_level(series, new),
            last=series.points[old[-1]].commit,
            first=series.points[new[0]].commit,
        )
        for old, new in pairwise(stretches)
    )


def compare(series: Series, base: int, place: int) -> Comparison:
    """The point at one position against the usable one at another, and the others of its value right before it."""
    stretch: list[int] = []
    for position in range(base, -1, -1):
        if not is_usable(series.points[position]):
            continue
        if series.points[position].value != series.points[base].value:
            break
        stretch.insert(0, position)
    before, after = _level(series, stretch), series.points[place]
    value = after.value or 0.0
    direction = Direction.SAME
    if value != before.center:
        direction = Direction.SLOWER if value > before.center else Direction.FASTER
    verdict = Verdict.REGRESSION if direction is Direction.SLOWER else Verdict.CLEAN
    return Comparison(series.key, before, after, series.points[base].commit, verdict, direction)


def _level(series: Series, positions: list[int]) -> Level:
    value = series.points[positions[0]].value or 0.0
    return Level(positions[0], positions[-1] + 1, value, value, value)
