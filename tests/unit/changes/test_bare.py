"""What the loops say of results without samples is what the rule for young series says of each, to the last digit."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from builders import bare, commit, key, point, series
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stallhorn.changes import bare as many
from stallhorn.changes import levels
from stallhorn.changes.loops import scan
from stallhorn.changes.row import row_of
from stallhorn.model import Direction, Measurement, Series, Status
from stallhorn.model.points import Points, columns_of
from stallhorn.stats import trimmed_range

pytestmark = pytest.mark.usefixtures("plain")


@st.composite
def histories(draw: st.DrawFn) -> Series:
    """Steps, outliers, gaps, rates; bounds that are missing, zero, equal, on the wrong side or far apart."""
    level, points = 1.0, list[Measurement]()
    sigma = draw(st.sampled_from([0.0, 0.004, 0.03, 0.12]))
    unit = draw(st.sampled_from(["seconds", "rows per second (higher is better)"]))
    bounds = draw(st.sampled_from(["all", "none", "some"]))
    for place in range(draw(st.integers(0, 70))):
        level *= draw(st.sampled_from([1.0] * 12 + [1.05, 0.9, 1.3, 0.6, 2.5]))
        value: float = level * math.exp(sigma * draw(st.floats(-2, 2)))
        value *= draw(st.sampled_from([1.0] * 10 + [1.2, 1.5, 3.0, 0.7]))
        low: float | None = value * (1 - sigma / 3)
        high: float | None = value * (1 + sigma / 2)
        if bounds == "none" or (bounds == "some" and draw(st.integers(0, 3)) == 0):
            low, high = draw(st.sampled_from([(None, None), (0.0, high), (None, high), (-1.0, high), (low, None)]))
        gap = draw(st.integers(0, 14))
        points.append(bare(place, {0: None, 1: 0.0, 2: -value}.get(gap, value), low, high))
    rising = Direction.FASTER if "higher" in unit else Direction.SLOWER
    return replace(series(*points, unit=unit), rising=rising)


@settings(max_examples=60, deadline=None)
@given(st.lists(histories(), max_size=3), st.data())
@example([], None)
def test_levels_and_their_changes_are_the_same(every: list[Series], data: Any) -> None:
    rows = [row_of(each) for each in every]
    cuts = [sorted(data.draw(st.tuples(*[st.integers(0, len(row.usable))] * 2))) for row in rows]
    found = many.detect([(row, *cut) for row, cut in zip(rows, cuts, strict=True)])
    for row, cut, told in zip(rows, cuts, found, strict=True):
        kept = set(row.usable[slice(*cut)])
        gone = [
            replace(one, status=Status.OK if place in kept else Status.FAILED)
            for place, one in enumerate(row.series.points)
        ]
        assert told == levels.detect(replace(row.series, points=tuple(gone)))


@settings(max_examples=60, deadline=None)
@given(st.lists(histories(), max_size=3), st.integers(0, 71), st.none() | st.integers(0, 71))
@example([], 0, None)
def test_comparisons_are_the_same(every: list[Series], head: int, base: int | None) -> None:
    last = None if base is None else commit(base)
    found = list(many.compare([(row_of(each), commit(head)) for each in every], last))
    assert found == [levels.compare(each, commit(head), last) for each in every]
    newest = [(each, each.points[-1].commit) for each in every if each.points]
    assert list(many.compare([(row_of(each), at) for each, at in newest], None)) == [
        levels.compare(each, at) for each, at in newest
    ]


def test_compiled_loops_say_what_the_rule_says(compiled: dict[str, Any]) -> None:
    assert compiled["as the rule says"]


@pytest.mark.parametrize("together", [1, 2, 3])
def test_any_number_of_series_is_read_together(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    every = [series(*(bare(place, 1.0 + number * (place > 3)) for place in range(8))) for number in range(4)]
    monkeypatch.setattr(many, "TOGETHER", together)
    found = many.detect([(row_of(each), 0, 8) for each in every])
    assert [len(each) for each in found] == [0, 1, 1, 1]
    assert found == [levels.detect(each) for each in every]


def test_places_are_those_of_the_whole_series() -> None:
    one = series(*(bare(place, None if place % 2 else 1.0 + (place > 9)) for place in range(20)))
    ((told,),) = many.detect([(row_of(one), 2, 10)])
    assert ((told.before.start, told.before.stop), (told.after.start, told.after.stop)) == ((4, 9), (10, 19))
    assert (told.last, told.first) == (commit(8), commit(10))


def test_windows_and_outermost_values_are_those_of_the_rule() -> None:
    assert scan.WINDOW == levels.WINDOW
    for count in range(1, 60):
        values = [float(one) for one in range(count)]
        drop = scan.dropped(count)
        assert trimmed_range(values) == (values[drop], values[-1 - drop])


def test_series_with_samples_are_not_bare() -> None:
    plain = series(bare(0, 1.0), bare(1, None))
    sampled = series(bare(0, 1.0), point(1, 1.0, 1.1))
    assert row_of(plain).is_bare and not row_of(sampled).is_bare
    for known, expected in (({}, True), ({1: plain.points[1]}, True), ({1: sampled.points[1]}, False)):
        columns = Points(key(), columns_of(plain.points), known=known)
        assert row_of(replace(plain, points=columns)).is_bare is expected
