"""Change points of many series into the changes that people read."""

from __future__ import annotations

from builders import commit, key, revision

from stallhorn.changes.pooling import pool
from stallhorn.model import ChangePoint, Level

REVISIONS = [revision(position) for position in range(8)]


def step(last: int, first: int, ratio: float, name: str = "a") -> ChangePoint:
    before, after = Level(0, 1, 1.0, 1.0, 1.0), Level(1, 2, ratio, ratio, ratio)
    return ChangePoint(key(name), before, after, commit(last), commit(first))


def test_no_change_points_make_no_changes() -> None:
    assert pool([], REVISIONS) == ()


def test_series_that_changed_at_the_same_commit_are_one_change_largest_first() -> None:
    (change,) = pool([step(2, 3, 1.5, "a"), step(2, 3, 3.0, "b")], REVISIONS)
    assert [point.key.benchmark for point in change.points] == ["b", "a"]
    assert (change.last, change.first, change.untested) == (REVISIONS[2], REVISIONS[3], ())
    assert change.id == f"{commit(3)[:8]}-slower"


def test_slower_and_faster_at_one_commit_are_two_changes() -> None:
    assert len(pool([step(2, 3, 1.5, "a"), step(2, 3, 0.5, "b")], REVISIONS)) == 2


def test_commits_in_between_are_listed() -> None:
    (change,) = pool([step(1, 4, 2.0)], REVISIONS)
    assert change.untested == (REVISIONS[2], REVISIONS[3])


def test_a_series_that_was_measured_more_often_narrows_the_range() -> None:
    (change,) = pool([step(0, 4, 2.0, "a"), step(2, 4, 1.5, "b")], REVISIONS)
    assert (change.last, change.untested) == (REVISIONS[2], (REVISIONS[3],))
    assert [point.key.benchmark for point in change.points] == ["a", "b"]


def test_the_newest_change_comes_first() -> None:
    changes = pool([step(0, 1, 2.0), step(4, 5, 0.5), step(2, 3, 2.0)], REVISIONS)
    assert [change.first.position for change in changes] == [5, 3, 1]
