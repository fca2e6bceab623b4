from __future__ import annotations

import numpy as np

from refkernels.rbf import FACTORS, TINY, check

BLOCK = 32_768  # point pairs at a time; two temporaries of 256 KiB stay in the second-level cache


def default(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """Blocks of rows of the (Q, P) matrix, computed in place, each multiplied by the coefficients while in cache."""
    x, y, coeffs, shift, scale = (as_float64(values) for values in (x, y, coeffs, shift, scale))
    powers = np.asarray(powers)
    check(x, y, coeffs, powers, shift, scale, radial)
    points, basis = len(y), _IN_PLACE[radial]
    weights, polynomial = FACTORS[radial] * coeffs[:points], coeffs[points:]
    y_rows = np.ascontiguousarray(y.T) * epsilon
    out = np.empty((len(x), coeffs.shape[1]))
    rows = max(1, BLOCK // max(1, points))
    squared_space, work_space = np.empty((rows, points)), np.empty((rows, points))
    for start in range(0, len(x), rows):
        x_columns = np.ascontiguousarray(x[start : start + rows].T)
        count = x_columns.shape[1]
        squared, work = squared_space[:count], work_space[:count]
        _squared_distances(x_columns * epsilon, y_rows, squared, work)
        basis(squared, work)
        block = np.matmul(squared, weights, out=out[start : start + rows])
        block += _monomials(x_columns, powers, shift, scale) @ polynomial
    return out


def as_float64(values):
    """An array of float64, `values` itself if it is one; TypeError if that would lose more than digits."""
    return np.asarray(values).astype(np.float64, casting="same_kind", copy=False)


def _squared_distances(x_columns, y_rows, out, work):
    """|x_q - y_p|^2 in `out` (q, p); `work` is overwritten."""
    for axis, (x_axis, y_axis) in enumerate(zip(x_columns, y_rows, strict=True)):
        target = work if axis else out
        np.subtract(x_axis[:, None], y_axis, out=target)
        np.multiply(target, target, out=target)
        if axis:
            out += work


def _monomials(x_columns, powers, shift, scale):
    """prod_d ((x_qd - shift_d) / scale_d) ** powers[r, d] as (q, r)."""
    scaled = (x_columns - shift[:, None]) / scale[:, None]
    out = np.ones((x_columns.shape[1], len(powers)))
    for column, exponents in zip(out.T, powers.tolist(), strict=True):
        for values, exponent in zip(scaled, exponents, strict=True):
            if exponent:
                column *= values**exponent
    return out


# Each turns `squared`, r^2, into phi(r) but for the constant factor; `work` is overwritten.


def _thin_plate_spline(squared, work):
    np.add(squared, TINY, out=work)
    np.log(work, out=work)
    squared *= work


def _linear(squared, work):
    np.sqrt(squared, out=squared)


def _cubic(squared, work):
    np.sqrt(squared, out=work)
    squared *= work


def _quintic(squared, work):
    np.sqrt(squared, out=work)
    squared *= squared
    squared *= work


def _multiquadric(squared, work):
    squared += 1.0
    np.sqrt(squared, out=squared)


def _inverse_multiquadric(squared, work):
    _multiquadric(squared, work)
    np.divide(1.0, squared, out=squared)


def _inverse_quadratic(squared, work):
    squared += 1.0
    np.divide(1.0, squared, out=squared)


def _gaussian(squared, work):
    np.negative(squared, out=squared)
    np.exp(squared, out=squared)


_IN_PLACE = {
    "thin_plate_spline": _thin_plate_spline,
    "linear": _linear,
    "cubic": _cubic,
    "quintic": _quintic,
    "multiquadric": _multiquadric,
    "inverse_multiquadric": _inverse_multiquadric,
    "inverse_quadratic": _inverse_quadratic,
    "gaussian": _gaussian,
}
