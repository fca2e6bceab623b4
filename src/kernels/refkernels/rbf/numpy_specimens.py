from __future__ import annotations

import numpy as np

from refkernels.rbf import check
from refkernels.rbf.numpy_ import as_float64


def naive(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """As the formula is written: all differences, an array (Q, P, D), then matrices of (Q, P)."""
    x, y, coeffs, shift, scale = (as_float64(values) for values in (x, y, coeffs, shift, scale))
    powers = np.asarray(powers)
    check(x, y, coeffs, powers, shift, scale, radial)
    points = len(y)
    r = np.linalg.norm(epsilon * x[:, None] - epsilon * y, axis=-1)
    monomials = np.prod(((x - shift) / scale)[:, None] ** powers.reshape(-1, x.shape[1]), axis=-1)
    return _PHI[radial](r) @ coeffs[:points] + monomials @ coeffs[points:]


_PHI = {
    "thin_plate_spline": lambda r: r**2 * np.log(np.where(r == 0, 1.0, r)),
    "linear": lambda r: -r,
    "cubic": lambda r: r**3,
    "quintic": lambda r: -(r**5),
    "multiquadric": lambda r: -np.sqrt(r**2 + 1),
    "inverse_multiquadric": lambda r: 1 / np.sqrt(r**2 + 1),
    "inverse_quadratic": lambda r: 1 / (r**2 + 1),
    "gaussian": lambda r: np.exp(-(r**2)),
}
