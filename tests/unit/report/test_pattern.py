"""What the series that a change hit have in common."""

from __future__ import annotations

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
