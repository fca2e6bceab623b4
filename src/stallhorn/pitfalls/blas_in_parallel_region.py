"""Every thread of a parallel loop calls a matrix product that wants to use all cores itself.

Detected by two counted facts together: a Numba function calls BLAS inside a parallel region that ran with several
threads, and the BLAS pool has more than one. That alone is harmless for small matrices (OpenBLAS takes one thread below
about 64 x 64), so harm must be seen: the same run with one BLAS thread is clearly faster, or more threads wanted a core
than both the cores and the region's threads explain. BLAS called from several Python threads looks like ordinary work
from outside; there only the run with one BLAS thread can tell.

It cannot be told for BLAS behind a callback or in another library's threads, nor without the run with one BLAS thread
where the sampling window is shorter than 50 ms.

Source: measured with Numba 0.68 and OpenBLAS 0.3.31, two threads each on two cores: 100 x 100 takes 4 to 10 times as
long; threadpoolctl, https://github.com/joblib/threadpoolctl#known-limitations
"""

from __future__ import annotations

from stallhorn.model import Evidence, Finding, Switch
from stallhorn.pitfalls._threads import BLAS_VARIABLES, Comparison, compare, demand, region_threads
from stallhorn.pitfalls.base import CAUSE, CONTEXT, ONE_BLAS_THREAD, Case, counted, dispatchers, observed

TITLE = "BLAS threads inside a parallel loop"
NEEDS = ("threads.used.blas",)

# Threads that wanted a core, over the larger of cores and the region's threads. With two cores, 2 BLAS threads: 2.5 to
# 2.9 of 2 where the matrices are large enough for OpenBLAS to use them; 1.9 to 2.1 where they are not or with one.
CROWDED = 1.2


def detect(case: Case) -> Finding | None:
    blas = case.facts.count("threads.used.blas") or 0
    if blas < 2:
        return None
    names = [one.text("name") or "a function" for one in dispatchers(case.facts) if one.flag("blas_in_region")]
    threads = region_threads(case.facts) or 1
    if names and case.facts.count("calls.regions") and threads > 1:
        return _in_region(case, blas, threads, names)
    return _in_python_threads(case, blas)


def _in_region(case: Case, blas: int, threads: int, names: list[str]) -> Finding:
    wanted = demand(case.facts)
    crowded = wanted is not None and wanted > CROWDED * max(case.cores or threads, threads)
    rerun = _with_one_blas_thread(case)
    harmful = rerun.faster or (crowded and not rerun.alike) if rerun is not None else crowded
    evidence = [
        counted("functions that call BLAS inside a parallel region", ", ".join(names), "none, or one BLAS thread"),
        counted("BLAS threads", blas, 1),
    ]
    if wanted is not None:
        evidence.append(observed("threads that wanted a core", f"{wanted:.1f}", f"at most {case.cores or threads}"))
    return case.finding(
        __name__,
        CAUSE if harmful else CONTEXT,
        f"{threads} threads of a parallel region each call BLAS, which has {blas} threads of its own"
        + _gained(rerun)
        + ("" if harmful else "; no harm is seen"),
        (*evidence, *_ratio(rerun)),
        _REMEDY,
        _switch(),
    )


def _in_python_threads(case: Case, blas: int) -> Finding | None:
    python = case.facts.count("calls.python_threads") or 0
    rerun = _with_one_blas_thread(case)
    if not python or rerun is None or not rerun.faster or case.facts.count("calls.regions"):
        return None
    return case.finding(
        __name__,
        CAUSE,
        f"{python} Python threads share a BLAS that has {blas} threads of its own" + _gained(rerun),
        (counted("Python threads", python, 0), counted("BLAS threads", blas, 1), *_ratio(rerun)),
        _REMEDY,
        _switch(),
    )


def _with_one_blas_thread(case: Case) -> Comparison | None:
    """None also where the code gave BLAS more threads in that run: then it says nothing."""
    rerun = case.reruns.get(ONE_BLAS_THREAD)
    return (
        None if rerun is None or rerun.facts.count("threads.used.blas") not in (None, 1) else compare(case.run, rerun)
    )


def _gained(rerun: Comparison | None) -> str:
    return f"; with one BLAS thread it is {rerun.ratio:.1f} times as fast" if rerun is not None and rerun.faster else ""


def _ratio(rerun: Comparison | None) -> tuple[Evidence, ...]:
    if rerun is None:
        return ()
    return (observed("time over that with one BLAS thread", f"{rerun.ratio:.2f}", "about 1 or below"),)


_REMEDY = (
    "Give BLAS one thread while the loop is parallel: set OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 before Python "
    "starts, or write `with threadpoolctl.threadpool_limits(1, 'blas'):` around the call."
)


def _switch() -> Switch:
    return Switch("OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1", dict.fromkeys(BLAS_VARIABLES, "1"))
