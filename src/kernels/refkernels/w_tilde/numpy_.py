from __future__ import annotations

import math

import numpy as np

from refkernels._numpy_functions import BLOCK, cos2pi
from refkernels.w_tilde import check, turns


def default(n_k, u_k, g_m):
    """Square tiles of the upper half, mirrored; the cosine is a polynomial, NumPy's own is the C library's."""
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    phase, weights = turns(u_k, g_m), 1.0 / (n_k * n_k)
    points, terms = phase.shape
    out = np.empty((points, points))
    side = max(1, math.isqrt(BLOCK // max(1, terms)))
    spaces = np.empty((3, side * side * terms))
    for i in range(0, points, side):
        rows = phase[i : i + side, None]
        for j in range(i, points, side):
            columns = phase[j : j + side]
            shape = len(rows), len(columns), terms
            tile_phase, *work = (space[: math.prod(shape)].reshape(shape) for space in spaces)
            np.subtract(rows, columns, out=tile_phase)
            tile = cos2pi(tile_phase, *work) @ weights
            if i == j:
                # The product may round the two halves differently; the matrix is symmetric to the last bit.
                tile = np.minimum(tile, tile.T)
            out[i : i + side, j : j + side] = tile
            out[j : j + side, i : i + side] = tile.T
    return out


def iterative(n_k, u_k, g_m):
    """One visibility after the other, added to the whole matrix: what most people write, and the peer of all others."""
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    difference = g_m[:, None, :] - g_m[None, :, :]
    dy, dx = np.ascontiguousarray(difference[..., 0]), np.ascontiguousarray(difference[..., 1])
    out = np.zeros(dy.shape)
    for n, (u, v) in zip(n_k, u_k, strict=True):
        out += np.cos((2.0 * np.pi) * (dx * u + dy * v)) / (n * n)
    return out


def factored(n_k, u_k, g_m):
    """A A^T with A = [cos, sin] / n. NumPy knows the product with its own transpose, and computes half of it."""
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    phase = turns(u_k, g_m)
    points, terms = phase.shape
    factor = np.empty((points, 2 * terms))
    rows = max(1, BLOCK // max(1, terms))
    spaces = np.empty((3, min(points, rows), terms))
    for i in range(0, points, rows):
        part = phase[i : i + rows]
        copy, *work = spaces[:, : len(part)]
        cosine, sine = factor[i : i + rows, :terms], factor[i : i + rows, terms:]
        np.copyto(copy, part)
        np.divide(cos2pi(copy, *work), n_k, out=cosine)
        np.subtract(part, 0.25, out=copy)
        np.divide(cos2pi(copy, *work), n_k, out=sine)
    return factor @ factor.T


def arguments(n_k, u_k, g_m):
    """The arguments as float64 arrays whose shapes fit."""
    n_k, u_k, g_m = (np.asarray(values, dtype=np.float64) for values in (n_k, u_k, g_m))
    check(n_k, u_k, g_m)
    return n_k, u_k, g_m
