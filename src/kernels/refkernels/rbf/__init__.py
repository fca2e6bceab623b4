"""Evaluation of a radial basis function interpolant, as `scipy.interpolate.RBFInterpolator.__call__` does it.

    out[q, s] = sum_p phi(epsilon |x_q - y_p|) coeffs[p, s]
              + sum_r coeffs[P + r, s] prod_d ((x_qd - shift_d) / scale_d) ** powers[r, d]

`rbf(x (Q,D), y (P,D), coeffs (P+R,S), powers (R,D) int, shift (D,), scale (D,), radial="thin_plate_spline",
epsilon=1.0) -> out (Q,S)`, float64. Every point of `x` sees every point of `y` (no neighbour search); a fitted
interpolant has all the other arguments. Cost: Q P logarithms (thin-plate spline), exponentials or square roots.

`radial` is the phi of scipy's class of that name: thin_plate_spline r^2 log r (0 at r = 0), linear -r, cubic r^3,
quintic -r^5, multiquadric -sqrt(1 + r^2), inverse_multiquadric 1 / sqrt(1 + r^2), inverse_quadratic 1 / (1 + r^2),
gaussian exp(-r^2). Every variant has all of them, and scales the points by epsilon before it takes their distance.

Q, P, R and S may be 0, D may not. Shapes that do not fit and an unknown radial raise ValueError, powers that are not
integers and complex numbers TypeError. NaN and infinity are no error: out is not finite in the rows, columns or both
that they reach, the same ones in all variants; only whether it is a NaN or an infinity there may differ.

JAX has two transforms with other results. `grad` returns the gradients of sum(out) with respect to (x, y, coeffs,
shift, scale), those of a spline at its own centre being 0. `vmap` takes one more axis before all others of each array
but `powers`, which all problems share, and returns (batch, Q, S).
"""

from __future__ import annotations

VARIANTS = {
    "numpy": ("default",),
    "scipy": ("default",),
    "numba": (
        "default",
        "serial",
        "fused_libm",
        "prange_outer",
        "norm_split",
        "guvectorize_cpu",
        "guvectorize_parallel",
    ),
    "jax": ("default", "matrix", "fused", "scan", "grad", "vmap"),
}

SPECIMENS = {
    "numpy": {"naive": "large-temporaries"},
    "numba": {
        "as_ported": "allocation-bound",
        "parallel_plain_range": "parallel-without-effect",
        "conditional_prange": "parallel-without-effect",
        "fork_join": "fork-join-per-iteration",
        "inner_prange": "fork-join-per-iteration",
        "nested": "nested-parallel",
    },
    "jax": {"eager": "eager-dispatch"},
}

# Constant factors of the radial functions: the best variants multiply the P coefficients by them, not Q P values.
FACTORS = {
    "thin_plate_spline": 0.5,  # r^2 log r = r^2 log(r^2) / 2 needs no square root
    "linear": -1.0,
    "cubic": 1.0,
    "quintic": -1.0,
    "multiquadric": -1.0,
    "inverse_multiquadric": 1.0,
    "inverse_quadratic": 1.0,
    "gaussian": 1.0,
}

# Added to r^2 inside the logarithm: lost in all but the smallest, and r^2 log(TINY) is 0 at r = 0, as in the limit.
TINY = 1e-300


def check(x, y, coeffs, powers, shift, scale, radial) -> None:
    """Raise ValueError unless the shapes fit together and the radial function is known."""
    if radial not in FACTORS:
        raise ValueError(f"rbf: radial must be one of {', '.join(FACTORS)}, got {radial!r}")
    try:
        (_, d), (p, d_y), (terms, _), (r, d_powers), (d_shift,), (d_scale,) = (
            x.shape, y.shape, coeffs.shape, powers.shape, shift.shape, scale.shape,
        )  # fmt: skip
        fit = 0 < d == d_y == d_powers == d_shift == d_scale and terms == p + r
    except ValueError:
        fit = False
    if not fit:
        got = ", ".join(str(tuple(array.shape)) for array in (x, y, coeffs, powers, shift, scale))
        raise ValueError(f"rbf: expected shapes (Q,D), (P,D), (P+R,S), (R,D), (D,) and (D,) with D > 0, got {got}")
    if powers.dtype.kind not in "iu" and r:
        raise TypeError(f"rbf: powers must be integers, got {powers.dtype}")
