"""The same function is compiled anew in every call, because each brings another type, shape or static value.

How it is detected: compile events. A call compiles although calls like it were made before, most sampled calls did so
too, and the functions compiled had been compiled before, with other signatures (Numba's event, JAX's explanation of its
cache misses). It counts from a tenth of the time on; from half of it the timing is the compiler's and blocks.

When it cannot be: shapes or values that come back after a while: their code is kept, and compiles no more while samples
are taken. A compilation in fewer than half of the calls. Functions that JAX explains as new in every call are
compile-in-timing.

Source: https://docs.jax.dev/en/latest/jit-compilation.html, https://numba.readthedocs.io/en/stable/user/faq.html;
measured in each call: 77 ms for a new static value (JAX), 123 ms for a new type, 250 ms for a new tuple length (Numba).
"""

from __future__ import annotations

from stallhorn import units
from stallhorn.model import Finding
from stallhorn.pitfalls._compilations import NEW_SIGNATURE, SHARE, in_every_call
from stallhorn.pitfalls.base import BLOCKING, CAUSE, CONTEXT, Case, Facts, counted

TITLE = "Compiled anew for every call"
NEEDS = ("calls.compiles", "calls.compiled")

# From here on the figure says more about the compiler than about the code.
MOSTLY = 0.5

DETAIL = 200  # characters of the library's own explanation


def detect(case: Case) -> Finding | None:
    found = in_every_call(case)
    if found is None or found.reason != NEW_SIGNATURE:
        return None
    claim = (
        f"Every call compiles {found.names} anew for other types, shapes or static values: "
        f"{found.compiles} compilation{'s' if found.compiles > 1 else ''} a call, {100 * found.share:.0f} % of its "
        f"{units.seconds(case.run.seconds)}."
    )
    evidence = [*found.evidence]
    signatures = _signatures(case, found.compiled)
    if signatures > 1:
        evidence.append(counted("signatures that one function has by now", signatures, 1))
    severity = CONTEXT if found.share < SHARE else BLOCKING if found.share >= MOSTLY else CAUSE
    return case.finding(__name__, severity, claim, tuple(evidence), _remedy(found.compiled))


def _signatures(case: Case, compiled: tuple[Facts, ...]) -> int:
    """The most signatures of a Numba function among those that were compiled."""
    names = {one.text("name") for one in compiled}
    return max(
        (len(one.texts("signatures")) for one in case.facts.entries("code.dispatchers") if one.text("name") in names),
        default=0,
    )


def _remedy(compiled: tuple[Facts, ...]) -> str:
    detail = next((one.text("detail") or "" for one in compiled if one.text("reason") == NEW_SIGNATURE), "")
    detail = " ".join(detail.split())[:DETAIL]
    if "static" in detail.lower():
        advice = "Pass the value as an ordinary argument: take it out of `static_argnums` or `static_argnames`."
    elif "Tuple(" in detail:
        advice = "Pass an array in place of a tuple whose length or types change: `np.array(values)`."
    else:
        advice = (
            "Give all calls the same types and shapes: `np.asarray(x, dtype=np.float64)`, and arrays padded to "
            "a fixed length, with a mask or neutral numbers."
        )
    return f"{advice} What differed: {detail}" if detail else advice
