"""What a change-point method is, what is asked of it, and what it finds. No arrays: a young history needs none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from stallhorn.model import ChangePoint, Measurement, Series, Status


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What other processes did while one process measured."""

    cores: float  # that they used on average
    crowded: bool  # there were more threads than cores: then a thread can wait for whole time slices


Disturbances = Mapping[str, Mapping[int, Disturbance]]  # by commit and round, where it is known


class Method(Protocol):
    """Finds where the level of one series changes.

    Pure and deterministic. Points without a value are gaps, never changes; the answer is ordered oldest first.
    """

    def __call__(self, series: Series, disturbances: Disturbances = ...) -> tuple[ChangePoint, ...]: ...


def is_usable(point: Measurement, exact: bool = False) -> bool:
    """Whether a method can judge it: measured, and positive (ratios need that), but for exact values."""
    return point.status is Status.OK and point.value is not None and (exact or point.value > 0)


def unusable(point: Measurement, exact: bool = False) -> str:
    """Why a point cannot be judged; "" if it can."""
    if point.status is not Status.OK:
        return f"{point.status}: {point.reason}" if point.reason else str(point.status)
    return "" if is_usable(point, exact) else "a value that is not positive has no ratio"


BENCHMARKS = 5  # that can tell what the machine did; among fewer, the change of one looks like the machine's
NEAR = 3  # points between a change and an event of the machine that make them one


@dataclass(frozen=True, slots=True)
class Demand:
    """What a change must have. Odds are natural logarithms: 0.7 is two to one, 2.65 fourteen to one."""

    relevant: float = 0.02  # logarithm of the smallest change that is told
    hindsight: float = 0.7  # odds, with more than 15 points on either side
    tonight: float = 2.65  # odds, where few points are left at an end of the series: it is asked again every night
    tail: int = 3  # points that the newest level must have lasted
    doubted: float = 0.0  # odds from which the newest points are told as suspicious

    def row(self) -> tuple[float, ...]:
        return self.relevant, self.hindsight, self.tonight, self.tail, self.doubted


USUAL = Demand()


@dataclass(frozen=True, slots=True)
class Step:
    """A change of level: positions are those of the series without what is missing."""

    place: int  # the first point of the new level
    odds: float  # logarithm of the odds that it is one

    @property
    def confidence(self) -> float:
        """How probable it is that the level changed here."""
        return 1 / (1 + math.exp(-min(max(self.odds, -30.0), 30.0)))


@dataclass(frozen=True, slots=True)
class Steps:
    """What was found in one series, oldest first; `doubt`: newest points that look changed without being believed."""

    found: tuple[Step, ...] = ()
    doubt: Step | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Where the machine changed."""

    place: int  # the first commit after it
    size: float  # typical shift of the logarithms
    odds: float  # logarithm of the odds that it is one
    residue: float  # a smaller change at the same commit may be what is left of it

    def hides(self, place: int, moved: float) -> bool:
        return abs(place - self.place) <= NEAR and abs(moved) < self.residue
