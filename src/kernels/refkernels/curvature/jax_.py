from __future__ import annotations

import operator
from functools import partial

import numpy as np
from jax import config, core, jit, lax
from jax import grad as gradient
from jax import numpy as jnp
from jax import vmap as batched
from jax.experimental.sparse import BCOO

from refkernels._float64 import require_x64
from refkernels.curvature import check, check_values, require_dense, require_table


def default(w, indices, weights, pixels, offsets=None):
    """T^T twice: scans over the image points that update one row of the result in place for each of its pixels.

    Its derivative is slow; where one is wanted, use `grad`, or differentiate `jax_sparse`.

    All functions here take JAX or NumPy arrays and return JAX arrays that may still be being computed.
    """
    return _in_place(*_prepared(w, indices, weights, pixels, offsets))


def jax(w, indices, weights, pixels, offsets=None):
    """The formula with a dense T, whose zeros are most of the work."""
    require_x64(config)
    require_dense("jax", offsets)
    return _dense(*_prepared(w, indices, weights, pixels))


def jax_sparse(w, indices, weights, pixels, offsets=None):
    """T^T twice: scans over the image points, each a scatter of its row to all of its pixels."""
    return _scans(*_prepared(w, indices, weights, pixels, offsets))


def jax_BCOO(w, indices, weights, pixels, offsets=None):
    """JAX's own sparse matrices: T as BCOO, w dense."""
    require_x64(config)
    require_dense("jax_BCOO", offsets)
    return _bcoo(*_prepared(w, indices, weights, pixels))


def jax_compact_sparse(w, indices, weights, pixels, offsets=None):
    """w T row by row, rows from the table, under vmap; then T^T by a scan."""
    require_x64(config)
    require_table("jax_compact_sparse", offsets)
    return _compact(*_prepared(w, indices, weights, pixels, offsets))


def jax_compact_sparse_BCOO(w, indices, weights, pixels, offsets=None):
    """w T row by row, rows from the table, under vmap; then T^T as BCOO."""
    require_x64(config)
    require_table("jax_compact_sparse_BCOO", offsets)
    return _compact_bcoo(*_prepared(w, indices, weights, pixels, offsets))


def grad(w, indices, weights, pixels, offsets=None):
    """The gradient of the sum of the result with respect to (w, weights)."""
    return _gradient(*_prepared(w, indices, weights, pixels, offsets))


def vmap(w, indices, weights, pixels, offsets=None):
    """A batch: w, indices and weights have a leading axis."""
    require_x64(config)
    return _batch(*_prepared(w, indices, weights, pixels, offsets, batch=True))


def _prepared(w, indices, weights, pixels, offsets=None, batch=False):
    require_x64(config)
    pixels = operator.index(pixels)
    if batch:
        if not w.shape[:1] == indices.shape[:1] == weights.shape[:1] or not w.shape:
            raise ValueError(
                f"curvature: expected one leading axis, got shapes {w.shape}, {indices.shape}, {weights.shape}"
            )
        first = (np.empty(values.shape[1:], values.dtype) for values in (w, indices, weights))
        check(*first, pixels, offsets)
    else:
        check(w, indices, weights, pixels, offsets)
    traced = any(isinstance(values, core.Tracer) for values in (indices, offsets))
    if not traced:
        side = w.shape[-2]
        check_values(np.asarray(indices), pixels, None if offsets is None else np.asarray(offsets), side)
    return w, indices, weights, pixels, offsets


def _compiled(function):
    """Compiled for each number of pixels, of float64, and not even traced where nothing is added up."""

    @partial(jit, static_argnums=3)
    def run(w, indices, weights, pixels, offsets):
        if 0 in (pixels, *indices.shape):
            return jnp.zeros((pixels, pixels))
        w, indices, weights = w.astype(jnp.float64), indices.astype(jnp.int64), weights.astype(jnp.float64)
        return function(w, indices, weights, pixels, offsets)

    return run


def _rows(w, offsets):
    """What stands for the rows of w, and a function from one of these to its row."""
    if offsets is None:
        return w, lambda row: row
    side = w.shape[0]
    flat = jnp.concatenate([w[:0:-1, ::-1], w]).ravel()  # all four quadrants
    distances = offsets[:, 0].astype(jnp.int64) * (2 * side - 1) + offsets[:, 1]
    return distances + (side - 1) * 2 * side, lambda place: flat[place - distances]


def _scan(step, shape, *sequences):
    return lax.scan(lambda out, items: (step(out, *items), None), jnp.zeros(shape), sequences)[0]


@_compiled
def _in_place(w, indices, weights, pixels, offsets):
    entries = jnp.maximum(indices, 0), weights, indices >= 0

    def step(out, row, pixel_of, weights, there):
        for b in range(pixel_of.shape[0]):
            old = lax.dynamic_slice(out, (pixel_of[b], 0), (1, out.shape[1]))
            # Not a weight of 0 where there is no pixel: that would be NaN if the row is.
            new = old + jnp.where(there[b], weights[b] * row, 0.0)[None]
            out = lax.dynamic_update_slice(out, new, (pixel_of[b], 0))
        return out

    sources, row_of = _rows(w, offsets)
    half = _scan(lambda out, source, *rest: step(out, row_of(source), *rest), (pixels, len(indices)), sources, *entries)
    return _scan(step, (pixels, pixels), half.T, *entries).T


@_compiled
def _dense(w, indices, weights, pixels, _):
    points = jnp.arange(len(indices))[:, None]
    mapping = jnp.zeros((len(indices), pixels)).at[points, _or_beyond(indices, pixels)].add(weights, mode="drop")
    return mapping.T @ w @ mapping


def _or_beyond(indices, pixels):
    """-1, which JAX takes for the last, becomes `pixels`, which it drops."""
    return jnp.where(indices < 0, pixels, indices)


def _scatter(out, row, pixels_of, weights):
    return out.at[pixels_of].add(weights[:, None] * row, mode="drop")


@_compiled
def _scans(w, indices, weights, pixels, offsets):
    entries = _or_beyond(indices, pixels), weights
    sources, row_of = _rows(w, offsets)
    shape = pixels, len(indices)
    half = _scan(lambda out, source, *rest: _scatter(out, row_of(source), *rest), shape, sources, *entries)
    return _scan(_scatter, (pixels, pixels), half.T, *entries).T


@_compiled
def _bcoo(w, indices, weights, pixels, _):
    mapping = _sparse(indices, weights, pixels)
    return mapping.T @ (w @ mapping)


def _sparse(indices, weights, pixels):
    points, most = indices.shape
    places = jnp.stack([jnp.repeat(jnp.arange(points), most), _or_beyond(indices, pixels).ravel()], axis=1)
    return BCOO((weights.ravel(), places), shape=(points, pixels))


@_compiled
def _compact(w, indices, weights, pixels, offsets):
    product = _product_by_rows(w, indices, weights, pixels, offsets)
    return _scan(_scatter, (pixels, pixels), product, _or_beyond(indices, pixels), weights)


@_compiled
def _compact_bcoo(w, indices, weights, pixels, offsets):
    return _sparse(indices, weights, pixels).T @ _product_by_rows(w, indices, weights, pixels, offsets)


def _product_by_rows(w, indices, weights, pixels, offsets):
    """w T"""
    sources, row_of = _rows(w, offsets)
    at = _or_beyond(indices, pixels)

    def product(source):
        return jnp.zeros(pixels).at[at].add(weights * row_of(source)[:, None], mode="drop")

    return batched(product)(sources)


@partial(jit, static_argnums=3)
def _gradient(w, indices, weights, pixels, offsets):
    def total(w, weights):
        # Not in place: the derivative of that copies all of the result for each row.
        return _scans(w, indices, weights, pixels, offsets).sum()

    return gradient(total, argnums=(0, 1))(w.astype(jnp.float64), weights.astype(jnp.float64))


@partial(jit, static_argnums=3)
def _batch(w, indices, weights, pixels, offsets):
    return batched(lambda *arrays: _in_place(*arrays, pixels, offsets))(w, indices, weights)
