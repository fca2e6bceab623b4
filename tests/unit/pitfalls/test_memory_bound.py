"""As fast as memory allows."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import memory_bound
from stallhorn.pitfalls.base import ONE_THREAD, judge

# out = a + 2 b over 8 million elements: 192 MB in 5 ms, on both cores.
SICK: dict[str, Any] = {
    "calls.input_bytes": 128_000_000,
    "calls.result_bytes": 64_000_000,
    "calls.region_threads": 2,
    "calls.region_seconds": 4.9e-3,
    "calls.imbalance": 1.02,
    "activity.cores_used": 1.98,
    "activity.demand": 2.0,
}
ARITHMETIC = {"calls.input_bytes": 800_000, "calls.result_bytes": 800_000}


def found(seconds: float = 5e-3, alone: float | None = None, **more: Any) -> Finding | None:
    reruns = {} if alone is None else {ONE_THREAD: run(seconds=alone)}
    return memory_bound.detect(case(run({**SICK, **more}, seconds=seconds), reruns=reruns))


def test_a_call_near_the_limit_of_memory_is_context():
    finding = found()
    assert finding is not None
    assert (finding.pitfall, finding.severity, finding.switch) == ("memory-bound", "context", None)
    assert "122 MiB in 5.00 ms, 25.6 GB/s with 2.0 cores at work" in finding.claim


def test_threads_that_gain_little_are_part_of_the_claim():
    finding = found(alone=5.5e-3)
    assert finding is not None and "2 threads are 1.10x as fast as one" in finding.claim


def test_a_slow_machine_is_told_by_its_threads():
    """Below 5 GB/s for each core, but the second thread brings nothing."""
    assert found(seconds=30e-3, alone=31e-3, **{"calls.region_seconds": 29e-3})
    assert found(seconds=30e-3, alone=58e-3, **{"calls.region_seconds": 29e-3}) is None


def test_a_result_that_is_one_of_the_arrays_counts_once():
    finding = found(**{"calls.input_bytes": 192_000_000})
    assert finding is not None and "183 MiB" in finding.claim


def test_temporaries_are_written_and_read():
    small = {"calls.input_bytes": 16_000_000, "calls.result_bytes": 8_000_000, "activity.cores_used": 1.0}
    assert found(**small) is None
    assert found(**small, **{"calls.temporary_bytes": 16_000_000})


@pytest.mark.parametrize(
    ("seconds", "alone", "more"),
    [
        pytest.param(100e-3, 198e-3, {}, id="much arithmetic on large arrays"),
        pytest.param(10e-6, 18e-6, ARITHMETIC, id="in the caches"),
        pytest.param(10e-6, 9e-6, ARITHMETIC, id="in the caches, and too little work for threads"),
        pytest.param(60e-3, 62e-3, {"calls.region_seconds": 6e-3}, id="a serial part does not scale"),
        pytest.param(60e-3, 62e-3, {"calls.region_seconds": 59e-3, "calls.imbalance": 1.9}, id="one thread has it all"),
        pytest.param(60e-3, 62e-3, {"calls.region_seconds": 59e-3, "activity.demand": 8.0}, id="too many threads"),
        pytest.param(60e-3, 62e-3, {"calls.region_seconds": None}, id="regions not known"),
        pytest.param(5e-3, None, {"result.device": "cuda:0"}, id="on another device"),
    ],
)
def test_what_looks_alike_is_innocent(seconds: float, alone: float | None, more: dict[str, Any]):
    assert found(seconds, alone, **more) is None


def test_a_speed_up_beside_a_neighbour_proves_nothing():
    slow = {"calls.region_seconds": 29e-3}
    assert found(seconds=30e-3, alone=31e-3, **slow, **{"sampling.foreign_load": 1.0}) is None


def test_without_the_sizes_of_the_arrays_it_says_that_it_cannot_tell():
    judged = judge(case(run()), {"memory-bound": memory_bound})
    assert "calls.input_bytes" in judged.silences[0].why
