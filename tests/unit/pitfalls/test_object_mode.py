"""Object mode that does the work, and object mode that does no harm."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding, Status
from stallhorn.pitfalls import object_mode
from stallhorn.pitfalls.base import INTERPRETED, Run, judge


def function(name: str = "volumes", **more: Any) -> dict[str, Any]:
    told = {"name": name, "file": "kernels.py", "line": 4, "signatures": ["(float64[:,:],)"]}
    return {**told, "object_mode": False, "lifted": 0, **more}


WHOLE = function(object_mode=True)
BLOCK = function(lifted=1)
CUT_OFF = run(seconds=None, status=Status.TIMEOUT)


def this(*functions: dict[str, Any], seconds: float | None = 1e-3) -> Run:
    return run({"code.dispatchers": list(functions)}, seconds=seconds)


def ask(measured: Run, plain: Run | None = None, **more: Any) -> Finding | None:
    reruns = {} if plain is None else {INTERPRETED: plain}
    return object_mode.detect(case(measured, reruns=reruns, **more))


def test_a_function_in_object_mode_that_the_interpreter_beats() -> None:
    found = ask(this(function(object_mode=True, lifted=1)), run(seconds=0.3e-3))
    assert found is not None
    assert (found.pitfall, found.severity) == ("object-mode", "cause")
    assert "volumes (kernels.py:4)" in found.claim and "1.00 ms" in found.claim and "300 µs" in found.claim
    assert [one.value for one in found.evidence] == ["1", "1", "300 µs"]
    assert "@njit" in found.remedy


def test_a_block_in_a_loop_that_does_the_work() -> None:
    found = ask(this(BLOCK, seconds=0.96e-3), run(seconds=0.73e-3))
    assert found is not None and found.severity == "cause"
    assert "1 block in object mode" in found.claim
    assert "objmode" in found.remedy


def test_nothing_but_object_mode_needs_no_second_run() -> None:
    found = ask(this(WHOLE))
    assert found is not None and found.severity == "cause"


def test_new_since_the_baseline_and_slower() -> None:
    before = this(function())
    found = ask(this(BLOCK), baseline=before, slowdown=4.0)
    assert found is not None and found.severity == "cause"
    for baseline, slowdown in ((this(BLOCK), 4.0), (before, None), (before, 0.8), (run(), 4.0)):
        same = ask(this(BLOCK), baseline=baseline, slowdown=slowdown)
        assert same is not None and same.severity == "context"


@pytest.mark.parametrize(
    ("measured", "plain"),
    [
        pytest.param(this(function(object_mode=True, lifted=1)), CUT_OFF, id="loops were lifted and compiled"),
        pytest.param(this(function(object_mode=True, lifted=1)), None, id="lifted loops, and nobody tried"),
        pytest.param(this(WHOLE, function("inner")), None, id="it calls compiled functions"),
        pytest.param(this(WHOLE, function("inner")), run(seconds=8e-3), id="and these do the work"),
        pytest.param(this(BLOCK), CUT_OFF, id="a line is written at the end"),
        pytest.param(this(BLOCK), run(seconds=2.2e-3), id="a line is written after NumPy's work"),
        pytest.param(this(BLOCK), None, id="a block, and nobody tried"),
        pytest.param(this(WHOLE, seconds=3e-6), run(seconds=1e-6), id="too short a call"),
    ],
)
def test_what_costs_little_is_only_context(measured: Run, plain: Run | None) -> None:
    found = ask(measured, plain)
    assert found is not None and found.severity == "context"
    assert ("costs little" if plain else "was not measured") in found.claim


@pytest.mark.parametrize(
    "functions",
    [
        pytest.param((function(),), id="all compiled"),
        pytest.param((function(object_mode=None, lifted=None),), id="not known"),
        pytest.param((function(object_mode=True, signatures=[]),), id="never compiled"),
        pytest.param((), id="no Numba"),
    ],
)
def test_compiled_code_is_innocent(functions: tuple[dict[str, Any], ...]) -> None:
    assert ask(this(*functions), run(seconds=1e-3)) is None


def test_without_the_functions_it_is_silent() -> None:
    asked = judge(case(run()), {"object-mode": object_mode})
    assert asked.findings == () and "code.dispatchers" in asked.silences[0].why
