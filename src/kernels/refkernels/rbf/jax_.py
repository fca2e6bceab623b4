from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from refkernels._float64 import require_x64
from refkernels.rbf import TINY, check

BLOCK = 2**18  # point pairs at a time: enough work to share among threads, and no (Q, P) matrix


@jax.jit
def _rbf(x, y, coeffs, powers, shift, scale, epsilon):
    x, y, coeffs, shift, scale = (values.astype(jnp.float64) for values in (x, y, coeffs, shift, scale))
    points = y.shape[0]
    half, polynomial = 0.5 * coeffs[:points], coeffs[points:]

    def row(point):
        squared = sum((point[d] - y[:, d]) ** 2 for d in range(y.shape[1])) * epsilon**2
        basis = squared * jnp.log(jnp.maximum(squared, TINY))
        monomials = jnp.prod(((point - shift) / scale) ** powers, axis=1)
        # One column is summed within the loop that makes the basis; several share it through a matrix product.
        splines = jnp.sum(basis[:, None] * half, axis=0) if half.shape[1] == 1 else basis @ half
        return splines + monomials @ polynomial

    return lax.map(row, x, batch_size=max(1, BLOCK // max(1, points)))


def default(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """Blocks of rows, each a loop fused by XLA.

    Takes JAX or NumPy arrays, returns a JAX array that may still be being computed.
    """
    require_x64(jax.config)
    check(x, y, coeffs, powers, shift, scale, radial)
    shape = x.shape[0], coeffs.shape[1]
    if 0 in shape:
        return jnp.empty(shape)
    return _rbf(x, y, coeffs, powers, shift, scale, float(epsilon))
