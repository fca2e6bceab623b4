"""scipy's evaluation as it reads with `numba.njit` put in front: a norm for each pair, a product for each monomial.

The names are scipy's. Each `norm` and each `prod` is of a small array made for it, which is where the time goes. Numba
compiles neither with `axis`, so that whole rows at a time, as NumPy would do it, is no way out.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from refkernels.rbf._numba_fused import prepare


@njit
def _thin_plate_spline(r):
    if r == 0:
        return 0.0
    return r**2 * np.log(r)


@njit
def _linear(r):
    return -r


@njit
def _cubic(r):
    return r**3


@njit
def _quintic(r):
    return -(r**5)


@njit
def _multiquadric(r):
    return -np.sqrt(r**2 + 1)


@njit(error_model="numpy")
def _inverse_multiquadric(r):
    return 1 / np.sqrt(r**2 + 1)


@njit(error_model="numpy")
def _inverse_quadratic(r):
    return 1 / (r**2 + 1)


@njit
def _gaussian(r):
    return np.exp(-(r**2))


KERNELS = {
    "thin_plate_spline": _thin_plate_spline,
    "linear": _linear,
    "cubic": _cubic,
    "quintic": _quintic,
    "multiquadric": _multiquadric,
    "inverse_multiquadric": _inverse_multiquadric,
    "inverse_quadratic": _inverse_quadratic,
    "gaussian": _gaussian,
}


@njit
def kernel_vector(x, y, kernel, out):
    for i in range(y.shape[0]):
        out[i] = kernel(np.linalg.norm(x - y[i]))


@njit
def polynomial_vector(x, powers, out):
    for i in range(powers.shape[0]):
        out[i] = np.prod(x ** powers[i])


def evaluate(build, x, y, coeffs, powers, shift, scale, radial, epsilon):
    """`build(x, y, xhat, powers, kernel, vec)` fills vec (Q, P + R) from scaled points; then it is a matrix product."""
    x, y, coeffs, powers, shift, scale = prepare(x, y, coeffs, powers, shift, scale, radial)
    vec = np.empty((x.shape[0], coeffs.shape[0]))
    build(x * epsilon, y * epsilon, (x - shift) / scale, powers, KERNELS[radial], vec)
    return vec @ coeffs
