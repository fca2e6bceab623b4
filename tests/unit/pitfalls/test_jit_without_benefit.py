"""Compiled, and no faster for it."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding, Status
from stallhorn.pitfalls import jit_without_benefit
from stallhorn.pitfalls.base import AGAIN, INTERPRETED, ONE_THREAD, PASSIVE, Run, judge

FUNCTION = {"name": "ranks", "signatures": ["(float64[:],)"]}
COMPILED: dict[str, Any] = {"code.dispatchers": [FUNCTION], "calls.library_calls": 1}


def ask(
    compiled: float | None, plain: float | None, given: dict[str, Any] | None = None, **others: Run
) -> Finding | None:
    status = Status.OK if plain is not None else Status.TIMEOUT
    reruns = {INTERPRETED: run(seconds=plain, status=status), **{name: one for name, one in others.items()}}
    return jit_without_benefit.detect(case(run({**COMPILED, **(given or {})}, seconds=compiled), reruns=reruns))


def test_faster_without_compiling_is_a_cause() -> None:
    found = ask(24e-3, 8e-3)
    assert found is not None
    assert (found.pitfall, found.severity) == ("jit-without-benefit", "cause")
    assert "24.0 ms" in found.claim and "8.00 ms" in found.claim and "3.0 times slower" in found.claim
    assert "ranks" in found.claim and "@njit" in found.remedy


def test_the_same_time_is_only_context() -> None:
    for plain in (7.8e-3, 8e-3, 8.5e-3, 6e-3):
        found = ask(8e-3, plain)
        assert found is not None and found.severity == "context"
        assert "gains nothing" in found.claim


@pytest.mark.parametrize(
    ("compiled", "plain", "given"),
    [
        pytest.param(1e-3, 80e-3, {}, id="compiling gains much"),
        pytest.param(1e-3, 1.3e-3, {}, id="compiling gains a little"),
        pytest.param(1e-3, None, {}, id="cut off after thirty times as long"),
        pytest.param(3e-6, 0.5e-6, {}, id="a tiny function: dispatch"),
        pytest.param(5e-3, 2e-3, {"calls.library_calls": 10_000}, id="ten thousand tiny calls: dispatch"),
        pytest.param(5e-3, 2e-3, {"code.dispatchers": []}, id="no Numba"),
        pytest.param(5e-3, 2e-3, {"code.dispatchers": [{"name": "f", "signatures": []}]}, id="never compiled"),
        pytest.param(None, 2e-3, {}, id="not measured"),
    ],
)
def test_look_alikes_are_innocent(compiled: float | None, plain: float | None, given: dict[str, Any]) -> None:
    assert ask(compiled, plain, given) is None


@pytest.mark.parametrize("way", [ONE_THREAD, PASSIVE, AGAIN])
def test_a_sick_thread_setting_is_not_the_compilers_fault(way: str) -> None:
    assert ask(49e-3, 5e-3, None, **{way: run(seconds=25e-6)}) is None


def test_the_suites_own_series_with_one_thread_counts_as_well() -> None:
    one = run(seconds=25e-6, threads="1")
    two = run(COMPILED, seconds=49e-3, threads="2")
    assert jit_without_benefit.detect(case(two, siblings=(one,), reruns={INTERPRETED: run(seconds=5e-3)})) is None


def test_overlapping_intervals_are_no_cause() -> None:
    wide = Run(run().parameters, Status.OK, 24e-3, 7e-3, 40e-3, run(COMPILED).facts)
    found = jit_without_benefit.detect(case(wide, reruns={INTERPRETED: run(seconds=8e-3)}))
    assert found is not None and found.severity == "context"


def test_a_busy_machine_or_a_missing_rerun_is_silence() -> None:
    among = {"jit-without-benefit": jit_without_benefit}
    busy = case(run({**COMPILED, "sampling.foreign_load": 0.9}, seconds=24e-3), reruns={INTERPRETED: run(seconds=8e-3)})
    assert "other processes" in judge(busy, among).silences[0].why
    assert judge(case(run(COMPILED)), among).findings == ()
    assert "code.dispatchers" in judge(case(run()), among).silences[0].why


def test_better_explanations_come_first() -> None:
    assert {"object-mode", "call-overhead", "nested-parallel"} <= set(jit_without_benefit.YIELDS_TO)


def beside_numpy(seconds: float, numpys: float, **facts: Any) -> Finding | None:
    this = run({"code.dispatchers": []}, seconds=seconds, n="30000", backend="'jax'")
    other = run({"code.dispatchers": [], **facts}, seconds=numpys, n="30000", backend="'numpy'")
    return jit_without_benefit.detect(case(this, siblings=(other,)))


def test_a_compiled_case_that_numpy_does_in_half_the_time_is_named():
    finding = beside_numpy(5.3e-3, 0.2e-3)
    assert finding is not None
    assert finding.severity == "cause"
    assert "With jax a call takes 5.30 ms, with NumPy 200 µs: compiling makes it 26.5 times slower" in finding.claim


def test_beside_numpy_what_is_near_short_or_disturbed_is_innocent():
    assert beside_numpy(5.3e-3, 3.0e-3) is None
    assert beside_numpy(15e-6, 2e-6) is None
    assert beside_numpy(5.3e-3, 0.2e-3, **{"sampling.foreign_load": 1.0}) is None
    alone = run({"code.dispatchers": []}, seconds=5e-3, backend="'jax'")
    assert jit_without_benefit.detect(case(alone)) is None
