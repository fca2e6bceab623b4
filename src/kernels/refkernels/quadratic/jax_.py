from __future__ import annotations

import jax
import jax.numpy as jnp

from refkernels._float64 import require_x64
from refkernels.quadratic import check


def formula(a, b, c):
    return (-b + jnp.sqrt(b * b - 4.0 * a * c)) / (2.0 * a)


def doubles(*arrays):
    return [values.astype(jnp.float64) for values in arrays]


@jax.jit
def fused(a, b, c):
    return formula(*doubles(a, b, c))


@jax.jit
def _gradient(a, b, c):
    return jax.grad(lambda a, b, c: formula(a, b, c).sum(), argnums=(0, 1, 2))(*doubles(a, b, c))


_batched = jax.jit(jax.vmap(fused))


def default(a, b, c, out=None):
    """One fused loop by XLA. Takes JAX or NumPy arrays, returns a JAX array that may still be being computed."""
    prepare(a, b, c, out)
    return fused(a, b, c)


def grad(a, b, c, out=None):
    """The derivatives of the roots with respect to a, b and c: the gradient of their sum, three arrays (n,)."""
    prepare(a, b, c, out)
    return _gradient(a, b, c)


def vmap(a, b, c, out=None):
    """The roots of a batch: all arrays (B, n)."""
    prepare(a, b, c, out, dimensions=2)
    return _batched(a, b, c)


def prepare(a, b, c, out, dimensions=1):
    """Raise what the promises say, before anything is computed."""
    require_x64(jax.config)
    if out is not None:
        raise TypeError("quadratic in JAX takes no out=: JAX arrays cannot be written to. Use the returned array.")
    check(a, b, c, dimensions=dimensions)
