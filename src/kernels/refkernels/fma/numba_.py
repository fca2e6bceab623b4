from __future__ import annotations

import numpy as np
from numba import njit, prange

from refkernels.fma._arguments import run

GROUP = 8  # arrays in a call of the compiled function, which knows them by number: always so many, whatever m
BLOCK = 8192  # elements; a part of `out` stays in cache while the group's arrays pass
ALONE = 65_536  # array elements, below which a call is over before a second thread has started
# Elements of `out` up to which all of a group at once is faster: from a cache eight streams are, from memory four.
IN_CACHE = 2**18

# Contraction is what the name asks for: one multiply-add, rounded once. Nothing is reordered.
FLAGS = {"error_model": "numpy", "fastmath": {"contract"}}


@njit(**FLAGS)
def _add_one(out, weights, arrays, j, start, stop):
    weight, a = weights[j], arrays[j][start:stop]
    for i in range(out.size):
        out[i] += weight * a[i]


@njit(**FLAGS)
def _add_four(out, weights, arrays, j, start, stop):
    w_a, w_b, w_c, w_d = weights[j], weights[j + 1], weights[j + 2], weights[j + 3]
    a, b = arrays[j][start:stop], arrays[j + 1][start:stop]
    c, d = arrays[j + 2][start:stop], arrays[j + 3][start:stop]
    for i in range(out.size):
        out[i] += w_a * a[i] + w_b * b[i] + w_c * c[i] + w_d * d[i]


@njit(**FLAGS)
def _add_eight(out, weights, arrays, start, stop):
    w_a, w_b, w_c, w_d = weights[0], weights[1], weights[2], weights[3]
    w_e, w_f, w_g, w_h = weights[4], weights[5], weights[6], weights[7]
    a, b, c, d = arrays[0][start:stop], arrays[1][start:stop], arrays[2][start:stop], arrays[3][start:stop]
    e, f, g, h = arrays[4][start:stop], arrays[5][start:stop], arrays[6][start:stop], arrays[7][start:stop]
    for i in range(out.size):
        first = w_a * a[i] + w_b * b[i] + w_c * c[i] + w_d * d[i]
        out[i] += first + (w_e * e[i] + w_f * f[i] + w_g * g[i] + w_h * h[i])


@njit(**FLAGS)
def _add_block(out, weights, arrays, block):
    start, stop = block * BLOCK, min(out.size, (block + 1) * BLOCK)
    part = out[start:stop]
    count = weights.size
    if count == GROUP and out.size <= IN_CACHE:
        _add_eight(part, weights, arrays, start, stop)
        return
    done = 0
    while done + 4 <= count:
        _add_four(part, weights, arrays, done, start, stop)
        done += 4
    for j in range(done, count):
        _add_one(part, weights, arrays, j, start, stop)


@njit(parallel=True, **FLAGS)
def _add_group(out, weights, arrays):
    blocks = (out.size + BLOCK - 1) // BLOCK
    if out.size * weights.size < ALONE:
        for block in range(blocks):
            _add_block(out, weights, arrays, block)
    else:
        for block in prange(blocks):
            _add_block(out, weights, arrays, np.int64(block))


@njit(**FLAGS)
def _add_group_serial(out, weights, arrays):
    for block in range((out.size + BLOCK - 1) // BLOCK):
        _add_block(out, weights, arrays, block)


@njit(parallel=True, **FLAGS)
def _add_fused(out, weights, a, b, c, d, e, f, g, h):
    w_a, w_b, w_c, w_d = weights[0], weights[1], weights[2], weights[3]
    w_e, w_f, w_g, w_h = weights[4], weights[5], weights[6], weights[7]
    for i in prange(out.size):
        first = w_a * a[i] + w_b * b[i] + w_c * c[i] + w_d * d[i]
        out[i] += first + (w_e * e[i] + w_f * f[i] + w_g * g[i] + w_h * h[i])


def default(out, weights, *arrays):
    """Blocks of `out` shared among the threads, several arrays at a time; compiled once for any number of arrays."""
    return run(_parallel, out, weights, arrays)


def serial(out, weights, *arrays):
    """The same on one thread."""
    return run(_serial, out, weights, arrays)


def fused(out, weights, *arrays):
    """Eight arrays in one statement, without blocks: eight streams at once. What eight leave over is as in default."""
    return run(_eight_at_a_time, out, weights, arrays)


def _parallel(out, weights, arrays):
    for some, group in _groups(weights, arrays):
        _add_group(out, some, group)


def _serial(out, weights, arrays):
    for some, group in _groups(weights, arrays):
        _add_group_serial(out, some, group)


def _eight_at_a_time(out, weights, arrays):
    for some, group in _groups(weights, arrays):
        if some.size == GROUP:
            _add_fused(out, some, *group)
        else:
            _add_group(out, some, group)


def _groups(weights, arrays):
    """(weights, arrays) of each group: fewer weights in the last, but always GROUP arrays."""
    for start in range(0, len(arrays), GROUP):
        group = arrays[start : start + GROUP]
        yield weights[start : start + GROUP], (*group, *group[:1] * (GROUP - len(group)))
