"""The whole-array forms of the notes on JAX and Numba, and a loop that is wrong on more than one thread.

A decorator with an explicit signature compiles where it stands, so `naive` and `iterative` are compiled when they are
loaded, seconds each, and a first call costs nothing. They are attributes that are made on demand: who wants one of
them does not wait for the other.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numba import njit, prange

from refkernels.w_tilde.numba_ import arguments

SIGNATURE = "f8[:, ::1](f8[::1], f8[:, ::1], f8[:, ::1])"


def _naive(n_k, u_k, g_m):
    """One array expression of shape (M, M, K); the loops over it are parallel, the array is made all the same."""
    difference = g_m.reshape(-1, 1, 1, 2) - g_m.reshape(1, -1, 1, 2)
    baselines = u_k.reshape(1, 1, -1, 2)
    return (
        np.cos(
            (2.0 * np.pi)
            * (difference[:, :, :, 0] * baselines[:, :, :, 1] + difference[:, :, :, 1] * baselines[:, :, :, 0])
        )
        / np.square(n_k).reshape(1, 1, -1)
    ).sum(2)


def _iterative(n_k, u_k, g_m):
    """prange over k with `+=` on the matrix: a reduction of arrays, so the result is right.

    Every thread has a matrix of its own, and makes temporaries as large for each k.
    """
    points = g_m.shape[0]
    difference = g_m.reshape(-1, 1, 2) - g_m.reshape(1, -1, 2)
    out = np.zeros((points, points))
    for k in prange(u_k.shape[0]):
        out += np.cos((2.0 * np.pi) * (difference[:, :, 1] * u_k[k, 0] + difference[:, :, 0] * u_k[k, 1])) / np.square(
            n_k[k]
        )
    return out


@njit(parallel=True, error_model="numpy")
def _race(n_k, u_k, g_m, out):
    points = g_m.shape[0]
    for k in prange(n_k.size):
        weight = 1.0 / (n_k[k] * n_k[k])
        for i in range(points):
            for j in range(points):
                turns = (g_m[i, 1] - g_m[j, 1]) * u_k[k, 0] + (g_m[i, 0] - g_m[j, 0]) * u_k[k, 1]
                out[i, j] += weight * math.cos(2.0 * math.pi * turns)


def race(n_k, u_k, g_m):
    """`out[i, j] +=` from a prange over k: threads read, add and write the same number at once, and additions get lost.

    Elements of an array are not a reduction to Numba. Right on one thread, wrong without a word on several.
    """
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    out = np.zeros((len(g_m), len(g_m)))
    _race(n_k, u_k, g_m, out)
    return out


@functools.cache
def _compiled(loop):
    compiled = njit(SIGNATURE, nogil=True, parallel=True)(loop)

    @functools.wraps(loop)
    def variant(n_k, u_k, g_m):
        return compiled(*arguments(n_k, u_k, g_m))

    return variant


def __getattr__(name):
    loops = {"naive": _naive, "iterative": _iterative}
    if name not in loops:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _compiled(loops[name])
