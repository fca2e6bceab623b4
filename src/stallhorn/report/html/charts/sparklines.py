"""Small pictures of the newest values of many series at once, as SVG. Pure.

A site has tens of thousands of points in such pictures: heights are worked out for all series together, and a path is
put together from texts that are there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from stallhorn import units
from stallhorn.report.html import words

POINTS = 32  # of a picture
_WIDTH, _HEIGHT, _EDGE = 132, 24, 3
_LOG_FROM = 8.0
_LEAST_SPAN = 0.1
_PLAIN = ("seconds", "bytes")  # units that need no escaping
_HEIGHTS = 32  # more than there are

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


def sparklines(values: Floats, given: Sequence[str]) -> list[str]:
    """The newest values of each row as one path: high where they are large, broken where a commit is missing.

    `given` are the units of the rows. A row with fewer than two values has no picture.
    """
    drawn = [""] * len(values)
    for rows, places in _newest(values):
        numbers = values[rows[:, np.newaxis], places]
        for row, path, ends in zip(
            rows.tolist(), _paths(numbers, places, values.shape[1]), numbers[:, [0, -1]].tolist(), strict=True
        ):
            drawn[row] = _picture(path, places.shape[1], ends, given[row])
    return drawn


def _newest(values: Floats) -> Iterable[tuple[Places, Places]]:
    """Rows with equally many points in their pictures, and the columns of these points."""
    known = ~np.isnan(values)
    counts = np.count_nonzero(known, axis=1)
    columns, ends = np.nonzero(known)[1], np.cumsum(counts)
    shown = np.minimum(counts, POINTS)
    for count in np.unique(shown[shown > 1]).tolist():
        rows = np.flatnonzero(shown == count)
        yield rows, columns[ends[rows][:, np.newaxis] + np.arange(-count, 0)]


def _paths(values: Floats, places: Places, width: int) -> Iterable[str]:
    """The path of each row: `places` are where its points are among so many commits."""
    first, last = places[:, :1], places[:, -1:]
    step = (_WIDTH - 2 * _EDGE) / (last - first)
    across = np.rint(_EDGE + (places - first) * step).astype(np.intp)
    codes = across * _HEIGHTS + _heights(values).astype(np.intp)
    moved = np.ones(places.shape, np.bool_)  # to a point whose predecessor is missing
    moved[:, 1:] = np.diff(places, axis=1) != 1
    codes[moved] += len(_lines())
    # A series that lacks none of the newest commits begins where its first point is, not a little before it.
    count = places.shape[1]
    whole = (first[:, 0] == width - count) & (count == min(POINTS, width))
    codes[whole, 0] += len(_lines())
    texts = _pieces()
    for row in codes.tolist():
        yield "".join([texts[code] for code in row])


@cache
def _lines() -> list[str]:
    """What draws a line to a point, by the code of the point."""
    return [f"L{x} {height}" for x in range(_WIDTH) for height in range(_HEIGHTS)]


@cache
def _pieces() -> list[str]:
    """Lines to points; then the same for points after a gap, as short lines of their own; then the beginnings."""
    points = [(x, height) for x in range(_WIDTH) for height in range(_HEIGHTS)]
    alone = [f"M{x - 1} {height}L{x} {height}" for x, height in points]
    return [*_lines(), *alone, *(f"M{x} {height}" for x, height in points)]


def _picture(path: str, count: int, ends: Sequence[float], unit: str) -> str:
    first, last = (units.quantity(value, unit) for value in ends)
    spoken = f"{count} commits: from {first} to {last}"
    if unit not in _PLAIN:
        spoken = words.escaped(spoken)
    return (
        f'<svg class="spark" role="img" aria-label="{spoken}" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}"><path d="{path}"/></svg>'
    )


def _heights(values: Floats) -> Floats:
    """Of each row: how far from the top, on an axis of its own that is logarithmic where the values are far apart."""
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    far = (low > 0) & (high >= _LOG_FROM * low)
    values, low, high = (np.where(far, np.log(np.where(far, each, 1.0)), each) for each in (values, low, high))
    span = np.where(far, high - low, np.maximum(high - low, np.abs(high) * _LEAST_SPAN))
    share = (values - (low + high) / 2) / np.where(span > 0, span, 1.0) + 0.5
    return np.rint(_HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE))
