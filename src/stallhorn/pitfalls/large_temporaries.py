"""A call keeps intermediate arrays that are many times as large as what it takes and returns.

`(a[:, None, :] - b[None, :, :]).sum(-1)` makes an array of M x M x K to return one of M x M. It goes through memory
where one pass through the cache would do, and may not fit at all at the next size.

Detected from the counted peak of what NumPy and Numba allocated during the call, or from XLA's own plan for its
temporaries, against inputs plus result. It is a cause where writing and reading it is a good part of the time, where
it is so large that it matters by itself, or where it grew against the earlier commit and the time with it. Otherwise
it is context, and below the size of a cache it is nothing.

It cannot be seen what BLAS, LAPACK or other compiled libraries allocate; nor, for a call that neither holds nor returns
arrays to speak of (a random experiment), whether its arrays are large for what they do.

Source: measured: NumPy, K = 64, M = 200 20 ms, one k at a time 8.4; M = 40 0.55 ms against 0.68, so small ones are
innocent. The peak exceeded 16 results in 120 of 120 sick runs and in none of 120 healthy ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from stallhorn import units
from stallhorn.model import Evidence, Finding
from stallhorn.pitfalls.base import CAUSE, CONTEXT, Case, Facts, counted, observed

TITLE = "Temporaries much larger than inputs and result"
NEEDS = ("calls",)

# Plain array expressions have some intermediate arrays alive, each of the result's size: below ten.
TIMES = 16
# More than a core's own caches (1 or 2 MiB today); below, temporaries did no harm.
CACHE = 4 * 2**20
# What is held and returned must be something to compare with.
ENOUGH = 1024
# Writing and reading a temporary once, at what one core moves here: 10 GB/s. A quarter of the time is worth a change.
SPEED, SHARE = 10e9, 0.25
# So much memory for so little result matters by itself; and so does so many times what the call needs, which grows with
# a power of the size (an array of all pairs), even where this size still goes through quickly.
HUGE, MANY_TIMES = 256 * 2**20, 64
# Against the earlier commit: so many times the temporaries, and clearly slower.
JUMP, SLOWER = 4, 1.1


@dataclass(frozen=True, slots=True)
class _Held:
    temporary: float  # bytes
    lasting: float  # inputs and result
    whose: str


def detect(case: Case) -> Finding | None:
    held = _largest(case.facts)
    if held is None or held.temporary < CACHE or held.lasting < ENOUGH:
        return None
    grown = _grown(case, held)
    if grown is None and held.temporary <= TIMES * held.lasting:
        return None
    share = _share(held, case.run.seconds)
    too_much = held.temporary >= min(HUGE, MANY_TIMES * held.lasting)
    cause = grown is not None or too_much or (share is not None and share >= SHARE)
    evidence = [
        counted(f"temporary memory of a call, {held.whose}", units.size(held.temporary), f"below {TIMES} times those"),
        counted("inputs and result", units.size(held.lasting), "the most that a call needs"),
    ]
    if grown is not None:
        evidence.append(grown)
    if share is not None:
        text = f"{min(share, 1):.0%}"
        evidence.append(observed("share of the time to write and read it once", text, f"below {SHARE:.0%}"))
    return case.finding(
        __name__,
        CAUSE if cause else CONTEXT,
        f"A call holds {units.size(held.temporary)} of temporary arrays, "
        f"{held.temporary / held.lasting:.3g} times its inputs and result ({units.size(held.lasting)}).",
        tuple(evidence),
        "Do the sum as it goes: loop over the axis that is summed, adding to the result "
        "(`out += f(a, b, k)`; in JAX `jax.lax.fori_loop` or `jax.lax.map`), work in blocks of rows that fit into the "
        "cache, or write it as a matrix product.",
    )


def _largest(facts: Facts) -> _Held | None:
    ours = (facts.number("calls.input_bytes") or 0.0) + (facts.number("calls.result_bytes") or 0.0)
    found = []
    if (temporary := facts.number("calls.temporary_bytes")) is not None:
        found.append(_Held(temporary, ours, "NumPy and Numba"))
    if (planned := _computation(facts)) is not None:
        found.append(planned)
    elif (temporary := facts.number("calls.jax_temporary_bytes")) is not None:
        found.append(_Held(temporary, ours, "by XLA's plan"))
    return max(found, key=lambda one: one.temporary, default=None)


def _computation(facts: Facts) -> _Held | None:
    """The JAX computation with the most temporaries, against its own arguments and outputs."""
    found = []
    for one in facts.entries("code.computations"):
        temporary, arguments, outputs = (one.number(f"{name}_bytes") for name in ("temporary", "argument", "output"))
        if temporary is not None and arguments is not None and outputs is not None:
            found.append(_Held(temporary, arguments + outputs, "by XLA's plan"))
    return max(found, key=lambda one: one.temporary, default=None)


def _grown(case: Case, held: _Held) -> Evidence | None:
    """What it was at the earlier commit, where it was much less and the time has grown too."""
    if case.baseline is None or (case.slowdown or 0.0) < SLOWER or held.temporary <= JUMP * held.lasting:
        return None
    before = _largest(case.baseline.facts)
    if before is None or before.whose != held.whose or held.temporary < JUMP * max(before.temporary, 1.0):
        return None
    size = units.size(before.temporary)
    return counted("temporary memory at the earlier commit", size, size)


def _share(held: _Held, seconds: float | None) -> float | None:
    return None if not seconds else 2 * held.temporary / SPEED / seconds
