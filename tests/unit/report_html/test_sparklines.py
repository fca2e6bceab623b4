"""Small pictures of histories: a path of the newest values, broken where a commit is missing, and words."""

from __future__ import annotations

import re

import numpy as np
import pytest

from stallhorn.report.html.charts.sparklines import POINTS, sparklines

GAP = float("nan")


def picture(values: list[float], unit: str = "seconds") -> str:
    (found,) = sparklines(np.array([values]), [unit])
    return found


def path(values: list[float]) -> str:
    found = re.search(r'<path d="([^"]*)"', picture(values))
    assert found is not None
    return found[1]


def test_no_series_have_no_pictures() -> None:
    assert sparklines(np.empty((0, 5)), []) == []


@pytest.mark.parametrize("values", [[], [1.0], [GAP, GAP], [GAP, 1.0, GAP]])
def test_a_picture_needs_two_values(values: list[float]) -> None:
    assert picture(values) == ""


def test_large_is_high_and_the_newest_is_on_the_right() -> None:
    assert path([1.0, 2.0]) == "M3 21L129 3"
    assert path([2.0, 1.0]) == "M3 3L129 21"


def test_small_differences_stay_small() -> None:
    assert path([1.0, 1.0, 1.0]) == "M3 12L66 12L129 12"
    assert path([1.0, 1.01]) == "M3 13L129 11"


def test_values_far_apart_stand_on_a_logarithmic_axis() -> None:
    assert path([1.0, 10.0, 100.0]) == "M3 21L66 12L129 3"


def test_a_missing_commit_breaks_the_line_and_what_stands_alone_is_still_seen() -> None:
    assert path([1.0, 2.0, GAP, 2.0]) == "M2 21L3 21L45 3M128 3L129 3"


def test_only_the_newest_values_are_drawn() -> None:
    values = [100.0, *[1.0, 2.0] * (POINTS // 2)]
    assert path(values) == path(values[1:])
    assert f'aria-label="{POINTS} commits: from 1.00 s to 2.00 s"' in picture(values)


def test_series_are_drawn_as_if_each_were_alone() -> None:
    rows = [[1.0, 2.0, 3.0], [GAP, 2.0, 3.0], [GAP, GAP, 3.0], [1.0, GAP, 50.0]]
    assert sparklines(np.array(rows), ["seconds"] * 4) == [picture(row) for row in rows]


def test_a_unit_is_text_and_no_markup() -> None:
    assert "1 &lt;b&gt; to 2 &lt;b&gt;" in picture([1.0, 2.0], "<b>")
