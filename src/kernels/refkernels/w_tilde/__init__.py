"""The matrix of an interferometer's noise-weighted response on pairs of image points.

    w[i, j] = sum_k cos(2 pi [(g_i1 - g_j1) u_k0 + (g_i0 - g_j0) u_k1]) / n_k^2

`w_tilde(n_k (K,), u_k (K,2), g_m (M,2)) -> w (M,M)`, float64, symmetric: noise, baselines (u, v) in turns per unit of
the grid, and grid points (y, x). The columns are crossed on purpose: the first of `g_m` belongs to the second of `u_k`.
The matrix is `w_tilde` of ickc/python-autojax and of Jammy2211/PyAutoArray.

"default" computes this sum of M (M + 1) / 2 K cosines, half of the matrix, and mirrors it. "factored" is another
algorithm for the same matrix: cos(a - b) = cos a cos b + sin a sin b, so w = A A^T with A = [cos, sin] / n, which takes
2 M K sines and cosines and a matrix product.

JAX also has "grad", the gradient of sum(w): a tuple of the shapes of (n_k, u_k, g_m); and "vmap", a batch of problems:
every argument has a leading axis, and so has the result.

Phases are differences of g.u in turns, and whole turns are taken off without an error, so the error of w is that of
g.u: about eps |2 pi g.u| sum(1/n^2). A point with NaN or infinity makes NaN of its row and its column and of nothing
else; a baseline or a noise that is NaN makes NaN of the whole matrix, an infinite baseline too. An infinite noise
weighs nothing, a noise of 0 makes the matrix infinite or NaN. Other numeric types are converted to float64; shapes that
do not fit raise ValueError.
"""

from __future__ import annotations

VARIANTS = {
    "numpy": ("default", "iterative", "factored"),
    "numba": ("default", "serial", "full", "libm", "factored"),
    "jax": ("default", "full", "symmetric", "iterative", "factored", "grad", "vmap"),
}
SPECIMENS = {
    "numpy": {"naive": "large-temporaries"},
    "numba": {"naive": "large-temporaries", "iterative": "allocation-bound", "race": "race"},
    "jax": {"naive": "large-temporaries", "last_axis": "not-vectorised", "eager": "eager-dispatch"},
}


def check(n_k, u_k, g_m) -> None:
    """Raise ValueError unless the shapes fit together."""
    if len(n_k.shape) != 1 or u_k.shape != (n_k.shape[0], 2) or len(g_m.shape) != 2 or g_m.shape[1] != 2:
        raise ValueError(f"w_tilde: expected shapes (K,), (K,2) and (M,2), got {n_k.shape}, {u_k.shape}, {g_m.shape}")


def turns(u_k, g_m):
    """g.u in turns as (M, K), columns crossed: a difference of two rows is the phase of a pair. Any array library's."""
    return g_m[:, 1:] * u_k[:, 0] + g_m[:, :1] * u_k[:, 1]
