"""When results were measured, without making a measurement of every point. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from stallhorn.model import Series
from stallhorn.model.points import Points
from stallhorn.report.html.words import utc

NIGHTS = 2  # after so many without a new measurement results are stale


def span(series: Iterable[Series]) -> tuple[datetime, datetime] | None:
    """The first and the last time at which anything was measured; None where no result says."""
    times = [time for each in series for time in _ends(each)]
    return (min(times), max(times)) if times else None


def nights_without(newest: datetime | None, now: datetime) -> int | None:
    """How many nights have gone by without a measurement, if they are too many."""
    if newest is None:
        return None
    gone = utc(now) - utc(newest)
    return gone.days if gone > timedelta(days=NIGHTS) else None


def _ends(series: Series) -> Iterator[datetime]:
    points = series.points
    if isinstance(points, Points):
        if len(points.started):
            started = np.asarray(points.started, np.float64)
            known = started[~np.isnan(started)]
            if len(known):
                yield datetime.fromtimestamp(float(known.min()) / 1000, UTC)
                yield datetime.fromtimestamp(float(known.max()) / 1000, UTC)
        yield from (utc(point.started) for point in points.known.values() if point.started is not None)
        return
    yield from (utc(point.started) for point in points if point.started is not None)
