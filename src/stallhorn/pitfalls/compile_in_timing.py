"""A function is compiled inside the timing: what is measured is the compiler.

How it is detected: compile events. A call that had been made before, with the same arguments, compiles again, and most
sampled calls did so too: a function is made and compiled in each (`jax.jit(lambda ...)` or `@njit` in the body). Or the
set-up makes its functions anew, and the call after it compiles. Or the benchmark turns warm-up off, so that its first
call, which compiles, is one of its samples. Each counts from a tenth of the time on. Compiling in the set-up or in a
first call that is apart is as it should be.

When it cannot be: compilers that tell nothing (Cython's inline, Pythran); a compilation now and then, in fewer than
half of the calls. A benchmark that says in its name that it times compiling is meant so, and gets at most a remark.

Source: https://docs.jax.dev/en/latest/benchmarking.html, https://numba.readthedocs.io/en/stable/user/5minguide.html;
measured: 147 ms in place of 13 µs (Numba), 208 ms (JAX).
"""

from __future__ import annotations

from stallhorn import units
from stallhorn.model import Finding, Switch
from stallhorn.pitfalls._compilations import NEW_FUNCTION, OFTEN, SHARE, in_every_call
from stallhorn.pitfalls.base import BLOCKING, CONTEXT, Case, counted, observed

TITLE = "Compiling is in the timing"
NEEDS = ("sampling",)

# Seconds of compiling over those that the samples' median accounts for. Above 1 the median knows nothing of them: the
# compiling is in one sample of many, or in the set-up. The rest is room for a median of two.
MOST = 1.5

MEANT = ("compil", "first_call", "cold", "warmup")


# Calls that the probe makes straight after a set-up each, to see what asv would time there.
AFTER_SETUP = 3


def detect(case: Case) -> Finding | None:
    return _in_every_call(case) or _after_each_setup(case) or _in_the_first(case)


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


def _after_each_setup(case: Case) -> Finding | None:
    """The set-up makes the functions anew, so that the first call after it compiles: asv sets up before each sample."""
    facts, per_call = case.facts, case.run.seconds
    compiles, seconds = facts.count("sampling.compiles") or 0, facts.number("sampling.compile_seconds") or 0.0
    calls = facts.count("sampling.calls") or 0
    if facts.flag("sampling.waited") is not False or facts.count("calls.compiles") != 0 or not per_call:
        return None
    share = seconds / AFTER_SETUP / per_call
    if compiles < AFTER_SETUP or compiles >= OFTEN * calls or not SHARE <= share <= MOST:
        return None
    claim = (
        f"The first call after each set-up compiles, and asv sets up before each sample: compiling takes "
        f"{100 * min(1.0, share):.0f} % of the {units.seconds(per_call)} per call."
    )
    evidence = (
        counted("compilations in calls after a set-up", compiles, 0),
        observed("share of the time that is compiling", f"{100 * min(1.0, share):.0f} %", "0 %"),
    )
    remedy = (
        "Make and compile the function at the top of the module, or call it once at the end of `setup`, with what the "
        "benchmark passes."
    )
    return case.finding(__name__, _severity(case, share), claim, evidence, remedy)


def _in_the_first(case: Case) -> Finding | None:
    """A first call that is one of the samples. Where the probe has kept it apart, it is known by itself."""
    facts, per_call = case.facts, case.run.seconds
    if facts.flag("sampling.first_call_timed") is not True or not per_call:
        return None
    if not facts.has("first_call.compiles"):
        return _among_the_samples(case, per_call)
    seconds, compiles = facts.number("first_call.compile_seconds") or 0.0, facts.count("first_call.compiles") or 0
    share = seconds / (seconds + per_call)
    if compiles == 0 or share < SHARE:
        return None
    claim = (
        f"The benchmark turns warm-up off, so that its first call is timed, and that compiles for "
        f"{units.seconds(seconds)}, where a call takes {units.seconds(per_call)}."
    )
    return _of_the_first(case, claim, compiles, share)


def _among_the_samples(case: Case, per_call: float) -> Finding | None:
    facts = case.facts
    calls = facts.count("sampling.calls")
    compiles, seconds = facts.count("sampling.compiles") or 0, facts.number("sampling.compile_seconds") or 0.0
    if not calls or compiles == 0:
        return None
    share = seconds / (per_call * calls)
    if not SHARE <= share <= MOST:
        return None
    claim = (
        f"The first call is in the timing and compiles: {_compilations(compiles)}, {units.seconds(seconds)} in {calls} "
        f"timed call{'s' if calls > 1 else ''}, {100 * min(1.0, share):.0f} % of the time."
    )
    return _of_the_first(case, claim, compiles, share)


def _of_the_first(case: Case, claim: str, compiles: int, share: float) -> Finding:
    evidence = (
        counted("the benchmark turns warm-up off", "yes", "no"),
        counted("compilations in timed calls", compiles, 0),
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
