"""Charts: where values and commits lie, and that nothing is drawn where nothing was measured."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_builder import key, missing, ok, revision

from stallhorn.model import Direction, Status
from stallhorn.report.html.charts.axes import commit_axis, value_axis
from stallhorn.report.html.charts.history import HEIGHT, MOST_LINES, WIDTH, Line, Mark, history_chart

REVISIONS = [revision(position) for position in range(10)]
OF = key()


def chart(points: list, marks: list = [], unit: str = "seconds", lines: int = 1) -> str:  # noqa: B006
    commits = commit_axis(REVISIONS, {point.commit for point in points})
    return history_chart([Line(f"line {i}", tuple(points)) for i in range(lines)], commits, marks, unit, "A title")


def drawn(svg: str, kind: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(svg)
    return [each for each in root.iter() if kind in (each.get("class") or "").split()]


def test_nothing_measured_draws_nothing() -> None:
    assert chart([missing(OF, REVISIONS[0], Status.FAILED, "no")]) == ""


def test_one_commit_is_a_point_with_its_interval_and_no_line() -> None:
    svg = chart([ok(OF, REVISIONS[0], 1e-3)])
    assert len(drawn(svg, "point")) == 1
    assert drawn(svg, "line")[0].get("d", "") == ""
    assert drawn(svg, "band")[0].get("d", "").startswith("M")


def test_a_line_breaks_where_commits_were_not_measured() -> None:
    svg = chart([ok(OF, REVISIONS[place], 1e-3) for place in (0, 1, 2, 5, 6)])
    assert drawn(svg, "line")[0].get("d", "").count("M") == 2
    assert "".join(drawn(svg, "gap-label")[0].itertext()) == "2 not"


def test_a_line_breaks_at_a_failure_which_is_marked() -> None:
    points = [ok(OF, REVISIONS[0], 1e-3), missing(OF, REVISIONS[1], Status.FAILED, "boom"), ok(OF, REVISIONS[2], 1e-3)]
    svg = chart(points)
    assert drawn(svg, "line")[0].get("d", "") == ""
    assert "boom" in (drawn(svg, "missing")[0].get("data-tip") or "")


def test_a_change_is_told_in_words_and_sign() -> None:
    points = [ok(OF, REVISIONS[place], 1e-3 * (1 + place // 2)) for place in range(4)]
    mark = Mark(REVISIONS[1].commit, REVISIONS[2].commit, Direction.SLOWER, ("2.00x slower", "2.00x"))
    texts = ["".join(each.itertext()) for each in drawn(chart(points, [mark]), "mark")]
    assert "▲ 2.00x slower" in texts


def test_labels_of_many_changes_do_not_overlap() -> None:
    points = [ok(OF, REVISIONS[place], 1e-3 * (1 + place % 2)) for place in range(10)]
    marks = [
        Mark(older.commit, newer.commit, Direction.SLOWER, ("2.00x slower, and more words", "2.00x"))
        for older, newer in pairwise(REVISIONS)
    ]
    texts = [each for each in drawn(chart(points, marks), "mark") if each.tag == "text"]
    lanes: dict[str, list[tuple[float, float]]] = {}
    for text in texts:
        half = 3.0 * len(text.text or "")
        x = float(text.get("x", ""))
        lanes.setdefault(text.get("y", ""), []).append((x - half, x + half))
    for lane in lanes.values():
        lane.sort()
        assert all(left[1] <= right[0] for left, right in pairwise(lane))


def test_six_lines_differ_in_more_than_colour() -> None:
    svg = chart([ok(OF, REVISIONS[0], 1e-3)], lines=MOST_LINES)
    shapes = {re.sub(r"[\d.\- ]+", "", each.get("d", "")) + str(len(each.get("d", ""))) for each in drawn(svg, "point")}
    assert len({each.get("d") for each in drawn(svg, "point")}) == MOST_LINES
    assert len(shapes) >= MOST_LINES - 2  # some differ only in how they are turned
    with pytest.raises(ValueError, match="6 lines"):
        chart([ok(OF, REVISIONS[0], 1e-3)], lines=MOST_LINES + 1)


def test_a_chart_has_a_title_and_a_description() -> None:
    svg = chart([ok(OF, REVISIONS[0], 1e-3)])
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == ["title", "desc"]
    assert "1.00 ms (0.970 to 1.03 ms)" in (root[1].text or "")


def test_hostile_text_stays_text() -> None:
    points = [missing(OF, REVISIONS[0], Status.FAILED, '"><script>x</script>\x00'), ok(OF, REVISIONS[1], 1.0)]
    root = ElementTree.fromstring(chart(points))
    assert not [each for each in root.iter() if each.tag == "script"]


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


@given(st.sets(st.integers(0, 9), min_size=1))
def test_commits_lie_in_order_and_gaps_count_what_is_missing(measured: set[int]) -> None:
    axis = commit_axis(REVISIONS, {REVISIONS[place].commit for place in measured})
    places = [axis.places[each.commit] for each in axis.revisions]
    assert [each.position for each in axis.revisions] == sorted(measured)
    assert places == sorted(places)
    assert all(0 <= place <= 1 for place in places)
    assert sum(gap.commits for gap in axis.gaps) == max(measured) - min(measured) + 1 - len(measured)


def test_a_commit_that_the_history_does_not_know_has_a_place() -> None:
    axis = commit_axis(REVISIONS[:2], {REVISIONS[0].commit, "f" * 40})
    assert set(axis.places) == {REVISIONS[0].commit, "f" * 40}


def test_coordinates_stay_inside_the_chart() -> None:
    svg = chart([ok(OF, REVISIONS[place], 10.0**-place, spread=0.9) for place in range(10)])
    for mark in drawn(svg, "point"):
        assert 0 <= float(mark.get("data-x", "")) <= WIDTH
        assert 0 <= float(mark.get("data-y", "")) <= HEIGHT
