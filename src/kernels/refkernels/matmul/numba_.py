from __future__ import annotations

import numpy as np
from numba import njit, prange

from refkernels.matmul._arguments import prepared

WIDTH = 128  # columns of a tile: four rows of them are 4 KiB, and stay in the first-level cache
DEPTH = 256  # terms of a sum at a time: as many rows of a tile's columns are 256 KiB, and stay in the second level
ROWS = 32  # of the output for one thread at a time

# Contraction lets multiply and add become one instruction; it rounds once less.
FLAGS = {"error_model": "numpy", "fastmath": {"contract"}}


@njit(error_model="numpy")
def _dot(a, b, out):
    np.dot(a, b, out)


@njit(error_model="numpy")
def _operator(a, b):
    return a @ b


@njit(parallel=True, **FLAGS)
def _ikj(a, b, out):
    for i in prange(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = 0
        for k in range(a.shape[1]):
            factor = a[i, k]
            for j in range(out.shape[1]):
                out[i, j] += factor * b[k, j]


# Indices are unsigned: a signed one may count from the end, and neighbours need not be neighbours then, so that each
# number is gathered by itself. The rows of `tile` lie a constant apart: the compiler sees that they do not overlap.
_SECOND, _THIRD, _FOURTH = np.uintp(WIDTH), np.uintp(2 * WIDTH), np.uintp(3 * WIDTH)


@njit(**FLAGS)
def four_rows(a, rows, depth, b, start, pitch, width, tile):
    """Four rows of a product in `tile` (4 * WIDTH,): a[rows[r] + k] times row k of `b`, summed over k < depth.

    `a` and `b` are flat. Row k of `b` has its `width` <= WIDTH numbers from start + k * pitch on.
    """
    columns, step = np.uintp(width), np.uintp(pitch)
    for j in range(columns):
        tile[j] = tile[_SECOND + j] = tile[_THIRD + j] = tile[_FOURTH + j] = 0
    r0, r1, r2, r3 = rows
    # Four terms for each time that the tile is read and written: more arithmetic than memory traffic.
    for k in range(0, depth - 3, 4):
        a00, a01, a02, a03 = a[r0 + k], a[r0 + k + 1], a[r0 + k + 2], a[r0 + k + 3]
        a10, a11, a12, a13 = a[r1 + k], a[r1 + k + 1], a[r1 + k + 2], a[r1 + k + 3]
        a20, a21, a22, a23 = a[r2 + k], a[r2 + k + 1], a[r2 + k + 2], a[r2 + k + 3]
        a30, a31, a32, a33 = a[r3 + k], a[r3 + k + 1], a[r3 + k + 2], a[r3 + k + 3]
        k0 = np.uintp(start) + np.uintp(k) * step
        k1, k2, k3 = k0 + step, k0 + step + step, k0 + step + step + step
        for j in range(columns):
            b0, b1, b2, b3 = b[k0 + j], b[k1 + j], b[k2 + j], b[k3 + j]
            tile[j] = tile[j] + a00 * b0 + a01 * b1 + a02 * b2 + a03 * b3
            tile[_SECOND + j] = tile[_SECOND + j] + a10 * b0 + a11 * b1 + a12 * b2 + a13 * b3
            tile[_THIRD + j] = tile[_THIRD + j] + a20 * b0 + a21 * b1 + a22 * b2 + a23 * b3
            tile[_FOURTH + j] = tile[_FOURTH + j] + a30 * b0 + a31 * b1 + a32 * b2 + a33 * b3
    for k in range(depth - depth % 4, depth):
        k0 = np.uintp(start) + np.uintp(k) * step
        for j in range(columns):
            tile[j] += a[r0 + k] * b[k0 + j]
            tile[_SECOND + j] += a[r1 + k] * b[k0 + j]
            tile[_THIRD + j] += a[r2 + k] * b[k0 + j]
            tile[_FOURTH + j] += a[r3 + k] * b[k0 + j]


@njit(parallel=True, **FLAGS)
def _panels(b, packed):
    """Columns WIDTH at a time, one after the other: a tile's columns lie close together, whatever their number."""
    terms, columns = b.shape
    for panel in prange((columns + WIDTH - 1) // WIDTH):
        first = np.int64(panel) * WIDTH
        for k in range(terms):
            to = (np.int64(panel) * terms + k) * WIDTH
            for j in range(min(WIDTH, columns - first)):
                packed[to + j] = b[k, first + j]


@njit(**FLAGS)
def _strip(a, first, last, packed, terms, out):
    """Rows first to last of the product."""
    columns = out.shape[1]
    tile = np.empty(4 * WIDTH, out.dtype)
    for panel in range((columns + WIDTH - 1) // WIDTH):
        left, width = panel * WIDTH, min(WIDTH, columns - panel * WIDTH)
        for begin in range(0, terms, DEPTH):
            start = (panel * terms + begin) * WIDTH
            for i in range(first, last, 4):
                # Below the last row the last row again: it is not written.
                rows = (
                    i * terms + begin,
                    min(i + 1, last - 1) * terms + begin,
                    min(i + 2, last - 1) * terms + begin,
                    min(i + 3, last - 1) * terms + begin,
                )
                four_rows(a, rows, min(DEPTH, terms - begin), packed, start, WIDTH, width, tile)
                for r in range(min(4, last - i)):
                    for j in range(width):
                        out[i + r, left + j] += tile[r * WIDTH + j]


@njit(parallel=True, **FLAGS)
def _strips(a, packed, terms, out):
    rows = out.shape[0]
    for strip in prange((rows + ROWS - 1) // ROWS):
        first = np.int64(strip) * ROWS
        _strip(a, first, min(rows, first + ROWS), packed, terms, out)


def default(a, b):
    """BLAS, as Numba reaches it: SciPy's own copy of the library, not NumPy's."""
    a, b, dtype = prepared(a, b)
    # Allocated here: NumPy asks for huge pages, Numba does not and pays a page fault for every 4 KiB.
    out = np.empty((a.shape[0], b.shape[1]), dtype)
    _dot(a, b, out)
    return out


def operator(a, b):
    """`A @ B` in a compiled function: the same library, the result allocated by Numba."""
    return _operator(*prepared(a, b)[:2])


def loops_ikj(a, b):
    """Three loops with the last along rows, which vectorises; rows of the result are shared among the threads."""
    a, b, dtype = prepared(a, b)
    out = np.empty((a.shape[0], b.shape[1]), dtype)
    _ikj(np.ascontiguousarray(a), np.ascontiguousarray(b), out)
    return out


def tiled(a, b):
    """Tiles of four rows that stay in cache, from a copy of `b` by panels: what a library does, without assembly."""
    a, b, dtype = prepared(a, b)
    terms, columns = b.shape
    packed = np.empty((columns + WIDTH - 1) // WIDTH * terms * WIDTH, dtype)
    _panels(np.ascontiguousarray(b), packed)
    out = np.zeros((a.shape[0], columns), dtype)
    _strips(np.ascontiguousarray(a).reshape(-1), packed, terms, out)
    return out


def __getattr__(name):
    """`cuda` is there only where a device is: asking for it elsewhere says what is missing."""
    if name != "cuda":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from refkernels.matmul.numba_cuda import product

    return product
