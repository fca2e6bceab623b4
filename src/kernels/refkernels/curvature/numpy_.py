from __future__ import annotations

import numpy as np

from refkernels.curvature import check, check_values, require_dense

ROWS = 64  # of w at a time for one product; they stay in the second-level cache


def default(w, indices, weights, pixels, offsets=None):
    """T^T twice: sums over the image points of each source pixel, for all pixels with equally many points at once."""
    w, indices, weights, pixels, offsets = prepared(w, indices, weights, pixels, offsets)
    if offsets is not None:
        w = looked_up(w, offsets)
    used = np.flatnonzero(indices.ravel() >= 0)
    used = used[np.argsort(indices.ravel()[used], kind="stable")]
    lengths = np.bincount(indices.ravel()[used], minlength=pixels)
    points, factors = used // max(1, indices.shape[1]), weights.ravel()[used]
    half = _sums(w, points, factors, lengths)
    return np.ascontiguousarray(_sums(np.ascontiguousarray(half.T), points, factors, lengths).T)


def _sums(rows, points, factors, lengths):
    """out[s] = sum of factors * rows[points] over the lengths[s] entries of s; they lie in the order of s."""
    out = np.zeros((len(lengths), rows.shape[1]))
    begins = np.cumsum(lengths) - lengths
    for length in np.unique(lengths[lengths > 0]).tolist():
        alike, step = np.flatnonzero(lengths == length), max(1, ROWS // length)
        for first in range(0, len(alike), step):
            some = alike[first : first + step]
            entries = begins[some, None] + np.arange(length)
            out[some] = np.matmul(factors[entries][:, None], rows[points[entries]])[:, 0]
    return out


def original(w, indices, weights, pixels, offsets=None):
    """The formula with a dense T, whose zeros are most of the work."""
    require_dense("original", offsets)
    w, indices, weights, pixels, _ = prepared(w, indices, weights, pixels)
    mapping = mapping_matrix(indices, weights, pixels)
    return mapping.T @ w @ mapping


def prepared(w, indices, weights, pixels, offsets=None):
    """The arguments as arrays of float64 and of integers, checked."""
    w, weights = np.asarray(w, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    indices, offsets = np.asarray(indices), None if offsets is None else np.asarray(offsets)
    pixels = check(w, indices, weights, pixels, offsets)
    check_values(indices, pixels, offsets, len(w))
    return w, indices.astype(np.int64), weights, pixels, None if offsets is None else offsets.astype(np.int64)


def mapping_matrix(indices, weights, pixels):
    """T, dense."""
    mapping = np.zeros((len(indices), pixels))
    points, entries = np.nonzero(indices >= 0)
    np.add.at(mapping, (points, indices[points, entries]), weights[points, entries])
    return mapping


def looked_up(table, offsets):
    """The dense w of a table."""
    down, right = (offsets[:, None, axis] - offsets[:, axis] for axis in (0, 1))
    right = np.where(down < 0, -right, right)
    return table[np.abs(down), right + len(table) - 1]
