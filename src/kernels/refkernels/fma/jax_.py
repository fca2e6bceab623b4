from __future__ import annotations

import jax

from refkernels._float64 import require_x64
from refkernels.fma import check


def formula(out, weights, *arrays):
    return out + sum(weights[j] * array for j, array in enumerate(arrays))


def _of_one_type(out, weights, *arrays):
    return [values.astype(out.dtype) for values in (out, weights, *arrays)]


@jax.jit
def _fused(*arguments):
    return formula(*_of_one_type(*arguments))


@jax.jit
def _gradient(*arguments):
    places = tuple(range(len(arguments)))
    return jax.grad(lambda *converted: formula(*converted).sum(), argnums=places)(*_of_one_type(*arguments))


_batched = jax.jit(jax.vmap(_fused))


def default(out, weights, *arrays):
    """One loop over all arrays, fused by XLA; compiled anew for every number of arrays and every length.

    Takes JAX or NumPy arrays, returns a JAX array that may still be being computed; `out` stays as it is.
    """
    prepare(out, weights, arrays)
    return _fused(out, weights, *arrays)


def grad(out, weights, *arrays):
    """The gradient of the sum of the result with respect to every argument: arrays of the arguments' shapes."""
    prepare(out, weights, arrays)
    return _gradient(out, weights, *arrays)


def vmap(out, weights, *arrays):
    """A batch of sums: out and arrays (B, n), weights (B, m)."""
    prepare(out, weights, arrays, batched=True)
    return _batched(out, weights, *arrays)


def prepare(out, weights, arrays, batched=False):
    """Raise what the promises say, before anything is computed."""
    require_x64(jax.config)
    check(out, weights, arrays, batched)
