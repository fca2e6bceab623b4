"""One function, compiled anew for every call."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import recompilation
from stallhorn.pitfalls.base import judge

SHAPES = {
    "name": "norm",
    "reason": "new signature",
    "detail": "different input types:\n  * at v, now f32[9] and before f32[7]",
}
STATIC = {
    "name": "power",
    "reason": "new signature",
    "detail": "now <class 'Static'> with pytree metadata Static(val=6)",
}
TUPLE = {"name": "total", "reason": "new signature", "detail": "(UniTuple(float64, 31),)"}
NEW = {"name": "<lambda>", "reason": "new function", "detail": ""}

SICK: dict[str, Any] = {
    "calls.compiles": 1,
    "calls.compile_seconds": 0.4,
    "calls.compiled": [SHAPES],
    "sampling.calls": 6,
    "sampling.compiles": 6,
    "sampling.compile_seconds": 6 * 0.128,
}


def ask(given: dict[str, Any], seconds: float | None = 0.133) -> Finding | None:
    return recompilation.detect(case(run(given, seconds=seconds)))


def test_a_new_shape_in_every_call_makes_the_timing_the_compilers() -> None:
    found = ask(SICK)
    assert found is not None
    assert (found.pitfall, found.severity) == ("recompilation", "blocking")
    assert "norm" in found.claim and "1 compilation a call" in found.claim and "96 %" in found.claim
    assert "now f32[9] and before f32[7]" in found.remedy and "\n" not in found.remedy
    assert "padded" in found.remedy


@pytest.mark.parametrize(("what", "advice"), [(STATIC, "static_argnums"), (TUPLE, "np.array(values)")])
def test_the_remedy_fits_what_differed(what: dict[str, str], advice: str) -> None:
    found = ask({**SICK, "calls.compiled": [what]})
    assert found is not None and advice in found.remedy


def test_signatures_of_numba_functions_are_evidence() -> None:
    grown = {"name": "total", "signatures": [f"(UniTuple(float64 x {n}),)" for n in range(14)]}
    found = ask(
        {**SICK, "calls.compiled": [TUPLE], "code.dispatchers": [grown, {"name": "other", "signatures": ["a"] * 19}]}
    )
    assert found is not None
    assert [one.value for one in found.evidence] == ["1", "96 %", "14"]


def test_severity_follows_the_share_of_the_time() -> None:
    some = ask({**SICK, "sampling.compile_seconds": 6 * 0.03})
    little = ask({**SICK, "sampling.compile_seconds": 6 * 0.003})
    assert some is not None and some.severity == "cause"
    assert little is not None and little.severity == "context"


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        pytest.param({"calls.compiles": 0, "calls.compiled": []}, 1e-3, id="two signatures, compiled before"),
        pytest.param({"calls.compiled": [NEW]}, 0.133, id="a new function each time: compile-in-timing"),
        pytest.param({"calls.compiled": [NEW, SHAPES]}, 0.133, id="as many new functions"),
        pytest.param({"calls.compiled": []}, 0.133, id="nobody knows what"),
        pytest.param({"sampling.compiles": 3, "sampling.calls": 500}, 1e-3, id="shapes that come back"),
        pytest.param({"sampling.compiles": 6, "sampling.calls": 6}, 1e-3, id="the time is too short to hold it"),
    ],
)
def test_look_alikes_are_innocent(changes: dict[str, Any], seconds: float) -> None:
    assert ask({**SICK, **changes}, seconds) is None


def test_missing_facts_are_silence() -> None:
    assert ask(SICK, None) is None
    asked = judge(case(run({"calls.compiles": 1})), {"recompilation": recompilation})
    assert asked.findings == () and "calls.compiled" in asked.silences[0].why
