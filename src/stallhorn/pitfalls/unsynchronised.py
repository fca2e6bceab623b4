"""JAX returns before it has computed; a benchmark that does not wait times the hand-over of the work, not the work.

How it is detected: after one more call the probe lets JAX finish, and times that (`jax.unfinished_seconds`). A
benchmark that waits leaves nothing; one that does not leaves most of a call. `jax.ready` says of a `time_` benchmark
whether its result was there when the call returned. The smallest of all processes' values counts, because a neighbour
can only make it longer. Where the result was there, something else may still be under way, such as an update that is
not returned: that takes more to be believed.

When it cannot be: computations that JAX finishes before the call returns (small ones run in the calling thread): then
nothing is lost either. In a long row of calls JAX lets only 32 wait, so that the time per call comes near the truth:
the benchmark is named all the same, because the figure then depends on how many calls a sample has.

Source: https://docs.jax.dev/en/latest/async_dispatch.html; measured: 9.9 ms read as 0.19 ms.
"""

from __future__ import annotations

import re

from stallhorn import units
from stallhorn.model import Finding, Status, Switch
from stallhorn.pitfalls.base import AGAIN, BLOCKING, Case, observed

TITLE = "The timing ends before JAX does"
NEEDS = ("jax.unfinished_seconds",)

# Left over, as a share of the time per call. Where waiting would double the time, as much is left as the call took;
# calls that wait, and eager ones that overlap with their last operation only, stay below 0.3 at work that counts.
SHARE = 0.5

# Waiting for nothing reads as 0 to 15 µs, beside two busy neighbours too: for results that were not ready ...
LEAST = 30e-6
# ... and, where the result was there or none was returned, if every process that looked saw it ...
LEAST_BEHIND = 100e-6
# ... and above a scheduler's time slice (up to 16 ms were seen) where only one process has looked.
LEAST_SEEN_ONCE = 30e-3


def detect(case: Case) -> Finding | None:
    per_call = case.run.seconds
    left, looks = _left(case)
    if per_call is None or left is None or left < SHARE * per_call:
        return None
    not_ready = case.facts.flag("jax.ready") is False
    if not_ready and _probe_waits(case):
        return None  # what was left is the result, which the samples have waited for
    if left < _least(not_ready, looks):
        return None
    claim = (
        f"A call reads as {units.seconds(per_call)}, but JAX works on for {units.seconds(left)} after it has returned: "
        f"{'the result is not waited for' if not_ready else 'work that is not returned is left behind'}."
    )
    evidence = [observed("work left when the call returns", units.seconds(left), "next to nothing")]
    if not_ready:
        evidence.append(observed("the returned arrays are ready", "no", "yes"))
    return case.finding(__name__, BLOCKING, claim, tuple(evidence), _remedy(not_ready), _switch(not_ready))


def _left(case: Case) -> tuple[float | None, int]:
    """The least that any process left undone that measured just this, and how many looked."""
    again = case.reruns.get(AGAIN)
    others = [one for one in (*case.repeats, again) if one is not None and one.status is Status.OK]
    found = [run.facts.number("jax.unfinished_seconds") for run in (case.run, *others)]
    known = [seconds for seconds in found if seconds is not None]
    return (min(known), len(known)) if known and found[0] is not None else (None, 0)


def _probe_waits(case: Case) -> bool:
    """Whether the probe waits for each result; samples of `time_` benchmarks are asv's, and it waits for nothing."""
    told = case.facts.flag("sampling.waited")
    if told is not None:
        return told
    name = case.key.benchmark
    is_asvs = ":" not in name and re.match(r"time(_|$)|Time[A-Z_]", name.rpartition(".")[2]) is not None
    return case.facts.has("first_call.seconds") or not is_asvs


def _least(not_ready: bool, looks: int) -> float:
    if not_ready:
        return LEAST
    return LEAST_BEHIND if looks > 1 else LEAST_SEEN_ONCE


def _remedy(not_ready: bool) -> str:
    if not_ready:
        return "End the benchmark with `return jax.block_until_ready(result)`; one named `measure_...` is waited for."
    return (
        "Return everything that the call starts, or wait inside it for every array that is computed: "
        "`jax.block_until_ready((result, state))`."
    )


def _switch(not_ready: bool) -> Switch | None:
    return Switch("jax.block_until_ready(result)", treatment="wait") if not_ready else None
