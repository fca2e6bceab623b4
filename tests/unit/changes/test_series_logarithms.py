"""One series in arrays: what is missing, what has no logarithm, and what was disturbed within its run."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.changes.series import logarithms

NAN, INF = math.nan, math.inf


def positions(values: list[float | None], weights: list[float | None] | None = None) -> list[int]:
    x, at = logarithms(values, weights)
    assert len(x) == len(at)
    return [int(place) for place in at]


def test_logarithms_of_what_is_there() -> None:
    x, at = logarithms([1.0, None, 2.0, NAN, INF, -INF, 4])
    assert at.tolist() == [0, 2, 6]
    assert x.tolist() == pytest.approx([0, math.log(2), math.log(4)])


@pytest.mark.parametrize("values", [[], [None], [None, NAN, INF]])
def test_where_nothing_is_there(values: list[float | None]) -> None:
    assert positions(values) == []
    assert positions(values, [1.0] * len(values)) == []


def test_the_least_and_the_largest_numbers_have_logarithms() -> None:
    x, _ = logarithms([5e-324, 1e308])
    assert x.tolist() == pytest.approx([math.log(5e-324), math.log(1e308)])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 2.0, 2.0, 4.0], [0, 1, 1, 2]),
        ([-2.0, -2.0, -4.0], [-1, -1, -2]),
        ([-3.0, 6.0, 6.0], [-0.5, 1, 1]),
        ([0.0, 0.0, 0.0, 5.0], [0, 0, 0, 1]),  # the typical size is nothing: then it is the largest
        ([0.0, 0.0], [0, 0]),
        ([-1.5e308, 1.5e308], [-1, 1]),
        ([1e-300, 1e-300, -1e300], [1, 1, -1e6]),  # beyond all measure is as far as it goes
    ],
)
def test_where_there_is_no_ratio_values_are_in_units_of_their_size(values: list[float], expected: list[float]) -> None:
    x, at = logarithms(values)
    assert x.tolist() == pytest.approx(expected)
    assert at.tolist() == list(range(len(values)))


ANY = st.one_of(st.none(), st.floats(), st.integers(-(10**9), 10**9), st.sampled_from([1.5e308, -1.5e308, 0.0]))


@given(st.lists(st.tuples(ANY, ANY), max_size=30))
def test_any_list_has_finite_answers_and_nothing_is_said(pairs: list[tuple[float | None, float | None]]) -> None:
    values = [value for value, _ in pairs]
    there = [i for i, value in enumerate(values) if value is not None and math.isfinite(value)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x, at = logarithms(values)
        weighed, left = logarithms(values, [weight for _, weight in pairs])
    assert np.isfinite(x).all()
    assert np.isfinite(weighed).all()
    assert at.tolist() == there
    assert set(left.tolist()) <= set(there)


# --- weights: 1 / spread within a run


def spreads(n: int, wide: dict[int, float]) -> list[float | None]:
    return [100.0 / wide.get(i, 1.0) for i in range(n)]


@pytest.mark.parametrize("wide", [[7], [7, 8], [0], [18, 19], [3, 4, 10]])
def test_single_points_and_pairs_with_a_wide_spread_are_disturbed(wide: list[int]) -> None:
    kept = positions([1.0] * 20, spreads(20, dict.fromkeys(wide, 12.0)))
    assert kept == [i for i in range(20) if i not in wide]


@pytest.mark.parametrize("wide", [[7, 8, 9], [17, 18, 19], list(range(10, 20))])
def test_three_in_a_row_are_how_the_code_is_now(wide: list[int]) -> None:
    assert positions([1.0] * 20, spreads(20, dict.fromkeys(wide, 12.0))) == list(range(20))


def test_a_spread_that_is_a_little_wider_is_nothing() -> None:
    assert positions([1.0] * 20, spreads(20, {7: 3.9})) == list(range(20))
    assert 7 not in positions([1.0] * 20, spreads(20, {7: 4.1}))


@pytest.mark.parametrize("unknown", [None, NAN, INF, 0.0, -1.0])
def test_a_spread_that_is_not_known_is_no_wide_one(unknown: float | None) -> None:
    some = [*spreads(18, {7: 12.0}), unknown, unknown]
    assert positions([1.0] * 20, some) == [i for i in range(20) if i != 7]
    most = [*spreads(10, {7: 12.0}), *[unknown] * 10]
    assert positions([1.0] * 20, most) == list(range(20))  # too few to know what is usual
    assert positions([1.0] * 20, [unknown] * 20) == list(range(20))


def test_weights_that_are_all_alike_change_nothing() -> None:
    assert positions([1.0, None, 2.0], [1.0, 1.0, 1.0]) == [0, 2]
    assert positions([], []) == []


@pytest.mark.parametrize("weights", [[1.0], [1.0] * 5])
def test_weights_for_other_values_are_refused(weights: list[float | None]) -> None:
    with pytest.raises((ValueError, IndexError)):
        logarithms([1.0] * 4, weights)
