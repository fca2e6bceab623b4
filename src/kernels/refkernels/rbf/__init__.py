"""Evaluation of a radial basis function interpolant, as `scipy.interpolate.RBFInterpolator.__call__` does it.

    out[q, s] = sum_p phi(epsilon |x_q - y_p|) coeffs[p, s]
              + sum_r coeffs[P + r, s] prod_d ((x_qd - shift_d) / scale_d) ** powers[r, d]

`rbf(x (Q,D), y (P,D), coeffs (P+R,S), powers (R,D) int >= 0, shift (D,), scale (D,), radial="thin_plate_spline",
epsilon=1.0) -> out (Q,S)`, float64. Every point of `x` sees every point of `y` (no neighbour search); a fitted
interpolant has all the other arguments. Cost: Q P logarithms.

Thin-plate spline: phi(r) = r^2 log r, 0 at r = 0. No square root is needed: r^2 log r = r^2 log(r^2) / 2.
"""

from __future__ import annotations

VARIANTS = {"numpy": ("default",), "numba": ("default",), "jax": ("default",)}

RADIALS = ("thin_plate_spline",)

# Stands in for r^2 inside the logarithm: r^2 log(TINY) is 0 at r = 0, as r^2 log(r^2) is in the limit.
TINY = 1e-300


def check(x, y, coeffs, powers, shift, scale, radial) -> None:
    """Raise ValueError unless the shapes fit together and the radial function is known."""
    if radial not in RADIALS:
        raise ValueError(f"rbf: radial must be one of {', '.join(RADIALS)}, got {radial!r}")
    arrays = (x, y, coeffs, powers, shift, scale)
    if not _fit(*arrays):
        got = ", ".join(str(tuple(array.shape)) for array in arrays)
        raise ValueError(f"rbf: expected shapes (Q,D), (P,D), (P+R,S), (R,D), (D,) and (D,) with D > 0, got {got}")


def _fit(x, y, coeffs, powers, shift, scale) -> bool:
    if [array.ndim for array in (x, y, coeffs, powers, shift, scale)] != [2, 2, 2, 2, 1, 1]:
        return False
    dimensions = x.shape[1]
    return (
        dimensions > 0
        and all(array.shape[-1] == dimensions for array in (y, powers, shift, scale))
        and coeffs.shape[0] == y.shape[0] + powers.shape[0]
    )
