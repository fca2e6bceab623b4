"""What to measure once more, with one thing changed, and what two measurements say about a cause. Pure.

A detector that compares needs a partner: the same call with one thread, with fewer threads, without compiling. The
suite may have it as a series of its own; `stallhorn diagnose` measures it. A proof goes further: the remedy's switch is
flipped and both are measured in turns, so that whatever else happens on the machine happens to both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from stallhorn.model import Status
from stallhorn.pitfalls.base import (
    AGAIN,
    CONTIGUOUS,
    FITTED,
    INTERPRETED,
    ON_DEVICE,
    ONE_BLAS_THREAD,
    ONE_THREAD,
    OTHER_ORDER,
    Facts,
    Run,
    dispatchers,
)
from stallhorn.stats import median, median_interval

POOLS = {
    "numba": ("NUMBA_NUM_THREADS",),
    "blas": ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
    "omp": ("OMP_NUM_THREADS",),
    "jax": ("NPROC",),
}
BUSY = 1.2  # runnable threads from which on more than one thread matters
DIGESTS = 12  # results that a repetition computes
LEFT = 5e-5  # seconds of JAX's work: less is what waiting for nothing reads as
IN_CACHE = 100_000  # bytes: below, every order is as good
TABLE = re.compile(r"(?i)\barray\(\w+, [2-9]d?, ")  # as Numba writes the type of one with several axes
CUT = 30.0  # times as long as the compiled call: then compiling clearly pays, and waiting for more tells nothing


@dataclass(frozen=True, slots=True)
class Variation:
    """One way to measure the same thing again."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    how: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, float] = field(default_factory=dict)
    limit: float | None = None  # seconds for the whole measurement


def variations(run: Run) -> tuple[Variation, ...]:
    """The reruns that could change a verdict about this run; none for code with one thread and no compiler."""
    if run.status is not Status.OK:
        return ()
    facts, wanted = run.facts, []
    if _is_parallel(facts):
        wanted.append(Variation(ONE_THREAD, _every_pool(1), {"digests": DIGESTS // 2 if _may_race(facts) else 0}))
    functions = tuple(dispatchers(facts))
    if _may_race(facts) or any(_is_cold(one) for one in functions) or _leaves_work(facts):
        wanted.append(Variation(AGAIN, {}, {"digests": DIGESTS if _may_race(facts) else 0}))
    if (facts.number("calls.bytes_in") or 0) > 0:
        wanted.append(Variation(ON_DEVICE, {}, {"treatment": "device"}))
    odd = set(facts.texts("result.input_layouts")) - {"C"} and (facts.number("calls.input_bytes") or 0) > IN_CACHE
    if odd or any(set(one.texts("layouts")) - {"C"} for one in functions):
        wanted.append(Variation(CONTIGUOUS, {}, {"treatment": "contiguous"}))
    elif any(_walks_a_table(one) for one in functions) and (facts.number("calls.input_bytes") or 0) > IN_CACHE:
        wanted.append(Variation(OTHER_ORDER, {}, {"treatment": "fortran"}))
    fitted = _fitted(facts)
    if fitted:
        wanted.append(Variation(FITTED, fitted))
    if _blas_inside(facts):
        wanted.append(Variation(ONE_BLAS_THREAD, dict.fromkeys(POOLS["blas"], "1")))
    if (
        functions
        and run.seconds is not None
        and (not any(one.flag("loops") for one in functions) or any(_is_object(one) for one in functions))
    ):
        wanted.append(
            Variation(
                INTERPRETED,
                {"NUMBA_DISABLE_JIT": "1"},
                plan={"samples": 5, "least": 1, "budget": 0.5},
                limit=20.0 + CUT * run.seconds,
            )
        )
    return tuple(wanted)


def _is_parallel(facts: Facts) -> bool:
    return (facts.number("calls.regions") or 0) > 0 or (facts.number("activity.demand") or 0.0) > BUSY


def _may_race(facts: Facts) -> bool:
    return (facts.number("calls.regions") or 0) > 0 or (facts.number("calls.python_threads") or 0) > 0


def _is_cold(function: Facts) -> bool:
    return bool(function.flag("cache") and function.number("cache_misses") and not function.number("cache_hits"))


def _leaves_work(facts: Facts) -> bool:
    """Whether JAX seems to have been left at work: a second look tells it from a neighbour's doing."""
    waited = facts.flag("sampling.waited") and facts.flag("jax.ready") is False
    return not waited and (facts.number("jax.unfinished_seconds") or 0.0) > LEFT


def _walks_a_table(function: Facts) -> bool:
    """Whether it loops over an array with several axes, which has an order that the loop can go against."""
    return bool(function.flag("loops")) and any(TABLE.search(text) for text in function.texts("signatures"))


def _is_object(function: Facts) -> bool:
    return bool(function.flag("object_mode") or function.number("lifted"))


def _blas_inside(facts: Facts) -> bool:
    """Whether BLAS, with threads of its own, is called where several threads run already."""
    if (facts.number("threads.used.blas") or 0) < 2:
        return False
    inside = any(one.flag("blas_in_region") for one in dispatchers(facts))
    return inside or (facts.number("calls.python_threads") or 0) > 1 or (facts.number("activity.children") or 0) > 0


def _cores(facts: Facts) -> int | None:
    cores, quota = facts.count("host.affinity") or facts.count("host.cores"), facts.number("host.quota")
    return cores if cores is None or quota is None else max(1, min(cores, math.ceil(quota)))


def _fitted(facts: Facts) -> dict[str, str]:
    """Variables that cut every pool that is larger than the cores."""
    cores = _cores(facts)
    if cores is None:
        return {}
    used = {pool: facts.number(f"threads.used.{pool}") or 0 for pool in POOLS}
    return {variable: str(cores) for pool, names in POOLS.items() if used[pool] > cores for variable in names}


def _every_pool(count: int) -> dict[str, str]:
    return {variable: str(count) for names in POOLS.values() for variable in names}


class Outcome(StrEnum):
    PROVEN = "proven"
    WITHDRAWN = "withdrawn"  # the time does not go with the supposed cause
    OPEN = "open"  # the turns differ too much to say


@dataclass(frozen=True, slots=True)
class Proof:
    """What flipping a switch did: how many times faster the call became, with bounds (99 %)."""

    ratio: float  # time before over time after
    low: float
    high: float
    hides: bool = False  # the switch shows what the timing hides: a proof is that the time becomes longer

    @property
    def outcome(self) -> Outcome:
        low, high = (1 / self.high, 1 / self.low) if self.hides else (self.low, self.high)
        if low > RELEVANT:
            return Outcome.PROVEN
        return Outcome.WITHDRAWN if high < NEGLIGIBLE else Outcome.OPEN

    @property
    def text(self) -> str:
        if self.hides:
            bounds = f"[{_times(1 / self.high)}, {_times(1 / self.low)}]"
            return f"{_times(1 / self.ratio)}x as long {bounds}: {self._word}"
        return f"{_times(self.ratio)}x of it is gone [{_times(self.low)}, {_times(self.high)}]: {self._word}"

    @property
    def _word(self) -> str:
        return "the turns differ too much to say" if self.outcome is Outcome.OPEN else str(self.outcome)


def _times(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 0.1 else f"{value:.1g}"


RELEVANT = 1.05  # what processes of the same code differ by anyway
NEGLIGIBLE = 1.2  # a gain that is surely below this explains nothing
LEAST_TURNS, MOST_TURNS = 6, 16  # as many as it takes to tell


def proof(pairs: Sequence[tuple[float, float]], hides: bool = False) -> Proof | None:
    """From times measured in turns, (as it is, with the switch flipped); None from fewer than two pairs."""
    ratios = [before / after for before, after in pairs if before > 0 and after > 0]
    bounds = median_interval(ratios)
    return None if bounds is None else Proof(median(ratios), *bounds, hides)
