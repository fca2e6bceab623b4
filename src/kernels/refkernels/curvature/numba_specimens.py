from __future__ import annotations

from numba import njit

from refkernels.curvature import require_dense
from refkernels.curvature.numpy_ import mapping_matrix, prepared


@njit
def _product(mapping, w):
    return mapping.T @ w @ mapping


def numba(w, indices, weights, pixels, offsets=None):
    """The formula with a dense T within a compiled function: the same two calls of BLAS, and nothing to compile."""
    require_dense("numba", offsets)
    w, indices, weights, pixels, _ = prepared(w, indices, weights, pixels)
    return _product(mapping_matrix(indices, weights, pixels), w)
