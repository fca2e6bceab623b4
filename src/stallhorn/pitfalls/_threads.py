"""What the detectors of threads share: which run was clearly faster, and what a parallel region costs at least."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stallhorn.pitfalls.base import Case, Facts, Run

# Two runs of the same code in two processes differ by some percent on a quiet machine; beside a busy neighbour regions
# that wait for each other have differed by half.
CLEAR, CLEAR_IN_NOISE = 1.25, 2.0
NO_GAIN = 1.1

WINDOW = 0.05  # s; shares of a shorter sampling window are not trusted

BLAS_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
POOL_VARIABLES = {
    "numba": ("NUMBA_NUM_THREADS",),
    "blas": BLAS_VARIABLES,
    "omp": ("OMP_NUM_THREADS",),
    "jax": ("NPROC",),
}

# Seconds to start and end an empty region, the least of several measurements on a quiet two-core machine: workqueue
# 74 µs with one thread or two; libgomp 0.6 µs with one, 0.9 with two, 35 when its threads sleep between regions
# and 54 when they outnumber the cores (they sleep then too). Taken lower, for faster machines.
_WORKQUEUE, _ASLEEP, _TBB, _LIBGOMP = 40e-6, 20e-6, 1.5e-6, 0.5e-6


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run beside another of the same code."""

    ratio: float  # the run's time over the other's: above 1, the other was faster
    faster: bool  # clearly so
    alike: bool  # clearly not so: nothing was gained, and the machine was quiet


def compare(run: Run, other: Run | None) -> Comparison | None:
    """None where one of them was not measured."""
    if other is None or not run.seconds or not other.seconds:
        return None
    ratio = run.seconds / other.seconds
    noisy = run.disturbed or other.disturbed
    apart = run.low is None or other.high is None or run.low > other.high
    return Comparison(ratio, apart and ratio >= (CLEAR_IN_NOISE if noisy else CLEAR), not noisy and ratio < NO_GAIN)


def demand(facts: Facts) -> float | None:
    """Threads of this process that wanted a core, where the window was long enough to tell."""
    window = facts.number("activity.window_seconds")
    return facts.number("activity.demand") if window is not None and window >= WINDOW else None


def region_threads(facts: Facts) -> int | None:
    """Threads that a Numba region was given, else those of Numba's pool."""
    return facts.count("calls.region_threads") or facts.count("threads.used.numba")


def region_start(case: Case) -> float:
    """Seconds that one region costs at least, whatever it does: by layer, threads and how these wait."""
    layer, threads = case.facts.text("threads.layer"), region_threads(case.facts) or 1
    if layer == "workqueue":
        return _WORKQUEUE
    if threads == 1:
        return _LIBGOMP
    if layer == "tbb":
        return _TBB
    sleeps = case.facts.text("threads.wait_policy") == "passive" or threads > (case.cores or threads)
    return _ASLEEP if sleeps else _LIBGOMP * (1 + math.log2(threads))
