from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

from refkernels._float64 import require_x64
from refkernels._jax_functions import log
from refkernels.rbf import FACTORS, TINY, check

ROWS = 8192  # of the output at a time: what a step of the loop over data points reads and writes stays in the cache
VECTORS = 64  # rows that a block has a multiple of: XLA shares them among threads, and vectorises only equal shares
UNROLLED = 10  # data points in one step of that loop: enough work for a second thread to be worth waking
PAIRS = 2**18  # at a time, where blocks of the (Q, P) matrix are made

# XLA keeps to half of an AVX-512 register unless it is told otherwise. Elsewhere the option has no effect.
WIDE = {"xla_cpu_prefer_vector_width": 512}


@jax.custom_jvp
def _root(squared):
    return jnp.sqrt(squared)


@_root.defjvp
def _(primals, tangents):
    # A distance has no derivative at 0. All radial functions are even, or meet their mirror image there: 0 it is.
    root = jnp.sqrt(primals[0])
    return root, jnp.where(root > 0, 0.5 / jnp.where(root > 0, root, 1.0), root * 0.0) * tangents[0]


# phi(r) as a function of r^2 and the logarithm to use, but for the factor in FACTORS.
BASES = {
    # This logarithm of NaN and infinity is finite; the factor in front carries them on.
    "thin_plate_spline": lambda squared, log: squared * log(squared + TINY),
    "linear": lambda squared, log: _root(squared),
    "cubic": lambda squared, log: squared * _root(squared),
    "quintic": lambda squared, log: squared * squared * _root(squared),
    "multiquadric": lambda squared, log: jnp.sqrt(squared + 1.0),
    "inverse_multiquadric": lambda squared, log: 1.0 / jnp.sqrt(squared + 1.0),
    "inverse_quadratic": lambda squared, log: 1.0 / (squared + 1.0),
    "gaussian": lambda squared, log: jnp.exp(-squared),
}


def _as_float64(*arrays):
    for array in arrays:
        if jnp.issubdtype(array.dtype, jnp.complexfloating):
            raise TypeError(f"rbf: expected real numbers, got {array.dtype}")
    return (jnp.asarray(array, dtype=jnp.float64) for array in arrays)


def _polynomial(x, polynomial, powers, shift, scale):
    """(S, Q), powers taken by repeated multiplication: XLA's `power` is the C library's, one number at a time."""
    scaled = [(x[:, d] - shift[d]) / scale[d] for d in range(x.shape[1])]
    scaled = [jnp.where(powers[:, d, None] < 0, 1.0 / values, values) for d, values in enumerate(scaled)]
    counts = jnp.abs(powers)

    def multiply(done, terms):
        for d, values in enumerate(scaled):
            terms = terms * jnp.where(counts[:, d, None] > done, values, 1.0)
        return terms

    # The first factors are outside of the loop: up to degree 1 its body never runs.
    terms = multiply(0, jnp.ones((powers.shape[0], x.shape[0])))
    terms = lax.fori_loop(1, jnp.max(counts), multiply, terms)
    if polynomial.shape[1] == 1:
        return jnp.sum(polynomial * terms, axis=0)[None]
    return polynomial.T @ terms


def _splines(x, y, weights, basis, start):
    """start (S, Q) plus the weighted basis functions, a few data points at a time."""
    columns = [x[:, d] for d in range(x.shape[1])]
    points, outputs = weights.shape
    steps = -(-points // UNROLLED)
    each = -(-points // steps)
    # What is missing in the last step is the last point once more, with weight 0: finite where that point is.
    y = jnp.pad(y, ((0, steps * each - points), (0, 0)), mode="edge").reshape(steps, each, -1)
    weights = jnp.pad(weights, ((0, steps * each - points), (0, 0))).reshape(steps, each, outputs)

    def step(sums, chunk):
        centers, weights = chunk
        squares = [sum((values - centers[p, d]) ** 2 for d, values in enumerate(columns)) for p in range(each)]
        values = [basis(squared) for squared in squares]
        if outputs > 1:
            return sums + weights.T @ jnp.stack(values), None
        for p in range(each):
            sums = sums + weights[p] * values[p]
        return sums, None

    return lax.scan(step, start, (y, weights))[0]


def _evaluate(x, y, coeffs, powers, shift, scale, epsilon, radial, rows=ROWS, log=log):
    x, y, coeffs, shift, scale = _as_float64(x, y, coeffs, shift, scale)
    points, queries = y.shape[0], x.shape[0]
    weights, polynomial = FACTORS[radial] * coeffs[:points], coeffs[points:]
    centers = y * epsilon
    blocks = -(-queries // rows)
    rows = -(-queries // (blocks * VECTORS)) * VECTORS

    def block(x):
        sums = jnp.zeros((coeffs.shape[1], x.shape[0]))
        if powers.shape[0]:
            sums = _polynomial(x, polynomial, powers, shift, scale)
        if points:
            sums = _splines(x * epsilon, centers, weights, partial(BASES[radial], log=log), sums)
        return sums.T

    def fill(index, out):
        # The last block starts earlier rather than being shorter: slices are moved to where they fit.
        start = index * rows
        return lax.dynamic_update_slice_in_dim(out, block(lax.dynamic_slice_in_dim(x, start, rows)), start, axis=0)

    if blocks == 1:
        return block(jnp.pad(x, ((0, rows - queries), (0, 0)), mode="edge"))[:queries]
    return lax.fori_loop(0, blocks, fill, jnp.zeros((queries, coeffs.shape[1])))


_default = jax.jit(_evaluate, static_argnames="radial", compiler_options=WIDE)
# Inside somebody's own jit, options are theirs to give.
_traced = jax.jit(_evaluate, static_argnames="radial")


def _run(evaluate, x, y, coeffs, powers, shift, scale, radial, epsilon):
    require_x64(jax.config)
    check(x, y, coeffs, powers, shift, scale, radial)
    shape = x.shape[0], coeffs.shape[1]
    if 0 in shape:
        return jnp.empty(shape)
    return evaluate(x, y, coeffs, powers, shift, scale, float(epsilon), radial=radial)


def default(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """Blocks of rows; in each a loop over the data points, a few of them in one loop that XLA fuses and vectorises.

    Takes JAX or NumPy arrays, returns a JAX array that may still be being computed.
    """
    traced = any(isinstance(array, jax.core.Tracer) for array in (x, y, coeffs, powers, shift, scale))
    return _run(_traced if traced else _default, x, y, coeffs, powers, shift, scale, radial, epsilon)


@partial(jax.jit, static_argnames="radial", compiler_options=WIDE)
def _scan(x, y, coeffs, powers, shift, scale, epsilon, radial):
    return _evaluate(x, y, coeffs, powers, shift, scale, epsilon, radial, rows=x.shape[0])


def scan(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """As the default, all rows at once: every step over the data points goes through memory."""
    return _run(_scan, x, y, coeffs, powers, shift, scale, radial, epsilon)


def write_out(x, y, coeffs, powers, shift, scale, epsilon, radial):
    """The formula as in NumPy: a matrix (Q, P + R), and one product."""
    x, y, coeffs, shift, scale = _as_float64(x, y, coeffs, shift, scale)
    squared = jnp.sum((epsilon * x[:, None] - epsilon * y) ** 2, axis=-1)
    basis = FACTORS[radial] * BASES[radial](squared, log=jnp.log)
    monomials = jnp.prod(((x - shift) / scale)[:, None] ** powers, axis=-1)
    return jnp.concatenate([basis, monomials], axis=1) @ coeffs


_matrix = jax.jit(write_out, static_argnames="radial")


def matrix(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """The formula as in NumPy, jitted: XLA fuses all but the product, so the (Q, P + R) matrix exists."""
    return _run(_matrix, x, y, coeffs, powers, shift, scale, radial, epsilon)


def _by_rows(x, y, coeffs, powers, shift, scale, epsilon, radial, log=jnp.log):
    """One row of the result after the other, batches of them at a time; can be differentiated in reverse."""
    x, y, coeffs, shift, scale = _as_float64(x, y, coeffs, shift, scale)
    points = y.shape[0]
    weights, polynomial = FACTORS[radial] * coeffs[:points], coeffs[points:]
    centers = y * epsilon

    def row(point):
        scaled = point * epsilon
        squared = sum((scaled[d] - centers[:, d]) ** 2 for d in range(y.shape[1]))
        basis = BASES[radial](squared, log=log)
        monomials = jnp.prod(((point - shift) / scale) ** powers, axis=1)
        # One column is summed within the loop that makes the basis; several share it through a matrix product.
        splines = jnp.sum(basis[:, None] * weights, axis=0) if weights.shape[1] == 1 else basis @ weights
        return splines + monomials @ polynomial

    # Without the checkpoint a gradient would keep what every block has computed on its way.
    return lax.map(jax.checkpoint(row), x, batch_size=max(1, PAIRS // max(1, points)))


_fused = jax.jit(_by_rows, static_argnames="radial")


def fused(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """`lax.map` over blocks of rows with XLA's own logarithm: no (Q, P) matrix, but one call for each logarithm."""
    return _run(_fused, x, y, coeffs, powers, shift, scale, radial, epsilon)


@partial(jax.jit, static_argnames="radial", compiler_options=WIDE)
def _gradient(x, y, coeffs, powers, shift, scale, epsilon, radial):
    def total(x, y, coeffs, shift, scale):
        return jnp.sum(_by_rows(x, y, coeffs, powers, shift, scale, epsilon, radial, log=log))

    return jax.grad(total, argnums=(0, 1, 2, 3, 4))(*_as_float64(x, y, coeffs, shift, scale))


def grad(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """Gradients of sum(out) with respect to (x, y, coeffs, shift, scale)."""
    require_x64(jax.config)
    check(x, y, coeffs, powers, shift, scale, radial)
    if 0 in (x.shape[0], coeffs.shape[1]):
        return tuple(jnp.zeros(array.shape) for array in (x, y, coeffs, shift, scale))
    return _gradient(x, y, coeffs, powers, shift, scale, float(epsilon), radial=radial)


@partial(jax.jit, static_argnames="radial", compiler_options=WIDE)
def _batched(x, y, coeffs, powers, shift, scale, epsilon, radial):
    def one(x, y, coeffs, shift, scale):
        return _evaluate(x, y, coeffs, powers, shift, scale, epsilon, radial)

    return jax.vmap(one)(x, y, coeffs, shift, scale)


def vmap(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """Many problems of one shape: x (B,Q,D), y (B,P,D), coeffs (B,P+R,S), shift and scale (B,D), out (B,Q,S)."""
    require_x64(jax.config)
    batches = {array.shape[:1] for array in (x, y, coeffs, shift, scale)}
    if len(batches) != 1 or () in batches:
        got = ", ".join(str(tuple(array.shape)) for array in (x, y, coeffs, shift, scale))
        raise ValueError(f"rbf: expected one length of the first axis of x, y, coeffs, shift and scale, got {got}")
    first = (jax.ShapeDtypeStruct(array.shape[1:], array.dtype) for array in (x, y, coeffs, shift, scale))
    x_first, y_first, coeffs_first, *others = first
    check(x_first, y_first, coeffs_first, powers, *others, radial)
    shape = x.shape[0], x.shape[1], coeffs.shape[2]
    if 0 in shape:
        return jnp.empty(shape)
    return _batched(x, y, coeffs, powers, shift, scale, float(epsilon), radial=radial)
