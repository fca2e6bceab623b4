from __future__ import annotations

import numpy as np

from refkernels.rbf import TINY, check

BLOCK = 32_768  # point pairs at a time; two temporaries of 256 KiB stay in the second-level cache


def default(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """Blocks of rows of the (Q, P) matrix, computed in place, each multiplied by the coefficients while in cache."""
    x, y, coeffs, shift, scale = (np.asarray(values, dtype=np.float64) for values in (x, y, coeffs, shift, scale))
    powers = np.asarray(powers)
    check(x, y, coeffs, powers, shift, scale, radial)
    points = len(y)
    half, polynomial = 0.5 * coeffs[:points], coeffs[points:]
    y_rows = np.ascontiguousarray(y.T)
    out = np.empty((len(x), coeffs.shape[1]))
    rows = max(1, BLOCK // max(1, points))
    squared_space, work_space = np.empty((rows, points)), np.empty((rows, points))
    for start in range(0, len(x), rows):
        x_columns = np.ascontiguousarray(x[start : start + rows].T)
        count = x_columns.shape[1]
        squared = _squared_distances(x_columns, y_rows, squared_space[:count], work_space[:count])
        if epsilon != 1.0:
            squared *= epsilon * epsilon
        logarithm = np.maximum(squared, TINY, out=work_space[:count])
        np.log(logarithm, out=logarithm)
        squared *= logarithm
        block = np.matmul(squared, half, out=out[start : start + rows])
        block += _monomials(x_columns, powers, shift, scale) @ polynomial
    return out


def _squared_distances(x_columns, y_rows, out, work):
    """|x_q - y_p|^2 in `out` (q, p); `work` is overwritten."""
    for axis, (x_axis, y_axis) in enumerate(zip(x_columns, y_rows, strict=True)):
        target = work if axis else out
        np.subtract(x_axis[:, None], y_axis, out=target)
        np.multiply(target, target, out=target)
        if axis:
            out += work
    return out


def _monomials(x_columns, powers, shift, scale):
    """prod_d ((x_qd - shift_d) / scale_d) ** powers[r, d] as (q, r)."""
    scaled = (x_columns - shift[:, None]) / scale[:, None]
    out = np.ones((x_columns.shape[1], len(powers)))
    for column, exponents in zip(out.T, powers.tolist(), strict=True):
        for values, exponent in zip(scaled, exponents, strict=True):
            if exponent:
                column *= values**exponent
    return out
