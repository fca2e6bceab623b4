"""A parallel loop that starts further parallel regions from inside: every iteration pays for a team of threads.

Detected by counting: Numba's regions entered while another was open. The static look of the code is no help: a kernel
that takes the loop's index is compiled sequentially inside, and a prange directly inside a prange makes one region;
both are harmless and both count nothing. Each nested entry costs 15 µs to 1 ms with OpenMP and about 2 µs with TBB;
where the time for each entry is longer than such a start explains, or the call is as much faster with its threads as
they can make it, the finding is only context. The workqueue layer aborts instead; the child's last words tell.

It cannot be told without the region counter (Numba's `numba_parallel_for` found no place to be replaced), and not for
nested teams of other libraries.

Source: Numba, "The threading layers"; https://numba.readthedocs.io/en/stable/user/threading-layer.html
"""

from __future__ import annotations

from stallhorn import units
from stallhorn.model import Finding, Status, Switch
from stallhorn.pitfalls._threads import compare, region_threads
from stallhorn.pitfalls.base import CAUSE, CONTEXT, Case, counted, dispatchers, observed

TITLE = "parallel regions inside a parallel region"
NEEDS: tuple[str, ...] = ()  # an aborted child has no facts, and is told all the same

# What Numba's workqueue layer writes before it aborts: first newer versions, then older ones.
LAST_WORDS = ("Concurrent access has been detected", "Nested parallel kernel launch detected")

# Below this time of a call for each nested entry, starting the entry is a good part of it. Measured per entry with
# OpenMP: 15 µs to 0.8 ms, with a busy neighbour up to 2 ms; with TBB 1 to 3 µs; with one thread 1 µs.
OPENMP, OPENMP_IN_NOISE, TBB, ONE_THREAD = 1e-3, 4e-3, 10e-6, 4e-6
# This part of the most that threads can give is given: then the nesting does not matter.
WELL_USED = 0.75
DEAD = 0.02  # share of CPU time in threads that ended; 0 in 120 healthy runs


def detect(case: Case) -> Finding | None:
    if case.run.status is Status.ABORTED:
        return _aborted(case)
    nested = case.facts.count("calls.nested_regions")
    if not nested:
        return None
    regions = case.facts.count("calls.regions")
    one = compare(case.run, case.with_one_thread)
    evidence = [counted("nested regions per call", nested, 0)]
    if case.run.seconds:
        evidence.append(observed("time for each nested entry", units.seconds(case.run.seconds / nested), "none needed"))
    if one is not None:
        evidence.append(observed("time over that with one thread", f"{one.ratio:.2f}", "below 1"))
    dead = case.facts.number("activity.dead_cpu_share")
    if dead is not None and dead > DEAD:
        evidence.append(observed("CPU time in threads that ended meanwhile", f"{dead:.0%}", "0%"))
    total = (
        f"{regions} parallel regions per call, {nested} of them" if regions else f"{nested} parallel regions per call"
    )
    switch = Switch("NUMBA_NUM_THREADS=1", {"NUMBA_NUM_THREADS": "1"}) if one is not None and one.faster else None
    severity = CAUSE if _costs(case, nested) else CONTEXT
    return case.finding(
        __name__, severity, f"enters {total} inside another one", tuple(evidence), _remedy(case), switch
    )


def _costs(case: Case, nested: int) -> bool:
    threads = region_threads(case.facts)
    one = compare(case.run, case.with_one_thread)
    if one is not None and one.faster:
        return True
    if one is not None and not case.run.disturbed and threads and 1 / one.ratio > WELL_USED * threads > 1:
        return False
    return case.run.seconds is not None and case.run.seconds / nested < _dear(case, threads)


def _dear(case: Case, threads: int | None) -> float:
    if threads == 1:
        return ONE_THREAD
    if case.facts.text("threads.layer") == "tbb":
        return TBB
    return OPENMP_IN_NOISE if case.run.disturbed else OPENMP


def _remedy(case: Case) -> str:
    names = sorted({one.text("name") or "" for one in dispatchers(case.facts) if one.flag("parallel")} - {""})
    among = f" (parallel=True is on {', '.join(names)})" if names else ""
    return (
        "Keep parallel=True and prange on the outermost loop only, and write @numba.njit without parallel=True "
        f"on every function called inside it{among}."
    )


def _aborted(case: Case) -> Finding | None:
    told = f"{case.run.stderr}\n{case.run.reason}"
    words = next((words for words in LAST_WORDS if words in told), None)
    if words is None:
        return None
    return case.finding(
        __name__,
        CAUSE,
        "Numba's workqueue layer aborted the process: a parallel region was entered while another was open",
        (counted("last words of the process", f"{words!r}", "it ends by itself"),),
        _remedy(case) + " If parallel functions are called from several Python threads, install tbb and set "
        "NUMBA_THREADING_LAYER=tbb, or set NUMBA_THREADING_LAYER=omp.",
    )
