from __future__ import annotations

import jax
import jax.numpy as jnp

from refkernels._jax_functions import cos2pi
from refkernels.w_tilde import turns
from refkernels.w_tilde.jax_ import arguments, checked


def _eager(n_k, u_k, g_m):
    """`iterative` without a jit: every operation is dispatched by itself, K times, and makes a matrix."""
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    difference = g_m[:, None, :] - g_m[None, :, :]
    dy, dx = difference[..., 0], difference[..., 1]
    matrix = jnp.zeros(dy.shape)
    for n, (u, v) in zip(n_k, u_k, strict=True):
        matrix = matrix + jnp.cos((2.0 * jnp.pi) * (dx * u + dy * v)) / (n * n)
    return matrix


@jax.jit
def _naive(n_k, u_k, g_m):
    """One expression over arrays of shape (M, M, K); XLA fuses them to one, and keeps that in memory."""
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    difference = g_m[:, None, None, :] - g_m[None, :, None, :]
    phase = (2.0 * jnp.pi) * (difference[..., 0] * u_k[:, 1] + difference[..., 1] * u_k[:, 0])
    return (jnp.cos(phase) / jnp.square(n_k)).sum(axis=2)


@jax.jit
def _last_axis(n_k, u_k, g_m):
    """The sum over k as the inner loop: additions in a fixed order, which no compiler may vectorise."""
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    phase, weights = turns(u_k, g_m), 1.0 / (n_k * n_k)
    return jnp.sum(weights * cos2pi(phase[:, None, :] - phase[None, :, :]), axis=2)


eager, naive, last_axis = checked(_eager), checked(_naive), checked(_last_axis)
