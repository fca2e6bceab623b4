from __future__ import annotations

import math

import numba
import numpy as np
from numba import njit, prange

from refkernels.quadratic import check
from refkernels.quadratic._arguments import run

# Below this many elements a call is over before a second thread has started.
ALONE = 16_384


def formula(a, b, c):
    return (-b + math.sqrt(b * b - 4.0 * a * c)) / (2.0 * a)


# The default error model checks for division by zero, and the check keeps a loop from being vectorised. (A ufunc's is
# NumPy's anyway.)
_root = njit(error_model="numpy")(formula)
_ufunc = numba.vectorize(formula)


@njit(parallel=True, error_model="numpy")
def _fill(a, b, c, out):
    if out.size < ALONE:
        for i in range(out.size):
            out[i] = _root(a[i], b[i], c[i])
    else:
        for i in prange(out.size):
            out[i] = _root(a[i], b[i], c[i])


@njit(error_model="numpy")
def _fill_serial(a, b, c, out):
    for i in range(out.size):
        out[i] = _root(a[i], b[i], c[i])


def default(a, b, c, out=None):
    """One fused loop, shared among the threads where it is long enough."""
    return run(_fill, a, b, c, out)


def serial_out(a, b, c, out=None):
    """The same loop on one thread, whatever its length."""
    return run(_fill_serial, a, b, c, out)


def vectorize(a, b, c, out=None):
    """A NumPy ufunc made from the formula for one element: takes any layout, knows nothing of its neighbours."""
    return apply(_ufunc, a, b, c, out)


def apply(ufunc, a, b, c, out):
    """A ufunc of three arguments, with this kernel's promises about shapes and types."""
    a, b, c = (np.asarray(values, dtype=np.float64) for values in (a, b, c))
    check(a, b, c, out)
    if out is None or out.flags.c_contiguous:
        return ufunc(a, b, c, out=np.empty(a.size) if out is None else out)
    # Such ufuncs take a step in `out` for none if the inputs have none, and write elsewhere (Numba 0.61 to 0.68).
    out[...] = ufunc(a, b, c, out=np.empty(a.size))
    return out
