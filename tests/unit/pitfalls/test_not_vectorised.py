"""Vector instructions that were there before, in the same function."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import not_vectorised


def function(name: str = "dot", packed: int | None = 12, scalar: int | None = 2, **more: Any) -> dict[str, Any]:
    return {"name": name, "packed": packed, "scalar": scalar, "signatures": ["(f8[::1],)"], **more}


def found(now: list[dict[str, Any]], before: list[dict[str, Any]], slowdown: float | None = 6.0) -> Finding | None:
    return not_vectorised.detect(
        case(run({"code.dispatchers": now}), baseline=run({"code.dispatchers": before}), slowdown=slowdown)
    )


def test_a_loop_that_lost_its_vector_instructions_and_became_slower_is_named():
    finding = found(
        [function(packed=0, scalar=3, packed_by={})], [function(packed=12, packed_by={"fmul": 8, "fadd": 4})]
    )
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("not-vectorised", "cause")
    assert "`dot` had 12 vector operations in its compiled code and has 0" in finding.claim
    assert "fmul 8 to 0, fadd 4 to 0" in finding.claim
    assert "6.00x slower" in finding.claim
    assert {one.kind for one in finding.evidence} == {"counted"}
    assert "fastmath" in finding.remedy


def test_some_operations_may_be_left():
    assert found([function(packed=3, scalar=9)], [function(packed=12)])


@pytest.mark.parametrize(
    ("now", "before"),
    [
        pytest.param(function(packed=12), function(packed=12), id="nothing changed"),
        pytest.param(function(packed=0), function(packed=0, scalar=9), id="a gather, scalar by nature, before and now"),
        pytest.param(function(packed=4), function(packed=12), id="unrolled less"),
        pytest.param(function(packed=0), function(packed=3), id="hardly any before"),
        pytest.param(function(packed=0, scalar=0), function(packed=12), id="its arithmetic is gone: done elsewhere"),
        pytest.param(function(packed=None), function(packed=12), id="not counted now"),
        pytest.param(function(packed=0), function(packed=None), id="not counted before"),
    ],
)
def test_what_looks_alike_is_innocent(now: dict[str, Any], before: dict[str, Any]):
    assert found([now], [before]) is None


def test_a_loop_that_moved_into_a_new_function_is_not_lost():
    assert found([function(packed=0), function("inner", packed=12)], [function(packed=12)]) is None


def test_a_second_signature_doubles_the_code_and_not_the_work():
    two = {"signatures": ["(f8[::1],)", "(f4[::1],)"]}
    assert found([function(packed=4)], [function(packed=20, **two)]) is None


@pytest.mark.parametrize("slowdown", [None, 0.5, 1.05])
def test_a_count_that_cost_no_time_is_no_cause(slowdown: float | None):
    assert found([function(packed=0)], [function(packed=12)], slowdown) is None


def test_without_a_baseline_it_is_silent():
    assert not_vectorised.detect(case(run({"code.dispatchers": [function(packed=0)]}))) is None


def test_where_functions_have_other_names_all_that_is_reached_counts():
    before = [{"name": "dot", "packed": 12, "scalar": 2, "signatures": ["(f8[::1],)"]}]
    now = [{"name": "sum", "packed": 0, "scalar": 2, "signatures": ["(f8[::1],)"]}]
    this = run({"code.dispatchers": now}, seconds=4e-3)
    finding = not_vectorised.detect(case(this, baseline=run({"code.dispatchers": before}), slowdown=4.0))
    assert finding is not None
    assert "(`sum`) had 12 vector operations and has 0" in finding.claim
    assert not_vectorised.detect(case(this, baseline=run({"code.dispatchers": []}), slowdown=4.0)) is None
