"""The product on a CUDA device. Importing this without one raises Unavailable."""

from __future__ import annotations

import numpy as np

from refkernels import Unavailable
from refkernels.matmul import check, result_type
from refkernels.matmul._arguments import prepared

try:
    from numba import cuda
except ImportError as error:
    raise Unavailable(f"numba.cuda cannot be imported: {error}") from error

if not cuda.is_available():
    raise Unavailable("numba.cuda finds no CUDA device")

SIDE = 16  # threads of a block along each axis


@cuda.jit
def _multiply(a, b, out):
    i, j = cuda.grid(2)
    if i < out.shape[0] and j < out.shape[1]:
        total = 0.0
        for k in range(a.shape[1]):
            total += a[i, k] * b[k, j]
        out[i, j] = total


def product(a, b):
    """One thread of the device for each number of the result.

    Device arrays give a device array; NumPy arrays are copied there, and the result back.
    """
    stays = hasattr(a, "copy_to_host") and hasattr(b, "copy_to_host")
    if stays:
        check(a, b)
        dtype = result_type(a, b)
    else:
        a, b, dtype = prepared(a, b)
    shape = a.shape[0], b.shape[1]
    if 0 in (*shape, a.shape[1]):  # a grid has at least one block, and an array on a device at least one byte
        zeros = np.zeros(shape, dtype)
        return cuda.to_device(zeros) if stays else zeros
    if not stays:
        a, b = cuda.to_device(a), cuda.to_device(b)
    out = cuda.device_array(shape, dtype)
    _multiply[tuple((side + SIDE - 1) // SIDE for side in shape), (SIDE, SIDE)](a, b, out)
    cuda.synchronize()
    return out if stays else out.copy_to_host()
