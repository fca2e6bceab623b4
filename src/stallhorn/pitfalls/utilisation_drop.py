"""Fewer and fewer of the cores do useful work as the problem grows: a part that is not shared out grows faster.

Detected along a parameter that is a number (n, size, ...): at the best of the smaller values the threads were used
well, at this one they are not. How well is taken from the time inside parallel regions and how evenly their threads
worked, not from CPU time: waiting threads spin, and use their core for nothing. Then it is asked which share it is:
(1) the serial part, the time outside regions, has become 40 % or more and has doubled at least;
(2) the system: a third or more of the CPU time went there, with page faults, and had not at the smaller value;
(3) memory: nearly all time is inside even regions, one thread is nearly as fast, and the traffic is high. This is
    context, the others are causes. Where it is none of these, nothing is said.

Withheld while other programs use the machine. Cannot tell at a single size, nor for the pools of BLAS and JAX, whose
regions cannot be seen; where BLAS may work outside the regions, the cores that were used must have fallen too.

Source: notes on a radial basis function interpolator in Numba: `top` showed 3200 % for N = 50 and 100 and 600 % for
N = 1000 and 2000, and the question was "memory pressure?".
"""

from __future__ import annotations

from dataclasses import dataclass

from stallhorn.model import Evidence, Finding, Switch
from stallhorn.pitfalls.base import CAUSE, CONTEXT, Case, Run, counted, observed
from stallhorn.units import seconds

TITLE = "Fewer cores work as the problem grows"
NEEDS = ("calls.region_seconds", "calls.region_threads")
NOISY = True
YIELDS_TO = (
    "nested-parallel",
    "fork-join-per-iteration",
    "oversubscription",
    "blas-in-parallel-region",
    "cpu-quota",
    "load-imbalance",
)

WELL = 0.75  # of the threads did useful work at the smaller value: it can be done
FALLEN = 0.7  # of that is left at most
SERIAL = 0.4  # share outside regions: two threads then gain 1.4x at most
GROWN = 2.0  # times the share that it was at the smaller value
SYSTEM = 0.33  # share of the CPU time that the system took
FAULTS = 100  # page faults a call: 0.4 MiB of fresh pages; fewer cost nothing
COVERED, GAIN, TRAFFIC = (
    0.8,
    0.6,
    5e9,
)  # (3) as memory-bound has it: inside regions, speed-up over threads, bytes a second
LEAST = 2e-4  # seconds of a call; below, entering a region and calling from Python are the serial part


# With these glibc keeps what arrays have freed: a call that fills a new array of 80 MB has 625 page faults, or none.
_KEEP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "1099511627776"}
_KEEP_TEXT = " ".join(f"{name}={value}" for name, value in _KEEP.items())


@dataclass(frozen=True, slots=True)
class _Use:
    """How well a run used its threads."""

    run: Run
    threads: int
    serial: float  # share of the time outside regions
    cores: float  # that did useful work, on average
    system: float | None  # share of the CPU time


@dataclass(frozen=True, slots=True)
class _Drop:
    """Two runs of a case that may be one: the best at a smaller value of a parameter, and this one."""

    case: Case
    name: str
    before: _Use
    now: _Use

    def finding(
        self, severity: str, why: str, more: tuple[Evidence, ...], remedy: str, switch: Switch | None = None
    ) -> Finding:
        here, there = (f"{self.name}={use.run.parameters.get(self.name)}" for use in (self.now, self.before))
        now, before = f"{self.now.cores:.2f}", f"{self.before.cores:.2f}"
        return self.case.finding(
            __name__,
            severity,
            f"{now} of {self.now.threads} threads do useful work at {here}, {before} at {there}: {why}.",
            (
                observed("threads that do useful work", now, f"{before} as at {there}"),
                counted("threads of a region", self.now.threads, self.before.threads),
                *more,
            ),
            remedy,
            switch,
        )


def detect(case: Case) -> Finding | None:
    now = _use(case.run)
    if now is None or now.run.seconds is None or now.run.seconds < LEAST:
        return None
    for name, _ in case.run.parameters.values:
        before = _best_of_the_smaller(case, name, now.threads)
        if before is None:
            continue
        drop = _Drop(case, name, before, now)
        found = _serial(drop) or _system(drop) or _memory(drop)
        if found is not None:
            return found
    return None


def _best_of_the_smaller(case: Case, name: str, threads: int) -> _Use | None:
    """The run at a smaller value of a parameter at which the threads were used best."""
    ours = _value(case.run, name)
    if name == "threads" or ours is None:
        return None
    uses = []
    for run in case.along(name):
        value, use = _value(run, name), _use(run)
        if value is not None and value < ours and not run.disturbed and use is not None and use.threads == threads:
            uses.append(use)
    return max(uses, key=lambda use: use.cores, default=None)


def _use(run: Run) -> _Use | None:
    inside, threads = run.facts.number("calls.region_seconds"), run.facts.count("calls.region_threads")
    if not run.seconds or inside is None or threads is None or threads < 2:
        return None
    share = min(1.0, inside / run.seconds)
    imbalance = max(1.0, run.facts.number("calls.imbalance") or 1.0)
    user, system = run.facts.number("activity.user_seconds"), run.facts.number("activity.system_seconds")
    kernel = None if user is None or system is None or user + system <= 0 else system / (user + system)
    return _Use(run, threads, 1 - share, 1 - share + share * threads / imbalance, kernel)


def _serial(drop: _Drop) -> Finding | None:
    before, now = drop.before, drop.now
    if before.cores < WELL * before.threads or now.cores > FALLEN * before.cores:
        return None
    if now.serial < SERIAL or now.serial < GROWN * before.serial or not _really_idle(before, now):
        return None
    outside = seconds(now.serial * (now.run.seconds or 0.0))
    return drop.finding(
        CAUSE,
        f"the serial part, outside parallel regions, takes {100 * now.serial:.0f} % of the call ({outside}) and took "
        f"{100 * before.serial:.0f} %",
        (observed("share outside parallel regions", f"{now.serial:.2f}", f"{before.serial:.2f}"),),
        f"Share out what runs outside the parallel loops, {outside} of each call, or make it cheaper: further loops "
        "with `numba.prange`, a library call with threads (`OPENBLAS_NUM_THREADS`), or preparation that is done once "
        "and not in every call.",
    )


def _system(drop: _Drop) -> Finding | None:
    before, now = drop.before, drop.now
    faults = now.run.facts.number("activity.faults") or 0.0
    if now.system is None or before.system is None or faults < FAULTS:
        return None
    if now.system < SYSTEM or now.system < GROWN * before.system:
        return None
    was = before.run.facts.number("activity.faults") or 0.0
    return drop.finding(
        CAUSE,
        f"the system takes {100 * now.system:.0f} % of the CPU time and took {100 * before.system:.0f} %, with "
        f"{faults:.0f} page faults a call against {was:.0f}",
        (
            observed("share of the CPU time in the system", f"{now.system:.2f}", f"{before.system:.2f}"),
            observed("page faults a call", f"{faults:.0f}", f"below {FAULTS}"),
        ),
        "Do not ask the system for fresh memory in every call: write into arrays that exist (`out=`), or let the "
        f"process keep what it has: {_KEEP_TEXT} in the environment.",
        Switch(_KEEP_TEXT, _KEEP),
    )


def _memory(drop: _Drop) -> Finding | None:
    one, now = drop.case.with_one_thread, drop.now
    facts = now.run.facts
    # A result that was written in place is one of the benchmark's arrays: the larger of the two is sure, not the sum.
    moved = max(facts.number("calls.input_bytes") or 0.0, facts.number("calls.result_bytes") or 0.0)
    if one is None or one.disturbed or not one.seconds or not now.run.seconds or now.serial > 1 - COVERED:
        return None
    gain, gained, rate = one.seconds / now.run.seconds, _gain(drop.case, drop.before.run), moved / now.run.seconds
    if gained is None or gained < WELL * drop.before.threads or gain > GAIN * now.threads or rate < TRAFFIC:
        return None
    return drop.finding(
        CONTEXT,
        f"{now.threads} threads are {gain:.2f}x as fast as one and were {gained:.2f}x, while {rate / 1e9:.1f} GB/s go "
        "to and from memory",
        (observed("speed-up from threads", f"{gain:.2f}", f"{gained:.2f}"),),
        "Memory limits it: work on blocks that fit into a cache, or join the loops that pass over the same arrays.",
    )


def _really_idle(before: _Use, now: _Use) -> bool:
    """Whether nothing else works outside the regions: no pool of BLAS or JAX that could, or fewer cores used."""
    facts = now.run.facts
    if max(facts.count("threads.used.blas") or 1, facts.count("threads.used.jax") or 1) < 2:
        return True
    used, was = facts.number("activity.cores_used"), before.run.facts.number("activity.cores_used")
    return used is not None and was is not None and used < (1 + FALLEN) / 2 * was


def _gain(case: Case, run: Run) -> float | None:
    """The speed-up of a sibling against the suite's own series with one thread."""
    wanted = [(key, value) for key, value in run.parameters.values if key != "threads"]
    for one in case.siblings:
        others = [(key, value) for key, value in one.parameters.values if key != "threads"]
        if others == wanted and one.parameters.get("threads") == "1" and one.seconds and run.seconds:
            return one.seconds / run.seconds
    return None


def _value(run: Run, name: str) -> float | None:
    try:
        return float(run.parameters.get(name) or "")
    except ValueError:
        return None
