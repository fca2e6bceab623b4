from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from refkernels._numba_functions import cos2pi, sincos2pi
from refkernels.w_tilde import check

# Reassociation lets the sums over k be vectorised; it says nothing about NaN and infinity, which stay as they are.
FLAGS = {"error_model": "numpy", "fastmath": {"contract", "reassoc"}}
TERMS = 32  # k in one turn of the unrolled loop; rows are padded to a multiple, so that no loop has a rest
LIBM_FLAGS = {"error_model": "numpy"}


@njit(**FLAGS)
def _prepare(n_k, u_k, g_m, phase, weights):
    """g.u in turns and 1 / n^2, with zeros behind the last k: cosines of them weigh nothing."""
    terms = n_k.size
    # Columns of their own: a loop that takes every other number is not vectorised.
    u, v = u_k[:, 0].copy(), u_k[:, 1].copy()
    for k in range(terms):
        weights[k] = 1.0 / (n_k[k] * n_k[k])
    weights[terms:] = 0.0
    for i in range(phase.shape[0]):
        y, x = g_m[i, 0], g_m[i, 1]
        for k in range(terms):
            phase[i, k] = x * u[k] + y * v[k]
        phase[i, terms:] = 0.0


# By indices: a row as an array of its own is counted as a reference, atomically, for each entry.
@njit(**FLAGS)
def _entry(i, j, phase, weights):
    total = 0.0
    for k in range(weights.size):
        total += weights[k] * cos2pi(phase[i, k] - phase[j, k])
    return total


@njit(**FLAGS)
def _half_row(i, phase, weights, out):
    for j in range(i + 1):
        value = _entry(i, j, phase, weights)
        out[i, j] = value
        out[j, i] = value


@njit(parallel=True, **FLAGS)
def _fill(n_k, u_k, g_m, phase, weights, out):
    _prepare(n_k, u_k, g_m, phase, weights)
    points = phase.shape[0]
    # Row i of the half matrix has i + 1 entries: with its opposite row, every turn of the loop has the same work.
    for pair in prange((points + 1) // 2):
        i = np.int64(pair)  # prange counts in uint64, and uint64 minus int64 is a float
        _half_row(i, phase, weights, out)
        if points - 1 - i != i:
            _half_row(points - 1 - i, phase, weights, out)


@njit(**FLAGS)
def _fill_serial(n_k, u_k, g_m, phase, weights, out):
    _prepare(n_k, u_k, g_m, phase, weights)
    for i in range(phase.shape[0]):
        _half_row(i, phase, weights, out)


@njit(parallel=True, **FLAGS)
def _fill_full(n_k, u_k, g_m, phase, weights, out):
    _prepare(n_k, u_k, g_m, phase, weights)
    for i in prange(phase.shape[0]):
        for j in range(phase.shape[0]):
            out[i, j] = _entry(i, j, phase, weights)


@njit(parallel=True, **LIBM_FLAGS)
def _fill_libm(n_k, u_k, g_m, phase, weights, out):
    _prepare(n_k, u_k, g_m, phase, weights)
    points = phase.shape[0]
    for pair in prange((points + 1) // 2):
        first = np.int64(pair)
        for i in (first, points - 1 - first):
            for j in range(i + 1):
                total = 0.0
                for k in range(n_k.size):
                    total += weights[k] * math.cos(2.0 * math.pi * (phase[i, k] - phase[j, k]))
                out[i, j] = total
                out[j, i] = total


# As a function of its own, for LLVM to know that the arrays do not change beneath the loop.
@njit(**FLAGS)
def _factor_row(y, x, weights, u, v, cosines, sines):
    for k in range(weights.size):
        sine, cosine = sincos2pi(x * u[k] + y * v[k])
        cosines[k] = cosine * weights[k]
        sines[k] = sine * weights[k]


@njit(parallel=True, **FLAGS)
def _fill_factor(n_k, u_k, g_m, factor):
    terms = n_k.size
    # Columns of their own: a loop that takes every other number, and a sine besides, is not vectorised.
    u, v, weights = u_k[:, 0].copy(), u_k[:, 1].copy(), 1.0 / n_k
    for i in prange(g_m.shape[0]):
        _factor_row(g_m[i, 0], g_m[i, 1], weights, u, v, factor[i, :terms], factor[i, terms:])


def _direct(fill, n_k, u_k, g_m):
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    points, padded = len(g_m), -(-n_k.size // TERMS) * TERMS
    out = np.empty((points, points))
    fill(n_k, u_k, g_m, np.empty((points, padded)), np.empty(padded), out)
    return out


def default(n_k, u_k, g_m):
    """The lower half by rows, mirrored; a row and its opposite are one thread's turn, so that all turns are equal."""
    return _direct(_fill, n_k, u_k, g_m)


def serial(n_k, u_k, g_m):
    """As default, on one thread: what the start of a parallel region costs is the difference."""
    return _direct(_fill_serial, n_k, u_k, g_m)


def full(n_k, u_k, g_m):
    """All rows, all columns: twice the cosines of default, and no thought about the balance of the threads."""
    return _direct(_fill_full, n_k, u_k, g_m)


def libm(n_k, u_k, g_m):
    """The loops of default with `math.cos`: the C library's cosine, which is not vectorised."""
    return _direct(_fill_libm, n_k, u_k, g_m)


def factored(n_k, u_k, g_m):
    """A A^T with A = [cos, sin] / n. NumPy knows the product with its own transpose, and computes half of it."""
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    factor = np.empty((len(g_m), 2 * n_k.size))
    _fill_factor(n_k, u_k, g_m, factor)
    return factor @ factor.T


def arguments(n_k, u_k, g_m):
    """The arguments as contiguous float64 arrays whose shapes fit."""
    n_k, u_k, g_m = (native(values) for values in (n_k, u_k, g_m))
    check(n_k, u_k, g_m)
    return n_k, u_k, g_m


def native(values):
    """A contiguous float64 array that may be written to: one that may not is another type, and compiles all anew."""
    values = np.ascontiguousarray(values, dtype=np.float64)
    return values if values.flags.writeable else values.copy()
