"""Two commits that were measured again in turns: changed, not changed, or still open."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from builders import commit, key
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.changes.remeasured import LEAST, Outcome, settle
from stallhorn.model import Measurement
from stallhorn.model.visits import round_of
from stallhorn.store.interval import measured

RELEVANT = 0.02


def point(*visits: float, first: float = 7.0) -> Measurement:
    """A point whose later visits gave these values; the first visit, of two rounds, gave another one."""
    rounds: dict[int, Sequence[float]] = {0: [first], 1: [first]}
    rounds |= {round_of(number): [value, value] for number, value in enumerate(visits, 1)}
    return measured(key(), commit(0), first, rounds, 1, "1", None)


def quiet(level: float, visits: int = LEAST) -> Measurement:
    return point(*(level * (1 + 0.001 * number) for number in range(visits)))


def test_levels_apart_are_a_change_with_its_ratio_and_interval():
    settled = settle(quiet(1.0), quiet(1.2), 1.2, RELEVANT)
    assert (settled.outcome, settled.visits) == (Outcome.CHANGED, 5)
    assert settled.ratio == pytest.approx(1.2)
    assert settled.low == pytest.approx(1.2 / 1.004)
    assert settled.high == pytest.approx(1.2 * 1.004)


def test_levels_that_are_the_same_are_no_change():
    assert settle(quiet(1.0), quiet(1.0), 1.2, RELEVANT).outcome is Outcome.SAME


def test_a_change_the_other_way_is_not_the_one_that_was_suspected():
    assert settle(quiet(1.0), quiet(0.8), 1.2, RELEVANT).outcome is Outcome.SAME
    assert settle(quiet(1.0), quiet(0.8), 0.8, RELEVANT).outcome is Outcome.CHANGED


def test_a_change_that_is_certain_and_not_relevant_is_none():
    assert settle(quiet(1.0), quiet(1.01), 1.05, RELEVANT).outcome is Outcome.SAME


def test_visits_that_overlap_leave_it_open():
    noisy = settle(point(1.0, 1.1, 1.2, 1.0, 1.1), point(1.1, 1.2, 1.3, 1.0, 1.2), 1.1, RELEVANT)
    assert noisy.outcome is Outcome.OPEN
    assert noisy.low is not None and noisy.high is not None
    assert noisy.low < 1 < 1.1 < noisy.high


def test_noise_that_leaves_no_room_for_half_of_what_was_suspected_is_no_change():
    old, new = point(1.0, 1.03, 0.98, 1.01, 1.04), point(1.01, 1.04, 0.98, 1.0, 1.03)
    assert settle(old, new, 1.5, RELEVANT).outcome is Outcome.SAME
    assert settle(old, new, 1.1, RELEVANT).outcome is Outcome.OPEN


def test_fewer_visits_than_an_interval_needs_say_nothing():
    settled = settle(quiet(1.0, LEAST - 1), quiet(2.0), 2.0, RELEVANT)
    assert (settled.outcome, settled.visits, settled.low) == (Outcome.OPEN, 4, None)
    assert settle(point(), point(), 2.0, RELEVANT).visits == 0


def test_the_first_visit_does_not_count_as_it_was_not_taken_in_turns():
    assert settle(point(1, 1, 1, 1, 1, first=9.0), point(2, 2, 2, 2, 2, first=1.0), 2.0, RELEVANT).ratio == 2.0


def test_values_without_a_logarithm_are_left_out():
    assert settle(point(0, 0, 0, 0, 0), quiet(1.0), 2.0, RELEVANT).outcome is Outcome.OPEN


def test_the_interval_holds_what_it_promises():
    rng, missed, tries = random.Random(7), 0, 2000
    for _ in range(tries):
        old = point(*(math.exp(rng.gauss(0, 0.05)) for _ in range(6)))
        new = point(*(math.exp(rng.gauss(0.1, 0.05)) for _ in range(6)))
        settled = settle(old, new, 1.1, RELEVANT)
        assert settled.low is not None and settled.high is not None
        missed += not settled.low <= math.exp(0.1) <= settled.high
    assert missed / tries < 0.014


@given(
    st.lists(st.floats(1e-9, 1e9), max_size=8),
    st.lists(st.floats(1e-9, 1e9), max_size=8),
    st.floats(0.01, 100),
    st.floats(0.001, 1),
)
def test_any_values_have_an_answer_in_order(old: list[float], new: list[float], suspected: float, relevant: float):
    settled = settle(point(*old), point(*new), suspected, relevant)
    if settled.low is not None and settled.high is not None and settled.ratio is not None:
        assert settled.low <= settled.ratio <= settled.high
    else:
        assert settled.outcome is Outcome.OPEN
