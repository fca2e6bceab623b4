from __future__ import annotations

import math

import numpy as np

from refkernels.w_tilde import check, phases

BLOCK = 16_384  # cosines at a time: one temporary of 128 KiB stays in the second-level cache


def default(n_k, u_k, g_m):
    """Square tiles of the upper half, mirrored."""
    n_k, u_k, g_m = (np.asarray(values, dtype=np.float64) for values in (n_k, u_k, g_m))
    check(n_k, u_k, g_m)
    phase, weights = phases(u_k, g_m, math.pi), 1.0 / (n_k * n_k)
    points, terms = phase.shape
    out = np.empty((points, points))
    side = max(1, math.isqrt(BLOCK // max(1, terms)))
    work_space = np.empty(side * side * terms)
    for i in range(0, points, side):
        rows = phase[i : i + side, None]
        for j in range(i, points, side):
            columns = phase[j : j + side]
            work = work_space[: len(rows) * len(columns) * terms].reshape(len(rows), len(columns), terms)
            np.subtract(rows, columns, out=work)
            np.cos(work, out=work)
            tile = work @ weights
            if i == j:
                # The product may round the two halves differently; the matrix is symmetric to the last bit.
                tile = np.minimum(tile, tile.T)
            out[i : i + side, j : j + side] = tile
            out[j : j + side, i : i + side] = tile.T
    return out
