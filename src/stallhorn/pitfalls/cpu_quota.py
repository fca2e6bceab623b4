"""More threads than the container's CPU quota allows use it up early, and all are stopped until the next period.

Detected by the kernel's own count of periods in which the container was stopped, while samples were taken. A pool's
size comes from the cores, which no library reads the quota for. It is a cause where this process wanted more cores than
the quota gives and was stopped for a good part of the periods; when others in the container used the quota up, or one
thread is already too much for it, the finding is context: the time is of a stopped process, and no setting helps.

It cannot be told where the container hides its accounts (`cpu.stat`), and not on hosts without a quota.

Source: Linux, "CFS Bandwidth Control", https://docs.kernel.org/scheduler/sched-bwc.html; measured with quotas of 0.2 to
1 CPU on two cores, where neither Python, NumPy's OpenBLAS nor Numba sees them
"""

from __future__ import annotations

import math

from stallhorn import units
from stallhorn.model import Finding, Switch
from stallhorn.pitfalls._threads import POOL_VARIABLES, demand
from stallhorn.pitfalls.base import CAUSE, CONTEXT, Case, counted, observed

TITLE = "threads use up the container's CPU quota"
NEEDS = ("activity.throttled_periods",)

PERIOD = 0.1  # s; the kernel's default, which container runtimes keep
STOPPED = 0.1  # of the periods: fewer cannot cost more than a tenth of the time
OVER = 1.25  # threads that want a core, over the quota


def detect(case: Case) -> Finding | None:
    periods, quota = case.facts.count("activity.throttled_periods") or 0, case.facts.number("host.quota")
    if not periods or not quota:
        return None
    wanted, pool = demand(case.facts), _pool(case)
    fitting = max(1, math.floor(quota))
    threads = wanted if wanted is not None else float(pool)
    window = case.facts.number("activity.window_seconds")
    often = window is None or periods * PERIOD >= STOPPED * window
    harmful = often and pool > fitting and threads > OVER * max(quota, 1.0)
    evidence = [
        counted("periods in which the container was stopped", periods, 0),
        counted("largest thread pool", pool, f"at most {fitting}"),
    ]
    stopped = case.facts.number("activity.throttled_seconds")
    if stopped is not None:
        evidence.append(observed("time stopped", units.seconds(stopped), "0 s"))
    if wanted is not None:
        evidence.append(observed("threads that wanted a core", f"{wanted:.1f}", f"at most {quota:.3g}"))
    variables = {name: str(fitting) for names in POOL_VARIABLES.values() for name in names}
    switch = Switch(" ".join(f"{name}={value}" for name, value in variables.items()), variables)
    return case.finding(
        __name__,
        CAUSE if harmful else CONTEXT,
        f"the container was stopped in {periods} periods: its quota is {quota:.3g} "
        f"CPU{'s' * (quota > 1)}, and {_wanting(wanted, pool)}",
        tuple(evidence),
        f"Set the pools to the quota before Python starts: {switch.text}; or raise the container's CPU limit."
        if harmful
        else "Raise the container's CPU limit, or measure where there is none: fewer threads would not help here.",
        switch if harmful else None,
    )


def _wanting(wanted: float | None, pool: int) -> str:
    return f"its pools have up to {pool} threads" if wanted is None else f"{wanted:.1f} threads wanted a core"


def _pool(case: Case) -> int:
    """The largest pool that may have worked; at least the calling thread."""
    return max(1, *(case.facts.count(f"threads.used.{name}") or 0 for name in POOL_VARIABLES))
