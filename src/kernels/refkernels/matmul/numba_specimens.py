from __future__ import annotations

import numpy as np
from numba import njit

from refkernels.matmul import check, result_type


@njit(error_model="numpy")
def _ijk(a, b, out):
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            total = 0 * out[i, j]
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            out[i, j] = total


def naive(a, b):
    """The formula as it is written.

    The sum is one chain of additions, in an order that the compiler must keep, along a column of `b`: every term is a
    load of its own and waits for the one before.
    """
    a, b = np.asarray(a), np.asarray(b)
    check(a, b)
    dtype = result_type(a, b)
    out = np.zeros((a.shape[0], b.shape[1]), dtype)
    _ijk(np.ascontiguousarray(a, dtype), np.ascontiguousarray(b, dtype), out)
    return out
