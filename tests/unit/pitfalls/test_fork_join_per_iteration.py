"""Many more parallel regions than there are places that enter one, and what their starts cost."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import fork_join_per_iteration
from stallhorn.pitfalls.base import ONE_THREAD, judge

SICK = {
    "calls.regions": 100,
    "calls.nested_regions": 0,
    "calls.region_threads": 2,
    "threads.layer": "omp",
    "code.dispatchers": [{"lexical_regions": 1}, {"lexical_regions": None}],
}
NOISE = {"sampling.foreign_load": 1.5}


def found(facts: dict[str, Any], seconds: float, one: float | None = None) -> Finding | None:
    reruns = {} if one is None else {ONE_THREAD: run({**facts, "calls.region_threads": 1}, seconds=one)}
    return fork_join_per_iteration.detect(case(run(facts, seconds=seconds), reruns=reruns))


def severity(facts: dict[str, Any], seconds: float, one: float | None = None) -> str:
    finding = found(facts, seconds, one)
    return "" if finding is None else finding.severity


def test_the_claim_says_how_many_from_how_many_places_and_what_each_costs() -> None:
    finding = found(SICK, 200e-6)
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("fork-join-per-iteration", "cause")
    assert "100 parallel regions per call from 1 place in the code" in finding.claim
    assert "1.00 µs" in finding.claim and "2.00 µs" in finding.claim
    assert "outermost" in finding.remedy and finding.switch is None


@pytest.mark.parametrize(
    ("more", "per_region"),
    [
        ({"threads.layer": "workqueue"}, 100e-6),
        ({"threads.layer": "tbb"}, 5e-6),
        ({"threads.wait_policy": "passive"}, 60e-6),
        ({"calls.region_threads": 8}, 60e-6),  # more threads than cores sleep
        ({"calls.region_threads": 1}, 1.5e-6),
        ({"code.dispatchers": None}, 2e-6),
    ],
)
def test_what_a_start_costs_depends_on_layer_and_waiting(more: dict[str, Any], per_region: float) -> None:
    assert severity({**SICK, **more}, 100 * per_region) == "cause"
    assert severity({**SICK, **more}, 100 * per_region * 3) == "context"
    assert severity({**SICK, **more}, 100 * per_region * 30) == ""


def test_a_loop_in_python_around_a_parallel_function_is_the_same() -> None:
    assert severity({**SICK, "code.dispatchers": [{"lexical_regions": 1}], "calls.regions": 5000}, 10e-3) == "cause"


def test_time_steps_with_much_work_each_are_healthy_quiet_or_not() -> None:
    assert severity(SICK, 100 * 500e-6, one=100 * 950e-6) == ""
    assert severity({**SICK, **NOISE}, 100 * 4e-3, one=100 * 1e-3) == ""


def test_beside_a_neighbour_the_work_is_read_from_the_run_with_one_thread() -> None:
    assert severity({**SICK, **NOISE}, 100 * 4e-3) == ""
    assert severity({**SICK, **NOISE}, 100 * 4e-3, one=100 * 1.2e-6) == "cause"


def test_slower_than_one_thread_in_small_regions_is_harm_and_can_be_shown_by_that_setting() -> None:
    finding = found(SICK, 100 * 60e-6, one=100 * 20e-6)
    assert finding is not None and finding.severity == "cause" and finding.switch is not None
    assert finding.switch.text == "NUMBA_NUM_THREADS=1"


def test_threads_that_pay_all_the_same_make_it_context() -> None:
    assert severity(SICK, 100 * 3e-6, one=100 * 5e-6) == "context"


@pytest.mark.parametrize(
    "healthy",
    [
        {"calls.regions": 1},
        {"calls.regions": 5},  # few
        {"calls.regions": 30, "code.dispatchers": [{"lexical_regions": 10}, {"lexical_regions": 20}]},  # many places
        {"calls.regions": 51, "calls.nested_regions": 50},  # another trap
        {"calls.regions": 0},
    ],
)
def test_look_alikes_are_silent_even_in_short_calls(healthy: dict[str, Any]) -> None:
    assert found({**SICK, **healthy}, 20e-6) is None


def test_without_the_counter_it_is_not_asked() -> None:
    judgement = judge(case(run()), {"fork-join-per-iteration": fork_join_per_iteration})
    assert not judgement.findings and "calls.regions" in judgement.silences[0].why


def test_without_a_time_it_is_silent() -> None:
    assert fork_join_per_iteration.detect(case(run(SICK, seconds=None))) is None
