"""Counted facts are compared exactly: any other value is a change, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import bare, commit, revision, series

from stallhorn.changes.counted import between
from stallhorn.changes.levels import compare, detect
from stallhorn.changes.pooling import pool
from stallhorn.model import Comparison, Direction, Series, Verdict

UNIT = "compiles (counted)"


def counted(*values: float | None, unit: str = UNIT) -> Series:
    return series(*(bare(place, value) for place, value in enumerate(values)), unit=unit)


def newest(*values: float | None, base: int | None = None) -> Comparison:
    compared = compare(counted(*values), commit(len(values) - 1), None if base is None else commit(base))
    assert compared is not None
    return compared


def steps(found: Series) -> list[tuple[str, str, float, float]]:
    return [(each.last, each.first, each.before.center, each.after.center) for each in detect(found)]


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 3), (4, 5), (17, 18), (1000, 1001)])
def test_one_more_is_a_regression_at_the_first_commit_that_has_it(before: int, after: int):
    compared = newest(before, after)
    assert (compared.verdict, compared.direction) == (Verdict.REGRESSION, Direction.SLOWER)
    assert compared.last == commit(0)
    assert steps(counted(before, after)) == [(commit(0), commit(1), before, after)]


def test_one_less_is_better():
    compared = newest(3, 3, 2)
    assert (compared.verdict, compared.direction) == (Verdict.CLEAN, Direction.FASTER)


def test_the_same_value_is_no_change():
    compared = newest(3, 3, 3)
    assert (compared.verdict, compared.direction, compared.reason) == (Verdict.CLEAN, Direction.SAME, "")
    assert compared.before is not None
    assert (compared.before.low, compared.before.center, compared.before.high) == (3, 3, 3)
    assert steps(counted(3, 3, 3)) == []


def test_what_a_single_commit_had_is_two_changes():
    assert steps(counted(3, 3, 1, 3)) == [(commit(1), commit(2), 3, 1), (commit(2), commit(3), 1, 3)]


def test_a_point_that_failed_is_a_gap_and_no_change():
    assert steps(counted(3, None, 3)) == []
    assert steps(counted(3, None, 4)) == [(commit(0), commit(2), 3, 4)]
    assert newest(3, None, 4).last == commit(0)
    assert newest(3, None).verdict is Verdict.NOTHING


def test_the_first_point_has_nothing_to_compare_with():
    assert newest(3).verdict is Verdict.NOTHING
    assert detect(counted()) == ()


def test_the_level_before_is_the_stretch_of_one_value():
    before = newest(2, 3, None, 3, 4).before
    assert before is not None
    assert (before.start, before.stop, before.center) == (1, 4, 3)


def test_another_commit_can_be_the_base():
    assert newest(2, 3, 3, base=0).verdict is Verdict.REGRESSION
    assert newest(3, 2, 3, base=0).direction is Direction.SAME
    assert newest(3, None, 3, base=1).verdict is Verdict.NOTHING


@pytest.mark.parametrize("unit", ["seconds", "bytes", "unit", "compiles", "(counted) things"])
def test_other_units_are_judged_by_the_rule_for_what_is_noisy(unit: str):
    assert detect(counted(4, 4, 4, 5, unit=unit)) == ()
    assert len(detect(counted(4, 4, 4, 5))) == 1


def test_zero_is_a_value_like_any_other():
    assert steps(counted(0, 0, 3, 0)) == [(commit(1), commit(2), 0, 3), (commit(2), commit(3), 3, 0)]
    worse, better = newest(0, 3), newest(3, 0)
    assert (worse.verdict, worse.ratio) == (Verdict.REGRESSION, None)
    assert (better.verdict, better.direction, better.ratio) == (Verdict.CLEAN, Direction.FASTER, 0.0)
    assert newest(0, 0).direction is Direction.SAME
    assert newest(0, 3, 3, base=0).verdict is Verdict.REGRESSION


def test_from_zero_is_the_largest_step():
    points = [*detect(counted(1, 50)), *detect(replace(counted(0, 3), key=replace(counted(0).key, machine="other")))]
    (change,) = pool(points, [revision(0), revision(1)])
    assert [point.before.center for point in change.points] == [0, 1]


@pytest.mark.parametrize(
    ("rising", "more", "fewer"),
    [
        (Direction.SLOWER, Direction.SLOWER, Direction.FASTER),
        (Direction.FASTER, Direction.FASTER, Direction.SLOWER),
        (Direction.SAME, Direction.SAME, Direction.SAME),
    ],
)
def test_a_series_says_what_more_of_it_means(rising: Direction, more: Direction, fewer: Direction):
    up, down = detect(replace(counted(1, 2, 1), rising=rising))
    assert (up.direction, down.direction) == (more, fewer)


def test_two_commits_are_compared_whatever_happened_in_between():
    made = counted(1, 5, 1, None, 2)
    assert between(made, commit(0), commit(2)) is None
    change = between(made, commit(0), commit(4))
    assert change is not None and (change.before.center, change.after.center) == (1, 2)
    assert between(made, commit(0), commit(3)) is between(made, commit(0), commit(9)) is None
