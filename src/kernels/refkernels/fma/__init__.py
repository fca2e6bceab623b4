"""A weighted sum of any number of arrays, added to one that exists.

    out += sum_j weights[j] arrays[j]

`fma(out (n,), weights (m,), *arrays (n,)) -> out`, m >= 0. `out` is float64 or float32 and decides for all: weights
and arrays of other types are converted to it. NumPy, Numba and C++ write to `out` and return it; an array that shares
memory with it is copied first, so that every term is the array as it was given. JAX takes and returns its own arrays
and leaves `out` alone. Shapes that differ, another type of `out` and one that cannot be written to raise ValueError.
NaN and infinity propagate; the order of the sum differs between variants, so that a sum that overflows on its way may
overflow in one and not in another.

In JAX, `grad(out, weights, *arrays)` gives the gradient of the sum of the result with respect to each argument, a tuple
(n,), (m,), (n,) ..., and `vmap` takes a batch: (B, n), (B, m), (B, n) ...

Memory-bound: two operations for each element that is read. Written as a loop of array operations it reads and writes
`out` and a temporary once for each array, instead of reading each array once.
Source: `_fma` of a data pipeline in production, there for Numba; its C++ twin was 30 % faster.
"""

from __future__ import annotations

VARIANTS = {
    "numpy": ("default", "expression"),
    "numba": ("default", "serial", "fused"),
    "jax": ("default", "grad", "vmap"),
    "cpp": ("default", "serial"),
}
SPECIMENS = {"numba": {"as_noted": "recompilation"}, "jax": {"eager": "eager-dispatch"}}


def check(out, weights, arrays, batched=False) -> None:
    """Raise ValueError unless the shapes fit together, each behind one of a batch, and `out` is a native float."""
    if len(out.shape) != 1 + batched or out.dtype.char not in "fd" or not out.dtype.isnative:
        wanted = "(B, n)" if batched else "(n,)"
        raise ValueError(f"fma: out must be float64 or float32 of shape {wanted}, got {out.dtype} of shape {out.shape}")
    wanted = (*out.shape[:-1], len(arrays))
    if weights.shape != wanted:
        raise ValueError(f"fma: weights must be of shape {wanted}, one for each array, got {weights.shape}")
    for position, array in enumerate(arrays):
        if array.shape != out.shape:
            raise ValueError(f"fma: arrays must be of out's shape {out.shape}, got {array.shape} in place {position}")
