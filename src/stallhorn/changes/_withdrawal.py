"""Why an alarm is no longer found, in words, as far as the results tell. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from stallhorn.changes._sights import Night, Sight, distance, points_of
from stallhorn.changes.base import is_usable
from stallhorn.changes.remeasured import Outcome
from stallhorn.model import Kind, Measurement, Series
from stallhorn.model.alarm import Alarm
from stallhorn.model.identity import series_id
from stallhorn.stats import median

WINDOW = 12  # points on each side of the supposed change that are looked at
NEWEST = 3  # points that say whether the level came back
SINGLE = 2  # so many far points are single nights


def why(alarm: Alarm, night: Night, found: Sequence[Sight]) -> str:
    """One reason, as a sentence without its full stop. `found` are the changes and suspicions of the night."""
    series = [night.series[each] for each in alarm.series if each in night.series]
    ends = {alarm.last, alarm.first}
    if not any(ends <= {point.commit for point in each.points} for each in series):
        return "its results were removed, or the version of its benchmarks changed"
    settled = night.settled(alarm.series, alarm.last, alarm.first, alarm.direction, alarm.ratio)
    if settled is not None and settled.outcome is Outcome.SAME:
        return f"measured again {settled.visits} times, in turns with the commit before: not {alarm.direction}"
    return _of_another_kind(alarm, night) or _merged(alarm, night, found) or _from_levels(alarm, night, series)


def _of_another_kind(alarm: Alarm, night: Night) -> str:
    """Where the night has a change there that is not one of the code."""
    for change in night.changes:
        common = {series_id(point.key) for point in points_of(change, night.machine)} & set(alarm.series)
        if change.kind is Kind.CODE or not common:
            continue
        if distance((alarm.last, alarm.first), (change.last.commit, change.first.commit), night.places) == 0:
            said = f": {change.reason.rstrip('.')}" if change.reason else ""
            return f"a change of the {change.kind}, not of the code{said}"
    return ""


def _merged(alarm: Alarm, night: Night, found: Sequence[Sight]) -> str:
    """Where its series are told with another change of the night."""
    for sight in found:
        if sight.direction is not alarm.direction or set(alarm.series).isdisjoint(sight.series):
            continue
        if distance((alarm.last, alarm.first), (sight.last, sight.first), night.places) == 0:
            return f"told together with the change at {sight.first[:8]}"
    return ""


def _from_levels(alarm: Alarm, night: Night, series: Sequence[Series]) -> str:
    votes = Counter(reason for each in series if (reason := _of_series(alarm, night, each)))
    if votes:
        return votes.most_common(1)[0][0]
    begun, now = night.places.get(alarm.history[-1].newest), night.places[night.newest]
    count = now - begun if begun is not None else 0
    more = f"with {count} more {'night' if count == 1 else 'nights'} " if count > 0 else "with what is measured now "
    return f"{more}the evidence no longer holds"


def _of_series(alarm: Alarm, night: Night, series: Series) -> str:
    """What the points of one series say; "" where they still look changed, or cannot say."""
    split = night.first_at(series, alarm.first)
    before, after = _logarithms(series.points[:split])[-WINDOW:], _logarithms(series.points[split:])
    if not before or not after:
        return ""
    up = alarm.direction is series.rising
    shift = abs(math.log(alarm.ratio)) if alarm.ratio else 0.0
    ground = median(before)
    lifted = [(value - ground) * (1 if up else -1) for value in after]
    far = sum(value > shift / 2 for value in lifted)
    if 0 < far <= SINGLE < len(lifted):
        return f"only {'one night was' if far == 1 else 'single nights were'} far off"
    if median(lifted[-NEWEST:]) <= shift / 2:
        return "the level came back"
    return "a slow drift explains it" if _drifts(before, after[:WINDOW]) else ""


def _logarithms(points: Sequence[Measurement]) -> list[float]:
    return [math.log(point.value) for point in points if is_usable(point) and point.value is not None]


def _drifts(before: Sequence[float], after: Sequence[float]) -> bool:
    """Whether a straight line fits both sides better than a step between them."""
    if min(len(before), len(after)) < NEWEST:
        return False
    values = [*before, *after]
    step = sum((value - sum(side) / len(side)) ** 2 for side in (before, after) for value in side)
    center, middle = sum(values) / len(values), (len(values) - 1) / 2
    spread = sum((place - middle) ** 2 for place in range(len(values)))
    slope = sum((place - middle) * (value - center) for place, value in enumerate(values)) / spread
    line = sum((value - center - slope * (place - middle)) ** 2 for place, value in enumerate(values))
    return line < step
