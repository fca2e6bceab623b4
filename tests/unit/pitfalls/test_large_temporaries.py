"""Intermediate arrays that are many times as large as inputs and result."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import large_temporaries
from stallhorn.pitfalls.base import CAUSE, CONTEXT, judge

MIB = 2**20


def memory(temporary: float | None, result: float | None = 0.3 * MIB, inputs: float | None = 0.01 * MIB) -> Any:
    return {"calls.temporary_bytes": temporary, "calls.result_bytes": result, "calls.input_bytes": inputs}


def planned(temporary: float, argument: float, output: float) -> Any:
    sizes = {"temporary_bytes": temporary, "argument_bytes": argument, "output_bytes": output}
    return {"calls.temporary_bytes": 0, "calls.result_bytes": output, "code.computations": [{"name": "f", **sizes}]}


def found(facts: dict[str, Any], seconds: float = 20e-3, **more: Any) -> Finding | None:
    return large_temporaries.detect(case(run(facts, seconds=seconds), **more))


def test_temporaries_that_take_the_time_are_a_cause() -> None:
    finding = found(memory(62 * MIB))
    assert finding is not None
    assert finding.severity == CAUSE
    assert "holds 62.0 MiB of temporary arrays, 200 times its inputs and result (317 KiB)" in finding.claim
    assert [one.kind for one in finding.evidence] == ["counted", "counted", "observed"]
    assert "out +=" in finding.remedy


def test_where_the_time_is_elsewhere_they_are_context() -> None:
    finding = found(memory(15 * MIB), seconds=0.2)
    assert finding is not None
    assert finding.severity == CONTEXT


def test_an_array_of_all_pairs_is_a_cause_though_it_still_goes_through_quickly() -> None:
    finding = found(memory(30 * MIB), seconds=0.2)
    assert finding is not None
    assert finding.severity == CAUSE


def test_so_much_memory_matters_by_itself() -> None:
    finding = found(memory(300 * MIB), seconds=2.0)
    assert finding is not None
    assert finding.severity == CAUSE


def test_of_jax_it_is_the_plan_of_the_computation_against_its_own_arguments() -> None:
    sick = found(planned(41 * MIB, 0.01 * MIB, 0.64 * MIB))
    assert sick is not None
    assert "41.0 MiB" in sick.claim
    assert found(planned(41 * MIB, 10 * MIB, 0.64 * MIB)) is None


def test_the_largest_plan_is_taken_where_computations_are_not_known() -> None:
    facts = {"calls.jax_temporary_bytes": 41 * MIB, "calls.result_bytes": 0.64 * MIB, "calls.temporary_bytes": 0}
    assert found(facts) is not None


@pytest.mark.parametrize(
    "facts",
    [
        memory(0.8 * MIB, 0.0128 * MIB),
        memory(24 * MIB, 8 * MIB, 24 * MIB),
        memory(8 * MIB, 8e-6 * MIB, 8 * MIB),
        memory(16 * MIB, None, None),
        memory(16 * MIB, 8e-6 * MIB, 0),
        memory(None),
        memory(0),
    ],
    ids=["in the cache", "an expression", "a reduction", "random numbers", "their mean", "not known", "none"],
)
def test_innocent(facts: dict[str, Any]) -> None:
    assert found(facts) is None


def test_a_jump_against_the_earlier_commit_is_a_cause_where_the_time_went_with_it() -> None:
    now, before = memory(40 * MIB, 4 * MIB), run(memory(4 * MIB, 4 * MIB))
    finding = found(now, seconds=1.0, baseline=before, slowdown=1.5)
    assert finding is not None
    assert finding.severity == CAUSE
    assert any(one.fact.endswith("earlier commit") and one.value == "4.00 MiB" for one in finding.evidence)
    assert found(now, seconds=1.0, baseline=before) is None
    assert found(now, seconds=1.0, baseline=run(memory(30 * MIB, 4 * MIB)), slowdown=1.5) is None


def test_without_the_extra_call_it_is_not_asked() -> None:
    judgement = judge(case(run({"calls": None})), {"large-temporaries": large_temporaries})
    assert judgement.silences[0].why == "not known: calls"
