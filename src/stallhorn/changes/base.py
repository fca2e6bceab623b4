"""What a change-point method is."""

from __future__ import annotations

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
