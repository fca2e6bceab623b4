"""A parallel loop inside a sequential one: threads are sent out and waited for in every iteration.

Detected by counting the Numba regions that a call enters by itself, beside those in its code: a loop around a region
shows as many more entries than there are places to enter. That is harmless where each region does much (a solver's
time steps), so what the entries cost at least, by the layer's own start time, must be a good part of the call. Beside
a busy neighbour every wait becomes longer and says nothing; then the time with one thread stands for the work.

It cannot be told without the region counter. Machines with many cores start regions more slowly than is assumed here,
so a small effect may be missed there.

Source: measured with Numba 0.68 on its three layers; Numba, "Explicit parallel loops",
https://numba.readthedocs.io/en/stable/user/parallel.html
"""

from __future__ import annotations

from stallhorn import units
from stallhorn.model import Finding, Switch
from stallhorn.pitfalls._threads import compare, region_start, region_threads
from stallhorn.pitfalls.base import CAUSE, CONTEXT, Case, counted, dispatchers, observed

TITLE = "a parallel region started in every iteration"
NEEDS = ("calls.regions",)

MANY = 8  # regions; fewer cost a call nothing that one would see
PER_PLACE = 4  # entries for each region in the code; 200 of 200 sick runs have more, 120 of 120 healthy ones have not
COSTLY = 1.25  # time over what it would be without the starts, at least
NOTICED = 1.05
WELL_USED = 0.75  # of the most that the threads can give is given: the starts do no harm
SMALL = 100e-6  # s of work in a region, beyond which being slower than one thread has other reasons


def detect(case: Case) -> Finding | None:
    entered = _entered(case)
    places = sum(one.count("lexical_regions") or 0 for one in dispatchers(case.facts))
    if entered < MANY or entered <= PER_PLACE * max(places, 1) or not case.run.seconds:
        return None
    start, effect = region_start(case), _effect(case, entered - max(places, 1))
    one = compare(case.run, case.with_one_thread)
    slower = one is not None and one.faster and case.run.seconds / one.ratio / entered < SMALL
    if effect < NOTICED and not slower:
        return None
    harmful = slower or (effect >= COSTLY and not _pays(case))
    evidence = [
        counted("parallel regions per call", entered, max(places, 1)),
        observed(
            "time for each region", units.seconds(case.run.seconds / entered), f"much above {units.seconds(start)}"
        ),
    ]
    if one is not None:
        evidence.append(observed("time over that with one thread", f"{one.ratio:.2f}", "below 1"))
    here = f"from {places} place{'s' * (places != 1)} in the code" if places else "one after the other"
    return case.finding(
        __name__,
        CAUSE if harmful else CONTEXT,
        f"enters {entered} parallel regions per call {here}; each start costs {units.seconds(start)} or more of "
        f"{units.seconds(case.run.seconds / entered)}",
        tuple(evidence),
        "Move the prange to the outermost loop whose iterations do not depend on each other, and make the inner ones "
        "plain range (no parallel=True on what they call). If each step needs the one before and does little work, "
        "take parallel=True away.",
        Switch("NUMBA_NUM_THREADS=1", {"NUMBA_NUM_THREADS": "1"}) if one is not None and one.faster else None,
    )


def _entered(case: Case) -> int:
    return (case.facts.count("calls.regions") or 0) - (case.facts.count("calls.nested_regions") or 0)


def _effect(case: Case, extra: int) -> float:
    """The time over that without the extra starts, at least."""
    seconds = case.run.seconds or 0.0
    cost = extra * region_start(case)
    without = max(seconds - cost, 0.1 * seconds)
    one = case.with_one_thread
    if case.run.disturbed and one is not None and one.seconds:
        threads = min(region_threads(case.facts) or 1, 2)  # no more: part of the call may be sequential
        without = min(without, one.seconds / threads)
    return 1 + cost / without


def _pays(case: Case) -> bool:
    threads, one = region_threads(case.facts), compare(case.run, case.with_one_thread)
    return threads is not None and threads > 1 and one is not None and 1 / one.ratio > WELL_USED * threads
