"""Numba runs a function, or a block of it, in object mode: that is the interpreter's speed with a compiler's start-up.

How it is detected: the compiled code says which functions are in object mode, and how many blocks were lifted out of
one (loops that Numba tried to compile by themselves, or `with objmode`). That is harmless when the loops were lifted
and compiled, or when the block only writes a line. It is a cause where the same code without compiling is not much
slower, so that object mode does the work; or, where nobody tried, where it is all that the benchmark reaches; or where
it is new since the baseline and the time went up with it.

When it cannot be: a block in object mode that costs much beside compiled loops that would cost more still when
interpreted: without compiling everything is slower then, and only the remark is left.

Source: https://numba.readthedocs.io/en/stable/user/withobjmode.html
"""

from __future__ import annotations

from stallhorn import units
from stallhorn.model import Evidence, Finding, Status
from stallhorn.pitfalls.base import CAUSE, CONTEXT, INTERPRETED, Case, Facts, counted, dispatchers, observed

TITLE = "The interpreter does the work"
NEEDS = ("code.dispatchers",)

# Slower without compiling by so much at most: then object mode does the work. Loops that are compiled gain 20 times and
# more. With a block inside compiled code the bar is higher, because code that calls NumPy gains 1 to 3 times anyway.
WHOLE = 5.0
BLOCK = 1.5

# Below this, a call is mostly Numba's dispatch.
LEAST_SECONDS = 10e-6


def detect(case: Case) -> Finding | None:
    compiled = [one for one in dispatchers(case.facts) if one.texts("signatures")]
    whole = [one for one in compiled if one.flag("object_mode") is True]
    blocks = [one for one in compiled if one not in whole and one.count("lifted")]
    if not whole and not blocks:
        return None
    one = (whole or blocks)[0]
    place = f"{one.text('name')} ({one.text('file')}:{one.count('line')})"
    how = "runs in object mode" if whole else f"leaves compiled code for {_blocks(one.count('lifted') or 0)}"
    evidence = [
        counted("functions in object mode", len(whole), 0),
        counted("blocks that were lifted out", sum(each.count("lifted") or 0 for each in (*whole, *blocks)), 0),
    ]
    plain = _without_compiling(case)
    if plain is not None:
        evidence.append(_beside(case, plain))
    severity = _severity(case, plain, whole, len(whole) == len(compiled))
    claim = f"{place} {how}{_cost(case, plain, severity)}."
    return case.finding(__name__, severity, claim, tuple(evidence), _remedy(bool(whole)))


def _severity(case: Case, plain: float | None, whole: list[Facts], nothing_else: bool) -> str:
    seconds = case.run.seconds or 0.0
    if seconds < LEAST_SECONDS:
        return CONTEXT
    if plain is not None:
        return CAUSE if plain <= (WHOLE if whole else BLOCK) * seconds else CONTEXT
    if INTERPRETED in case.reruns:
        return CONTEXT  # cut off: without compiling it takes far longer
    lifted = any(one.count("lifted") != 0 for one in whole)
    return CAUSE if _is_new(case) or (whole and nothing_else and not lifted) else CONTEXT


def _without_compiling(case: Case) -> float | None:
    plain = case.reruns.get(INTERPRETED)
    return plain.seconds if plain is not None and plain.status is Status.OK else None


def _is_new(case: Case) -> bool:
    """Whether the time went up since a baseline that had less of it."""
    if case.baseline is None or not case.slowdown or not case.baseline.facts.has("code.dispatchers"):
        return False
    before = [one for one in dispatchers(case.baseline.facts) if one.flag("object_mode") is True or one.count("lifted")]
    return case.slowdown > 1 and not before


def _blocks(count: int) -> str:
    return "1 block in object mode" if count == 1 else f"{count} blocks in object mode"


def _beside(case: Case, plain: float) -> Evidence:
    return observed("time without compiling", units.seconds(plain), f"well above {units.seconds(case.run.seconds)}")


def _cost(case: Case, plain: float | None, severity: str) -> str:
    now = units.seconds(case.run.seconds)
    if plain is not None and severity == CAUSE:
        return f": a call takes {now}, and {units.seconds(plain)} without compiling at all"
    if severity == CAUSE:
        return f", and a call takes {now}"
    return ", which costs little here" if INTERPRETED in case.reruns else "; what that costs was not measured"


def _remedy(whole: bool) -> str:
    if whole:
        return (
            "Write `@njit` in place of `@jit(forceobj=True)`: its message says what cannot be compiled. Keep "
            "dictionaries, objects and texts outside, and compile only the loops over numbers."
        )
    return (
        "Take `with objmode` out of the loop: do its work once, before or after, or write it out with what Numba knows."
    )
