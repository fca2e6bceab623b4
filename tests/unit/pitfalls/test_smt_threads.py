"""More threads than physical cores, on recorded facts of a machine with two hardware threads on each core."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.pitfalls import smt_threads
from stallhorn.pitfalls.base import Run, judge

HOST = {"host.affinity": 8, "host.physical_cores": 4, "host.smt": 2}
WIDE = {**HOST, "threads.used": {"numba": 8, "blas": 8}, "calls.regions": 1, "calls.region_threads": 8}
FITTING = {**HOST, "threads.used": {"numba": 4, "blas": 4}, "calls.regions": 1, "calls.region_threads": 4}


def this(facts: dict[str, Any], seconds: float = 10e-3, threads: str = "8") -> Run:
    return run(facts, seconds=seconds, threads=threads)


def test_more_threads_than_physical_cores_is_context_by_itself() -> None:
    finding = smt_threads.detect(case(this(WIDE)))
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("smt-threads", "context")
    assert "numba has 8 threads on 4 physical cores" in finding.claim
    assert finding.switch is not None and finding.switch.variables == {"NUMBA_NUM_THREADS": "4"}


def test_a_series_that_fits_the_cores_and_is_clearly_faster_makes_it_a_cause() -> None:
    finding = smt_threads.detect(case(this(WIDE), siblings=(this(FITTING, 5e-3, "4"),)))
    assert finding is not None and finding.severity == "cause"
    assert "threads=4" in finding.claim and "2.0 times as fast" in finding.claim


@pytest.mark.parametrize("seconds", [10e-3, 9e-3, 15e-3])
def test_a_series_that_is_not_faster_leaves_it_context(seconds: float) -> None:
    finding = smt_threads.detect(case(this(WIDE), siblings=(this(FITTING, seconds, "4"),)))
    assert finding is not None and finding.severity == "context"


def test_another_wide_series_proves_nothing() -> None:
    wide = {**WIDE, "calls.region_threads": 6}
    finding = smt_threads.detect(case(this(WIDE), siblings=(this(wide, 2e-3, "6"),)))
    assert finding is not None and finding.severity == "context"


def test_blas_counts_where_its_threads_were_busy() -> None:
    busy = {**HOST, "threads.used": {"blas": 8}, "activity.window_seconds": 0.1, "activity.demand": 7.5}
    finding = smt_threads.detect(case(this(busy)))
    assert finding is not None and "blas has 8 threads" in finding.claim
    assert smt_threads.detect(case(this({**busy, "activity.demand": 1.0}))) is None


@pytest.mark.parametrize(
    "healthy",
    [
        FITTING,
        {**WIDE, "host.smt": None},  # no siblings share a core, or this process may use one of each pair
        {**WIDE, "host.smt": 1},
        {**WIDE, "calls.regions": 0},  # the pool did not work
        {**WIDE, "host.physical_cores": 8},
    ],
)
def test_pools_that_fit_or_rest_are_silent(healthy: dict[str, Any]) -> None:
    assert smt_threads.detect(case(this(healthy))) is None


def test_without_topology_it_is_not_asked() -> None:
    judgement = judge(case(run({"threads.used": {"numba": 8}})), {"smt-threads": smt_threads})
    assert not judgement.findings and "host.physical_cores" in judgement.silences[0].why
