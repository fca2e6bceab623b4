from __future__ import annotations

import numpy as np
from numba import njit, prange

from refkernels.batched_matmul._arguments import prepared
from refkernels.matmul.numba_ import FLAGS, WIDTH, four_rows

NUMBERS = 4096  # of the result for one thread at a time: the scratch array is allocated once for that many

# Below it the library is faster than the loops, and takes one thread whatever it may.
SMALL = 32


@njit(**FLAGS)
def _product(a, b, first, n, tile, out):
    """The product of the matrices that begin at `first` of the flat arrays."""
    last = n - 1
    for left in range(0, n, WIDTH):
        width = min(WIDTH, n - left)
        for i in range(0, n, 4):
            # Below the last row the last row again: it is not written.
            rows = (
                first + i * n,
                first + min(i + 1, last) * n,
                first + min(i + 2, last) * n,
                first + min(i + 3, last) * n,
            )
            four_rows(a, rows, n, b, first + left, n, width, tile)
            for r in range(min(4, n - i)):
                for j in range(width):
                    out[first + (i + r) * n + left + j] = tile[r * WIDTH + j]


@njit(parallel=True, **FLAGS)
def _products(a, b, n, count, chunk, out):
    for turn in prange((count + chunk - 1) // chunk):
        tile = np.empty(4 * WIDTH)
        begin = np.int64(turn) * chunk
        for s in range(begin, min(count, begin + chunk)):
            _product(a, b, s * n * n, n, tile, out)


@njit(parallel=True, error_model="numpy")
def _library_products(a, b, out):
    for s in prange(out.shape[0]):
        np.dot(a[s], b[s], out[s])


def default(a, b):
    """The batch shared among the threads, each product by vectorised loops: no library, so no threads but these."""
    a, b, out = prepared(a, b)
    count, n = out.shape[:2]
    if n < SMALL:
        _library_products(a, b, out)
        return out
    _products(a.reshape(-1), b.reshape(-1), n, count, max(1, NUMBERS // max(1, n * n)), out.reshape(-1))
    return out


def blas(a, b):
    """The batch shared among the threads, each product by SciPy's BLAS, which wants threads of its own."""
    a, b, out = prepared(a, b)
    _library_products(a, b, out)
    return out


def __getattr__(name):
    """`mkl` is there only where its package is: asking for it elsewhere says so."""
    if name != "mkl":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from refkernels.batched_matmul.numba_mkl import products

    return products
