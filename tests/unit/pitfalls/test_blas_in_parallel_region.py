"""BLAS with threads of its own, called by each thread of a parallel loop or by several Python threads."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import blas_in_parallel_region
from stallhorn.pitfalls.base import ONE_BLAS_THREAD, judge

REGION = {
    "calls.regions": 1,
    "calls.region_threads": 2,
    "threads.used.blas": 2,
    "code.dispatchers": [{"name": "products", "blas_in_region": True}, {"name": "f", "blas_in_region": False}],
}
CROWD = {"activity.window_seconds": 0.1, "activity.demand": 2.7}
PYTHON = {"calls.regions": 0, "calls.python_threads": 4, "threads.used.blas": 2}
NOISE = {"sampling.foreign_load": 1.5}


def found(facts: dict[str, Any], seconds: float = 0.05, one: float | None = None) -> Finding | None:
    reruns = {} if one is None else {ONE_BLAS_THREAD: run({**facts, "threads.used.blas": 1}, seconds=one)}
    return blas_in_parallel_region.detect(case(run(facts, seconds=seconds), reruns=reruns))


def severity(facts: dict[str, Any], seconds: float = 0.05, one: float | None = None) -> str:
    finding = found(facts, seconds, one)
    return "" if finding is None else finding.severity


def test_clearly_faster_with_one_blas_thread_is_the_cause_with_the_numbers_and_the_setting() -> None:
    finding = found(REGION, 0.05, one=0.0125)
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("blas-in-parallel-region", "cause")
    assert "2 threads of a parallel region each call BLAS, which has 2 threads" in finding.claim
    assert "4.0 times as fast" in finding.claim
    assert finding.evidence[0].value == "products"
    assert finding.switch is not None and finding.switch.variables["OPENBLAS_NUM_THREADS"] == "1"
    assert finding.switch.variables["MKL_NUM_THREADS"] == "1" and "threadpool_limits(1, 'blas')" in finding.remedy


def test_more_threads_than_the_region_explains_is_harm_unless_a_quiet_rerun_says_no() -> None:
    assert severity({**REGION, **CROWD}) == "cause"
    assert severity({**REGION, **CROWD, **NOISE}, one=0.049) == "cause"
    assert severity({**REGION, **CROWD}, one=0.049) == "context"


@pytest.mark.parametrize(
    "harmless",
    [
        {},  # nothing that shows harm: small matrices take one thread
        {"activity.window_seconds": 0.1, "activity.demand": 2.1},
        {"activity.window_seconds": 0.01, "activity.demand": 4.0},  # too short a window
        {"activity.window_seconds": 0.1, "activity.demand": 8.0, "calls.region_threads": 8},  # the region's own threads
    ],
)
def test_small_matrices_are_context(harmless: dict[str, Any]) -> None:
    finding = found({**REGION, **harmless})
    assert finding is not None and finding.severity == "context" and "no harm is seen" in finding.claim


@pytest.mark.parametrize(
    "healthy",
    [
        {"threads.used.blas": 1},
        {"calls.regions": 0},
        {"calls.region_threads": 1},
        {"code.dispatchers": [{"name": "f", "blas_in_region": False}]},  # a product beside the loop
        {"code.dispatchers": None},
    ],
)
def test_the_remedy_applied_and_products_outside_the_loop_are_silent(healthy: dict[str, Any]) -> None:
    assert found({**REGION, **CROWD, **healthy}) is None


def test_python_threads_need_the_faster_run_as_proof() -> None:
    finding = found(PYTHON, 0.05, one=0.02)
    assert finding is not None and finding.severity == "cause"
    assert "4 Python threads" in finding.claim and "2.5 times" in finding.claim
    assert found({**PYTHON, **CROWD}) is None
    assert found(PYTHON, 0.05, one=0.045) is None
    assert found({**PYTHON, **NOISE}, 0.05, one=0.03) is None


def test_a_rerun_in_which_the_code_gave_blas_its_threads_all_the_same_says_nothing() -> None:
    stubborn = {ONE_BLAS_THREAD: run(REGION, seconds=0.05)}
    finding = blas_in_parallel_region.detect(case(run({**REGION, **CROWD}, seconds=0.05), reruns=stubborn))
    assert finding is not None and finding.severity == "cause"


def test_blas_alone_that_is_faster_with_one_thread_is_another_matter() -> None:
    assert found({"threads.used.blas": 2, "calls.python_threads": 0}, 0.05, one=0.01) is None


def test_without_a_known_pool_it_is_not_asked() -> None:
    judgement = judge(case(run({"calls.regions": 1})), {"blas-in-parallel-region": blas_in_parallel_region})
    assert not judgement.findings and judgement.silences
