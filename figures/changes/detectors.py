"""Who competes: stallhorn, what asv has, Mozilla's rule, and the one that never says anything.

All answer after the contract of `stallhorn.changes.detect`: series in, for each the positions at which a new level
begins.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from asv.step_detect import detect_regressions, detect_steps

Asked = dict[str, Any]
Answer = list[list[int]]
Detector = Callable[[list[Asked]], Answer]

OURS = "stallhorn.changes:detect"


@dataclass(frozen=True)
class Contestant:
    """A detector by its name, and how many times smaller than ours its sets are: it is that much slower."""

    name: str
    where: str  # module:function
    smaller: float = 1.0

    def detector(self) -> Detector:
        module, _, function = self.where.partition(":")
        found: Detector = getattr(import_module(module), function)
        return found

    def missing(self) -> str:
        """Why it cannot compete; "" if it can."""
        try:
            self.detector()
        except (ImportError, AttributeError, ValueError) as error:
            return f"there is no detector {self.where}: {error}"
        return ""


def contestants(ours: str = OURS) -> list[Contestant]:
    return [
        Contestant("stallhorn" if ours == OURS else ours.rpartition(":")[2], ours),
        Contestant("asv steps", f"{__name__}:asv_steps", 5),
        Contestant("asv regressions", f"{__name__}:asv_regressions", 5),
        Contestant("Perfherder", f"{__name__}:perfherder", 2),
        Contestant("none", f"{__name__}:nothing"),
    ]


def nothing(series: list[Asked]) -> Answer:
    return [[] for _ in series]


def asv_steps(series: list[Asked]) -> Answer:
    """Where the levels that `asv publish` draws begin."""
    return [[step[0] for step in _steps(one)[1:]] for one in series]


def asv_regressions(series: list[Asked], threshold: float = 0.05) -> Answer:
    """What `asv publish` lists, with its default threshold: upward steps that still hold at the end."""
    found = []
    for one in series:
        _, _, jumps = detect_regressions(_steps(one), threshold)
        found.append([after for _, after, _, _ in jumps or () if after is not None])
    return found


def _steps(one: Asked) -> list[tuple[int, int, float, float, float]]:
    steps: list[tuple[int, int, float, float, float]] = detect_steps(one["values"], one["weights"])
    return steps


def perfherder(series: list[Asked]) -> Answer:
    """The rule of Mozilla's Perfherder, with its 2 % threshold for alerts; it always looks back as far as it may."""
    return [_alerts(one["values"]) for one in series]


BACK, FORE, LEAST = 24, 12, 12  # points before and from a position on; so many before are needed
T_VALUE, RELEVANT = 7.0, 0.02


def _alerts(values: Sequence[float | None]) -> list[int]:
    places = [place for place, value in enumerate(values) if value is not None and math.isfinite(value)]
    y = np.array([values[place] for place in places], dtype=float)
    if len(y) < LEAST + FORE:
        return []
    at = np.arange(2, len(y) - 1)  # two points on either side, at least, have a spread
    padded = np.concatenate([np.full(BACK, np.nan), y, np.full(FORE, np.nan)])
    before = np.lib.stride_tricks.sliding_window_view(padded, BACK)[at][:, ::-1]
    after = np.lib.stride_tricks.sliding_window_view(padded, FORE)[at + BACK]
    (mean, near, square), (mean2, near2, square2) = _window(before), _window(after)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.nan_to_num(np.abs(near2 - near) / np.sqrt(square + square2), posinf=1e9)
    around = np.concatenate([[0.0], t, [0.0]])
    told = (t > T_VALUE) & (t >= around[:-2]) & (t >= around[2:]) & (at >= LEAST) & (at <= len(y) - FORE)
    told &= np.abs(mean2 - mean) >= RELEVANT * np.abs(mean)
    return [places[int(position)] for position in at[told]]


def _window(points: np.ndarray[Any, Any]) -> tuple[Any, Any, Any]:
    """Of each row, nearest point first: the mean, the one that weighs near points more, and its squared error."""
    known = np.isfinite(points)
    count = known.sum(axis=1)
    filled = np.where(known, points, 0.0)
    weight = np.where(known, 1 - np.arange(points.shape[1]) / count[:, None], 0.0)
    near = (weight * filled).sum(axis=1) / weight.sum(axis=1)
    square = (known * (filled - near[:, None]) ** 2).sum(axis=1) / (count - 1)
    return filled.sum(axis=1) / count, near, square / count
