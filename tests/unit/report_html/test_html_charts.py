"""Axes and bars: where values and commits lie, and that nothing is drawn where nothing was measured."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from report_builder import key, missing, ok, revision

from stallhorn.model import Status
from stallhorn.report.html.charts.axes import commit_axis, value_axis
from stallhorn.report.html.charts.intervals import WIDTH, interval_bar

REVISIONS = [revision(position) for position in range(10)]
OF = key()


def test_nothing_measured_draws_no_bar() -> None:
    axis = value_axis([1.0], [], "seconds", "time")
    assert interval_bar(missing(OF, REVISIONS[0], Status.FAILED, "no"), axis, 0) == ""


def test_a_bar_spans_the_interval_and_stays_inside_its_picture() -> None:
    points = [ok(OF, REVISIONS[place], 10.0**-place, spread=0.9) for place in range(10)]
    axis = value_axis([10.0**-place for place in range(10)], [], "seconds", "time")
    for point in points:
        root = ElementTree.fromstring(interval_bar(point, axis, 0))
        (bar,) = (each for each in root if each.tag == "rect")
        left, width = float(bar.get("x", "")), float(bar.get("width", ""))
        (value,) = (float(each.get("cx", "")) for each in root if each.tag == "circle")
        assert 0 <= left <= value <= left + width + 0.1 <= WIDTH


def test_the_axis_is_logarithmic_when_the_range_demands_it() -> None:
    assert not value_axis([1e-3, 7e-3], [], "seconds", "time").log
    axis = value_axis([1e-6, 1e-1], [], "seconds", "time")
    assert axis.log
    assert [label for _, label in axis.ticks] == ["1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms"]


def test_a_flat_series_looks_flat() -> None:
    axis = value_axis([1.000e-3, 1.001e-3], [], "seconds", "time")
    assert abs(axis.at(1.001e-3) - axis.at(1.000e-3)) < 0.05


def test_one_enormous_interval_does_not_squeeze_the_values() -> None:
    axis = value_axis([1e-3, 1.5e-3], [1e-9, 10.0], "seconds", "time")
    assert axis.at(1.5e-3) - axis.at(1e-3) > 0.25


def test_values_that_have_no_logarithm_get_a_linear_axis() -> None:
    assert not value_axis([-5.0, 0.0, 100.0], [], "things", "value").log


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=8), st.sampled_from(["seconds", "bytes", "things", ""]))
def test_every_value_lies_on_its_axis(values: list[float], unit: str) -> None:
    axis = value_axis(values, [], unit, "value")
    assert axis.low < axis.high
    assert all(0 <= axis.at(value) <= 1 for value in values)
    slack = 1e-6 * (axis.high - axis.low)
    assert all(axis.low - slack <= tick <= axis.high + slack for tick, _ in axis.ticks)
    assert len(axis.ticks) <= 12
    ordered = sorted(values)
    assert all(axis.at(a) <= axis.at(b) for a, b in pairwise(ordered))


@given(st.sets(st.integers(0, 9)))
def test_commits_lie_in_order(measured: set[int]) -> None:
    axis = commit_axis(REVISIONS, {REVISIONS[place].commit for place in measured})
    assert [each.position for each in axis.revisions] == sorted(measured)


def test_a_commit_that_the_history_does_not_know_comes_first() -> None:
    axis = commit_axis(REVISIONS[:2], {REVISIONS[0].commit, "f" * 40})
    assert [each.commit for each in axis.revisions] == ["f" * 40, REVISIONS[0].commit]
