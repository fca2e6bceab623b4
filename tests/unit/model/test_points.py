"""Points as columns look like measurements."""

from __future__ import annotations

import math
from array import array
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stallhorn.model import Measurement, Parameters, Sample, Series, SeriesKey, Status
from stallhorn.model.points import CODES, Columns, Points, columns_of, measured_commits, points_of

KEY = SeriesKey("rbf.Rbf.measure", Parameters((("n", "50"),)), "py3.11", "bench01")
NAN = math.nan


def points(values, statuses=None, known=None):
    codes = bytes(CODES[each] for each in statuses or [Status.OK] * len(values))
    numbers = array("d", values)
    columns = Columns(tuple("abc"[: len(values)]), numbers, array("d", values), array("d", values), codes)
    return Points(KEY, columns, "1", array("d", [0.0] * len(values)), known or {})


def test_no_points_are_an_empty_sequence():
    assert len(points([])) == 0
    assert list(points([])) == []
    assert points([]) == ()


def test_a_point_is_a_measurement_made_of_its_columns():
    first = points([1.5, NAN], [Status.OK, Status.FAILED])[0]
    assert first == Measurement(KEY, "a", Status.OK, 1.5, 1.5, 1.5, (), "", "1", datetime(1970, 1, 1, tzinfo=UTC))


def test_what_was_not_measured_is_none_and_never_nan():
    failed = points([1.5, NAN], [Status.OK, Status.FAILED])[-1]
    assert (failed.status, failed.value, failed.low) == (Status.FAILED, None, None)


def test_a_point_of_which_more_is_known_is_given_as_it_is():
    known = Measurement(KEY, "b", Status.SKIPPED, reason="no GPU here")
    assert points([1.0, NAN], known={1: known})[1] is known


def test_slices_are_tuples_and_places_beyond_the_end_raise():
    three = points([1.0, 2.0, 3.0])
    assert [point.value for point in three[-2:]] == [2.0, 3.0]
    with pytest.raises(IndexError):
        three[3]


def test_they_equal_the_same_measurements_in_a_tuple():
    some = points([1.0, 2.0])
    assert some == tuple(some)
    assert some != (some[0], replace(some[1], value=3.0))


def test_columns_of_a_tuple_are_those_of_the_same_points():
    some = points([1.0, NAN], [Status.OK, Status.TIMEOUT])
    assert columns_of(some) is some.columns
    made = columns_of(tuple(some))
    assert (list(made.commits), list(made.statuses)) == (["a", "b"], list(some.columns.statuses))
    assert made.values[0] == 1.0
    assert math.isnan(made.values[1])
    assert not made.is_all_ok


def test_no_measurements_are_no_points():
    assert points_of(KEY, ()) == ()


def test_measurements_become_columns_and_those_of_which_more_is_known_stay():
    when = datetime(2026, 1, 1, 12, 30, 0, 123456, tzinfo=UTC)
    plain = Measurement(KEY, "a", Status.OK, 1.0, 0.9, 1.1, (), "", "2", when)
    sampled = Measurement(KEY, "b", Status.OK, 1.0, 0.9, 1.1, (Sample(1.0, 5, 0),), "", "2", when)
    skipped = Measurement(KEY, "c", Status.SKIPPED, reason="no GPU here", version="2")
    older = Measurement(KEY, "d", Status.OK, 1.0, 0.9, 1.1, (), "", "1", when)
    last = Measurement(KEY, "e", Status.FAILED, version="2")
    every = (plain, sampled, skipped, older, last)
    made = points_of(KEY, every)
    assert made == every
    assert list(made.known) == [1, 2, 3]
    assert made.version == "2"


def test_measurements_take_the_commits_of_others_of_the_same():
    commits = ("a", "b")
    assert points_of(KEY, points([1.0, 2.0]), commits).columns.commits is commits


def series(*some):
    return tuple(Series(KEY, "seconds", each) for each in some)


def test_no_series_have_no_commits():
    assert measured_commits(()) == set()
    assert measured_commits(series(points([]))) == set()


def test_every_commit_at_which_some_series_has_a_point_is_measured():
    failed = points([NAN, NAN, 1.0], [Status.FAILED, Status.SKIPPED, Status.OK])
    other = points_of(KEY, (Measurement(KEY, "x", Status.OK, 1.0),))
    assert measured_commits(series(failed, other)) == {"a", "b", "c", "x"}
    assert measured_commits(series(failed, other), ok=True) == {"c", "x"}


def test_series_of_the_same_commits_find_them_together():
    first = points([NAN, 1.0], [Status.FAILED, Status.OK])
    columns = replace(points([1.0, NAN], [Status.OK, Status.FAILED]).columns, commits=first.columns.commits)
    assert measured_commits(series(first, Points(KEY, columns)), ok=True) == {"a", "b"}
