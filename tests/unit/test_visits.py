"""How often a point was measured, and names that stay."""

from __future__ import annotations

from builders import bare, commit, key, point

from stallhorn.model.identity import series_id
from stallhorn.model.visits import by_visit, repeats, round_of, visit_of
from stallhorn.store.interval import measured


def test_the_rounds_of_one_run_are_one_visit():
    assert repeats(point(0, 1.0, 1.1, 1.2)) == 1


def test_each_later_visit_counts():
    taken = {0: [1.0, 1.1], 1: [1.2], round_of(1): [1.3, 1.4], round_of(2): [1.5]}
    again = measured(key(), commit(0), 1.2, taken, 1, "1", None)
    assert repeats(again) == 3
    assert by_visit(again) == {0: (1.0, 1.1, 1.2), 1: (1.3, 1.4), 2: (1.5,)}


def test_a_point_without_samples_was_measured_once_and_one_without_a_value_never():
    assert (repeats(bare(0, 1.0)), repeats(bare(0, None))) == (1, 0)
    assert by_visit(bare(0, 1.0)) == {}


def test_the_number_of_a_round_says_its_visit():
    assert [visit_of(round_) for round_ in (0, 1, 7, round_of(1), round_of(12))] == [0, 0, 0, 1, 12]


def test_an_id_of_a_series_is_the_same_every_night():
    assert series_id(key()) == series_id(key()) == "b8fa34437c40"
    others = [key("suite.Case.time_that"), key(machine="other"), key(environment="e"), key(n="1")]
    assert len({series_id(each) for each in (key(), *others)}) == 5
