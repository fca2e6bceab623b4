"""Order statistics and the noise of a series, against what the standard library and NumPy say."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.changes.loops import order
from stallhorn.changes.series import Floats

pytestmark = pytest.mark.usefixtures("plain")

# Few different values as well: equal ones are what such loops stumble over.
NUMBERS = st.one_of(
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60),
    st.lists(st.integers(0, 3).map(float), min_size=1, max_size=60),
)
BEYOND = 1e99  # what stands behind the first n, and must not be looked at


def buffer(values: list[float]) -> Floats:
    return np.array([*values, BEYOND, -BEYOND])


@given(NUMBERS)
def test_sort_puts_the_first_n_in_order_and_leaves_the_others(values: list[float]) -> None:
    b = buffer(values)
    order.sort(b, len(values))
    assert b.tolist() == [*sorted(values), BEYOND, -BEYOND]


@given(NUMBERS, st.data())
def test_select_is_the_kth_of_the_sorted(values: list[float], data: st.DataObject) -> None:
    k = data.draw(st.integers(0, len(values) - 1))
    b = buffer(values)
    assert order.select(b, len(values), k) == sorted(values)[k]
    assert sorted(b[: len(values)]) == sorted(values)


@given(NUMBERS)
def test_medians(values: list[float]) -> None:
    n, expected = len(values), pytest.approx(statistics.median(values), rel=1e-12)
    assert order.median(buffer(values), n) == expected
    assert order.middle(buffer(sorted(values)), n) == expected


@given(NUMBERS)
def test_deviation_is_that_of_a_normal_from_the_median_absolute_deviation(values: list[float]) -> None:
    x = np.array(values)
    expected = 1.4826 * np.median(np.abs(x - np.median(x)))
    assert order.deviation(buffer(values), len(values)) == pytest.approx(expected, rel=1e-12)


@given(NUMBERS, st.data())
def test_level_is_the_median_of_a_stretch(values: list[float], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(values) - 1))
    stop = data.draw(st.integers(start + 1, len(values)))
    x = np.array(values)
    assert order.level(x, start, stop, np.zeros(len(x))) == pytest.approx(np.median(x[start:stop]), rel=1e-12)
    assert x.tolist() == values


# --- the noise from point to point


def noise(x: Floats) -> float:
    return order.noise(np.ascontiguousarray(x), np.zeros(len(x)))


def of_differences(x: Floats) -> float:
    """The same, written down with NumPy."""
    first, second = np.diff(x), x[2:] - x[:-2]
    scales = [1.4826 * np.median(np.abs(each - np.median(each))) for each in (first, second)]
    scales.append(np.sort(np.abs(first))[int(0.85 * (len(first) - 1))] / 1.44)
    return max(float(max(scales)) / math.sqrt(2), 0.0008)


@given(st.lists(st.floats(-10, 10), min_size=5, max_size=80))
def test_noise_is_the_largest_of_three_estimates(values: list[float]) -> None:
    x = np.array(values)
    assert noise(x) == pytest.approx(of_differences(x), rel=1e-9)


def normal(n: int = 4000, sigma: float = 0.02) -> Floats:
    return np.random.default_rng(3).normal(0, sigma, n)


def test_noise_of_a_normal_series_is_its_standard_deviation() -> None:
    assert noise(normal()) == pytest.approx(0.02, rel=0.08)


def test_noise_does_not_see_levels_a_drift_or_a_few_wild_points() -> None:
    plain = noise(normal())
    moved = normal()
    moved[1000:] += 1
    moved[3000:] -= 2
    assert noise(moved) == pytest.approx(plain, rel=0.01)
    assert noise(normal() + np.linspace(0, 1, 4000)) == pytest.approx(plain, rel=0.02)
    wild = normal()
    wild[::50] += 5
    assert noise(wild) < 1.2 * plain


def test_noise_sees_two_modes_where_the_median_difference_does_not() -> None:
    rng = np.random.default_rng(4)
    flipping = rng.normal(0, 0.01, 2000) + 0.2 * (rng.random(2000) < 0.15)
    assert 1.4826 * np.median(np.abs(np.diff(flipping))) / math.sqrt(2) < 0.02
    assert noise(flipping) > 0.08


@pytest.mark.parametrize("n", [0, 1, 4, 5, 50])
def test_noise_is_never_less_than_any_timing_has(n: int) -> None:
    assert noise(np.full(n, 3.0)) == order.LEAST


# --- single points that are far away


def without_spikes(x: Floats, sigma: float) -> Floats:
    y = np.full(len(x), np.nan)
    order.without_spikes(x, sigma, y, np.zeros(max(len(x), 5)))
    return y


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=40), st.floats(0.01, 3))
def test_a_spike_becomes_the_median_of_the_five_around_it(values: list[float], sigma: float) -> None:
    x = np.array(values)
    around = np.array([np.median(x[max(0, i - 2) : i + 3]) for i in range(len(x))])
    expected = np.where(np.abs(x - around) > 3.5 * sigma, around, x)
    assert without_spikes(x, sigma).tolist() == pytest.approx(expected.tolist(), rel=1e-12)


def test_one_or_two_wild_points_go_and_a_level_of_three_stays() -> None:
    for wild in (1, 2):
        x = np.zeros(20)
        x[9 : 9 + wild] = 1
        assert not without_spikes(x, 0.01).any()
    x = np.zeros(20)
    x[9:12] = 1
    assert without_spikes(x, 0.01).tolist() == x.tolist()
