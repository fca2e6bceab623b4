from __future__ import annotations

import numpy as np

from refkernels.w_tilde.numpy_ import arguments


def naive(n_k, u_k, g_m):
    """One expression over arrays of shape (M, M, K), as the notes on JAX and Numba begin: memory without end."""
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    difference = g_m[:, None, None, :] - g_m[None, :, None, :]
    return (
        np.cos((2.0 * np.pi) * (difference[..., 0] * u_k[:, 1] + difference[..., 1] * u_k[:, 0])) / np.square(n_k)
    ).sum(axis=2)
