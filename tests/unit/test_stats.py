"""Medians and their intervals, on samples too small for formulas that need many."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.stats import mad, median, median_interval, order_statistic, trimmed_range

VALUES = st.lists(st.floats(-1e150, 1e150), min_size=2, max_size=60)
TIMES = st.lists(st.floats(1e-9, 1e6), min_size=2, max_size=60)


def test_no_values_have_no_median() -> None:
    with pytest.raises(IndexError):
        median([])


def test_one_value_says_nothing_about_its_spread() -> None:
    assert median([3.0]) == 3.0
    assert median_interval([3.0]) is None
    assert median_interval([]) is None


@given(VALUES)
def test_the_median_lies_in_the_middle(values: list[float]) -> None:
    center = median(values)
    assert sum(value <= center for value in values) >= len(values) / 2
    assert sum(value >= center for value in values) >= len(values) / 2


@given(VALUES)
def test_an_interval_holds_the_median_and_does_not_depend_on_the_order(values: list[float]) -> None:
    low, high = median_interval(values) or (math.nan, math.nan)
    assert low <= median(values) <= high
    assert median_interval(values[::-1]) == (low, high)


@given(TIMES)
def test_bounds_of_times_are_positive_and_finite(values: list[float]) -> None:
    low, high = median_interval(values) or (0.0, 0.0)
    assert 0 < low <= high < math.inf


@given(TIMES, st.sampled_from([0.25, 4.0, 1024.0]))
def test_the_unit_does_not_matter(values: list[float], factor: float) -> None:
    low, high = median_interval(values) or (0.0, 0.0)
    scaled = median_interval([value * factor for value in values])
    assert scaled == pytest.approx((low * factor, high * factor))


@pytest.mark.parametrize(
    ("n", "k"),
    [(0, None), (7, None), (8, 1), (10, 1), (11, 1), (12, 2), (20, 4), (30, 8), (100, 37)],
)
def test_order_statistics_are_those_of_the_binomial_tables(n: int, k: int | None) -> None:
    assert order_statistic(n) == k
    if k is not None:
        tail = sum(math.comb(n, each) for each in range(k)) / 2**n
        assert 2 * tail <= 0.01 < 2 * (tail + math.comb(n, k) / 2**n)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 8, 10])
def test_the_interval_misses_the_true_median_at_most_once_in_a_hundred(n: int) -> None:
    rng = random.Random(n)
    trials, missed = 20_000, 0
    for _ in range(trials):
        interval = median_interval([math.exp(rng.gauss(0, 0.1)) for _ in range(n)])
        assert interval is not None
        missed += not interval[0] <= 1.0 <= interval[1]
    assert missed / trials < 0.0125  # 1 % and 3.5 standard deviations of the simulation


def test_the_spread_ignores_an_outlier() -> None:
    assert mad([1.0, 1.1, 0.9, 1.0, 50.0]) == pytest.approx(0.1)


def test_few_values_are_not_trimmed_and_more_lose_the_outermost() -> None:
    assert trimmed_range([4, 1, 3, 2]) == (1, 4)
    assert trimmed_range([5, 1, 3, 2, 4]) == (2, 4)
    assert trimmed_range(list(range(30))) == (3, 26)
