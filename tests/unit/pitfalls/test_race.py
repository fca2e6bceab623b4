"""Results that depend on which thread was first."""

from __future__ import annotations

import math
from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding, Status
from stallhorn.pitfalls import race
from stallhorn.pitfalls.base import AGAIN, ONE_THREAD, Run

RIGHT = 200_000.0
DOUBLES = {"result.dtypes": ["float64"], "result.shape": [64], "calls.region_threads": 2}


def digest(total: float | None, norm: float | None = None, finite: bool = True) -> dict[str, Any]:
    return {"finite": finite, "sum": total, "norm": total if norm is None else norm, "sample": []}


def results(*totals: float | None, **more: Any) -> Run:
    digests = [digest(total) for total in totals]
    return run({**DOUBLES, "result.digest": digests[0], "result.digests": digests, **more})


def found(all_threads: Run, one_thread: Run, first: float = RIGHT, **more: Any) -> Finding | None:
    this = run({**DOUBLES, "result.digest": digest(first), **more})
    return race.detect(case(this, reruns={AGAIN: all_threads, ONE_THREAD: one_thread}))


def test_lost_updates_are_named():
    finding = found(results(RIGHT, RIGHT - 3, RIGHT), results(RIGHT, RIGHT, RIGHT))
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("race", "cause")
    assert "3 equal calls with 2 threads gave results that differ by 0.0015 %" in finding.claim
    assert "3 calls with one thread agree" in finding.claim
    assert "200000, 199997" in {one.fact: one.value for one in finding.evidence}["sums of the results, all threads"]
    assert "prange" in finding.remedy and finding.switch is None


def test_the_parallel_function_is_named_in_the_remedy():
    functions = [{"name": "histogram", "parallel": True}, {"name": "inner", "parallel": False}]
    finding = found(results(RIGHT, 1.5e5), results(RIGHT, RIGHT), **{"code.dispatchers": functions})
    assert finding is not None and "`histogram`" in finding.remedy and "`inner`" not in finding.remedy


def test_a_last_writer_that_always_wins_is_named_too():
    finding = found(results(1e5, 1e5, 1e5), results(RIGHT, RIGHT), first=1e5)
    assert finding is not None and "off by 50 %" in finding.claim


def test_not_a_number_now_and_then_is_a_race():
    broken = results(RIGHT, RIGHT)
    values: Any = broken.facts.values
    values["result"]["digests"][1] = digest(None, None, finite=False)
    finding = found(broken, results(RIGHT, RIGHT))
    assert finding is not None and "not-a-number" in finding.claim


@pytest.mark.parametrize(
    ("all_threads", "one_thread", "first"),
    [
        pytest.param(results(1.0, 2.0, 3.0), results(4.0, 5.0, 6.0), 7.0, id="random without a seed"),
        pytest.param(results(5.0, 5.0), results(4.0, 4.0), 6.0, id="random once in a process, without a seed"),
        pytest.param(results(RIGHT * (1 + 1e-13), RIGHT), results(RIGHT, RIGHT), RIGHT, id="a sum in another order"),
        pytest.param(results(RIGHT * 1.001, RIGHT * 1.001), results(RIGHT, RIGHT), RIGHT * 1.001, id="another path"),
        pytest.param(results(3e-12, 1e-12), results(2e-12, 2e-12), 1e-12, id="what cancellation left over"),
        pytest.param(results(0.0, 0.0), results(0.0, 0.0), 0.0, id="zeros"),
        pytest.param(results(math.nan, math.nan), results(math.nan, math.nan), math.nan, id="not a number, always"),
        pytest.param(results(None, None), results(None, None), RIGHT, id="sums that overflow"),
        pytest.param(results(RIGHT, RIGHT / 2), results(RIGHT), RIGHT, id="one thread once: it may be random"),
        pytest.param(
            results(RIGHT, RIGHT / 2), results(RIGHT, RIGHT, **{"result.shape": [1]}), RIGHT, id="a row for each thread"
        ),
    ],
)
def test_what_looks_alike_is_innocent(all_threads: Run, one_thread: Run, first: float):
    assert found(all_threads, one_thread, first=first) is None


def test_single_precision_may_differ_more_and_whole_numbers_not_at_all():
    apart = (RIGHT, RIGHT * (1 + 2e-6))
    assert found(results(*apart), results(RIGHT, RIGHT), **{"result.dtypes": ["float32"]}) is None
    assert found(results(*apart), results(RIGHT, RIGHT), **{"result.input_dtypes": ["float32"]}) is None
    one_lost = (1e9, 1e9 - 1)
    assert found(results(*one_lost), results(1e9, 1e9), first=1e9) is None
    assert found(results(*one_lost), results(1e9, 1e9), first=1e9, **{"result.dtypes": ["int64"]})


def test_the_order_of_results_alone_is_no_race():
    """Threads that append in the order in which they finish: every sum and norm stays."""
    swapped = results(RIGHT, RIGHT)
    values: Any = swapped.facts.values
    values["result"]["digests"][0]["sample"], values["result"]["digests"][1]["sample"] = [1.0, 2.0], [2.0, 1.0]
    assert found(swapped, results(RIGHT, RIGHT)) is None


def test_results_that_grow_from_call_to_call_are_the_benchmarks_own():
    """`out += x` without a fresh set-up: the first measurement made another number of calls."""
    assert found(results(3.0, 3.0), results(3.0, 3.0), first=1e6) is None


def test_without_the_calls_that_diagnose_makes_it_is_silent():
    this = run({**DOUBLES, "result.digest": digest(1e5)})
    assert race.detect(case(this)) is None
    assert race.detect(case(this, repeats=(run({**DOUBLES, "result.digest": digest(2e5)}),))) is None
    aborted = {AGAIN: run(status=Status.ABORTED, seconds=None), ONE_THREAD: results(RIGHT, RIGHT)}
    assert race.detect(case(this, reruns=aborted)) is None
