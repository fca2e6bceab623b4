"""A compiled function that goes on with a value that has changed."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding, Status
from stallhorn.pitfalls import stale_capture
from stallhorn.pitfalls.base import BLOCKING, CONTEXT, INTERPRETED, judge

STALE = {"code.dispatchers": [{"name": "total", "captured": {"power": "1a"}, "captured_changed": ["power"]}]}


def digest(norm: float) -> dict[str, Any]:
    return {"result.digest": {"finite": True, "sum": norm, "norm": norm, "sample": [norm]}}


def found(facts: dict[str, Any], **more: Any) -> Finding | None:
    return stale_capture.detect(case(run(facts), **more))


def test_a_changed_capture_makes_the_result_wrong() -> None:
    finding = found(STALE)
    assert finding is not None
    assert finding.severity == BLOCKING
    assert "total goes on with the values that power had when it was compiled" in finding.claim
    assert "total as an argument" in finding.remedy


def test_a_jitted_function_of_jax_has_captures_too() -> None:
    finding = found({"code.jitted": [{"name": "accumulate", "captured_changed": ["do_sum", "scale"]}]})
    assert finding is not None
    assert "do_sum and scale" in finding.claim
    assert 'static_argnames=["do_sum"]' in finding.remedy


def test_several_functions_are_one_finding_with_the_evidence_of_each() -> None:
    finding = found({**STALE, "code.jitted": [{"name": "other", "captured_changed": ["g"]}]})
    assert finding is not None
    assert [one.value for one in finding.evidence] == ["power", "g"]
    assert "1 other function" in finding.claim


@pytest.mark.parametrize(
    "facts",
    [
        {"code.dispatchers": [{"name": "total", "captured": {"G": "1a"}, "captured_changed": []}]},  # a constant
        {"code.dispatchers": [{"name": "total", "captured": {"G": "1a"}}]},
        {"code.jitted": [{"name": "f", "captured_changed": None}]},  # its tracing was not seen
        {"code.dispatchers": None, "code.jitted": None},
        {},
    ],
    ids=["constant", "unknown", "not seen", "null", "nothing"],
)
def test_constants_and_what_is_not_known_are_no_finding(facts: dict[str, Any]) -> None:
    assert found(facts) is None


def test_it_is_context_where_the_interpreted_code_returns_the_same() -> None:
    same = {INTERPRETED: run(digest(240.0 * (1 + 1e-12)))}
    finding = found({**STALE, **digest(240.0)}, reruns=same)
    assert finding is not None
    assert finding.severity == CONTEXT
    assert "result is the same" in finding.claim


@pytest.mark.parametrize(
    "rerun", [run(digest(145.0)), run({}), run(digest(240.0), status=Status.TIMEOUT)], ids=["other", "none", "cut off"]
)
def test_it_stays_blocking_where_it_does_not_or_nobody_knows(rerun: Any) -> None:
    finding = found({**STALE, **digest(240.0)}, reruns={INTERPRETED: rerun})
    assert finding is not None
    assert finding.severity == BLOCKING


def test_without_the_code_it_is_not_asked() -> None:
    judgement = judge(case(run({})), {"stale-capture": stale_capture})
    assert judgement.silences[0].why == "not known: code"
