from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import lax

from refkernels._float64 import require_x64
from refkernels.w_tilde import check, phases

BLOCK = 2**18  # cosines at a time: enough work to share among threads


@jax.jit
def _w_tilde(n_k, u_k, g_m):
    n_k, u_k, g_m = (values.astype(jnp.float64) for values in (n_k, u_k, g_m))
    phase, weights = phases(u_k, g_m, math.pi), 1.0 / (n_k * n_k)
    points, terms = phase.shape
    # Half of a symmetric matrix without a ragged shape: going round in a circle, j is at most points // 2 steps ahead
    # of i, or i of j. So w[i, i + step] for these steps, a (points // 2 + 1, points) rectangle, is all there is.
    reach = points // 2
    around = jnp.concatenate([phase, phase[:reach]])

    def ahead(step):
        return jnp.cos(phase - lax.dynamic_slice_in_dim(around, step, points)) @ weights

    half = lax.map(ahead, jnp.arange(reach + 1), batch_size=max(1, BLOCK // max(1, points * terms)))
    index = jnp.arange(points)
    steps = (index[None, :] - index[:, None]) % points
    # Of two points exactly opposite each other, the first decides: the matrix is symmetric to the last bit.
    near = (2 * steps < points) | ((2 * steps == points) & (index[:, None] < index[None, :]))
    return half[jnp.where(near, steps, points - steps), jnp.where(near, index[:, None], index[None, :])]


def default(n_k, u_k, g_m):
    """Half of the matrix by distance along the list of points, then gathered.

    Takes JAX or NumPy arrays, returns a JAX array that may still be being computed.
    """
    require_x64(jax.config)
    check(n_k, u_k, g_m)
    if g_m.shape[0] == 0:
        return jnp.empty((0, 0))
    return _w_tilde(n_k, u_k, g_m)
