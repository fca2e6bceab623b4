"""Compiling inside the timing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import compile_in_timing
from stallhorn.pitfalls.base import judge

NEW = {"name": "<lambda>", "reason": "new function", "detail": "never seen function"}
AGAIN = {"name": "power", "reason": "new signature", "detail": "now f32[9] and before f32[7]"}

# jax.jit(lambda ...) in the benchmark's body: seven calls of 122 ms, 115 ms of each in the compiler.
SICK: dict[str, Any] = {
    "calls.compiles": 1,
    "calls.compile_seconds": 0.3,
    "calls.compiled": [NEW],
    "sampling.calls": 7,
    "sampling.compiles": 7,
    "sampling.compile_seconds": 7 * 0.115,
}
# Warm-up off, number = repeat = 1: the only sample is the first call.
FIRST: dict[str, Any] = {
    "calls.compiles": 0,
    "sampling.first_call_timed": True,
    "sampling.calls": 1,
    "sampling.compiles": 2,
    "sampling.compile_seconds": 0.14,
}


def ask(given: dict[str, Any], seconds: float | None = 0.122) -> Finding | None:
    return compile_in_timing.detect(case(run(given, seconds=seconds)))


def test_a_function_made_in_every_call_is_compiled_in_every_call() -> None:
    found = ask(SICK)
    assert found is not None
    assert (found.pitfall, found.severity) == ("compile-in-timing", "blocking")
    assert "94 %" in found.claim and "122 ms" in found.claim and "<lambda>" in found.claim
    assert found.evidence[0].kind == "counted" and found.evidence[0].value == "1"
    assert "setup" in found.remedy
    assert found.switch is None, "no setting moves a definition out of the body"


def test_several_compilations_without_a_name_are_counted() -> None:
    found = ask({**SICK, "calls.compiles": 3, "calls.compiled": None})
    assert found is not None
    assert "3 compilations" in found.claim


def test_where_the_samples_were_not_watched_the_extra_call_is_enough() -> None:
    found = ask(
        {"calls.compiles": 1, "calls.compile_seconds": 0.3, "calls.compiled": [NEW], "sampling.foreign_load": 0}
    )
    assert found is not None


def test_a_first_call_in_the_timing_that_compiles() -> None:
    found = ask(FIRST, 0.15)
    assert found is not None
    assert found.severity == "blocking"
    assert "1 timed call," in found.claim and "93 %" in found.claim and "140 ms" in found.claim
    assert found.switch is not None and found.switch.treatment == "warm"


def test_a_first_call_that_is_one_of_a_hundred_in_its_sample() -> None:
    found = ask({**FIRST, "sampling.calls": 100}, 0.14 / 100 + 10e-6)
    assert found is not None


def test_a_first_call_that_the_probe_kept_apart_and_asv_would_time() -> None:
    apart = {"sampling.first_call_timed": True, "first_call.compiles": 2, "first_call.compile_seconds": 0.14}
    found = ask(apart, 1e-3)
    assert found is not None and found.severity == "blocking"
    assert "140 ms" in found.claim and "1.00 ms" in found.claim
    assert ask(apart, 2.0) is None, "seven per cent"
    assert ask({**apart, "first_call.compiles": 0, "first_call.compile_seconds": None}, 1e-3) is None
    assert ask({**apart, "sampling.first_call_timed": False}, 1e-3) is None


def test_a_set_up_that_makes_its_functions_anew_leaves_compiling_to_each_sample() -> None:
    renewed = {"sampling.waited": False, "calls.compiles": 0, "sampling.calls": 900}
    renewed |= {"sampling.compiles": 3, "sampling.compile_seconds": 0.33}
    found = ask(renewed, 0.115)
    assert found is not None and found.severity == "blocking"
    assert "96 %" in found.claim and "setup" in found.remedy
    assert ask(renewed, 1e-3) is None, "compiled in warm-up, and the time does not hold it"
    assert ask({**renewed, "sampling.compiles": 2}, 0.115) is None
    assert ask({**renewed, "sampling.waited": True}, 0.115) is None


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        pytest.param({"calls.compiles": 0, "calls.compiled": []}, 1e-3, id="compiled once, in the first call apart"),
        pytest.param({"calls.compiles": 0, "sampling.compiles": 2, "sampling.calls": 900}, 1e-3, id="in warm-up"),
        pytest.param({"sampling.compiles": 4, "sampling.calls": 900}, 1e-3, id="a new function in the set-up"),
        pytest.param({"sampling.compiles": 5, "sampling.calls": 5}, 1e-3, id="the time is too short to hold it"),
        pytest.param({"calls.compiled": [AGAIN]}, 0.122, id="the same function again: recompilation"),
        pytest.param({"calls.compiled": [AGAIN, AGAIN, NEW]}, 0.122, id="mostly the same functions"),
    ],
)
def test_compiling_elsewhere_is_innocent(changes: dict[str, Any], seconds: float) -> None:
    assert ask({**SICK, **changes}, seconds) is None


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        pytest.param({"sampling.compiles": 0, "sampling.compile_seconds": 0.0}, 0.15, id="compiled in setup"),
        pytest.param({"sampling.calls": 10}, 1e-3, id="the first of ten samples: the median is not it"),
        pytest.param({"sampling.calls": 10}, 2.0, id="seven per cent of two seconds"),
        pytest.param({"sampling.first_call_timed": False}, 0.15, id="warm-up is on"),
        pytest.param({"sampling.first_call_timed": None}, 0.15, id="not known"),
        pytest.param({"sampling.calls": None}, 0.15, id="calls not counted"),
    ],
)
def test_a_first_call_that_does_not_decide_the_time_is_innocent(changes: dict[str, Any], seconds: float) -> None:
    assert ask({**FIRST, **changes}, seconds) is None


def test_little_compiling_is_only_context() -> None:
    found = ask({**SICK, "sampling.compile_seconds": 7 * 0.005})
    assert found is not None and found.severity == "context"


def test_a_benchmark_of_compiling_is_meant_so() -> None:
    this = case(run(SICK, seconds=0.122))
    found = compile_in_timing.detect(replace(this, key=replace(this.key, benchmark="suite.Case.time_compile")))
    assert found is not None and found.severity == "context"


def test_missing_facts_are_silence() -> None:
    assert ask(SICK, None) is None
    assert ask({}) is None
    bare = case(replace(run(), facts=type(run().facts)({})))
    assert judge(bare, {"compile-in-timing": compile_in_timing}).findings == ()
