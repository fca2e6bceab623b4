from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from refkernels.curvature.numpy_ import looked_up, prepared


def default(w, indices, weights, pixels, offsets=None):
    """(T^T w) T with T in compressed rows: the order in which scipy copies least."""
    w, mapping = _sparse(w, indices, weights, pixels, offsets)
    return (mapping.T @ w) @ mapping


def as_written(w, indices, weights, pixels, offsets=None):
    """T^T (w T), as people write it; scipy copies w and w T to turn them."""
    w, mapping = _sparse(w, indices, weights, pixels, offsets)
    return mapping.T @ (w @ mapping)


def _sparse(w, indices, weights, pixels, offsets):
    w, indices, weights, pixels, offsets = prepared(w, indices, weights, pixels, offsets)
    used = indices >= 0
    begins = np.concatenate([[0], np.cumsum(used.sum(axis=1))])
    mapping = csr_array((weights[used], indices[used], begins), shape=(len(indices), pixels))
    return w if offsets is None else looked_up(w, offsets), mapping
