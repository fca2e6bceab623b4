"""Two threads on one core share its arithmetic: counting them as two cores makes pools too large.

Detected by counting: the machine's cores carry several hardware threads that this process may use, and a pool that
worked has more threads than there are physical cores. Libraries take the hardware threads by default. Whether that
does harm depends on the code: one that waits for memory gains, one that computes loses a little or nothing. So it is
context, unless the suite's own series with as many threads as physical cores, or fewer, is clearly faster.

It cannot be told where the machine hides its topology, as virtual machines do, and is tested on recorded facts only.

Source: Linux, /sys/devices/system/cpu/cpu*/topology/thread_siblings_list; Numba takes the process's affinity as the
number of its threads
"""

from __future__ import annotations

from stallhorn.model import Finding, Switch
from stallhorn.pitfalls._threads import POOL_VARIABLES, compare, demand
from stallhorn.pitfalls.base import CAUSE, CONTEXT, Case, Run, counted, observed

TITLE = "threads share physical cores"
NEEDS = ("host.physical_cores", "threads.used")
YIELDS_TO = ("oversubscription",)


def detect(case: Case) -> Finding | None:
    cores = case.facts.count("host.physical_cores")
    if cores is None or (case.facts.count("host.smt") or 1) < 2:
        return None
    wide = {pool: used for pool, used in _working(case.run).items() if used > cores}
    if not wide:
        return None
    pool, used = max(wide.items(), key=lambda pair: pair[1])
    better = _fitting(case, cores)
    comparison = compare(case.run, better)
    harmful = comparison is not None and comparison.faster
    evidence = [counted(f"threads of the {pool} pool", used, f"at most {cores} physical cores")]
    gained = ""
    if comparison is not None and better is not None:
        name = f"threads={better.parameters.get('threads')}"
        evidence.append(observed(f"time over that with {name}", f"{comparison.ratio:.2f}", "about 1 or below"))
        gained = f"; with {name} it is {comparison.ratio:.1f} times as fast" if harmful else ""
    variables = {name: str(cores) for one in wide for name in POOL_VARIABLES[one]}
    switch = Switch(" ".join(f"{name}={value}" for name, value in variables.items()), variables)
    return case.finding(
        __name__,
        CAUSE if harmful else CONTEXT,
        f"{pool} has {used} threads on {cores} physical cores, whose hardware threads share their arithmetic{gained}",
        tuple(evidence),
        f"{'Set' if harmful else 'Compare with'} one thread for each physical core: {switch.text}.",
        switch,
    )


def _working(run: Run) -> dict[str, int]:
    """Threads of the pools that surely worked: Numba's with regions, JAX's with dispatches, BLAS's if it was busy."""
    found = {"numba": run.facts.count("calls.region_threads") if run.facts.count("calls.regions") else None}
    found["jax"] = run.facts.count("threads.used.jax") if run.facts.count("calls.dispatches") else None
    wanted, blas = demand(run.facts), run.facts.count("threads.used.blas")
    busy = wanted is not None and blas is not None and wanted > blas / 2 and not any(found.values())
    return {pool: used for pool, used in {**found, "blas": blas if busy else None}.items() if used}


def _fitting(case: Case, cores: int) -> Run | None:
    """The fastest sibling that differs in threads alone and fits the physical cores."""
    fits = [
        one
        for one in case.along("threads")
        if one is not case.run and one.seconds and all(used <= cores for used in _working(one).values())
    ]
    return min(fits, key=lambda one: one.seconds or 0.0, default=None)
