"""Whether a stated confidence is what happens: of the changes told with 90 %, nine of ten were planted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from figures.changes.planted import Planted, offline
from figures.changes.scores import match
from stallhorn.changes import steps
from stallhorn.changes.series import logarithms

BANDS = ((0.5, 0.8), (0.8, 0.95), (0.95, 0.99), (0.99, 1.0))  # the last with its upper end
SEEDS = (7, 8)  # neither those of the table (contest.py) nor those that the method was taught with (teach.py)
SLACK = 0.03  # a stated confidence that is off by so much is right enough


class Told(Protocol):
    """A change as a method tells it."""

    @property
    def index(self) -> int: ...

    @property
    def confidence(self) -> float: ...


Find = Callable[[Sequence[float | None]], Iterable[Told]]


@dataclass(frozen=True)
class Band:
    """Changes told with a confidence from `low` on and below `high`."""

    low: float
    high: float
    told: int
    true: int
    stated: float  # their mean confidence

    def agrees(self, doubt: float = 0.01, slack: float = 0.0) -> bool:
        """Whether so many can be true where each is with a probability of `stated`, or one that is off by `slack`.

        False with a probability of `doubt` at most although the confidence is right. The true ones are then
        binomial; that their probabilities differ a little makes them vary less.
        """
        most, least = min(1.0, self.stated + slack), max(0.0, self.stated - slack)
        too_few = _at_most(self.true, self.told, least) <= doubt / 2
        too_many = 1 - _at_most(self.true - 1, self.told, most) <= doubt / 2
        return not too_few and not too_many

    def __str__(self) -> str:
        share = "" if not self.told else f" ({self.true / self.told:.3f}; stated on average: {self.stated:.3f})"
        return f"{self.low:.2f} to {self.high:.2f}: {self.true} of {self.told} true{share}"


@dataclass(frozen=True)
class Change:
    """Where a series changes, counted with the points that are missing."""

    index: int
    confidence: float


def of_steps(values: Sequence[float | None]) -> list[Change]:
    """What the method for single series tells."""
    x, at = logarithms(values)
    return [Change(int(at[one.place]), one.confidence) for one in steps.find([x]).steps(0).found]


def histories(seeds: Iterable[int] = SEEDS) -> Iterator[Planted]:
    """Whole histories: 4,750 series of each seed."""
    return chain.from_iterable(offline(seed, 1.0) for seed in seeds)


def calibration(find: Find, series: Iterable[Planted]) -> list[Band]:
    """The bands, lowest first. A told change is true if it is the closest to a planted one, within the margin."""
    found: list[tuple[float, bool]] = []
    for one in series:
        told = {each.index: each.confidence for each in find(one.values)}
        true = {index for _, index in match([place for place, _ in one.changes], list(told))}
        found += [(confidence, index in true) for index, confidence in told.items()]
    return [_band(low, high, found) for low, high in BANDS]


def _band(low: float, high: float, found: list[tuple[float, bool]]) -> Band:
    inside = [each for each in found if low <= each[0] and (each[0] < high or high == 1.0)]
    stated = math.fsum(confidence for confidence, _ in inside) / len(inside) if inside else (low + high) / 2
    return Band(low, high, len(inside), sum(true for _, true in inside), stated)


def _at_most(count: int, of: int, probability: float) -> float:
    """The probability of at most so many successes."""
    if count < 0:
        return 0.0
    if count >= of or probability <= 0:
        return 1.0
    if probability >= 1:
        return 0.0
    success, failure = math.log(probability), math.log1p(-probability)
    ways = math.lgamma(of + 1)
    return math.fsum(
        math.exp(ways - math.lgamma(k + 1) - math.lgamma(of - k + 1) + k * success + (of - k) * failure)
        for k in range(count + 1)
    )
