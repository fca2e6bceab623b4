from __future__ import annotations

import functools
import math
import operator

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from refkernels._float64 import require_x64
from refkernels._jax_functions import cos2pi
from refkernels.w_compact import check

TERMS = 16  # visibilities at a time: enough work for each turn of the loop to be shared among threads

static_side = functools.partial(jax.jit, static_argnames="side")


def _arguments(n_k, u_k, pixel):
    """The noise, the weights, and the baselines in turns per step of the grid, (K,) each."""
    n_k, u_k = (values.astype(jnp.float64) for values in (n_k, u_k))
    turns = u_k * jnp.asarray(pixel, dtype=jnp.float64)
    return 1.0 / (n_k * n_k), turns[:, 0], turns[:, 1]


def _shape(side):
    return side, max(0, 2 * side - 1)


@static_side
def _default(n_k, u_k, pixel, side):
    if side == 0:
        return jnp.zeros((0, 0))
    weights, u, v = _arguments(n_k, u_k, pixel)
    multiples = jnp.arange(side, dtype=jnp.float64)[:, None]
    down, across = multiples * v, multiples * u
    # Sines as cosines, which can be differentiated; all of them take half the time, and multiplying more than that.
    cosines = (weights * cos2pi(down)) @ cos2pi(across).T
    sines = (weights * cos2pi(down - 0.25)) @ cos2pi(across - 0.25).T
    return jnp.concatenate([(cosines - sines)[:, :0:-1], cosines + sines], axis=1)


@static_side
def _direct(n_k, u_k, pixel, side):
    if 0 in (side, n_k.size):
        return jnp.zeros(_shape(side))
    weights, u, v = _arguments(n_k, u_k, pixel)
    m, n = (index.astype(jnp.float64) for index in jnp.indices((side, 2 * side - 1), sparse=True))
    n = n - (side - 1)
    steps = math.ceil(u.size / TERMS)
    few = math.ceil(u.size / steps)
    in_steps = [jnp.pad(values, (0, steps * few - u.size)).reshape(steps, few) for values in (weights, u, v)]

    def step(table, at_step):
        for weight, u, v in zip(*at_step, strict=True):
            table = table + weight * cos2pi(n * u - m * v)
        return table, None

    return lax.scan(step, jnp.zeros(_shape(side)), in_steps)[0]


@static_side
def _seed(n_k, u_k, pixel, side):
    n_k, u_k, pixel = (jnp.asarray(values, dtype=jnp.float64) for values in (n_k, u_k, pixel))
    m, n = jnp.arange(side)[:, None], jnp.arange(1 - side, side)

    def step(table, visibility):
        noise, (u, v) = visibility
        return table + jnp.cos((2.0 * jnp.pi * pixel) * (n * u - m * v)) / (noise * noise), None

    return lax.scan(step, jnp.zeros(_shape(side)), (n_k, u_k))[0]


@static_side
def _expanded(n_k, u_k, pixel, side):
    if side == 0:
        return jnp.zeros((0, 0))
    table = _default(n_k, u_k, pixel, side)
    # Distances from -(N-1) to N-1 along both axes; turned by half a turn the table is the same, as the cosine is even.
    whole = jnp.concatenate([table[:0:-1, ::-1], table])
    index = np.arange(side * side)

    def point(row, column):
        return lax.dynamic_slice(whole, (side - 1 - row, side - 1 - column), (side, side)).reshape(-1)

    return jax.vmap(point)(index // side, index % side)


@static_side
def _gradient(n_k, u_k, pixel, side):
    def total(n_k, u_k):
        return jnp.sum(_default(n_k, u_k, pixel, side))

    return jax.grad(total, argnums=(0, 1))(n_k.astype(jnp.float64), u_k.astype(jnp.float64))


@static_side
def _batch(n_k, u_k, pixel, side):
    return jax.vmap(lambda n_k, u_k: _default(n_k, u_k, pixel, side))(n_k, u_k)


def default(n_k, u_k, side, pixel):
    """Factored: 4 N K cosines, then two matrix products.

    Takes JAX or NumPy arrays, returns a JAX array that may still be being computed.
    """
    return _run(_default, n_k, u_k, side, pixel)


def direct(n_k, u_k, side, pixel):
    """The sum as it stands, a few visibilities after the other, with a cosine that is vectorised."""
    return _run(_direct, n_k, u_k, side, pixel)


def seed(n_k, u_k, side, pixel):
    """As the notes on JAX and Numba write it: a scan over the visibilities with `jnp.cos`, one number at a time."""
    return _run(_seed, n_k, u_k, side, pixel)


def expanded(n_k, u_k, side, pixel):
    """The matrix for all pairs of points, (N^2, N^2): a table is computed, the rest is copying."""
    return _run(_expanded, n_k, u_k, side, pixel)


def grad(n_k, u_k, side, pixel):
    """The gradient of sum(W) with respect to (n_k, u_k), a tuple of arrays of their shapes."""
    return _run(_gradient, n_k, u_k, side, pixel)


def vmap(n_k, u_k, side, pixel):
    """default for a batch of problems on one grid: n_k (B,K) and u_k (B,K,2) give (B, N, 2 N - 1)."""
    return _run(_batch, n_k, u_k, side, pixel, batch=1)


def _run(compiled, n_k, u_k, side, pixel, batch=0):
    require_x64(jax.config)
    n_k, u_k = (values if hasattr(values, "shape") else np.asarray(values) for values in (n_k, u_k))
    if len(n_k.shape) < batch or n_k.shape[:batch] != u_k.shape[:batch]:
        raise ValueError(f"w_compact: expected shapes (B,K) and (B,K,2), got {n_k.shape} and {u_k.shape}")
    check(*(jax.ShapeDtypeStruct(values.shape[batch:], values.dtype) for values in (n_k, u_k)), side)
    return compiled(n_k, u_k, pixel, side=operator.index(side))
