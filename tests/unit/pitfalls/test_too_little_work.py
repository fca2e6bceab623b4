"""Slower with threads than without."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding, Status
from stallhorn.pitfalls import too_little_work
from stallhorn.pitfalls.base import ONE_THREAD, Run, judge

# A loop over 100 elements with passive waiting: 58 µs with two threads, 1.1 with one.
NUMBA: dict[str, Any] = {"threads.used": {"numba": 2}, "calls.regions": 1, "calls.region_threads": 2}
JAX: dict[str, Any] = {"threads.used": {"jax": 2}, "calls.dispatches": 3}
BLAS: dict[str, Any] = {"threads.used": {"blas": 2}, "calls.library_calls": 4, "activity.demand": 1.9}


def found(
    given: dict[str, Any] = NUMBA, seconds: float = 58e-6, alone: float | None = 1.1e-6, **more: Any
) -> Finding | None:
    one = run({"threads.used": {"numba": 1}, **more}, seconds=alone)
    return too_little_work.detect(case(run(given, seconds=seconds), reruns={ONE_THREAD: one}))


def test_a_call_that_is_slower_with_threads_is_named():
    finding = found()
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("too-little-work", "cause")
    assert "takes 58.0 µs with 2 threads and 1.10 µs with one, 52.73x as long" in finding.claim
    assert finding.switch is not None and finding.switch.variables == {"NUMBA_NUM_THREADS": "1"}
    assert "NUMBA_NUM_THREADS=1" in finding.remedy


@pytest.mark.parametrize(("given", "variable"), [(JAX, "NPROC"), (BLAS, "OPENBLAS_NUM_THREADS")])
def test_the_switch_belongs_to_the_pool_that_worked(given: dict[str, Any], variable: str):
    finding = found(given)
    assert finding is not None and finding.switch is not None
    assert finding.switch.variables[variable] == "1"


def test_the_suites_own_series_with_one_thread_serves_as_well():
    this = run(NUMBA, seconds=58e-6, n="100", threads="2")
    assert too_little_work.detect(case(this, siblings=(run(seconds=1.1e-6, n="100", threads="1"),)))
    assert too_little_work.detect(case(this, siblings=(run(seconds=1.1e-6, n="10", threads="1"),))) is None


@pytest.mark.parametrize(
    ("given", "seconds", "alone"),
    [
        pytest.param(NUMBA, 13e-6, 25e-6, id="threads help"),
        pytest.param(NUMBA, 15.3e-6, 15.0e-6, id="as fast"),
        pytest.param(NUMBA, 15e-3, 13e-3, id="a little slower, as a healthy kernel was once"),
        pytest.param(NUMBA, 2.04e-6, 1.12e-6, id="what entering a region costs: a microsecond"),
        pytest.param(NUMBA, 44e-3, 15e-3, id="plenty of work: it is something else"),
        pytest.param({**NUMBA, "calls.regions": 0}, 58e-6, 1e-6, id="no region was entered"),
        pytest.param({**NUMBA, "calls.region_threads": 1}, 58e-6, 1e-6, id="regions of one thread"),
        pytest.param({**BLAS, "activity.demand": 1.0}, 58e-6, 1e-6, id="a pool that stayed idle"),
        pytest.param({"threads.used": {"numba": None, "blas": None}}, 58e-6, 1e-6, id="no pool"),
        pytest.param(NUMBA, 58e-6, None, id="one thread was not measured"),
    ],
)
def test_what_looks_alike_is_innocent(given: dict[str, Any], seconds: float, alone: float | None):
    assert found(given, seconds, alone) is None


def test_intervals_that_overlap_say_nothing():
    wide = Run(run().parameters, Status.OK, 58e-6, 0.9e-6, 90e-6, run(NUMBA).facts)
    assert too_little_work.detect(case(wide, reruns={ONE_THREAD: run(seconds=1.1e-6)})) is None


def test_without_one_thread_it_is_silent():
    assert too_little_work.detect(case(run(NUMBA, seconds=58e-6))) is None


def test_a_neighbour_withholds_it_in_either_run():
    assert found(**{"sampling.foreign_load": 1.0}) is None
    noisy = run({**NUMBA, "sampling.foreign_load": 1.0}, seconds=58e-6)
    judged = judge(case(noisy, reruns={ONE_THREAD: run(seconds=1e-6)}), {"too-little-work": too_little_work})
    assert not judged.findings and "other processes" in judged.silences[0].why


@pytest.mark.parametrize(
    "better", ["nested-parallel", "fork-join-per-iteration", "oversubscription", "blas-in-parallel-region"]
)
def test_it_yields_to_what_says_it_better(better: str):
    assert better in too_little_work.YIELDS_TO


def shared_out(seconds: float, **more: Any) -> Finding | None:
    facts = {
        "threads.used.numba": 2,
        "calls.regions": 1,
        "calls.region_threads": 2,
        "calls.region_seconds": 80e-6,
        "calls.region_work_seconds": 2e-6,
        "calls.seconds": 95e-6,
        **more,
    }
    return too_little_work.detect(case(run(facts, seconds=seconds)))


def test_a_region_whose_threads_hardly_compute_is_named_without_any_other_run():
    finding = shared_out(90e-6)
    assert finding is not None
    assert finding.severity == "cause"
    assert "A call takes 90.0 µs, of which its 1 parallel region with 2 threads computes for 2.00 µs" in finding.claim


def test_regions_that_compute_start_quickly_or_stand_beside_other_work_are_innocent():
    assert shared_out(90e-6, **{"calls.region_work_seconds": 70e-6}) is None
    assert shared_out(6e-6) is None
    assert shared_out(900e-6, **{"calls.seconds": 890e-6}) is None
    assert shared_out(90e-6, **{"calls.region_threads": 1}) is None
    assert shared_out(90e-6, **{"calls.region_work_seconds": None}) is None
