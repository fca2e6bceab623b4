from __future__ import annotations

import numpy as np

from refkernels.batched_matmul import check


def prepared(a, b):
    """Both as contiguous float64, and an array for the result. Raises what `check` raises."""
    a, b = (np.ascontiguousarray(values, dtype=np.float64) for values in (a, b))
    check(a, b)
    return a, b, np.empty(a.shape)
