"""How far measurements can be trusted: noise, gaps, failures, odd nights."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
from builders import commit, key, project, revision

from stallhorn.health import RELEVANT, examine
from stallhorn.model import History, Measurement, Series, Status

NIGHTS = 40


def made(*series: Series) -> History:
    return History(project(Path("/nowhere")), tuple(revision(place) for place in range(NIGHTS)), {}, {}, {}, series)


def row(values, name="a.B.time_c", **params) -> Series:
    """A series with a value each night; None was not measured, "failed" failed."""
    of = key(name, **params)
    points = [
        Measurement(of, commit(place), Status.FAILED)
        if value == "failed"
        else Measurement(of, commit(place), Status.OK, value, value, value)
        for place, value in enumerate(values)
        if value is not None
    ]
    return Series(of, "seconds", tuple(points))


def noisy(sigma: float, seed: int = 1, nights: int = NIGHTS) -> list[float]:
    draw = random.Random(seed)
    return [math.exp(draw.gauss(0, sigma)) for _ in range(nights)]


def test_an_empty_history_has_nothing_to_say():
    found = examine(made())
    assert (found.noise, found.nights, found.failures, found.median, found.worst) == ((), (), (), None, None)


def test_one_measurement_makes_no_estimate():
    found = examine(made(row([1.0])))
    assert found.noise[0].sigma is None
    assert found.median is None
    assert [night.counts for night in found.nights] == [{Status.OK: 1}]


def test_noise_is_that_from_night_to_night_whatever_the_level_does():
    flat = noisy(0.03)
    stepped = [value * (2.0 if place >= 20 else 1.0) for place, value in enumerate(flat)]
    drifting = [value * 1.01**place for place, value in enumerate(flat)]
    for values in (flat, stepped, drifting):
        assert examine(made(row(values))).noise[0].sigma == pytest.approx(0.03, rel=0.5)


def test_what_can_be_seen_is_three_times_the_noise_and_never_less_than_what_is_told():
    found = examine(made(row(noisy(0.03), n="1"), row([1.0] * NIGHTS, n="2")))
    assert found.noise[0].detectable == pytest.approx(math.expm1(3 * (found.noise[0].sigma or 0)))
    assert found.noise[1].detectable == RELEVANT
    assert found.worst == found.noise[0].detectable


def test_gaps_and_zeros_do_not_count_as_noise():
    values = [None if place % 3 == 0 else 1.0 for place in range(NIGHTS)]
    values[4] = 0.0
    assert examine(made(row(values))).noise[0].sigma in (0.0, None)


def test_two_speeds_are_told_from_one_step_and_from_noise():
    draw = random.Random(3)
    to_and_fro = [value * (1.3 if draw.random() < 0.5 else 1.0) for value in noisy(0.005)]
    step = [value * (1.3 if place >= 20 else 1.0) for place, value in enumerate(noisy(0.005))]
    jumps = [
        each.jumps
        for each in examine(made(*(row(one, n=str(k)) for k, one in enumerate((to_and_fro, step, noisy(0.05)))))).noise
    ]
    assert jumps[0] >= 4
    assert jumps[1:] == [0, 0]


def suite(slow_at: int | None = None, step_at: int | None = None, hit: int = 10) -> list[Series]:
    """Ten benchmarks; `hit` of them are 20 % slower for one night, or from one night on."""
    rows = []
    for number in range(10):
        values = noisy(0.01, seed=number)
        for place in range(NIGHTS):
            if number < hit and (place == slow_at or (step_at is not None and place >= step_at)):
                values[place] *= 1.2
        rows.append(row(values, f"a.B.time_{number}"))
    return rows


def test_a_night_at_which_everything_was_slower_is_suspicious():
    found = examine(made(*suite(slow_at=20)))
    assert [night.commit for night in found.suspicious] == [commit(20)]
    assert found.suspicious[0].slower == 1.0


def test_a_step_of_everything_is_no_suspicious_night():
    assert examine(made(*suite(step_at=20))).suspicious == ()


def test_a_few_benchmarks_do_not_make_a_night_suspicious():
    assert examine(made(*suite(slow_at=20, hit=1))).suspicious == ()
    assert examine(made(*suite())).suspicious == ()


def test_what_a_night_left_out_is_missing_if_its_neighbours_have_it():
    gap = [None if place == 7 else 1.0 for place in range(NIGHTS)]
    found = examine(made(row(gap, n="1"), row([1.0] * NIGHTS, n="2")))
    assert {night.commit: night.missing for night in found.nights if night.missing} == {commit(7): 1}


def test_a_failure_says_since_when():
    found = examine(made(row([1.0] * 30 + ["failed"] * 10, n="1"), row(["failed"] + [1.0] * 39, n="2")))
    assert [(each.point.commit, each.since) for each in found.failures] == [(commit(39), commit(30))]


def test_nights_are_newest_first():
    assert [night.commit for night in examine(made(row([1.0] * 3))).nights] == [commit(2), commit(1), commit(0)]
