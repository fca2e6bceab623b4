from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from refkernels.quadratic import check


# The default error model checks for division by zero, and the check keeps the loop from being vectorised.
@njit(parallel=True, error_model="numpy")
def _fill(a, b, c, out):
    for i in prange(out.size):
        out[i] = (-b[i] + math.sqrt(b[i] * b[i] - 4.0 * a[i] * c[i])) / (2.0 * a[i])


def default(a, b, c, out=None):
    """One fused loop, shared among the threads."""
    a, b, c = (np.ascontiguousarray(values, dtype=np.float64) for values in (a, b, c))
    check(a, b, c, out)
    if out is not None and out.flags.c_contiguous:
        _fill(a, b, c, out)
        return out
    # Allocated here: NumPy asks for huge pages, Numba does not and pays a page fault for every 4 KiB.
    result = np.empty(a.size)
    _fill(a, b, c, result)
    if out is None:
        return result
    out[...] = result
    return out
