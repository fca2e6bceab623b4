"""The commits that a machine measured, as the scripts' charts know them: once for all series of a page. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import orjson
from numpy.typing import NDArray

from stallhorn.model import Revision, Series
from stallhorn.model.points import columns_of
from stallhorn.report.html import words

MOST = 1000  # commits that charts have at most, not counting those where something changed
NEWEST = 700  # of them; what is older is thinned
_SUBJECT = 60  # characters

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """Commits in the order of the history, and the same as JSON."""

    commits: tuple[str, ...]
    places: Mapping[str, int]
    index: Whole  # 0, 1, 2, ...
    json: orjson.Fragment


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One series as its columns on the axis of its machine; NaN = no value there."""

    series: Series
    values: Floats
    lows: Floats
    highs: Floats
    index: Whole  # which place each point of the series has on the axis; -1 = it was thinned out
    count: int  # of values that are known


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Series of one machine beneath each other: a row for each, a column for each commit of the axis."""

    values: Floats
    lows: Floats
    highs: Floats
    lines: tuple[Line, ...]  # the same by the row


def axis(revisions: Sequence[Revision], edges: Iterable[str] = ()) -> Axis:
    """The axis of measured revisions, oldest first.

    Of a history longer than `MOST` the older commits are thinned evenly; those of `edges`, where levels begin and end,
    stay.
    """
    kept = _thinned(revisions, frozenset(edges))
    commits = tuple(each.commit for each in kept)
    told = {
        "hash": [each.commit[:10] for each in kept],
        "subject": [_cut(each.subject) for each in kept],
        "minute": _steps([_minute(each) for each in kept]),
        "position": _steps([each.position for each in kept]),
        "tags": {str(place): [words.clean(tag) for tag in each.tags] for place, each in enumerate(kept) if each.tags},
        "thinned": len(revisions) - len(kept),
    }
    places = {commit: place for place, commit in enumerate(commits)}
    return Axis(commits, places, np.arange(len(commits)), orjson.Fragment(orjson.dumps(told)))


def lined_up(series: Sequence[Series], along: Axis) -> Block:
    """The points of series on the axis of their machine."""
    tables = tuple(np.full((len(series), len(along.commits)), np.nan) for _ in range(3))
    known: dict[int, tuple[Sequence[str], Whole, NDArray[np.bool_] | None]] = {}  # many share one list of commits
    indexes = []
    for place, each in enumerate(series):
        columns = columns_of(each.points)
        if id(columns.commits) not in known:
            known[id(columns.commits)] = columns.commits, *_placed(columns.commits, along)
        _, index, kept = known[id(columns.commits)]
        indexes.append(index)
        for table, column in zip(tables, (columns.values, columns.lows, columns.highs), strict=True):
            numbers = np.asarray(column, np.float64)
            if kept is None:
                table[place] = numbers
            else:
                table[place, index[kept]] = numbers[kept]
    values, lows, highs = tables
    counts = np.count_nonzero(~np.isnan(values), axis=1).tolist()
    lines = map(Line, series, values, lows, highs, indexes, counts)
    return Block(values, lows, highs, tuple(lines))


def _placed(commits: Sequence[str], along: Axis) -> tuple[Whole, NDArray[np.bool_] | None]:
    """The place of each commit on the axis, and which of them have one; None where these are all of the axis."""
    index = np.array([along.places.get(each, -1) for each in commits], np.int64)
    return index, None if np.array_equal(index, along.index) else index >= 0


def _thinned(revisions: Sequence[Revision], edges: frozenset[str]) -> list[Revision]:
    if len(revisions) <= MOST:
        return list(revisions)
    older, newer = revisions[:-NEWEST], revisions[-NEWEST:]
    every = -(-len(older) // (MOST - NEWEST))
    chosen = {each.commit for each in islice(older, 0, None, every)} | edges
    return [each for each in older if each.commit in chosen or each.tags] + list(newer)


def _cut(subject: str) -> str:
    line = words.clean(" ".join(subject.split()))
    return line if len(line) <= _SUBJECT else line[: _SUBJECT - 1] + "…"


def _minute(revision: Revision) -> int | None:
    return None if revision.committed is None else int(words.utc(revision.committed).timestamp() // 60)


def _steps(numbers: Sequence[int | None]) -> list[int | None]:
    """The first number, then how much each is above the one before; None stays and counts for nothing."""
    found, before = [], 0
    for number in numbers:
        found.append(None if number is None else number - before)
        before = before if number is None else number
    return found
