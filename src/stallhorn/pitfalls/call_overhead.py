"""Python calls a small compiled function over and over; the time goes into the calls.

A call of a Numba function from Python takes 0.15 to 1 microsecond before anything is computed, one of NumPy 0.5 to 5. A
loop over rows or elements that makes such a call at each turn is as slow as Python. A Python list handed to a Numba
function is worse: each of its numbers is converted, and converted back.

Detected in three ways: the counted calls of Numba functions from Python, each with next to no time to itself; the
counted lines of Python, where the benchmark works on arrays and each line takes what a call of NumPy takes, not what a
line of Python takes; a Numba signature with a list and no array, which runs quicker without compiling. One short call
is no finding, whatever its share; nor are a few dozen, as straight code has; nor is plain Python without arrays.

It cannot be seen where the loop is in a library, or where each call does a little work of its own: then half of the
time may still be the calls. Calls of NumPy are not counted, only lines.

Source: measured: 1000 calls of a Numba function on three numbers 0.46 ms, of np.dot 1.3, of np.linalg.norm 2.5, 1000
turns of plain Python 0.06; a list of 10,000 numbers 12 ms, without compiling 0.25. Numba's documentation on reflected
lists; the specimen "reflected_list" of the reference kernels.
"""

from __future__ import annotations

import re

from stallhorn import units
from stallhorn.model import Finding, Status
from stallhorn.pitfalls.base import CAUSE, CONTEXT, INTERPRETED, Case, Facts, counted, dispatchers, observed

TITLE = "Python calls small compiled functions in a loop"
NEEDS = ("calls",)
YIELDS_TO = (
    "eager-dispatch",
    "fork-join-per-iteration",
    "object-mode",
    "recompilation",
    "compile-in-timing",
    "host-transfer",
)

# Straight code calls a few dozen functions; a hundred are a loop. A Numba call without work takes below 1 µs (0.15
# to 0.46 measured with its loop); up to 1.5 µs most of the time is the call.
CALLS, CALL = 100, 1.5e-6
# A jitted step in a loop: 12 µs measured where it does next to nothing, up to twice that beside a neighbour. Suites
# call a kernel ten or twenty times.
STEPS, STEP = 50, 25e-6
# Lines of a loop that calls NumPy: 0.6 to 2.8 µs each as measured. Plain Python: 0.03 to 0.1.
LINES, QUICK_LINE, SLOW_LINE = 500, 0.3e-6, 3e-6
# An array to loop over: below, a call that works on Python's own numbers and happens to hold one is meant.
ENOUGH = 256
# The lists' conversion takes 1.2 µs for each number; shorter calls have a short list.
LISTS = 20e-6
# Heavy code of Numba's is 10 to 100 times as slow without compiling; at this factor compiling gains nothing.
GAIN = 2.0
# A plain list in a signature as Numba writes it in code, "List(float64, True)" ("True": copied back), or for people.
_REFLECTED = re.compile(r"\bList\([^\[\]]*\bTrue\)|\breflected list\(")


def detect(case: Case) -> Finding | None:
    return _of_numba(case) or _of_jax(case) or _of_lists(case) or _of_numpy(case)


def _of_numba(case: Case) -> Finding | None:
    calls, seconds = _numba_calls(case.facts), case.run.seconds
    if calls is None or calls < CALLS or not seconds or seconds / calls > CALL:
        return None
    names = _called(case.facts)
    return case.finding(
        __name__,
        CAUSE,
        f"Python calls compiled functions{names} {calls} times a call, "
        f"one every {units.seconds(seconds / calls)}: that is what calling takes.",
        (
            counted("calls of Numba functions from Python", calls, f"fewer than {CALLS}"),
            observed("time for each", units.seconds(seconds / calls), f"above {units.seconds(CALL)}"),
        ),
        "Put the loop into compiled code: a function with `@numba.njit` that takes the whole arrays and calls the "
        "small one inside.",
    )


def _of_jax(case: Case) -> Finding | None:
    """A Python loop around a small jitted step. Operations that are not jitted are eager-dispatch's."""
    started, seconds = case.facts.count("calls.dispatches"), case.run.seconds
    if not started or not seconds or started < STEPS or seconds / started > STEP:
        return None
    names = sorted({one.text("name") or "" for one in case.facts.entries("code.computations")} - {""})
    return case.finding(
        __name__,
        CAUSE,
        f"Python starts {started} JAX computations a call ({', '.join(names[:3])}), "
        f"one every {units.seconds(seconds / started)}: hardly more than what starting one takes.",
        (
            counted("JAX computations a call", started, f"fewer than {STEPS}"),
            observed("time for each", units.seconds(seconds / started), f"above {units.seconds(STEP)}"),
        ),
        "Put the loop into the jitted function: `jax.lax.fori_loop`, `jax.lax.scan` over the steps, or `jax.vmap` over "
        "the rows.",
    )


def _numba_calls(facts: Facts) -> int | None:
    """Calls into compiled code less those into JAX's, which eager-dispatch is about."""
    calls = facts.count("calls.library_calls")
    return None if calls is None else calls - (facts.count("calls.dispatches") or 0)


def _called(facts: Facts) -> str:
    names = [name for one in dispatchers(facts) if (name := one.text("name"))]
    return f" ({', '.join(names[:3])})" if names else ""


def _of_lists(case: Case) -> Finding | None:
    seconds = case.run.seconds
    name = next((one.text("name") or "a function" for one in dispatchers(case.facts) if _takes_a_list(one)), None)
    if name is None or not seconds or seconds < LISTS:
        return None
    gain = _gain(case)
    if gain is not None and gain > GAIN:
        return None
    evidence = [counted("signature with a plain Python list", name, "arrays, or numba.typed.List")]
    if gain is not None:
        evidence.append(observed("time without compiling over the time with it", f"{gain:.2g}", f"above {GAIN:g}"))
    without = "" if gain is None else f", and takes {_times(1 / gain)} times as long as without compiling"
    return case.finding(
        __name__,
        CONTEXT if gain is None else CAUSE,
        f"{name} is called with a Python list, whose numbers are converted one by one in every call "
        f"({units.seconds(seconds)}{without}).",
        tuple(evidence),
        f"Hand {name} an array: `values = np.asarray(values)` once, before the timing (or `numba.typed.List(values)`).",
    )


def _takes_a_list(dispatcher: Facts) -> bool:
    """Whether lists are its data: with an array beside it, a list is more likely a few parameters."""
    arguments = [text.partition("->")[0] for text in dispatcher.texts("signatures")]
    return any(_REFLECTED.search(text) is not None and "array(" not in text.lower() for text in arguments)


def _gain(case: Case) -> float | None:
    rerun = case.reruns.get(INTERPRETED)
    if rerun is None or not case.run.seconds:
        return None
    if rerun.status is Status.TIMEOUT:
        return float("inf")
    return rerun.seconds / case.run.seconds if rerun.status is Status.OK and rerun.seconds else None


def _times(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _of_numpy(case: Case) -> Finding | None:
    facts, lines, seconds = case.facts, case.facts.count("calls.python_lines"), case.run.seconds
    arrays = (facts.number("calls.input_bytes") or 0.0) + (facts.number("calls.result_bytes") or 0.0)
    if lines is None or lines < LINES or not seconds or not QUICK_LINE <= seconds / lines <= SLOW_LINE:
        return None
    if arrays < ENOUGH or facts.text("versions.numpy") is None or facts.count("calls.library_calls") != 0:
        return None
    return case.finding(
        __name__,
        CAUSE,
        f"A call runs {lines} lines of Python over arrays of {units.size(arrays)}, "
        f"{units.seconds(seconds / lines)} each: what calling NumPy takes, not what it computes.",
        (
            counted("lines of Python interpreted by a call", lines, f"fewer than {LINES}"),
            observed("time for each line", units.seconds(seconds / lines), f"above {units.seconds(SLOW_LINE)}"),
            counted("inputs and result", units.size(arrays), "-"),
        ),
        "Write it for whole arrays (`np.linalg.norm(x, axis=1)` in place of a loop over rows), or put the loop into a "
        "function with `@numba.njit`.",
    )
