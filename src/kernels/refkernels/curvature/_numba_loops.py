"""The loops that are written down from the formula, in the order that gives each its name."""

from __future__ import annotations

import numpy as np
from numba import njit

from refkernels.curvature import check, check_values, require_dense, require_table

FLAGS = {"error_model": "numpy"}


def prepared(w, indices, weights, pixels, offsets=None):
    """The arguments as contiguous arrays of the types that the loops know, checked."""
    w, weights = (np.ascontiguousarray(values, dtype=np.float64) for values in (w, weights))
    indices, offsets = np.asarray(indices), None if offsets is None else np.asarray(offsets)
    pixels = check(w, indices, weights, pixels, offsets)
    check_values(indices, pixels, offsets, len(w))
    indices = np.ascontiguousarray(indices, dtype=np.int64)
    return w, indices, weights, pixels, None if offsets is None else np.ascontiguousarray(offsets, dtype=np.int64)


def numba_sparse(w, indices, weights, pixels, offsets=None):
    """T^T twice, each time adding whole rows to those of the source pixels: 2 B M (M + pixels) flop."""
    require_dense("numba_sparse", offsets)
    w, indices, weights, pixels, _ = prepared(w, indices, weights, pixels)
    half = _add_rows(w, indices, weights, np.zeros((pixels, len(w))))
    return _turned(_add_rows(_turned(half), indices, weights, np.zeros((pixels, pixels))))


def numba_compact_sparse(w, indices, weights, pixels, offsets=None):
    """T^T twice, the rows of w from the table where they are needed: M pixels numbers of memory, not M^2."""
    require_table("numba_compact_sparse", offsets)
    w, indices, weights, pixels, offsets = prepared(w, indices, weights, pixels, offsets)
    half = _add_table_rows(w, offsets, indices, weights, np.zeros((pixels, len(offsets))))
    return _turned(_add_rows(_turned(half), indices, weights, np.zeros((pixels, pixels))))


def numba_compact_sparse_direct(w, indices, weights, pixels, offsets=None):
    """Every entry of w, from the table, to all pairs of its source pixels: (4 + 3 B^2) M^2 flop, no intermediate."""
    require_table("numba_compact_sparse_direct", offsets)
    w, indices, weights, pixels, offsets = prepared(w, indices, weights, pixels, offsets)
    return _add_entries(w, offsets, indices, weights, np.zeros((pixels, pixels)))


def original_preload_direct(w, indices, weights, pixels, offsets=None):
    """Four loops, w looked up in the innermost: in a table of all quadrants (2 side, 2 side), negative from behind."""
    require_table("original_preload_direct", offsets)
    w, indices, weights, pixels, offsets = prepared(w, indices, weights, pixels, offsets)
    return _add_pairs(_preload(w), offsets, indices, weights, np.zeros((pixels, pixels)))


def _preload(table):
    side = len(table)
    preload = np.zeros((2 * side, 2 * side))
    m, n = np.arange(side)[:, None], np.arange(1 - side, side)
    preload[-m, -n] = table
    preload[m, n] = table
    return preload


@njit(**FLAGS)
def _add_rows(rows, indices, weights, out):
    for m in range(indices.shape[0]):
        for b in range(indices.shape[1]):
            s = indices[m, b]
            if s >= 0:
                for j in range(rows.shape[1]):
                    out[s, j] += weights[m, b] * rows[m, j]
    return out


@njit(**FLAGS)
def _turned(values):
    out = np.empty((values.shape[1], values.shape[0]))
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            out[j, i] = values[i, j]
    return out


@njit(**FLAGS)
def _entry(table, offsets, i, j):
    m, n = offsets[i, 0] - offsets[j, 0], offsets[i, 1] - offsets[j, 1]
    if m < 0:
        m, n = -m, -n
    return table[m, n + table.shape[0] - 1]


@njit(**FLAGS)
def _add_table_rows(table, offsets, indices, weights, out):
    row = np.empty(offsets.shape[0])
    for m in range(indices.shape[0]):
        for j in range(row.size):
            row[j] = _entry(table, offsets, m, j)
        for b in range(indices.shape[1]):
            s = indices[m, b]
            if s >= 0:
                for j in range(row.size):
                    out[s, j] += weights[m, b] * row[j]
    return out


@njit(**FLAGS)
def _add_entries(table, offsets, indices, weights, out):
    points, most = indices.shape
    for i in range(points):
        for j in range(points):
            value = _entry(table, offsets, i, j)
            for b in range(most):
                if indices[i, b] >= 0:
                    part = weights[i, b] * value
                    for c in range(most):
                        if indices[j, c] >= 0:
                            out[indices[i, b], indices[j, c]] += part * weights[j, c]
    return out


@njit(**FLAGS)
def _add_pairs(preload, offsets, indices, weights, out):
    points, most = indices.shape
    for i in range(points):
        for b in range(most):
            if indices[i, b] < 0:
                continue
            for j in range(points):
                for c in range(most):
                    if indices[j, c] >= 0:
                        down, right = offsets[i, 0] - offsets[j, 0], offsets[i, 1] - offsets[j, 1]
                        out[indices[i, b], indices[j, c]] += preload[down, right] * weights[i, b] * weights[j, c]
    return out
