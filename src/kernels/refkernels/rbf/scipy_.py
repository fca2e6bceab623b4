from __future__ import annotations

from functools import cache

import numpy as np
from scipy.interpolate import RBFInterpolator

from refkernels.rbf import check
from refkernels.rbf.numpy_ import as_float64


def default(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """The peer: `RBFInterpolator.__call__`, compiled by pythran, a few microseconds around it."""
    x, y, coeffs, shift, scale = (
        np.ascontiguousarray(as_float64(values)) if np.ndim(values) else np.asarray(values)
        for values in (x, y, coeffs, shift, scale)
    )
    powers = np.asarray(powers)
    check(x, y, coeffs, powers, shift, scale, radial)
    interpolant = RBFInterpolator.__new__(RBFInterpolator)
    interpolant.__dict__.update(
        _template(),
        y=y,
        d=coeffs[: len(y)],  # the data, of which the evaluation needs the shape only
        d_shape=coeffs.shape[1:],
        kernel=radial,
        epsilon=float(epsilon),
        powers=np.ascontiguousarray(powers, dtype=np.int64),
        _shift=shift,
        _scale=scale,
        _coeffs=coeffs,
    )
    return interpolant(x)


@cache
def _template():
    """What an interpolant of this release of scipy holds beside what is replaced."""
    return vars(RBFInterpolator(np.zeros((1, 1)), np.zeros(1), kernel="linear"))
