"""Work in another precision than its inputs have."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import precision_mismatch
from stallhorn.pitfalls.base import CAUSE, judge

JAX = {"result.type": "jaxlib._jax.ArrayImpl", "jax.x64": False, "result.dtypes": ["float32"]}


def dtypes(inputs: list[str], results: list[str], size: int = 4_000_000, held: int = 4_000_000) -> dict[str, Any]:
    return {
        "result.input_dtypes": inputs,
        "result.dtypes": results,
        "result.bytes": size,
        "calls.input_bytes": held,
    }


def found(facts: dict[str, Any], **more: Any) -> Finding | None:
    return precision_mismatch.detect(case(run(facts), **more))


def test_what_jax_lost_is_named_with_its_number() -> None:
    finding = found({**JAX, "jax.numbers_lost": 3})
    assert finding is not None
    assert finding.severity == CAUSE
    assert "turned 3 float64 inputs into float32, because jax_enable_x64 is off" in finding.claim
    assert finding.switch is not None
    assert finding.switch.variables == {"JAX_ENABLE_X64": "1"}


def test_it_is_seen_from_the_dtypes_too() -> None:
    finding = found({**JAX, "result.input_dtypes": ["float64"]})
    assert finding is not None
    assert "computed in float32 from float64 inputs" in finding.claim


def test_a_backend_that_keeps_float64_is_told() -> None:
    this = run({**JAX, "jax.numbers_lost": 3}, n="10", backend="'jax'")
    other = run({"result.dtypes": ["float64"]}, n="10", backend="'numpy'")
    finding = precision_mismatch.detect(case(this, siblings=(other,)))
    assert finding is not None
    assert "numpy computes the same in float64" in finding.claim


def test_a_narrower_result_than_all_inputs_is_a_cause() -> None:
    facts = dtypes(["float64"], ["float32"])
    alone = found(facts)
    grown = found(facts, baseline=run(dtypes(["float64"], ["float64"])))
    assert alone is not None
    assert grown is not None
    assert (alone.severity, grown.severity) == (CAUSE, CAUSE)
    assert "it was float64 at the earlier commit" in grown.claim


def test_float32_data_that_become_float64_are_named_with_their_size() -> None:
    finding = found(dtypes(["float32"], ["float64"], size=4_000_000, held=4_000_000))
    assert finding is not None
    assert finding.severity == CAUSE
    assert "inputs are float32, but the work is done in float64: a result of 3.81 MiB where 1.91 MiB" in finding.claim
    assert "0.5 * x" in finding.remedy


def test_complex_numbers_count_by_their_parts() -> None:
    assert found(dtypes(["complex64"], ["complex128"])) is not None
    assert found(dtypes(["float64"], ["complex128"])) is None


@pytest.mark.parametrize(
    "facts",
    [
        dtypes(["float32"], ["float32"]),
        dtypes(["float64"], ["float64"]),
        dtypes(["float32"], ["float64"], size=8),
        dtypes(["float32"], ["float64"], size=4_000, held=4_000),
        dtypes(["float32"], ["float64"], size=100_000, held=4_000_000),
        dtypes(["float32", "float64"], ["float64"]),
        dtypes([], ["float64"]),
        dtypes(["float64"], ["int64"]),
        dtypes(["float64"], []),
        {**JAX, "result.input_dtypes": ["float32"], "jax.numbers_lost": 0},
        {**JAX, "jax.x64": True, "result.dtypes": ["float64"], "jax.numbers_lost": 3},
        {"result.dtypes": None, "result.input_dtypes": None, "jax.numbers_lost": None},
    ],
    ids=[
        "float32 on purpose",
        "float64",
        "a sum in float64",
        "small",
        "sums over rows",
        "inputs of both kinds",
        "no inputs held",
        "indices",
        "nothing returned",
        "JAX in float32 on purpose",
        "JAX in float64",
        "not known",
    ],
)
def test_innocent(facts: dict[str, Any]) -> None:
    assert found(facts) is None


def test_without_dtypes_it_is_not_asked() -> None:
    judgement = judge(case(run({})), {"precision-mismatch": precision_mismatch})
    assert judgement.silences[0].why == "not known: result.dtypes"
