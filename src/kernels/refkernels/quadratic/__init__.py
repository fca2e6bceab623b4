"""The larger root of a x^2 + b x + c, element by element.

    x = (-b + sqrt(b^2 - 4 a c)) / (2 a)

`quadratic(a, b, c, out=None) -> x`, all (n,) float64. `out` (not in JAX) receives the result and is returned; it may
be one of the inputs, but must not overlap one otherwise. Shapes that differ raise ValueError. A negative discriminant
gives NaN, a = 0 what IEEE division gives, NaN and infinity what the formula gives for them (but Numba's `as_noted`
raises ZeroDivisionError for a = 0).

In JAX, `grad(a, b, c)` gives the derivatives of the roots with respect to a, b and c, three arrays (n,), and
`vmap(a, b, c)` takes a batch, all (B, n).

Memory-bound from about 1e5 elements on, and the usual first example of a fused loop. The formula cancels where
4 a c is small against b^2: the absolute error is up to about 8 eps |b| / (2 |a|), fused multiply-add or not.
"""

from __future__ import annotations

VARIANTS = {
    "numpy": ("default", "expression"),
    "numba": ("default", "serial_out", "vectorize"),
    "jax": ("default", "grad", "vmap"),
    "cpp": ("default", "serial"),
}
SPECIMENS = {
    "numba": {
        "as_noted": "not-vectorised",
        "parallel_as_noted": "allocation-bound",
        "vectorize_parallel": "not-vectorised",
    },
    "jax": {"eager": "eager-dispatch", "host_inputs": "host-transfer"},
}


def check(a, b, c, out=None, dimensions=1) -> None:
    """Raise ValueError unless the arrays have one common shape of so many dimensions, and `out` is float64."""
    shape = a.shape
    if len(shape) != dimensions or b.shape != shape or c.shape != shape:
        wanted = "(n,)" if dimensions == 1 else "(B, n)"
        raise ValueError(f"quadratic: a, b and c must have one shape {wanted}, got {shape}, {b.shape} and {c.shape}")
    if out is not None and (out.shape != shape or out.dtype.char != "d" or not out.dtype.isnative):
        raise ValueError(f"quadratic: out must be float64 of shape {shape}, got {out.dtype} of shape {out.shape}")
