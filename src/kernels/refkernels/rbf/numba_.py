from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from refkernels.rbf import TINY, check

ROWS = 64  # of the output for one thread at a time; the scratch array is allocated once for that many


# Reassociation lets the sums over p be vectorised; it says nothing about NaN and infinity, which stay as they are.
FLAGS = {"error_model": "numpy", "fastmath": {"contract", "reassoc"}}


@njit(**FLAGS)
def _splines(point, y_rows, epsilon_squared, basis):
    points = basis.size
    basis[:] = 0.0
    for d in range(point.size):
        for p in range(points):
            difference = point[d] - y_rows[d, p]
            basis[p] += difference * difference
    for p in range(points):
        squared = epsilon_squared * basis[p]
        basis[p] = squared * math.log(max(squared, TINY))


@njit(**FLAGS)
def _add_polynomial(point, polynomial, powers, shift, scale, out):
    for r in range(powers.shape[0]):
        term = 1.0
        for d in range(point.size):
            if powers[r, d] != 0:
                term *= ((point[d] - shift[d]) / scale[d]) ** powers[r, d]
        for s in range(out.size):
            out[s] += term * polynomial[r, s]


@njit(parallel=True, **FLAGS)
def _fill(x, y_rows, weights, polynomial, powers, shift, scale, epsilon_squared, out):
    queries, outputs = out.shape
    points = y_rows.shape[1]
    for block in prange((queries + ROWS - 1) // ROWS):
        basis = np.empty(points)
        for q in range(block * ROWS, min(queries, (block + 1) * ROWS)):
            _splines(x[q], y_rows, epsilon_squared, basis)
            for s in range(outputs):
                total = 0.0
                for p in range(points):
                    total += basis[p] * weights[s, p]
                out[q, s] = total
            _add_polynomial(x[q], polynomial, powers, shift, scale, out[q])


def default(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """Blocks of output rows shared among the threads; no (Q, P) matrix, one row of scratch for each thread."""
    x, y, coeffs, shift, scale = (
        np.ascontiguousarray(values, dtype=np.float64) for values in (x, y, coeffs, shift, scale)
    )
    powers = np.ascontiguousarray(powers, dtype=np.int64)
    check(x, y, coeffs, powers, shift, scale, radial)
    points = len(y)
    out = np.empty((len(x), coeffs.shape[1]))
    y_rows = np.ascontiguousarray(y.T)
    weights = np.ascontiguousarray(0.5 * coeffs[:points].T)
    _fill(x, y_rows, weights, coeffs[points:], powers, shift, scale, float(epsilon) ** 2, out)
    return out
