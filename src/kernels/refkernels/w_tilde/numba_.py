from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from refkernels.w_tilde import check, phases


@njit(error_model="numpy")
def _fill_row(i, phase, weights, out):
    for j in range(i + 1):
        total = 0.0
        for k in range(weights.size):
            total += weights[k] * math.cos(phase[i, k] - phase[j, k])
        out[i, j] = total
        out[j, i] = total


@njit(parallel=True, error_model="numpy")
def _fill(phase, weights, out):
    points = phase.shape[0]
    # Row i of the half matrix has i + 1 entries: with its opposite row, every turn of the loop has the same work.
    for pair in prange((points + 1) // 2):
        i = np.int64(pair)  # prange counts in uint64, and uint64 minus int64 is a float
        _fill_row(i, phase, weights, out)
        if points - 1 - i != i:
            _fill_row(points - 1 - i, phase, weights, out)


def default(n_k, u_k, g_m):
    """The lower half by rows, mirrored; a row and its opposite are one thread's turn, so that all turns are equal."""
    n_k, u_k, g_m = (np.ascontiguousarray(values, dtype=np.float64) for values in (n_k, u_k, g_m))
    check(n_k, u_k, g_m)
    out = np.empty((len(g_m), len(g_m)))
    _fill(phases(u_k, g_m, math.pi), 1.0 / (n_k * n_k), out)
    return out
