"""Measured numbers as integers of few digits, from which pages write the same texts as from the numbers. Pure.

A series has one scale for all its values, at every commit: a power of ten by which integers are multiplied. It gives
the smallest positive value that was ever measured of it so many significant digits: two more than are shown, and more
of bytes, whose units are no powers of ten. Data files of any page may use it.

Numbers are not rounded to the nearest integer: rounding twice, here and where three digits are written, would now and
then give another last digit than rounding once. An integer ends in 0 or 5 only if the number is that integer; any
other number between two integers takes the one that does not end so. Then the second rounding is as good as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stallhorn.model import Series
from stallhorn.model.points import columns_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DIGITS = {"seconds": 5, "bytes": 7}  # by unit
OTHERS = 6
_EXACT = 1e-10  # numbers that are so close to an integer, in relation to it, are that integer


def scales(series: Sequence[Series]) -> Integers:
    """For each series the exponent of ten that its integers are multiplied by; 0 without a value other than zero."""
    if not series:
        return np.zeros(0, np.int64)
    columns = [np.asarray(columns_of(each.points).values, np.float64) for each in series]
    lengths = np.array([len(each) for each in columns])
    if not lengths.any():
        return np.zeros(len(series), np.int64)
    sizes = np.abs(np.concatenate(columns))
    sizes[~(np.isfinite(sizes) & (sizes > 0))] = np.inf
    smallest = np.full(len(series), np.inf)
    filled = lengths > 0
    starts = np.concatenate([[0], np.cumsum(lengths[filled])[:-1]])
    smallest[filled] = np.minimum.reduceat(sizes, starts)
    known = np.isfinite(smallest)
    found = np.zeros(len(series), np.int64)
    digits = np.array([DIGITS.get(each.unit, OTHERS) for each in series])
    found[known] = np.floor(np.log10(smallest[known])).astype(np.int64) - (digits[known] - 1)
    return found


def scaled(values: Floats, exponents: Integers) -> Floats:
    """Values as integers on their series' scale, NaN where there is none; see the top of this module."""
    powers = 10.0 ** np.abs(exponents)
    with np.errstate(invalid="ignore", over="ignore"):
        exact = np.where(exponents < 0, values * powers, values / powers)
        size = np.abs(exact)
        nearest, below = np.rint(size), np.floor(size)
        odd = np.where(below % 5 == 0, below + 1, below)
        whole = np.where(np.abs(size - nearest) <= _EXACT * size, nearest, odd)
        result = np.copysign(whole, exact)
    return np.where(np.isfinite(result), result, np.nan)


def listed(numbers: NDArray[Any]) -> list[int | None]:
    """Integers for a data file: None for NaN."""
    return [None if each != each else int(each) for each in numbers.tolist()]
