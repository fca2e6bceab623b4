"""Arrays and numbers that cross between NumPy and JAX in every call."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import host_transfer
from stallhorn.pitfalls.base import CAUSE, CONTEXT, ON_DEVICE, judge

FED = {"calls.dispatches": 1, "calls.arrays_in": 3, "calls.bytes_in": 2_400_000, "jax.backend": "cpu"}
LOOP = {"calls.dispatches": 100, "calls.arrays_out": 100, "calls.bytes_out": 800}


def found(facts: dict[str, Any], seconds: float, there: float | None = None) -> Finding | None:
    """`there`: seconds of the call with its inputs on the device; None where that was not tried."""
    reruns = {} if there is None else {ON_DEVICE: run(facts, seconds=there)}
    return host_transfer.detect(case(run(facts, seconds=seconds), reruns=reruns))


def test_inputs_from_numpy_are_named_with_count_bytes_and_time() -> None:
    finding = found(FED, 263e-6, there=85e-6)
    assert finding is not None
    assert finding.severity == CAUSE
    assert finding.evidence[-1].value == "85.0 µs"
    assert "hands 3 arrays of NumPy (2.29 MiB) to JAX; moving so much takes about 249 µs of its 263 µs" in finding.claim
    assert finding.switch is not None
    assert finding.switch.treatment == "device"
    assert "jax.device_put" in finding.remedy


def test_what_is_no_faster_with_its_inputs_on_the_device_is_innocent() -> None:
    assert found(FED, 263e-6, there=255e-6) is None


def test_without_the_trial_only_what_moving_must_take_is_a_cause() -> None:
    sure, likely = found(FED, 200e-6), found(FED, 263e-6)
    assert sure is not None and likely is not None
    assert (sure.severity, likely.severity) == (CAUSE, CONTEXT)


def test_the_cost_is_never_said_to_be_more_than_the_time() -> None:
    finding = found(FED, 100e-6)
    assert finding is not None
    assert "about 100 µs of its 100 µs" in finding.claim


def test_small_arrays_count_by_their_number() -> None:
    assert found({**FED, "calls.bytes_in": 240}, 35e-6) is not None


def test_a_call_that_is_mostly_the_call_is_context() -> None:
    finding = found({**FED, "calls.bytes_in": 240}, 18e-6)
    assert finding is not None
    assert finding.severity == CONTEXT


def test_a_number_that_is_read_at_every_turn_is_named() -> None:
    finding = found(LOOP, 2e-3)
    assert finding is not None
    assert finding.severity == CAUSE
    assert "waits for 100 values of JAX arrays in every call, one every 20.0 µs" in finding.claim
    assert "while_loop" in finding.remedy


def test_callbacks_that_take_the_time_are_a_cause_and_others_context() -> None:
    sick = found({"calls.dispatches": 1, "calls.callbacks": 10}, 700e-6)
    healthy = found({"calls.dispatches": 1, "calls.callbacks": 1}, 50e-3)
    assert sick is not None
    assert healthy is not None
    assert (sick.severity, healthy.severity) == (CAUSE, CONTEXT)
    assert "10 times a call" in sick.claim


def test_results_that_come_back_from_a_gpu() -> None:
    gpu = {"calls.dispatches": 4, "calls.bytes_out": 80_000_000, "jax.backend": "gpu"}
    several, last = found({**gpu, "calls.arrays_out": 4}, 15e-3), found({**gpu, "calls.arrays_out": 1}, 15e-3)
    assert several is not None
    assert last is not None
    assert (several.severity, last.severity) == (CAUSE, CONTEXT)


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        ({"calls.dispatches": 1, "calls.arrays_in": 0, "calls.arrays_out": 0}, 1e-3),
        ({**FED, "calls.arrays_in": 2, "calls.bytes_in": 400}, 35e-6),
        ({**FED, "calls.bytes_in": 24}, 20e-6),
        (FED, 20e-3),
        ({"calls.dispatches": 1, "calls.arrays_out": 1, "calls.bytes_out": 8e6, "jax.backend": "cpu"}, 1e-3),
        (LOOP, 100e-3),
        ({"calls.dispatches": 10, "calls.arrays_out": 5}, 100e-6),
        ({"calls.dispatches": 1, "calls.arrays_in": None, "calls.bytes_in": None}, 1e-3),
    ],
    ids=[
        "all on the device",
        "two small parameters",
        "numbers without dimensions",
        "a long computation",
        "the final result",
        "a check each millisecond",
        "few values",
        "not known",
    ],
)
def test_innocent(facts: dict[str, Any], seconds: float) -> None:
    assert found(facts, seconds) is None


def test_without_jax_it_is_not_asked() -> None:
    judgement = judge(case(run({})), {"host-transfer": host_transfer})
    assert judgement.silences[0].why == "not known: calls.dispatches"


def test_arrays_that_go_back_and_forth_are_named() -> None:
    trips = {"calls.dispatches": 80, "calls.arrays_in": 40, "calls.arrays_out": 40}
    moved = {"calls.bytes_in": 960_000, "calls.bytes_out": 960_000, "jax.backend": "cpu"}
    finding = found({**trips, **moved}, 2.5e-3)
    assert finding is not None
    assert finding.severity == CAUSE
    assert "Arrays go 40 times from NumPy to JAX and back in every call, one trip every 62.5 µs" in finding.claim
    assert found({**trips, **moved}, 40e-3) is None
    assert found({**trips, **moved, "calls.arrays_in": 2, "calls.bytes_in": 4000}, 40e-3) is None
