"""The matrix of an interferometer's noise-weighted response on pairs of image points.

    w[i, j] = sum_k cos(2 pi [(g_i1 - g_j1) u_k0 + (g_i0 - g_j0) u_k1]) / n_k^2

`w_tilde(n_k (K,), u_k (K,2), g_m (M,2)) -> w (M,M)`, float64, symmetric: noise, baselines (u, v) in turns per unit of
the grid, and grid points (y, x). The columns are crossed on purpose: the first of `g_m` belongs to the second of `u_k`.

Cost of the direct sum: M (M + 1) / 2 K cosines; every variant called "default" computes this sum, half of it, and
mirrors it. The matrix is `w_tilde` of ickc/python-autojax and of Jammy2211/PyAutoArray. The phases are differences of
g.u, so the error grows with |g.u|: about eps |2 pi g.u| sum(1/n^2).
"""

from __future__ import annotations

VARIANTS = {"numpy": ("default",), "numba": ("default",), "jax": ("default",)}


def check(n_k, u_k, g_m) -> None:
    """Raise ValueError unless the shapes fit together."""
    if len(n_k.shape) != 1 or u_k.shape != (n_k.shape[0], 2) or len(g_m.shape) != 2 or g_m.shape[1] != 2:
        raise ValueError(f"w_tilde: expected shapes (K,), (K,2) and (M,2), got {n_k.shape}, {u_k.shape}, {g_m.shape}")


def phases(u_k, g_m, pi):
    """2 pi g.u as (M, K), columns crossed: a difference of two rows is the phase of a pair. Any array library's."""
    return 2.0 * pi * (g_m[:, 1:] * u_k[:, 0] + g_m[:, :1] * u_k[:, 1])
