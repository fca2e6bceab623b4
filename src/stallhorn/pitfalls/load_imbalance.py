"""The iterations of a parallel loop differ in work, and one thread still computes when the others have ended.

Detected by the CPU time of a region's busiest thread over the mean of its threads; each thread reads its own clock, so
waiting and neighbours hardly count. Numba gives each thread one block of consecutive iterations: a loop over a triangle
gives the last of two threads three quarters of the work. What an even split would save must be a good part of the call
(the time in regions says how much), and regions of some microseconds, whose shares mean nothing, are left out.

It cannot be told without the region counter, for JAX's and BLAS's pools, and is taken from one call alone. Where
threads take more work when they have ended (chunks with TBB), a neighbour makes shares uneven without harm: beside
one, more is demanded.

Source: Numba, "Chunk size", https://numba.readthedocs.io/en/stable/user/parallel.html
"""

from __future__ import annotations

from stallhorn import units
from stallhorn.model import Finding
from stallhorn.pitfalls._threads import compare, region_threads
from stallhorn.pitfalls.base import CAUSE, CONTEXT, Case, counted, observed

TITLE = "one thread has most of the work"
NEEDS = ("calls.imbalance", "calls.region_seconds", "calls.seconds")
# Threads that spin, or make threads, in their share of a region are busy for reasons of those.
YIELDS_TO = ("nested-parallel", "fork-join-per-iteration", "blas-in-parallel-region", "oversubscription")

UNEVEN, UNEVEN_IN_NOISE = 1.3, 1.45  # busiest over mean; a triangle on two threads has 1.5, the worst is their number
SAVED, NOTICED = 0.2, 0.1  # share of the call that an even split would save
LONG = 200e-6  # s in one region: starting late (20 to 50 µs when threads slept) is then a small part of a share
WELL_USED = 0.85  # of the most that the threads can give is given


def detect(case: Case) -> Finding | None:
    uneven = case.facts.number("calls.imbalance") or 0.0
    inside, whole = case.facts.number("calls.region_seconds") or 0.0, case.facts.number("calls.seconds") or 0.0
    threads = region_threads(case.facts) or 1
    regions = (case.facts.count("calls.regions") or 1) - (case.facts.count("calls.nested_regions") or 0)
    if threads < 2 or whole <= 0 or uneven < (UNEVEN_IN_NOISE if case.run.disturbed else UNEVEN):
        return None
    share = min(inside / whole, 1.0)
    saved = (1 - 1 / uneven) * share
    if inside / max(regions, 1) < LONG or saved < NOTICED:
        return None
    one = compare(case.run, case.with_one_thread)
    pays = one is not None and 1 / one.ratio > WELL_USED * threads
    return case.finding(
        __name__,
        CAUSE if saved >= SAVED and not pays else CONTEXT,
        f"the busiest of {threads} threads computes {uneven:.2f} times as long as the mean; an even split would save "
        f"about {saved:.0%} of the call",
        (
            observed("CPU time of the busiest thread over the mean", f"{uneven:.2f}", "about 1"),
            observed("share of the call in parallel regions", f"{share:.0%}", "any"),
            observed("time of one region", units.seconds(inside / max(regions, 1)), "any"),
            counted("threads of a region", threads, "all equally busy"),
        ),
        "Make the iterations alike: let iteration k do rows k and n-1-k of a triangle, or deal rows out in turn "
        "(`for t in prange(threads): for i in range(t, n, threads)`), or split the long ones. "
        "numba.parallel_chunksize alone does not help with the omp and workqueue layers.",
    )
