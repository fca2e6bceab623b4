"""The method for one series: what is a change, and what looks like one and is none."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figures.changes.planted import offline
from stallhorn.changes import detect, steps
from stallhorn.changes.base import USUAL, Demand, Step, Steps
from stallhorn.changes.series import Floats, logarithms
from stallhorn.changes.steps import find

pytestmark = pytest.mark.usefixtures("plain")

SIGMA = 0.01
SEEDS = range(5)


def levels(*stretches: tuple[int, float], sigma: float = SIGMA, seed: int = 1) -> Floats:
    """Logarithms: so many points on each level, in noise."""
    flat = np.concatenate([np.full(count, level) for count, level in stretches])
    return flat + np.random.default_rng(seed).normal(0, sigma, len(flat))


def judged(x: Floats, demand: Demand = USUAL) -> Steps:
    return find([np.ascontiguousarray(x, float)], demand).steps(0)


def places(x: Floats, demand: Demand = USUAL) -> list[int]:
    return [one.place for one in judged(x, demand).found]


# --- nothing to tell


def test_no_series_at_all() -> None:
    batch = find([])
    assert len(batch.counts) == len(batch.places) == 0


@pytest.mark.parametrize("n", range(9))
def test_too_few_points(n: int) -> None:
    assert judged(levels((n // 2, 0), (n - n // 2, 5), sigma=0)) == Steps() or n == 8


@pytest.mark.parametrize("n", [8, 9, 30, 500])
def test_all_the_same(n: int) -> None:
    assert judged(np.full(n, 0.7)) == Steps()


def test_empty_and_short_series_stand_between_others_without_harm() -> None:
    step = levels((30, 0), (30, 0.1))
    batch = find([np.zeros(0), step, np.zeros(1), np.zeros(0), step, np.zeros(2)])
    assert [batch.of(number)[0].tolist() for number in range(6)] == [[], [30], [], [], [30], []]
    assert batch.steps(1) == batch.steps(4) == judged(step)
    assert batch.steps(0) == batch.steps(5) == Steps()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("n", [10, 20, 60, 200])
def test_noise_is_no_change(seed: int, n: int) -> None:
    assert places(levels((n, 0), seed=seed)) == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "wild", [{30: 1.0}, {30: 1.0, 31: 1.0}, {10: 0.5, 30: -2.0, 31: 0.3, 50: 1.0}, {0: 3.0, 59: 3.0}]
)
def test_one_or_two_wild_points_are_no_change(seed: int, wild: dict[int, float]) -> None:
    x = levels((60, 0), seed=seed)
    for place, height in wild.items():
        x[place] += height
    assert places(x) == []


def test_three_points_that_stay_up_at_the_end_are_one() -> None:
    assert places(levels((57, 0), (3, 0.3))) == [57]
    assert places(levels((58, 0), (2, 0.3))) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_two_modes_are_no_change(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert places(levels((150, 0), seed=seed) + 0.15 * (rng.random(150) < 0.3)) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_step_beside_two_modes_is_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    flipping = 0.15 * (rng.random(150) < 0.3)
    found = places(levels((75, 0), (75, 0.5), seed=seed) + flipping)
    assert len(found) == 1
    assert abs(found[0] - 75) <= 2


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("slope", [0.05, -0.05, 0.1])
def test_a_drift_is_no_change(seed: int, slope: float) -> None:
    assert places(levels((150, 0), seed=seed) + np.linspace(0, slope, 150)) == []


# --- changes


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", [0.1, -0.1, 0.7, -3.0])
@pytest.mark.parametrize(("left", "right"), [(40, 40), (15, 60), (60, 15), (400, 100)])
def test_a_plain_step_is_found_where_it_is_and_with_confidence(seed: int, size: float, left: int, right: int) -> None:
    found = judged(levels((left, 0), (right, size), seed=seed)).found
    assert [one.place for one in found] == [left]
    assert found[0].confidence > 0.98


@pytest.mark.parametrize("seed", SEEDS)
def test_a_step_without_noise(seed: int) -> None:
    assert places(levels((20, 0), (20, 0.1), sigma=0, seed=seed)) == [20]


def test_a_smaller_step_is_believed_less() -> None:
    odds = [judged(levels((40, 0), (40, size))).found[0].odds for size in (0.025, 0.04, 0.1)]
    assert odds == sorted(odds)
    assert odds[0] < odds[-1]


@pytest.mark.parametrize("seed", SEEDS)
def test_up_and_down_again_are_two_changes(seed: int) -> None:
    assert places(levels((40, 0), (20, 0.1), (40, 0), seed=seed)) == [40, 60]


@pytest.mark.parametrize("seed", SEEDS)
def test_three_changes_of_different_sizes(seed: int) -> None:
    assert places(levels((40, 0), (30, 0.2), (50, -0.1), (40, 0.9), seed=seed)) == [40, 70, 120]


def test_a_wild_point_beside_a_step_does_not_move_it() -> None:
    x = levels((40, 0), (40, 0.1))
    x[38] += 2.0
    assert places(x) == [40]


def test_a_long_series() -> None:
    x = levels((7_000, 0), (3_000, 0.1), (9_997, 0), (3, 0.3))
    assert places(x) == [7_000, 10_000, 19_997]
    assert places(x[:19_000]) == [7_000, 10_000]


def test_what_stays_below_the_relevant_size_is_not_told() -> None:
    quiet = levels((60, 0), (60, 0.015), sigma=0.001)
    assert places(quiet) == []
    assert places(quiet, Demand(relevant=0.01)) == [60]
    assert places(levels((60, 0), (60, 0.1)), Demand(relevant=0.2)) == []


def test_who_asks_for_more_odds_is_told_less() -> None:
    x = levels((60, 0), (60, 0.05))
    (told,) = judged(x).found
    assert places(x, Demand(hindsight=told.odds - 0.01)) == [60]
    assert places(x, Demand(hindsight=told.odds + 0.01)) == []


def test_demands_are_those_of_each_series() -> None:
    x = levels((60, 0), (60, 0.1))
    batch = find([x, x, x], [USUAL, Demand(relevant=0.2), USUAL])
    assert batch.counts.tolist() == [1, 0, 1]


# --- the newest points


@pytest.mark.parametrize("tail", [3, 4, 6, 10])
def test_the_newest_level_must_have_lasted_as_long_as_asked(tail: int) -> None:
    assert places(levels((60, 0), (tail - 1, 0.3)), Demand(tail=tail)) == []
    assert places(levels((60, 0), (tail, 0.3)), Demand(tail=tail)) == [60]


def test_an_older_level_may_be_shorter_than_the_newest_must_be() -> None:
    x = levels((60, 0), (8, 0.3), (30, 0))
    assert places(x, Demand(tail=20)) == [60, 68]


def test_newest_points_that_look_changed_are_told_as_a_doubt() -> None:
    short = judged(levels((60, 0), (4, 0.3)), Demand(tail=6))
    assert short.found == ()
    assert short.doubt is not None
    assert short.doubt.place == 60
    assert short.doubt.confidence > 0.5
    strict = judged(levels((60, 0), (4, 0.3)), Demand(tonight=12.0))
    assert strict.found == ()
    assert strict.doubt is not None


def test_a_doubt_has_the_odds_that_are_asked_for() -> None:
    x, demand = levels((60, 0), (4, 0.3)), Demand(tail=6)
    doubt = judged(x, demand).doubt
    assert doubt is not None
    assert judged(x, Demand(tail=6, doubted=doubt.odds + 0.01)).doubt is None
    assert judged(x, Demand(tail=6, doubted=doubt.odds - 0.01)).doubt == doubt


def test_no_doubt_where_the_change_is_told_or_old_or_small() -> None:
    assert judged(levels((60, 0), (8, 0.3))).doubt is None
    assert judged(levels((60, 0), (40, 0.3)), Demand(hindsight=30.0)).doubt is None  # forty points are not new
    assert judged(levels((60, 0), (8, 0.3)), Demand(relevant=0.5)).doubt is None
    assert judged(levels((64, 0))).doubt is None


def test_the_ends_need_more_than_the_middle() -> None:
    strict = Demand(tonight=30.0)
    assert places(levels((10, 0), (50, 0.3)), strict) == []
    assert places(levels((50, 0), (10, 0.3)), strict) == []
    assert places(levels((30, 0), (30, 0.3)), strict) == [30]


def test_the_ends_need_exactly_what_is_asked_tonight() -> None:
    for points in (3, 4, 10, 15):
        x = levels((50, 0), (points, 0.3))
        (told,) = judged(x).found
        assert places(x, Demand(tonight=told.odds - 0.01)) == [50]
        assert places(x, Demand(tonight=told.odds + 0.01)) == []


def test_confidence_is_a_probability() -> None:
    assert Step(1, 0.0).confidence == 0.5
    assert [Step(1, odds).confidence for odds in (-1e9, 1e9)] == pytest.approx([0, 1], abs=1e-9)
    assert Step(1, 1.0).confidence < Step(1, 2.0).confidence


# --- compiled


def test_compiled_and_plain_say_the_same(compiled: dict[str, Any]) -> None:
    series = [logarithms(one.values)[0] for one in offline(6, 0.06)]
    batch = find(series)
    assert len(compiled["few"]) == len(series) > 250
    assert batch.counts.sum() > 150
    for number, (places, odds, doubt) in enumerate(compiled["few"]):
        one = batch.steps(number)
        assert [step.place for step in one.found] == places
        assert [step.odds for step in one.found] == pytest.approx(odds, rel=1e-6)
        assert (one.doubt and [one.doubt.place, one.doubt.odds]) == (doubt and pytest.approx(doubt, rel=1e-6))


# --- any series, by the contract of `detect`


def changes(values: Sequence[float | None], **more: object) -> list[int]:
    (found,) = detect([{"values": list(values), "weights": None, "group": None, "project": None, **more}])
    return found


def measured(*stretches: tuple[int, float], seed: int = 1) -> list[float]:
    found: list[float] = (1e-3 * np.exp(levels(*stretches, seed=seed))).tolist()
    return found


def test_detect_takes_all_series_at_once() -> None:
    assert detect.batch is True  # type: ignore[attr-defined]
    assert detect([]) == []
    series = [{"values": []}, {"values": [None] * 50}, {"values": [1.0]}, {"values": measured((30, 0), (30, 0.2))}]
    assert detect(series) == [[], [], [], [30]]


def test_positions_are_plain_numbers() -> None:
    found = detect([{"values": measured((30, 0), (30, 0.2))}])
    assert type(found) is list
    assert type(found[0]) is list
    assert all(type(place) is int for place in found[0])


def test_positions_count_what_is_missing() -> None:
    values: list[float | None] = [*measured((30, 0), (30, 0.2))]
    values[5] = values[20] = None
    values[29] = math.nan
    assert changes(values) == [30]
    values[30] = None
    assert changes(values) == [31]  # the first point of the new level that there is
    assert changes([None, None, *values, None]) == [33]


def test_a_disturbed_run_is_no_point() -> None:
    values, weights = measured((30, 0), (30, 0.2)), [100.0] * 60
    values[30], weights[30] = 5.0, 1.0
    assert changes(values, weights=weights) == [31]


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1.0, 1e9, 1e300])
def test_values_of_any_size(scale: float) -> None:
    assert changes([scale * value for value in measured((30, 0), (30, 0.2))]) == [30]


def test_values_that_have_no_ratio() -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, 60)
    assert changes((noise - 5 + 3 * (np.arange(60) >= 30)).tolist()) == [30]
    assert changes([0.0] * 30 + [1.0] * 30) == [30]
    assert changes([0.0] * 60) == []


ANY = st.one_of(st.none(), st.floats(), st.floats(0.9, 1.1), st.sampled_from([0.0, 1.0, 2.0, 1.7e308, 5e-324]))


@given(st.lists(ANY, max_size=60))
def test_any_list_has_an_answer_in_order_and_in_range(values: list[float | None]) -> None:
    found = changes(values)
    assert found == changes(values)
    there = [place for place, value in enumerate(values) if value is not None and math.isfinite(value)]
    assert set(found) <= set(there)
    steps = [there.index(place) for place in found]
    assert all(after - before >= 3 for before, after in pairwise([0, *steps, len(there)]) if steps)


SOME = st.tuples(st.integers(0, 1000), st.integers(3, 40), st.integers(3, 40), st.floats(-0.3, 0.3))


@settings(max_examples=40)
@given(SOME, st.integers(-1000, 1000))
def test_the_unit_does_not_matter(case: tuple[int, int, int, float], power: int) -> None:
    seed, left, right, size = case
    values = measured((left, 0), (right, size), seed=seed)
    assert changes([value * 2.0**power for value in values]) == changes(values)


@settings(max_examples=40)
@given(SOME, st.lists(st.integers(0, 40), max_size=20))
def test_what_is_missing_moves_positions_and_nothing_else(case: tuple[int, int, int, float], holes: list[int]) -> None:
    seed, left, right, size = case
    values: list[float | None] = [*measured((left, 0), (right, size), seed=seed)]
    holed = list(values)
    for hole in holes:
        holed.insert(min(hole, len(holed)), None)
    there = [place for place, value in enumerate(holed) if value is not None]
    assert changes(holed) == [there[place] for place in changes(values)]


@settings(max_examples=20)
@given(st.lists(SOME, min_size=1, max_size=5))
def test_series_without_a_project_do_not_know_each_other(cases: list[tuple[int, int, int, float]]) -> None:
    series = [measured((left, 0), (right, size), seed=seed) for seed, left, right, size in cases]
    assert detect([{"values": values} for values in series]) == [changes(values) for values in series]


@pytest.mark.parametrize(
    ("points", "kept", "begins"), [(0, True, False), (5_000, False, False), (5_000, True, True), (10**7, False, True)]
)
def test_compiling_begins_beside_where_it_pays(monkeypatch, points, kept, begins):
    begun = threading.Event()
    monkeypatch.setattr(steps.compiler, "is_kept", lambda: kept)
    monkeypatch.setattr(steps.compiler, "compiled", begun.set)
    steps.prepare_beside(points)
    assert begun.wait(10 if begins else 0.05) is begins
