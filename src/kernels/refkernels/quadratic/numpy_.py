from __future__ import annotations

import numpy as np

from refkernels.quadratic import check

CHUNK = 16_384  # elements; two temporaries of 128 KiB stay in the second-level cache


def default(a, b, c, out=None):
    """In chunks that stay in cache, without other temporaries."""
    a, b, c = (np.asarray(values, dtype=np.float64) for values in (a, b, c))
    check(a, b, c, out)
    size = a.size
    if out is None:
        out = np.empty(size)
    root_space, product_space = np.empty(min(size, CHUNK)), np.empty(min(size, CHUNK))
    for start in range(0, size, CHUNK):
        part = slice(start, start + CHUNK)
        a_part, b_part = a[part], b[part]
        root = np.multiply(b_part, b_part, out=root_space[: a_part.size])
        product = np.multiply(a_part, c[part], out=product_space[: a_part.size])
        product *= 4.0
        root -= product
        np.sqrt(root, out=root)
        root -= b_part
        root *= 0.5
        # `out` is written last, so that it may be one of the inputs.
        np.divide(root, a_part, out=out[part])
    return out


def expression(a, b, c, out=None):
    """The formula as it is written: nine passes over memory, each with a temporary as long as the arrays."""
    a, b, c = (np.asarray(values, dtype=np.float64) for values in (a, b, c))
    check(a, b, c, out)
    result = (-b + np.sqrt(b**2 - 4 * a * c)) / (2 * a)
    if out is None:
        return result
    out[...] = result
    return out
