"""What a change is a change of, and which timings are comparable."""

from __future__ import annotations

import pytest
from builders import commit, key

from stallhorn.fingerprint import ELSEWHERE, SAME
from stallhorn.kinds import EVENT, Nature, come_by_code, nature, of_machine, set_aside, with_installed
from stallhorn.model import (
    ChangePoint,
    Comparison,
    Direction,
    Explanation,
    Finding,
    Kind,
    Level,
    Measurement,
    Status,
    Verdict,
)

SLOWER, FASTER = Direction.SLOWER, Direction.FASTER


def finding(pitfall: str, severity: str = "blocking") -> Finding:
    return Finding(pitfall, severity, key(), commit(0), "", (), "")


def moved(first: int, ratio: float = 2.0) -> ChangePoint:
    before, after = Level(0, 1, 1.0, 1.0, 1.0), Level(1, 2, ratio, ratio, ratio)
    return ChangePoint(key(), before, after, commit(first - 1), commit(first))


# --- kinds


def test_a_timing_that_was_wrong_before_is_a_repair_whichever_way_it_moved() -> None:
    for pitfall, direction in (("unsynchronised", SLOWER), ("compile-in-timing", FASTER), ("anything", SLOWER)):
        found = nature(Explanation(gone=(finding(pitfall),)), direction)
        assert found.kind is Kind.MEASUREMENT and found.gone == {pitfall}
        assert found.reason == f"measurement repaired: {pitfall} is gone; earlier points are set aside"


def test_a_timing_that_is_wrong_since_has_not_become_faster() -> None:
    found = nature(Explanation(causes=(finding("unsynchronised"),)), FASTER)
    assert found.kind is Kind.MEASUREMENT and found.new == {"unsynchronised"}
    assert found.reason.startswith("measurement broke: unsynchronised is new")


@pytest.mark.parametrize("pitfall", ["unsynchronised", "compile-in-timing", "recompilation"])
def test_a_slow_down_is_not_excused_by_what_is_wrong_with_the_newer_timing(pitfall: str) -> None:
    assert nature(Explanation(causes=(finding(pitfall),)), SLOWER).kind is Kind.CODE


def test_that_compiling_goes_which_came_as_a_slow_down_is_an_improvement() -> None:
    came = nature(Explanation(causes=(finding("compile-in-timing"),)), SLOWER)
    went = Explanation(gone=(finding("compile-in-timing"),))
    assert nature(went, FASTER, come_by_code([came])).kind is Kind.CODE
    assert nature(went, FASTER).kind is Kind.MEASUREMENT
    reverted = nature(went, FASTER, come_by_code([came]))
    assert come_by_code([came, reverted]) == frozenset()
    assert come_by_code([came, reverted, came]) == {"compile-in-timing"}


def test_that_a_result_is_waited_for_again_is_a_repair_whatever_was_slower_before() -> None:
    came = nature(Explanation(causes=(finding("unsynchronised"),)), SLOWER)
    went = Explanation(gone=(finding("unsynchronised"),))
    assert nature(went, SLOWER, come_by_code([came])).kind is Kind.MEASUREMENT


def test_a_slow_down_although_nothing_compiles_any_more_is_one_of_the_code() -> None:
    assert nature(Explanation(gone=(finding("compile-in-timing"),)), SLOWER).kind is Kind.CODE
    both = Explanation(gone=(finding("compile-in-timing"), finding("unsynchronised")))
    assert nature(both, SLOWER).gone == {"unsynchronised"}


def test_a_cause_that_leaves_the_timing_right_is_the_codes() -> None:
    assert nature(Explanation(gone=(finding("nested-parallel", "cause"),)), FASTER) == Nature()
    assert nature(Explanation(causes=(finding("nested-parallel", "cause"),)), SLOWER) == Nature()


def test_the_machine_is_blamed_where_code_libraries_and_counts_are_the_same() -> None:
    for direction in (SLOWER, FASTER):
        found = nature(Explanation(code=f"{SAME}{ELSEWHERE}"), direction)
        assert found.kind is Kind.MACHINE and found.reason == f"{SAME}, and so is what is counted"


@pytest.mark.parametrize("code", ["", SAME, "numpy 2.0 -> 2.1", "its Python code changed"])
def test_the_code_is_blamed_where_anything_differs_or_is_not_known(code: str) -> None:
    assert nature(Explanation(code=code), SLOWER) == Nature()


# --- which points are comparable


COMMITS = [commit(place) for place in range(6)]
WRONG = Nature(Kind.MEASUREMENT, "repaired", gone=frozenset({"unsynchronised"}))
BROKEN = Nature(Kind.MEASUREMENT, "broke", new=frozenset({"unsynchronised"}))


def aside(head: int, *points: tuple[int, Nature]) -> tuple[list[int], str]:
    commits, reason = set_aside([(moved(first), found) for first, found in points], COMMITS, commit(head))
    return [place for place, each in enumerate(COMMITS) if each in commits], reason


def test_points_before_a_repair_are_set_aside_for_those_after_it() -> None:
    assert aside(5, (3, WRONG)) == ([0, 1, 2], "repaired")
    assert aside(3, (3, WRONG)) == ([0, 1, 2], "repaired")
    assert aside(2, (3, WRONG)) == ([3, 4, 5], "")


def test_what_was_right_before_it_broke_is_comparable_again_after_the_repair() -> None:
    assert aside(5, (2, BROKEN), (4, WRONG)) == ([2, 3], "repaired")
    assert aside(3, (2, BROKEN), (4, WRONG)) == ([0, 1, 4, 5], "broke")


def test_without_changes_of_measurement_everything_is_comparable() -> None:
    assert aside(5) == ([], "")
    assert set_aside([(moved(3), WRONG)], COMMITS, "unknown") == (set(), "")


# --- events of a machine


PLACES = {each: place for place, each in enumerate(COMMITS)}


def compared(last: int, head: int, ratio: float) -> Comparison:
    after = Measurement(key(), commit(head), Status.OK, ratio)
    return Comparison(key(), Level(0, 1, 1.0, 1.0, 1.0), after, commit(last), Verdict.REGRESSION, SLOWER)


def test_an_event_between_the_two_commits_moved_it() -> None:
    assert of_machine(compared(2, 3, 1.1), [moved(3)], PLACES) == EVENT
    assert of_machine(compared(0, 5, 1.1), [moved(3)], PLACES) == EVENT
    assert of_machine(compared(0, 5, 1.9), [moved(2, 1.4), moved(4, 1.3)], PLACES) == EVENT


def test_a_move_that_is_larger_than_the_event_is_not_its_doing_alone() -> None:
    assert of_machine(compared(2, 3, 1.2), [moved(3, 1.1)], PLACES) == EVENT
    assert of_machine(compared(2, 3, 1.3), [moved(3, 1.1)], PLACES) is None
    assert of_machine(compared(2, 3, 2.0), [moved(3, 1.05)], PLACES) is None


def test_an_event_at_another_commit_or_the_other_way_did_not() -> None:
    assert of_machine(compared(3, 4, 1.1), [moved(3)], PLACES) is None
    assert of_machine(compared(2, 3, 1.1), [moved(3, 0.9)], PLACES) is None
    assert of_machine(compared(2, 3, 1.1), [], PLACES) is None


def test_an_event_names_the_libraries_that_most_of_its_series_have_new() -> None:
    new = Explanation(installed="other versions are installed: numpy 2.0 -> 2.1")
    assert with_installed("", [new, new, Explanation()]) == f"{EVENT}; {new.installed}"
    assert with_installed("a noisy night", [new, Explanation(), Explanation()]) == "a noisy night"
    assert with_installed("", []) == EVENT
