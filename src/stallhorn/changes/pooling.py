"""Change points of all series into what people read: one commit range, one direction, one kind, and all series it hit.

The typical ratio is the median of the series' ratios (as logarithms). Its 99 % interval is that of a mean over series
that differ: each logarithm y_i has its own variance s_i^2, from its own interval, and all share the spread t^2 between
series (DerSimonian and Laird's estimate), so that it counts with the weight w_i = 1 / (s_i^2 + t^2). The interval is
sum(w_i y_i) / sum(w_i) -+ 2.576 / sqrt(sum(w_i)), widened until it holds the median. One series has its own interval.

The confidence that something changed there is 1 - product(1 - c_i) of the series', as if they were independent, and so
never more than `SURE`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stallhorn.model import Change, ChangePoint, Direction, Kind, Revision
from stallhorn.stats import median

SURE = 0.9999
_Z99 = 2.5758  # standard deviations on both sides of 99 %


def pool(points: Iterable[ChangePoint], revisions: Sequence[Revision]) -> tuple[Change, ...]:
    """Changes, newest first. Change points whose commit ranges have a commit in common are one change.

    A range is what one series says: after its `last`, at its `first` at the latest. Series that were measured more
    often narrow it for the others. Where a wide range fits several changes, it belongs to the one with more series of
    its benchmark, then to the one with more series.
    """
    places = {revision.commit: revision.position for revision in revisions}
    groups: dict[tuple[Kind, str], dict[tuple[int, int], list[ChangePoint]]] = {}
    for point in points:
        # An event of a machine moves series both ways, and leaves other machines alone.
        side = point.key.machine if point.kind is Kind.MACHINE else str(point.direction)
        span = places[point.last], places[point.first]
        groups.setdefault((point.kind, side), {}).setdefault(span, []).append(point)
    changes = [_change(hit, revisions) for spans in groups.values() for hit in _together(spans)]
    changes.sort(key=lambda change: (-change.first.position, change.kind, change.direction, change.worst.key.machine))
    return tuple(changes)


@dataclass(slots=True)
class _Hit:
    """What is known of one change while its series are gathered."""

    last: int
    first: int
    points: list[ChangePoint]
    benchmarks: dict[str, int] = field(default_factory=dict)

    def add(self, span: tuple[int, int], points: Sequence[ChangePoint]) -> None:
        self.last, self.first = max(self.last, span[0]), min(self.first, span[1])
        self.points += points
        for point in points:
            self.benchmarks[point.key.benchmark] = self.benchmarks.get(point.key.benchmark, 0) + 1


def _together(spans: Mapping[tuple[int, int], Sequence[ChangePoint]]) -> list[_Hit]:
    """The narrowest ranges first: they say where the others can belong."""
    found: list[_Hit] = []
    for span in sorted(spans, key=lambda each: (each[1] - each[0], each)):
        fitting = [each for each in found if max(each.last, span[0]) < min(each.first, span[1])]
        parted: dict[int, list[ChangePoint]] = {}
        for point in spans[span]:
            parted.setdefault(_best(fitting, point), []).append(point)
        for place, points in parted.items():
            if place < 0:
                found.append(_Hit(*span, []))
                found[-1].add(span, points)
            else:
                fitting[place].add(span, points)
    return found


def _best(fitting: Sequence[_Hit], point: ChangePoint) -> int:
    """The place of the change that a point belongs to; -1: to a new one."""
    return max(
        range(len(fitting)),
        key=lambda place: (
            fitting[place].benchmarks.get(point.key.benchmark, 0),
            len(fitting[place].points),
            fitting[place].first,
        ),
        default=-1,
    )


def _change(hit: _Hit, revisions: Sequence[Revision]) -> Change:
    points = sorted(hit.points, key=lambda point: (-_size(point), point.key))
    ratio, low, high = _typical(points)
    kind, direction = points[0].kind, points[0].direction
    if kind is Kind.MACHINE:
        worse = sum(point.direction is Direction.SLOWER for point in points)
        direction = Direction.SLOWER if 2 * worse >= len(points) else Direction.FASTER
    reasons = [point.reason for point in points if point.reason]
    return Change(
        last=revisions[hit.last],
        first=revisions[hit.first],
        untested=tuple(each for each in revisions[hit.last + 1 : hit.first] if not each.aside),
        direction=direction,
        points=tuple(points),
        kind=kind,
        ratio=ratio,
        low=low,
        high=high,
        confidence=_confidence(points),
        reason=max(dict.fromkeys(reasons), key=reasons.count, default=""),
    )


def _size(point: ChangePoint) -> float:
    """How far apart the levels are, as a logarithm; from zero and to zero is farther than anything."""
    return math.inf if (known := _log(point)) is None else abs(known)


def _log(point: ChangePoint) -> float | None:
    """The logarithm of its ratio; None where it has none: from zero, to zero, with another sign, out of range."""
    ratio = point.ratio
    return math.log(ratio) if ratio is not None and 0 < ratio < math.inf else None


def _typical(points: Sequence[ChangePoint]) -> tuple[float | None, float | None, float | None]:
    """The median ratio and its interval, above 1 where it became worse."""
    known = [(value, point) for point in points if (value := _log(point)) is not None]
    if not known:
        return None, None, None
    values = [-value if point.rising is Direction.FASTER else value for value, point in known]
    center = median(values)
    half = [_half_width(point) for _, point in known]
    if len(known) == 1 and half[0] is not None:
        bounds = sorted((values[0] + end for end in _ends(known[0][1])), key=float)
        return _bounded(center, *bounds)
    widths = [each for each in half if each is not None]
    if not widths:
        return _exp(center), None, None
    # A series without an interval is as uncertain as the most uncertain one.
    variances = [((max(widths) if each is None else each) / _Z99) ** 2 for each in half]
    mean, error = _mean(values, variances)
    low, high = mean - _Z99 * error, mean + _Z99 * error
    return _bounded(center, low, high)


def _bounded(center: float, low: float, high: float) -> tuple[float, float, float]:
    return _exp(center), _exp(min(low, center)), _exp(max(high, center))


def _exp(value: float) -> float:
    """As a ratio, as far as one can be written."""
    return math.exp(max(-700.0, min(value, 700.0)))


def _ends(point: ChangePoint) -> tuple[float, float]:
    """Both ends of a point's interval, as logarithms from its ratio, turned where more is better."""
    assert point.low and point.high and point.ratio
    ends = math.log(point.low / point.ratio), math.log(point.high / point.ratio)
    return (-ends[1], -ends[0]) if point.rising is Direction.FASTER else ends


def _half_width(point: ChangePoint) -> float | None:
    if not point.low or not point.high or point.low <= 0 or point.high < point.low:
        return None
    return math.log(point.high / point.low) / 2


def _mean(values: Sequence[float], variances: Sequence[float]) -> tuple[float, float]:
    """The mean over series that differ, and its standard error."""
    exact = max(variances) * 1e-6 or 1e-18  # values without any scatter would weigh infinitely much
    alone = [1 / max(each, exact) for each in variances]
    mean = sum(weight * value for weight, value in zip(alone, values, strict=True)) / sum(alone)
    scatter = sum(weight * (value - mean) ** 2 for weight, value in zip(alone, values, strict=True))
    room = sum(alone) - sum(weight**2 for weight in alone) / sum(alone)
    between = max(0.0, (scatter - (len(values) - 1)) / room) if room > 0 else 0.0
    weights = [1 / (max(each, exact) + between) for each in variances]
    mean = sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)
    return mean, 1 / math.sqrt(sum(weights))


def _confidence(points: Sequence[ChangePoint]) -> float:
    doubt = math.prod(1 - min(max(point.confidence, 0.0), 1.0) for point in points)
    return min(SURE, 1 - doubt)
