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


def lined_up(series: Series, along: Axis) -> Line:
    """The points of a series on its machine's axis."""
    columns = columns_of(series.points)
    values, lows, highs = (np.asarray(each, dtype=np.float64) for each in (columns.values, columns.lows, columns.highs))
    commits = columns.commits if isinstance(columns.commits, tuple) else tuple(columns.commits)
    if commits == along.commits:
        return Line(series, values, lows, highs, along.index)
    index = np.fromiter((along.places.get(each, -1) for each in commits), np.int64, len(commits))
    kept = index >= 0
    spread = []
    for column in (values, lows, highs):
        wide = np.full(len(along.commits), np.nan)
        wide[index[kept]] = column[kept]
        spread.append(wide)
    return Line(series, spread[0], spread[1], spread[2], index)


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
