"""Parallel regions entered inside another one, and the death by Numba's workqueue layer."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding, Status
from stallhorn.pitfalls import nested_parallel
from stallhorn.pitfalls.base import ONE_THREAD, judge

SICK = {
    "calls.regions": 51,
    "calls.nested_regions": 50,
    "calls.region_threads": 2,
    "threads.layer": "omp",
    "code.dispatchers": [{"name": "row", "parallel": True}, {"name": "rows", "parallel": True}, {"name": "f"}],
}
NOISE = {"sampling.foreign_load": 1.5}


def found(facts: dict[str, Any], seconds: float, one: float | None = None) -> Finding | None:
    reruns = {} if one is None else {ONE_THREAD: run({**facts, "calls.region_threads": 1}, seconds=one)}
    return nested_parallel.detect(case(run(facts, seconds=seconds), reruns=reruns))


def severity(facts: dict[str, Any], seconds: float, one: float | None = None) -> str:
    finding = found(facts, seconds, one)
    return "" if finding is None else finding.severity


def test_the_claim_counts_what_was_entered_and_the_remedy_names_who_is_parallel() -> None:
    finding = found(SICK, 40e-3)
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("nested-parallel", "cause")
    assert finding.claim == "enters 51 parallel regions per call, 50 of them inside another one"
    assert "row, rows" in finding.remedy and "outermost" in finding.remedy
    assert finding.evidence[0].kind == "counted" and finding.evidence[0].value == "50"


def test_tbb_starts_cheaply_so_only_tiny_entries_matter() -> None:
    tbb = {**SICK, "threads.layer": "tbb"}
    assert severity(tbb, 50 * 2e-6) == "cause"
    assert severity(tbb, 50 * 100e-6) == "context"


def test_a_neighbour_makes_entries_longer_and_the_cause_stays() -> None:
    assert severity({**SICK, **NOISE}, 50 * 2e-3) == "cause"


def test_clearly_faster_with_one_thread_is_harm_whatever_an_entry_takes_and_can_be_shown_by_that_setting() -> None:
    finding = found(SICK, 50 * 5e-3, one=50 * 2e-3)
    assert finding is not None and finding.severity == "cause" and finding.switch is not None
    assert finding.switch.variables == {"NUMBA_NUM_THREADS": "1"}
    assert any(one.value == "2.50" for one in finding.evidence)


def test_few_long_entries_are_harmless_and_so_are_threads_that_pay() -> None:
    assert severity({**SICK, "calls.regions": 3, "calls.nested_regions": 2}, 50e-3) == "context"
    assert severity(SICK, 50 * 0.5e-3, one=50 * 0.95e-3) == "context"


def test_with_one_thread_nested_entries_cost_a_microsecond() -> None:
    assert severity({**SICK, "calls.region_threads": 1}, 50 * 50e-6) == "context"
    assert severity({**SICK, "calls.region_threads": 1}, 50 * 2e-6) == "cause"


def test_threads_that_were_made_and_ended_are_evidence() -> None:
    finding = found({**SICK, "activity.dead_cpu_share": 0.3}, 40e-3)
    assert finding is not None and any(one.value == "30%" for one in finding.evidence)


@pytest.mark.parametrize(
    "healthy",
    [
        {"calls.regions": 1, "calls.nested_regions": 0},  # prange directly in prange, or an inner sequential variant
        {"calls.regions": 1000, "calls.nested_regions": 0},  # time steps
        {"calls.regions": 0, "calls.nested_regions": 0},  # no parallel code
        {"calls.regions": 51},  # an older counter
        {},
    ],
)
def test_without_nested_entries_there_is_nothing_to_say(healthy: dict[str, Any]) -> None:
    assert found(healthy, 40e-3) is None


def test_an_aborted_process_is_told_by_its_last_words_without_any_fact() -> None:
    words = "Numba workqueue threading layer is terminating: Concurrent access has been detected.\n"
    died = case(run(seconds=None, status=Status.ABORTED, reason="SIGABRT", stderr=words))
    findings = judge(died, {"nested-parallel": nested_parallel}).findings
    assert [one.severity for one in findings] == ["cause"]
    assert "workqueue" in findings[0].claim and "tbb" in findings[0].remedy


@pytest.mark.parametrize("status", [Status.ABORTED, Status.FAILED])
def test_other_ends_say_nothing(status: Status) -> None:
    assert nested_parallel.detect(case(run(seconds=None, status=status, stderr="free(): invalid pointer"))) is None
