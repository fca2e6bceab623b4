"""When results were measured, without making a measurement of every point. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np

from stallhorn.model import Measurement, Series
from stallhorn.model.points import Points
from stallhorn.report.html.words import utc

NIGHTS = 2  # after so many without a new measurement results are stale


def span(series: Iterable[Series]) -> tuple[datetime, datetime] | None:
    """The first and the last time at which anything was measured; None where no result says."""
    times: list[datetime] = []
    columns = [np.zeros(0)]
    for each in series:
        points: Iterable[Measurement] = each.points
        if isinstance(points, Points):
            columns.append(np.asarray(points.started, np.float64))
            points = points.known.values()
        times += [utc(point.started) for point in points if point.started is not None]
    known = np.concatenate(columns)
    known = known[~np.isnan(known)]
    if len(known):
        times += [datetime.fromtimestamp(float(each) / 1000, UTC) for each in (known.min(), known.max())]
    return (min(times), max(times)) if times else None


def nights_without(newest: datetime | None, now: datetime) -> int | None:
    """How many nights have gone by without a measurement, if they are too many."""
    if newest is None:
        return None
    gone = utc(now) - utc(newest)
    return gone.days if gone > timedelta(days=NIGHTS) else None
