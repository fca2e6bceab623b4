"""Numbers with their units."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallhorn import units


def test_what_was_not_measured_says_so() -> None:
    assert units.seconds(None) == units.size(None) == units.quantity(None, "things") == "not measured"
    assert units.ratio(None) == units.ratio(0.0) == "not comparable"
    assert units.interval(None, 1.0, "seconds") == "no interval"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 s"),
        (1.5e-9, "1.50 ns"),
        (9.996e-4, "1.00 ms"),
        (0.00123, "1.23 ms"),
        (0.0999, "99.9 ms"),
        (1234, "1234 s"),
    ],
)
def test_times(value: float, text: str) -> None:
    assert units.seconds(value) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0 B"), (1536, "1.50 KiB"), (3 * 2**30, "3.00 GiB")])
def test_sizes(value: float, text: str) -> None:
    assert units.size(value) == text


def test_any_other_unit_is_written_as_it_is() -> None:
    assert units.quantity(12.5, "calls") == "12.5 calls"


def test_a_bound_is_written_to_three_digits_so_that_a_value_is_not_outside_of_it() -> None:
    assert units.seconds(998e-9) == "998 ns"
    assert units.interval(995.7e-9, 1.1e-6, "seconds") == "0.996 to 1.10 µs"


def test_both_bounds_share_a_unit() -> None:
    assert units.interval(0.0009, 0.0012, "seconds") == "0.900 to 1.20 ms"
    assert units.interval(1, 2, "calls") == "1 to 2 calls"


@pytest.mark.parametrize(("value", "text"), [(2.0, "2.00x slower"), (0.5, "2.00x faster"), (1.0, "1.00x slower")])
def test_ratios_cannot_be_misread(value: float, text: str) -> None:
    assert units.ratio(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (75, "1 min 15 s"), (3599.6, "1 h"), (3700, "1 h 1 min")],
)
def test_waiting_times(value: float, text: str) -> None:
    assert units.duration(value) == text


@given(st.floats(1e-9, 1e5))
def test_every_time_has_three_digits_and_the_right_size(value: float) -> None:
    number, unit = units.seconds(value).split(" ")
    assert re.fullmatch(r"\d{3,}|\d\d\.\d|\d\.\d\d", number)
    factor = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}[unit]
    assert float(number) * factor == pytest.approx(value, rel=0.006)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1.00x"), (9.99, "9.99x"), (9.996, "10.0x"), (35.21, "35.2x"), (99.96, "100x"), (1190.0, "1,190x")],
)
def test_factors_have_three_digits_and_no_powers_of_ten(value, text):
    assert units.times(value) == text
