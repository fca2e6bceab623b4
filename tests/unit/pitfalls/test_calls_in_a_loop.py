"""Python that calls small compiled functions over and over."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding, Status
from stallhorn.pitfalls import call_overhead
from stallhorn.pitfalls.base import CAUSE, CONTEXT, INTERPRETED, judge

TINY = {"name": "tiny", "signatures": ["(Array(float64, 1, 'C', False, aligned=True),)"]}
LIST = {"name": "both_ways", "signatures": ["(List(float64, True),) -> float64"]}
SHOWN = {"name": "both_ways", "signatures": ["(reflected list(float64)<iv=None>,) -> array(float64, 1d, C)"]}
BESIDE = {"name": "f", "signatures": ["(Array(float64, 2, 'C', False, aligned=True), List(int64, True)) -> float64"]}
TYPED = {"name": "f", "signatures": ["(ListType[float64],) -> float64", "(List(float64, False),) -> float64"]}
NUMPY = {"calls.library_calls": 0, "calls.input_bytes": 24_000, "versions.numpy": "2.4.6"}


def found(facts: dict[str, Any], seconds: float, **more: Any) -> Finding | None:
    return call_overhead.detect(case(run(facts, seconds=seconds), **more))


def test_a_loop_of_calls_into_numba_is_named_with_their_number_and_time() -> None:
    finding = found({"calls.library_calls": 1000, "code.dispatchers": [TINY]}, 464e-6)
    assert finding is not None
    assert finding.severity == CAUSE
    assert "calls compiled functions (tiny) 1000 times a call, one every 464 ns" in finding.claim
    assert "@numba.njit" in finding.remedy


def test_a_loop_in_python_around_a_small_jitted_step_is_named() -> None:
    ran = [{"name": "step", "operations": 9, "runs": 100}]
    finding = found({"calls.library_calls": 100, "calls.dispatches": 100, "code.computations": ran}, 1.2e-3)
    assert finding is not None
    assert finding.severity == CAUSE
    assert "starts 100 JAX computations a call (step), one every 12.0 µs" in finding.claim
    assert "jax.lax.fori_loop" in finding.remedy


def test_a_loop_over_rows_in_numpy_is_named_by_its_lines() -> None:
    finding = found({**NUMPY, "calls.python_lines": 2001}, 2.5e-3)
    assert finding is not None
    assert finding.severity == CAUSE
    assert "2001 lines of Python over arrays of 23.4 KiB, 1.25 µs each" in finding.claim


@pytest.mark.parametrize(
    ("rerun", "severity"),
    [
        ({INTERPRETED: run({}, seconds=0.25e-3)}, CAUSE),
        ({}, CONTEXT),
        ({INTERPRETED: run({}, seconds=None, status=Status.FAILED)}, CONTEXT),
    ],
    ids=["quicker without compiling", "not tried", "failed"],
)
def test_a_list_for_numba_is_a_cause_if_compiling_gains_nothing(rerun: dict[str, Any], severity: str) -> None:
    finding = found({"code.dispatchers": [LIST]}, 12e-3, reruns=rerun)
    assert finding is not None
    assert finding.severity == severity
    assert "both_ways is called with a Python list" in finding.claim
    assert ("48 times as long as without compiling" in finding.claim) == (severity == CAUSE)


def test_a_list_is_known_by_either_way_to_write_its_type() -> None:
    assert found({"code.dispatchers": [SHOWN]}, 12e-3) is not None


@pytest.mark.parametrize(
    "rerun",
    [run({}, seconds=0.6), run({}, seconds=None, status=Status.TIMEOUT)],
    ids=["slower without compiling", "cut off"],
)
def test_a_list_that_heavy_code_takes_is_innocent(rerun: Any) -> None:
    assert found({"code.dispatchers": [LIST]}, 12e-3, reruns={INTERPRETED: rerun}) is None


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        ({"calls.library_calls": 1, "code.dispatchers": [TINY]}, 0.4e-6),
        ({"calls.library_calls": 60, "code.dispatchers": [TINY]}, 40e-6),
        ({"calls.library_calls": 200, "code.dispatchers": [TINY]}, 2e-3),
        ({"calls.library_calls": 500, "calls.dispatches": 500}, 60e-3),
        ({"calls.library_calls": 20, "calls.dispatches": 20}, 280e-6),
        ({"calls.library_calls": 0, "calls.python_lines": 100_000, "versions.numpy": "2"}, 50e-3),
        ({"calls.library_calls": 0, "calls.python_lines": 100_000, "calls.input_bytes": 0}, 50e-3),
        ({**NUMPY, "calls.python_lines": 20_000}, 1e-3),
        ({**NUMPY, "calls.python_lines": 40}, 40e-6),
        ({**NUMPY, "calls.python_lines": 600}, 6e-3),
        ({**NUMPY, "calls.library_calls": 1, "calls.python_lines": 2001}, 2.5e-3),
        ({"code.dispatchers": [BESIDE]}, 12e-3),
        ({"code.dispatchers": [LIST]}, 5e-6),
        ({"code.dispatchers": [TYPED]}, 12e-3),
        ({"calls.library_calls": None, "calls.python_lines": None}, 1e-3),
    ],
    ids=[
        "one tiny call",
        "straight code",
        "calls that work",
        "JAX steps that work",
        "a kernel called twenty times",
        "plain Python",
        "plain Python without NumPy",
        "plain Python that holds an array",
        "NumPy in straight code",
        "blocks",
        "most is compiled",
        "a list of parameters",
        "a short list",
        "a typed list",
        "not known",
    ],
)
def test_innocent(facts: dict[str, Any], seconds: float) -> None:
    assert found(facts, seconds) is None


def test_without_the_extra_call_it_is_not_asked() -> None:
    judgement = judge(case(run({})), {"call-overhead": call_overhead})
    assert judgement.silences[0].why == "not known: calls"
