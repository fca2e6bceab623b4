"""The product of two matrices.

    out[i, j] = sum_k a[i, k] b[k, j]

`matmul(a (n,k), b (k,m)) -> out (n,m)`. Two float32 matrices give float32, everything else is computed in float64.
Any of n, k and m may be 0; a sum of no terms is 0. NaN and infinity spread as in the sum, which every variant takes
in an order of its own: where infinities meet, the result is NaN or infinity. Shapes that do not fit raise ValueError.

2 n k m operations on n k + k m + n m numbers: the one kernel that every processor comes with a library for, so the
defaults call the library, and the loops show how far one gets without. "cuda" in Numba and "gpu" in JAX need a
device, and raise Unavailable without one: "cuda" when it is loaded, "gpu" when it is called, because JAX starts its
pools to look for devices. Matrices that are on the device stay there, and so does their product.

In JAX, "grad" gives the gradient of sum(out) with respect to (a, b), "vmap" takes (q,n,k) and (q,k,m).

The matrix products of two lectures on Numba and JAX, `A @ B` and the triple loop.
"""

from __future__ import annotations

VARIANTS = {
    "numpy": ("default",),
    "numba": ("default", "operator", "loops_ikj", "tiled", "cuda"),
    "jax": ("default", "grad", "vmap", "gpu"),
}
SPECIMENS = {"numpy": {"oversubscribed": "oversubscription"}, "numba": {"naive": "not-vectorised"}}


def check(a, b) -> None:
    """Raise ValueError unless the shapes fit together."""
    if len(a.shape) != 2 or len(b.shape) != 2 or a.shape[1] != b.shape[0]:
        raise ValueError(f"matmul: expected shapes (n,k) and (k,m), got {tuple(a.shape)} and {tuple(b.shape)}")


def result_type(a, b) -> str:
    """float32 if both are, else float64. Any array library's."""
    return "float32" if a.dtype.char == b.dtype.char == "f" else "float64"
