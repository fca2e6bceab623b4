"""Time that goes into getting memory."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import allocation_bound
from stallhorn.pitfalls.base import CAUSE, CONTEXT, judge

MB = 1_000_000


def pages(faults: float | None, system: float | None, made: float = 80 * MB, window: float = 1.0) -> dict[str, Any]:
    """A window in which `system` of one CPU second was the system's."""
    return {
        "activity.faults": faults,
        "activity.system_seconds": system,
        "activity.user_seconds": None if system is None else 1.0 - system,
        "activity.window_seconds": window,
        "calls.result_bytes": made,
        "calls.temporary_bytes": 0,
    }


def found(facts: dict[str, Any], seconds: float = 90e-3) -> Finding | None:
    return allocation_bound.detect(case(run(facts, seconds=seconds)))


def test_fresh_pages_in_every_call_are_named_with_their_number_and_share() -> None:
    finding = found(pages(19532, 0.81))
    assert finding is not None
    assert finding.severity == CAUSE
    assert "19532 page faults for 76.3 MiB of arrays, and 81% of the CPU time is the system's" in finding.claim
    assert "out=out" in finding.remedy


def test_with_huge_pages_few_faults_bring_much() -> None:
    assert found(pages(625, 0.65)) is not None


def test_a_smaller_share_is_context() -> None:
    finding = found(pages(3125, 0.33))
    assert finding is not None
    assert finding.severity == CONTEXT


def test_a_result_alone_must_take_more_of_the_time() -> None:
    alone, more = found(pages(10_000, 0.5)), found({**pages(10_000, 0.5), "calls.temporary_bytes": 80 * MB})
    assert alone is not None
    assert more is not None
    assert (alone.severity, more.severity) == (CONTEXT, CAUSE)


@pytest.mark.parametrize(
    "more",
    [{"result.type": "jaxlib._jax.ArrayImpl"}, {"sampling.foreign_load": 1.0}],
    ids=["a result of JAX's", "busy neighbours"],
)
def test_what_the_caller_cannot_choose_and_what_neighbours_distort_is_context(more: dict[str, Any]) -> None:
    finding = found({**pages(1953, 0.86, made=8 * MB), **more})
    assert finding is not None
    assert finding.severity == CONTEXT


def test_many_more_faults_than_at_the_earlier_commit_and_more_time_are_a_cause() -> None:
    now, before = run(pages(19532, 0.33)), run(pages(0, 0.01))
    grown = allocation_bound.detect(case(now, baseline=before, slowdown=2.0))
    same = allocation_bound.detect(case(now, baseline=before))
    assert grown is not None
    assert same is not None
    assert (grown.severity, same.severity) == (CAUSE, CONTEXT)


def test_small_arrays_in_a_compiled_loop_are_named() -> None:
    finding = found({"calls.allocations": 100_000}, 9.2e-3)
    assert finding is not None
    assert finding.severity == CAUSE
    assert "makes 100000 arrays in compiled code, one every 92.0 ns: at least 43%" in finding.claim
    assert "dx = x[i, 0]" in finding.remedy


def test_of_a_parallel_loop_each_thread_allocates_its_share() -> None:
    parallel = {"calls.allocations": 100_000, "calls.regions": 1, "calls.region_threads": 2}
    assert found(parallel, 4.6e-3) is not None
    assert found(parallel, 9.2e-3) is None


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        (pages(19532, 0.19), 0.44),
        (pages(12, 0.6), 1e-3),
        (pages(100, 0.6, made=8 * MB), 5e-3),
        (pages(19532, 0.8, window=0.01), 0.01),
        (pages(None, 0.8), 0.09),
        (pages(19532, None), 0.09),
        ({**pages(19532, 0.8), "calls.result_bytes": None, "calls.temporary_bytes": None}, 0.09),
        ({"calls.allocations": 2}, 1e-6),
        ({"calls.allocations": 1000}, 1e-3),
        ({"calls.allocations": None}, 1e-3),
    ],
    ids=[
        "cosines hide it",
        "hardly any faults",
        "faults of something else",
        "a short window",
        "faults not known",
        "time not known",
        "makes no arrays",
        "a tiny call",
        "rows that take long to fill",
        "not known",
    ],
)
def test_innocent(facts: dict[str, Any], seconds: float) -> None:
    assert found(facts, seconds) is None


def test_without_the_extra_call_it_is_not_asked() -> None:
    judgement = judge(case(run({})), {"allocation-bound": allocation_bound})
    assert judgement.silences[0].why == "not known: calls"
