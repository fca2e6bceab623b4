from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from refkernels._float64 import require_x64
from refkernels._jax_functions import cos2pi, sincos2pi
from refkernels.w_tilde import check, turns

SIDE = 16  # of a tile of the matrix
TERMS = 16  # visibilities at a time: enough work for each turn of the loop to be shared among threads
BLOCK = 2**18  # cosines at a time, where the sum over k is the inner loop


def arguments(n_k, u_k, g_m):
    """The arguments as float64 arrays, which cost nothing within a compiled function."""
    return tuple(jnp.asarray(values).astype(jnp.float64) for values in (n_k, u_k, g_m))


def checked(compiled):
    """A variant of a compiled function: JAX's settings and the shapes are looked at, and an empty grid is answered."""

    def variant(n_k, u_k, g_m):
        require_x64(jax.config)
        n_k, u_k, g_m = (values if hasattr(values, "shape") else np.asarray(values) for values in (n_k, u_k, g_m))
        check(n_k, u_k, g_m)
        if g_m.shape[0] == 0 or n_k.shape[0] == 0:
            return jnp.zeros((g_m.shape[0], g_m.shape[0]))
        return compiled(n_k, u_k, g_m)

    variant.__doc__ = compiled.__doc__
    variant.__name__ = compiled.__name__.lstrip("_")
    return variant


def _add(matrix, rows, columns, weights):
    """matrix + sum_k weights[k] cos(rows[k] - columns[k]), for a few k: one loop over the matrix."""
    for row, column, weight in zip(rows, columns, weights, strict=True):
        matrix = matrix + weight * cos2pi(row[..., :, None] - column[..., None, :])
    return matrix


@jax.jit
def _default(n_k, u_k, g_m):
    """Tiles of the upper half, all of them at a time, a few visibilities after the other; then mirrored.

    Takes JAX or NumPy arrays, returns a JAX array that may still be being computed.
    """
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    points, terms = g_m.shape[0], n_k.shape[0]
    tiles, steps = math.ceil(points / SIDE), math.ceil(terms / TERMS)
    side, few = math.ceil(points / tiles), math.ceil(terms / steps)
    upper, lower = np.triu_indices(tiles)
    # What is missing of the last step weighs nothing, what is missing of the last tile is cut off.
    behind = (0, steps * few - terms), (0, tiles * side - points)
    phase = jnp.pad(turns(u_k, g_m).T, behind).reshape(steps, few, tiles, side)
    weights = jnp.pad(1.0 / (n_k * n_k), behind[0]).reshape(steps, few)

    def step(half, at_step):
        phase, weights = at_step
        # The rows of each tile are gathered first: a slice taken within the loop would keep it from being vectorised.
        return _add(half, phase[:, upper], phase[:, lower], weights), None

    half, _ = lax.scan(step, jnp.zeros((len(upper), side, side)), (phase, weights))
    out = jnp.zeros((tiles, side, tiles, side))
    out = out.at[lower, :, upper, :].set(half.transpose(0, 2, 1)).at[upper, :, lower, :].set(half)
    return out.reshape(tiles * side, tiles * side)[:points, :points]


@jax.jit
def _full(n_k, u_k, g_m):
    """A scan over the visibilities, each added to the whole matrix: `iterative` with a cosine that is vectorised."""
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    phase = turns(u_k, g_m).T

    def step(matrix, at_step):
        phase, weight = at_step
        return _add(matrix, phase[None], phase[None], weight[None]), None

    points = g_m.shape[0]
    return lax.scan(step, jnp.zeros((points, points)), (phase, 1.0 / (n_k * n_k)))[0]


@jax.jit
def _symmetric(n_k, u_k, g_m):
    """Half of the matrix by distance along the list of points, then gathered; the sum over k is the inner loop."""
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    phase, weights = turns(u_k, g_m), 1.0 / (n_k * n_k)
    points, terms = phase.shape
    # Half of a symmetric matrix without a ragged shape: going round in a circle, j is at most points // 2 steps ahead
    # of i, or i of j. So w[i, i + step] for these steps, a (points // 2 + 1, points) rectangle, is all there is.
    reach = points // 2
    around = jnp.concatenate([phase, phase[:reach]])

    def ahead(step):
        return cos2pi(phase - lax.dynamic_slice_in_dim(around, step, points)) @ weights

    half = lax.map(ahead, jnp.arange(reach + 1), batch_size=max(1, BLOCK // (points * terms)))
    index = jnp.arange(points)
    steps = (index[None, :] - index[:, None]) % points
    # Of two points exactly opposite each other, the first decides: the matrix is symmetric to the last bit.
    near = (2 * steps < points) | ((2 * steps == points) & (index[:, None] < index[None, :]))
    return half[jnp.where(near, steps, points - steps), jnp.where(near, index[:, None], index[None, :])]


@jax.jit
def _iterative(n_k, u_k, g_m):
    """As the notes on JAX and Numba write it: a scan over the visibilities with `jnp.cos`, one number at a time."""
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    difference = g_m[:, None, :] - g_m[None, :, :]
    dy, dx = difference[..., 0], difference[..., 1]

    def step(matrix, visibility):
        n, u = visibility
        return matrix + jnp.cos((2.0 * jnp.pi) * (dx * u[0] + dy * u[1])) / (n * n), None

    return lax.scan(step, jnp.zeros(dy.shape), (n_k, u_k))[0]


@jax.jit
def _factored(n_k, u_k, g_m):
    """A A^T with A = [cos, sin] / n: 2 M K elementary functions and a matrix product."""
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    sine, cosine = sincos2pi(turns(u_k, g_m))
    factor = jnp.concatenate([cosine / n_k, sine / n_k], axis=1)
    return factor @ factor.T


def _total(n_k, u_k, g_m):
    """sum(w), factored: differentiating the loop over k would keep a matrix for each of its turns."""
    n_k, u_k, g_m = arguments(n_k, u_k, g_m)
    phase = turns(u_k, g_m)
    factor = jnp.concatenate([cos2pi(phase) / n_k, cos2pi(phase - 0.25) / n_k], axis=1)
    return jnp.sum(factor @ factor.T)


default, full, symmetric = checked(_default), checked(_full), checked(_symmetric)
iterative, factored = checked(_iterative), checked(_factored)
_gradient = jax.jit(jax.grad(_total, argnums=(0, 1, 2)))
_batch = jax.jit(jax.vmap(_default))


def grad(n_k, u_k, g_m):
    """The gradient of sum(w) with respect to (n_k, u_k, g_m), a tuple of arrays of their shapes."""
    require_x64(jax.config)
    check(n_k, u_k, g_m)
    return _gradient(*arguments(n_k, u_k, g_m))


def vmap(n_k, u_k, g_m):
    """default for a batch of problems: n_k (B,K), u_k (B,K,2), g_m (B,M,2) give (B,M,M)."""
    require_x64(jax.config)
    shapes = n_k.shape, u_k.shape, g_m.shape
    batch = shapes[0][:1]
    if not batch or any(shape[:1] != batch for shape in shapes):
        raise ValueError(f"w_tilde: expected shapes (B,K), (B,K,2) and (B,M,2), got {', '.join(map(str, shapes))}")
    one = [jax.ShapeDtypeStruct(shape[1:], jnp.float64) for shape in shapes]
    check(*one)
    if 0 in (*batch, one[0].shape[0], one[2].shape[0]):
        return jnp.zeros((*batch, one[2].shape[0], one[2].shape[0]))
    return _batch(n_k, u_k, g_m)
