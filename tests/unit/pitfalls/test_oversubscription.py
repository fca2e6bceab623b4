"""More threads that want to compute than cores: harmful, harmless, and of child processes."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import oversubscription
from stallhorn.pitfalls.base import FITTED, ONE_BLAS_THREAD, ONE_THREAD, judge

WINDOW = {"activity.window_seconds": 0.2}
BLAS = {**WINDOW, "threads.used.blas": 8, "activity.demand": 7.6}
NUMBA = {**WINDOW, "threads.used.numba": 8, "calls.regions": 1, "activity.demand": 7.0}
JAX = {**WINDOW, "threads.used.jax": 8, "calls.dispatches": 3, "activity.demand": 5.5}
CHILDREN = {**WINDOW, "activity.demand": 0.1, "activity.children": 4, "activity.children_demand": 7.5}
NOISE = {"sampling.foreign_load": 1.5}


def found(facts: dict[str, Any], seconds: float = 0.1, **reruns: float) -> Finding | None:
    names = {"fitted": FITTED, "one_blas": ONE_BLAS_THREAD, "one": ONE_THREAD}
    others = {names[name]: run({}, seconds=value) for name, value in reruns.items()}
    return oversubscription.detect(case(run(facts, seconds=seconds), reruns=others))


def severity(facts: dict[str, Any], seconds: float = 0.1, **reruns: float) -> str:
    finding = found(facts, seconds, **reruns)
    return "" if finding is None else finding.severity


def test_a_blas_pool_beyond_the_cores_whose_threads_compete_is_a_cause_by_itself() -> None:
    finding = found(BLAS)
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("oversubscription", "cause")
    assert "blas has 8 threads on 2 cores" in finding.claim and "7.6 threads wanted a core" in finding.claim
    assert finding.switch is not None and finding.switch.variables["OPENBLAS_NUM_THREADS"] == "2"
    assert "OPENBLAS_NUM_THREADS=2" in finding.remedy


def test_it_is_the_same_beside_a_neighbour() -> None:
    assert severity({**BLAS, **NOISE}) == "cause"
    assert severity({**BLAS, **NOISE}, fitted=0.095) == "cause"


@pytest.mark.parametrize("facts", [NUMBA, JAX])
def test_a_coarse_loop_on_too_many_threads_is_context(facts: dict[str, Any]) -> None:
    finding = found(facts)
    assert finding is not None and finding.severity == "context" and "no harm is seen" in finding.claim
    assert severity(facts, fitted=0.105) == "context"


@pytest.mark.parametrize("facts", [NUMBA, JAX, BLAS])
def test_clearly_faster_on_the_cores_alone_is_the_cause(facts: dict[str, Any]) -> None:
    finding = found(facts, fitted=0.04)
    assert finding is not None and finding.severity == "cause"
    assert "2.5 times as fast" in finding.claim


def test_a_quiet_rerun_without_gain_acquits_even_blas() -> None:
    assert severity(BLAS, fitted=0.099) == "context"


def test_a_pool_that_the_code_itself_sets_is_not_acquitted_by_a_setting_that_it_ignores() -> None:
    finding = oversubscription.detect(case(run(BLAS, seconds=0.1), reruns={FITTED: run(BLAS, seconds=0.1)}))
    assert finding is not None and finding.severity == "cause" and finding.switch is None
    assert "threadpool_limits" in finding.remedy


def test_short_calls_have_no_demand_and_are_told_by_the_rerun() -> None:
    short = {"threads.used.numba": 8, "calls.regions": 1, "activity.window_seconds": 0.01, "activity.demand": 9.0}
    assert severity(short) == ""
    assert severity(short, fitted=0.05) == "cause"
    assert severity({**short, **NOISE}, fitted=0.07) == ""


def test_the_suites_own_series_with_fewer_threads_serves_as_well() -> None:
    this = run(NUMBA, seconds=0.1, threads="8")
    faster = run({"threads.used.numba": 2}, seconds=0.02, threads="2")
    finding = oversubscription.detect(case(this, siblings=(faster,)))
    assert finding is not None and finding.severity == "cause" and "threads=2" in finding.claim
    wide = run({"threads.used.numba": 4}, seconds=0.02, threads="4")
    finding = oversubscription.detect(case(this, siblings=(wide,)))
    assert finding is not None and finding.severity == "context"


def test_slower_since_the_pool_grew_is_a_cause() -> None:
    grew = case(run(NUMBA), baseline=run({"threads.used.numba": 2}), slowdown=2.0)
    same = case(run(NUMBA), baseline=run(NUMBA), slowdown=2.0)
    severities = [one.severity for one in map(oversubscription.detect, (grew, same)) if one is not None]
    assert severities == ["cause", "context"]


@pytest.mark.parametrize(
    "healthy",
    [
        {**WINDOW, "threads.used.numba": 2, "threads.used.blas": 2, "activity.demand": 2.1},
        {**WINDOW, "threads.used.blas": 8, "activity.demand": 1.0},  # a pool that is not used
        {**WINDOW, "threads.used.numba": 8, "calls.regions": 1, "activity.demand": 2.0},  # tbb keeps to the cores
        {**WINDOW, "activity.demand": 2.44, "calls.python_threads": 2},
        {"threads.used.blas": 8},  # no account of waiting threads
        {},
    ],
)
def test_idle_pools_and_full_cores_are_silent(healthy: dict[str, Any]) -> None:
    assert found(healthy) is None
    assert found({**healthy, **NOISE}) is None


def test_many_python_threads_are_context_unless_fewer_blas_threads_help() -> None:
    facts = {**WINDOW, "activity.demand": 8.0, "calls.python_threads": 8, "threads.used.blas": 2}
    assert severity(facts) == "context"
    assert severity(facts, one_blas=0.03) == "cause"


def test_a_quota_counts_as_cores() -> None:
    finding = found({**BLAS, "threads.used.blas": 4, "host.affinity": 4, "host.quota": 1.5})
    assert finding is not None and "blas has 4 threads on 2 cores" in finding.claim


def test_children_with_pools_of_their_own_are_a_cause() -> None:
    finding = found(CHILDREN)
    assert finding is not None and finding.severity == "cause"
    assert "4 child processes with 1.9 busy threads each share 2 cores" in finding.claim
    assert finding.switch is not None and finding.switch.variables["NUMBA_NUM_THREADS"] == "1"
    assert severity(CHILDREN, one=0.1) == "context"
    assert severity(CHILDREN, one=0.02) == "cause"


@pytest.mark.parametrize(
    "healthy",
    [
        {"activity.children_demand": 4.0},  # one thread each: they take turns
        {"activity.children": 1, "activity.children_demand": 2.0},  # one worker on all cores
        {"activity.children": 4, "activity.children_demand": 0.0},  # idle
    ],
)
def test_children_that_take_turns_are_silent(healthy: dict[str, Any]) -> None:
    assert found({**CHILDREN, **healthy}) is None


def test_where_the_cores_are_not_known_it_is_not_asked() -> None:
    judgement = judge(case(run({**BLAS, "host.affinity": None})), {"oversubscription": oversubscription})
    assert not judgement.findings and judgement.silences


def test_one_pool_no_larger_than_the_cores_is_innocent_though_its_caller_waits_busily():
    facts = {"activity.demand": 3.2, "activity.window_seconds": 0.1, "calls.dispatches": 250, "threads.used.jax": 2}
    reruns = {ONE_THREAD: run({"calls.dispatches": 250}, seconds=0.4e-3)}
    assert oversubscription.detect(case(run(facts, seconds=1e-3), reruns=reruns)) is None
