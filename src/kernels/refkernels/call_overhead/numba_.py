from __future__ import annotations

from functools import partial

import numpy as np
from numba import njit

# The text is a constant: a message with the shape in it takes seven times as long to compile as the function does.
REFUSAL = "call_overhead: expected values of shape (n,), got another number of dimensions"


@njit
def default(values):
    """An array: its type is looked up, and seven numbers of its header are copied."""
    if values.ndim != 1:
        raise ValueError(REFUSAL)
    return np.float64(values[0]) + np.float64(values[-1]) if values.size else 0.0


@njit
def _weighted(values, weight):
    if values.ndim != 1:
        raise ValueError(REFUSAL)
    return np.float64(values[0]) + weight * np.float64(values[-1]) if values.size else 0.0


# An array, and a number by keyword.
kwargs = partial(_weighted, weight=1.0)


@njit
def many_arguments(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15):
    """16 arrays: each is looked up and unpacked, used or not."""
    if a0.ndim != 1 or a15.ndim != 1:
        raise ValueError(REFUSAL)
    return np.float64(a0[0]) + np.float64(a15[-1]) if a0.size and a15.size else 0.0


@njit
def typed_list(values):
    """A `numba.typed.List`: stays where it is, but a Python class is what crosses."""
    return np.float64(values[0]) + np.float64(values[-1]) if len(values) else 0.0


@njit
def tuple(values):
    """A tuple of numbers: each is unpacked, and each length is a type of its own."""
    return np.float64(values[0]) + np.float64(values[-1]) if len(values) else 0.0
