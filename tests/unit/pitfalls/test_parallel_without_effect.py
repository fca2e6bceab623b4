"""Asked for parallel, and nothing is."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding, Status
from stallhorn.pitfalls import parallel_without_effect
from stallhorn.pitfalls.base import INTERPRETED, judge


def function(name: str = "waves", line: int = 12, **more: Any) -> dict[str, Any]:
    told = {"name": name, "file": "waves.py", "line": line, "signatures": ["(float64[:],)"], "parallel": False}
    return {**told, "uses_prange": False, "lexical_regions": 0, "object_mode": False, **more}


WITH_RANGE = function(parallel=True)
BARE_PRANGE = function(uses_prange=True)
PARALLEL = function(parallel=True, uses_prange=True, lexical_regions=1)


def facts(*functions: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"regions": 0, **more}
    return {
        "code.dispatchers": list(functions),
        "calls.regions": given.pop("regions"),
        "threads.used.numba": given.pop("threads", 2),
        "activity.window_seconds": 0.1,
        "activity.demand": given.pop("demand", 1.0),
        **given,
    }


def ask(given: dict[str, Any], seconds: float | None = 2.7e-3, **more: Any) -> Finding | None:
    return parallel_without_effect.detect(case(run(given, seconds=seconds), **more))


def test_parallel_true_over_a_plain_range_shares_nothing_out() -> None:
    found = ask(facts(WITH_RANGE))
    assert found is not None
    assert (found.pitfall, found.severity) == ("parallel-without-effect", "cause")
    assert "waves (waves.py:12)" in found.claim and "2.70 ms" in found.claim and "no loop" in found.claim
    assert found.evidence[0].value == "0" and found.evidence[0].kind == "counted"
    assert "prange" in found.remedy


def test_prange_without_parallel_true_is_range() -> None:
    found = ask(facts(BARE_PRANGE))
    assert found is not None and found.severity == "cause"
    assert "without parallel=True" in found.claim
    assert "@njit(parallel=True)" in found.remedy


def test_parallel_true_on_the_caller_does_not_reach_a_prange_in_the_callee() -> None:
    found = ask(facts(function("outer", 30, parallel=True), BARE_PRANGE))
    assert found is not None
    assert "waves" in found.claim, "the loop is named, not the wrapper"


def test_without_the_region_counter_the_compiled_code_tells() -> None:
    found = ask(facts(WITH_RANGE, regions=None))
    assert found is not None
    assert len([one for one in found.evidence if one.kind == "counted"]) == 1


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(facts(PARALLEL, regions=1), id="a parallel loop"),
        pytest.param(facts(function(parallel=True, lexical_regions=1), regions=1), id="an array expression"),
        pytest.param(facts(function("outer", parallel=True), PARALLEL, regions=1), id="the callee does the work"),
        pytest.param(facts(PARALLEL, function("row", 3, uses_prange=True), regions=1), id="prange inside a region"),
        pytest.param(facts(PARALLEL, regions=0), id="a condition leaves the loop out for small sizes"),
        pytest.param(facts(PARALLEL, function("scale", 3, parallel=True), regions=0), id="a scalar function beside it"),
        pytest.param(facts(function()), id="serial and meant so"),
        pytest.param(facts(function(parallel=True, signatures=[])), id="never compiled"),
        pytest.param(facts(function(parallel=True, lexical_regions=None)), id="the compiled code cannot be read"),
        pytest.param(facts(function(parallel=True, object_mode=True)), id="object mode is something else"),
        pytest.param(facts(), id="no Numba"),
    ],
)
def test_look_alikes_are_innocent(given: dict[str, Any]) -> None:
    assert ask(given) is None


def test_a_serial_twin_of_the_same_function_is_meant_so() -> None:
    both = facts(BARE_PRANGE, function(uses_prange=True, parallel=True, lexical_regions=None))
    assert ask(both) is None
    sibling = run(facts(PARALLEL, regions=1), parallel="True")
    found = parallel_without_effect.detect(case(run(facts(BARE_PRANGE), parallel="False"), siblings=(sibling,)))
    assert found is not None and found.severity == "context"


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        pytest.param(facts(WITH_RANGE, threads=1), 2.7e-3, id="one thread was asked for"),
        pytest.param({**facts(WITH_RANGE), "host.affinity": 1}, 2.7e-3, id="one core"),
        pytest.param(facts(WITH_RANGE), 20e-6, id="too little work for threads"),
        pytest.param(facts(WITH_RANGE, demand=1.9), 2.7e-3, id="BLAS keeps both cores at work"),
    ],
)
def test_where_threads_could_not_help_it_is_only_context(given: dict[str, Any], seconds: float) -> None:
    found = ask(given, seconds)
    assert found is not None and found.severity == "context"


def test_where_libraries_do_the_work_it_is_only_context() -> None:
    for seconds, severity in ((2.8e-3, "context"), (60e-3, "cause")):
        found = ask(facts(WITH_RANGE), reruns={INTERPRETED: run(seconds=seconds)})
        assert found is not None and found.severity == severity
    cut_off = ask(facts(WITH_RANGE), reruns={INTERPRETED: run(seconds=None, status=Status.TIMEOUT)})
    assert cut_off is not None and cut_off.severity == "cause"


def test_without_the_functions_it_is_silent() -> None:
    asked = judge(case(run({"calls.regions": 0})), {"parallel-without-effect": parallel_without_effect})
    assert asked.findings == () and "code.dispatchers" in asked.silences[0].why
