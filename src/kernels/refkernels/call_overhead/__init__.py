"""What a call costs before any work is done: the first and the last of n numbers, added.

    call_overhead(values (n,)) -> values[0] + values[n - 1]

`call_overhead(values)` returns a number (JAX: an array of no dimensions) in float64; 0 of no values. NaN and infinity
as in the sum. An array of another number of dimensions raises ValueError.

The result needs two of the numbers, so nothing that grows with n is work: it is the way in which the values cross
into compiled code. That is what the variants differ in, and each takes them in its own form:

* NumPy, "default": a Python function and an array, for comparison.
* Numba: "default" an array; "kwargs" an array, with another argument by keyword; "many_arguments" 16 arrays, of which
  the first of the first and the last of the last are added; "typed_list" a `numba.typed.List`; "tuple" a tuple, which
  is compiled anew for each length; "reflected_list" (a specimen) a plain list, copied in and back number by number.
* JAX: "default" an array; "pytree" a list of n arrays without dimensions; "eager" (a specimen) no `jax.jit`.

The compiled functions are called as they are, without a Python function around them: that would be half of the cost.
"""

from __future__ import annotations

VARIANTS = {
    "numpy": ("default",),
    "numba": ("default", "kwargs", "many_arguments", "typed_list", "tuple"),
    "jax": ("default", "pytree"),
}
SPECIMENS = {"numba": {"reflected_list": "call-overhead"}, "jax": {"eager": "eager-dispatch"}}

ARGUMENTS = 16  # arrays that "many_arguments" takes


def check(values) -> None:
    """Raise ValueError unless `values` is an array of one dimension."""
    if len(values.shape) != 1:
        raise ValueError(f"call_overhead: expected values of shape (n,), got {tuple(values.shape)}")
