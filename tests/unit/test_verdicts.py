"""Changes of the machine and of the measurement, commits beside the branch, and what a project sets: the whole road."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from builders import commit, key
from records import history, seen

from stallhorn import diagnose as analysis
from stallhorn.changes.history import Found
from stallhorn.changes.settings import Override, Settings
from stallhorn.diagnose import diagnose, restricted
from stallhorn.model import (
    ChangePoint,
    Comparison,
    Direction,
    History,
    Kind,
    Level,
    Observation,
    Report,
    SeriesKey,
    Suspicion,
    Verdict,
)

CODE = {"code__python": "p", "code__libraries": {"numpy": "2 a"}, "code__dispatchers": []}
UNWAITED = {"jax__unfinished_seconds": 0.5, "jax__ready": False, "sampling__waited": False}
WAITED = {"jax__unfinished_seconds": 0.0, "jax__ready": True, "sampling__waited": True}


def rows(times: Sequence[float], facts: Mapping[int, Mapping[str, Any]]) -> History:
    """A series with the facts of each commit; those of an earlier commit hold until others are given."""
    observations: list[Observation] = []
    for place in range(len(times)):
        known = next(facts[first] for first in sorted(facts, reverse=True) if first <= place)
        observations += [seen(place, index, **known) for index in range(2)]
    return history(times, *observations)


def only(report: Report) -> Comparison:
    (comparison,) = report.comparisons
    return comparison


# --- measurement


REPAIRED = rows([0.1, 0.1, 0.6, 0.6, 0.6], {0: UNWAITED, 2: WAITED})


def test_a_repaired_timing_is_no_regression_but_a_change_of_measurement() -> None:
    report = diagnose(REPAIRED, head=commit(2))
    assert (report.verdict, only(report).kind) == (Verdict.CLEAN, Kind.MEASUREMENT)
    assert only(report).reason == "measurement repaired: unsynchronised is gone; earlier points are set aside"
    (change,) = report.changes
    assert (change.kind, change.first.commit, change.reason) == (Kind.MEASUREMENT, commit(2), only(report).reason)


def test_with_the_older_level_as_predecessor_there_is_no_regression() -> None:
    report = diagnose(REPAIRED, base=commit(0))
    assert (report.verdict, only(report).kind) == (Verdict.CLEAN, Kind.MEASUREMENT)
    assert diagnose(REPAIRED, base=commit(2)).verdict is Verdict.CLEAN
    assert only(diagnose(REPAIRED, base=commit(2))).kind is Kind.CODE


def test_after_the_repair_only_points_since_then_are_predecessors() -> None:
    slower = rows([0.1, 0.1, 0.6, 0.6, 1.2], {0: UNWAITED, 2: WAITED})
    report = diagnose(slower)
    assert report.verdict is Verdict.REGRESSION and only(report).ratio == pytest.approx(2.0, rel=0.02)
    before = only(report).before
    assert before is not None and (before.start, before.stop) == (2, 4)


def test_a_timing_that_broke_is_no_improvement_and_after_its_repair_the_level_before_holds_again() -> None:
    times = [0.6, 0.6, 0.1, 0.1, 1.2]
    report = diagnose(rows(times, {0: WAITED, 2: UNWAITED, 4: WAITED}))
    assert [change.kind for change in report.changes] == [Kind.MEASUREMENT, Kind.MEASUREMENT]
    assert report.verdict is Verdict.REGRESSION and only(report).ratio == pytest.approx(2.0, rel=0.02)
    assert only(diagnose(rows(times, {0: WAITED, 2: UNWAITED}), head=commit(2))).kind is Kind.MEASUREMENT


# --- machine


def test_the_machine_is_blamed_where_neither_code_nor_libraries_changed() -> None:
    report = diagnose(rows([1.0, 1.0, 2.0], {0: CODE}))
    assert (report.verdict, only(report).kind, only(report).direction) == (
        Verdict.CLEAN,
        Kind.MACHINE,
        Direction.SLOWER,
    )
    (change,) = report.changes
    assert change.kind is Kind.MACHINE and "the array libraries are the same" in change.reason


@pytest.mark.parametrize(
    "changed",
    [{"code__python": "q"}, {"code__libraries": {"numpy": "2.1 b"}}, {"calls__regions": 7}, {"code__python": None}],
)
def test_the_code_is_blamed_where_anything_differs_or_is_not_known(changed: dict[str, Any]) -> None:
    report = diagnose(rows([1.0, 1.0, 2.0], {0: {**CODE, "calls__regions": 1}, 2: {**CODE, **changed}}))
    assert (report.verdict, report.changes[0].kind) == (Verdict.REGRESSION, Kind.CODE)


def test_other_versions_of_libraries_explain_a_change_though_the_code_is_not_known() -> None:
    report = diagnose(rows([1.0, 2.0], {0: {"versions__numpy": "2.0"}, 1: {"versions__numpy": "2.1"}}))
    why = report.explanation_of(report.changes[0].worst)
    assert (why.code, why.installed) == ("", "other versions are installed: numpy 2.0 -> 2.1")


def change_of(of: SeriesKey, last: int, first: int, ratio: float, **changes: Any) -> ChangePoint:
    before, after = Level(0, first, 1.0, 1.0, 1.0), Level(first, first + 1, ratio, ratio, ratio)
    return replace(ChangePoint(of, before, after, commit(last), commit(first)), **changes)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch):
    """What the detection of changes answers."""

    def answer(**parts: Any) -> None:
        monkeypatch.setattr(analysis, "detect", lambda *_: Found(**parts))

    return answer


MANY = {key(f"suite.Case{place}.time_it"): [1.0, 1.0, 1.3] for place in range(5)}


def test_an_event_of_the_machine_is_one_entry_and_no_regression(found) -> None:
    found(common=tuple(change_of(of, 1, 2, 1.3, kind=Kind.MACHINE) for of in MANY))
    told = [seen(place, of=of, versions__numpy=version) for of in MANY for place, version in ((1, "2.0"), (2, "2.1"))]
    report = diagnose(history(MANY, *told))
    (event,) = report.changes
    assert (event.kind, len(event.points)) == (Kind.MACHINE, 5)
    assert event.reason.endswith("other versions are installed: numpy 2.0 -> 2.1")
    assert report.verdict is Verdict.CLEAN
    assert {(each.kind, each.reason) for each in report.comparisons} == {(Kind.MACHINE, event.reason)}


def test_a_series_that_its_own_code_slowed_beside_an_event_is_a_regression(found) -> None:
    first = next(iter(MANY))
    found(
        common=tuple(change_of(of, 1, 2, 1.25, kind=Kind.MACHINE) for of in MANY),
        points={first: (change_of(first, 1, 2, 1.2),)},
    )
    report = diagnose(history(MANY))
    assert report.verdict is Verdict.REGRESSION
    assert [each.key for each in report.comparisons if each.verdict is Verdict.REGRESSION] == [first]


def test_a_change_that_all_series_together_tell_is_the_verdict_of_the_commit_that_did_it(found) -> None:
    found(points={key(): (change_of(key(), 1, 2, 1.04),)})
    report = diagnose(history([1.0, 1.0, 1.04]))
    assert (report.verdict, only(report).last) == (Verdict.REGRESSION, commit(1))
    assert diagnose(history([1.0, 1.0, 1.04]), head=commit(1)).verdict is Verdict.CLEAN


def test_suspicions_are_handed_on(found) -> None:
    doubt = Suspicion(key(), commit(1), commit(2), Direction.SLOWER, 1.3, 0.7, "one point alone")
    found(suspicions=(doubt,))
    assert diagnose(history([1.0, 1.0, 1.02])).suspicions == (doubt,)


# --- commits beside the branch


def beside(times: Sequence[float], *sides: int) -> History:
    """The branch is 0 - 1 - 2 - ...; a commit aside grows out of the one before it."""
    made = history(times)
    return replace(made, revisions=tuple(replace(each, aside=each.position in sides) for each in made.revisions))


def test_a_commit_beside_the_branch_makes_no_change_of_it() -> None:
    report = diagnose(beside([1.0, 1.0, 2.0, 1.0], 2))
    assert (report.changes, report.verdict) == ((), Verdict.CLEAN)


def test_a_commit_beside_the_branch_is_compared_with_what_it_grew_out_of() -> None:
    made = beside([1.0, 1.0, 2.0, 1.0], 2)
    assert diagnose(made, head=commit(2)).verdict is Verdict.REGRESSION
    assert diagnose(made, base=commit(1), head=commit(2)).verdict is Verdict.REGRESSION
    assert diagnose(made, base=commit(2), head=commit(3)).comparisons[0].direction is Direction.FASTER


def test_positions_of_changes_are_those_of_the_whole_series() -> None:
    (change,) = diagnose(beside([1.0, 5.0, 1.0, 2.0], 1)).changes
    assert (change.worst.before.stop, change.worst.after.start) == (3, 3)
    assert (change.last.position, change.first.position) == (2, 3)


# --- what a project sets


def overriding(**changes: Any) -> Settings:
    return Settings(overrides=(Override(re.compile("suite"), **changes),))


SLOWER = [1.0, 1.0, 1.0, 1.3]


def test_what_is_not_relevant_to_the_project_is_no_regression() -> None:
    assert diagnose(history(SLOWER), settings=overriding(relevant=0.1)).verdict is Verdict.REGRESSION
    report = diagnose(history(SLOWER), settings=overriding(relevant=0.5))
    assert (report.verdict, only(report).reason) == (
        Verdict.CLEAN,
        "less than 50 %, which the settings say is relevant",
    )


def test_changes_of_an_ignored_benchmark_are_not_told() -> None:
    report = diagnose(history(SLOWER), settings=overriding(ignored=True))
    assert (report.verdict, report.changes) == (Verdict.CLEAN, ())
    assert "the settings say so" in only(report).reason


@pytest.mark.parametrize(("first", "told"), [(2, True), (3, False)])
def test_changes_up_to_the_first_commit_are_not_told(first: int, told: bool) -> None:
    report = diagnose(history(SLOWER), settings=overriding(first=commit(first)))
    assert (len(report.changes), report.verdict is Verdict.REGRESSION) == ((1, True) if told else (0, False))


def test_a_benchmark_of_which_more_is_better_becomes_worse_when_it_falls() -> None:
    better = Settings(higher_is_better=(re.compile("time_it$"),))
    report = diagnose(history([4.0, 4.0, 2.0]), settings=better)
    assert (report.verdict, only(report).direction) == (Verdict.REGRESSION, Direction.SLOWER)
    (change,) = report.changes
    assert (change.direction, change.ratio) == (Direction.SLOWER, pytest.approx(2.0, rel=0.01))
    assert diagnose(history([4.0, 4.0, 8.0]), settings=better).verdict is Verdict.CLEAN
    assert report.history.series[0].rising is Direction.FASTER


def test_exact_values_are_neither_the_machines_doing_nor_too_little_to_tell() -> None:
    made = rows([100.0, 100.0, 101.0], {0: CODE})
    exact = tuple(replace(each, unit="compiles (counted)") for each in made.series)
    report = diagnose(replace(made, series=exact))
    assert (report.verdict, report.changes[0].kind) == (Verdict.REGRESSION, Kind.CODE)


# --- a part of a report


def test_a_report_about_some_series_is_judged_by_those_alone() -> None:
    one, other = key("one.time_it"), key("other.time_it")
    made = diagnose(history({one: [1.0, 1.0, 2.0], other: [1.0, 1.0, 1.5]}))
    part = restricted(made, lambda of: of == other)
    assert [each.key for each in part.history.series] == [other]
    assert [point.key for change in part.changes for point in change.points] == [other]
    assert part.changes[0].ratio == pytest.approx(1.5, rel=0.01)
    assert restricted(made, lambda of: False).verdict is Verdict.NOTHING
