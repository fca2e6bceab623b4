"""The thread setting asks for more threads than really work: a series named "2 threads" measures one.

Detected by comparing what the setting asks with what Numba's regions were given, or with what the BLAS and JAX pools
have at the end. Asking for more than the cores is not the trap: OpenBLAS cuts its pool to them, and that is right. Code
that takes fewer threads for small work is right too, so Numba's regions must last long enough to be worth more; and
while Numba, JAX or Python threads do the work, a small BLAS pool is how it should be. These are context, or nothing.

It cannot be told where the suite has no thread setting, for a pool that tells nothing of itself (JAX's without named
threads), nor for a loop with fewer iterations than threads.

Source: Numba, "Setting the number of threads", https://numba.readthedocs.io/en/stable/user/threading-layer.html; JAX
0.10 reads NPROC alone, once
"""

from __future__ import annotations

from stallhorn import units
from stallhorn.model import Finding
from stallhorn.pitfalls.base import CAUSE, CONTEXT, Case, counted, observed

TITLE = "fewer threads at work than the setting asks for"
NEEDS = ("threads.asked", "threads.used")

# Of regions in a call: below, one thread may well be the right choice (a region with two costs 1 to 40 µs to start).
WORTH_MORE = 200e-6
PART = 0.3  # of the call inside regions; less, and the threads hardly matter

_HOW = {
    "numba": "look for numba.set_num_threads, a threads mask or NUMBA_NUM_THREADS set by the code",
    "blas": "look for threadpoolctl.threadpool_limits and for OPENBLAS_NUM_THREADS or MKL_NUM_THREADS set by the code",
    "jax": "NPROC must be set before JAX makes its first array, and the process not be pinned to fewer cores",
}


def detect(case: Case) -> Finding | None:
    for pool in _HOW:
        asked, used = case.facts.count(f"threads.asked.{pool}"), _used(case, pool)
        if asked is None or used is None or used >= min(asked, case.cores or asked):
            continue
        severity = _severity(case, pool)
        if severity is None:
            continue
        evidence = [counted(f"threads that {pool} used", used, asked)]
        seconds = case.facts.number("calls.region_seconds")
        if pool == "numba" and seconds is not None:
            evidence.append(observed("time in parallel regions", units.seconds(seconds), "worth several threads"))
        return case.finding(
            __name__,
            severity,
            f"the setting asks for {asked} {pool} threads, and {used} did the work",
            tuple(evidence),
            f"Let the code use the threads that it is given ({_HOW[pool]}), or ask for {used}.",
        )
    return None


def _used(case: Case, pool: str) -> int | None:
    if pool == "numba":
        return case.facts.count("calls.region_threads") if case.facts.count("calls.regions") else None
    if pool == "jax" and not case.facts.count("calls.dispatches"):
        return None
    return case.facts.count(f"threads.used.{pool}")


def _severity(case: Case, pool: str) -> str | None:
    """None where a pool is small because another one works."""
    if pool == "numba":
        inside, whole = case.facts.number("calls.region_seconds"), case.facts.number("calls.seconds")
        # A neighbour that takes the core between two regions makes the rest of the call seem long.
        part = 1.0 if case.run.disturbed or not whole or inside is None else inside / whole
        return CAUSE if inside is not None and inside >= WORTH_MORE and part >= PART else CONTEXT
    if pool == "blas":
        others = ("calls.regions", "calls.dispatches", "calls.python_threads", "activity.children")
        return None if any(case.facts.count(path) for path in others) else CAUSE
    return CAUSE
