from __future__ import annotations

import os

from refkernels import Unavailable
from refkernels.matmul import numpy_

FACTOR = 4  # threads for each core

_larger: list = []  # what holds the pool at its size


def oversubscribed(a, b):
    """The library with four threads for each core, as a program does that sizes its pool for another machine.

    The pool keeps that size until `release`, for everything in the process. More threads than cores wait for one
    another, and each waits by spinning for as long as the system lets it run.
    """
    if not _larger:
        _enlarge()
    return numpy_.default(a, b)


def release() -> None:
    """Give the pool the size that it had."""
    while _larger:
        _larger.pop().restore_original_limits()


def _enlarge() -> None:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError as error:
        raise Unavailable("threadpoolctl, which sets the size of NumPy's pool, is not installed") from error
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pools = ThreadpoolController().select(user_api="blas")
    limits = pools.limit(limits=FACTOR * cores)
    _larger.append(limits)
    if not any(pool["num_threads"] > cores for pool in pools.info()):
        release()
        raise Unavailable("NumPy's BLAS takes no more threads than there are cores")
