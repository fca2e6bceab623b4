from __future__ import annotations

import ctypes

from refkernels import _cpp
from refkernels.quadratic._arguments import run

# As Numba's twin computes it: every operation rounded by itself, no fused multiply-add.
_library = _cpp.library("quadratic", ("-ffp-contract=off",))
_library.quadratic_parallel.argtypes = _library.quadratic_serial.argtypes = [ctypes.c_void_p] * 4 + [ctypes.c_int64]
_library.quadratic_parallel.restype = _library.quadratic_serial.restype = None


def default(a, b, c, out=None):
    """The loop in C++, shared among OpenMP's threads where it is long enough."""
    return run(_parallel, a, b, c, out)


def serial(a, b, c, out=None):
    """The loop in C++, on one thread."""
    return run(_serial, a, b, c, out)


def _parallel(a, b, c, out):
    address = _cpp.address
    _library.quadratic_parallel(address(a), address(b), address(c), address(out), out.size)


def _serial(a, b, c, out):
    address = _cpp.address
    _library.quadratic_serial(address(a), address(b), address(c), address(out), out.size)
