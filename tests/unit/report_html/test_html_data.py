"""The data of all series for scripts: integers that lose nothing that is shown, columns, small histories."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_builder import NOW, compare, key, level, missing, ok, report, revision

from stallhorn.model import Change, ChangePoint, Direction, Machine, Measurement, Report, Series, Status, Verdict
from stallhorn.report.html.charts.small import small
from stallhorn.report.html.data.numbers import DIGITS, OTHERS, Integers, listed, scaled, scales
from stallhorn.report.html.data.script import script
from stallhorn.report.html.data.series import series_index, series_rest
from stallhorn.report.html.data.spark import TOP, length, sparks, top
from stallhorn.report.html.view import Site, arrange
from stallhorn.report.html.words import identifier
from stallhorn.units import interval, quantity

AT = [revision(place) for place in range(60)]


def series(*values: float | None, unit: str = "seconds", **parameters: str) -> Series:
    of = key(**parameters)
    points: list[Measurement] = [
        missing(of, at, Status.FAILED, "raised") if value is None else ok(of, at, value)
        for at, value in zip(AT, values, strict=False)
    ]
    return Series(of, unit, tuple(points))


def index(made: Report) -> dict[str, Any]:
    site = arrange(made, NOW)
    return json.loads(json.dumps(series_index(site, {}, scales_of(site))))


def later(made: Report) -> tuple[dict[str, Any], dict[str, Any]]:
    site = arrange(made, NOW)
    return series_rest(site, scales_of(site))


def scales_of(site: Site) -> Integers:
    return scales([row.series for row in site.indexed])


# --- numbers as integers


def test_no_series_have_no_scales() -> None:
    assert scales([]).tolist() == []
    assert scaled(np.array([]), np.array([], int)).tolist() == []
    assert scales([series()]).tolist() == [0]


def test_the_smallest_positive_value_has_all_digits() -> None:
    found = scales([series(0.5, 0.00123), series(2e6), series(None, 7.0), series(0.0, -3.0), series(0.0)])
    assert found.tolist() == [-7, 2, -4, -4, 0]
    assert scales([series(1536.0, unit="bytes")]).tolist() == [-3]
    assert (0.00123 / 10.0 ** found[0]) == pytest.approx(12300)


def test_what_is_not_measured_stays_none() -> None:
    assert listed(scaled(np.array([math.nan, 1.5, math.inf]), np.array([-4, -4, -4]))) == [None, 15000, None]


@given(st.floats(1e-12, 900), st.integers(0, 3))
def test_times_read_the_same_from_their_integer(value: float, larger: int) -> None:
    """Also with a digit less, as the index has it, and where other values of the series are smaller."""
    exponent = math.floor(math.log10(value)) - DIGITS["seconds"] + 2 - larger
    again = scaled(np.array([value]), np.array([exponent]))[0] / 10.0**-exponent
    assert quantity(again, "seconds") == quantity(value, "seconds")
    assert interval(again, again, "seconds") == interval(value, value, "seconds")


@given(st.floats(1e-3, 9e5))
def test_other_units_read_the_same_too(value: float) -> None:
    exponent = math.floor(math.log10(value)) - OTHERS + 2
    integer = scaled(np.array([value]), np.array([exponent]))[0]
    again = integer / 10.0**-exponent if exponent < 0 else integer * 10.0**exponent
    assert quantity(again, "items") == quantity(value, "items")


def test_rounding_twice_would_give_another_digit() -> None:
    value = 1004.6e-6
    assert quantity(value, "seconds") == "1.00 ms"
    assert quantity(1005e-6, "seconds") == "1.01 ms"  # of the nearest integer on that scale
    assert quantity(scaled(np.array([value]), np.array([-6]))[0] / 1e6, "seconds") == "1.00 ms"


# --- the index


def test_the_index_of_nothing() -> None:
    found = index(report())
    assert found["count"] == 0
    assert found["benchmarks"] == found["value"] == found["combinations"] == []


def test_columns_tell_each_series_in_the_order_of_the_suite() -> None:
    one, two = series(1e-3, 2e-3, n="20", backend="'numba'"), series(1e-3, n="3", backend="'jax'")
    found = index(report([one, two], revisions=AT))
    assert found["shapes"] == [["n", "backend"]]
    assert [found["combinations"][place] for place in found["parameters"]] == [[0, "20", "numba"], [0, "3", "jax"]]
    assert found["benchmarks"] == ["suite.Case.time_it"]
    assert found["pages"] == identifier("suite.Case.time_it")
    assert [value * 10.0 ** (scale + 1) for value, scale in zip(found["value"], found["scale"], strict=True)] == [
        pytest.approx(2e-3),
        pytest.approx(1e-3),
    ]


def test_failures_have_a_status_a_reason_and_no_value() -> None:
    found = index(report([series(1e-3, None)], revisions=AT))
    assert found["value"] == [None]
    assert [found["statuses"][place] for place in found["status"]] == ["failed"]
    assert [found["reasons"][place] for place in found["reason"]] == ["raised"]


def test_ratios_are_exact_where_a_change_is_told_and_short_where_none_is() -> None:
    noise, slow = series(1e-3, 1.00437e-3, n="1"), series(1e-3, 2.0123e-3, n="2")
    compared = [
        compare(noise.points[1], 1e-3, Verdict.CLEAN),
        compare(slow.points[1], 1e-3, Verdict.REGRESSION, Direction.SLOWER),
    ]
    found = index(report([noise, slow], revisions=AT, comparisons=compared))
    assert found["ratio"] == [4, pytest.approx(1012.3)]
    assert [found["standings"][place][0] for place in found["standing"]] == ["same", "slower"]


@pytest.mark.parametrize("ratio", [1.9996, 0.50004])
def test_no_ratio_is_rounded_across_the_border_of_another_form(ratio: float) -> None:
    near = series(1e-3, ratio * 1e-3)
    found = index(report([near], revisions=AT, comparisons=[compare(near.points[1], 1e-3, Verdict.CLEAN)]))
    assert found["ratio"][0] == pytest.approx((ratio - 1) * 1000)


def test_the_newest_change_of_a_series_has_its_page() -> None:
    one = series(1.0, 2.0, 4.0)

    def change(place: int) -> Change:
        point = ChangePoint(one.key, level(0, place, 1.0), level(place, 3, 2.0), AT[place - 1].commit, AT[place].commit)
        return Change(AT[place - 1], AT[place], (), Direction.SLOWER, (point,))

    found = index(report([one, series(1.0, n="2")], revisions=AT, changes=[change(2), change(1)]))
    assert found["changes"] == [[change(2).id, f"change/{change(2).id}.html", f"slower since {AT[2].short}"]]
    assert found["change"] == [0, -1]


def test_what_is_within_noise_is_explained_later() -> None:
    one = series(1.0, 1.0)
    made = report([one], revisions=AT, comparisons=[compare(one.points[1], 1.0, Verdict.CLEAN, reason="too noisy")])
    first, rest = later(made)
    assert index(made)["reason"] == [-1]
    assert (first["rows"], first["reason"], rest["reason"]) == ([0], [0], [0])
    assert index(made)["reasons"] == ["too noisy"]


def test_intervals_are_distances_on_the_scale_of_the_value() -> None:
    made = report([series(1.0), series(None, n="2")], revisions=AT)
    _, rest = later(made)
    assert rest["below"] == [30, None]  # 0.97 of 1, in thousandths
    assert rest["above"] == [30, None]


def test_texts_are_cleaned_and_cannot_end_the_script() -> None:
    hostile = "</script><script>\u2028\u202e\x00"
    of = key(f"suite.{hostile}", n=repr(hostile))
    one = Series(of, hostile, (ok(of, AT[0], 1.0),))
    made = report([one], revisions=AT, machines={of.machine: Machine(of.machine)})
    text = script("series", index(made)).content.decode()
    assert "<" not in text
    assert not set("\u2028\u2029\u202e\x00") & set(text)
    assert text.startswith('(window.stallhornData ||= {})["series"] = {"schema":1,')


# --- small histories


def test_the_histories_of_nothing() -> None:
    site = arrange(report(), NOW)
    assert (sparks(site), top(site), length(site)) == ([], [], 0)


def test_a_history_runs_from_its_lowest_to_its_highest_value() -> None:
    site = arrange(report([series(1.0, 2.0, 1.5)], revisions=AT), NOW)
    assert sparks(site) == ["0vg"]


def test_noise_is_not_blown_up() -> None:
    (text,) = sparks(arrange(report([series(1.0, 1.001, 1.0)], revisions=AT), NOW))
    assert max(int(letter, 32) for letter in text) - min(int(letter, 32) for letter in text) <= 1


def test_what_is_not_measured_is_a_dot_and_short_histories_begin_with_dots() -> None:
    short = [ok(key(machine="m2"), AT[0], 1.0)]
    other = Series(key(machine="m2"), "seconds", tuple(short))
    site = arrange(report([series(1.0, None, 2.0), other], revisions=AT), NOW)
    assert sparks(site) == ["0.v", "..g"]


def test_a_long_history_ends_with_its_newest_commit() -> None:
    site = arrange(report([series(*[1.0] * 59, 2.0)], revisions=AT), NOW)
    (text,) = sparks(site)
    assert len(text) == length(site) == 24
    assert text == "0" * 23 + "v"


def test_one_wild_point_of_a_long_history_is_no_step() -> None:
    site = arrange(report([series(*[1.0] * 20, 9.0, *[1.0] * 39)], revisions=AT), NOW)
    assert set(sparks(site)[0]) == {"g"}


def test_large_ratios_are_drawn_logarithmically() -> None:
    (text,) = sparks(arrange(report([series(1.0, 10.0, 100.0)], revisions=AT), NOW))
    assert text == "0gv"


def test_a_history_is_drawn_as_the_browser_draws_it() -> None:
    drawn = str(small("0.v", "2.00 s"))
    assert 'd="M4.0 24.0h2M128.0 4.0h2"' in drawn
    assert 'aria-label="history in 2 values, the newest 2.00 s"' in drawn
    assert 'd="M4.0 24.0L66.0 14.3L128.0 4.0"' in str(small("0fv", ""))
    assert small("..", "") == small("", "") == ""


def test_the_table_begins_with_the_most_urgent_and_largest() -> None:
    found = [series(1.0, 1.0 + place / 10, n=str(place)) for place in range(5)]
    compared = [
        compare(each.points[1], 1.0, Verdict.REGRESSION if place in (1, 3) else Verdict.CLEAN, Direction.SLOWER)
        for place, each in enumerate(found)
    ]
    compared[1:2] = [replace(compared[1], verdict=Verdict.REGRESSION)]
    assert top(arrange(report(found, revisions=AT, comparisons=compared), NOW)) == [3, 1, 0, 2, 4]


def test_it_begins_with_so_many_rows() -> None:
    found = [series(1.0, n=str(place)) for place in range(TOP + 10)]
    assert len(top(arrange(report(found, revisions=AT), NOW))) == TOP
