"""What the series that a change hit have in common."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from builders import commit, key, point, revision, series
from records import history

from stallhorn.model import Change, ChangePoint, Direction, History, Level, SeriesKey
from stallhorn.report.pattern import Patterns

FLAT = Level(0, 1, 1.0, 1.0, 1.0)
SERIES = [
    key("rbf", n=n, backend=repr(backend), environment=environment)
    for n, backend, environment in product(
        ("100", "1000", "100000", "1000000"), ("numpy", "numba", "jax"), ("old", "new")
    )
]
HISTORY: History = history({of: [1.0, 1.0, 1.0] for of in SERIES})


def told(hit: Callable[[SeriesKey], bool], of: History = HISTORY) -> str:
    points = tuple(ChangePoint(each, FLAT, FLAT, commit(0), commit(1)) for each in SERIES if hit(each))
    found = Patterns(of).of(Change(revision(0), revision(1), (), Direction.SLOWER, points))
    return "" if found is None else str(found)


@pytest.mark.parametrize(
    ("hit", "words"),
    [
        (lambda of: of.parameters.get("backend") == "numba", "numba only"),
        (lambda of: of.parameters.get("backend") in ("numba", "jax"), "jax or numba only"),
        (lambda of: int(of.parameters.get("n")) >= 100000, "n >= 1e5"),
        (lambda of: int(of.parameters.get("n")) <= 1000, "n <= 1000"),
        (lambda of: of.parameters.get("n") in ("100", "100000"), "n = 100 or 1e5 only"),
        (lambda of: of.environment == "old", "environment = old only"),
        (lambda of: of.parameters.get("backend") == "numba" and of != SERIES[2], "numba only (7 of 8)"),
    ],
)
def test_one_parameter_explains_which_series_were_hit(hit: Callable[[SeriesKey], bool], words: str) -> None:
    assert told(hit) == words


def test_all_series_or_a_mixture_have_no_pattern() -> None:
    assert told(lambda of: True) == ""
    assert told(lambda of: of in SERIES[::5]) == ""
    assert told(lambda of: of.parameters.get("backend") == "numba" and of.parameters.get("n") == "100") == ""


def test_series_without_values_on_both_sides_could_not_be_hit() -> None:
    young = [each for each in SERIES if each.parameters.get("backend") == "jax"]
    made = history({of: [1.0, 1.0, 1.0] for of in SERIES if of not in young})
    late = tuple(series(point(2, 1.0, of=of)) for of in young)
    assert told(lambda of: of not in young, replace(made, series=(*made.series, *late))) == ""


LARGER = [
    key("rbf", n=n, backend=repr(backend), threads=threads, environment=environment)
    for n, backend, threads, environment in product(
        ("1000", "100000", "1000000"), ("numpy", "numba", "jax"), ("1", "2", "4", "8"), ("old", "new")
    )
]
LARGE: History = history({of: [1.0, 1.0, 1.0] for of in LARGER})


def told_of_larger(hit: Callable[[SeriesKey], bool]) -> str:
    points = tuple(ChangePoint(each, FLAT, FLAT, commit(0), commit(1)) for each in LARGER if hit(each))
    found = Patterns(LARGE).of(Change(revision(0), revision(1), (), Direction.SLOWER, points))
    return "" if found is None else str(found)


def is_of(of: SeriesKey, backend: str, n: int = 0, threads: int = 0) -> bool:
    values = of.parameters
    return (
        values.get("backend") == backend
        and int(values.get("n") or 0) >= n
        and int(values.get("threads") or 0) >= threads
    )


def test_up_to_three_conditions_explain_which_series_were_hit() -> None:
    assert told_of_larger(lambda of: is_of(of, "numba", 100000)) == "numba only, n >= 1e5"
    assert told_of_larger(lambda of: is_of(of, "numba", 100000, 4)) == "numba only, n >= 1e5, threads >= 4"


def test_a_pattern_that_most_of_many_series_follow_says_how_many_do_not() -> None:
    beside = LARGER[0]
    assert told_of_larger(lambda of: is_of(of, "numba") or of == beside) == "numba only (1 hit without it)"
    spared = next(of for of in LARGER if is_of(of, "numba", 1000000, 8))
    assert told_of_larger(lambda of: is_of(of, "numba") and of != spared) == "numba only (23 of 24)"


def test_what_leaves_out_hardly_anything_that_was_spared_is_no_pattern() -> None:
    assert told_of_larger(lambda of: not is_of(of, "numba", 1000000, 8) and of != LARGER[5]) == ""


def test_two_series_are_too_few_for_two_conditions() -> None:
    assert told_of_larger(lambda of: is_of(of, "numba", 1000000, 8)) == ""


@pytest.mark.parametrize("seed", range(20))
def test_series_drawn_by_lot_have_no_pattern(seed: int) -> None:
    drawn = set(random.Random(seed).sample(LARGER, 12))
    assert told_of_larger(lambda of: of in drawn) == ""


def test_one_change_of_thousands_of_series_is_looked_at_as_a_whole() -> None:
    many = [key("rbf", n=str(10**n), backend=repr(backend), case=str(case)) for n, backend, case in product(
        range(5), ("numpy", "numba"), range(600))]  # fmt: skip
    points = tuple(
        ChangePoint(each, FLAT, FLAT, commit(0), commit(1))
        for each in many
        if each.parameters.get("backend") == "numba"
    )
    found = Patterns(history({of: [1.0, 1.0] for of in many})).of(
        Change(revision(0), revision(1), (), Direction.SLOWER, points)
    )
    assert found is not None and (str(found), found.hit, found.of, found.total) == ("numba only", 3000, 3000, 3000)
