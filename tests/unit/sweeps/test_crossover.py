"""Where curves cross, who is fastest on which stretch, and how a crossover moved: planted curves of known answer."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.sweeps.crossover import (
    Crossing,
    Crossover,
    Curve,
    Estimate,
    Stretch,
    crossing,
    crossovers,
    curve,
    fastest_at,
    moves,
    stretches,
)

SIZES = (10.0, 100.0, 1000.0, 10_000.0)


def power(constant, exponent, sizes=SIZES, spread=0.0):
    """A power law with an interval of +- spread around each time."""
    times = ((size, constant * size**exponent) for size in sizes)
    return curve((size, Estimate(time, time * (1 - spread), time * (1 + spread))) for size, time in times)


# --- curves


def test_a_curve_of_nothing_is_empty():
    assert not curve([])
    assert Curve().at(1.0) is None and Curve().measured(1.0) is None


@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan])
def test_what_has_no_logarithm_is_not_on_the_curve(value):
    assert curve([(10.0, Estimate(value)), (20.0, Estimate(1.0))]).sizes == (20.0,)
    assert curve([(value, Estimate(1.0))]).sizes == ()


@pytest.mark.parametrize("bounds", [(None, None), (0.0, 2.0), (0.5, math.inf), (-1.0, 2.0), (math.nan, 2.0)])
def test_bounds_without_logarithm_are_none(bounds):
    assert curve([(10.0, Estimate(1.0, *bounds))]).times == (Estimate(1.0),)


def test_points_are_sorted_by_size_and_bounds_hold_the_value():
    made = curve([(20.0, Estimate(2.0, 2.1, 2.2)), (10.0, Estimate(1.0, 0.9, 1.1))])
    assert made.sizes == (10.0, 20.0)
    assert made.times[1] == Estimate(2.0, 2.0, 2.2)


def test_between_measured_sizes_a_power_law_is_met_exactly_and_outside_nothing_is_said():
    made = power(3e-6, 1.7, spread=0.1)
    assert made.at(300.0).value == pytest.approx(3e-6 * 300**1.7)
    assert made.at(300.0).low == pytest.approx(0.9 * 3e-6 * 300**1.7)
    assert made.at(9.99) is None and made.at(10_001.0) is None
    assert made.at(100.0) is made.measured(100.0)


def test_between_a_bounded_and_an_unbounded_time_there_is_no_interval():
    made = curve([(10.0, Estimate(1.0, 0.9, 1.1)), (20.0, Estimate(2.0))])
    assert not made.at(15.0).is_bounded


# --- the fastest at one size


def test_nobody_is_fastest_where_nothing_was_measured():
    assert fastest_at([], 10.0, []) is None
    assert fastest_at([power(1, 1)], 5.0, ["numpy"]) is None


def test_the_margin_is_over_the_best_of_another_backend():
    numba, other_numba, jax, numpy = power(1.0, 1), power(1.1, 1), power(2.4, 1), power(9.0, 1)
    found = fastest_at([numpy, other_numba, jax, numba], 100.0, ["numpy", "numba", "jax", "numba"])
    assert (found.first, found.rival, found.tied, found.is_tie) == (3, 2, (), False)
    assert found.ratio.value == pytest.approx(2.4)


def test_one_backend_alone_has_no_margin():
    found = fastest_at([power(1.0, 1), power(2.0, 1)], 100.0, ["numba", "numba"])
    assert (found.first, found.rival, found.ratio, found.is_tie) == (0, None, None, False)


def test_backends_whose_intervals_overlap_tie():
    found = fastest_at([power(1.0, 1, spread=0.1), power(1.05, 1, spread=0.1)], 100.0, ["numba", "jax"])
    assert found.is_tie and found.tied == (1,)
    assert found.ratio.low < 1 < found.ratio.high


def test_a_tie_with_a_variant_of_the_same_backend_is_no_tie_of_backends():
    curves = [power(1.0, 1, spread=0.1), power(1.05, 1, spread=0.1), power(3.0, 1, spread=0.1)]
    found = fastest_at(curves, 100.0, ["numba", "numba", "jax"])
    assert found.tied == (1,) and not found.is_tie and found.rival == 2


def test_without_intervals_the_smaller_time_is_the_fastest_and_the_ratio_has_no_bounds():
    found = fastest_at([curve([(10.0, Estimate(1.0))]), curve([(10.0, Estimate(1.01))])], 10.0, ["a", "b"])
    assert (found.first, found.is_tie, found.ratio.is_bounded) == (0, False, False)


# --- stretches


@pytest.mark.parametrize("curves", [[], [Curve()], [power(1, 1, (10.0,))]])
def test_less_than_two_sizes_make_no_stretch(curves):
    assert stretches(curves) == ()


def test_one_curve_is_fastest_everywhere():
    assert stretches([power(1, 1)]) == (Stretch(10.0, 10_000.0, (0,)),)


def test_the_stretches_meet_at_the_planted_crossover():
    linear, square = power(1e-3, 1), power(1e-5, 2)  # equal at 100 times 1: size 100
    found = stretches([linear, square])
    assert [each.lines for each in found] == [(1,), (0,)]
    assert found[0].end == found[1].start == pytest.approx(100.0)


def test_where_intervals_overlap_the_stretch_is_a_tie_around_the_crossover():
    linear, square = power(1e-3, 1, spread=0.1), power(1.7e-5, 2, spread=0.1)
    found = stretches([linear, square])
    assert [each.lines for each in found] == [(1,), (0, 1), (0,)]
    assert found[1].is_tie and found[1].start < 1e-3 / 1.7e-5 < found[1].end
    assert found[0].start == 10.0 and found[-1].end == 10_000.0


def test_curves_that_are_alike_tie_everywhere():
    assert stretches([power(1, 1, spread=0.01), power(1.005, 1, spread=0.01)]) == (Stretch(10.0, 10_000.0, (0, 1)),)


def test_a_curve_that_was_measured_at_fewer_sizes_is_fastest_only_there():
    short, slow = power(1, 1, SIZES[:2]), power(10, 1)
    assert stretches([slow, short]) == (Stretch(10.0, 100.0, (1,)), Stretch(100.0, 10_000.0, (0,)))


def test_a_third_curve_that_dips_below_two_others_between_their_ends_is_found():
    rising, falling, flat = power(1e-3, 1), power(10.0, -1), power(0.05, 0)
    found = stretches([rising, falling, flat])
    assert [each.lines for each in found] == [(0,), (2,), (1,)]
    assert found[0].end == pytest.approx(50.0) and found[1].end == pytest.approx(200.0)


anything = st.lists(
    st.lists(st.tuples(st.sampled_from(SIZES), st.floats(1e-9, 1e3), st.floats(0, 0.5)), min_size=0, max_size=4),
    min_size=0,
    max_size=4,
)


def made_of(points):
    return curve((size, Estimate(time, time * (1 - spread), time * (1 + spread))) for size, time, spread in points)


@given(anything)
def test_stretches_touch_and_name_the_fastest_between_their_ends(lists):
    curves = [made_of(points) for points in lists]
    found = stretches(curves)
    for each in found:
        assert each.start < each.end
        middle = each.start**0.4717 * each.end**0.5283  # no measured size, where a single point may lie lower
        times = {place: time for place, one in enumerate(curves) if (time := one.at(middle)) is not None}
        best = min(time.value for time in times.values())
        assert min(times[place].value for place in each.lines) <= best * (1 + 1e-9)
        tops = min(time.most for time in times.values() if time.value <= best * (1 + 1e-9))
        assert all(times[place].least <= tops * (1 + 1e-6) for place in each.lines)
    for before, after in itertools.pairwise(found):
        assert before.end <= after.start * (1 + 1e-9)
        assert before.lines != after.lines or before.end < after.start * (1 - 1e-9)


# --- crossovers


def test_curves_that_share_no_size_do_not_cross():
    assert crossovers(Curve(), Curve()) == ()
    assert crossovers(power(1, 1, (10.0, 100.0)), power(1, 2, (20.0, 200.0))) == ()


def test_the_planted_crossover_is_found_exactly_and_without_width_where_times_are_exact():
    (found,) = crossovers(power(1e-5, 2), power(1e-3, 1))
    assert (found.size, found.low, found.high) == pytest.approx((100.0, 100.0, 100.0))
    assert not found.falls  # the square law is the slower one above


def test_nothing_is_extrapolated():
    assert crossovers(power(1e-5, 2, (10.0, 50.0, 90.0)), power(1e-3, 1, (10.0, 50.0, 90.0))) == ()


@pytest.mark.parametrize("sizes", [(10.0, 100.0, 1000.0), (10.0, 50.0, 1000.0)])
def test_the_order_of_the_two_only_turns_the_direction(sizes):
    one, other = power(2e-5, 2, sizes, 0.05), power(1e-3, 1, sizes, 0.08)
    (found,), (turned,) = crossovers(one, other), crossovers(other, one)
    assert found.falls is not turned.falls
    assert (found.size, found.low, found.high) == pytest.approx((turned.size, turned.low, turned.high))


def test_wider_intervals_of_the_times_widen_the_crossovers():
    narrow, wide = (crossovers(power(1e-5, 2, spread=s), power(1.1e-3, 1, spread=s))[0] for s in (0.01, 0.1))
    assert wide.low < narrow.low < narrow.size < narrow.high < wide.high
    assert narrow.size == pytest.approx(wide.size)


def test_the_interval_of_symmetric_errors_is_what_the_propagation_gives():
    """Halfway between two sizes each of four errors of ln(1.1) counts by half: sqrt(4 / 4) ln(1.1) over slope 1."""
    sizes = (1.0, 1e6)
    one, other = (
        curve((n, Estimate(c * n**e, c * n**e / 1.1, c * n**e * 1.1)) for n in sizes) for c, e in ((1e-3, 2), (1.0, 1))
    )
    (found,) = crossovers(one, other)
    assert found.size == pytest.approx(1000.0)
    assert math.log(found.high / found.size) == pytest.approx(math.log(1.1), rel=1e-3)
    assert math.log(found.size / found.low) == pytest.approx(math.log(1.1), rel=1e-3)


def test_curves_that_run_close_have_a_crossover_that_is_open_on_one_side():
    one = curve([(10.0, Estimate(1.0, 0.9, 1.1)), (100.0, Estimate(2.0, 1.8, 2.2)), (1000.0, Estimate(4.0, 3.6, 4.4))])
    other = curve(
        [(10.0, Estimate(3.0, 2.9, 3.1)), (100.0, Estimate(2.1, 1.9, 2.3)), (1000.0, Estimate(3.9, 3.5, 4.3))]
    )
    (found,) = crossovers(one, other)
    assert found.low is not None and 10 < found.low < 100
    assert found.high is None and found.has_interval


def test_without_intervals_of_the_times_the_crossover_has_none():
    bare = curve((size, Estimate(1e-5 * size**2)) for size in SIZES)
    (found,) = crossovers(bare, power(1.1e-3, 1, spread=0.1))
    assert (found.low, found.high, found.has_interval) == (None, None, False)
    assert found.size == pytest.approx(110.0)


def test_curves_that_cross_twice_cross_twice():
    bent = curve([(10.0, Estimate(1.0)), (100.0, Estimate(30.0)), (1000.0, Estimate(100.0))])
    straight = power(0.2, 1, (10.0, 100.0, 1000.0))
    found = crossovers(bent, straight)
    assert [each.falls for each in found] == [False, True]


def test_equal_times_at_a_measured_size_are_a_crossover_only_if_the_order_changes():
    touch = curve([(10.0, Estimate(2.0)), (100.0, Estimate(1.0)), (1000.0, Estimate(2.0))])
    through = curve([(10.0, Estimate(2.0)), (100.0, Estimate(1.0)), (1000.0, Estimate(0.5))])
    flat = power(1.0, 0, (10.0, 100.0, 1000.0))
    assert crossovers(touch, flat) == ()
    (found,) = crossovers(through, flat)
    assert found.size == pytest.approx(100.0) and found.falls


def test_the_same_curve_twice_does_not_cross():
    assert crossovers(power(1, 1, spread=0.1), power(1, 1, spread=0.1)) == ()


def test_the_interval_holds_the_true_crossover_as_often_as_it_says():
    """Times with log-normal errors and their 99 % intervals: the crossover's holds the true size in 99 of 100 cases."""
    source, z, sigma, cases = random.Random(7), 2.5758, 0.05, 4000
    held = 0
    for _ in range(cases):

        def noisy(constant, exponent):
            times = ((n, constant * n**exponent * math.exp(source.gauss(0, sigma))) for n in (100.0, 10_000.0))
            width = math.exp(z * sigma)
            return curve((n, Estimate(time, time / width, time * width)) for n, time in times)

        (found,) = crossovers(noisy(1e-6, 2), noisy(1e-3, 1))
        held += found.low <= 1000.0 <= found.high
    assert 0.985 <= held / cases <= 0.995


@given(anything, anything)
def test_a_crossover_lies_between_measured_sizes_and_in_its_interval(one, other):
    first, second = made_of(one[0] if one else []), made_of(other[0] if other else [])
    shared = [size for size in first.sizes if second.measured(size)]
    for found in crossovers(first, second):
        assert shared[0] <= found.size * (1 + 1e-9) and found.size <= shared[-1] * (1 + 1e-9)
        assert found.low is None or found.low <= found.size * (1 + 1e-9)
        assert found.high is None or found.size <= found.high * (1 + 1e-9)
        assert found.low is None or found.low >= shared[0] * (1 - 1e-9)


# --- drift


def at(commit, size, low, high):
    return Crossing(commit, Crossover(size, low, high, True))


def test_nothing_moved_where_nothing_or_one_thing_is_known():
    assert moves([]) == ()
    assert moves([at("a", 100, 90, 110)]) == ()


def test_a_crossover_that_leaves_its_interval_and_stays_away_moved():
    history = [
        at("a", 38e3, 31e3, 46e3),
        at("b", 40e3, 35e3, 50e3),
        at("c", 120e3, 90e3, 150e3),
        at("d", 110e3, 9e4, 2e5),
    ]
    (found,) = moves(history)
    assert (found.commit, found.before.size, found.after.size) == ("c", 38e3, 120e3)


def test_one_commit_that_comes_back_is_noise():
    assert moves([at("a", 10, 9, 11), at("b", 30, 25, 35), at("c", 10, 9, 11)]) == ()


def test_the_newest_commit_may_be_the_one_that_moved():
    assert [each.commit for each in moves([at("a", 10, 9, 11), at("b", 30, 25, 35)])] == ["b"]


def test_an_open_or_missing_interval_moves_nowhere():
    assert moves([at("a", 10, None, 11), at("b", 30, 25, None)])
    assert moves([at("a", 10, 9, None), at("b", 30, 25, 35)]) == ()
    bare = Crossing("b", Crossover(30, None, None, True, has_interval=False))
    assert moves([at("a", 10, 9, 11), bare]) == ()


def test_a_crossover_that_is_gone_is_told_with_who_is_faster_now():
    (found,) = moves([at("a", 10, 9, 11), Crossing("b", None, 1)])
    assert (found.commit, found.after, found.faster) == ("b", None, 1)
    (found,) = moves([Crossing("a", None, -1), at("b", 10, 9, 11)])
    assert (found.before, found.faster) == (None, -1)


def test_commits_at_which_nobody_is_clearly_faster_say_nothing():
    assert moves([at("a", 10, 9, 11), Crossing("b", None, 0), at("c", 10, 9, 11)]) == ()


def test_two_curves_at_a_commit():
    assert crossing("a", power(1, 1), Curve()) is None
    assert crossing("a", power(1, 1, (10.0,)), power(1, 2, (10.0,))) is None
    assert crossing("a", power(1e-5, 2), power(1e-3, 1)).crossover.size == pytest.approx(100.0)
    assert crossing("a", power(1, 1, spread=0.1), power(2, 1, spread=0.1)) == Crossing("a", None, -1)
    assert crossing("a", power(2, 1, spread=0.1), power(1, 1, spread=0.1)) == Crossing("a", None, 1)
    assert crossing("a", power(1, 1, spread=0.1), power(1.05, 1, spread=0.1)) == Crossing("a", None, 0)
