"""Small-sample statistics on plain floats. Pure, standard library only; no function here knows what a benchmark is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

# Half-widths, in ranges of the sample, of the 99 % interval of the median for 2..7 normal values: Lord's range-based
# t-test (E. Lord, "The use of range in place of standard deviation in the t-test", Biometrika 34, 1947) with the
# median in place of the mean. Found by simulation; the tests do it again.
_RANGES_99 = {2: 32.0, 3: 3.1, 4: 1.35, 5: 0.90, 6: 0.67, 7: 0.57}


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two middle ones. Needs at least one value."""
    ordered = sorted(values)
    half, odd = divmod(len(ordered), 2)
    if odd:
        return ordered[half]
    return ordered[half - 1] + (ordered[half] - ordered[half - 1]) / 2


def mad(values: Sequence[float]) -> float:
    """The median absolute deviation from the median, unscaled (times 1.4826 it estimates a normal's sigma)."""
    center = median(values)
    return median([abs(value - center) for value in values])


@cache
def order_statistic(n: int, confidence: float = 0.99) -> int | None:
    """The largest k for which [x_(k), x_(n+1-k)] of n sorted values holds their median with this confidence.

    With B ~ Binomial(n, 1/2) the interval's coverage is 1 - 2 P(B <= k - 1), whatever the distribution
    (David & Nagaraja, "Order Statistics", 3rd ed., section 7.1). None when even the whole range has less: for 99 %
    that is so below 8 values.
    """
    tail, best = 0.0, None
    for k in range(1, n // 2 + 1):
        tail += math.exp(math.lgamma(n + 1) - math.lgamma(k) - math.lgamma(n - k + 2) - n * math.log(2))
        if 2 * tail > 1 - confidence:
            break
        best = k
    return best


def median_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Bounds of the median with at least 99 % confidence; None for fewer than two values, which say nothing.

    From 8 values on these are order statistics. Below, no pair of order statistics reaches 99 %, so the range of the
    sample is widened on both sides of the median by Lord's factor, in logarithms when every value is positive
    (timings are closer to log-normal, and a bound below zero would mean nothing).
    """
    n = len(values)
    if n < 2:
        return None
    ordered = sorted(values)
    k = order_statistic(n)
    if k is not None:
        return ordered[k - 1], ordered[n - k]
    factor = _RANGES_99[n]
    if ordered[0] > 0:
        return _widened_logarithms(ordered, factor)
    reach = factor * (ordered[-1] - ordered[0])
    center = median(ordered)
    return min(ordered[0], center - reach), max(ordered[-1], center + reach)


def _widened_logarithms(ordered: Sequence[float], factor: float) -> tuple[float, float]:
    reach = min(factor * (math.log(ordered[-1]) - math.log(ordered[0])), 100.0)  # e^100 bounds nothing any more
    center = math.log(median(ordered))
    low = math.exp(max(center - reach, -700.0))
    high = math.exp(min(center + reach, 700.0))
    return min(ordered[0], low), max(ordered[-1], high)


def trimmed_range(values: Sequence[float], share: float = 0.1) -> tuple[float, float]:
    """The smallest and largest value after `share` of the values was dropped at each end: from 5 on at least one."""
    ordered = sorted(values)
    drop = max(1, int(share * len(ordered))) if len(ordered) >= 5 else 0
    return ordered[drop], ordered[len(ordered) - 1 - drop]
