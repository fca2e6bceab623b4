"""Ratios of things that were measured side by side."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """A ratio with its 95 % interval; the bounds are None where there are too few pairs for one."""

    value: float
    low: float | None
    high: float | None
    pairs: int


def ratio(pairs: Sequence[tuple[float, float]]) -> Ratio:
    """The median over pairs of second / first, and the interval of that median.

    The two of a pair ran one after the other, so that a change of the machine's speed takes both along. The interval
    is made of order statistics of the pairs' log ratios: it assumes no distribution, only that pairs are independent.
    """
    logs = sorted(math.log(second / first) for first, second in pairs)
    rank = _rank(len(logs))
    low, high = (None, None) if rank is None else (math.exp(logs[rank]), math.exp(logs[-1 - rank]))
    return Ratio(math.exp(statistics.median(logs)), low, high, len(logs))


def _rank(count: int) -> int | None:
    """The largest r so that the interval from the r-th smallest to the r-th largest (from 0) holds the median in 95 %.

    Each value is below the median with probability 1/2, so their number is binomial.
    """
    outside, found = 0.0, None
    for rank in range(count // 2):
        outside += 2 * math.comb(count, rank) / 2**count
        if outside > 0.05:
            break
        found = rank
    return found
