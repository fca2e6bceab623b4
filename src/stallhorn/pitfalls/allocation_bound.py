"""The time goes into getting memory, not into filling it.

Two ways. A large array that is made anew in every call comes from the operating system page by page, each set to zero
at its first touch. And compiled Numba code that makes a small array at every turn of a loop (`x[i] - x[j]` of three
numbers) spends its time in the allocator.

Detected: for pages, the counted page faults of a call together with a large share of system time in the CPU time;
for small arrays, the counted allocations of a call, whose least cost must be a good part of the time. Page faults
without the time, and allocations of arrays that take long to fill, are innocent. Beside busy neighbours, and for the
result of a JAX computation, whose place is not the caller's choice, pages are context.

It cannot be seen without the kernel's accounts; nor when threads that spin (libgomp) hide the system time behind
their own. With huge pages one fault brings 2 MiB, so that their number alone says little.

Source: measured: Numba's sum of two arrays of 80 MB 90 ms with 19,532 faults and 81 % system time, in place 10 ms;
100,000 differences of three numbers as arrays 9.2 ms, as numbers 0.36. The specimens of the reference kernels.
"""

from __future__ import annotations

from stallhorn import units
from stallhorn.model import Finding
from stallhorn.pitfalls.base import CAUSE, CONTEXT, Case, Facts, counted, observed

TITLE = "Time spent getting memory"
NEEDS = ("calls",)
YIELDS_TO = (
    "large-temporaries",
    "eager-dispatch",
    "host-transfer",
    "compile-in-timing",
    "recompilation",
    "object-mode",
)

PAGE = 4096
# Fewer faults a call are the allocator's own business.
FAULTS = 64
# Pages of a call against the arrays that it makes: of their order; with huge pages they are fewer, so that arrays that
# the allocator always asks the system for (32 MiB, the largest threshold there is) need no such number.
PART, ALWAYS = 0.25, 32 * 2**20
# System time in the CPU time: 41 to 81 % measured where doing it in place was 1.6 to 9 times as fast, 19 % where a
# cosine for each number hides it.
SYSTEM, SOME = 0.4, 0.25
# Of a call that makes its result and little else, as functions do, more is asked: from here on it is all that counts.
RESULT_ALONE = 0.6
# Against the earlier commit: so many times the faults, and clearly slower.
JUMP, SLOWER = 4, 1.1
# Below, the shares of the sampling window are not trusted.
WINDOW = 0.05
# Arrays that Numba makes: at least 40 ns each (90 measured, with its filling); a third of the time is worth a change.
ALLOCATION, SHARE, MANY = 40e-9, 0.3, 500


def detect(case: Case) -> Finding | None:
    return _arrays(case) or _pages(case)


def _arrays(case: Case) -> Finding | None:
    number, seconds = case.facts.count("calls.allocations"), case.run.seconds
    if number is None or number < MANY or not seconds:
        return None
    threads = (case.facts.count("calls.region_threads") or 1) if case.facts.count("calls.regions") else 1
    share = ALLOCATION * number / (seconds * max(1, min(threads, case.cores or threads)))
    if share < SHARE:
        return None
    each = units.seconds(seconds / number)
    return case.finding(
        __name__,
        CAUSE,
        f"A call makes {number} arrays in compiled code, one every {each}: "
        f"at least {min(share, 1):.0%} of its time goes into allocating.",
        (
            counted("arrays allocated by compiled code in a call", number, f"fewer than {MANY}, or large ones"),
            observed("time for each", each, f"above {units.seconds(ALLOCATION / SHARE)}"),
        ),
        "Take the small arrays out of the loop: compute with numbers (`dx = x[i, 0] - x[j, 0]`) in place of rows, or "
        "make one array before the loop and fill it (`np.subtract(x[i], x[j], out)`, or element by element).",
    )


def _pages(case: Case) -> Finding | None:
    facts = case.facts
    faults = facts.number("activity.faults")
    share = _system_share(facts)
    if faults is None or share is None or faults < FAULTS or share < SOME:
        return None
    made = _made(facts)
    if made is None or (faults * PAGE < PART * made and made < ALWAYS):
        return None
    return case.finding(
        __name__,
        CAUSE if _is_cause(case, share, faults) else CONTEXT,
        f"Every call gets fresh memory from the system: {faults:.0f} page faults for {units.size(made)} of arrays, "
        f"and {share:.0%} of the CPU time is the system's.",
        (
            observed("page faults of a call", f"{faults:.0f}", f"below {FAULTS}"),
            counted("result and temporaries of a call", units.size(made), "used again, not made anew"),
            observed("share of the CPU time in the system", f"{share:.0%}", f"below {SOME:.0%}"),
        ),
        "Make the arrays once and write into them: `np.add(a, b, out=out)`, an `out` argument for a Numba kernel, "
        "`donate_argnums` for `jax.jit`; or work in blocks that fit into the cache.",
    )


def _is_cause(case: Case, share: float, faults: float) -> bool:
    """Beside neighbours faults take longer than work does; and where JAX puts a result is not the caller's choice."""
    before = None if case.baseline is None else case.baseline.facts.number("activity.faults")
    if before is not None and faults >= JUMP * before and (case.slowdown or 0.0) >= SLOWER:
        return True
    facts = case.facts
    if case.run.disturbed or (facts.text("result.type") or "").startswith("jax"):
        return False
    alone = (facts.number("calls.temporary_bytes") or 0.0) < 0.5 * (facts.number("calls.result_bytes") or 0.0)
    return share >= (RESULT_ALONE if alone else SYSTEM)


def _system_share(facts: Facts) -> float | None:
    user, system = facts.number("activity.user_seconds"), facts.number("activity.system_seconds")
    if user is None or system is None or user + system <= 0:
        return None
    return system / (user + system) if (facts.number("activity.window_seconds") or 0.0) >= WINDOW else None


def _made(facts: Facts) -> float | None:
    """Bytes of arrays that a call makes: its result and, at their peak, its temporaries."""
    sizes = [facts.number(f"calls.{name}") for name in ("result_bytes", "temporary_bytes", "jax_temporary_bytes")]
    known = [size for size in sizes if size is not None]
    return sum(known) if known and sum(known) > 0 else None
