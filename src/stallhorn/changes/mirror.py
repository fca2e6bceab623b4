"""Series of which more is better, as the rule for times sees them: a rate as the time that it stands for. Pure.

Whatever disturbs a timing makes it slower, and the rule for times leans on that: it judges by the best process. A
disturbed rate is lower, so that its inverse is what can be judged like a time.
"""

from __future__ import annotations

from dataclasses import replace

from stallhorn.model import Direction, Level, Measurement, Sample, Series


def is_mirrored(series: Series) -> bool:
    """Whether more is better, so that its inverse has to be judged; exact values are compared as they are."""
    return series.rising is Direction.FASTER and not series.is_counted


def mirrored(series: Series) -> Series:
    """The series of the inverse values, of which less is better."""
    points = tuple(_inverse(point) for point in series.points)
    return replace(series, points=points, rising=Direction.SLOWER, unit="")


def level(one: Level) -> Level:
    """A level of the inverse values in the series' own."""
    return replace(one, center=1 / one.center, low=1 / one.high, high=1 / one.low)


def _inverse(point: Measurement) -> Measurement:
    if point.value is None or point.value <= 0:
        return point
    samples = tuple(Sample(1 / one.value, one.number, one.round) for one in point.samples if one.value > 0)
    low, high = (None if bound is None or bound <= 0 else 1 / bound for bound in (point.high, point.low))
    return replace(point, value=1 / point.value, low=low, high=high, samples=samples)
