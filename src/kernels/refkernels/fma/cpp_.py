from __future__ import annotations

import ctypes

from refkernels import _cpp
from refkernels.fma._arguments import run

# As Numba's twin: a multiply-add may be rounded once.
_library = _cpp.library("fma", ("-ffp-contract=fast",))


def _typed(name):
    """The function for each type of `out`, by the character of the type."""
    functions = {char: getattr(_library, f"{name}_{char}") for char in "df"}
    for function in functions.values():
        function.argtypes, function.restype = [ctypes.c_void_p] * 3 + [ctypes.c_int64] * 2, None
    return functions


_PARALLEL, _SERIAL = _typed("fma_parallel"), _typed("fma_serial")


def default(out, weights, *arrays):
    """Blocks of `out` shared among OpenMP's threads, several arrays at a time."""
    return run(lambda *prepared: _add(_PARALLEL, *prepared), out, weights, arrays)


def serial(out, weights, *arrays):
    """The same on one thread."""
    return run(lambda *prepared: _add(_SERIAL, *prepared), out, weights, arrays)


def _add(functions, out, weights, arrays):
    address = _cpp.address
    addresses = (ctypes.c_void_p * len(arrays))(*map(address, arrays))
    functions[out.dtype.char](address(out), address(weights), addresses, len(arrays), out.size)
