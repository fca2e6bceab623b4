"""Axes: where a value lies on a chart, which ticks to draw, and which commits there are. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stallhorn import units
from stallhorn.model import Revision

LOG_FROM = 8.0  # from this ratio of largest to smallest value, a linear axis flattens the small ones
LEAST_SPAN = 0.1  # of the centre: a flat series shows as flat, its noise not blown up to the whole height


@dataclass(frozen=True, slots=True)
class ValueAxis:
    """`low` to `high` of a unit; `ticks` are values with their labels."""

    low: float
    high: float
    log: bool
    ticks: tuple[tuple[float, str], ...]
    title: str

    def at(self, value: float) -> float:
        """The height of a value, 0 to 1; values beyond the axis are held at its ends."""
        if self.log:
            if value <= 0:
                return 0.0
            share = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        else:
            share = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, share))


def value_axis(values: Sequence[float], bounds: Iterable[float], unit: str, noun: str) -> ValueAxis:
    """An axis that holds all values, and their bounds as far as those do not squeeze the values.

    `noun` says what is measured: "time per call".
    """
    lowest, highest = min(values), max(values)
    if lowest > 0 and highest / lowest >= LOG_FROM:
        inside = [bound for bound in bounds if lowest / 2 <= bound <= highest * 2]
        return _logarithmic(min([lowest, *inside]), max([highest, *inside]), unit, noun)
    span = max(highest - lowest, abs(highest) * LEAST_SPAN) or 1.0
    inside = [bound for bound in bounds if lowest - span <= bound <= highest + span]
    return _linear(min([lowest, *inside]), max([highest, *inside]), unit, noun)


def _linear(lowest: float, highest: float, unit: str, noun: str) -> ValueAxis:
    centre = (lowest + highest) / 2
    half = max((highest - lowest) / 2 * 1.12, abs(centre) * LEAST_SPAN / 2) or 0.5
    low, high = centre - half, centre + half
    if lowest >= 0 and low < 0.45 * high:
        low = 0.0
    factor, symbol = units.scale(max(abs(low), abs(high)), unit)
    step = _step((high - low) / factor)
    first = math.ceil(low / factor / step - 1e-9)
    last = math.floor(high / factor / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = tuple((index * step * factor, _label(index * step, digits)) for index in range(first, last + 1))
    return ValueAxis(low, high, False, ticks, f"{noun} ({symbol})" if symbol else noun)


def _logarithmic(lowest: float, highest: float, unit: str, noun: str) -> ValueAxis:
    low, high = lowest / 1.25, highest * 1.25
    decades = math.log10(high) - math.log10(low)
    steps = (1, 2, 5) if decades <= 2.2 else (1,)
    every = max(1, math.ceil(decades / 6))
    ticks = [
        (multiple * 10.0**power, _tick_text(multiple * 10.0**power, unit))
        for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        if power % every == 0
        for multiple in steps
    ]
    shown = tuple(tick for tick in ticks if low <= tick[0] <= high)
    return ValueAxis(low, high, True, shown, f"{noun} (log scale)")


def _step(span: float) -> float:
    """1, 2 or 5 times a power of ten, so that about four ticks fit."""
    raw = span / 4
    power = 10.0 ** math.floor(math.log10(raw))
    return next((multiple * power for multiple in (1, 2, 5, 10) if multiple * power >= raw * 0.999), 10 * power)


def _label(value: float, digits: int) -> str:
    if abs(value) >= 1e6 or digits > 6:
        return f"{value:.3g}"
    return f"{value:.{digits}f}".replace("-", "−")


def _tick_text(value: float, unit: str) -> str:
    factor, symbol = units.scale(value, unit)
    return f"{value / factor:.3g} {symbol if unit in ('seconds', 'bytes') else ''}".strip()


@dataclass(frozen=True, slots=True)
class CommitAxis:
    """The measured commits, oldest first."""

    revisions: tuple[Revision, ...]


def commit_axis(revisions: Iterable[Revision], measured: set[str]) -> CommitAxis:
    """An axis over the measured ones of all revisions; a commit that no revision describes comes first."""
    known = {revision.commit: revision for revision in revisions}
    chosen = [known.get(commit) or Revision(commit, -1, None, "", "") for commit in measured]
    return CommitAxis(tuple(sorted(chosen, key=lambda revision: (revision.position, revision.commit))))
