"""The points of a series as columns.

A large history has millions of points, and most are only ever looked at as numbers: they stay in arrays, and become
`Measurement`s one at a time where somebody asks for one.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import overload

from stallhorn.model.asked import SeriesKey
from stallhorn.model.measured import Measurement, Status

STATUSES = tuple(Status)  # a column of statuses holds places in this tuple
CODES = {status: code for code, status in enumerate(STATUSES)}
OK = CODES[Status.OK]

Numbers = Sequence[float]  # a buffer of 64-bit floats, so that NumPy can look at it without a copy; NaN = not measured


@dataclass(frozen=True, slots=True)
class Columns:
    """The points of one series, oldest first: all sequences are of one length."""

    commits: Sequence[str]
    values: Numbers
    lows: Numbers
    highs: Numbers
    statuses: bytes  # `CODES`

    @property
    def is_all_ok(self) -> bool:
        return self.statuses.count(OK) == len(self.statuses)


@dataclass(frozen=True, slots=True, eq=False)
class Points(Sequence[Measurement]):
    """Columns that look like a tuple of measurements."""

    key: SeriesKey
    columns: Columns
    version: str = ""
    started: Numbers = ()  # milliseconds since 1970; NaN = not known; () = of none
    known: Mapping[int, Measurement] = field(default_factory=dict)  # by place: those of which more is known

    def __len__(self) -> int:
        return len(self.columns.commits)

    @overload
    def __getitem__(self, place: int) -> Measurement: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Measurement]: ...
    def __getitem__(self, place: int | slice) -> Measurement | Sequence[Measurement]:
        if isinstance(place, slice):
            return tuple(self._point(each) for each in range(*place.indices(len(self))))
        count = len(self)
        if not -count <= place < count:
            raise IndexError(place)
        return self._point(place % count)

    def __iter__(self) -> Iterator[Measurement]:
        return (self._point(place) for place in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def _point(self, place: int) -> Measurement:
        known = self.known.get(place)
        if known is not None:
            return known
        columns = self.columns
        return Measurement(
            self.key,
            columns.commits[place],
            STATUSES[columns.statuses[place]],
            _number(columns.values[place]),
            _number(columns.lows[place]),
            _number(columns.highs[place]),
            version=self.version,
            started=_moment(self.started[place]) if self.started else None,
        )


def columns_of(points: Sequence[Measurement]) -> Columns:
    """The columns of any points; those of `Points` are there already."""
    if isinstance(points, Points):
        return points.columns
    return Columns(
        tuple(point.commit for point in points),
        array("d", (_or_nan(point.value) for point in points)),
        array("d", (_or_nan(point.low) for point in points)),
        array("d", (_or_nan(point.high) for point in points)),
        bytes(CODES[point.status] for point in points),
    )


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _number(value: float) -> float | None:
    return None if value != value else value


def _moment(milliseconds: float) -> datetime | None:
    return None if milliseconds != milliseconds else datetime.fromtimestamp(milliseconds / 1000, UTC)
