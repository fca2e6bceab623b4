"""A switch is flipped in turns until that tells; what does not hold is withdrawn, what cannot be tried stands."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from stallhorn.commands._proving import proven
from stallhorn.experiments import LEAST_TURNS, MOST_TURNS, Variation
from stallhorn.model import Finding, Parameters, SeriesKey, Switch
from stallhorn.progress import Progress

KEY = SeriesKey("suite.time_it", Parameters(()), "env", "box")
Times = Callable[[int, bool], float | None]


class Bench:
    """Answers with times by turn and whether the switch is flipped."""

    def __init__(self, times: Times) -> None:
        self.times, self.asked = times, list[Variation | None]()

    def measure(self, _cell: Any, variation: Variation | None = None) -> tuple[Any, dict[str, Any]]:
        self.asked.append(variation)
        turn = (len(self.asked) - 1) // 2
        return SimpleNamespace(seconds=self.times(turn, variation is not None)), {}


def finding(switch: Switch | None, severity: str = "cause") -> Finding:
    return Finding("oversubscription", severity, KEY, "c" * 40, "claim", (), "remedy", switch)


BLAS = Switch("OPENBLAS_NUM_THREADS=1", {"OPENBLAS_NUM_THREADS": "1"})


def tried(times: Times, one: Finding) -> tuple[Bench, tuple[Finding, ...], list[Finding]]:
    bench = Bench(times)
    kept, withdrawn = proven(bench, "the cell", [one], Progress(io.StringIO()))  # type: ignore[arg-type]
    return bench, kept, withdrawn


def halved(_turn: int, flipped: bool) -> float:
    return 1.0 if flipped else 2.0


def test_a_cause_that_goes_with_its_switch_is_proven_with_its_share():
    bench, (kept,), withdrawn = tried(halved, finding(BLAS))
    evidence = kept.evidence[-1]
    assert (evidence.kind, evidence.value) == ("proven", "2.0x of it is gone [2.0, 2.0]: proven")
    assert evidence.fact == f"with {BLAS.text}" and not withdrawn
    assert len(bench.asked) == 2 * LEAST_TURNS


def test_both_are_measured_in_turns_and_take_turns_to_be_first():
    bench, _, _ = tried(halved, finding(BLAS))
    first = [one is not None for one in bench.asked[::2]]
    assert first == [False, True] * (LEAST_TURNS // 2)
    flipped = [one for one in bench.asked if one is not None]
    assert len(flipped) == LEAST_TURNS
    assert all(one.variables == {"OPENBLAS_NUM_THREADS": "1"} and one.how == {} for one in flipped)


def test_a_cause_that_stays_is_withdrawn():
    _, kept, (withdrawn,) = tried(lambda turn, flipped: 1.0, finding(BLAS))
    assert not kept and withdrawn.evidence[-1].value == "1.0x of it is gone [1.0, 1.0]: withdrawn"


def test_turns_that_differ_are_repeated_up_to_a_limit_and_then_nothing_is_claimed():
    def wild(turn: int, flipped: bool) -> float:
        return 1.0 if flipped else (3.0 if turn % 2 else 0.5)

    bench, (kept,), withdrawn = tried(wild, finding(BLAS))
    assert len(bench.asked) == 2 * MOST_TURNS and not withdrawn
    assert kept.evidence[-1].kind == "observed"


def test_a_treatment_is_asked_of_the_probe():
    bench, (kept,), _ = tried(
        lambda turn, flipped: 30.0 if flipped else 1.0, finding(Switch("waiting", treatment="wait"))
    )
    assert next(one.how for one in bench.asked if one is not None) == {"treatment": "wait"}
    assert kept.evidence[-1].value == "30x as long [30, 30]: proven"


@pytest.mark.parametrize("one", [finding(None), finding(BLAS, "context")])
def test_what_has_no_switch_or_is_harmless_stands_untried(one: Finding):
    bench, kept, withdrawn = tried(halved, one)
    assert (bench.asked, kept, withdrawn) == ([], (one,), [])


def test_what_fails_with_the_switch_flipped_stands_as_it_was():
    one = finding(BLAS)
    bench, kept, _ = tried(lambda turn, flipped: None if flipped else 1.0, one)
    assert kept == (one,) and len(bench.asked) == 2
