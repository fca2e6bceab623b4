"""A function is compiled inside the timing: what is measured is the compiler.

How it is detected: compile events. A call that had been made before, with the same arguments, compiles again, and most
sampled calls did so too: a function is made and compiled in each (`jax.jit(lambda ...)` or `@njit` in the body). Or the
benchmark turns warm-up off, so that its first call, which compiles, is one of its samples. Either counts from a tenth
of the time on. Compiling in the set-up or in a first call that is apart is as it should be.

When it cannot be: compilers that tell nothing (Cython's inline, Pythran); a compilation now and then, in fewer than
half of the calls. A benchmark that says in its name that it times compiling is meant so, and gets at most a remark.

Source: https://docs.jax.dev/en/latest/benchmarking.html, https://numba.readthedocs.io/en/stable/user/5minguide.html;
measured: 147 ms in place of 13 µs (Numba), 208 ms (JAX).
"""

from __future__ import annotations

from stallhorn import units
from stallhorn.model import Finding, Switch
from stallhorn.pitfalls._compilations import NEW_FUNCTION, SHARE, in_every_call
from stallhorn.pitfalls.base import BLOCKING, CONTEXT, Case, counted, observed

TITLE = "Compiling is in the timing"
NEEDS = ("sampling",)

# Seconds of compiling over those that the samples' median accounts for. Above 1 the median knows nothing of them: the
# compiling is in one sample of many, or in the set-up. The rest is room for a median of two.
MOST = 1.5

MEANT = ("compil", "first_call", "cold", "warmup")


def detect(case: Case) -> Finding | None:
    return _in_every_call(case) or _in_the_first(case)


def _in_every_call(case: Case) -> Finding | None:
    found = in_every_call(case)
    if found is None or found.reason != NEW_FUNCTION:
        return None
    what = f" ({found.names})" if found.names else ""
    claim = (
        f"Every call compiles anew: {_compilations(found.compiles)} of functions that did not exist before{what} "
        f"{'take' if found.compiles > 1 else 'takes'} {100 * found.share:.0f} % of the "
        f"{units.seconds(case.run.seconds)} per call."
    )
    remedy = (
        "Make and compile the function once, at the top of the module or in `setup`, and only call it when timed: "
        "`fast = jax.jit(f)` or `@njit` outside, and what changes from call to call as an argument."
    )
    return case.finding(__name__, _severity(case, found.share), claim, found.evidence, remedy)


def _in_the_first(case: Case) -> Finding | None:
    """The first call among few samples."""
    facts, per_call = case.facts, case.run.seconds
    calls = facts.count("sampling.calls")
    if facts.flag("sampling.first_call_timed") is not True or not calls or not per_call:
        return None
    compiles = (facts.count("sampling.compiles") or 0) + (facts.count("first_call.compiles") or 0)
    seconds = facts.number("sampling.compile_seconds") or 0.0
    seconds += facts.number("first_call.compile_seconds") or 0.0
    share = seconds / (per_call * calls)
    if compiles == 0 or not SHARE <= share <= MOST:
        return None
    claim = (
        f"The first call is in the timing and compiles: {_compilations(compiles)}, {units.seconds(seconds)} in {calls} "
        f"timed call{'s' if calls > 1 else ''}, {100 * min(1.0, share):.0f} % of the time."
    )
    evidence = (
        counted("the benchmark turns warm-up off", "yes", "no"),
        counted("compilations while samples were taken", compiles, 0),
        observed("share of the time that is compiling", f"{100 * min(1.0, share):.0f} %", "0 %"),
    )
    remedy = "Remove `warmup_time = 0` from the benchmark, or call the function once at the end of `setup`."
    switch = Switch("one call before the timing", treatment="warm")
    return case.finding(__name__, _severity(case, share), claim, evidence, remedy, switch)


def _severity(case: Case, share: float) -> str:
    name = case.key.benchmark.rpartition(".")[2].lower()
    meant = any(word in name for word in MEANT)
    return CONTEXT if meant or share < SHARE else BLOCKING


def _compilations(count: int) -> str:
    return "1 compilation" if count == 1 else f"{count} compilations"
