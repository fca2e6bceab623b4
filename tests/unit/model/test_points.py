"""Points as columns look like measurements."""

from __future__ import annotations

import math
from array import array
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stallhorn.model import Measurement, Parameters, SeriesKey, Status
from stallhorn.model.points import CODES, Columns, Points, columns_of

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
