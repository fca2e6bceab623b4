"""Where a series may change: places of contrast at any scale, the best choice among them, and their exact location."""

from __future__ import annotations

import math

import numpy as np

from stallhorn.changes.loops import order
from stallhorn.changes.loops.order import Array

Places = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

SHORTEST = 3  # points of a level: one or two are an outlier
WIDEST = 80  # points on a side that a contrast looks at
GROWTH = 0.42  # of the windows, from one scale to the next
CONTRAST = 3.0  # standard deviations between two windows that are worth a look
COST = 8.0  # of one more change, beside 2 ln n, in units of the noise's variance
MARGIN = 6  # points that a change is moved by at the most
FAR = 300  # points of a level that its median is taken of


def places(sums: Array, sigma: float, marked: Places, contrast: Array) -> None:
    """Mark the points where the means of two windows beside each other differ most, at every scale.

    `sums` are running sums from 0, of n + 1 values. A moving sum of two windows (Bauer and Hackl 1978), at the scales
    3, 4, 5, 7, ... 80.
    """
    n = sums.shape[0] - 1
    marked[:n] = 0
    width = SHORTEST
    while width == SHORTEST or (2 * width <= n and width <= WIDEST):
        for i in range(SHORTEST, n - 2):
            left, right = min(i, width), min(n - i, width)
            d = (sums[i + right] - sums[i]) / right - (sums[i] - sums[i - left]) / left
            contrast[i] = abs(d) / (sigma * math.sqrt(1.0 / left + 1.0 / right))
        _peaks(contrast, n, max(1, width // 2), marked)
        width += max(1, int(width * GROWTH))


def _peaks(contrast: Array, n: int, reach: int, marked: Places) -> None:
    """Mark what is largest within so many points, the first of equals."""
    for i in range(SHORTEST, n - 2):
        v = contrast[i]
        if v <= CONTRAST:
            continue
        top = True
        for j in range(max(SHORTEST, i - reach), min(n - 2, i + reach + 1)):
            if contrast[j] > v or (contrast[j] == v and j < i):
                top = False
                break
        if top:
            marked[i] = 1


def choose(sums: Array, squares: Array, ends: Places, count: int, sigma: float, room: Array, cut: Places) -> int:
    """The least-squares choice among `ends[:count]` (from 0 to n), each change at its cost. Returns how many are cut.

    Exact by dynamic programming over the places alone (Jackson et al. 2005): k places cost k^2 steps.
    """
    n = ends[count - 1]
    beta = (COST + 2 * math.log(n)) * sigma * sigma
    best, last = room[0], room[1]
    best[0] = 0.0
    last[0] = 0.0
    for t in range(1, count):
        end = ends[t]
        least, from_ = np.inf, 0
        for s in range(t):
            start = ends[s]
            length = end - start
            if length < SHORTEST:
                break
            d = sums[end] - sums[start]
            v = best[s] + squares[end] - squares[start] - d * d / length + beta
            if v < least:
                least, from_ = v, s
        best[t] = least
        last[t] = from_
    found = 0
    t = int(last[count - 1])
    while t > 0:
        cut[found] = ends[t]
        found += 1
        t = int(last[t])
    for i in range(found // 2):
        v = cut[i]
        cut[i] = cut[found - 1 - i]
        cut[found - 1 - i] = v
    return found


def settle(x: Array, cut: Places, count: int, b: Array) -> int:
    """Move each change to where the points fit the two levels best, then drop what came too close. Returns the rest.

    Fit: least absolute deviations, none counted beyond the distance of the levels, within MARGIN points.
    """
    n = x.shape[0]
    for i in range(count):
        start = cut[i - 1] if i > 0 else 0
        stop = cut[i + 1] if i + 1 < count else n
        c = cut[i]
        left = order.level(x, max(start, c - FAR), c, b)
        right = order.level(x, c, min(stop, c + FAR), b)
        most = abs(right - left)
        low, high = max(start + 1, c - MARGIN), min(stop - 1, c + MARGIN)
        cost = 0.0
        for j in range(low, high):
            cost += min(abs(x[j] - right), most)
        least, best = cost + 1e-9 * (c - low), low
        for p in range(low + 1, high + 1):
            cost += min(abs(x[p - 1] - left), most) - min(abs(x[p - 1] - right), most)
            if cost + 1e-9 * abs(p - c) < least:
                least, best = cost + 1e-9 * abs(p - c), p
        cut[i] = best
    kept = 0
    before = 0
    for i in range(count):
        if cut[i] - before >= SHORTEST and n - cut[i] >= SHORTEST:
            cut[kept] = cut[i]
            before = cut[i]
            kept += 1
    return kept
