from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from refkernels._numba_functions import cos2pi, sincos2pi
from refkernels.w_compact import LARGEST_STEP, check
from refkernels.w_tilde.numba_ import native

# Reassociation lets the sums over k be vectorised; it says nothing about NaN and infinity, which stay as they are.
FLAGS = {"error_model": "numpy", "fastmath": {"contract", "reassoc"}}
COLUMNS = 256  # visibilities for one thread at a time: rows of them stay in cache


# Loops over rows as arrays of their own: over columns of larger arrays, LLVM does not see that rows do not overlap.
@njit(**FLAGS)
def _sine_row(turns, factor, weights, cosines, sines):
    for k in range(turns.size):
        sine, cosine = sincos2pi(factor * turns[k])
        cosines[k] = weights[k] * cosine
        sines[k] = weights[k] * sine


@njit(**FLAGS)
def _product_row(some_cosines, some_sines, more_cosines, more_sines, cosines, sines):
    for k in range(cosines.size):
        cosines[k] = some_cosines[k] * more_cosines[k] - some_sines[k] * more_sines[k]
        sines[k] = some_sines[k] * more_cosines[k] + some_cosines[k] * more_sines[k]


@njit(**FLAGS)
def _multiples(turns, weights, start, cosines, sines):
    """weights cos(2 pi m turns) and weights sin(2 pi m turns) in row m, from column start on."""
    side, step, stop, ones = cosines.shape[0], 1, start + turns.size, np.ones(turns.size)
    step_cosines, step_sines = np.empty(turns.size), np.empty(turns.size)
    _sine_row(turns, 0.0, weights, cosines[0, start:stop], sines[0, start:stop])  # 1 and 0, but for NaN
    while step < side:
        _sine_row(turns, float(step), ones, step_cosines, step_sines)
        for m in range(step, min(step + min(step, LARGEST_STEP), side)):
            some, more = cosines[m - step, start:stop], sines[m - step, start:stop]
            _product_row(some, more, step_cosines, step_sines, cosines[m, start:stop], sines[m, start:stop])
        step += min(step, LARGEST_STEP)


@njit(parallel=True, **FLAGS)
def _factors(n_k, u_k, pixel, down, across):
    """cos and sin of the phases along the two axes of the grid, (2, N, K) each, the noise in those downwards."""
    terms = n_k.size
    u, v = pixel * u_k[:, 0], pixel * u_k[:, 1]
    weights, ones = 1.0 / (n_k * n_k), np.ones(terms)
    for block in prange((terms + COLUMNS - 1) // COLUMNS):
        start = np.int64(block) * COLUMNS  # prange counts in uint64
        stop = min(start + COLUMNS, terms)
        part = slice(start, stop)
        _multiples(v[part], weights[part], start, down[0], down[1])
        _multiples(u[part], ones[part], start, across[0], across[1])


@njit(parallel=True, **FLAGS)
def _fill_direct(n_k, u_k, pixel, out):
    side, terms = out.shape[0], n_k.size
    u, v, weights = pixel * u_k[:, 0], pixel * u_k[:, 1], 1.0 / (n_k * n_k)
    for m in prange(side):
        for column in range(2 * side - 1):
            n = column - side + 1
            total = 0.0
            for k in range(terms):
                total += weights[k] * cos2pi(n * u[k] - np.int64(m) * v[k])
            out[m, column] = total


@njit(parallel=True, error_model="numpy")
def _fill_seed(n_k, u_k, pixel, out):
    side = out.shape[0]
    for m in prange(side):
        for column in range(2 * side - 1):
            n = column - side + 1
            total = 0.0
            for k in range(n_k.size):
                phase = 2.0 * math.pi * pixel * (n * u_k[k, 0] - np.int64(m) * u_k[k, 1])
                total += math.cos(phase) / (n_k[k] * n_k[k])
            out[m, column] = total


@njit(parallel=True, **FLAGS)
def _expand(table, out):
    """The table at the distance of every two points; the distance from j to i as good as from i to j."""
    side = table.shape[0]
    for point in prange(out.shape[0]):
        i = np.int64(point)
        row, column = i // side, i % side
        for other_row in range(side):
            m = row - other_row
            for other in range(side):
                n = column - other
                out[i, other_row * side + other] = table[m, n + side - 1] if m >= 0 else table[-m, side - 1 - n]


def default(n_k, u_k, side, pixel):
    """Factored: the sines by multiplication, in blocks shared among the threads, then two products by BLAS."""
    n_k, u_k = arguments(n_k, u_k, side)
    if side == 0:
        return np.empty((0, 0))
    # One array, not two: the C library gives memory back, and faults it in again, when more than twice the largest
    # array so far is free, which took two thirds of the time.
    down, across = np.empty((2, 2, side, n_k.size))
    _factors(n_k, u_k, float(pixel), down, across)
    cosines, sines = down @ across.transpose(0, 2, 1)
    out = np.empty(shape(side))
    np.add(cosines, sines, out=out[:, side - 1 :])
    np.subtract(cosines[:, 1:], sines[:, 1:], out=out[:, : side - 1][:, ::-1])
    return out


def direct(n_k, u_k, side, pixel):
    """The sum as it stands, a row of the table at a time, with a cosine that is vectorised."""
    return _filled(_fill_direct, n_k, u_k, side, pixel)


def seed(n_k, u_k, side, pixel):
    """The sum as it stands with `math.cos`, the C library's, one number at a time."""
    return _filled(_fill_seed, n_k, u_k, side, pixel)


def expanded(n_k, u_k, side, pixel):
    """The matrix for all pairs of points, (N^2, N^2): a table is computed, the rest is copying."""
    table = default(n_k, u_k, side, pixel)
    out = np.empty((side * side, side * side))
    _expand(table, out)
    return out


def arguments(n_k, u_k, side):
    """The arrays as contiguous float64 arrays whose shapes fit."""
    n_k, u_k = native(n_k), native(u_k)
    check(n_k, u_k, side)
    return n_k, u_k


def shape(side):
    return side, max(0, 2 * side - 1)


def _filled(fill, n_k, u_k, side, pixel):
    n_k, u_k = arguments(n_k, u_k, side)
    out = np.empty(shape(side))
    fill(n_k, u_k, float(pixel), out)
    return out
