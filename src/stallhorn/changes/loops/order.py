"""Order statistics and the noise of a series, without making arrays: buffers are given, and reordered."""

from __future__ import annotations

import math

import numpy as np

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

SIGMAS = 1.4826  # a normal's standard deviation, in median absolute deviations
WIDE = 0.85  # the share of differences, ...
WIDE_SIGMAS = 1.44  # ... and how many standard deviations of a normal lie below it
LEAST = 0.0008  # no timing is steadier than this share, whatever a short or rounded series says
SPIKE = 3.5  # standard deviations from the running median; beyond, the median stands in


def sort(b: Array, n: int) -> None:
    """Put the first n in order: Shell's sort, for the tens of points on a side."""
    gap = 1
    while gap < n // 3:
        gap = 3 * gap + 1
    while gap >= 1:
        for i in range(gap, n):
            v = b[i]
            j = i
            while j >= gap and b[j - gap] > v:
                b[j] = b[j - gap]
                j -= gap
            b[j] = v
        gap //= 3


def select(b: Array, n: int, k: int) -> float:
    """The k-th smallest of the first n, from 0 (Hoare)."""
    low, high = 0, n - 1
    while low < high:
        pivot = b[(low + high) >> 1]
        i, j = low, high
        while i <= j:
            while b[i] < pivot:
                i += 1
            while b[j] > pivot:
                j -= 1
            if i <= j:
                v = b[i]
                b[i] = b[j]
                b[j] = v
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            break
    return float(b[k])


def median(b: Array, n: int) -> float:
    """The median of the first n, in any order."""
    k = n >> 1
    upper = select(b, n, k)
    if n & 1:
        return upper
    lower = b[0]
    for i in range(1, k):
        lower = max(lower, b[i])
    return float(0.5 * (lower + upper))


def middle(b: Array, n: int) -> float:
    """The median of the first n, which are in order."""
    k = n >> 1
    return float(b[k]) if n & 1 else float(0.5 * (b[k - 1] + b[k]))


def deviation(b: Array, n: int) -> float:
    """The standard deviation that the median absolute deviation of the first n stands for."""
    center = median(b, n)
    for i in range(n):
        b[i] = abs(b[i] - center)
    return SIGMAS * median(b, n)


def level(x: Array, start: int, stop: int, b: Array) -> float:
    """The median of x[start:stop]."""
    for i in range(stop - start):
        b[i] = x[start + i]
    return median(b, stop - start)


def noise(x: Array, b: Array) -> float:
    """The standard deviation from point to point: blind to levels that change, and to a slow drift.

    The largest of three: what the differences of neighbours and of second neighbours say, and their 85 % quantile,
    which sees a series flip between two modes where the median does not.
    """
    n = x.shape[0]
    if n < 5:
        return LEAST
    for i in range(n - 1):
        b[i] = x[i + 1] - x[i]
    found = deviation(b, n - 1)
    for i in range(n - 2):
        b[i] = x[i + 2] - x[i]
    found = max(found, deviation(b, n - 2))
    for i in range(n - 1):
        b[i] = abs(x[i + 1] - x[i])
    found = max(found, select(b, n - 1, int(WIDE * (n - 2))) / WIDE_SIGMAS)
    return max(found / math.sqrt(2.0), LEAST)


def without_spikes(x: Array, sigma: float, y: Array, b: Array) -> None:
    """x into y, where single points far from the median of the five around them are replaced by it."""
    n = x.shape[0]
    for i in range(n):
        count = 0
        for j in range(max(0, i - 2), min(n, i + 3)):
            v = x[j]
            k = count
            while k > 0 and b[k - 1] > v:
                b[k] = b[k - 1]
                k -= 1
            b[k] = v
            count += 1
        center = middle(b, count)
        y[i] = center if abs(x[i] - center) > SPIKE * sigma else x[i]
