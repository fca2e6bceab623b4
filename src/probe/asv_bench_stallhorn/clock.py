"""Take honest timings of one call: the first apart, then calibrated samples, each result waited for.

Pure but for the clock, which is a parameter, so that tests run without one.
"""

from __future__ import annotations

import gc
import itertools
import time
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

Clock = Callable[[], float]
Wait = Callable[[Any], Any]


class Plan(NamedTuple):
    """How much to measure. Seconds."""

    samples: int = 5
    sample_time: float = 0.01  # a sample makes as many calls as fill this
    warmup_time: float = 0.02  # calls before the first sample: caches, branch predictors, CPU frequency
    budget: float = 1.0  # stop after this long, once `least` samples are taken
    least: int = 2
    number: int = 0  # calls in a sample; 0 = find out


class First(NamedTuple):
    seconds: float
    result: Any


class Timing(NamedTuple):
    samples: List[float]  # seconds per call
    number: int  # calls per sample
    calls: int = 0  # made in all, calibration included


def first_call(call: Callable[[], Any], wait: Wait, clock: Clock = time.perf_counter) -> First:
    """Time the first call until its result is there: it compiles, allocates and starts threads."""
    start = clock()
    result = call()
    wait(result)
    return First(clock() - start, result)


def steady(
    call: Callable[[], Any],
    wait: Optional[Wait],
    plan: Plan,
    clock: Clock = time.perf_counter,
) -> Timing:
    """Calibrate, then take samples. Call it after the first call: compilation must be over.

    `wait` is None when results need no waiting (NumPy, Numba); the loop is then exactly timeit's. The garbage
    collector is off while samples are taken, as in timeit.
    """
    begun = clock()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        number, calls = (plan.number, 0) if plan.number else _calibrate(call, wait, plan, clock)
        samples: List[float] = []
        while len(samples) < plan.samples:
            samples.append(_loop(call, wait, number, clock) / number)
            calls += number
            if len(samples) >= plan.least and clock() - begun > plan.budget:
                break
        return Timing(samples, number, calls)
    finally:
        if was_enabled:
            gc.enable()


def _calibrate(call: Callable[[], Any], wait: Optional[Wait], plan: Plan, clock: Clock) -> Tuple[int, int]:
    """Calls per sample, from runs that grow until they fill `sample_time`; they are the warm-up as well.

    Also how many calls that took.
    """
    begun = clock()
    number, calls = 1, 0
    while True:
        taken = _loop(call, wait, number, clock)
        calls += number
        if taken >= plan.sample_time:
            if number == 1 or clock() - begun >= plan.warmup_time:
                # The last run was at full length and warm: aim at `sample_time`, never below one call.
                return (max(1, round(number * plan.sample_time / taken)) if number > 1 else 1), calls
        else:
            growth = plan.sample_time / taken if taken > 0 else 10.0
            number = max(number + 1, int(number * min(10.0, max(1.1, growth))))


def _loop(call: Callable[[], Any], wait: Optional[Wait], number: int, clock: Clock) -> float:
    if wait is None:
        start = clock()
        for _ in itertools.repeat(None, number):
            call()
        return clock() - start
    start = clock()
    for _ in itertools.repeat(None, number):
        wait(call())
    return clock() - start
