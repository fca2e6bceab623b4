"""A compiled function goes on with the value that a global had when it was compiled, though it has changed since.

Numba and `jax.jit` take the numbers and arrays that a function finds outside itself (globals, closed-over names) as
constants. Whoever changes such a name later changes nothing in the compiled code, and gets no message.

Detected: the probe hashes what each compiled function captured, as it was compiled and after the call; a name with
another value now is listed in `captured_changed`. That is counted, not sampled. A constant that nobody changed is how
things should be, and is not listed. Where the benchmark also ran without compiling and returned the same, the name
changes nothing that matters, and the finding is context.

It cannot be seen when the value lives in an object (an attribute, an entry of a dict) that is not hashed, when the
change comes after the measured call, or when the function is reached in a way that the probe does not follow. A
captured counter that only tracing touches is listed too.

Source: the HSF India tutorial on just-in-time compilation ("Impure functions are dangerous"); Numba's documentation,
"Global and closure variables"; docs.jax.dev, "Common gotchas: pure functions".
"""

from __future__ import annotations

from collections.abc import Iterator

from stallhorn.model import Evidence, Finding, Status
from stallhorn.pitfalls.base import BLOCKING, CONTEXT, INTERPRETED, Case, Facts, counted, dispatchers, observed

TITLE = "A captured value that has changed"
NEEDS = ("code",)

# Sums in another order differ in the last digits (1e-13 for a million terms); a changed flag or factor does not.
SAME = 1e-6


def detect(case: Case) -> Finding | None:
    stale = list(_stale(case.facts))
    if not stale:
        return None
    evidence: list[Evidence] = [
        counted(f"captured values of {function} that changed after it was compiled", ", ".join(names), "none")
        for function, names in stale
    ]
    same = _interpreted_gives_the_same(case)
    if same is not None:
        evidence.append(observed("result without compiling", "the same" if same else "another", "the same"))
    function, names = stale[0]
    more = f" (and {len(stale) - 1} other functions)" if len(stale) > 1 else ""
    claim = (
        f"{function}{more} goes on with the values that {' and '.join(names)} had when it was compiled, but "
        f"{'they have' if len(names) > 1 else 'it has'} another value now"
        + ("; this call's result is the same." if same else ".")
    )
    return case.finding(
        __name__,
        CONTEXT if same else BLOCKING,
        claim,
        tuple(evidence),
        f"Pass {' and '.join(names)} to {function} as an argument (for a flag in JAX: "
        f'`jax.jit({function}, static_argnames=["{names[0]}"])`), or never change it after the first call.',
    )


def _stale(facts: Facts) -> Iterator[tuple[str, tuple[str, ...]]]:
    for function in (*dispatchers(facts), *facts.entries("code.jitted")):
        names = function.texts("captured_changed")
        if names:
            yield function.text("name") or "a compiled function", names


def _interpreted_gives_the_same(case: Case) -> bool | None:
    """Whether the run without Numba's compiler returned the same; None where that is not known."""
    rerun = case.reruns.get(INTERPRETED)
    if rerun is None or rerun.status is not Status.OK or case.facts.entries("code.jitted"):
        return None
    ours, theirs = case.facts, rerun.facts
    numbers, others = _digest(ours), _digest(theirs)
    if not numbers or len(numbers) != len(others):
        return None
    scale = max(abs(ours.number("result.digest.norm") or 0.0), max(map(abs, numbers)))
    return all(abs(one - other) <= SAME * scale for one, other in zip(numbers, others, strict=True))


def _digest(facts: Facts) -> tuple[float, ...]:
    norm, sample = facts.number("result.digest.norm"), facts.numbers("result.digest.sample")
    return () if norm is None else (norm, *sample)
