"""A stated confidence is what happens: how that is counted."""

from dataclasses import dataclass

import numpy as np
import pytest

from figures.changes.calibration import BANDS, SEEDS, SLACK, Band, calibration, of_steps
from figures.changes.planted import Planted, offline


@dataclass
class Told:
    index: int
    confidence: float


def fortune_teller(right):
    """Series with one change each, and somebody who tells it with a confidence p, and is right in `right(p)`."""
    rng = np.random.default_rng(1)
    answers, series = {}, []
    for number in range(4000):
        confidence = float(rng.uniform(0.5, 1.0) if number % 2 else 1 - 0.05 * rng.random() ** 2)
        answers[number] = [Told(50 if rng.random() < right(confidence) else 20, confidence)]
        series.append(Planted("step", (float(number),) * 100, ((50, 0.1),)))
    return calibration(lambda values: answers[int(values[0])], series)


def test_whoever_is_right_as_often_as_stated_agrees_in_every_band():
    bands = fortune_teller(lambda stated: stated)
    assert [(band.low, band.high) for band in bands] == list(BANDS)
    assert all(band.told > 100 for band in bands)
    assert all(band.agrees() for band in bands)


def test_whoever_boasts_does_not_agree():
    assert not any(band.agrees() for band in fortune_teller(lambda stated: stated - 0.1))


def test_whoever_is_too_modest_does_not_agree_either():
    bands = fortune_teller(lambda stated: min(1.0, stated + 0.1))
    assert not any(band.agrees() for band in bands if band.stated < 0.95)


def test_a_change_told_beside_the_planted_one_is_true_and_told_twice_is_true_once():
    series = [Planted("step", (1.0,) * 100, ((50, 0.1),))]
    (*_, band) = calibration(lambda values: [Told(48, 0.999), Told(51, 0.995), Told(70, 1.0)], series)
    assert (band.told, band.true) == (3, 1)


def test_what_is_told_with_less_than_one_half_is_in_no_band():
    bands = calibration(lambda values: [Told(50, 0.3)], [Planted("healthy", (1.0,) * 100)])
    assert [band.told for band in bands] == [0] * len(BANDS)
    assert all(band.agrees() for band in bands)


@pytest.mark.parametrize(
    ("true", "stated", "agrees"),
    # A binomial of 100 and 0.9 is between 82 and 97 in all but one of a hundred cases.
    [(81, 0.9, False), (82, 0.9, True), (96, 0.9, True), (98, 0.9, False), (100, 1.0, True), (99, 1.0, False)],
)
def test_the_bounds_are_those_of_the_binomial(true, stated, agrees):
    assert Band(0.8, 0.95, 100, true, stated).agrees(doubt=0.01) is agrees


def test_a_slack_widens_the_bounds_on_both_sides():
    assert Band(0.8, 0.95, 1000, 860, 0.9).agrees(slack=0.03)
    assert Band(0.8, 0.95, 1000, 940, 0.9).agrees(slack=0.03)
    assert not Band(0.8, 0.95, 1000, 800, 0.9).agrees(slack=0.03)


# --- what the method for single series states: 9,500 planted series that it was not taught with


def test_a_stated_confidence_is_what_happens(compiled):
    bands = [Band(**one) for one in compiled["stated"]]
    assert sum(band.told for band in bands) > 5000
    assert all(band.told > 30 for band in bands)
    for band in bands:
        assert band.agrees(slack=SLACK), str(band)


def test_a_method_that_is_surer_than_it_may_be_would_be_seen(compiled):
    bands = [Band(**one) for one in compiled["boasted"]]
    assert not all(band.agrees(slack=SLACK) for band in bands)


@pytest.mark.usefixtures("plain")
def test_the_method_tells_positions_in_the_series_with_its_gaps():
    values = [1.0, 1.01, None, 0.99, 1.0, 1.02] * 5 + [2.0, 2.01, None, 1.99, 2.0, 2.02] * 5
    (told,) = of_steps(values)
    assert told.index == 30
    assert told.confidence > 0.95


def test_the_seeds_are_not_those_it_was_taught_with():
    """teach.py draws from 100 to 350, and those plus 500, 900 and 1000; the table from 1 on."""
    assert all(5 < seed < 100 for seed in SEEDS)
    assert offline(SEEDS[0], 0.01) != offline(SEEDS[1], 0.01)
