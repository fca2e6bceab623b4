"""A series with the points that can be judged, read from its columns. No arrays: a young history needs none. Pure."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress

from stallhorn.model import Measurement, Series, SeriesKey
from stallhorn.model.points import OK, Columns, Points, columns_of


@dataclass(frozen=True, slots=True)
class Row:
    """Which points of a series can be judged."""

    series: Series
    columns: Columns
    usable: Sequence[int]  # positions in the series
    is_bare: bool  # no samples are known of any of its points

    @property
    def key(self) -> SeriesKey:
        return self.series.key

    @property
    def is_whole(self) -> bool:
        """Whether every point of the series can be judged."""
        return len(self.usable) == len(self.columns.commits)

    def values(self, start: int = 0, stop: int | None = None) -> list[float]:
        """Of the usable points with these numbers."""
        values = self.columns.values
        return [values[place] for place in self.usable[start:stop]]

    def logarithms(self, start: int, stop: int) -> list[float]:
        return [math.log(value) for value in self.values(start, stop)]

    def commit(self, number: int) -> str:
        return self.columns.commits[self.usable[number]]

    def number_of(self, place: int) -> int | None:
        """Which of the usable points stands at a position of the series."""
        number = bisect_left(self.usable, place)
        return number if number < len(self.usable) and self.usable[number] == place else None


class Rows:
    """The rows of series, each read once."""

    def __init__(self) -> None:
        self._known: dict[int, Row] = {}  # by the series, which its row keeps, so that no other gets its id

    def keep(self, rows: Iterable[Row]) -> None:
        self._known.update((id(row.series), row) for row in rows)

    def of(self, series: Series) -> Row:
        known = self._known.get(id(series))
        if known is None:
            known = self._known[id(series)] = row_of(series)
        return known


def row_of(series: Series) -> Row:
    """Counted values need not be positive."""
    columns, exact = columns_of(series.points), series.is_counted
    values, statuses = columns.values, columns.statuses
    usable: Sequence[int] = range(len(values))
    if exact or not columns.is_all_ok or not _are_positive(values):
        is_fine = _is_there if exact else _is_positive
        known = statuses.translate(_IS_OK)
        places = compress(compress(usable, known), map(is_fine, compress(values, known)))
        found = array("i", places)  # numbers that arrays can be indexed with
        usable = usable if len(found) == len(usable) else found
    return Row(series, columns, usable, is_bare(series.points))


_IS_OK = bytes(code == OK for code in range(256))
_is_positive = (0.0).__lt__


def _is_there(value: float) -> bool:
    return value == value


def _are_positive(values: Sequence[float]) -> bool:
    """Whether all are there and above zero; any that is missing makes the sum one that is missing."""
    return not values or (sum(values) > 0 and min(values) > 0)


def place_of(commits: Sequence[str], commit: str) -> int | None:
    """Where a series has this commit; searched from its end, because what is asked for is mostly new."""
    if commits and commits[-1] == commit:
        return len(commits) - 1
    return next((place for place in range(len(commits) - 1, -1, -1) if commits[place] == commit), None)


def is_bare(points: Sequence[Measurement]) -> bool:
    """Whether no samples are known of any of these points."""
    known = points.known.values() if isinstance(points, Points) else points
    return not any(point.samples for point in known)
