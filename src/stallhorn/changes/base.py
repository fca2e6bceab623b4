"""What a change-point method is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from stallhorn.model import ChangePoint, Series

Loads = Mapping[str, float]  # commit -> how many cores other processes used while it was measured, where that is known


class Method(Protocol):
    """Finds where the level of one series changes.

    Pure and deterministic. Points without a value are gaps, never changes; the answer is ordered oldest first.
    """

    def __call__(self, series: Series, loads: Loads = ...) -> tuple[ChangePoint, ...]: ...
