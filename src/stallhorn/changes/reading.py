"""The rows of many series: which of their points can be judged, found for all of them at once."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

import numpy as np

from stallhorn.changes.row import Row, is_bare
from stallhorn.model import Series
from stallhorn.model.points import OK, columns_of

BLOCK = 2000  # series that are read at once: memory


def rows_of(series: Sequence[Series]) -> Iterator[Row]:
    """What `row.row_of` says of each; none may be counted."""
    for start in range(0, len(series), BLOCK):
        yield from _rows_of(series[start : start + BLOCK])


def _rows_of(series: Sequence[Series]) -> Iterator[Row]:
    every = [columns_of(each.points) for each in series]
    statuses = np.frombuffer(b"".join(columns.statuses for columns in every), np.uint8)
    values = np.concatenate([np.zeros(0), *(columns.values for columns in every)])
    usable = np.flatnonzero((statuses == OK) & (values > 0))
    ends = np.cumsum([len(columns.statuses) for columns in every])
    edges = np.searchsorted(usable, ends)
    counts = np.diff(edges, prepend=0)
    starts = ends - [len(columns.statuses) for columns in every]
    places = (usable - np.repeat(starts, counts)).astype(np.int32).tobytes()
    first = 0
    for each, columns, behind in zip(series, every, edges.tolist(), strict=True):
        found: Sequence[int] = range(len(columns.statuses))
        if behind - first < len(columns.statuses):
            found = array("i", places[4 * first : 4 * behind])
        yield Row(each, columns, found, is_bare(each.points))
        first = behind
