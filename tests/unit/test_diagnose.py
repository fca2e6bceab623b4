"""From history to report: which commit is judged, and what the verdict is about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from builders import bare, commit, key, point, project, revision, series

from stallhorn.diagnose import diagnose, newest_measured, only_machine
from stallhorn.model import (
    Direction,
    History,
    Measurement,
    Observation,
    SeriesKey,
    Status,
    Verdict,
)


def history(*points: Measurement, **changes: object) -> History:
    """One series per key among the points, over ten revisions."""
    keys = list(dict.fromkeys(each.key for each in points))
    found = tuple(series(*(each for each in points if each.key == of)) for of in keys)
    revisions = tuple(revision(position) for position in range(10))
    machines = {of.machine: None for of in keys}
    base = History(project(Path("/nowhere")), revisions, {}, machines, {}, found)
    return replace(base, **changes)


def skipped(position: int, of: SeriesKey) -> Measurement:
    return Measurement(of, commit(position), Status.SKIPPED, reason="not here")


def test_an_empty_history_has_nothing_to_say() -> None:
    report = diagnose(history())
    assert (report.verdict, report.newest, report.changes, report.comparisons) == (Verdict.NOTHING, None, (), ())


def test_one_commit_has_nothing_to_compare_with() -> None:
    report = diagnose(history(point(0, 1.0, 1.0)))
    assert report.verdict is Verdict.NOTHING
    assert report.newest is not None and report.newest.commit == commit(0)


def test_a_regression_is_the_verdict_and_a_change_with_its_range() -> None:
    report = diagnose(history(point(0, 1.0, 1.0), point(3, 2.0, 2.0)))
    assert report.verdict is Verdict.REGRESSION
    (change,) = report.changes
    assert (change.last.position, change.first.position) == (0, 3)
    assert [each.position for each in change.untested] == [1, 2]


def test_after_the_revert_the_verdict_is_clean_and_both_changes_stay() -> None:
    report = diagnose(history(point(0, 1.0, 1.0), point(1, 2.0, 2.0), point(2, 1.0, 1.0)))
    assert report.verdict is Verdict.CLEAN
    assert [change.direction for change in report.changes] == [Direction.FASTER, Direction.SLOWER]


def test_a_series_that_was_not_measured_at_the_newest_commit_is_not_judged() -> None:
    old, new = key("old"), key("new")
    report = diagnose(
        history(
            point(0, 1.0, 1.0, of=old),
            point(1, 2.0, 2.0, of=old),
            point(1, 1.0, 1.0, of=new),
            point(2, 1.0, 1.0, of=new),
        )
    )
    assert [each.key for each in report.comparisons] == [new]
    assert report.verdict is Verdict.CLEAN
    assert len(report.changes) == 1


def test_each_machine_has_its_own_newest_commit() -> None:
    one, other = key(machine="one"), key(machine="other")
    found = history(
        *(point(place, 1.0, 1.0, of=one) for place in (0, 1)), *(point(place, 1.0, 1.0, of=other) for place in (3, 4))
    )
    assert {name: each.position for name, each in newest_measured(found).items()} == {"one": 1, "other": 4}
    assert {each.after.commit for each in diagnose(found).comparisons} == {commit(1), commit(4)}
    assert [each.key for each in diagnose(only_machine(found, "one")).comparisons] == [one]


def test_a_newest_commit_where_everything_failed_is_judged_and_nothing_is_clean() -> None:
    report = diagnose(history(point(0, 1.0, 1.0), bare(1, None)))
    assert report.newest is not None and report.newest.commit == commit(1)
    assert report.verdict is Verdict.NOTHING


def test_a_commit_where_all_was_skipped_is_not_the_newest() -> None:
    report = diagnose(history(point(0, 1.0, 1.0), point(1, 1.0, 1.0), skipped(2, key())))
    assert report.newest is not None and report.newest.commit == commit(1)


def test_a_failure_beside_a_clean_series_leaves_the_verdict_clean() -> None:
    bad = key("bad")
    gone = replace(bare(1, None), key=bad)
    report = diagnose(history(point(0, 1.0, 1.0), point(1, 1.0, 1.0), point(0, 1.0, 1.0, of=bad), gone))
    assert report.verdict is Verdict.CLEAN
    assert {each.verdict for each in report.comparisons} == {Verdict.CLEAN, Verdict.NOTHING}


def test_base_and_head_compare_two_commits() -> None:
    found = history(point(0, 1.0, 1.0), point(1, 2.0, 2.0), point(2, 2.0, 2.0))
    assert diagnose(found).verdict is Verdict.CLEAN
    assert diagnose(found, base=commit(0)).verdict is Verdict.REGRESSION
    assert diagnose(found, base=commit(0), head=commit(1)).verdict is Verdict.REGRESSION
    assert diagnose(found, base=commit(0), head=commit(5)).verdict is Verdict.NOTHING
    assert diagnose(found, base=commit(5)).verdict is Verdict.NOTHING


def observed(position: int, load: object, index: int = 0, **facts: object) -> Observation:
    known = {"sampling": {"foreign_load": load}, "host": {"affinity": 2}, "threads": {"used": {"numba": 1}}} | facts
    return Observation(key(), commit(position), Status.OK, known, "0.1.0", 1, "", index)


def test_foreign_load_in_every_process_leaves_doubt_and_in_one_does_not() -> None:
    found = history(point(0, 1.0, 1.0), point(1, 1.0, 1.0), point(2, 1.8, 1.8))
    both = (observed(2, 1.0), observed(2, 0.9, 1))
    assert diagnose(replace(found, observations=both)).verdict is Verdict.INCONCLUSIVE
    one = (observed(2, 1.0), observed(2, 0.0, 1))
    assert diagnose(replace(found, observations=one)).verdict is Verdict.REGRESSION


def test_more_threads_than_free_cores_leave_doubt_about_short_calls() -> None:
    found = history(point(0, 1e-5, 1e-5), point(1, 1e-5, 1e-5), point(2, 1e-4, 1e-4))

    def verdict(**facts: object) -> Verdict:
        both = tuple(observed(2, 0.9, index, **facts) for index in (0, 1))
        return diagnose(replace(found, observations=both)).verdict

    assert verdict() is Verdict.REGRESSION
    assert verdict(threads={"used": {"numba": 2, "jax": None}}) is Verdict.INCONCLUSIVE
    assert verdict(threads={"used": {"numba": 2}}, host={"affinity": 4}) is Verdict.REGRESSION
    assert verdict(threads=None) is verdict(host={}) is Verdict.INCONCLUSIVE


def test_an_unknown_foreign_load_is_no_load() -> None:
    found = history(point(0, 1.0, 1.0), point(1, 2.0, 2.0))
    for load in (None, "high", True, -1):
        assert diagnose(replace(found, observations=(observed(1, load),))).verdict is Verdict.REGRESSION
    empty = Observation(key(), commit(1), Status.OK, {"sampling": None}, "0.1.0", 1)
    assert diagnose(replace(found, observations=(empty,))).verdict is Verdict.REGRESSION
