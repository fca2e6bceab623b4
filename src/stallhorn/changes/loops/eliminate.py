"""From places to changes: the weakest goes first, until all that are left are believed."""

from __future__ import annotations

import math

import numpy as np

from stallhorn.changes.loops import cuts, evidence, order
from stallhorn.changes.loops.cuts import Places
from stallhorn.changes.loops.order import Array

SHORT_TAIL = 15  # points at an end of the series that are judged as its newest night, or as its first ones
ROOM = 8  # rows of scratch space
FEWEST = 8  # points of a series that can be judged

# What is asked of a change: columns of `asked`.
RELEVANT, HINDSIGHT, TONIGHT, TAIL, DOUBTED = range(5)


def space(longest: int) -> tuple[Array, Places, Array]:
    """What `judge_all` and `visited` work in, for series of so many points and shorter ones."""
    width = max(longest, 2 * evidence.REACH) + 16
    return np.zeros((ROOM, width + evidence.QUESTIONS)), np.zeros((3, width), np.int64), np.zeros((4, width))


def score(f: Array, trees: Array, root: float) -> float:
    """Log odds: the sum of all trees (rows: question, at most, left, right, value, size of the tree)."""
    found = root
    i = 0
    while i < trees.shape[0]:
        j = i
        while trees[j, 0] >= 0:
            j = i + int(trees[j, 2] if f[int(trees[j, 0])] <= trees[j, 1] else trees[j, 3])
        found += trees[j, 4]
        i += int(trees[i, 5])
    return float(found)


def weigh(n: int, c: int, stop: int, f: Array, hindsight: Array, tonight: Array, roots: Array) -> float:
    """Log odds that a change is one. The newest few points are asked two models: they come back every night."""
    odds = score(f, hindsight, roots[0])
    if stop == n and n - c <= SHORT_TAIL and tonight.shape[0] > 0:
        return 0.5 * (odds + score(f, tonight, roots[1]))
    return odds


def needed(n: int, start: int, c: int, stop: int, asked: Array) -> float:
    """The log odds that a change must have: more where it leaves few points at an end of the series."""
    ending = n - c if stop == n else SHORT_TAIL + 1
    beginning = c if start == 0 else SHORT_TAIL + 1
    if min(ending, beginning) > SHORT_TAIL:
        return float(asked[HINDSIGHT])
    return float(max(asked[HINDSIGHT], asked[TONIGHT]))


def prepare(x: Array, sigma: float, room: Array, ends: Places, marked: Places, cut: Places) -> int:
    """The changes that the least-squares choice would make. Returns how many."""
    n = x.shape[0]
    sums, squares, y = room[5], room[6], room[7]
    order.without_spikes(x, sigma, y, room[0])
    sums[0] = 0.0
    squares[0] = 0.0
    for i in range(n):
        v = y[i] - x[0]
        sums[i + 1] = sums[i] + v
        squares[i + 1] = squares[i] + v * v
    cuts.places(sums[: n + 1], sigma, marked, room[0])
    count = 1
    ends[0] = 0
    for i in range(n):
        if marked[i]:
            ends[count] = i
            count += 1
    ends[count] = n
    return cuts.settle(x, cut, cuts.choose(sums, squares, ends, count + 1, sigma, room, cut), room[0])


def measure_levels(x: Array, cut: Places, count: int, levels: Array, b: Array) -> None:
    """The median of each stretch; of a long one the newest points."""
    n = x.shape[0]
    for i in range(count + 1):
        stop = cut[i] if i < count else n
        levels[i] = order.level(x, max(cut[i - 1] if i > 0 else 0, stop - cuts.FAR), stop, b)


def eliminate(
    x: Array,
    sigma: float,
    asked: Array,
    hindsight: Array,
    tonight: Array,
    roots: Array,
    room: Array,
    cut: Places,
    count: int,
    odds: Array,
) -> int:
    """Drop the change that falls shortest of what is needed, and look again at those beside it."""
    n = x.shape[0]
    f, margin, levels = room[4][16:], odds[1], odds[2]
    first, last = 0, count
    while count > 0:
        for i in range(first, last):
            start = cut[i - 1] if i > 0 else 0
            stop = cut[i + 1] if i + 1 < count else n
            shift = evidence.collect(x, cut, count, i, sigma, levels, room, f)
            odds[0, i] = weigh(n, cut[i], stop, f, hindsight, tonight, roots)
            margin[i] = odds[0, i] - needed(n, start, cut[i], stop, asked)
            if stop == n and n - cut[i] < asked[TAIL]:
                margin[i] = min(margin[i], -1.0)
            if shift < asked[RELEVANT]:
                margin[i] = min(margin[i], -20.0) + shift
        worst = 0
        for i in range(1, count):
            if margin[i] < margin[worst]:
                worst = i
        if margin[worst] >= 0:
            return count
        _doubt(n, cut[worst], margin[worst], odds[0, worst], asked, odds[3])
        _drop(x, cut, count, worst, levels, odds, room[0])
        count -= 1
        first, last = max(0, worst - 2), min(count, worst + 2)
    return count


def _doubt(n: int, c: int, margin: float, odds: float, asked: Array, told: Array) -> None:
    """Remember what the newest points look like, if they are not believed for want of evidence alone."""
    if n - c <= SHORT_TAIL and margin > -10.0 and odds >= asked[DOUBTED]:
        told[0], told[1] = c, odds


def _drop(x: Array, cut: Places, count: int, i: int, levels: Array, odds: Array, b: Array) -> None:
    """Take the i-th of `count` changes away, and join the levels on its sides."""
    for j in range(i, count - 1):
        cut[j] = cut[j + 1]
        odds[0, j] = odds[0, j + 1]
        odds[1, j] = odds[1, j + 1]
    for j in range(i + 1, count):
        levels[j] = levels[j + 1]
    start = cut[i - 1] if i > 0 else 0
    stop = cut[i] if i < count - 1 else x.shape[0]
    levels[i] = order.level(x, max(start, stop - cuts.FAR), stop, b)


def judge_all(
    x: Array,
    ends: Places,
    asked: Array,
    hindsight: Array,
    tonight: Array,
    roots: Array,
    found: Places,
    odds: Array,
    counts: Places,
    doubts: Array,
    room: Array,
    places: Places,
    scratch: Array,
) -> None:
    """Every series of many, one after the other in x; `ends` are their ends. `asked` has a row for each.

    The changes of the i-th begin at its start in `found` (places) and `odds` (their log odds), `counts[i]` of them.
    `doubts[i]` says where its newest points look changed without being believed, and with what log odds; the place is
    -1 where they do not. The last three are space to work in, as `space` makes it: arrays made here would take longer
    to compile.
    """
    cut = places[0]
    start = 0
    for i in range(ends.shape[0]):
        stop = ends[i]
        y = x[start:stop]
        count = 0
        scratch[3, 0] = -1.0
        if stop - start >= FEWEST:
            sigma = order.noise(y, room[0])
            count = prepare(y, sigma, room, places[1], places[2], cut)
            for again in range(2):
                if again:
                    count = cuts.settle(y, cut, count, room[0])
                measure_levels(y, cut, count, scratch[2], room[0])
                count = eliminate(y, sigma, asked[i], hindsight, tonight, roots, room, cut, count, scratch)
        for k in range(count):
            found[start + k] = cut[k]
            odds[start + k] = scratch[0, k]
        counts[i] = count
        doubts[i, 0] = scratch[3, 0]
        doubts[i, 1] = scratch[3, 1]
        start = stop


def visited(
    x: Array, hindsight: Array, tonight: Array, roots: Array, room: Array, places: Places, odds: Array, log: Array
) -> int:
    """For teaching: eliminate every change of a series, and keep each (place, answers) that was looked at."""
    n = x.shape[0]
    kept = 0
    if n < FEWEST:
        return 0
    cut, ends, marked = places[0], places[1], places[2]
    sigma = order.noise(x, room[0])
    count = prepare(x, sigma, room, ends, marked, cut)
    measure_levels(x, cut, count, odds[2], room[0])
    f = room[4][16:]
    first, last = 0, count
    while count > 0:
        for i in range(first, last):
            stop = cut[i + 1] if i + 1 < count else n
            evidence.collect(x, cut, count, i, sigma, odds[2], room, f)
            odds[0, i] = math.log(f[evidence.T_MEDIAN] + 1e-9)
            if hindsight.shape[0] > 0:
                odds[0, i] = weigh(n, cut[i], stop, f, hindsight, tonight, roots)
            if kept < log.shape[0]:
                log[kept, 0] = cut[i]
                log[kept, 1:] = f[: evidence.QUESTIONS]
                kept += 1
        worst = 0
        for i in range(1, count):
            if odds[0, i] < odds[0, worst]:
                worst = i
        _drop(x, cut, count, worst, odds[2], odds, room[0])
        count -= 1
        first, last = max(0, worst - 2), min(count, worst + 2)
    return kept
