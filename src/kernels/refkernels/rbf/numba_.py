from __future__ import annotations

from functools import cache, partial

import numpy as np
from numba import guvectorize, njit, prange, types

from refkernels.rbf import _numba_fused as fused
from refkernels.rbf._numba_ported import evaluate, kernel_vector, polynomial_vector

# The usual kernel has a name, to be found by; others are made when they are asked for.
_thin_plate_spline = fused.parallel_kernel(fused.BASES["thin_plate_spline"], True)

_LIBM = {**fused.BASES, "thin_plate_spline": fused.thin_plate_spline_libm, "gaussian": fused.gaussian_libm}


def default(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """Tiles of output rows shared among the threads; a tile's distances and basis values stay in the first cache."""
    arrays = fused.prepare(x, y, coeffs, powers, shift, scale, radial)
    return fused.run(fused.parallel_kernel, fused.BASES[radial], arrays, radial, epsilon)


def serial(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """As the default, on one thread."""
    arrays = fused.prepare(x, y, coeffs, powers, shift, scale, radial)
    return fused.run(fused.serial_kernel, fused.BASES[radial], arrays, radial, epsilon)


def fused_libm(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """As the default, with the logarithm or exponential of the C library: a call for each number."""
    arrays = fused.prepare(x, y, coeffs, powers, shift, scale, radial)
    return fused.run(fused.parallel_kernel, _LIBM[radial], arrays, radial, epsilon)


@njit(parallel=True)
def _build_prange(x, y, xhat, powers, kernel, vec):
    points = y.shape[0]
    for i in prange(x.shape[0]):
        kernel_vector(x[i], y, kernel, vec[i, :points])
        polynomial_vector(xhat[i], powers, vec[i, points:])


def prange_outer(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """scipy's functions, `prange` in the outer loop and nowhere else: parallel, and slow for other reasons."""
    return evaluate(_build_prange, x, y, coeffs, powers, shift, scale, radial, epsilon)


@njit
def _norms(x, y, vec):
    for i in range(x.shape[0]):
        for j in range(y.shape[0]):
            vec[i, j] = np.linalg.norm(x[i] - y[j])


@njit
def _apply(kernel, values):
    for j in range(values.size):
        values[j] = kernel(values[j])


@njit(parallel=True)
def _build_after_norms(points, xhat, powers, kernel, vec):
    for i in prange(vec.shape[0]):
        _apply(kernel, vec[i, :points])
    for i in prange(vec.shape[0]):
        polynomial_vector(xhat[i], powers, vec[i, points:])


def norm_split(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """All norms first, on one thread; kernel and polynomial then each in a parallel loop: the norms do not speed up."""

    def build(x, y, xhat, powers, kernel, vec):
        _norms(x, y, vec)
        _build_after_norms(y.shape[0], xhat, powers, kernel, vec)

    return evaluate(build, x, y, coeffs, powers, shift, scale, radial, epsilon)


@cache
def _universal(basis, planar, target):
    """A generalised ufunc of one tile: NumPy's machinery loops over tiles, or shares them among threads."""
    tiles = fused.tiles_kernel(basis, planar)
    matrix, vector, scalar = types.float64[:, :], types.float64[:], types.float64
    signature = types.void(matrix, matrix, matrix, types.int64[:, :], vector, vector, scalar, scalar, matrix)

    @guvectorize([signature], "(t,d),(p,d),(k,s),(r,d),(d),(d),(),()->(t,s)", target=target, nopython=True)
    def fill(x, y, coeffs, powers, shift, scale, epsilon, factor, out):
        tiles(0, 1, x, y, coeffs, powers, shift, scale, epsilon, factor, out)

    return fill


def _universal_kernel(target, basis, planar):
    universal = _universal(basis, planar, target)

    def fill(x, *shared):
        *shared, out = shared
        whole, rest = divmod(x.shape[0], fused.TILE)
        start = whole * fused.TILE
        for rows, tiles, tile in ((slice(0, start), whole, fused.TILE), (slice(start, None), 1, rest)):
            x_tiles, out_tiles = (values[rows].reshape(tiles, tile, values.shape[1]) for values in (x, out))
            universal(x_tiles, *shared, out_tiles)

    return fill


def guvectorize_cpu(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """The default's tiles as a generalised ufunc, `target="cpu"`: one thread."""
    arrays = fused.prepare(x, y, coeffs, powers, shift, scale, radial)
    return fused.run(partial(_universal_kernel, "cpu"), fused.BASES[radial], arrays, radial, epsilon)


def guvectorize_parallel(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """The default's tiles as a generalised ufunc, `target="parallel"`: NumPy's loop shared among the threads."""
    arrays = fused.prepare(x, y, coeffs, powers, shift, scale, radial)
    return fused.run(partial(_universal_kernel, "parallel"), fused.BASES[radial], arrays, radial, epsilon)
