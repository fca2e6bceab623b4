from __future__ import annotations

import numpy as np
from numba import njit


@njit
def _both_ways(values):
    # A list that was written to is copied back as a whole.
    values[0] = values[0]
    return np.float64(values[0]) + np.float64(values[-1])


def reflected_list(values):
    """A list: every number is checked, unboxed and copied in; then all are boxed and copied back.

    Numba warns at the first call that it will drop these lists.
    """
    values = values if isinstance(values, list) else [float(value) for value in values]
    # Of an empty list Numba cannot tell the type.
    return _both_ways(values) if values else 0.0
