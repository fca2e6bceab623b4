"""Which points of a series can be judged: found for one series, or for many at once."""

from __future__ import annotations

import math
from array import array

import numpy as np
import pytest
from builders import bare, commit, key, series
from hypothesis import given, settings
from hypothesis import strategies as st

from stallhorn.changes import reading
from stallhorn.changes.grid import grid_of
from stallhorn.changes.row import Rows, place_of, row_of
from stallhorn.model import Series, Status
from stallhorn.model.points import CODES, OK, Columns, Points

FAILED = CODES[Status.FAILED]


def columns(values: list[float], statuses: bytes | None = None, commits: tuple[str, ...] | None = None) -> Series:
    known = commits or tuple(map(commit, range(len(values))))
    missing = array("d", [math.nan] * len(values))
    told = Columns(known, array("d", values), missing, missing, statuses or bytes([OK] * len(values)))
    return Series(key(), "seconds", Points(key(), told))


def test_a_series_without_points_has_none_to_judge() -> None:
    assert len(row_of(series()).usable) == 0
    assert row_of(series()).is_whole
    assert list(reading.rows_of([])) == []
    assert [list(row.usable) for row in reading.rows_of([series(), columns([1.0])])] == [[], [0]]


def test_points_that_failed_or_have_no_positive_value_cannot_be_judged() -> None:
    row = row_of(series(bare(0, 1.0), bare(1, None), bare(2, 0.0), bare(3, -1.0), bare(4, 2.0)))
    assert (list(row.usable), row.values(), row.is_whole) == ([0, 4], [1.0, 2.0], False)
    assert (row.commit(1), row.number_of(4), row.number_of(3), row.number_of(5)) == (commit(4), 1, None, None)


def test_counted_values_need_not_be_positive() -> None:
    row = row_of(series(bare(0, 0.0), bare(1, None), bare(2, -1.0), unit="compilations (counted)"))
    assert list(row.usable) == [0, 2]


value = st.sampled_from([1.0, 2.0, 0.0, -1.0, math.nan])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.tuples(value, st.sampled_from([OK, OK, FAILED])), max_size=6), max_size=7))
def test_many_series_have_the_points_of_each(every: list[list[tuple[float, int]]]) -> None:
    made = [columns([one for one, _ in points], bytes(code for _, code in points)) for points in every]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK", 3)
        rows = list(reading.rows_of(made))
    for row, one in zip(rows, made, strict=True):
        alone = row_of(one)
        assert (row.series, list(row.usable)) == (one, list(alone.usable))
        assert type(row.usable) is type(alone.usable) and row.is_bare is alone.is_bare


def test_a_series_is_read_once() -> None:
    known, one = Rows(), columns([1.0, 2.0])
    assert known.of(one) is known.of(one)
    (row,) = reading.rows_of([one])
    known.keep([row])
    assert known.of(one) is row


def test_a_commit_is_found_wherever_it_stands() -> None:
    assert [place_of("abc", one) for one in "cab"] == [2, 0, 1]
    assert place_of("abc", "d") is place_of("", "d") is None


# --- beside each other


def test_series_stand_in_columns_of_the_commits_that_any_of_them_has() -> None:
    places = {commit(place): 3 * place for place in range(6)}
    first = columns([1.0, math.e, 0.0], commits=(commit(1), commit(2), commit(3)))
    second = columns([1.0, 1.0], commits=(commit(2), commit(5)))
    grid = grid_of([row_of(first), row_of(second)], places)
    assert np.array_equal(grid.logarithms, [[0, 1, np.nan], [np.nan, 0, 0]], equal_nan=True)
    assert [[grid.number(row, column) for column in range(4)] for row in (0, 1)] == [
        [0, 1, None, None],
        [None, 0, 1, None],
    ]
    assert (grid.starts(1, [0, 1, 2]), grid.starts(0, [])) == ([0, 0, 1], [])


def test_series_with_the_same_commits_share_their_columns() -> None:
    commits = tuple(map(commit, range(3)))
    rows = [row_of(columns([1.0] * 3, commits=commits)) for _ in range(2)]
    grid = grid_of(rows, {each: place for place, each in enumerate(commits)})
    assert grid.taken[0] is grid.taken[1]


def test_points_with_a_wide_interval_are_left_out() -> None:
    points = [bare(place, 1.0, 0.99, 1.01) for place in range(20)]
    points[7] = bare(7, 5.0, 1.0, 25.0)
    grid = grid_of([row_of(series(*points))], {commit(place): place for place in range(20)})
    assert np.flatnonzero(np.isnan(grid.logarithms[0])).tolist() == [7]
