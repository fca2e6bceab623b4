"""A measurement from its samples: the value's bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from stallhorn.model import Measurement, Sample, SeriesKey, Status
from stallhorn.stats import median, median_interval


def measured(
    key: SeriesKey,
    commit: str,
    value: float,
    rounds: Mapping[int, Sequence[float]],
    number: int,
    version: str,
    started: datetime | None,
) -> Measurement:
    """A measurement bounded by its samples; `rounds` has those of each process, at least one in all.

    The bounds are the 99 % interval of the median of all samples (`stats.median_interval`), widened to hold the
    median of each process and the value. A single sample bounds nothing: both are None.
    """
    pooled = [sample for samples in rounds.values() for sample in samples]
    bounds = median_interval(pooled)
    low = high = None
    if bounds is not None:
        centers = [median(samples) for samples in rounds.values() if samples]
        low, high = min(bounds[0], value, *centers), max(bounds[1], value, *centers)
    samples = tuple(Sample(sample, number, index) for index, taken in sorted(rounds.items()) for sample in taken)
    return Measurement(key, commit, Status.OK, value, low, high, samples, "", version, started)
