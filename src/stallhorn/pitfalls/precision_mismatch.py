"""The work is done in another precision than its inputs have.

JAX turns float64 into float32 unless `jax_enable_x64` is set, without a word: faster, and not the work that NumPy or
Numba do beside it. The other way round one float64 number (`np.float64(0.5)`, an array of weights) makes NumPy compute
with float64 where all data are float32: twice the memory.

Detected from counted facts: how many float64 inputs JAX turned into float32; dtypes of the arrays that the benchmark
holds, against those of its result; the same benchmark in other backends, and at the earlier commit. float32 throughout
is somebody's choice and innocent; so is a sum of float32 numbers in float64, whose result is small.

It cannot be seen when `setup` itself converts (`x.astype(np.float32)`), inside compiled Numba code (float32 times 0.5
is float64 there), or when inputs of both kinds are held.

Source: measured: JAX in float32 takes 0.66 of the time, with relative errors up to 1 where roots cancel. docs.jax.dev,
"Double (64bit) precision"; NEP 50 for NumPy's promotion.
"""

from __future__ import annotations

import re

from stallhorn import units
from stallhorn.model import Finding, Switch
from stallhorn.pitfalls.base import CAUSE, Case, Facts, counted

TITLE = "Another precision than the inputs have"
NEEDS = ("result.dtypes",)

# A result as large as that is data, not a sum over it; and large enough that twice the memory is felt.
DATA, LARGE = 0.5, 64 * 1024

_X64 = Switch("JAX_ENABLE_X64=1", {"JAX_ENABLE_X64": "1"})
_USE_X64 = (
    'Set `JAX_ENABLE_X64=1`, or call `jax.config.update("jax_enable_x64", True)` before the first array is made; if '
    "float32 is meant, make the inputs float32."
)


def detect(case: Case) -> Finding | None:
    return _lost(case) or _narrowed(case) or _widened(case)


def _lost(case: Case) -> Finding | None:
    """JAX without 64-bit types."""
    facts = case.facts
    lost = facts.count("jax.numbers_lost") or 0
    off = facts.flag("jax.x64") is False
    narrowed = off and _is_jax(facts) and _bits(_inputs(facts)) == {64} and _bits(_results(facts)) == {32}
    if not off or not (lost or narrowed) or 64 in _bits(_results(facts)):
        return None
    what = f"turned {lost} float64 inputs into float32" if lost else "computed in float32 from float64 inputs"
    wide = _other_backend(case)
    beside = "" if wide is None else f"; {wide} computes the same in float64 beside it"
    return case.finding(
        __name__,
        CAUSE,
        f"JAX {what}, because jax_enable_x64 is off{beside}.",
        (
            counted("float64 inputs that became float32", lost or "all", 0),
            counted("jax_enable_x64", "off", "on"),
            counted("dtypes of the result", _listed(_results(facts)), "float64"),
        ),
        _USE_X64,
        _X64,
    )


def _narrowed(case: Case) -> Finding | None:
    """All inputs float64, the result less."""
    facts, earlier = case.facts, case.baseline
    inputs, results = _bits(_inputs(facts)), _bits(_results(facts))
    if inputs != {64} or not results or max(results) >= 64:
        return None
    before = earlier is not None and _bits(_results(earlier.facts)) == {64}
    wide = _other_backend(case)
    why = "; it was float64 at the earlier commit" if before else f"; {wide} returns float64" if wide else ""
    return case.finding(
        __name__,
        CAUSE,
        f"The result is {_listed(_results(facts))}, though all inputs are {_listed(_inputs(facts))}{why}.",
        (
            counted("dtypes of the result", _listed(_results(facts)), "float64"),
            counted("dtypes of the inputs", _listed(_inputs(facts)), "as they are"),
        ),
        _USE_X64
        if facts.flag("jax.x64") is False
        else "Leave out the conversion (`astype`, `dtype=`), or say that it is meant by making the inputs float32.",
        _X64 if facts.flag("jax.x64") is False and _is_jax(facts) else None,
    )


def _widened(case: Case) -> Finding | None:
    """All inputs float32, the result of their size float64."""
    facts = case.facts
    inputs, results = _bits(_inputs(facts)), _bits(_results(facts))
    size, held = facts.number("result.bytes"), facts.number("calls.input_bytes")
    if inputs != {32} or results != {64} or size is None or held is None:
        return None
    if size < LARGE or size < DATA * held:
        return None
    return case.finding(
        __name__,
        CAUSE,
        f"All inputs are {_listed(_inputs(facts))}, but the work is done in {_listed(_results(facts))}: "
        f"a result of {units.size(size)} where {units.size(size / 2)} would do.",
        (
            counted("dtypes of the inputs", _listed(_inputs(facts)), "as they are"),
            counted("dtypes of the result", _listed(_results(facts)), "float32"),
            counted("size of the result", units.size(size), units.size(size / 2)),
        ),
        "Make constants and parameters float32 too: a Python number (`0.5 * x`) keeps the array's dtype, "
        "`np.float64(0.5) * x` does not; `np.zeros(n)` is float64 unless it is told `dtype=x.dtype`.",
    )


def _inputs(facts: Facts) -> tuple[str, ...]:
    return facts.texts("result.input_dtypes")


def _results(facts: Facts) -> tuple[str, ...]:
    return tuple(name for name in facts.texts("result.dtypes") if _width(name))


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(sorted(set(names))) or "none"


def _bits(names: tuple[str, ...]) -> set[int]:
    return {width for name in names if (width := _width(name))}


def _width(name: str) -> int:
    """Bits of one floating-point number (of a complex one's parts); 0 for what is none."""
    found = re.fullmatch(r"(float|bfloat|complex)(\d+)", name)
    return 0 if found is None else int(found.group(2)) // (2 if found.group(1) == "complex" else 1)


def _is_jax(facts: Facts) -> bool:
    return (facts.text("result.type") or "").startswith(("jax", "jaxlib"))


def _other_backend(case: Case) -> str | None:
    """The backend, other than this run's own, that returns float64 for the same parameters."""
    mine = case.run.parameters.get("backend")
    return next(
        (
            name
            for one in case.along("backend")
            if (name := one.parameters.get("backend")) and name != mine and _bits(_results(one.facts)) == {64}
        ),
        None,
    )
