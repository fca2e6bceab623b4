from __future__ import annotations

import numpy as np

from refkernels.matmul import check, result_type


def prepared(a, b):
    """Both in the type of the result, C or Fortran contiguous, and the type. Raises what `check` raises."""
    a, b = np.asarray(a), np.asarray(b)
    check(a, b)
    dtype = result_type(a, b)
    a, b = (values.astype(dtype, copy=False) for values in (a, b))
    a, b = (values if values.flags.forc else np.ascontiguousarray(values) for values in (a, b))
    return a, b, dtype
