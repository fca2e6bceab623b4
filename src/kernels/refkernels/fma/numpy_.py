from __future__ import annotations

import numpy as np

from refkernels.fma._arguments import accept

CHUNK = 16_384  # elements; a temporary and a part of `out`, 128 KiB each, stay in the second-level cache


def default(out, weights, *arrays):
    """In chunks that stay in cache: each array is read once, and so is `out`."""
    weights, arrays = accept(out, weights, arrays)
    weights = list(weights)
    space = np.empty(min(out.size, CHUNK), out.dtype)
    for start in range(0, out.size, CHUNK):
        part = out[start : start + CHUNK]
        term = space[: part.size]
        for weight, array in zip(weights, arrays, strict=True):
            np.multiply(array[start : start + CHUNK], weight, out=term)
            part += term
    return out


def expression(out, weights, *arrays):
    """As it is written: for each array a temporary as long as `out`, and another pass over `out`."""
    weights, arrays = accept(out, weights, arrays)
    for weight, array in zip(weights, arrays, strict=True):
        out += weight * array
    return out
