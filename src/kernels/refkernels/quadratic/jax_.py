from __future__ import annotations

import jax
import jax.numpy as jnp

from refkernels._float64 import require_x64
from refkernels.quadratic import check


@jax.jit
def _quadratic(a, b, c):
    a, b, c = (values.astype(jnp.float64) for values in (a, b, c))
    return (-b + jnp.sqrt(b * b - 4.0 * a * c)) / (2.0 * a)


def default(a, b, c, out=None):
    """One fused loop by XLA. Takes JAX or NumPy arrays, returns a JAX array that may still be being computed."""
    require_x64(jax.config)
    if out is not None:
        raise TypeError("quadratic in JAX takes no out=: JAX arrays cannot be written to. Use the returned array.")
    check(a, b, c)
    return _quadratic(a, b, c)
