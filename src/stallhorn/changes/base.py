"""What a change-point method is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from stallhorn.model import ChangePoint, Series


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
