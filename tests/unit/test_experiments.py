"""What is measured once more, and what two measurements prove."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from stallhorn.experiments import Outcome, Proof, Variation, proof, variations
from stallhorn.model import Status
from stallhorn.pitfalls.base import AGAIN, CONTIGUOUS, FITTED, INTERPRETED, ONE_BLAS_THREAD, ONE_THREAD, OTHER_ORDER

sys.path.insert(0, str(Path(__file__).parent / "pitfalls"))
from cases import run

LOOPS, NO_LOOPS = {"name": "f", "loops": True}, {"name": "f", "loops": False}


def wanted(given: dict[str, Any], **more: Any) -> dict[str, Variation]:
    return {one.name: one for one in variations(run(given, **more))}


def test_serial_code_without_a_compiler_is_measured_once():
    assert wanted({"calls.regions": 0, "activity.demand": 1.0, "code.dispatchers": []}) == {}
    assert wanted({}) == {}


@pytest.mark.parametrize("status", [Status.FAILED, Status.ABORTED, Status.SKIPPED, Status.TIMEOUT])
def test_what_did_not_run_is_not_run_again(status: Status):
    assert wanted({"calls.regions": 3, "code.dispatchers": [NO_LOOPS]}, status=status, seconds=None) == {}


def test_parallel_regions_are_run_with_one_thread_and_for_their_digests():
    found = wanted({"calls.regions": 1})
    assert set(found) == {ONE_THREAD, AGAIN}
    assert found[ONE_THREAD].variables["NUMBA_NUM_THREADS"] == found[ONE_THREAD].variables["NPROC"] == "1"
    assert found[ONE_THREAD].how["digests"] > 0 and found[AGAIN].how["digests"] > found[ONE_THREAD].how["digests"]
    assert found[AGAIN].variables == {}


@pytest.mark.parametrize(("demand", "expected"), [(1.1, set()), (1.9, {ONE_THREAD})])
def test_threads_of_other_libraries_show_by_their_demand(demand: float, expected: set[str]):
    found = wanted({"calls.regions": 0, "activity.demand": demand})
    assert set(found) == expected
    assert not any(one.how.get("digests") for one in found.values())


def test_python_threads_may_race():
    assert AGAIN in wanted({"calls.regions": 0, "calls.python_threads": 2})


def test_pools_larger_than_the_cores_are_cut_to_them_and_no_others():
    found = wanted({"host.affinity": 2, "threads.used": {"blas": 8, "numba": 2, "omp": None}})
    assert set(found) == {FITTED}
    assert found[FITTED].variables["OPENBLAS_NUM_THREADS"] == found[FITTED].variables["MKL_NUM_THREADS"] == "2"
    assert "NUMBA_NUM_THREADS" not in found[FITTED].variables


def test_a_containers_quota_counts_as_cores():
    given = {"host.affinity": 8, "host.quota": 1.5, "threads.used": {"numba": 4}}
    assert wanted(given)[FITTED].variables == {"NUMBA_NUM_THREADS": "2"}
    assert FITTED not in wanted({"host.affinity": None, "host.cores": None, "threads.used": {"numba": 64}})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"code.dispatchers": [{"blas_in_region": True, "loops": True}], "threads.used": {"blas": 2}}, True),
        ({"code.dispatchers": [{"blas_in_region": True, "loops": True}], "threads.used": {"blas": 1}}, False),
        ({"code.dispatchers": [{"blas_in_region": False, "loops": True}], "threads.used": {"blas": 2}}, False),
        ({"calls.python_threads": 2, "threads.used": {"blas": 2}}, True),
        ({"activity.children": 2, "threads.used": {"blas": 2}}, True),
    ],
)
def test_blas_inside_other_threads_is_run_with_one_thread_of_its_own(given: dict[str, Any], expected: bool):
    found = wanted(given)
    assert (ONE_BLAS_THREAD in found) is expected
    if expected:
        assert set(found[ONE_BLAS_THREAD].variables.values()) == {"1"}
        assert "NUMBA_NUM_THREADS" not in found[ONE_BLAS_THREAD].variables


def test_compiled_code_without_a_loop_of_its_own_is_run_uncompiled_for_a_limited_time():
    (found,) = (one for name, one in wanted({"code.dispatchers": [NO_LOOPS]}, seconds=2.0).items())
    assert (found.name, found.variables) == (INTERPRETED, {"NUMBA_DISABLE_JIT": "1"})
    assert found.limit == 80.0
    assert INTERPRETED not in wanted({"code.dispatchers": [NO_LOOPS, LOOPS]})


@pytest.mark.parametrize("given", [{"object_mode": True, "loops": True}, {"lifted": 1, "loops": True}])
def test_object_mode_is_run_uncompiled_though_it_has_loops(given: dict[str, Any]):
    assert INTERPRETED in wanted({"code.dispatchers": [given]})


TABLE = {"name": "f", "loops": True, "layouts": ["C"], "signatures": ["(Array(float64, 2, 'C'),) -> none"]}


@pytest.mark.parametrize(
    ("function", "size", "expected"),
    [
        ({**TABLE, "layouts": ["F"]}, 10, {CONTIGUOUS}),
        ({**TABLE, "layouts": ["C", "A"]}, 10, {CONTIGUOUS}),
        (TABLE, 10**6, {OTHER_ORDER}),
        (TABLE, 10**4, set()),
        ({**TABLE, "signatures": ["(Array(float64, 1, 'C'),) -> none"]}, 10**6, set()),
        ({**TABLE, "signatures": ["(array(float32, 3d, C),) -> none"]}, 10**6, {OTHER_ORDER}),
    ],
)
def test_arrays_are_laid_out_anew_where_the_order_may_matter(function: dict[str, Any], size: int, expected: set[str]):
    assert set(wanted({"code.dispatchers": [function], "calls.input_bytes": size})) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"code.dispatchers": [{"cache": True, "cache_misses": 1, "cache_hits": 0, "loops": True}]}, True),
        ({"code.dispatchers": [{"cache": True, "cache_misses": 1, "cache_hits": 1, "loops": True}]}, False),
        ({"code.dispatchers": [{"cache": False, "cache_misses": 1, "cache_hits": 0, "loops": True}]}, False),
        ({"jax.unfinished_seconds": 1e-2}, True),
        ({"jax.unfinished_seconds": 1e-5}, False),
        ({"jax.unfinished_seconds": 1e-2, "jax.ready": False, "sampling.waited": True}, False),
    ],
)
def test_a_second_process_tells_a_cold_cache_and_work_left_behind(given: dict[str, Any], expected: bool):
    assert (AGAIN in wanted(given)) is expected


def test_names_of_reruns_differ():
    assert len({ONE_THREAD, AGAIN, FITTED, ONE_BLAS_THREAD, INTERPRETED, CONTIGUOUS, OTHER_ORDER}) == 7


# proof


def test_a_proof_is_the_median_ratio_with_bounds_that_hold_every_turn():
    pairs = [(2.0, 1.0), (2.1, 1.0), (1.9, 1.0), (2.0, 1.0), (2.2, 1.0), (1.8, 1.0)]
    found = proof(pairs)
    assert found is not None
    assert found.ratio == 2.0
    assert found.low <= 1.8 and found.high >= 2.2
    assert found.outcome is Outcome.PROVEN
    assert found.text == f"2.0x of it is gone [{found.low:.1f}, {found.high:.1f}]: proven"


def test_turns_share_what_happens_to_the_machine():
    drifting = [(2.0 * slower, 1.0 * slower) for slower in (1, 5, 1, 9, 3, 1)]
    assert proof(drifting) == Proof(2.0, 2.0, 2.0)


@pytest.mark.parametrize(
    ("pairs", "outcome"),
    [
        ([(1.0, 1.0)] * 6, Outcome.WITHDRAWN),
        ([(1.0, 2.0)] * 6, Outcome.WITHDRAWN),
        ([(1.1, 1.0)] * 6, Outcome.PROVEN),
        ([(2.0, 1.0)] * 6, Outcome.PROVEN),
        ([(2.0, 1.0), (0.9, 1.0)] * 3, Outcome.OPEN),
        ([(1.3, 1.0), (0.98, 1.0)] * 3, Outcome.OPEN),
    ],
)
def test_a_cause_is_proven_or_withdrawn_beyond_doubt_and_else_open(pairs: list[tuple[float, float]], outcome: Outcome):
    found = proof(pairs)
    assert found is not None and found.outcome is outcome


def test_where_the_timing_hides_something_the_proof_is_that_it_becomes_longer():
    found = proof([(1.0, 50.0)] * 6, hides=True)
    assert found is not None and found.outcome is Outcome.PROVEN
    assert found.text == "50x as long [50, 50]: proven"
    same = proof([(1.0, 1.0)] * 6, hides=True)
    assert same is not None and same.outcome is Outcome.WITHDRAWN


def test_what_is_open_says_so():
    found = proof([(2.0, 1.0), (0.9, 1.0)] * 3)
    assert found is not None and found.text.endswith("the turns differ too much to say")


@pytest.mark.parametrize("pairs", [[], [(2.0, 1.0)], [(0.0, 1.0), (1.0, 0.0), (2.0, 1.0)]])
def test_fewer_than_two_pairs_prove_nothing(pairs: list[tuple[float, float]]):
    assert proof(pairs) is None
