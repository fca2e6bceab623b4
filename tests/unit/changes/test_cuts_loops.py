"""Where a series may change: contrasts at every scale, the best choice among the places, and where exactly they lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.changes.loops import cuts
from stallhorn.changes.series import Floats

pytestmark = pytest.mark.usefixtures("plain")

SIGMA = 0.01


def levels(*stretches: tuple[int, float], sigma: float = SIGMA, seed: int = 1) -> Floats:
    """So many points on each level, in noise."""
    flat = np.concatenate([np.full(count, level) for count, level in stretches])
    return flat + np.random.default_rng(seed).normal(0, sigma, len(flat))


def sums(x: Floats) -> tuple[Floats, Floats]:
    return np.concatenate([[0.0], np.cumsum(x)]), np.concatenate([[0.0], np.cumsum(x * x)])


# --- places


def marked(x: Floats, sigma: float = SIGMA) -> list[int]:
    found = np.full(len(x) + 4, 7, np.int64)
    cuts.places(sums(x)[0], sigma, found, np.zeros(len(x) + 4))
    assert found[len(x) :].tolist() == [7] * 4  # no word about what is not part of the series
    return [int(place) for place in np.flatnonzero(found[: len(x)])]


def contrasts(x: Floats, width: int, sigma: float) -> Floats:
    """The differences of the means of two windows, in their standard errors, written down plainly."""
    found = np.zeros(len(x))
    for i in range(cuts.SHORTEST, len(x) - 2):
        before, after = x[max(0, i - width) : i], x[i : i + width]
        found[i] = abs(after.mean() - before.mean()) / (sigma * math.sqrt(1 / len(before) + 1 / len(after)))
    return found


@given(st.lists(st.floats(-1, 1), min_size=6, max_size=60), st.floats(0.02, 0.5))
def test_every_place_is_where_some_contrast_is_large(values: list[float], sigma: float) -> None:
    x = np.array(values)
    widths, width = [], cuts.SHORTEST
    while not widths or (2 * width <= len(x) and width <= cuts.WIDEST):
        widths.append(width)
        width += max(1, int(width * cuts.GROWTH))
    largest = np.max([contrasts(x, width, sigma) for width in widths], axis=0)
    found = marked(x, sigma)
    assert all(largest[place] > cuts.CONTRAST - 1e-9 for place in found)
    top = int(np.argmax(largest))
    if largest[top] > cuts.CONTRAST + 1e-6:  # nothing beside the largest of all can be larger
        assert any(largest[place] > largest[top] - 1e-6 for place in found)


def test_a_flat_series_has_no_place() -> None:
    assert marked(np.zeros(100)) == []
    assert marked(np.zeros(3)) == []


@pytest.mark.parametrize(("contrast", "expected"), [(2.9, []), (3.1, [3]), (-3.1, [3])])
def test_a_place_is_three_standard_errors(contrast: float, expected: list[int]) -> None:
    assert marked(np.repeat([0.0, contrast * SIGMA * math.sqrt(2 / 3)], 3)) == expected


def test_of_equals_the_first_is_the_place() -> None:
    assert marked(np.array([0, 0, 0, 1.5, 3, 3, 3]), sigma=0.5) == [3]


def test_a_step_is_a_place_and_so_is_each_end_of_a_short_stay() -> None:
    assert 40 in marked(levels((40, 0), (60, 0.1)))
    assert {40, 45} <= set(marked(levels((40, 0), (5, 0.1), (60, 0))))


def test_a_small_step_is_seen_at_the_wide_scales_alone() -> None:
    x = levels((150, 0), (150, 0.008))
    assert contrasts(x, 3, SIGMA)[145:156].max() < cuts.CONTRAST
    assert any(abs(place - 150) <= 10 for place in marked(x))


def test_no_place_leaves_fewer_than_three_points() -> None:
    for n in range(6, 30):
        rng = np.random.default_rng(n)
        assert all(3 <= place <= n - 3 for place in marked(rng.standard_normal(n)))


# --- choose


def chosen(x: Floats, places: Sequence[int], sigma: float = SIGMA) -> list[int]:
    ends = np.array([0, *places, len(x)], np.int64)
    cut = np.zeros(len(ends), np.int64)
    count = cuts.choose(*sums(x), ends, len(ends), sigma, np.zeros((2, len(ends))), cut)
    return [int(place) for place in cut[:count]]


def cost(x: Floats, places: Sequence[int], sigma: float) -> float:
    stretches = list(pairwise([0, *places, len(x)]))
    if any(stop - start < cuts.SHORTEST for start, stop in stretches):
        return math.inf
    squares = math.fsum(((x[start:stop] - x[start:stop].mean()) ** 2).sum() for start, stop in stretches)
    return float(squares) + len(places) * (cuts.COST + 2 * math.log(len(x))) * sigma * sigma


@given(st.integers(0, 10_000), st.integers(8, 40), st.data())
def test_the_choice_is_the_cheapest_of_all(seed: int, n: int, data: st.DataObject) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(0, SIGMA, n) + 0.04 * np.cumsum(rng.random(n) < 0.1)
    places = sorted(data.draw(st.sets(st.integers(3, n - 3), max_size=7)))
    every = [choice for count in range(len(places) + 1) for choice in combinations(places, count)]
    least = min(cost(x, choice, SIGMA) for choice in every)
    assert cost(x, chosen(x, places), SIGMA) == pytest.approx(least, rel=1e-9, abs=1e-12)


def test_a_choice_of_nothing_is_none() -> None:
    assert chosen(levels((20, 0), (20, 1)), []) == []


def test_true_places_are_chosen_among_wrong_ones_and_in_order() -> None:
    x = levels((20, 0), (20, 0.2), (20, -0.1))
    assert chosen(x, [5, 17, 20, 22, 31, 40, 44, 57]) == [20, 40]
    assert chosen(levels((60, 0)), [5, 17, 20, 22, 31, 40, 44, 57]) == []


# --- settle


def settled(x: Floats, places: Sequence[int]) -> list[int]:
    cut = np.array([*places, 0], np.int64)
    count = cuts.settle(x, cut, len(places), np.zeros(len(x)))
    return [int(place) for place in cut[:count]]


@pytest.mark.parametrize("guess", range(34, 47))
def test_a_change_moves_to_where_it_is(guess: int) -> None:
    assert settled(levels((40, 0), (40, 0.1)), [guess]) == [40]
    assert settled(-levels((40, 0), (40, 0.1)), [guess]) == [40]


def test_it_moves_six_points_at_the_most() -> None:
    assert settled(levels((40, 0), (40, 0.1)), [49]) == [43]
    assert settled(levels((40, 0), (40, 0.1)), [31]) == [37]


def test_a_wild_point_beside_the_change_does_not_draw_it() -> None:
    x = levels((40, 0), (40, 0.1))
    x[37] = 5.0
    x[43] = -5.0
    assert settled(x, [38]) == [40]


def test_where_all_places_fit_alike_it_stays() -> None:
    assert settled(np.zeros(40), [20]) == [20]


def test_each_change_goes_to_its_own_place() -> None:
    x = levels((20, 0), (20, 0.2), (20, 0))
    assert settled(x, [18, 43]) == [20, 40]


def test_what_comes_too_close_to_another_or_to_an_end_goes() -> None:
    assert settled(levels((20, 0), (2, 0.5), (20, 0.2)), [20, 23]) == [20]
    assert settled(levels((20, 0), (3, 0.5), (20, 0.2)), [20, 24]) == [20, 23]
    assert settled(levels((2, 1), (30, 0)), [4]) == []
    assert settled(levels((30, 0), (2, 1)), [28]) == []
    assert settled(levels((30, 0), (3, 1)), [28]) == [30]


@given(st.lists(st.floats(-1, 1), min_size=9, max_size=60), st.data())
def test_what_is_left_is_in_order_and_three_points_apart(values: list[float], data: st.DataObject) -> None:
    n = len(values)
    places = sorted(data.draw(st.sets(st.integers(1, n - 1).map(lambda place: max(3, place // 3 * 3)), max_size=8)))
    found = settled(np.array(values), places)
    assert all(after - before >= cuts.SHORTEST for before, after in pairwise([0, *found, n]))
