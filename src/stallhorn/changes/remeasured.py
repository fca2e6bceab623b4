"""What measuring two commits again, in turns, says about a change between them. Pure.

Each later visit to a commit gives one number, the median of its samples. All differences of their logarithms, one
visit of each commit, bound the shift: between two of them, counted from both ends, it lies with 99 % confidence
whatever the noise looks like (Hodges & Lehmann, Annals of Mathematical Statistics 34, 1963; the ends are those of the
Mann-Whitney test). The commits are measured in turns, so that a machine that changes slowly changes both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from stallhorn.model import Measurement
from stallhorn.model.visits import by_visit
from stallhorn.stats import median

CONFIDENCE = 0.99
LEAST = 5  # visits of each commit; with fewer no interval reaches that confidence


class Outcome(StrEnum):
    CHANGED = "changed"
    SAME = "not changed"
    OPEN = "still open"


@dataclass(frozen=True, slots=True)
class Settled:
    """The answer, with the ratio new over old that the visits show and its 99 % interval."""

    outcome: Outcome
    visits: int  # of the commit that has fewer
    ratio: float | None = None
    low: float | None = None
    high: float | None = None


def settle(last: Measurement, newest: Measurement, suspected: float, relevant: float) -> Settled:
    """Whether `newest` lies on another level than `last`, in the direction of the `suspected` ratio.

    Changed: no change is outside the interval, and the shift is relevant. Not changed: the interval ends below what is
    relevant, or holds no change and ends below half of what was suspected.
    """
    old, new = _centers(last), _centers(newest)
    visits = min(len(old), len(new))
    place = _rank(len(old), len(new)) if old and new else None
    if place is None or suspected <= 0:
        return Settled(Outcome.OPEN, visits)
    shifts = sorted(after - before for before in old for after in new)
    low, high, center = shifts[place - 1], shifts[-place], median(shifts)
    sign = 1 if suspected >= 1 else -1
    toward, beyond = (low, high) if sign > 0 else (-high, -low)
    bound = math.log1p(relevant)
    if toward > 0 and sign * center >= bound:
        outcome = Outcome.CHANGED
    elif beyond < bound or (toward <= 0 and beyond < abs(math.log(suspected)) / 2):
        outcome = Outcome.SAME
    else:
        outcome = Outcome.OPEN
    return Settled(outcome, visits, math.exp(center), math.exp(low), math.exp(high))


def _centers(point: Measurement) -> list[float]:
    """The logarithm of each later visit's median."""
    found = [median(samples) for visit, samples in by_visit(point).items() if visit > 0]
    return [math.log(value) for value in found if value > 0]


@cache
def _rank(n: int, m: int) -> int | None:
    """The largest k for which the k-th difference from either end bounds the shift; None where even the first fails.

    The number of pairs with the new value below the old one is k - 1 or less in so many of all orders; counted by the
    recurrence of Mann & Whitney (Annals of Mathematical Statistics 18, 1947).
    """
    ways = [[1] + [0] * (n * m) for _ in range(m + 1)]  # of j values: by the number of such pairs
    for _ in range(n):
        for j in range(1, m + 1):
            previous = ways[j - 1]
            ways[j] = [(ways[j][u - j] if u >= j else 0) + previous[u] for u in range(n * m + 1)]
    allowed = (1 - CONFIDENCE) / 2 * math.comb(n + m, n)
    total, best = 0, None
    for k in range(1, n * m + 1):
        total += ways[m][k - 1]
        if total > allowed:
            break
        best = k
    return best
