"""One series in arrays: logarithms of what was measured, and where each value stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]

OUTLIER = 4.0  # times the series' usual spread within a run: such a point is a disturbed one, ...
ALONE = 2  # ... if no more than so many follow each other
KNOWN = 0.8  # share of points whose spread has to be known for that


def logarithms(
    values: Sequence[float | None] | Floats, weights: Sequence[float | None] | None = None
) -> tuple[Floats, Integers]:
    """Logarithms of the values that are there, and their positions.

    Where a value is zero or negative no ratio exists: then the whole series is in units of its typical size.
    `weights` are 1/spread within a run. A wide spread marks a disturbed point (real outliers have 12 times the usual
    one), but says nothing about the noise between runs, which is several times larger.
    """
    v = undisturbed(values, weights)
    at = np.flatnonzero(np.isfinite(v))
    v = v[at]
    if len(v) == 0:
        return v, at
    if v.min() > 0:
        return np.log(v), at
    scale = 2 * float(np.median(np.abs(v) / 2)) or float(np.abs(v).max()) or 1.0  # halves: no sum is out of range
    with np.errstate(over="ignore"):
        return np.clip(v / scale, -1e6, 1e6), at


def undisturbed(
    values: Sequence[float | None] | Floats, weights: Sequence[float | None] | Floats | None = None
) -> Floats:
    """The values, NaN where they are missing or where a wide spread says that something disturbed them.

    Rows of a matrix are series of the same length, each on its own.
    """
    found: Floats = np.array(values, dtype=float)
    if weights is not None:
        found[_disturbed(np.array(weights, dtype=float))] = np.nan
    return found


def _disturbed(weights: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Single points and pairs whose spread is far wider than the series' own."""
    known = np.isfinite(weights) & (weights > 0)
    usual = _medians(np.where(known, weights / OUTLIER, np.nan))
    count = known.sum(-1, keepdims=True)
    wide = known & (np.where(known, weights, 1.0) < usual) & (count >= KNOWN * weights.shape[-1])
    # A wide point is in a longer run if it ends, starts, or stands inside of one that is longer than ALONE.
    aside = np.zeros((*weights.shape[:-1], ALONE), bool)
    padded = np.concatenate([aside, wide, aside], axis=-1)
    width = weights.shape[-1]
    long = np.zeros(wide.shape, bool)
    for first in range(ALONE + 1):
        run = [padded[..., first + shift : first + shift + width] for shift in range(ALONE + 1)]
        long |= np.logical_and.reduce(run)
    found: np.ndarray[Any, np.dtype[np.bool_]] = wide & ~long
    return found


def _medians(values: Floats) -> Floats:
    """The median of each row without what is missing; NaN where all is. It keeps its axis, of one column."""
    width = values.shape[-1]
    if width == 0:
        return np.full((*values.shape[:-1], 1), np.nan)
    ordered = np.sort(values, axis=-1)  # missing values come last
    count = np.isfinite(values).sum(-1, keepdims=True)
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, width - 1)
    ends = [np.take_along_axis(ordered, at, axis=-1) for at in (low, high)]
    found: Floats = 0.5 * (ends[0] + ends[1])
    return found
