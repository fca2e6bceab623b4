from __future__ import annotations

from functools import cache

import numba
import numpy as np
from numba import njit, prange

from refkernels.quadratic import check
from refkernels.quadratic._arguments import plain
from refkernels.quadratic.numba_ import apply, formula


@njit
def _as_noted(a, b, c):
    n = a.shape[0]
    out = np.empty(n)
    for i in range(n):
        out[i] = (-b[i] + np.sqrt(b[i] ** 2 - 4 * a[i] * c[i])) / (2 * a[i])
    return out


@njit(parallel=True)
def _parallel_as_noted(a, b, c):
    n = a.shape[0]
    out = np.empty(n)
    for i in prange(n):
        out[i] = (-b[i] + np.sqrt(b[i] ** 2 - 4 * a[i] * c[i])) / (2 * a[i])
    return out


@cache
def _parallel_ufunc():
    """Made when it is wanted: this target compiles when it is declared."""
    return numba.vectorize(["float64(float64, float64, float64)"], target="parallel")(formula)


def as_noted(a, b, c, out=None):
    """The first port: the default error model looks for division by zero, so the loop runs one element at a time.

    Raises ZeroDivisionError where an `a` is zero.
    """
    return _run(_as_noted, a, b, c, out)


def parallel_as_noted(a, b, c, out=None):
    """Parallel, but the result is allocated inside: a page fault for every 4 KiB of it, at every call."""
    return _run(_parallel_as_noted, a, b, c, out)


def vectorize_parallel(a, b, c, out=None):
    """`target="parallel"`, where each thread calls the formula element by element: slower than one thread's loop."""
    return apply(_parallel_ufunc(), a, b, c, out)


def _run(roots, a, b, c, out):
    a, b, c = plain(a), plain(b), plain(c)
    check(a, b, c, out)
    result = roots(a, b, c)
    if out is None:
        return result
    out[...] = result
    return out
