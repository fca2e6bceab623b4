"""Strips and small charts of a change."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from stallhorn.report.html.charts.multiple import Look, Point, multiple
from stallhorn.report.html.charts.strip import in_words, shade, strip


@pytest.mark.parametrize(
    ("ratio", "name"),
    [(None, ""), (1.0, "same"), (1.04, "same"), (0.97, "same"), (1.06, "w1"), (1.3, "w2"), (1.6, "w3"), (9.0, "w4"),
     (0.94, "b1"), (0.75, "b2"), (0.6, "b3"), (0.2, "b4"), (0.0, "b4"), (float("inf"), "w4")],
)  # fmt: skip
def test_a_ratio_has_a_shade(ratio: float | None, name: str) -> None:
    assert shade(ratio) == name


def test_a_strip_has_a_path_for_each_shade_and_its_numbers() -> None:
    found = ElementTree.fromstring(strip([1.0, 1.01, None, 2.5, 2.5], 3, "before and since"))
    assert found.get("data-ratios") == "1 1.01 - 2.5 2.5"
    assert found.get("aria-label") == "before and since"
    assert [(path.get("class"), path.get("d")) for path in found] == [
        ("same", "M0 0H20V16H0z"),
        ("w4", "M30 0H50V16H30z"),
        ("edge", "M30 0V16"),
    ]


def test_the_words_of_a_strip_escape_what_is_in_them() -> None:
    assert "<script>" not in strip([1.0], 0, '"><script>')


def test_a_strip_in_words() -> None:
    assert in_words([1.0, 0.98, None, 2.0], 3) == "before 0.98x to 1.00x, since 2.00x of the level before"
    assert in_words([None, 2.0], 1) == "before nothing, since 2.00x of the level before"


LOOK = Look("seconds", "slower", "rbf: 2.00x slower")


def drawn(points: list[Point], breaks: frozenset[int] = frozenset()) -> ElementTree.Element:
    return ElementTree.fromstring(multiple(points, 5, breaks, (1, 2), LOOK))


def line(points: list[Point], breaks: frozenset[int] = frozenset()) -> str:
    return next(each.get("d") or "" for each in drawn(points, breaks) if each.get("class") == "line s1")


def test_nothing_is_drawn_without_a_point() -> None:
    assert multiple([], 5, frozenset(), (1, 2), LOOK) == ""


def test_a_line_ends_at_what_was_not_measured() -> None:
    points = [Point(place, 1e-3 * (place + 1), 1e-3, 6e-3) for place in range(5)]
    assert line(points).count("M") == 1
    assert line(points, frozenset({2})).count("M") == 2
    assert line([each for each in points if each.place != 2]).count("M") == 2
    assert line([each for each in points if each.place == 2]) == ""


def test_a_chart_says_what_it_shows_and_marks_the_change() -> None:
    found = drawn([Point(0, 1e-3, 0.9e-3, 1.1e-3), Point(3, 2e-3, 1.9e-3, 2.1e-3)])
    assert found.get("aria-label") == "rbf: 2.00x slower"
    assert found[0].get("class") == "mark slower"
    assert "ms" in [each.text for each in found]
