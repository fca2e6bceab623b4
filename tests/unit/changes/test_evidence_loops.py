"""Each question about a change: against NumPy where it is a formula, and on series made so that the answer is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import stallhorn.changes
from stallhorn.changes.loops import evidence, order
from stallhorn.changes.series import Floats

pytestmark = pytest.mark.usefixtures("plain")

SIGMA = 0.01
Answers = dict[str, float]


def asked(x: Floats, cuts: Sequence[int], number: int = 0, sigma: float = SIGMA) -> Answers:
    """All answers about one of the changes."""
    x = np.ascontiguousarray(x, float)
    width = max(len(x), 2 * evidence.REACH) + 16
    ends = [0, *cuts, len(x)]
    levels = np.array([np.median(x[start:stop]) for start, stop in pairwise(ends)])
    f = np.full(evidence.QUESTIONS, np.nan)
    cut = np.array(cuts, np.int64)
    shift = evidence.collect(x, cut, len(cuts), number, sigma, levels, np.full((8, width), np.nan), f)
    assert shift == f[evidence.SHIFT]
    assert np.isfinite(f).all()  # whatever was in the scratch space, every question has an answer
    return dict(zip(evidence.QUESTION_NAMES, f.tolist(), strict=True))


def normal(n: int, seed: int = 1, sigma: float = SIGMA) -> Floats:
    return np.random.default_rng(seed).normal(0, sigma, n)


def step(left: int, right: int, size: float, seed: int = 1) -> Floats:
    x = normal(left + right, seed)
    x[left:] += size
    return x


# --- formulas


@st.composite
def cases(draw: st.DrawFn) -> tuple[Floats, int]:
    """A series, ties among its values in one of two, and one place in it."""
    n = draw(st.integers(6, 200))
    place = draw(st.integers(3, n - 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.standard_t(3, n) * SIGMA
    x[place:] += draw(st.floats(-0.1, 0.1))
    return np.round(x, 2) if draw(st.booleans()) else x, place


def sides(x: Floats, place: int) -> tuple[Floats, Floats]:
    return x[max(0, place - 80) : place], x[place : place + 80]


def noise_about(left: Floats, right: Floats) -> float:
    rest = np.abs(np.concatenate([left - np.median(left), right - np.median(right)]))
    return max(1.4826 * float(np.median(rest)), 0.8 * SIGMA, 0.0008)


def clipped(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    reach = 3 * noise_about(left, right)
    one, other = (np.clip(side, np.median(side) - reach, np.median(side) + reach) for side in (left, right))
    return one, other


def inflation(f: Answers) -> float:
    return math.sqrt((1 + f["correlation"]) / (1 - f["correlation"]))


@given(cases())
def test_shift_noise_and_t_of_the_medians(case: tuple[Floats, int]) -> None:
    f, (left, right) = asked(case[0], [case[1]]), sides(*case)
    s, d = noise_about(left, right), abs(float(np.median(right) - np.median(left)))
    about = pytest.approx
    assert f["shift"] == about(d, abs=1e-12)
    assert f["noise"] == about(math.log(SIGMA))
    assert f["wander"] == about(math.log(s / SIGMA), abs=1e-9)
    assert f["sigmas"] == about(min(d / s, 50), abs=1e-9)
    error = s * inflation(f) * math.sqrt(1 / len(left) + 1 / len(right))
    assert f["t_median"] == about(min(d / (1.2533 * error), 100), abs=1e-9)
    rest = np.sort(np.abs(np.concatenate([left - np.median(left), right - np.median(right)])))
    assert f["tails"] == about(rest[int(0.9 * (len(rest) - 1))] / s, abs=1e-9)
    assert (f["short"], f["long"]) == (min(len(left), len(right)), max(len(left), len(right)))


@given(cases())
def test_correlation_and_t_of_the_means_are_of_clipped_points(case: tuple[Floats, int]) -> None:
    f, (left, right) = asked(case[0], [case[1]]), sides(*case)
    one, other = clipped(left, right)
    rest = np.concatenate([one - np.median(left), other - np.median(right)])
    rho = float(rest[1:] @ rest[:-1]) / max(float(rest @ rest), 1e-18)
    assert f["correlation"] == pytest.approx(min(max(rho, 0.0), 0.9) if len(rest) > 12 else 0.1, abs=1e-9)
    spread = max(math.sqrt(float(rest @ rest) / (len(rest) - 2)), 0.8 * SIGMA)
    sign = 1 if np.median(right) > np.median(left) else -1
    error = spread * inflation(f) * math.sqrt(1 / len(left) + 1 / len(right))
    expected = sign * float(other.mean() - one.mean()) / error
    assert f["t_mean"] == pytest.approx(min(expected, 100), abs=1e-7)


@given(cases())
def test_ranks_are_a_count_of_pairs(case: tuple[Floats, int]) -> None:
    f, (left, right) = asked(case[0], [case[1]]), sides(*case)
    pairs = (right[:, None] > left).mean() + 0.5 * (right[:, None] == left).mean()  # Mann and Whitney
    share = pairs if np.median(right) > np.median(left) else 1 - pairs
    assert f["ranks"] == pytest.approx(share, abs=1e-12)
    t = (share - 0.5) * math.sqrt(12 * len(left) * len(right) / (len(left) + len(right) + 1)) / inflation(f)
    assert f["t_ranks"] == pytest.approx(min(t, 30), abs=1e-9)


@given(cases())
def test_step_and_line_together_are_a_least_squares_fit(case: tuple[Floats, int]) -> None:
    f, (left, right) = asked(case[0], [case[1]]), sides(*case)
    z = np.concatenate(clipped(left, right))
    n, sign = len(z), 1 if np.median(right) > np.median(left) else -1
    columns = np.stack([np.ones(n), np.arange(n), np.arange(n) >= len(left)], axis=1).astype(float)
    fitted, *_ = np.linalg.lstsq(columns, z, rcond=None)
    of_step = float(fitted[2]) * sign
    if f["shift"] > 1e-9:
        assert f["beside_line"] == pytest.approx(min(max(of_step / f["shift"], -3), 3), abs=1e-6)
    rest = float(((z - columns @ fitted) ** 2).sum()) / max(n - 3, 1)
    if rest > 1e-10:
        error = math.sqrt(rest * np.linalg.inv(columns.T @ columns)[2, 2]) * inflation(f)
        assert f["t_beside_line"] == pytest.approx(min(max(of_step / error, -5), 40), rel=1e-5, abs=1e-6)


@given(cases())
def test_the_line_beside_the_step_is_a_ratio_of_what_they_leave(case: tuple[Floats, int]) -> None:
    f, (left, right) = asked(case[0], [case[1]]), sides(*case)
    z = np.concatenate(clipped(left, right))
    line = np.polynomial.Polynomial.fit(np.arange(len(z)), z, 1)(np.arange(len(z)))
    medians = np.concatenate([np.full(len(left), np.median(left)), np.full(len(right), np.median(right))])
    of_line, of_step = np.abs(z - line).sum(), np.abs(z - medians).sum()
    if of_step > 1e-9:
        assert f["line"] == pytest.approx(min(of_line / of_step, 5), abs=1e-6)


@given(cases())
def test_excursions_are_running_means_of_as_many_points_as_the_short_side_has(case: tuple[Floats, int]) -> None:
    f, (left, right) = asked(case[0], [case[1]]), sides(*case)
    one, other = clipped(left, right)
    m = min(len(left), len(right), 20)
    far = [
        abs(float(side[j : j + m].mean() - side.mean()))
        for side in (one, other)
        if len(side) >= 2 * m
        for j in range(len(side) - m + 1)
    ]
    s, sign = noise_about(left, right), 1 if np.median(right) > np.median(left) else -1
    d = sign * float(other.mean() - one.mean())
    expected = d / max(*far, 0.3 * s) if far and max(far) > 0 else d / (1.2 * s)
    assert f["excursion"] == pytest.approx(min(expected, 20), abs=1e-6)


@given(cases())
def test_how_far_the_short_side_is(case: tuple[Floats, int]) -> None:
    f, (left, right) = asked(case[0], [case[1]]), sides(*case)
    short, long = (left, right) if len(left) <= len(right) else (right, left)
    distances = np.sort(np.abs(short - np.median(long)))
    d = max(f["shift"], 1e-12)
    assert f["all"] == pytest.approx(min(distances[0] / d, 3), abs=1e-9)
    assert f["nearly_all"] == pytest.approx(min(distances[(len(short) - 1) // 4] / d, 3), abs=1e-9)
    assert f["all"] <= f["nearly_all"]
    away = -1 if (np.median(right) > np.median(left)) == (len(left) <= len(right)) else 1
    own = np.sort((long - np.median(long)) * away)
    reached = int((own >= distances[0]).sum())
    chance = len(short) * math.log((reached + 1) / (len(long) + 1))
    assert f["chance"] == pytest.approx(max(chance, -60), abs=1e-6)
    third = max(float(own[-3]), 0.3 * noise_about(left, right))
    assert f["outside"] == pytest.approx(min(distances[0] / third, 20), rel=1e-6, abs=1e-6)


@given(cases(), st.floats(-5, 5))
def test_the_level_of_the_series_and_the_direction_of_the_step_do_not_matter(
    case: tuple[Floats, int], level: float
) -> None:
    x, place = case
    left, right = sides(x, place)
    assume(abs(np.median(right) - np.median(left)) > 1e-9)  # else there is no direction
    plain = asked(x, [place])
    for other in (x + level, -x):
        twin = asked(other, [place])
        ties = {
            "ranks",
            "t_ranks",
            "recurrence",
            "visits",
            "chance",
            "outside",
            "t_beside_line",
        }  # rounded away, or not
        for name in plain.keys() - ties:
            assert twin[name] == pytest.approx(plain[name], rel=1e-6, abs=1e-6), name


# --- guilty and innocent


def test_a_step_has_what_a_step_has() -> None:
    f = asked(step(60, 60, 0.1), [60])
    assert f["shift"] == pytest.approx(0.1, abs=0.005)
    assert f["sigmas"] == pytest.approx(10, rel=0.25)
    assert min(f["t_median"], f["t_mean"], f["t_beside_line"]) > 20
    assert f["ranks"] == 1.0
    assert f["t_ranks"] > 8
    assert f["line"] > 2
    assert f["sharp"] == pytest.approx(1, abs=0.2)
    assert f["chance"] == -60
    assert f["outside"] > 3


def test_noise_has_nothing_of_it() -> None:
    f = asked(normal(120), [60])
    assert max(f["t_median"], f["t_mean"], f["t_ranks"], f["t_beside_line"]) < 3
    assert f["ranks"] == pytest.approx(0.5, abs=0.15)
    assert f["excursion"] < 2
    assert f["all"] < 0.5
    assert f["line"] == pytest.approx(1, abs=0.05)


def test_a_drift_is_a_line() -> None:
    drift = normal(120) + np.linspace(0, 0.2, 120)
    f = asked(drift, [60])
    assert f["ranks"] > 0.95  # it looks like a step ...
    assert f["line"] < 0.5  # ... and is better told as a line
    assert abs(f["beside_line"]) < 0.2
    assert f["t_beside_line"] < 3
    assert f["sharp"] < 0.5
    both = drift.copy()
    both[60:] += 0.1
    assert asked(both, [60])["t_beside_line"] > 8


def autoregressive(rho: float, n: int = 160) -> Floats:
    rng, x = np.random.default_rng(7), np.zeros(n)
    for i in range(1, n):
        x[i] = rho * x[i - 1] + rng.normal(0, SIGMA * math.sqrt(1 - rho * rho))
    return x


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6, 0.8])
def test_correlation_of_an_autoregressive_series(rho: float) -> None:
    assert asked(autoregressive(rho), [80])["correlation"] == pytest.approx(rho, abs=0.15)


def test_correlated_noise_makes_the_same_shift_worth_less() -> None:
    shifts = {}
    for rho in (0.0, 0.6):
        x = autoregressive(rho)
        x[80:] += 0.05 - np.median(x[80:]) + np.median(x[:80])
        shifts[rho] = asked(x, [80])
    assert shifts[0.6]["shift"] == pytest.approx(shifts[0.0]["shift"])
    assert shifts[0.6]["t_median"] < 0.7 * shifts[0.0]["t_median"]
    assert shifts[0.6]["t_ranks"] < 0.8 * shifts[0.0]["t_ranks"]


def test_noise_that_alternates_is_not_less_than_uncorrelated() -> None:
    x = normal(100, sigma=0.001) + 0.01 * (-1) ** np.arange(100)
    assert asked(x, [50])["correlation"] == 0


def test_the_last_level_and_the_first() -> None:
    x = np.concatenate([normal(20), normal(20) + 0.1, normal(20)])
    told = [asked(x, cuts, number) for cuts, number in (([20, 40], 0), ([20, 40], 1), ([20], 0))]
    assert [(f["oldest"], f["newest"]) for f in told] == [(1, 0), (0, 1), (1, 1)]


def test_a_change_that_is_taken_back_returns() -> None:
    back = np.concatenate([normal(40), normal(15, 2) + 0.1, normal(40, 3)])
    up = np.concatenate([normal(40), normal(15, 2) + 0.1, normal(40, 3) + 0.2])
    for number in (0, 1):
        assert asked(back, [40, 55], number)["return"] < 0.1
        assert asked(up, [40, 55], number)["return"] == pytest.approx(2, abs=0.2)
    assert asked(step(40, 40, 0.1), [40])["return"] == 9  # there is no other level


def test_only_the_points_up_to_the_neighbouring_changes_are_looked_at() -> None:
    x = np.concatenate([normal(40), normal(15, 2) + 0.1, normal(40, 3) + 5])
    f = asked(x, [40, 55], 0)
    assert f["shift"] == pytest.approx(0.1, abs=0.01)
    assert (f["short"], f["long"], f["points"]) == (15, 40, 95)
    assert f["busy"] == pytest.approx(200 / 95)


def test_no_more_than_eighty_points_of_a_side_are_looked_at() -> None:
    x = step(300, 200, 0.1)
    x[:219] += 9
    f = asked(x, [300])
    assert (f["short"], f["long"]) == (80, 80)
    assert f["shift"] == pytest.approx(0.1, abs=0.01)


def two_modes(stay: float) -> Floats:
    """Of 300 points a fifth are in the upper mode, singly or in stays, and then six of them in a row."""
    rng, x, up = np.random.default_rng(5), normal(306), False
    for i in range(300):
        up = rng.random() < stay if up else rng.random() < 0.2 * (1 - stay)
        x[i] += 0.2 * up
    x[294:] = normal(12)
    x[300:] += 0.2
    return x


def test_a_level_that_comes_and_goes_is_expected_to_come_again() -> None:
    known = asked(two_modes(0.75), [300])
    single = asked(two_modes(0.02), [300])
    never = asked(step(300, 6, 0.2), [300])
    assert known["visits"] > 5
    assert known["recurrence"] > math.log10(1)  # stays of six points have been there before
    assert single["visits"] > 10
    assert single["recurrence"] < math.log10(0.05)  # single points do not make six in a row likely
    assert never["visits"] == 0
    assert never["recurrence"] == pytest.approx(-4, abs=0.01)


def test_visits_are_counted_across_stretches_that_are_on_one_of_the_two_levels() -> None:
    parts = [(20, 0.0), (5, 0.2), (20, 0.0), (5, 0.2), (20, 0.0)]
    x = np.concatenate([normal(count, seed) + level for seed, (count, level) in enumerate(parts)])
    assert asked(x, [20, 25, 45, 50], 2)["visits"] == 1
    x[:25] += 3  # another level altogether
    assert asked(x, [25, 45, 50], 1)["visits"] == 0


def test_wild_points_are_not_all_of_the_short_side() -> None:
    wild = normal(63)
    wild[61:] += 0.5  # two of three
    honest = step(60, 3, 0.5)
    assert asked(wild, [60])["all"] < 0.1
    assert asked(honest, [60])["all"] > 0.9


def test_a_side_that_is_noisier_than_the_other_is_told() -> None:
    x = np.concatenate([normal(60), normal(20, 2, 0.05)])
    assert asked(x, [60])["spread"] == pytest.approx(math.log(5), abs=0.5)
    assert asked(x[::-1], [20])["spread"] == pytest.approx(math.log(5), abs=0.5)
    assert asked(normal(80), [60])["spread"] == pytest.approx(0, abs=0.5)


def test_the_farthest_that_noise_carried_counts_beside_the_shift() -> None:
    calm = step(60, 5, 0.05)
    wandering = step(60, 5, 0.05)
    wandering[20:25] += 0.04
    assert asked(calm, [60])["excursion"] > 3
    assert asked(wandering, [60])["excursion"] < 2.5


def test_a_series_without_noise_has_answers() -> None:
    f = asked(np.repeat([0.0, 0.1], 20), [20], sigma=order.LEAST)
    assert f["t_median"] == 100
    assert f["sigmas"] == 50
    assert asked(np.zeros(20), [10], sigma=order.LEAST)["t_median"] == 0


def test_the_model_was_taught_these_questions_in_this_order() -> None:
    with np.load(Path(str(stallhorn.changes.__file__)).parent / "weights.npz") as kept:
        assert kept["questions"].tolist() == list(evidence.QUESTION_NAMES)
        for name in ("hindsight", "tonight"):
            assert kept[name][:, 0].max() < evidence.QUESTIONS
    assert len(evidence.QUESTION_NAMES) == evidence.QUESTIONS
    numbers = [getattr(evidence, name.upper()) for name in evidence.QUESTION_NAMES]
    assert numbers == list(range(evidence.QUESTIONS))
