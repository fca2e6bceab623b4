"""Python threads take turns: compiled or Python code holds the interpreter's lock, so one works while the others wait.

Detected by three things together: several Python threads worked in the call; on average hardly more than one of them
wanted a core, although there are more, and about one core was used; and the call reaches Numba functions that are
compiled without `nogil=True`, or no compiled code at all. NumPy and BLAS release the lock in long calls: then two
threads want two cores, and nothing is said.

Cannot tell while other programs use the machine (a thread that was handed the lock and waits for a core counts as
wanting one), nor in calls whose threads have less than 0.1 ms of work each, nor with one core. Threads that take turns
because the code has a lock of its own look the same.

Source: two threads with a compiled sum took 6.9 ms with the lock and 3.6 ms without it; 1.03 and 1.97 of them wanted a
core. With four threads it was 1.16 to 1.44 against 3.0 and more.
"""

from __future__ import annotations

from stallhorn.model import Finding
from stallhorn.pitfalls.base import CAUSE, Case, counted, dispatchers, observed

TITLE = "Threads wait for the interpreter's lock"
NEEDS = ("calls.python_threads", "activity.demand", "activity.cores_used")
NOISY = True

FEWEST = 1  # threads beside the main one, which may work as well
WANTED = 1.5  # threads that wanted a core: 1.0 to 1.44 with the lock held, 1.8 and more without
# On a machine that nobody else uses, threads that want two cores get them. Where they do not, the wish is that of the
# moment in which the lock is handed over on one core.
ALONE, SURELY_WANTED = 0.1, 2.2
USED = (0.85, 1.2)  # cores used: 0.98 to 1.04 with the lock held. Less is waiting for something else than the lock
BUSY = 2  # threads with more than 5 % of the window, else one works and nobody waits
DEAD = 0.3  # share of the CPU time of threads that have ended: threads of one call are not among the busy ones
WORK = 1e-4  # seconds of a call for each thread: handing work to a thread costs 0.05 ms itself


def detect(case: Case) -> Finding | None:
    facts = case.facts
    threads, wanted = facts.count("calls.python_threads"), facts.number("activity.demand")
    used = facts.number("activity.cores_used")
    if threads is None or wanted is None or used is None or threads < FEWEST or (case.cores or 1) < 2:
        return None
    alone = (facts.number("sampling.foreign_load") or 0.0) <= ALONE
    if (
        (wanted >= WANTED and not alone)
        or wanted >= SURELY_WANTED
        or not USED[0] <= used <= USED[1]
        or not _several_worked(case)
    ):
        return None
    if case.run.seconds is None or case.run.seconds < WORK * threads:
        return None
    holders = _holders(case)
    if holders is None:
        return None
    names = ", ".join(f"`{name}`" for name in holders)
    who = f"{names} {'is' if len(holders) == 1 else 'are'} compiled without nogil=True" if holders else _NO_NUMBA
    remedy = (
        f"Compile {names} with `@numba.njit(nogil=True)`."
        if holders
        else "Do the work in compiled code that releases the lock (`@numba.njit(nogil=True)`, NumPy on large arrays), "
        "or in processes: `concurrent.futures.ProcessPoolExecutor`."
    )
    return case.finding(
        __name__,
        CAUSE,
        f"{threads + 1} Python threads take part, but on average {wanted:.2f} of them wanted a core and {used:.2f} of "
        f"{case.cores} were used: {who}, so they hold the interpreter's lock in turns.",
        (
            counted("Python threads in the call, the main one too", threads + 1, "any number"),
            observed("threads that wanted a core", f"{wanted:.2f}", f"at least {min(threads + 1, case.cores or 1)}"),
            observed("cores used", f"{used:.2f}", f"up to {min(threads + 1, case.cores or 1)}"),
            counted("functions compiled without nogil", ", ".join(holders) or "no Numba function", "none"),
        ),
        remedy,
    )


_NO_NUMBA = "they reach no Numba function but Python code or short NumPy calls"


def _several_worked(case: Case) -> bool:
    busy, dead = case.facts.count("activity.busy_threads"), case.facts.number("activity.dead_cpu_share")
    return (busy or 0) >= BUSY or (dead or 0.0) >= DEAD


def _holders(case: Case) -> tuple[str, ...] | None:
    """Functions that hold the lock; empty where only Python runs; None where compiled code does not explain it."""
    if not case.facts.has("code.dispatchers") or case.facts.entries("code.computations"):
        return None
    reached = [one for one in dispatchers(case.facts) if one.text("name") is not None]
    if not reached:
        return ()
    # A function that is called from another compiled one runs under the caller's setting; if one caller has it, the
    # lock is released somewhere and what is left cannot be told apart.
    if any(one.flag("nogil") for one in reached):
        return None
    return tuple(dict.fromkeys(one.text("name") or "" for one in reached if one.flag("nogil") is False)) or None
