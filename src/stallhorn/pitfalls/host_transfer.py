"""Every call moves arrays between NumPy and JAX, or waits for numbers that Python looks at.

A NumPy array that is handed to JAX in every call is mostly copied in every call (on a GPU: over the bus). A number that
Python reads (`float(x)`, `if x < eps`, `np.asarray(x)`) stops the queue until it is there. `jax.pure_callback` leaves
the compiled code, and copies both ways.

Detected from counted arrays, bytes and callbacks, against the time: what moving so much took where it was measured must
be a good part of it; and, for inputs, the call must be clearly faster with them on the device, where that was tried.
One final result that is fetched is innocent, and so is a small parameter that is handed to a long computation, or a
check in Python every millisecond.

It cannot be seen that on the CPU a jitted function takes a NumPy array as it is, at no cost, if its memory begins at a
multiple of 64 bytes (one in four does, by chance); nor where copies hide behind work, or values are read by DLPack.

Source: measured (2 cores, JAX 0.10): three arrays of 800 kB 0.17 ms, through `jnp.asarray` 0.2 to 0.26, on the device
0.085; a number read at each of 100 steps 2.0 ms, without 1.2, as `fori_loop` 0.014; a callback 60 µs. docs.jax.dev,
"Asynchronous dispatch".
"""

from __future__ import annotations

from stallhorn import units
from stallhorn.model import Evidence, Finding, Status, Switch
from stallhorn.pitfalls.base import CAUSE, CONTEXT, ON_DEVICE, Case, Run, counted, observed

TITLE = "Arrays moved between NumPy and JAX in every call"
NEEDS = ("calls.dispatches",)
YIELDS_TO = ("compile-in-timing", "recompilation")

# What moving costs. Measured: 1 µs for each small array that a jitted function takes, 10 µs through jnp.asarray; copies
# at 4 to 29 GB/s.
ARRAY, SPEED = 3e-6, 10e9
# Measured 60 µs for a callback with ten numbers.
CALLBACK = 40e-6
# Numbers without dimensions that travel with a call cost next to nothing, and eager code makes them by itself.
NUMBER = 16
# From this share of the time on, measured cases were 1.3 to 8 times as slow as their healthy twins.
SHARE = 0.25
# That is an estimate. Where the call was tried with its inputs on the device, that decides; elsewhere only half of the
# time at twice the speed is certain enough to be called a cause.
FASTER, TRIED, SURELY = 1.25, 0.05, 1.0
# Calls that are shorter are mostly the call itself; at ten numbers the copies make it 1.7 times as long.
SHORT = 30e-6
# Reads of a value a call, and the time between two: a read and the restart behind it take 8 to 20 µs.
READS, BETWEEN = 10, 50e-6
# Trips there and back: each hands an array over, starts a computation, waits for it and looks at it.
TRIPS, TRIP = 10, 200e-6


def detect(case: Case) -> Finding | None:
    seconds = case.run.seconds
    if not seconds:
        return None
    return (
        _callbacks(case, seconds)
        or _round_trips(case, seconds)
        or _reads(case, seconds)
        or _inputs(case, seconds)
        or _outputs(case, seconds)
    )


def _round_trips(case: Case, seconds: float) -> Finding | None:
    """Arrays that go back and forth within one call: a NumPy step between JAX steps."""
    there, back = case.facts.count("calls.arrays_in") or 0, case.facts.count("calls.arrays_out") or 0
    trips = min(there, back)
    if trips < TRIPS or seconds / trips > TRIP:
        return None
    moved = (case.facts.number("calls.bytes_in") or 0.0) + (case.facts.number("calls.bytes_out") or 0.0)
    return case.finding(
        __name__,
        CAUSE,
        f"Arrays go {trips} times from NumPy to JAX and back in every call, "
        f"one trip every {units.seconds(seconds / trips)}.",
        (
            counted("round trips of a call", trips, f"fewer than {TRIPS}"),
            counted("bytes that go there and back", units.size(moved), "0 B"),
            observed("time for each trip", units.seconds(seconds / trips), f"above {units.seconds(TRIP)}"),
        ),
        "Stay in JAX between the steps: `jnp` in place of `np` there, and one `jax.jit` around the whole loop.",
    )


def _inputs(case: Case, seconds: float) -> Finding | None:
    arrays, size = case.facts.count("calls.arrays_in"), case.facts.number("calls.bytes_in")
    if not arrays or not size or size <= NUMBER * arrays:
        return None
    copied = case.facts.number("calls.bytes_copied_in")  # the CPU client takes aligned arrays as they are
    share = (ARRAY * arrays + (size if copied is None else copied) / SPEED) / seconds
    rerun = case.reruns.get(ON_DEVICE)
    tried = rerun is not None and rerun.status is Status.OK and not (rerun.disturbed or case.run.disturbed)
    gains = tried and rerun is not None and _is_faster(rerun, case.run)
    if share < (TRIED if gains else SHARE) or (tried and not gains):
        return None
    took = units.seconds(min(share, 1.0) * seconds)
    surely = gains or share >= SURELY
    return case.finding(
        __name__,
        CAUSE if seconds >= SHORT and surely else CONTEXT,
        f"Every call hands {_arrays(arrays)} of NumPy ({units.size(size)}) to JAX; "
        f"moving so much takes about {took} of its {units.seconds(seconds)}.",
        (
            counted("NumPy arrays handed to JAX by a call", arrays, "0: they are on the device"),
            counted("bytes of them", units.size(size), "0 B"),
            observed("share of the time that moving so much takes", f"{min(share, 1):.0%}", f"below {SHARE:.0%}"),
            *_with_inputs_there(rerun, gains),
        ),
        "Move the inputs once, before the timing: `x = jax.device_put(x)` in setup.",
        Switch("the benchmark's NumPy arrays moved to the device beforehand", treatment="device"),
    )


def _is_faster(other: Run, this: Run) -> bool:
    if not other.seconds or not other.high or not this.seconds or not this.low:
        return False
    return other.high < this.low and this.seconds >= FASTER * other.seconds


def _with_inputs_there(rerun: Run | None, gains: bool) -> tuple[Evidence, ...]:
    if not gains or rerun is None:
        return ()
    return (observed("time with the inputs on the device", units.seconds(rerun.seconds), "about the same"),)


def _outputs(case: Case, seconds: float) -> Finding | None:
    """On a GPU or TPU the result's way back counts; on the CPU NumPy looks at the same memory."""
    size, arrays = case.facts.number("calls.bytes_out"), case.facts.count("calls.arrays_out") or 0
    if case.facts.text("jax.backend") in (None, "cpu") or not size:
        return None
    share = size / SPEED / seconds
    if share < SHARE:
        return None
    return case.finding(
        __name__,
        CONTEXT if arrays <= 1 else CAUSE,
        f"Every call fetches {_arrays(arrays)} ({units.size(size)}) from the device, "
        f"which takes about {min(share, 1):.0%} of its {units.seconds(seconds)}.",
        (counted("bytes fetched from the device by a call", units.size(size), "0 B, or the final result"),),
        "Keep intermediate arrays on the device, and fetch the final result alone.",
    )


def _reads(case: Case, seconds: float) -> Finding | None:
    reads = case.facts.count("calls.arrays_out")
    if reads is None or reads < READS or seconds / reads > BETWEEN:
        return None
    return case.finding(
        __name__,
        CAUSE,
        f"Python waits for {reads} values of JAX arrays in every call, one every {units.seconds(seconds / reads)}.",
        (
            counted("JAX arrays whose values a call fetches", reads, "1, the result"),
            observed("time between two", units.seconds(seconds / reads), f"above {units.seconds(BETWEEN)}"),
        ),
        "Keep the loop and its condition on the device: `jax.lax.while_loop` or `jax.lax.fori_loop` inside `@jax.jit`; "
        "or look at the value only every hundredth turn.",
    )


def _callbacks(case: Case, seconds: float) -> Finding | None:
    callbacks = case.facts.count("calls.callbacks")
    if not callbacks:
        return None
    share = CALLBACK * callbacks / seconds
    return case.finding(
        __name__,
        CAUSE if share >= SHARE else CONTEXT,
        f"The compiled computation calls back into Python {callbacks} times a call, "
        f"at least {min(share, 1):.0%} of its {units.seconds(seconds)}.",
        (
            counted("callbacks into Python", callbacks, 0),
            observed("share of the time that they take at least", f"{min(share, 1):.0%}", f"below {SHARE:.0%}"),
        ),
        "Write what the callback does in jax.numpy, so that it is compiled with the rest; or call it once for all.",
    )


def _arrays(count: int) -> str:
    return "one array" if count == 1 else f"{count} arrays"
