"""What the variants that write to `out` have in common."""

from __future__ import annotations

import numpy as np

from refkernels.fma import check


def accept(out, weights, arrays):
    """Weights and arrays of out's type, none of them sharing memory with it; raises what is promised."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"fma: out must be a NumPy array, because it is written to, got {type(out).__name__}")
    dtype = out.dtype
    weights, arrays = np.array(weights, dtype), [np.asarray(array, dtype) for array in arrays]
    check(out, weights, arrays)
    if not out.flags.writeable:
        raise ValueError("fma: out must be writeable, got a read-only array")
    return weights, [array.copy() if _overlap(array, out) else array for array in arrays]


def run(add, out, weights, arrays):
    """Call `add(out, weights, arrays)` with arrays that a plain loop can take, all of one type to a compiler.

    They are contiguous, aligned, and either all writeable or all not.
    """
    weights, arrays = accept(out, weights, arrays)
    if not all(array.flags.carray for array in arrays):
        arrays = [_plain(array) for array in arrays]
    if not arrays:
        return out
    if out.flags.carray:
        add(out, weights, arrays)
    else:
        total = np.array(out, order="C")
        add(total, weights, arrays)
        out[...] = total
    return out


def _plain(array):
    view = array.view() if array.flags.c_contiguous and array.flags.aligned else np.array(array, order="C")
    view.flags.writeable = False
    return view


def _overlap(array, out):
    if array.base is None and out.base is None:  # each owns its memory; the question costs more than a short call
        return array is out
    return np.may_share_memory(array, out)
