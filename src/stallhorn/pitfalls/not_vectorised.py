"""A loop that the compiler did with vector instructions is now done one number at a time.

Detected by counting, in the optimised code of each Numba function, floating-point arithmetic on vectors and on single
numbers: against the function of the same name in the series' own baseline. The count must fall to a quarter or less,
what is lost must not have moved into a function that is new, single-number arithmetic must remain, and the time must
have become longer with significance. The count alone proves nothing: gathers and recurrences are scalar by nature.

Cannot tell without a baseline, for a function that was renamed, and where no Numba function is reached.

Source: a strict dot product takes 16.5 µs, with `fastmath` 2.6 (no vector instruction against some); a division with
Python's error model 27.1 µs, with NumPy's 7.0. Counts of vector *registers* do not separate these; counts of packed
operations do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from stallhorn.model import Finding
from stallhorn.pitfalls.base import CAUSE, Case, Facts, counted, dispatchers

TITLE = "A loop lost its vector instructions"
NEEDS = ("code.dispatchers",)
# Without the layout, type or compiled mode that it had, a loop loses its vector instructions as well.
YIELDS_TO = ("memory-layout", "object-mode", "precision-mismatch")

FEWEST = 4  # vector operations before: one pass of an unrolled loop; fewer is arithmetic that two constants shared
LEFT = 0.25  # of them still there at most: unrolling by 4 or by 1 changes the count and is no loss
SLOWER = 1.1  # least slow-down that is worth a cause; `check` calls less than that no regression


@dataclass(frozen=True, slots=True)
class _Code:
    packed: float = 0.0  # for each signature: a second signature doubles the code, not the work
    scalar: float = 0.0
    by: Mapping[str, float] | None = None


def detect(case: Case) -> Finding | None:
    if case.baseline is None or case.slowdown is None or case.slowdown < SLOWER:
        return None
    before, now = _codes(case.baseline.facts), _codes(case.facts)
    moved = sum(code.packed for name, code in now.items() if name not in before)
    losses = {
        name: before[name].packed - code.packed
        for name, code in now.items()
        if name in before and _lost(before[name], code) and moved < (before[name].packed - code.packed) / 2
    }
    if not losses:
        return _in_all(case, before, now)
    worst = max(losses, key=lambda name: losses[name])
    was, is_now = before[worst], now[worst]
    kinds = _fallen(was, is_now)
    return case.finding(
        __name__,
        CAUSE,
        f"`{worst}` had {was.packed:.0f} vector operations in its compiled code and has {is_now.packed:.0f}"
        f"{kinds}; it does {is_now.scalar:.0f} on single numbers, and the call became {case.slowdown:.2f}x slower.",
        (
            counted(f"vector operations of {worst}", f"{is_now.packed:.0f}", f"{was.packed:.0f} as before"),
            counted(f"operations on single numbers of {worst}", f"{is_now.scalar:.0f}", f"{was.scalar:.0f} as before"),
            counted("time over the baseline's", f"{case.slowdown:.2f}", f"below {SLOWER:g}"),
        ),
        f"Undo what stopped the compiler in `{worst}`: for sums `@numba.njit(fastmath={{'reassoc', 'nsz'}})`, for "
        "divisions `error_model='numpy'`, and no branch, index lookup or dependence on the previous step inside the "
        f"loop. `stallhorn diagnose --show asm` shows the loop.",
    )


def _in_all(case: Case, before: Mapping[str, _Code], now: Mapping[str, _Code]) -> Finding | None:
    """Functions that were renamed or joined: everything that the call reaches, together."""
    if not before or not now or set(before) & set(now):
        return None
    was = _Code(sum(one.packed for one in before.values()), sum(one.scalar for one in before.values()))
    is_now = _Code(sum(one.packed for one in now.values()), sum(one.scalar for one in now.values()))
    if not _lost(was, is_now):
        return None
    names = ", ".join(f"`{name}`" for name in list(now)[:3])
    return case.finding(
        __name__,
        CAUSE,
        f"The compiled code that the call reaches ({names}) had {was.packed:.0f} vector operations and has "
        f"{is_now.packed:.0f}; it does {is_now.scalar:.0f} on single numbers, and the call became "
        f"{case.slowdown:.2f}x slower.",
        (
            counted("vector operations of all that is reached", f"{is_now.packed:.0f}", f"{was.packed:.0f} as before"),
            counted("time over the baseline's", f"{case.slowdown:.2f}", f"below {SLOWER:g}"),
        ),
        "Undo what stopped the compiler: no branch, index lookup or dependence on the previous step inside the loop; "
        "`stallhorn diagnose --show asm` shows it.",
    )


def _codes(facts: Facts) -> dict[str, _Code]:
    """The counts of each function by name, for one signature of it."""
    sums: dict[str, list[_Code]] = defaultdict(list)
    for one in dispatchers(facts):
        name, packed, scalar = one.text("name"), one.number("packed"), one.number("scalar")
        if name is None or packed is None or scalar is None:
            continue
        signatures = max(1, len(one.texts("signatures")))
        kinds = one.within("packed_by")
        by = {kind: count / signatures for kind, count in kinds.items() if isinstance(count, int | float)}
        sums[name].append(_Code(packed / signatures, scalar / signatures, by))
    return {name: max(codes, key=lambda code: code.packed) for name, codes in sums.items()}


def _lost(before: _Code, now: _Code) -> bool:
    return before.packed >= FEWEST and now.packed <= LEFT * before.packed and now.scalar >= 1


def _fallen(before: _Code, now: _Code) -> str:
    """The kinds of operations that were lost, most first: " (fmul 12 to 0, fadd 4 to 0)"."""
    was, is_now = before.by or {}, now.by or {}
    lost = {kind: count - is_now.get(kind, 0.0) for kind, count in was.items() if count > is_now.get(kind, 0.0)}
    most = sorted(lost, key=lambda kind: -lost[kind])[:3]
    words = ", ".join(f"{kind} {was[kind]:.0f} to {is_now.get(kind, 0.0):.0f}" for kind in most)
    return f" ({words})" if words else ""
