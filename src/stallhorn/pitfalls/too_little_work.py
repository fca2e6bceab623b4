"""The call is slower with its threads than with one: what there is to do is less than what sharing it out costs.

Detected by the time with one thread (a rerun, or the suite's own series): it must be clearly shorter, beyond both
intervals, while the run did use a pool: parallel regions of two threads and more, JAX computations, or BLAS. And the
work in one region or computation, taken from the time with one thread, must be small: a millisecond at most. Beyond
that sharing costs nothing to speak of, and something else is wrong.

Withheld while other programs use the machine: the threads of a region wait for each other, so that one busy neighbour
makes a call of 3 µs take 15 ms. Cannot tell without a time with one thread. A loss of less than 2 µs is not named: it
is what any parallel call costs.

Source: measured on two cores. A region over 100 elements takes 1 µs with one thread; with two it takes 1.3 µs where
OpenMP's threads spin, 58 where they wait passively, and 2 with tbb, which at 10,000 elements takes 8.7 against 3.5 µs.
The workqueue layer takes 30 to 90 µs whatever the number of threads, one included: that is not found here.
"""

from __future__ import annotations

from dataclasses import dataclass

from stallhorn.model import Finding, Switch
from stallhorn.pitfalls.base import CAUSE, CONTEXT, Case, counted, observed
from stallhorn.units import seconds

TITLE = "Too little work for threads"
NEEDS = ("threads.used",)
NOISY = True
YIELDS_TO = (
    "nested-parallel",
    "fork-join-per-iteration",
    "oversubscription",
    "blas-in-parallel-region",
    "cpu-quota",
    "compile-in-timing",
    "recompilation",
)

# Of 304 healthy pairs measured on two quiet cores, one was slower with two threads by more than 1.2, and its work was
# large. Sick ones lose a factor of 2 to 1000.
SLOWER = 1.3
# Of a library's own pool, whose size nobody chose for this call. A process of JAX or BLAS is now and then 1.6 times as
# slow with two threads, by where its threads happen to run; what is sick loses more.
LIBRARYS_SLOWER, SURELY = 2.0, 4.0
LOSS = 2e-6  # seconds a call
SMALL = 1e-3  # seconds of one thread for one region or computation: a hundred times what sharing it out costs
WANTED = 1.2  # threads that wanted a core, from which BLAS did use its pool: it has none of its own counters

REGIONS = "parallel regions"
# Starting a region takes 1 to 2 µs where threads spin, 20 to 70 where they sleep or with workqueue.
MOSTLY, START = 0.5, 10e-6

_BLAS = {
    name: "1" for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
}


@dataclass(frozen=True, slots=True)
class _Pool:
    """The pool that the call used, and how often it was put to work."""

    threads: int
    what: str
    uses: int
    variables: dict[str, str]


def detect(case: Case) -> Finding | None:
    return _slower_than_one(case) or _mostly_sharing_out(case)


def _mostly_sharing_out(case: Case) -> Finding | None:
    """Regions that take much longer than their busiest thread works: on some layers one thread is no faster either."""
    facts, took = case.facts, case.run.seconds
    regions, threads = facts.count("calls.regions"), facts.count("calls.region_threads") or 0
    work, inside = facts.number("calls.region_work_seconds"), facts.number("calls.region_seconds")
    whole = facts.number("calls.seconds")
    if not regions or not took or work is None or inside is None or whole is None or threads < 2:
        return None
    outside = min(max(0.0, whole - inside), max(0.0, took - inside))  # not theirs; the counters make it seem long
    lost = took - work - outside
    if lost < MOSTLY * took or lost / regions < START or work / regions > SMALL:
        return None
    return case.finding(
        __name__,
        CAUSE,
        f"A call takes {seconds(took)}, of which its {regions} parallel region{'s' * (regions != 1)} with {threads} "
        f"threads compute{'s' * (regions == 1)} for {seconds(work)}: the rest goes into sharing out and waiting.",
        (
            observed("time for which the busiest thread computes", seconds(work), f"most of {seconds(took)}"),
            observed("time lost for each region", seconds(lost / regions), f"below {seconds(START)}"),
            counted("parallel regions", regions, "as few as there can be"),
        ),
        "Leave out `parallel=True` for arrays this small, or give one region more to do, e.g. all rows at once. The "
        "layers omp and tbb share out faster than workqueue (`NUMBA_THREADING_LAYER=omp`).",
    )


def _slower_than_one(case: Case) -> Finding | None:
    run, one, pool = case.run, case.with_one_thread, _pool(case)
    if pool is None or one is None or one.disturbed:
        return None
    if run.seconds is None or run.low is None or one.seconds is None or one.high is None:
        return None
    ratio, work = run.seconds / one.seconds, one.seconds / pool.uses
    least = SLOWER if pool.what == REGIONS else LIBRARYS_SLOWER
    if run.low <= one.high or ratio < least or run.seconds - one.seconds < LOSS or work > SMALL:
        return None
    setting = next(iter(pool.variables))
    return case.finding(
        __name__,
        CAUSE if pool.what == REGIONS or ratio >= SURELY else CONTEXT,
        f"A call takes {seconds(run.seconds)} with {pool.threads} threads and {seconds(one.seconds)} with one, "
        f"{ratio:.2f}x as long: it is shared out over {pool.uses} {pool.what}, each of {seconds(work)} of work.",
        (
            observed("time of a call", seconds(run.seconds), f"at most {seconds(one.seconds)}, as with one thread"),
            observed(f"work in one of the {pool.what}", seconds(work), f"more than {seconds(SMALL)}"),
            counted(pool.what, pool.uses, "as few as there can be"),
        ),
        f"Use one thread for arrays this small: {setting}=1 in the environment, "
        "`if n < limit: return kernel_with_one_thread(...)` in the code, or no `parallel=True`; or give one call more "
        "to do, e.g. all rows at once.",
        Switch(f"{setting}=1", pool.variables),
    )


def _pool(case: Case) -> _Pool | None:
    facts = case.facts
    regions, region_threads = facts.count("calls.regions") or 0, facts.count("calls.region_threads")
    numba = region_threads if region_threads is not None else (facts.count("threads.used.numba") or 0)
    if regions and numba > 1:
        return _Pool(numba, REGIONS, regions, {"NUMBA_NUM_THREADS": "1"})
    dispatches, jax = facts.count("calls.dispatches") or 0, facts.count("threads.used.jax") or 0
    if dispatches and jax > 1:
        return _Pool(jax, "JAX computations", dispatches, {"NPROC": "1"})
    blas, demand = facts.count("threads.used.blas") or 0, facts.number("activity.demand") or 0.0
    if not regions and not dispatches and blas > 1 and demand >= WANTED:
        return _Pool(blas, "calls of a library", max(1, facts.count("calls.library_calls") or 1), _BLAS)
    return None
