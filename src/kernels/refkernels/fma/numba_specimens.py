from __future__ import annotations

from numba import jit

from refkernels.fma._arguments import run


@jit(parallel=True)
def _fma(out, weights, *arrays):
    for weight, array in zip(weights, arrays):  # noqa: B905 Numba's zip takes no strict=
        out += weight * array


def as_noted(out, weights, *arrays):
    """As in production: short, parallel and in place, and compiled anew for every number of arrays.

    It also reads and writes `out` once for each array.
    """
    return run(lambda total, some, others: _fma(total, some, *others), out, weights, arrays)
