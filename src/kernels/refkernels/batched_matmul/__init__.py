"""Many products of small square matrices.

    out[s] = a[s] b[s]

`batched_matmul(a (b,n,n), b (b,n,n)) -> out (b,n,n)`, float64. Batch and n may be 0. NaN and infinity spread as in the
sums. Shapes that do not fit raise ValueError.

There are two places for parallelism here, the batch and the product, and taking both is the mistake: a BLAS library
with threads of its own, called by every thread of a parallel loop, asks for the square of the cores. "blas" and "mkl"
make that call, and are healthy while the library has one thread (OPENBLAS_NUM_THREADS, MKL_NUM_THREADS); "default"
calls a library only for products that are too small for its threads. Loading "mkl" raises Unavailable where the
package `mkl` is not installed.

In JAX, "grad" gives the gradient of sum(out) with respect to (a, b), "vmap" takes (q,b,n,n) twice.
"""

from __future__ import annotations

VARIANTS = {"numpy": ("default",), "numba": ("default", "blas", "mkl"), "jax": ("default", "grad", "vmap")}


def check(a, b) -> None:
    """Raise ValueError unless both are stacks of as many square matrices of one size."""
    if len(a.shape) != 3 or a.shape != b.shape or a.shape[1] != a.shape[2]:
        raise ValueError(
            f"batched_matmul: expected one shape (b,n,n) for both, got {tuple(a.shape)} and {tuple(b.shape)}"
        )
