"""The points of a series as columns.

A large history has millions of points, and most are only ever looked at as numbers: they stay in arrays, and become
`Measurement`s one at a time where somebody asks for one.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import overload

from stallhorn.model.asked import SeriesKey
from stallhorn.model.measured import Measurement, Series, Status

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


def points_of(key: SeriesKey, measurements: Sequence[Measurement], commits: Sequence[str] = ()) -> Points:
    """Measurements as columns; those of which the columns do not say everything stay as they are beside them.

    `commits`: a sequence equal to theirs, to share it with other series.
    """
    columns = columns_of(measurements)
    if commits:
        columns = replace(columns, commits=commits)
    version = measurements[-1].version if measurements else ""
    started = array("d", (_milliseconds(point.started) for point in measurements))
    points = Points(key, columns, version, started)
    known = {
        place: point
        for place, point in enumerate(measurements)
        if point.samples or point.reason or point.key is not key or points[place] != point
    }
    return replace(points, known=known)


def measured_commits(series: Iterable[Series], *, ok: bool = False) -> set[str]:
    """The commits at which any of these series has a point, or with `ok` a value."""
    found: set[str] = set()
    missing: dict[int, tuple[Sequence[str], list[int]]] = {}  # by the identity of commits: the places not found yet
    for each in series:
        columns = columns_of(each.points)
        commits, places = missing.setdefault(id(columns.commits), (columns.commits, list(range(len(columns.commits)))))
        if places:
            here = [place for place in places if not ok or columns.statuses[place] == OK]
            found.update(commits[place] for place in here)
            if here:
                gone = set(here)
                places[:] = [place for place in places if place not in gone]
    return found


def _milliseconds(moment: datetime | None) -> float:
    return math.nan if moment is None else moment.timestamp() * 1000


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _number(value: float) -> float | None:
    return None if value != value else value


def _moment(milliseconds: float) -> datetime | None:
    return None if milliseconds != milliseconds else datetime.fromtimestamp(milliseconds / 1000, UTC)
