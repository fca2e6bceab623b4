"""JAX operations that are started one by one."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import eager_dispatch
from stallhorn.pitfalls.base import CAUSE, judge

MB = 1_000_000


def computation(name: str, runs: int, size: float = 80, operations: int | None = 1) -> dict[str, Any]:
    """One that reads two arrays of `size` bytes and writes one."""
    return {
        "name": name,
        "runs": runs,
        "operations": operations,
        "argument_bytes": 2 * size,
        "output_bytes": size,
    }


def calls(*computations: dict[str, Any], jitted: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {
        "calls.dispatches": sum(one["runs"] for one in computations),
        "calls.input_bytes": 80,
        "calls.result_bytes": 80,
        "code.computations": list(computations),
        "code.jitted": [{"name": name} for name in jitted],
        **more,
    }


def found(facts: dict[str, Any], seconds: float, **more: Any) -> Finding | None:
    return eager_dispatch.detect(case(run(facts, seconds=seconds), **more))


# y * x + 1, twenty times: 225 µs on ten numbers, 7.8 ms on 100,000.
CHAIN = (20, 20)


def chain(size: float) -> dict[str, Any]:
    one, other = CHAIN
    sizes = {"calls.input_bytes": size, "calls.result_bytes": size}
    return calls(computation("multiply", one, size), computation("add", other, size), **sizes)


def test_a_chain_of_small_operations_is_named_with_its_numbers() -> None:
    finding = found(chain(80), 225e-6)
    assert finding is not None
    assert finding.severity == CAUSE
    assert "starts 40 JAX computations, 40 of them single operations" in finding.claim
    assert "5.62 µs for each" in finding.claim
    assert "@jax.jit" in finding.remedy
    assert finding.switch is None


def test_a_chain_over_large_arrays_is_named_for_its_passes_over_memory() -> None:
    finding = found(chain(0.8 * MB), 7.8e-3)
    assert finding is not None
    assert "40 of them single operations that move 91.6 MiB, 40.0 times" in finding.claim


def test_five_operations_on_next_to_nothing_are_enough() -> None:
    ops = [computation(name, 1) for name in ("slice", "squeeze", "add")] + [computation("convert", 2)]
    assert found(calls(*ops), 60e-6) is not None


def test_many_single_operations_may_be_longer() -> None:
    terms = (computation("cos", 200, 80_000), computation("add", 200, 80_000), computation("multiply", 400, 80_000))
    assert found(calls(*terms), 800 * 100e-6) is not None
    assert found(calls(*terms), 800 * 1e-3) is None
    assert found(calls(*terms, computation("dot_general", 200, 80_000)), 1000 * 100e-6) is None


def test_a_loop_in_python_around_a_jitted_step_is_left_to_call_overhead() -> None:
    assert found(calls(computation("step", 100, operations=9), jitted=("Model.step",)), 1.2e-3) is None


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        (calls(computation("quadratic", 1, operations=12)), 10e-6),
        (calls(computation("kernel", 1, operations=30), computation("reduce_sum", 1), computation("neg", 1)), 40e-6),
        (calls(computation("step", 100, operations=9), jitted=("step",)), 100e-3),
        (calls(computation("step", 100, MB, 2), jitted=("step",)), 30e-3),
        (calls(computation("kernel", 20, operations=3), jitted=("kernel",)), 280e-6),
        (calls(computation("_lambda_", 20, operations=2)), 280e-6),
        (calls(computation("cos", 6, 0.8 * MB)), 11e-3),
        (calls(computation("dot_general", 6, 0.72 * MB), computation("multiply", 6, 0.72 * MB)), 7.1e-3),
        (calls(computation("multiply", 5, MB), **{"calls.input_bytes": 10 * MB, "calls.result_bytes": MB}), 2e-3),
        (calls(computation("reduce_sum", 5, 4 * MB), **{"calls.input_bytes": 40 * MB}), 4e-3),
        ({"calls.dispatches": 0}, 1e-3),
    ],
    ids=[
        "one jitted",
        "jitted, and a sum",
        "long steps",
        "large jitted steps",
        "called twenty times",
        "a jitted lambda",
        "cosines",
        "products of matrices",
        "one pass over many inputs",
        "sums of several inputs",
        "no JAX",
    ],
)
def test_innocent(facts: dict[str, Any], seconds: float) -> None:
    assert found(facts, seconds) is None


def test_where_the_computations_are_not_known_nothing_is_said() -> None:
    assert found({"calls.dispatches": 100, "code.computations": None}, 800e-6) is None


def test_more_starts_than_before_and_more_time_are_a_finding() -> None:
    facts = {"calls.dispatches": 15}
    before = run({"calls.dispatches": 1})
    finding = found(facts, 20e-3, baseline=before, slowdown=3.0)
    assert finding is not None
    assert "starts 15 JAX computations, where it was 1 before, and the call is 3.00x slower" in finding.claim
    assert found(facts, 20e-3, baseline=before) is None
    assert found(facts, 20e-3, baseline=run({"calls.dispatches": 14}), slowdown=3.0) is None


def test_without_the_count_it_is_not_asked() -> None:
    judgement = judge(case(run({"calls.dispatches": None})), {"eager-dispatch": eager_dispatch})
    assert judgement.silences[0].why == "not known: calls.dispatches"
