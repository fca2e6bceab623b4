from __future__ import annotations

import numpy as np
from numba import get_num_threads, njit, prange

from refkernels.curvature._numba_lanes import LANES, load, multiply_add, store, transpose, zeros
from refkernels.curvature._numba_loops import (
    numba_compact_sparse,
    numba_compact_sparse_direct,
    numba_sparse,
    original_preload_direct,
    prepared,
)

__all__ = [
    "default",
    "numba_compact_sparse",
    "numba_compact_sparse_direct",
    "numba_sparse",
    "original_preload_direct",
]

PIXELS = 2 * LANES  # source pixels at a time
STEP = 4 * LANES  # columns of w that are added up in registers
TILE = 16 * STEP  # columns of w between two transpositions: eight rows of them stay in the first-level cache

FLAGS = {"error_model": "numpy"}


def default(w, indices, weights, pixels, offsets=None):
    """Blocks of 16 source pixels shared among the threads; nothing of size (M, pixels) is ever held.

    Of a block, T^T w is added up row by row, transposed in registers, and multiplied by T with the block's pixels side
    by side, so that both products run along contiguous memory.
    """
    w, indices, weights, pixels, offsets = prepared(w, indices, weights, pixels, offsets)
    out = np.empty((pixels, pixels))
    lists = _lists(indices, weights, pixels)
    if offsets is None:
        _fill(w, lists, out, get_num_threads())
    else:
        flat, places, distances, begins = _unfolded(w, offsets)
        _fill_from_table(flat, places, distances, begins, lists, out, get_num_threads())
    return out


@njit(**FLAGS)
def _lists(indices, weights, pixels):
    """T by columns: the points of source pixel s, and their weights, are those from start[s] to start[s + 1]."""
    start = np.zeros(pixels + 1, np.int64)
    for m in range(indices.shape[0]):
        for b in range(indices.shape[1]):
            if indices[m, b] >= 0:
                start[indices[m, b] + 1] += 1
    for s in range(pixels):
        start[s + 1] += start[s]
    following = start[:-1].copy()
    points, factors = np.empty(start[pixels], np.int64), np.empty(start[pixels])
    for m in range(indices.shape[0]):
        for b in range(indices.shape[1]):
            s = indices[m, b]
            if s >= 0:
                points[following[s]], factors[following[s]] = m, weights[m, b]
                following[s] += 1
    return start, points, factors


def _unfolded(table, offsets):
    """(flat, places, distances, begins): w[i, j] is flat[places[i] + distances[j]].

    `flat` is the table with all four quadrants, backwards, and as many zeros behind it as lanes can reach. From a
    point in `begins` to the next, neighbours follow each other: their distances grow by one.
    """
    side = len(table)
    whole = np.concatenate([table[:0:-1, ::-1], table])  # m from -(side - 1) on
    flat = np.concatenate([whole.ravel()[::-1], np.zeros(LANES)])
    distances = offsets[:, 0] * (2 * side - 1) + offsets[:, 1]
    places = (side - 1) * 2 * side - distances
    begins = np.flatnonzero(np.diff(distances, prepend=-2, append=-2) != 1)
    return flat, places, distances, begins


@njit(parallel=True, **FLAGS)
def _fill(w, lists, out, parts):
    """out = T^T w T"""
    blocks, points = (out.shape[0] + PIXELS - 1) // PIXELS, w.shape[0]
    for part in prange(parts):
        sums, turned, found = _scratch(TILE, points)
        for block in range(np.int64(part), blocks, parts):
            for s in range(block * PIXELS, (block + 1) * PIXELS, LANES):
                for j in range(0, points, TILE):
                    width = min(TILE, points - j)
                    _add_rows(w, j, width, lists, s, sums)
                    _turn(sums, TILE, width, turned, j * PIXELS + s % PIXELS)
            _multiply(turned, lists, found, block * PIXELS, out)


@njit(parallel=True, **FLAGS)
def _fill_from_table(flat, places, distances, begins, lists, out, parts):
    """out = T^T w T, rows of T^T w taken from the table where they are needed."""
    blocks, points = (out.shape[0] + PIXELS - 1) // PIXELS, places.size
    stride = (points + 2 * LANES - 1) // LANES * LANES
    for part in prange(parts):
        sums, turned, found = _scratch(stride, points)
        for block in range(np.int64(part), blocks, parts):
            for s in range(block * PIXELS, (block + 1) * PIXELS, LANES):
                _look_up_rows(flat, places, distances, begins, lists, s, sums, stride)
                _turn(sums, stride, points, turned, s % PIXELS)
            _multiply(turned, lists, found, block * PIXELS, out)


@njit(**FLAGS)
def _scratch(stride, columns):
    """Eight rows of T^T w, 16 rows of it turned, and eight columns of F; rows in whole lanes."""
    columns = (columns + LANES - 1) // LANES * LANES
    return _aligned(LANES * stride), _aligned(columns * PIXELS), _aligned(LANES * PIXELS)


@njit(**FLAGS)
def _aligned(size):
    # Lanes that lie across two lines of the cache take twice as long. Zeros, because what is behind an end is computed
    # with, although nobody looks at the result.
    values = np.zeros(size + LANES)
    begin = (-values.ctypes.data % (8 * LANES)) // 8
    return values[begin : begin + size]


@njit(**FLAGS)
def _add_rows(w, first, width, lists, s0, sums):
    """Row a of `sums` is row s0 + a of T^T w, from column `first` on."""
    start, points, factors = lists
    for a in range(min(LANES, start.size - 1 - s0)):
        begin, end = start[s0 + a], start[s0 + a + 1]
        if width < STEP:
            for j in range(width):
                total = 0.0
                for k in range(begin, end):
                    total += factors[k] * w[points[k], first + j]
                sums[a * TILE + j] = total
            continue
        for step in range(0, width, STEP):
            j = min(step, width - STEP)  # the last step may repeat some of the one before
            one, two, three, four = zeros(), zeros(), zeros(), zeros()
            for k in range(begin, end):
                factor, at = factors[k], points[k] * w.shape[1] + first + j
                one = multiply_add(factor, load(w, at), one)
                two = multiply_add(factor, load(w, at + LANES), two)
                three = multiply_add(factor, load(w, at + 2 * LANES), three)
                four = multiply_add(factor, load(w, at + 3 * LANES), four)
            to = a * TILE + j
            store(sums, to, one)
            store(sums, to + LANES, two)
            store(sums, to + 2 * LANES, three)
            store(sums, to + 3 * LANES, four)


@njit(**FLAGS)
def _look_up_rows(flat, places, distances, begins, lists, s0, sums, stride):
    """Row a of `sums` is row s0 + a of T^T w."""
    start, points, factors = lists
    for a in range(min(LANES, start.size - 1 - s0)):
        begin, end = start[s0 + a], start[s0 + a + 1]
        for run in range(begins.size - 1):
            shift = distances[begins[run]] - begins[run]
            # Lanes behind the end of a run belong to the next one, which comes later.
            for j in range(begins[run], begins[run + 1], LANES):
                total = zeros()
                for k in range(begin, end):
                    total = multiply_add(factors[k], load(flat, places[points[k]] + shift + j), total)
                store(sums, a * stride + j, total)


@njit(**FLAGS)
def _turn(sums, stride, width, turned, at):
    """Column j of eight rows, `stride` apart, goes to turned[at + j * PIXELS] and the seven behind it."""
    for j in range(0, width, LANES):
        columns = _transposed(sums, j, stride)
        for lane in range(LANES):
            store(turned, at + (j + lane) * PIXELS, columns[lane])


@njit(**FLAGS)
def _transposed(values, at, stride):
    return transpose(
        (
            load(values, at),
            load(values, at + stride),
            load(values, at + 2 * stride),
            load(values, at + 3 * stride),
            load(values, at + 4 * stride),
            load(values, at + 5 * stride),
            load(values, at + 6 * stride),
            load(values, at + 7 * stride),
        )
    )


@njit(**FLAGS)
def _multiply(turned, lists, found, s0, out):
    """out[s0 + a, t] = sum_j turned[j, a] T[j, t]"""
    start, points, factors = lists
    pixels = out.shape[0]
    rows, k = min(PIXELS, pixels - s0), 0
    for t in range(pixels):
        one, two = zeros(), zeros()
        end = start[t + 1]
        while k < end:
            factor, at = factors[k], points[k] * PIXELS
            one = multiply_add(factor, load(turned, at), one)
            two = multiply_add(factor, load(turned, at + LANES), two)
            k += 1
        lane = t % LANES
        store(found, lane * PIXELS, one)
        store(found, lane * PIXELS + LANES, two)
        if lane == LANES - 1:
            _put_columns(found, rows, out, s0 * pixels + t - lane)
        elif t >= pixels // LANES * LANES:
            for a in range(rows):
                out[s0 + a, t] = found[lane * PIXELS + a]


@njit(**FLAGS)
def _put_columns(found, rows, out, at):
    """The eight columns found go to out.flat[at] and what is beside and below it."""
    for a in range(0, rows, LANES):
        columns = _transposed(found, a, PIXELS)
        for lane in range(LANES):
            if a + lane < rows:
                store(out, at + (a + lane) * out.shape[1], columns[lane])
