"""A timing that ends before JAX does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding, Status
from stallhorn.pitfalls import unsynchronised
from stallhorn.pitfalls.base import AGAIN, ONE_THREAD, judge

# What was measured of a `time_` benchmark: 30 µs to start it, 12 ms of work.
SICK = {"jax.unfinished_seconds": 12.3e-3, "jax.ready": False}


def ask(given: dict[str, Any], seconds: float | None = 30e-6, **more: Any) -> Finding | None:
    return unsynchronised.detect(case(run(given, seconds=seconds), **more))


def test_a_result_that_nobody_waits_for_makes_the_timing_wrong() -> None:
    found = ask(SICK)
    assert found is not None
    assert found.pitfall == "unsynchronised"
    assert found.severity == "blocking"
    assert "30.0 µs" in found.claim and "12.3 ms" in found.claim
    assert "block_until_ready" in found.remedy
    assert found.switch is not None and found.switch.treatment == "wait"


def test_it_is_named_where_a_long_row_of_calls_is_throttled_to_the_true_time() -> None:
    assert ask({"jax.unfinished_seconds": 477e-6, "jax.ready": False}, seconds=483e-6) is not None


def test_work_that_is_left_behind_beside_a_ready_result() -> None:
    left = {"jax.unfinished_seconds": 5e-3, "jax.ready": True}
    found = ask(left, seconds=1e-3, repeats=(run(left),))
    assert found is not None
    assert "not returned" in found.claim
    assert found.switch is None, "waiting for the result does not wait for what is not returned"


def test_nothing_returned_and_much_left_is_seen_by_one_process() -> None:
    assert ask({"jax.unfinished_seconds": 80e-3}, seconds=40e-6) is not None


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        pytest.param({"jax.unfinished_seconds": 0.4e-3, "jax.ready": True}, 14.8e-3, id="waits, large"),
        pytest.param({"jax.unfinished_seconds": 140e-6, "jax.ready": True}, 36e-6, id="waits, small, busy neighbour"),
        pytest.param({"jax.unfinished_seconds": 16e-3, "jax.ready": True}, 5e-6, id="waits, and once lost its core"),
        pytest.param({"jax.unfinished_seconds": 16e-3}, 5e-6, id="returns nothing, and once lost its core"),
        pytest.param({"jax.unfinished_seconds": 2e-6, "jax.ready": False}, 9e-6, id="small work is done anyway"),
        pytest.param({"jax.unfinished_seconds": 20e-6, "jax.ready": False}, 33e-6, id="small work, not quite done"),
        pytest.param({"jax.unfinished_seconds": 0.3e-3, "jax.ready": False}, 1e-3, id="eager: the last operation"),
        pytest.param({"jax.unfinished_seconds": 0.0, "jax.ready": True}, 1e-3, id="nothing left"),
    ],
)
def test_who_waits_or_loses_nothing_is_innocent(given: dict[str, Any], seconds: float) -> None:
    assert ask(given, seconds) is None


def test_a_neighbour_that_delays_one_process_proves_nothing() -> None:
    late = {"jax.unfinished_seconds": 16e-3, "jax.ready": False}
    assert ask(late, 9e-6, repeats=(run({"jax.unfinished_seconds": 1e-6, "jax.ready": True}),)) is None


def test_processes_that_failed_are_not_asked() -> None:
    broken = run({"jax.unfinished_seconds": 0.0}, status=Status.FAILED)
    assert ask(SICK, reruns={AGAIN: broken}) is not None


def test_the_same_in_another_process_counts_and_other_settings_do_not() -> None:
    finished = run({"jax.unfinished_seconds": 0.0})
    assert ask(SICK, reruns={ONE_THREAD: finished}) is not None
    assert ask(SICK, reruns={AGAIN: finished}) is None


def test_where_the_probe_waits_for_the_result_not_ready_means_nothing() -> None:
    assert ask({**SICK, "sampling.waited": True}, 12e-3) is None
    assert ask({**SICK, "sampling.waited": False, "first_call.seconds": 0.2}, 12e-3) is not None
    assert ask({**SICK, "first_call.seconds": 0.2}, 12e-3) is None
    this = case(run(SICK, seconds=12e-3))
    for name in ("suite.Case.measure", "module:time_step", "suite.track_time"):
        assert unsynchronised.detect(replace(this, key=replace(this.key, benchmark=name))) is None
    for name in ("suite.time_it", "suite.TimeIt", "suite.Case.time"):
        assert unsynchronised.detect(replace(this, key=replace(this.key, benchmark=name))) is not None


def test_where_the_probe_waits_what_is_not_returned_still_counts() -> None:
    left = {"jax.unfinished_seconds": 5e-3, "jax.ready": True, "first_call.seconds": 0.2}
    assert ask(left, 1e-3, repeats=(run(left),)) is not None


def test_without_the_fact_or_the_time_it_is_silent() -> None:
    assert ask(SICK, None) is None
    asked = judge(case(run({"jax.ready": False})), {"unsynchronised": unsynchronised})
    assert asked.findings == ()
    assert "jax.unfinished_seconds" in asked.silences[0].why
