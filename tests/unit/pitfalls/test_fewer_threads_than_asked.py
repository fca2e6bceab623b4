"""A thread setting that asks for more threads than worked."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import fewer_threads_than_asked
from stallhorn.pitfalls.base import judge

ASKED = {"threads.asked": {"numba": 2, "blas": 2, "omp": 2, "jax": 2}}
NUMBA = {
    **ASKED,
    "threads.used": {"numba": 1, "blas": 2, "jax": None},
    "calls.regions": 1,
    "calls.region_threads": 1,
    "calls.region_seconds": 5e-3,
    "calls.seconds": 5.1e-3,
}
BLAS = {**ASKED, "threads.used": {"numba": None, "blas": 1, "jax": None}, "calls.regions": 0, "calls.dispatches": 0}
JAX = {**ASKED, "threads.used": {"numba": None, "blas": 2, "jax": 1}, "calls.dispatches": 4}


def found(facts: dict[str, Any]) -> Finding | None:
    return fewer_threads_than_asked.detect(case(run(facts)))


@pytest.mark.parametrize(("facts", "pool"), [(NUMBA, "numba"), (BLAS, "blas"), (JAX, "jax")])
def test_the_claim_says_what_was_asked_and_what_worked(facts: dict[str, Any], pool: str) -> None:
    finding = found(facts)
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("fewer-threads-than-asked", "cause")
    assert finding.claim == f"the setting asks for 2 {pool} threads, and 1 did the work"
    assert finding.evidence[0].kind == "counted"


def test_the_remedy_says_where_to_look() -> None:
    remedies = [finding.remedy for finding in map(found, (NUMBA, BLAS, JAX)) if finding is not None]
    assert ["set_num_threads" in remedies[0], "threadpool_limits" in remedies[1], "NPROC" in remedies[2]] == [True] * 3


@pytest.mark.parametrize(
    "small", [{"calls.region_seconds": 20e-6}, {"calls.seconds": 0.5}, {"calls.region_seconds": None}]
)
def test_one_thread_for_small_work_is_a_choice(small: dict[str, Any]) -> None:
    finding = found({**NUMBA, **small})
    assert finding is not None and finding.severity == "context"


def test_beside_a_neighbour_the_rest_of_the_call_is_long_for_other_reasons() -> None:
    finding = found({**NUMBA, "calls.seconds": 0.5, "sampling.foreign_load": 1.5})
    assert finding is not None and finding.severity == "cause"


@pytest.mark.parametrize(
    "healthy",
    [
        {**NUMBA, "calls.region_threads": 2},
        {**NUMBA, "calls.regions": 0, "calls.region_threads": 0},  # sequential code: no pool was used
        {**NUMBA, "threads.asked": {}},  # nobody asked
        {**NUMBA, "calls.region_threads": 2, "threads.used": {"blas": 1}},  # BLAS is held at one thread meanwhile
        {**BLAS, "calls.python_threads": 2},
        {**BLAS, "calls.dispatches": 3},
        {**BLAS, "threads.asked": {"blas": 8}, "threads.used": {"blas": 2}},  # cut to the cores
        {**JAX, "threads.used": {"jax": None}},  # it does not tell
        {**JAX, "calls.dispatches": 0, "threads.used": {"jax": 1}},
    ],
)
def test_look_alikes_are_silent(healthy: dict[str, Any]) -> None:
    assert found(healthy) is None


def test_without_pools_it_is_not_asked() -> None:
    judgement = judge(case(run(ASKED)), {"fewer-threads-than-asked": fewer_threads_than_asked})
    assert not judgement.findings and "threads.used" in judgement.silences[0].why
