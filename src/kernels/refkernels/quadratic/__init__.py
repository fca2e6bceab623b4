"""The larger root of a x^2 + b x + c, element by element.

    x = (-b + sqrt(b^2 - 4 a c)) / (2 a)

`quadratic(a, b, c, out=None) -> x`, all (n,) float64. `out` (NumPy and Numba) receives the result and is returned; it
may be one of the inputs. A negative discriminant gives NaN, a = 0 gives what IEEE division gives.

Memory-bound from about 1e5 elements on, and the usual first example of a fused loop. The formula cancels where
4 a c is small against b^2: the absolute error is up to about 8 eps |b| / (2 |a|), fused multiply-add or not.
"""

from __future__ import annotations

VARIANTS = {"numpy": ("default",), "numba": ("default",), "jax": ("default",)}


def check(a, b, c, out=None) -> None:
    """Raise ValueError unless the arrays have one common shape (n,), and `out` is float64."""
    shape = a.shape
    if len(shape) != 1 or b.shape != shape or c.shape != shape:
        raise ValueError(f"quadratic: a, b and c must have one shape (n,), got {a.shape}, {b.shape} and {c.shape}")
    if out is not None and (out.shape != shape or out.dtype.char != "d"):
        raise ValueError(f"quadratic: out must be float64 of shape {shape}, got {out.dtype} of shape {out.shape}")
