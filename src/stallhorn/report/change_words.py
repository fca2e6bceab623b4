"""A change in words, for the terminal and the pages: its kind, its size with an interval, how sure it is. Pure."""

from __future__ import annotations

import math

from stallhorn import units
from stallhorn.model import Change, Comparison, Direction, Kind

_CLOSE = 1.1  # smaller factors have another digit


def kind_in_words(change: Change) -> str:
    """What it is: "slower", "machine event", "measurement repaired"."""
    if change.kind is Kind.MACHINE:
        return "machine event"
    if change.kind is Kind.MEASUREMENT:
        # The reason begins with what happened to the measurement.
        head = change.reason.partition(":")[0]
        return head if head.startswith("measurement ") else "measurement changed"
    return change.direction.value


def reason_in_words(change: Change) -> str:
    """Why it is of its kind, without the kind itself; "" for code."""
    return "" if change.kind is Kind.CODE else change.reason.removeprefix(f"{kind_in_words(change)}: ")


def headline(change: Change) -> str:
    """What happened to how many series, with the typical size: "12 series slower, typically 1.42x"."""
    count = f"{len(change.points)} series"
    size = size_in_words(change)
    if change.kind is Kind.CODE:
        return f"{count} {change.direction}{f', {typically(change)}{size}' if size else ''}"
    moved = f"{count} {'reads' if len(change.points) == 1 else 'read'} otherwise"
    if change.kind is Kind.MACHINE:
        moved = f"{count} moved"
    return f"{kind_in_words(change)}: {moved}{f', {typically(change)}{size} {_way(change)}' if size else ''}"


def typically(change: Change) -> str:
    return "" if len(change.points) == 1 else "typically "


def size_in_words(change: Change) -> str:
    """The typical factor, with its interval: "1.42x (99 % interval 1.38x to 1.46x)"; "" for what has no ratio."""
    if not change.ratio:
        return ""
    bounds = interval_in_words(change)
    return f"{factor(change.ratio)} ({bounds})" if bounds else factor(change.ratio)


def interval_in_words(change: Change) -> str:
    """Both ends as factors in the change's own direction; with an end on the other side of 1 both say theirs."""
    if not change.ratio or not change.low or not change.high:
        return ""
    worse = change.ratio >= 1
    ends = (change.low, change.high) if worse else (change.high, change.low)
    if ends[0] != 1 and (ends[0] > 1) is not worse:
        near, far = ("faster", "slower") if worse else ("slower", "faster")
        return f"99 % interval {factor(ends[0])} {near} to {factor(ends[1])} {far}"
    return f"99 % interval {factor(ends[0])} to {factor(ends[1])}"


def factor(ratio: float) -> str:
    """How many times as long, or as short: 0.5 -> "2.00x"; 1.0312 -> "1.031x"."""
    larger = max(ratio, 1 / ratio)
    return f"{larger:.3f}x" if larger < _CLOSE else units.times(larger)


def confidence_in_words(confidence: float) -> str:
    """A share in percent that never reaches 100: "99.99 %"."""
    return f"{math.floor(confidence * 1e4) / 100:g} %"


def not_by_code(comparison: Comparison) -> bool:
    """Whether it moved, and not because of the code."""
    return comparison.kind is not Kind.CODE


def _way(change: Change) -> str:
    return "slower" if change.direction is Direction.SLOWER else "faster"
