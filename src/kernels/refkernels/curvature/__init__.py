"""The curvature matrix of a linear inversion: image correlations, seen by the source pixels that make the image.

    F = T^T w T,   T[m, indices[m, b]] += weights[m, b]

`curvature(w, indices (M,B) int, weights (M,B), pixels, offsets=None) -> F (pixels, pixels)`, float64. Image point m is
made of up to B source pixels; an index of -1 says that there is none, wherever it stands, and its weight is not looked
at. An index that is there twice counts twice.

`w` is dense, (M, M), any matrix; or, for points on a regular grid, the table W (side, 2 side - 1) of what depends on
their distance alone, together with `offsets` (M,2) int, their places (i0, i1) on the grid. The entry of two points is

    w[i, j] = W[m, n + side - 1],  m = i0 - j0,  n = i1 - j1,  both signs flipped if m < 0

The variants with "preload" or "compact" in their name take a table only; "original", "numba", "numba_sparse", "jax" and
"jax_BCOO" a dense w only; every other variant takes both.

Promises. ValueError for shapes that do not fit, for indices or offsets that are not integers, and for values out of
range: below -1 or from `pixels` on, off the grid, `pixels` below 0. A NaN or infinity of w reaches F[s, t] only if s is
in the point of its row and t in that of its column; in "original", "numba", "jax" and "jax_BCOO", which multiply by the
zeros of T, all of F. Within a JAX transformation of the caller, values of traced indices are not known and not checked.

The transformed variants of JAX: `grad` is the gradient of F.sum() with respect to (w, weights), a pair of arrays of
their shapes. `vmap` takes a batch: w, indices and weights have a leading axis, `pixels` and `offsets` are shared.

Source: the names are those of ickc/python-autojax and of Jammy2211/PyAutoLens, where T is a mapping matrix.
"""

from __future__ import annotations

import operator

VARIANTS = {
    "numpy": ("default", "original"),
    "numba": (
        "default",
        "numba_sparse",
        "numba_compact_sparse",
        "numba_compact_sparse_direct",
        "original_preload_direct",
    ),
    "jax": (
        "default",
        "jax",
        "jax_sparse",
        "jax_BCOO",
        "jax_compact_sparse",
        "jax_compact_sparse_BCOO",
        "grad",
        "vmap",
    ),
    "scipy": ("default", "as_written"),
}

SPECIMENS = {"numba": {"numba": "jit-without-benefit"}}


def check(w, indices, weights, pixels, offsets=None) -> int:
    """`pixels` as an int; ValueError unless shapes and kinds of numbers fit together. Looks at no values."""
    pixels = operator.index(pixels)
    if pixels < 0:
        raise ValueError(f"curvature: expected pixels of at least 0, got {pixels}")
    if len(indices.shape) != 2 or weights.shape != indices.shape:
        raise ValueError(
            f"curvature: expected indices and weights of one shape (M,B), got {indices.shape} and {weights.shape}"
        )
    points = indices.shape[0]
    if offsets is None:
        if w.shape != (points, points):
            raise ValueError(f"curvature: expected w of shape ({points}, {points}), got {w.shape}")
    elif offsets.shape != (points, 2):
        raise ValueError(f"curvature: expected offsets of shape ({points}, 2), got {offsets.shape}")
    elif len(w.shape) != 2 or w.shape[1] != 2 * w.shape[0] - 1:
        raise ValueError(f"curvature: expected a table of shape (side, 2 side - 1) beside offsets, got {w.shape}")
    for name, values in (("indices", indices), ("offsets", offsets)):
        if values is not None and values.dtype.kind not in "iu":
            raise ValueError(f"curvature: expected {name} of an integer type, got {values.dtype}")
    return pixels


def check_values(indices, pixels, offsets=None, side=0) -> None:
    """Raise ValueError unless all indices are in [-1, pixels) and all offsets in [0, side)."""
    if indices.size and not (indices.min() >= -1 and indices.max() < pixels):
        raise ValueError(f"curvature: expected indices from -1 to {pixels - 1}, got {indices.min()} to {indices.max()}")
    if offsets is not None and offsets.size and not (offsets.min() >= 0 and offsets.max() < side):
        raise ValueError(f"curvature: expected offsets from 0 to {side - 1}, got {offsets.min()} to {offsets.max()}")


def require_table(variant, offsets) -> None:
    if offsets is None:
        raise ValueError(f"curvature: {variant} expected a table and offsets, got no offsets")


def require_dense(variant, offsets) -> None:
    if offsets is not None:
        raise ValueError(f"curvature: {variant} expected a dense w, got a table with offsets")
