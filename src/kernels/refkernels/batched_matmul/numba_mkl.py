"""Products by MKL, from the package `mkl`. Importing this without it raises Unavailable."""

from __future__ import annotations

import ctypes
from importlib import metadata

from numba import njit, prange

from refkernels import Unavailable
from refkernels.batched_matmul._arguments import prepared

ROW_MAJOR, AS_IS = 101, 111  # CBLAS: CblasRowMajor, CblasNoTrans


def _load():
    try:
        files = metadata.files("mkl") or ()
    except metadata.PackageNotFoundError as error:
        raise Unavailable("the package mkl is not installed") from error
    found = [file for file in files if file.name.startswith(("libmkl_rt.so", "mkl_rt."))]
    if not found:
        raise Unavailable("the package mkl has no library mkl_rt")
    function = ctypes.CDLL(str(found[0].locate())).cblas_dgemm
    size, number, matrix = ctypes.c_int, ctypes.c_double, ctypes.c_void_p
    function.argtypes = [*[size] * 6, number, matrix, size, matrix, size, number, matrix, size]
    function.restype = None
    return function


_dgemm = _load()


@njit(parallel=True, error_model="numpy")
def _products(a, b, out):
    n = out.shape[1]
    for s in prange(out.shape[0]):
        left, right, to = a[s].ctypes, b[s].ctypes, out[s].ctypes
        _dgemm(ROW_MAJOR, AS_IS, AS_IS, n, n, n, 1.0, left, n, right, n, 0.0, to, n)


def products(a, b):
    """The batch shared among the threads, each product by MKL, which wants threads of its own."""
    a, b, out = prepared(a, b)
    if out.size:  # MKL refuses rows of no numbers
        _products(a, b, out)
    return out
