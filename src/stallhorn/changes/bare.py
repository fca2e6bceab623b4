"""What `levels` says of series without samples, of many at once: the loops of `loops.scan`. Pure.

Results of plain asv know one value and its bounds at each commit, and come in millions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from stallhorn.changes import levels, mirror
from stallhorn.changes.loops import compiler, scan
from stallhorn.changes.row import Row
from stallhorn.changes.rule import LIMITS, Judgement, ratio_of, too_little
from stallhorn.changes.series import Floats, Integers
from stallhorn.changes.steps import SPLIT, THREADS
from stallhorn.model import ChangePoint, Comparison, Direction, Level, Series

TOGETHER = 2000  # series that are read at once: memory

_T = TypeVar("_T")
_DIRECTIONS = {1.0: Direction.SLOWER, 0.0: Direction.SAME, -1.0: Direction.FASTER}


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Usable points of a series, by their numbers, and those that are compared; -1: none."""

    row: Row
    start: int
    stop: int
    place: int = -1
    base: int = -1


@dataclass(frozen=True, slots=True)
class _Said:
    """What the loops said of stretches one behind the other."""

    ends: Integers
    marks: Integers  # 1 where a level starts
    levels: Floats
    told: Floats


def detect(stretches: Sequence[tuple[Row, int, int]]) -> list[tuple[ChangePoint, ...]]:
    """The change points of some usable points of series (their numbers), with positions of the whole series."""
    found: list[tuple[ChangePoint, ...]] = []
    for some in _batches(_Stretch(*each) for each in stretches):
        said = _say(some)
        marked = np.concatenate([[0], np.cumsum(said.marks)])[said.ends]
        counts = np.diff(marked, prepend=0).tolist()
        found += [_changes(one, number, said) if counts[number] > 1 else () for number, one in enumerate(some)]
    return found


def _changes(one: _Stretch, number: int, said: _Said) -> tuple[ChangePoint, ...]:
    stop = int(said.ends[number])
    start = stop - (one.stop - one.start)
    firsts = np.flatnonzero(said.marks[start:stop])
    places = one.row.usable
    edges = [
        (places[one.start + first], places[one.start + behind - 1])
        for first, behind in zip(firsts.tolist(), [*firsts[1:].tolist(), stop - start], strict=True)
    ]
    told = said.levels[start + firsts].tolist()
    every = [_level(*edge, *each) for edge, each in zip(edges, told, strict=True)]
    return levels.changes(one.row.series, every, edges)


def compare(asked: Iterable[tuple[Row, str]], base: str | None) -> Iterator[Comparison | None]:
    """Each series at one commit, as `levels.compare` has it."""
    for some in _batches(asked):
        what = [levels.of_what(row, head, base) for row, head in some]
        stretches = [
            _to_compare(row, place, base is not None)
            for (row, _), place in zip(some, what, strict=True)
            if isinstance(place, levels.Asked)
        ]
        told = iter(zip(stretches, _say(stretches).told.tolist(), strict=True))
        for (row, _), place in zip(some, what, strict=True):
            yield _comparison(row.series, place.place, *next(told)) if isinstance(place, levels.Asked) else place


def _to_compare(row: Row, asked: levels.Asked, with_base: bool) -> _Stretch:
    place, base = row.number_of(asked.place), row.number_of(asked.base)
    assert place is not None and base is not None  # else nothing would be asked
    return _Stretch(row, 0, max(place, base) + 1, place, base if with_base else -1)


def _comparison(series: Series, place: int, one: _Stretch, told: Sequence[float]) -> Comparison:
    direction, certain = _DIRECTIONS[told[scan.DIRECTION]], bool(told[scan.CERTAIN])
    reason = "" if certain else too_little(told[scan.EFFECT], told[scan.NOISE], int(told[scan.COUNT]))
    judgement = Judgement(direction, certain, ratio_of(told[scan.LEAST]), bool(told[scan.LEANS]), reason)
    first, last = one.row.usable[int(told[scan.FIRST])], one.row.usable[int(told[scan.BEHIND]) - 1]
    level = _level(first, last, *told[scan.CENTER :])
    if mirror.is_mirrored(series):
        level = mirror.level(level)
    return levels.comparison(series, level, judgement, last, place)


def _level(first: int, last: int, center: float, low: float, high: float) -> Level:
    """From logarithms."""
    middle = math.exp(center)
    return Level(first, last + 1, middle, min(math.exp(low), middle), max(math.exp(high), middle))


def _say(stretches: Sequence[_Stretch]) -> _Said:
    lengths = np.array([one.stop - one.start for one in stretches], np.int64)
    count, points = len(lengths), int(lengths.sum())
    marked = points if any(one.place < 0 for one in stretches) else 0
    said = _Said(np.cumsum(lengths), np.zeros(marked, np.int64), np.zeros((marked, 3)), np.zeros((count, scan.ASKED)))
    read = [_read(one) for one in stretches]
    values, lows, highs = (np.concatenate([np.zeros(0), *(each[column] for each in read)]) for column in range(3))
    places, bases = (np.array(each, np.int64) for each in ([o.place for o in stretches], [o.base for o in stretches]))
    limits = np.array(LIMITS, float)

    def part(start: int, stop: int) -> None:
        own = slice(int(said.ends[start - 1]) if start else 0, int(said.ends[stop - 1]) if stop else 0)
        scan.scan_all(
            values[own], lows[own], highs[own], said.ends[start:stop] - own.start, places[start:stop],
            bases[start:stop], limits, said.marks[own], said.levels[own], said.told[start:stop],
            *scan.space(int(lengths[start:stop].max(initial=0))),
        )  # fmt: skip

    if points < SPLIT or not compiler.is_compiled():
        with compiler.steady():
            part(0, count)
        return said
    edges = [0, *(int(np.searchsorted(said.ends, points * share / THREADS)) for share in range(1, THREADS)), count]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(part, edges[:-1], edges[1:]))
    return said


def _read(one: _Stretch) -> tuple[Floats, Floats, Floats]:
    """Values and bounds; of a rate those of the time that it stands for."""
    columns = one.row.columns
    at: Any = slice(one.start, one.stop) if one.row.is_whole else np.asarray(one.row.usable)[one.start : one.stop]
    values, lows, highs = (np.asarray(column, float)[at] for column in (columns.values, columns.lows, columns.highs))
    if not mirror.is_mirrored(one.row.series):
        return values, lows, highs
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 / values, np.where(highs > 0, 1 / highs, np.nan), np.where(lows > 0, 1 / lows, np.nan)


def _batches(every: Iterable[_T]) -> Iterator[list[_T]]:
    left = iter(every)
    while some := list(islice(left, TOGETHER)):
        yield some
