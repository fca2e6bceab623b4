from __future__ import annotations

import jax
import jax.numpy as jnp

from refkernels._float64 import require_x64
from refkernels.batched_matmul import check


def _products(a, b):
    return jax.vmap(jnp.matmul)(a.astype(jnp.float64), b.astype(jnp.float64))


_batched = jax.jit(_products)
_gradient = jax.jit(jax.grad(lambda a, b: _products(a, b).sum(), argnums=(0, 1)))
_batches = jax.jit(jax.vmap(_products))


def default(a, b):
    """One product, mapped over the batch. Takes JAX or NumPy arrays, returns a JAX array that may not be ready yet."""
    require_x64(jax.config)
    check(a, b)
    return _batched(a, b)


def grad(a, b):
    """The gradient of sum(out) with respect to a and b, a pair; both must be of a floating type."""
    require_x64(jax.config)
    check(a, b)
    return _gradient(a, b)


def vmap(a, b):
    """Several batches: a and b (q,b,n,n)."""
    require_x64(jax.config)
    if len(a.shape) != 4 or a.shape != b.shape or a.shape[2] != a.shape[3]:
        raise ValueError(
            f"batched_matmul: expected one shape (q,b,n,n) for both, got {tuple(a.shape)} and {tuple(b.shape)}"
        )
    return _batches(a, b)
