from __future__ import annotations

import jax
import jax.numpy as jnp

from refkernels import Unavailable
from refkernels._float64 import require_x64
from refkernels.matmul import check, result_type


def _product(a, b):
    dtype = result_type(a, b)
    # A device may have faster units that keep fewer digits; on a processor the setting changes nothing.
    return jnp.matmul(a.astype(dtype), b.astype(dtype), precision="highest")


_matmul = jax.jit(_product)
_gradient = jax.jit(jax.grad(lambda a, b: _product(a, b).sum(), argnums=(0, 1)))
_batched = jax.jit(jax.vmap(_product))


def default(a, b):
    """XLA's matrix product. Takes JAX or NumPy arrays, returns a JAX array that may still be being computed."""
    require_x64(jax.config)
    check(a, b)
    return _matmul(a, b)


def grad(a, b):
    """The gradient of sum(out) with respect to a and b, a pair; both must be of a floating type."""
    require_x64(jax.config)
    check(a, b)
    return _gradient(a, b)


def vmap(a, b):
    """One product for each of the matrices along the first axes of a (q,n,k) and b (q,k,m)."""
    require_x64(jax.config)
    if len(a.shape) != 3 or len(b.shape) != 3 or a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
        raise ValueError(f"matmul: expected shapes (q,n,k) and (q,k,m), got {tuple(a.shape)} and {tuple(b.shape)}")
    return _batched(a, b)


def gpu(a, b):
    """The same product on the first GPU, where the result stays; arrays that are there already are not copied."""
    require_x64(jax.config)
    check(a, b)
    try:
        device = jax.devices("gpu")[0]
    except RuntimeError as error:
        raise Unavailable(f"JAX has no GPU: {error}") from error
    return _matmul(*jax.device_put((a, b), device))
