"""`parallel=True` without a loop that Numba can share out, or `prange` without `parallel=True`: one core does it all.

How it is detected: the compiled code of the Numba functions that the benchmark reaches calls no parallel region,
though one was asked for, and the extra call entered none. A function whose callee has the parallel loop is fine, and so
is a `prange` that runs as a plain loop inside somebody else's region. It is a cause where threads could help: more than
one core and one thread, calls of 0.1 ms or more, and nothing else (BLAS, say) that keeps a second core at work or does
the work outside compiled code. Else, or where the suite measures the same function with `parallel=True` elsewhere, it
is a remark.

When it cannot be: functions that are compiled and not reached by reading the benchmark's code; parallel loops that a
condition leaves out.

Source: https://numba.readthedocs.io/en/stable/user/parallel.html
"""

from __future__ import annotations

from stallhorn import units
from stallhorn.model import Finding, Status
from stallhorn.pitfalls.base import CAUSE, CONTEXT, INTERPRETED, Case, Facts, counted, dispatchers, observed

TITLE = "Asked for parallel, runs on one core"
NEEDS = ("code.dispatchers",)

# Entering a region costs about 20 µs: below some of those, threads gain nothing that would count.
LEAST_SECONDS = 100e-6

# Threads that want a core. One that works makes 1, two make 2; a window shorter than this says too little.
SOMETHING_PARALLEL = 1.5
LEAST_WINDOW = 0.05

# As quick without compiling, give or take noise: the work is in libraries, and loops of Python would be no faster.
AS_QUICK = 1.2


def detect(case: Case) -> Finding | None:
    found = [one for one in dispatchers(case.facts) if one.texts("signatures")]
    if case.facts.count("calls.regions") or any(one.count("lexical_regions") for one in found):
        return None
    found = [one for one in found if one.flag("object_mode") is not True]
    unused = [one for one in found if _shares_nothing_out(one, found)]
    lost = next(iter([*unused, *(one for one in found if _asks_in_vain(one))]), None)
    if lost is None:
        return None
    place = f"{lost.text('name')} ({lost.text('file')}:{lost.count('line')})"
    if lost in unused:
        what = f"{place} has a prange, but is compiled without parallel=True"
        remedy = "Write `@njit(parallel=True)` above this function; without it, prange is range."
    else:
        what = f"{place} is compiled with parallel=True, but has no loop or array expression that is shared out"
        remedy = (
            "Write `for i in prange(n)` for the outermost loop whose turns do not depend on each other, or drop "
            "`parallel=True`, which makes compiling longer."
        )
    claim = f"{what}: a call of {units.seconds(case.run.seconds)} enters no parallel region and runs on one core."
    evidence = [counted("parallel regions in the compiled code", 0, "1 or more")]
    if case.facts.count("calls.regions") is not None:
        evidence.insert(0, counted("parallel regions entered in a call", 0, "1 or more"))
    wanted = case.facts.number("activity.demand")
    if wanted is not None:
        evidence.append(observed("threads that wanted a core", f"{wanted:.2f}", case.cores or "more than 1"))
    return case.finding(__name__, _severity(case, lost), claim, tuple(evidence), remedy)


def _shares_nothing_out(one: Facts, others: list[Facts]) -> bool:
    """A prange that is a plain range; the serial twin of a parallel function is meant so."""
    twin = any(_place(one) == _place(other) and other.flag("parallel") for other in others)
    return one.flag("uses_prange") is True and one.flag("parallel") is False and not twin


def _asks_in_vain(one: Facts) -> bool:
    return one.flag("parallel") is True and one.count("lexical_regions") == 0


def _severity(case: Case, lost: Facts) -> str:
    threads = case.facts.count("threads.used.numba")
    no_room = case.cores == 1 or threads == 1 or (case.run.seconds or 0.0) < LEAST_SECONDS
    return CONTEXT if no_room or _is_meant(case, lost) or _others_work(case) else CAUSE


def _is_meant(case: Case, lost: Facts) -> bool:
    """Whether the suite measures the same function with parallel=True beside this one."""
    beside = [one for sibling in case.siblings for one in dispatchers(sibling.facts)]
    return any(_place(one) == _place(lost) and one.flag("parallel") is not lost.flag("parallel") for one in beside)


def _others_work(case: Case) -> bool:
    """Whether something outside Numba's code works on a second core, or does the work at all."""
    window = case.facts.number("activity.window_seconds")
    wanted = case.facts.number("activity.demand")
    if wanted is not None and wanted >= SOMETHING_PARALLEL and (window is None or window >= LEAST_WINDOW):
        return True
    plain = case.reruns.get(INTERPRETED)
    if plain is None or plain.status is not Status.OK or plain.seconds is None or case.run.seconds is None:
        return False
    return plain.seconds <= AS_QUICK * case.run.seconds


def _place(one: Facts) -> tuple[str | None, str | None, int | None]:
    return one.text("name"), one.text("file"), one.count("line")
