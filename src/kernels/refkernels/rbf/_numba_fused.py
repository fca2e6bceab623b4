"""The fused evaluation in Numba: tiles of rows, of which neither distances nor basis values ever reach memory.

The kernels here are made for one radial function at a time, which is so inlined in the innermost loop, and compiled
when they are first called.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numba import get_num_threads, njit, prange

from refkernels._numba_functions import exp, log
from refkernels.rbf import FACTORS, TINY, check
from refkernels.rbf.numpy_ import as_float64

TILE = 128  # rows of the output at a time: few enough for the first-level cache, and no remainder that is not a vector

# Reassociation lets multiplications and additions become one instruction across statements; it says nothing about NaN
# and infinity, which stay as they are.
FLAGS = {"error_model": "numpy", "fastmath": {"contract", "reassoc"}}

FLOAT64 = np.dtype(np.float64)


@njit(**FLAGS)
def thin_plate_spline(squared):
    # The logarithm of NaN and infinity is finite here; the factor in front carries them on.
    return squared * log(squared + TINY)


@njit(**FLAGS)
def thin_plate_spline_libm(squared):
    return squared * math.log(squared + TINY)


@njit(**FLAGS)
def _linear(squared):
    return math.sqrt(squared)


@njit(**FLAGS)
def _cubic(squared):
    return squared * math.sqrt(squared)


@njit(**FLAGS)
def _quintic(squared):
    return squared * squared * math.sqrt(squared)


@njit(**FLAGS)
def _multiquadric(squared):
    return math.sqrt(squared + 1.0)


@njit(**FLAGS)
def _inverse_multiquadric(squared):
    return 1.0 / math.sqrt(squared + 1.0)


@njit(**FLAGS)
def _inverse_quadratic(squared):
    return 1.0 / (squared + 1.0)


@njit(**FLAGS)
def _gaussian(squared):
    return exp(-squared)


@njit(**FLAGS)
def gaussian_libm(squared):
    return math.exp(-squared)


# phi(r) as a function of r^2, but for the factor in FACTORS.
BASES = {
    "thin_plate_spline": thin_plate_spline,
    "linear": _linear,
    "cubic": _cubic,
    "quintic": _quintic,
    "multiquadric": _multiquadric,
    "inverse_multiquadric": _inverse_multiquadric,
    "inverse_quadratic": _inverse_quadratic,
    "gaussian": _gaussian,
}


@njit(**FLAGS)
def _set_columns(x, start, rows, columns):
    """`columns` (D, TILE) from so many rows of `x`, which may be fewer than a tile has."""
    for d in range(columns.shape[0]):
        for q in range(rows):
            columns[d, q] = x[start + q, d]
        for q in range(rows, TILE):
            columns[d, q] = 0.0


@njit(**FLAGS)
def _multiply(term, columns, d, start, unit, power):
    for _ in range(abs(power)):
        for q in range(TILE):
            factor = (columns[d, q] - start) * unit
            term[q] = term[q] / factor if power < 0 else term[q] * factor


@njit(**FLAGS)
def _set_polynomial(columns, coeffs, first, powers, shift, scale, term, sums):
    """`sums` (S, TILE) from the points in `columns` and the coefficients from `first` on; `term` is overwritten."""
    for s in range(sums.shape[0]):
        for q in range(TILE):
            sums[s, q] = 0.0
    for r in range(powers.shape[0]):
        for q in range(TILE):
            term[q] = 1.0
        for d in range(columns.shape[0]):
            _multiply(term, columns, d, shift[d], 1.0 / scale[d], powers[r, d])
        for s in range(sums.shape[0]):
            weight = coeffs[first + r, s]
            for q in range(TILE):
                sums[s, q] += weight * term[q]


def _planar(basis):
    """Adds the radial functions to `sums` (1, TILE), two dimensions: distances and values stay in registers."""

    @njit(**FLAGS)
    def add(columns, y, coeffs, epsilon, factor, squared, sums):
        points, total = y.shape[0], sums[0]
        # Two points at a time halve the reading and writing of the sums.
        for p in range(0, points - 1, 2):
            first_0, first_1, first = epsilon * y[p, 0], epsilon * y[p, 1], factor * coeffs[p, 0]
            other_0, other_1, other = epsilon * y[p + 1, 0], epsilon * y[p + 1, 1], factor * coeffs[p + 1, 0]
            for q in range(TILE):
                a, b = columns[0, q] - first_0, columns[1, q] - first_1
                c, d = columns[0, q] - other_0, columns[1, q] - other_1
                total[q] += first * basis(a * a + b * b) + other * basis(c * c + d * d)
        for p in range(points // 2 * 2, points):
            last_0, last_1, last = epsilon * y[p, 0], epsilon * y[p, 1], factor * coeffs[p, 0]
            for q in range(TILE):
                a, b = columns[0, q] - last_0, columns[1, q] - last_1
                total[q] += last * basis(a * a + b * b)

    return add


def _general(basis):
    """Adds the radial functions to `sums` (S, TILE), any number of dimensions; `squared` is overwritten."""

    @njit(**FLAGS)
    def add(columns, y, coeffs, epsilon, factor, squared, sums):
        for p in range(y.shape[0]):
            for q in range(TILE):
                squared[q] = 0.0
            for d in range(columns.shape[0]):
                center = epsilon * y[p, d]
                for q in range(TILE):
                    squared[q] += (columns[d, q] - center) * (columns[d, q] - center)
            for q in range(TILE):
                squared[q] = basis(squared[q])
            for s in range(sums.shape[0]):
                weight = factor * coeffs[p, s]
                for q in range(TILE):
                    sums[s, q] += weight * squared[q]

    return add


@cache
def tiles_kernel(basis, planar):
    """fill(first, last, x, y, coeffs, powers, shift, scale, epsilon, factor, out): tiles `first` to before `last`.

    All loops run over a whole tile: what the last has beyond the rows of `x` is computed and dropped, so that no number
    is computed outside a vector. `planar` is for two dimensions and one column of coefficients.
    """
    add = (_planar if planar else _general)(basis)

    @njit(**FLAGS)
    def fill(first, last, x, y, coeffs, powers, shift, scale, epsilon, factor, out):
        columns, squared = np.empty((x.shape[1], TILE)), np.empty(TILE)
        sums = np.empty((out.shape[1], TILE))
        for start in range(first * TILE, min(last * TILE, x.shape[0]), TILE):
            rows = min(TILE, x.shape[0] - start)
            _set_columns(x, start, rows, columns)
            _set_polynomial(columns, coeffs, y.shape[0], powers, shift, scale, squared, sums)
            for d in range(columns.shape[0]):
                for q in range(TILE):
                    columns[d, q] *= epsilon
            add(columns, y, coeffs, epsilon, factor, squared, sums)
            for q in range(rows):
                for s in range(sums.shape[0]):
                    out[start + q, s] = sums[s, q]

    return fill


def serial_kernel(basis, planar):
    """fill(x, y, coeffs, powers, shift, scale, epsilon, factor, out) on one thread."""
    tiles = tiles_kernel(basis, planar)
    return lambda x, *others: tiles(0, x.shape[0] // TILE + 1, x, *others)


@cache
def parallel_kernel(basis, planar):
    """fill(x, y, coeffs, powers, shift, scale, epsilon, factor, out), each thread an equal share of the tiles."""
    share = tiles_kernel(basis, planar)

    @njit(parallel=True, **FLAGS)
    def fill(x, y, coeffs, powers, shift, scale, epsilon, factor, out):
        tiles = (x.shape[0] + TILE - 1) // TILE
        threads = get_num_threads()
        for index in prange(threads):
            thread = np.int64(index)
            first, last = thread * tiles // threads, (thread + 1) * tiles // threads
            share(first, last, x, y, coeffs, powers, shift, scale, epsilon, factor, out)

    return fill


def prepare(x, y, coeffs, powers, shift, scale, radial):
    """The arrays as the kernels take them, checked: of one type, so that each kernel is compiled once."""
    powers = np.asarray(powers)
    x, y, coeffs, shift, scale = _plain(x), _plain(y), _plain(coeffs), _plain(shift), _plain(scale)
    check(x, y, coeffs, powers, shift, scale, radial)
    if powers.dtype != np.int64 or not powers.flags.carray:
        powers = np.array(powers, dtype=np.int64, order="C")
    return x, y, coeffs, powers, shift, scale


def _plain(values):
    """float64 in C order, and writable: to Numba, arrays that are not are other types, and further compilations."""
    if type(values) is np.ndarray and values.dtype is FLOAT64 and values.flags.carray:
        return values
    values = as_float64(values)
    return values if values.flags.carray else np.array(values, order="C")


def run(kernel, basis, arrays, radial, epsilon):
    """The result of `kernel(basis, planar)(x, ..., scale, epsilon, factor, out)` for what `prepare` returned."""
    x, _, coeffs = arrays[:3]
    out = np.empty((x.shape[0], coeffs.shape[1]))
    fill = kernel(basis, x.shape[1] == 2 and coeffs.shape[1] == 1)
    fill(*arrays, float(epsilon), FACTORS[radial], out)
    return out
