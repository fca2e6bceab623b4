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


def undisturbed(values: Sequence[float | None] | Floats, weights: Sequence[float | None] | None = None) -> Floats:
    """The values, NaN where they are missing or where a wide spread says that something disturbed them."""
    found: Floats = np.array(values, dtype=float)
    if weights is not None:
        found[_disturbed(np.array(weights, dtype=float))] = np.nan
    return found


def _disturbed(weights: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Single points and pairs whose spread is far wider than the series' own."""
    none = np.zeros(len(weights), bool)
    known = np.isfinite(weights) & (weights > 0)
    if known.sum() < KNOWN * len(weights) or not known.any():
        return none
    wide = known & (np.where(known, weights, 1.0) < np.median(weights[known] / OUTLIER))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], wide.astype(int), [0]])))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start <= ALONE:
            none[start:stop] = True
    return none
