"""JAX operations that nobody compiled into one are started one by one, each a pass over memory of its own.

Outside `jax.jit` every operation is looked up, checked and started by itself. That takes 5 to 12 microseconds
whatever the size, and each writes its result to memory for the next to read.

Detected from the counted number of computations that a call starts, in two ways:

* small arrays: several single operations, and the time for each is that of starting it;
* large arrays: several single operations move several times the bytes of inputs and result, and moving them is
  what takes the time. Few large jitted steps, products of matrices and other work within each operation are innocent.

More starts than at the earlier commit, together with more time, is a finding too. It cannot be seen when single
operations are long by themselves (a gain from fusing them is then not sure), or where the probe cannot count.

Source: measured (2 cores, JAX 0.10): 41 operations on 10 numbers take 225 µs, jitted 4; on 100,000 numbers 7.8 ms,
jitted 0.27. docs.jax.dev, "Just-in-time compilation"; the specimens "eager" of the reference kernels.
"""

from __future__ import annotations

from dataclasses import dataclass

from stallhorn import units
from stallhorn.model import Evidence, Finding
from stallhorn.pitfalls.base import CAUSE, Case, Facts, counted, observed

TITLE = "Many small JAX computations in one call"
NEEDS = ("calls.dispatches",)
YIELDS_TO = ("compile-in-timing", "recompilation")

# A jitted kernel with a few operations around it (a cast, an index, a sum) starts up to four.
SINGLE = 5
# Starting one takes 5 to 12 µs here; up to this much for each, most of it is the start or a pass over a small array.
SMALL = 30e-6
# So many single operations are a loop that nobody jitted (a matrix of cosines added up term by term: 20 times as slow);
# each may be longer then, as long as the start is still felt.
MANY, FELT = 50, 200e-6
# An operation that XLA compiled by itself has one instruction, or a few (a number is spread over the array first); most
# jitted functions have more, and those of the user's that were found are known by name.
INSTRUCTIONS = 4
# Passes over memory: the operations move so many times what one fused pass would ...
PASSES = 3.0
# ... at a speed at which moving is what takes the time: measured 3.5 to 12 GB/s for sums and products, 0.9 for cosines.
SPEED = 2e9
# Products of matrices reach that speed too at some sizes, but fusing gains nothing there.
WORK_OF_ITS_OWN = ("dot", "matmul", "einsum", "tensordot", "conv", "sort", "fft", "solve", "cholesky", "eig", "svd")
# A change between commits that is no change of a detail.
MORE, SLOWER = 4, 1.1


@dataclass(frozen=True, slots=True)
class _Single:
    """The computations that are single operations: nobody jitted them."""

    runs: int
    moved: float  # bytes
    largest: float  # bytes that the largest of them reads
    heavy: bool  # whether any of them has work of its own


def detect(case: Case) -> Finding | None:
    started, seconds = case.facts.count("calls.dispatches"), case.run.seconds
    if not started or not seconds:
        return None
    each = seconds / started
    single = _single(case.facts)
    why: tuple[str, Evidence] | None = None
    if single is not None and (_short(single, each) or _loop(single, each)):
        why = (
            f"{single.runs} of them single operations that are not jitted",
            counted("single operations started outside jax.jit", single.runs, f"fewer than {SINGLE}"),
        )
    elif single is not None and single.runs >= SINGLE:
        why = _passes(case, single, seconds)
    why = why or _more_than_before(case, started)
    return None if why is None else _finding(case, started, each, why)


def _short(single: _Single, each: float) -> bool:
    return single.runs >= SINGLE and each <= SMALL


def _loop(single: _Single, each: float) -> bool:
    return single.runs >= MANY and each <= FELT and not single.heavy


def _single(facts: Facts) -> _Single | None:
    """None where it is not known what ran."""
    computations = facts.entries("code.computations")
    if not computations:
        return None
    jitted = {_plain(one.text("name") or "") for one in facts.entries("code.jitted")}
    runs, moved, largest, heavy = 0, 0.0, 0.0, False
    for one in computations:
        name, size = _plain(one.text("name") or ""), one.count("operations")
        if name in jitted or "lambda" in name or size is None or size > INSTRUCTIONS:
            continue
        times, taken = one.count("runs") or 1, one.number("argument_bytes") or 0.0
        runs += times
        moved += times * (taken + (one.number("output_bytes") or 0.0))
        largest = max(largest, taken)
        heavy = heavy or any(word in name for word in WORK_OF_ITS_OWN)
    return _Single(runs, moved, largest, heavy)


def _plain(name: str) -> str:
    """The function's own name, as its computation has it too."""
    return name.rpartition(".")[2]


def _passes(case: Case, single: _Single, seconds: float) -> tuple[str, Evidence] | None:
    inputs = max(case.facts.number("calls.input_bytes") or 0.0, single.largest)  # globals are not among the inputs
    once = inputs + (case.facts.number("calls.result_bytes") or 0.0)
    if single.heavy or once <= 0 or single.moved < PASSES * once or single.moved / seconds < SPEED:
        return None
    text = (
        f"{single.runs} of them single operations that move {units.size(single.moved)}, "
        f"{single.moved / once:.1f} times what inputs and result have"
    )
    return text, counted("bytes that single operations read and write", units.size(single.moved), units.size(once))


def _more_than_before(case: Case, started: int) -> tuple[str, Evidence] | None:
    before = None if case.baseline is None else case.baseline.facts.count("calls.dispatches")
    if before is None or (case.slowdown or 0.0) < SLOWER or started < before + MORE or started < 2 * before:
        return None
    return f"where it was {before} before, and the call is {units.ratio(case.slowdown)}", counted(
        "JAX computations a call at the earlier commit", before, before
    )


def _finding(case: Case, started: int, each: float, why: tuple[str, Evidence]) -> Finding:
    text, evidence = why
    return case.finding(
        __name__,
        CAUSE,
        f"A call starts {started} JAX computations, {text}: {units.seconds(each)} for each.",
        (
            counted("JAX computations started by a call", started, "1, or few and long ones"),
            observed("time for each computation", units.seconds(each), f"above {units.seconds(SMALL)}"),
            evidence,
        ),
        "Compile the whole into one: put `@jax.jit` on the function that the benchmark calls; write a loop over a "
        "jitted step as `jax.lax.fori_loop` or `jax.lax.scan` inside it.",
    )
