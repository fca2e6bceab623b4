"""The call is as fast as memory allows: more threads or better arithmetic change little.

Detected in one of two ways, for calls that touch more than the caches hold.
(1) The bytes that the call cannot avoid (the benchmark's arrays or, if larger, the result, and temporaries written
    and read again), over its time, are 5 GB/s or more for each core that worked. One core moves 5 to 45 from memory.
(2) Two threads and more gain little against one (less than 0.6 of their number), although nearly all the time is inside
    evenly shared parallel regions, no more threads wanted a core than there are, and the traffic is 2 GB/s or more.

It is context: a property of the machine and the algorithm, and what the next speed-up has to respect.

Cannot tell where the arrays fit into a cache, for results on another device, and where the sizes of the arrays are not
known. The bytes are a lower bound of the traffic if every array is used; an array that the call does not read makes it
too high. A sure figure needs the machine's measured roofs (`stallhorn roofs`).

Source: S. Williams, A. Waterman, D. Patterson, "Roofline", Comm. ACM 52 (2009) 65.
"""

from __future__ import annotations

from stallhorn.model import Finding
from stallhorn.pitfalls.base import CONTEXT, Case, observed
from stallhorn.units import seconds, size

TITLE = "As fast as memory allows"
NEEDS = ("calls.input_bytes",)
# They say why so many bytes are moved, or why threads gain nothing.
YIELDS_TO = (
    "memory-layout",
    "too-little-work",
    "oversubscription",
    "nested-parallel",
    "fork-join-per-iteration",
    "blas-in-parallel-region",
    "cpu-quota",
    "large-temporaries",
)

CORE = 5e9  # bytes a second that a core moves from memory on slow machines; the reference machine: 44e9 for one
SOME = 2e9  # with speed-up known: traffic that a limit of memory must show at least, shared machines included
CACHES = 32 * 2**20  # bytes beyond which caches do not hold it: a usual last-level cache
PRIVATE = 4 * 2**20  # (2) rests on more: beyond a core's own caches is enough
GAIN = 0.6  # speed-up over threads; twice the threads at twice the bandwidth would be 1
COVERED = 0.7  # share of the time inside regions, else it is the serial part that does not scale
EVEN = 1.2  # imbalance up to which the regions' share is even
ROOM = 1.25  # wanted threads over cores up to which nobody waits for a core


def detect(case: Case) -> Finding | None:
    if not case.run.seconds or "cpu" not in (case.facts.text("result.device") or "cpu").lower():
        return None
    moved = _bytes(case)
    rate = moved / case.run.seconds
    cores = _working_cores(case)
    near_the_floor = moved >= CACHES and rate >= CORE * cores
    gain = _gain(case)
    stuck = gain is not None and moved >= PRIVATE and rate >= SOME
    if not near_the_floor and not stuck:
        return None
    evidence = [
        observed("bytes that a call moves at least", size(moved), f"below {size(CACHES)}, which caches hold"),
        observed("traffic", f"{rate / 1e9:.1f} GB/s", f"below {CORE * cores / 1e9:.1f} GB/s for {cores:.1f} cores"),
    ]
    words = ""
    if stuck and gain is not None:
        threads = _threads(case)
        words = f", and {threads} threads are {gain:.2f}x as fast as one"
        evidence.append(observed("speed-up from threads", f"{gain:.2f}", f"at least {GAIN * threads:.1f}"))
    return case.finding(
        __name__,
        CONTEXT,
        f"A call moves at least {size(moved)} in {seconds(case.run.seconds)}, {rate / 1e9:.1f} GB/s with "
        f"{cores:.1f} cores at work{words}: memory limits it, not arithmetic.",
        tuple(evidence),
        "Move fewer bytes: join loops that pass over the same arrays, write into arrays that exist (`out=`), use a "
        "smaller type where it is precise enough, or work on blocks that fit into a cache. More threads do not help.",
    )


def _bytes(case: Case) -> float:
    facts = case.facts
    # A result that was written in place is one of the benchmark's arrays: the larger of the two is sure, not the sum.
    result = facts.number("calls.result_bytes") or facts.number("result.bytes") or 0.0
    once = max(facts.number("calls.input_bytes") or 0.0, result)
    temporary = (facts.number("calls.temporary_bytes") or 0.0) + (facts.number("calls.jax_temporary_bytes") or 0.0)
    return once + 2 * temporary  # written, and read again


def _working_cores(case: Case) -> float:
    """How many cores shared the traffic: at least one, and never more than there are."""
    used = max(case.facts.number("activity.cores_used") or 1.0, 1.0)
    return min(used, float(case.cores)) if case.cores else used


def _threads(case: Case) -> int:
    return case.facts.count("calls.region_threads") or 0


def _gain(case: Case) -> float | None:
    """The speed-up against one thread, where it is small and memory is what is left to explain it; else None."""
    one, run, facts = case.with_one_thread, case.run, case.facts
    if one is None or not one.seconds or not run.seconds or run.disturbed or one.disturbed:
        return None
    threads, inside = _threads(case), facts.number("calls.region_seconds")
    imbalance, demand = facts.number("calls.imbalance"), facts.number("activity.demand")
    if threads < 2 or inside is None or imbalance is None:
        return None
    covered = inside >= COVERED * run.seconds and imbalance <= EVEN
    waited = demand is not None and case.cores is not None and demand > ROOM * case.cores
    gain = one.seconds / run.seconds
    return gain if covered and not waited and gain < GAIN * threads else None
