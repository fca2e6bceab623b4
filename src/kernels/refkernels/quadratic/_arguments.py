"""What the compiled loops need and NumPy does not: contiguous, aligned float64 arrays and one to write to."""

from __future__ import annotations

import numpy as np

from refkernels.quadratic import check


def run(fill, a, b, c, out=None):
    """Call `fill(a, b, c, out)` with arrays that a plain loop can take, and return the result (`out` if given)."""
    a, b, c = plain(a), plain(b), plain(c)
    check(a, b, c, out)
    if out is not None and out.flags.carray:
        fill(a, b, c, out)
        return out
    # Allocated here: NumPy asks for huge pages, Numba does not and pays a page fault for every 4 KiB.
    result = np.empty(a.size)
    fill(a, b, c, result)
    if out is None:
        return result
    out[...] = result
    return out


def plain(values):
    array = np.asarray(values, dtype=np.float64, order="C")
    return array if array.flags.aligned else array.copy()
