"""Series that share commits: parameters of a benchmark help out, and what the machine did is told of none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallhorn.changes import detect
from stallhorn.changes.base import USUAL, Demand, Event, Step
from stallhorn.changes.projects import Judged, _followers, _Told, _without_residue, judge_project
from stallhorn.changes.series import Floats

pytestmark = pytest.mark.usefixtures("plain")

SIGMA = 0.01
WIDTH, STEP = 60, 30
SEEDS = range(4)
Rows = dict[str, Floats]  # logarithms of each benchmark's parameters


def rows(seed: int, *, benchmarks: int = 6, parameters: int = 5, width: int = WIDTH) -> Rows:
    """Quiet benchmarks a, b, ... on a quiet machine."""
    rng = np.random.default_rng(seed)
    return {chr(ord("a") + one): rng.normal(0, SIGMA, (parameters, width)) for one in range(benchmarks)}


def series(given: Rows, project: str | None = "p") -> list[dict[str, Any]]:
    return [
        {"values": [1e-3 * math.exp(x) if math.isfinite(x) else None for x in row], "group": name, "project": project}
        for name, several in given.items()
        for row in several
    ]


def told(given: Rows) -> dict[str, list[list[int]]]:
    """The places that are told of each benchmark's parameters; benchmarks of which nothing is told are left out."""
    found = iter(detect(series(given)))
    every = {name: [next(found) for _ in several] for name, several in given.items()}
    return {name: each for name, each in every.items() if any(each)}


def judged(given: Rows, demands: Sequence[Demand] | Demand = USUAL) -> Judged:
    names = [name for name, several in given.items() for _ in several]
    return judge_project(np.concatenate([*given.values()]), names, demands)


def places(found: Judged) -> list[list[int]]:
    return [[step.place for step in each.found] for each in found.steps]


def near(found: Sequence[int], place: int, slack: int = 2) -> bool:
    return len(found) == 1 and abs(found[0] - place) <= slack


# --- odd input


def test_no_series() -> None:
    assert detect([]) == []


def test_one_series_of_a_project_is_judged_alone() -> None:
    (row,) = rows(1, benchmarks=1, parameters=1)["a"]
    row[STEP:] += 0.1
    assert told({"a": row[None]}) == {"a": [[STEP]]}


@pytest.mark.parametrize("values", [[], [None] * 40, [1.0], [0.0] * 40, [-1.0, None] * 20, [1.0] * 40])
def test_a_series_that_says_nothing_stands_beside_others_without_harm(values: list[float | None]) -> None:
    given = rows(1)
    given["c"][:, STEP:] += 0.1
    alone = detect(series(given))
    odd = {"values": values, "group": "c", "project": "p"}
    found = detect([odd, *series(given)])
    assert (found[0], found[1:]) == ([], alone)
    assert detect([odd]) == [[]]


def test_series_without_a_group_are_benchmarks_of_their_own() -> None:
    given = rows(1)
    given["a"][0, STEP:] += 0.1
    lone = [{**one, "group": None} for one in series(given)]
    assert detect(lone) == [[STEP], *[[]] * 29]
    assert detect([{key: one[key] for key in ("values", "project")} for one in lone]) == detect(lone)


def test_series_of_different_lengths() -> None:
    given = rows(1)
    given["a"][:, STEP:] += 0.1
    cut = series(given)
    for number, one in enumerate(cut):
        one["values"] = one["values"][: 40 + number % 20]
    found = detect(cut)
    assert found == [[STEP]] * 5 + [[]] * 25
    for one in cut:
        one["values"] += [None] * (WIDTH - len(one["values"]))
    assert detect(cut) == found


@pytest.mark.parametrize("seed", SEEDS)
def test_gaps_move_nothing(seed: int) -> None:
    given = rows(seed)
    given["a"][:, STEP:] += 0.1
    for several in given.values():
        several[:, 3::7] = np.nan  # commits that nobody measured
        several[1, 1::5] = np.nan  # and some of one parameter
    assert told(given) == {"a": [[STEP]] * 5}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_place_in_a_gap_of_a_parameter_is_moved_to_its_next_measured_point(seed: int) -> None:
    given = rows(seed)
    given["a"][:, STEP:] += 0.05
    given["a"][2, STEP : STEP + 3] = np.nan
    assert told(given) == {"a": [[STEP], [STEP], [STEP + 3], [STEP], [STEP]]}


def test_nothing_is_told_where_nothing_happened() -> None:
    assert [told(rows(seed)) for seed in SEEDS] == [{}] * len(SEEDS)


# --- parameters of a benchmark help out


def test_what_all_parameters_show_is_believed_sooner_than_what_one_does() -> None:
    newest = WIDTH - 6
    alone = 0
    for seed in SEEDS:
        given = rows(seed)
        given["a"][:, newest:] += math.log(1.03)
        assert told(given) == {"a": [[newest]] * 5}  # and nothing of b to f, which did not change
        alone += sum(any(detect([one])[0]) for one in series({"a": given["a"]}))
    assert alone <= 0.7 * 5 * len(SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_small_change_has_one_place_in_all_parameters(seed: int) -> None:
    given = rows(seed)
    given["a"][:, STEP:] += 0.03
    assert told(given) == {"a": [[STEP]] * 5}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("still", [1, 2])
def test_a_parameter_that_clearly_did_not_move_is_not_told(seed: int, still: int) -> None:
    given = rows(seed)
    given["a"][still:, STEP:] += 0.06
    assert told(given) == {"a": [[]] * still + [[STEP]] * (5 - still)}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_noisy_parameter_goes_with_the_others(seed: int) -> None:
    given = rows(seed)
    given["a"][4] *= 8
    given["a"][:, STEP:] += 0.06
    assert told(given) == {"a": [[STEP]] * 5}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_one_parameter_does_is_told_of_it_alone(seed: int) -> None:
    given = rows(seed)
    given["c"][1, STEP:] += 0.2
    assert told(given) == {"c": [[], [STEP], [], [], []]}


@pytest.mark.parametrize("seed", SEEDS)
def test_parameters_may_change_at_different_commits(seed: int) -> None:
    given = rows(seed)
    given["a"][:2, 15:] += 0.2
    given["a"][2:, 45:] -= 0.2
    assert told(given) == {"a": [[15], [15], [45], [45], [45]]}


def test_a_member_follows_as_it_shows_and_where_it_shows_nothing_as_most_do() -> None:
    steps, clear = np.array([0.3, 0.33, 0.25, 0.03]), np.full(4, 0.02)
    assert _followers(steps, clear, 0.3) == [True, True, True, False]
    assert _followers(steps, np.array([0.02, 0.02, 0.02, 0.3]), 0.3) == [True] * 4  # too noisy to tell
    assert _followers(steps * [0, 0, 0, 1], np.array([0.02, 0.02, 0.02, 0.3]), 0.3) == [False] * 4
    assert _followers(steps, np.array([0.02, 0.02, 0.02, np.inf]), 0.3)[3] is False  # too few points


# --- the machine


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", [0.2, -0.05, 1.0])
def test_what_the_machine_did_is_told_of_no_series(seed: int, size: float) -> None:
    given = rows(seed)
    for several in given.values():
        several[:, STEP:] += size
    found = judged(given)
    assert places(found) == [[]] * 30
    (event,) = found.events
    assert (event.place, event.size) == (STEP, pytest.approx(size, abs=0.01))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_benchmark_that_stayed_where_it_was_did_not_change(seed: int) -> None:
    given = rows(seed, benchmarks=8)
    for name, several in given.items():
        several[:, STEP:] += 0.0 if name == "d" else 0.2
    found = judged(given)
    assert [event.place for event in found.events] == [STEP]
    assert places(found) == [[]] * 40


@pytest.mark.parametrize("seed", SEEDS)
def test_with_few_benchmarks_the_machine_looks_like_code(seed: int) -> None:
    given = rows(seed, benchmarks=4)
    for several in given.values():
        several[:, STEP:] += 0.2
    found = judged(given)
    assert found.events == ()
    assert places(found) == [[STEP]] * 20


@pytest.mark.parametrize("seed", SEEDS)
def test_code_and_machine_at_different_commits_are_told_apart(seed: int) -> None:
    given = rows(seed)
    for several in given.values():
        several[:, 20:] += 0.1
    given["a"][:, 42:] += 0.08
    found = judged(given)
    assert [event.place for event in found.events] == [20]
    assert places(found) == [[42]] * 5 + [[]] * 25


@pytest.mark.parametrize("seed", SEEDS)
def test_code_and_machine_at_one_commit_are_told_apart_where_they_differ_much(seed: int) -> None:
    given = rows(seed)
    for several in given.values():
        several[:, STEP:] += 0.1
    given["a"][:, STEP:] += 0.5
    found = judged(given)
    assert [event.place for event in found.events] == [STEP]
    assert places(found) == [[STEP]] * 5 + [[]] * 25


@pytest.mark.parametrize(
    ("place", "residue", "kept"),
    [(STEP, 0.2, False), (STEP + 3, 0.2, False), (STEP - 3, 0.2, False), (STEP + 4, 0.2, True), (STEP, 0.05, True)],
)
def test_what_may_be_left_of_an_event_is_not_told(place: int, residue: float, kept: bool) -> None:
    step = Step(STEP, 5.0)
    row = np.repeat([0.0, 0.1], STEP)
    assert _without_residue(_Told(row, [step]), [Event(place, 0.5, 5.0, residue)]) == ([step] if kept else [])
    assert _without_residue(_Told(row, [step]), []) == [step]


@pytest.mark.parametrize("seed", SEEDS)
def test_bad_nights_are_told_of_no_series(seed: int) -> None:
    given = rows(seed)
    for several in given.values():
        several[:, [15, 16, 40, WIDTH - 2, WIDTH - 1]] += 0.3
    assert places(judged(given)) == [[]] * 30


# --- the newest two nights


@pytest.mark.parametrize("seed", SEEDS)
def test_two_nights_are_enough_where_all_parameters_moved(seed: int) -> None:
    given = rows(seed)
    given["a"][:, -2:] += math.log(1.2)
    assert told(given) == {"a": [[WIDTH - 2]] * 5}
    confidence = judged(given).steps[0].found[0].confidence
    assert confidence == pytest.approx(0.98, abs=0.005)


@pytest.mark.parametrize(
    "spoil", ["one night", "one parameter", "few parameters", "few benchmarks", "every benchmark", "restless nights"]
)
def test_two_nights_are_not_enough_otherwise(spoil: str) -> None:
    for seed in SEEDS:
        given = rows(seed)
        given["a"][:, -2:] += math.log(1.2)
        if spoil == "one night":
            given["a"][:, -2] -= math.log(1.2)
        elif spoil == "one parameter":
            given["a"][0, -2:] -= math.log(1.2)
        elif spoil == "few parameters":
            given["a"] = given["a"][:2]
        elif spoil == "few benchmarks":
            given = {name: given[name] for name in "abcd"}
        elif spoil == "restless nights":
            for name, sign in zip("bcde", (1, -1, 1, -1), strict=True):
                given[name][:, -2:] += sign * 0.15
        else:
            for name in "bcdef":
                given[name][:, -2:] += math.log(1.2)
        assert told(given) == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_who_asks_for_more_nights_gets_them(seed: int) -> None:
    patient = Demand(tail=5)
    for nights, expected in ((2, []), (3, []), (4, []), (5, [WIDTH - 5])):
        given = rows(seed)
        given["a"][:, -nights:] += math.log(1.2)
        assert places(judged(given, patient)) == [expected] * 5 + [[]] * 25


def test_demands_are_those_of_each_row() -> None:
    given = rows(1)
    given["a"][:, STEP:] += 0.05
    demands = [Demand(relevant=0.3) if place in (0, 3) else USUAL for place in range(30)]
    assert places(judged(given, demands)) == [[], [STEP], [STEP], [], [STEP], *[[]] * 25]


# --- several projects


def test_projects_do_not_influence_each_other() -> None:
    restless, quiet = rows(1), rows(2)
    for several in restless.values():
        several[:, STEP:] += 0.3
    restless["b"][:, 45:] += 0.1
    quiet["a"][:, 20:] += 0.05
    quiet["a"][0, 50:] += 0.5
    first, second = series(restless, "p"), series(quiet, "q")
    apart = [*detect(first), *detect(second)]
    assert detect([*first, *second]) == apart
    mixed = [one for pair in zip(first, second, strict=True) for one in pair]
    assert detect(mixed) == [one for pair in zip(apart[:30], apart[30:], strict=True) for one in pair]


def test_series_without_a_project_are_judged_alone() -> None:
    given = rows(1)
    for several in given.values():
        several[:, STEP:] += 0.3
    assert all(near(one, STEP, 1) for one in detect(series(given, None)))
    assert detect([*series(given), *series(given, None)]) == [*[[]] * 30, *detect(series(given, None))]


# --- any series

VALUE = st.one_of(st.none(), st.floats(), st.floats(0.9, 1.1), st.sampled_from([0.0, 1.0, 2.0, 1.7e308, 5e-324]))
NAME = st.sampled_from([None, "p", "q"])
ANY = st.fixed_dictionaries(
    {
        "values": st.lists(VALUE, max_size=24),
        "group": NAME,
        "project": NAME,
        "weights": st.none(),
    }
)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.lists(ANY, max_size=8))
def test_any_series_have_places_in_order_and_in_range(given: list[Mapping[str, Any]]) -> None:
    found = detect(given)
    assert len(found) == len(given)
    for one, places in zip(given, found, strict=True):
        assert type(places) is list
        assert all(type(place) is int for place in places)
        assert all(before < after for before, after in pairwise(places))
        assert all(0 < place < len(one["values"]) for place in places)
        assert all(one["values"][place] is not None for place in places)


LEVELS = st.lists(
    st.lists(st.tuples(st.integers(1, 12), st.sampled_from([0.0, 0.1, -0.4, 3.0])), max_size=4), max_size=12
)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(LEVELS, st.integers(0, 1000), st.integers(1, 4))
def test_any_levels_have_places_where_something_was_measured(
    drawn: list[list[tuple[int, float]]], seed: int, size: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = [np.repeat([level for _, level in one], [count for count, _ in one]) for one in drawn]
    given: list[dict[str, Any]] = []
    for number, row in enumerate(rows):
        values = np.exp(row + rng.normal(0, SIGMA, len(row))).tolist()
        holed = [None if rng.random() < 0.1 else value for value in values]
        given.append({"values": holed, "group": str(number // size), "project": "p"})
    found = detect(given)
    assert found == detect(given)
    for one, places in zip(given, found, strict=True):
        assert all(type(place) is int for place in places)
        assert places == sorted({place for place in places if one["values"][place] is not None and place > 0})
