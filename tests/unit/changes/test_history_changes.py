"""The changes of a project's series: what is told of each, with which commits, sizes and confidence."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from builders import bare, commit, key, point
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from nights import visited

from stallhorn.changes.history import CERTAIN, COMMON, YOUNG, Found, detect
from stallhorn.changes.settings import Override, Settings
from stallhorn.model import ChangePoint, Direction, Kind, Measurement, Series, SeriesKey, Status

pytestmark = pytest.mark.usefixtures("plain")

SIGMA = 0.01
SEEDS = range(4)
PLACES = {commit(position): position for position in range(200)}


def values(*stretches: tuple[int, float], sigma: float = SIGMA, seed: int = 1) -> list[float]:
    """So many points on each level, in noise; levels are ratios."""
    flat = np.concatenate([np.full(count, math.log(level)) for count, level in stretches])
    found: list[float] = np.exp(flat + np.random.default_rng(seed).normal(0, sigma, len(flat))).tolist()
    return found


def made(given: Sequence[float | Measurement | None], of: SeriesKey | None = None, unit: str = "seconds") -> Series:
    """A series of one point a commit; None failed."""
    at = of or key()
    points = [one if isinstance(one, Measurement) else bare(place, one) for place, one in enumerate(given)]
    return Series(at, unit, tuple(replace(one, key=at) for one in points))


def found(*every: Series, settings: Settings | None = None) -> Found:
    return detect(every, {}, settings or Settings(), PLACES)


def points(one: Series, settings: Settings | None = None) -> tuple[ChangePoint, ...]:
    return found(one, settings=settings).points.get(one.key, ())


def firsts(told: Iterable[ChangePoint]) -> list[int]:
    return [PLACES[one.first] for one in told]


# --- few points


def test_without_series_nothing_happened() -> None:
    assert found() == Found()


@pytest.mark.parametrize("given", [[], [1.0], [None] * 30, [0.0] * 30, [-1.0] * 30, [1.0] * 30, [1.0, None, 1.0]])
def test_series_of_which_nothing_can_be_told(given: list[float | None]) -> None:
    assert found(made(given)) == Found()
    changed = made(values((30, 1.0), (30, 1.5)), key("suite.Other.time_it"))
    assert list(found(made(given), changed).points) == [changed.key]


def test_a_plain_change_of_a_young_series_is_told_the_day_it_comes() -> None:
    fresh = made([point(0, 1.0, 1.0), point(1, 1.01, 1.0), point(2, 2.0, 2.0)])
    (told,) = points(fresh)
    assert (told.last, told.first, told.direction) == (commit(1), commit(2), Direction.SLOWER)
    assert (told.ratio, told.confidence, told.kind) == (pytest.approx(2, rel=0.02), CERTAIN, Kind.CODE)
    assert points(made(fresh.points[:2])) == ()


@pytest.mark.parametrize("length", [YOUNG - 1, YOUNG, YOUNG + 1, 30, 47, 48, 80])
def test_what_was_told_of_the_first_points_stays(length: int) -> None:
    told = points(made(values((2, 1.0), (length - 2, 2.0))))
    assert firsts(told) == [2]
    assert told[0].ratio == pytest.approx(2, rel=0.03)


def test_a_series_that_grows_is_told_the_same_change_every_day() -> None:
    grown = values((20, 1.0), (20, 1.5))
    assert [firsts(points(made(grown[:length]))) for length in range(18, 41)] == [[]] * 3 + [[20]] * 20


# --- a history


@pytest.mark.parametrize("seed", SEEDS)
def test_a_small_change_of_a_long_series_has_everything_that_is_to_be_said(seed: int) -> None:
    (told,) = points(made(values((30, 1.0), (30, 1.05), seed=seed)))
    assert (told.last, told.first) == (commit(29), commit(30))
    assert (told.before.start, told.before.stop, told.after.start, told.after.stop) == (0, 30, 30, 60)
    assert told.before.low <= told.before.center <= told.before.high
    assert told.low is not None
    assert told.high is not None
    assert told.ratio == pytest.approx(1.05, abs=0.01)
    assert 1 < told.low < told.ratio < told.high < 1.1
    assert 0.9 < told.confidence < 1
    assert (told.direction, told.kind, told.reason) == (Direction.SLOWER, Kind.CODE, "")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_change_that_is_taken_back_stays_as_two(seed: int) -> None:
    there, back = points(made(values((30, 1.0), (12, 1.3), (20, 1.0), seed=seed)))
    assert (there.first, back.first) == (commit(30), commit(42))
    assert there.after.center == back.before.center
    assert (there.direction, back.direction) == (Direction.SLOWER, Direction.FASTER)
    assert there.ratio == pytest.approx(1.3, abs=0.03)
    assert back.ratio == pytest.approx(1 / 1.3, abs=0.03)


def test_more_is_better_where_the_series_says_so() -> None:
    rate = replace(made(values((30, 1.0), (30, 1.2)), unit="rows"), rising=Direction.FASTER)
    assert [one.direction for one in points(rate)] == [Direction.FASTER]
    sunken = replace(made(values((30, 1.0), (30, 0.8)), unit="rows"), rising=Direction.FASTER)
    assert [one.direction for one in points(sunken)] == [Direction.SLOWER]


@pytest.mark.parametrize("status", [Status.FAILED, Status.SKIPPED, Status.TIMEOUT, Status.ABORTED])
def test_commits_without_a_value_stand_between_the_last_and_the_first(status: Status) -> None:
    given: list[float | Measurement] = [*values((30, 1.0), (30, 1.2))]
    given[30:33] = [replace(bare(place, None), status=status) for place in (30, 31, 32)]
    (told,) = points(made(given))
    assert (told.last, told.first) == (commit(29), commit(33))
    assert (told.before.stop, told.after.start) == (30, 33)


def test_commits_that_were_never_measured_stand_between_them_too() -> None:
    whole = made(values((30, 1.0), (30, 1.2)))
    (told,) = points(replace(whole, points=whole.points[:28] + whole.points[31:]))
    assert (told.last, told.first) == (commit(27), commit(31))
    assert (told.before.stop, told.after.start) == (28, 28)


@pytest.mark.parametrize("odd", [0.0, -1.0])
def test_values_that_have_no_ratio_are_no_change(odd: float) -> None:
    given = values((30, 1.0), (30, 1.2))
    given[10] = given[45] = odd
    assert firsts(points(made(given))) == [30]


def test_counted_values_are_exact() -> None:
    counts = made([*[1.0] * 20, 2.0, *[1.0] * 20, 0.0, None, 0.0], unit="compiles (counted)")
    told = points(counts)
    assert firsts(told) == [20, 21, 41]
    assert [one.ratio for one in told] == [2.0, 0.5, 0.0]
    assert [one.confidence for one in told] == [1.0] * 3


def test_the_answer_is_in_the_order_of_the_series() -> None:
    every = [made(values((30, 1.0), (30, 1.5), seed=number), key(f"suite.{name}")) for number, name in enumerate("cab")]
    every.insert(1, made([1.0, 2.0], key("suite.counted"), unit="calls (counted)"))
    assert list(found(*every).points) == [one.key for one in every]
    assert list(found(*every[::-1]).points) == [one.key for one in every[::-1]]


# --- wide spreads


def wide(place: int, value: float, spread: float) -> Measurement:
    return bare(place, value, value / spread, value * spread)


@pytest.mark.parametrize(("spread", "expected"), [(9.0, [30]), (1.01, [30, 59])])
def test_a_wild_newest_point_with_a_wide_spread_is_set_aside(spread: float, expected: list[int]) -> None:
    given = [wide(place, value, 1.01) for place, value in enumerate(values((30, 1.0), (30, 1.1)))]
    given[59] = wide(59, 5.0, spread)
    assert firsts(points(made(given))) == expected


def test_a_wide_first_point_of_a_new_level_does_not_begin_it() -> None:
    given = [wide(place, value, 1.01) for place, value in enumerate(values((30, 1.0), (30, 1.1)))]
    assert firsts(points(made(given))) == [30]
    given[30] = wide(30, 5.0, 3.0)
    (told,) = points(made(given))
    assert (told.first, told.ratio) == (commit(31), pytest.approx(1.1, abs=0.02))


# --- settings


def test_what_is_smaller_than_relevant_is_not_told() -> None:
    old, young = made(values((30, 1.0), (30, 1.1))), made([point(0, 1.0), point(1, 1.0), point(2, 2.0)])
    assert (firsts(points(old)), firsts(points(young))) == ([30], [2])
    strict = Settings(relevant=1.5)
    assert points(old, strict) == points(young, strict) == ()
    quiet = made(values((40, 1.0), (40, 1.018), sigma=0.001))
    assert points(quiet) == ()
    assert firsts(points(quiet, Settings(relevant=0.01))) == [40]


def test_an_override_holds_for_the_benchmarks_that_it_names() -> None:
    a, b, c = (made(values((30, 1.0), (30, 1.1)), key(f"suite.time_{name}", n="1")) for name in "abc")
    overrides = (Override(re.compile("time_a"), relevant=0.3), Override(re.compile(r"time_b\(1\)"), tail=31))
    told = found(a, b, c, settings=Settings(overrides=overrides))
    assert list(told.points) == [c.key]
    assert list(found(a, b, c).points) == [a.key, b.key, c.key]


# --- the machine


def machine_wide(size: float = 1.2, still: int = -1) -> list[Series]:
    """Eight benchmarks of four parameters, each moved a little differently; one may stay where it was."""
    return [
        made(
            values((30, 1.0), (30, 1.0 if benchmark == still else size + 0.02 * (n - 1.5)), seed=10 * benchmark + n),
            key(f"suite.time_{benchmark}", n=str(n)),
        )
        for benchmark in range(8)
        for n in range(4)
    ]


@pytest.mark.parametrize("size", [1.2, 0.8])
def test_what_the_machine_did_to_all_is_its_own(size: float) -> None:
    every = machine_wide(size)
    told = found(*every)
    assert told.points == {}
    assert told.suspicions == ()
    assert [one.key for one in told.common] == [one.key for one in every]
    for one in told.common:
        assert (one.kind, one.reason, one.last, one.first) == (Kind.MACHINE, COMMON, commit(29), commit(30))
        own = size + 0.02 * (int(one.key.parameters.values[0][1]) - 1.5)
        assert one.ratio == pytest.approx(own, abs=0.012)
        assert one.low is not None
        assert one.high is not None
        assert one.low < one.ratio < one.high
        assert one.confidence > 0.9


def test_a_series_that_the_machine_did_not_move_is_not_among_those_that_it_did() -> None:
    every = machine_wide(still=5)
    told = found(*every)
    assert told.points == {}
    assert [one.key for one in told.common] == [one.key for one in every if one.key.benchmark != "suite.time_5"]


def test_code_is_told_beside_the_machine() -> None:
    every = machine_wide()
    changed = [made(values((30, 1.0), (15, 1.2), (15, 1.5), seed=n), key("suite.time_it", n=str(n))) for n in range(4)]
    told = found(*every, *changed)
    assert {one: firsts(each) for one, each in told.points.items()} == {one.key: [45] for one in changed}
    for each in told.points.values():
        assert each[0].kind is Kind.CODE
    assert firsts(told.common) == [30] * 36


@pytest.mark.parametrize("apart", ["machine", "environment"])
def test_machines_and_environments_are_judged_apart(apart: str) -> None:
    moved = machine_wide()
    elsewhere = {apart: "other"}
    still = [
        made(values((60, 1.0), seed=number), replace(one.key, **elsewhere))
        for number, one in enumerate(moved[::4], start=100)
    ]
    still[2] = made(values((20, 1.0), (40, 1.2), seed=7), still[2].key)
    both = found(*moved, *still)
    assert both.common == found(*moved).common
    assert {one: firsts(each) for one, each in both.points.items()} == {still[2].key: [20]}


@pytest.mark.parametrize("place", [8, 45, 50, 57])
def test_what_the_machine_did_is_not_told_a_second_time_while_it_is_new(place: int) -> None:
    every = [
        made(values((place, 1.0), (60 - place, 1.2), seed=number), key(f"suite.time_{number // 4}", n=str(number)))
        for number in range(32)
    ]
    every[0] = made(values((place, 1.0), (60 - place, 2.2)), every[0].key)  # and this one did something of its own
    told = found(*every)
    assert {one: firsts(each) for one, each in told.points.items()} == {every[0].key: [place]}
    assert firsts(told.common) == [place] * 32


def test_what_the_machine_did_before_a_series_began_says_nothing_of_it() -> None:
    every = [made(values((20, 1.0), (40, 2.0), seed=n), key(f"suite.time_{n}")) for n in range(8)]
    fresh = made(values((30, 1.0), (2, 1.0), (28, 2.0)), key("suite.time_fresh"))
    told = found(*every, replace(fresh, points=fresh.points[30:]))
    assert {one: firsts(each) for one, each in told.points.items()} == {fresh.key: [32]}
    assert [one.key for one in told.common] == [one.key for one in every]


@pytest.mark.parametrize("gap", [1, 2, 6])
def test_a_series_that_missed_the_night_of_an_event_was_moved_all_the_same(gap: int) -> None:
    every = machine_wide()
    every[3] = replace(every[3], points=every[3].points[:30] + every[3].points[30 + gap :])
    told = found(*every)
    assert told.points == {}
    assert firsts(told.common) == [30, 30, 30, 30 + gap, *[30] * 28]


def test_what_the_machine_did_is_not_told_of_a_point_with_visits() -> None:
    every = machine_wide()
    visits = [
        replace(one, points=(*one.points[:41], replace(visited(41, one.points[41].value or 0.0, 4), key=one.key)))
        for one in every
    ]
    told = found(*visits)
    assert (told.points, firsts(told.common)) == ({}, [30] * 32)


def test_series_of_a_machine_need_not_have_the_same_commits() -> None:
    every = machine_wide()
    halved = [replace(one, points=one.points[number % 2 :: 2]) for number, one in enumerate(every)]
    told = found(*halved)
    assert told.points == {}
    assert {PLACES[one.first] for one in told.common} <= {30, 31}
    assert len(told.common) == 32


# --- the newest points


def test_a_suspicious_tail_asks_for_more() -> None:
    suspicious = made(values((40, 1.0), (3, 1.08)))
    patient = Settings(tail=6)
    told = found(suspicious, settings=patient)
    assert told.points == {}
    (doubt,) = told.suspicions
    assert (doubt.key, doubt.last, doubt.first) == (suspicious.key, commit(39), commit(40))
    assert (doubt.direction, doubt.ratio) == (Direction.SLOWER, pytest.approx(1.08, abs=0.02))
    assert 0.5 < doubt.confidence < 1
    assert doubt.reason.startswith("only 3 measurements on the new level")
    faster = replace(suspicious, rising=Direction.FASTER)
    assert [one.direction for one in found(faster, settings=patient).suspicions] == [Direction.FASTER]
    assert firsts(points(made(values((40, 1.0), (6, 1.08))), patient)) == [40]


def test_nothing_is_suspected_of_what_was_told() -> None:
    told = found(made(values((40, 1.0), (3, 1.5))), settings=Settings(tail=6))
    assert [firsts(each) for each in told.points.values()] == [[40]]
    assert told.suspicions == ()


def test_the_most_probable_suspicion_comes_first() -> None:
    sizes = {"a": 1.035, "b": 1.09, "c": 1.06}
    every = [made(values((40, 1.0), (4, size)), key(f"suite.time_{name}")) for name, size in sizes.items()]
    doubts = found(*every, settings=Settings(tail=6)).suspicions
    assert [one.key.benchmark[-1] for one in doubts] == ["b", "c", "a"]
    assert [one.confidence for one in doubts] == sorted((one.confidence for one in doubts), reverse=True)


def test_every_visit_of_a_newest_point_counts_as_a_night() -> None:
    given: list[float | Measurement] = [*values((40, 1.0), (3, 1.08))]
    newest = given[42]
    assert isinstance(newest, float)
    patient = Settings(tail=6)
    doubtful = found(made(given), settings=patient)
    assert (doubtful.points, len(doubtful.suspicions)) == ({}, 1)
    given[42] = visited(42, newest, 3)
    settled = found(made(given), settings=patient)
    assert ([firsts(each) for each in settled.points.values()], settled.suspicions) == ([[40]], ())
    given[42] = visited(42, newest, 1)
    assert found(made(given), settings=patient).points == {}


def test_visits_that_show_the_old_level_take_a_suspicion_back() -> None:
    given: list[float | Measurement] = [*values((40, 1.0), (2, 1.08), (1, 1.0))]
    given[42] = visited(42, 1.0, 5)
    told = found(made(given), settings=Settings(tail=6))
    assert (told.points, told.suspicions) == ({}, ())


def test_one_commit_that_was_measured_often_enough_is_told_at_once() -> None:
    given: list[float | Measurement] = [*values((40, 1.0), (1, 1.08))]
    assert points(made(given)) == ()
    given[40] = visited(40, 1.08, 5)
    (told,) = points(made(given))
    assert (told.last, told.first, told.ratio) == (commit(39), commit(40), pytest.approx(1.08, abs=0.02))


# --- any series

LEVELS = st.lists(st.tuples(st.integers(1, 30), st.sampled_from([1.0, 1.03, 1.5, 0.5, 20.0])), min_size=1, max_size=4)
HOLES = st.lists(st.tuples(st.integers(0, 60), st.sampled_from([None, 0.0, -1.0, 1e300, 1e-300])), max_size=5)


@hypothesis_settings(max_examples=40, derandomize=True, deadline=None)
@given(st.lists(st.tuples(LEVELS, HOLES), max_size=7), st.integers(0, 100))
def test_any_history_has_changes_that_agree_with_themselves(
    drawn: list[tuple[list[tuple[int, float]], list[tuple[int, float | None]]]], seed: int
) -> None:
    every = []
    for number, (stretches, holes) in enumerate(drawn):
        given: list[float | None] = [*values(*stretches, seed=seed + number)]
        for place, value in holes:
            given[place % len(given)] = value
        every.append(made(given, key(f"suite.time_{number // 2}", n=str(number))))
    told = found(*every)
    assert told == found(*every)
    lengths = {one.key: len(one.points) for one in every}
    for each in [*told.points.values(), *((one,) for one in told.common)]:
        assert firsts(each) == sorted(set(firsts(each)))
        for one in each:
            assert PLACES[one.last] < PLACES[one.first] < lengths[one.key]
            assert 0 <= one.before.start < one.before.stop <= one.after.start < one.after.stop <= lengths[one.key]
            assert PLACES[one.first] == one.after.start
            assert one.low is not None
            assert one.high is not None
            assert one.ratio is not None
            assert one.low <= one.ratio <= one.high
            assert 0 < one.confidence < 1
    for doubt in told.suspicions:
        assert PLACES[doubt.last] < PLACES[doubt.first] < lengths[doubt.key]
        assert 0 < doubt.confidence < 1
        assert doubt.ratio > 0


def of_benchmarks(nights: int, moved: int) -> list[Series]:
    """Eight benchmarks, the first of which took 1.5 times as long in the newest nights."""
    flat = [point(place, 1.0, 1.0) for place in range(30 - nights)]
    slow = [point(place, 1.5, 1.5) for place in range(30 - nights, 30)]
    same = [point(place, 1.0, 1.0) for place in range(30 - nights, 30)]
    return [made(flat + (slow if number < moved else same), key(f"suite.Case{number}.time_it")) for number in range(8)]


@pytest.mark.parametrize("nights", [1, 2])
def test_the_first_nights_of_a_slower_machine_are_no_regressions(nights: int) -> None:
    told = found(*of_benchmarks(nights, 8))
    assert told.points == {}
    assert {one.kind for one in told.common} == {Kind.MACHINE}
    assert len({one.key for one in told.common}) == 8


@pytest.mark.parametrize("nights", [1, 2])
def test_the_first_nights_of_two_slower_benchmarks_among_quiet_ones_are(nights: int) -> None:
    told = found(*of_benchmarks(nights, 2))
    assert {one.benchmark for one in told.points} == {"suite.Case0.time_it", "suite.Case1.time_it"}
    assert told.common == ()
