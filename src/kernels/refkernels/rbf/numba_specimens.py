"""Sick twins, all of them right and slow; the pitfall of each stands in the package's SPECIMENS."""

from __future__ import annotations

from functools import cache

import numpy as np
from numba import njit, prange

from refkernels.rbf import _numba_fused as fused
from refkernels.rbf._numba_ported import evaluate, kernel_vector, polynomial_vector


@njit
def _build(x, y, xhat, powers, kernel, vec):
    points = y.shape[0]
    for i in range(x.shape[0]):
        kernel_vector(x[i], y, kernel, vec[i, :points])
        polynomial_vector(xhat[i], powers, vec[i, points:])


def as_ported(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """scipy's functions with `njit` put in front of each: slower than what pythran makes of the same lines."""
    return evaluate(_build, x, y, coeffs, powers, shift, scale, radial, epsilon)


@njit(parallel=True)
def _build_plain_range(x, y, xhat, powers, kernel, vec):
    points = y.shape[0]
    for i in range(x.shape[0]):
        kernel_vector(x[i], y, kernel, vec[i, :points])
        polynomial_vector(xhat[i], powers, vec[i, points:])


def parallel_plain_range(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """`parallel=True` over a loop that says `range`: Numba warns, compiles it as before, and one thread works."""
    return evaluate(_build_plain_range, x, y, coeffs, powers, shift, scale, radial, epsilon)


# The inner functions made parallel, too. They take views of rows: with the index of a prange as an argument Numba
# would compile a serial version of them for it, and nothing would be nested.


@njit(parallel=True)
def _kernel_vector_parallel(x, y, kernel, out):
    for i in prange(y.shape[0]):
        out[i] = kernel(np.linalg.norm(x - y[i]))


@njit(parallel=True)
def _polynomial_vector_parallel(x, powers, out):
    for i in prange(powers.shape[0]):
        out[i] = np.prod(x ** powers[i])


@njit(parallel=True)
def _build_nested(x, y, xhat, powers, kernel, vec):
    points = y.shape[0]
    for i in prange(x.shape[0]):
        _kernel_vector_parallel(x[i], y, kernel, vec[i, :points])
        _polynomial_vector_parallel(xhat[i], powers, vec[i, points:])


def nested(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """Parallel outside and inside: each thread starts two parallel regions for each of its rows.

    Numba's workqueue threading layer does not survive that: it aborts the process.
    """
    return evaluate(_build_nested, x, y, coeffs, powers, shift, scale, radial, epsilon)


@njit(parallel=True)
def _build_fork_join(x, y, xhat, powers, kernel, vec):
    points = y.shape[0]
    for i in range(x.shape[0]):
        _kernel_vector_parallel(x[i], y, kernel, vec[i, :points])
        _polynomial_vector_parallel(xhat[i], powers, vec[i, points:])


def fork_join(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """`parallel=True` everywhere, but the outer loop says `range`: two parallel regions for each row, one by one."""
    return evaluate(_build_fork_join, x, y, coeffs, powers, shift, scale, radial, epsilon)


@njit
def _build_inner(x, y, xhat, powers, kernel, vec):
    points = y.shape[0]
    for i in range(x.shape[0]):
        _kernel_vector_parallel(x[i], y, kernel, vec[i, :points])
        _polynomial_vector_parallel(xhat[i], powers, vec[i, points:])


def inner_prange(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """Only the inner functions are parallel: the regions of `fork_join`, without the warning that it gets."""
    return evaluate(_build_inner, x, y, coeffs, powers, shift, scale, radial, epsilon)


@cache
def conditional_kernel(basis, planar):
    share = fused.tiles_kernel(basis, planar)

    @njit(parallel=True, **fused.FLAGS)
    def fill(x, y, coeffs, powers, shift, scale, epsilon, factor, out):
        tiles = (x.shape[0] + fused.TILE - 1) // fused.TILE
        for index in prange(tiles if tiles > 1 else 1):
            first = np.int64(index)
            share(first, min(first + 1, tiles), x, y, coeffs, powers, shift, scale, epsilon, factor, out)

    return fill


def conditional_prange(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """A conditional expression in `prange(...)`, which makes a serial loop of it.

    Numba warns here, where no other loop of the function is parallel; with one it says nothing.
    """
    arrays = fused.prepare(x, y, coeffs, powers, shift, scale, radial)
    return fused.run(conditional_kernel, fused.BASES[radial], arrays, radial, epsilon)
