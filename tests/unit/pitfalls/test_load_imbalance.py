"""Parallel loops whose iterations differ in work."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import load_imbalance, nested_parallel
from stallhorn.pitfalls.base import ONE_THREAD, judge

SICK = {
    "calls.regions": 1,
    "calls.nested_regions": 0,
    "calls.region_threads": 2,
    "calls.imbalance": 1.5,
    "calls.region_seconds": 9.5e-3,
    "calls.seconds": 10e-3,
}
NOISE = {"sampling.foreign_load": 1.5}


def found(more: dict[str, Any] | None = None, **reruns: Any) -> Finding | None:
    return load_imbalance.detect(case(run({**SICK, **(more or {})}, seconds=10e-3), reruns=reruns))


def test_a_triangle_on_two_threads_is_told_with_what_an_even_split_would_save() -> None:
    finding = found()
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("load-imbalance", "cause")
    assert "busiest of 2 threads" in finding.claim and "1.50" in finding.claim and "32%" in finding.claim
    assert "n-1-k" in finding.remedy and finding.switch is None


def test_beside_a_neighbour_a_clear_case_stays_and_a_small_one_is_silent() -> None:
    assert found(NOISE) is not None
    assert found({**NOISE, "calls.imbalance": 1.4}) is None


def test_a_small_part_of_the_call_is_context_or_nothing() -> None:
    finding = found({"calls.region_seconds": 4e-3})
    assert finding is not None and finding.severity == "context"
    assert found({"calls.region_seconds": 2e-3}) is None


def test_threads_that_pay_all_the_same_make_it_context() -> None:
    one = run({**SICK, "calls.region_threads": 1}, seconds=19e-3)
    finding = load_imbalance.detect(case(run(SICK, seconds=10e-3), reruns={ONE_THREAD: one}))
    assert finding is not None and finding.severity == "context"


@pytest.mark.parametrize(
    "healthy",
    [
        {"calls.imbalance": 1.1},
        {"calls.region_threads": 1, "calls.imbalance": 1.0},
        {"calls.regions": 100},  # each 95 µs
        {"calls.imbalance": 2.0, "calls.region_seconds": 8e-6, "calls.seconds": 12e-6},  # the other came too late
        {"calls.regions": 0, "calls.region_seconds": 0.0},
        {"calls.seconds": 0.0},
    ],
)
def test_even_short_or_no_regions_are_silent(healthy: dict[str, Any]) -> None:
    assert found(healthy) is None


def test_threads_that_spin_in_nested_regions_are_busy_for_that_reason() -> None:
    nested = {
        **SICK,
        "calls.regions": 301,
        "calls.nested_regions": 300,
        "calls.region_seconds": 1.9,
        "calls.seconds": 2.0,
    }
    both = {"load-imbalance": load_imbalance, "nested-parallel": nested_parallel}
    findings = judge(case(run(nested, seconds=0.05)), both).findings
    assert [one.pitfall for one in findings] == ["nested-parallel"]


def test_without_the_threads_clocks_it_is_not_asked() -> None:
    judgement = judge(case(run({"calls.regions": 1})), {"load-imbalance": load_imbalance})
    assert not judgement.findings and "calls.imbalance" in judgement.silences[0].why
