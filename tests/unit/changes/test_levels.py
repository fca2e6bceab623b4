"""When a level changes, and when it only looks like it."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from builders import bare, commit, noisy, point, series
from hypothesis import given, settings
from hypothesis import strategies as st

from stallhorn.changes.base import Disturbance, Disturbances
from stallhorn.changes.levels import compare, detect
from stallhorn.model import Comparison, Direction, Measurement, Series, Verdict


def steps(found: Series) -> list[tuple[str, str, str]]:
    return [(each.last, each.first, str(each.direction)) for each in detect(found)]


def newest(*points: Measurement, beside: Disturbances | None = None) -> Comparison:
    compared = compare(series(*points), points[-1].commit, None, beside or {})
    assert compared is not None
    return compared


def quiet(*levels: float) -> list[Measurement]:
    return [point(place, level, level * 1.004) for place, level in enumerate(levels)]


def test_an_empty_series_has_no_changes() -> None:
    assert detect(series()) == ()
    assert compare(series(), commit(0)) is None


def test_one_point_has_nothing_to_compare_with() -> None:
    compared = newest(*quiet(1.0))
    assert (compared.verdict, compared.before, compared.last) == (Verdict.NOTHING, None, None)
    assert compared.reason == "no earlier measurement"


def test_equal_points_are_clean() -> None:
    compared = newest(*quiet(1.0, 1.0, 1.0))
    assert (compared.verdict, compared.direction) == (Verdict.CLEAN, Direction.SAME)
    assert compared.before is not None and (compared.before.start, compared.before.stop) == (0, 2)
    assert compared.last == commit(1)


def test_a_doubling_is_found_with_one_predecessor() -> None:
    compared = newest(*quiet(1.0, 2.0))
    assert compared.verdict is Verdict.REGRESSION
    assert compared.ratio == pytest.approx(2.0, rel=0.01)
    assert compared.last == commit(0)


def test_a_change_and_its_revert_are_two_change_points() -> None:
    found = series(*quiet(1.0, 1.0, 2.0, 2.0, 1.0))
    assert steps(found) == [(commit(1), commit(2), "slower"), (commit(3), commit(4), "faster")]
    after = newest(*found.points)
    assert (after.verdict, after.direction) == (Verdict.CLEAN, Direction.FASTER)


def test_a_change_that_lasted_one_commit_is_kept_too() -> None:
    assert steps(series(*quiet(1.0, 2.0, 1.0))) == [
        (commit(0), commit(1), "slower"),
        (commit(1), commit(2), "faster"),
    ]


def test_the_level_before_a_slow_commit_is_where_it_returns_to_not_what_it_is_judged_by() -> None:
    compared = newest(*quiet(1.0, 1.0, 2.0, 2.0))
    assert compared.verdict is Verdict.CLEAN
    assert compared.before is not None and compared.before.center == pytest.approx(2.0, rel=0.01)


def test_a_change_below_what_is_relevant_is_not_reported_however_certain() -> None:
    assert newest(*quiet(*[1.0] * 20, 1.08)).verdict is Verdict.CLEAN


def test_with_history_a_smaller_change_is_told_than_without() -> None:
    assert newest(*quiet(*[1.0] * 12, 1.18)).verdict is Verdict.REGRESSION
    assert newest(*quiet(1.0, 1.18)).verdict is Verdict.CLEAN


def test_a_clean_answer_says_what_could_not_have_been_seen() -> None:
    assert "1.3" in newest(*quiet(1.0, 1.05)).reason
    assert newest(*quiet(*[1.0] * 20, 1.0)).reason == ""


def test_one_disturbed_process_is_no_regression() -> None:
    assert newest(*quiet(*[1.0] * 5), point(5, 1.0, 2.5)).verdict is Verdict.CLEAN


def test_processes_that_swing_between_two_speeds_are_no_regression() -> None:
    swinging = point(2, [151, 150, 143, 91, 83], [110, 115, 140, 115, 76])
    compared = newest(*[point(place, 73.0, 75.0) for place in range(2)], swinging)
    assert compared.ratio is not None and compared.ratio > 1.5
    assert (compared.verdict, compared.direction) == (Verdict.CLEAN, Direction.SAME)


def test_one_outlier_among_the_samples_hides_no_doubling() -> None:
    old = point(0, [1.0, 1.0, 2.5, 1.0, 1.0], 1.0)
    assert newest(old, point(1, 2.0, 2.0)).verdict is Verdict.REGRESSION


def test_processes_of_old_points_that_reach_up_to_the_new_one_leave_doubt() -> None:
    compared = newest(point(0, 1.0, 2.4), point(1, 2.2, 2.3))
    assert compared.verdict is Verdict.INCONCLUSIVE
    assert "overlap" in compared.reason


def test_a_failed_point_is_a_gap_and_no_change() -> None:
    points = quiet(1.0, 1.0, 1.0)
    points[1] = bare(1, None)
    assert steps(series(*points)) == []
    points = quiet(1.0, 1.0, 2.0)
    points[1] = bare(1, None)
    assert steps(series(*points)) == [(commit(0), commit(2), "slower")]


def test_a_failed_newest_point_is_not_compared_but_says_when_it_last_worked() -> None:
    compared = newest(*quiet(1.0, 1.0), bare(2, None))
    assert (compared.verdict, compared.last, compared.reason) == (Verdict.NOTHING, commit(1), "failed")


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_values_that_are_not_positive_are_not_compared(value: float) -> None:
    assert "no ratio" in newest(*quiet(1.0), bare(1, value)).reason
    assert steps(series(bare(0, value), bare(1, 5.0), bare(2, value))) == []


def test_small_steps_in_a_row_are_judged_together() -> None:
    wobbly = [point(place, level, level * 1.12) for place, level in enumerate([1.0, 1.05, 0.96, 1.02])]
    slow = [point(4 + place, level, level * 1.12) for place, level in enumerate([1.36, 1.38, 1.34, 1.40, 1.36])]
    assert newest(*wobbly, slow[0]).verdict is not Verdict.REGRESSION
    assert steps(series(*wobbly, *slow)) == [(commit(3), commit(4), "slower")]


def beside(point: Measurement, *cores: float, crowded: bool = False) -> Disturbances:
    """So many cores that others used, for each process of the point."""
    return {point.commit: {index: Disturbance(used, crowded) for index, used in enumerate(cores)}}


def test_other_processes_that_can_explain_a_slowdown_leave_doubt() -> None:
    points = quiet(1.0, 1.0, 1.0, 1.6)
    assert newest(*points).verdict is Verdict.REGRESSION
    disturbed = newest(*points, beside=beside(points[-1], 0.5, 0.6))
    assert disturbed.verdict is Verdict.INCONCLUSIVE
    assert "other processes used 0.5 cores" in disturbed.reason


def test_other_processes_do_not_explain_more_than_they_can() -> None:
    points = quiet(1.0, 1.0, 1.0, 2.0)
    assert newest(*points, beside=beside(points[-1], 0.3, 0.3)).verdict is Verdict.REGRESSION


def test_a_little_foreign_load_is_normal() -> None:
    points = quiet(1.0, 1.0, 1.0, 1.6)
    assert newest(*points, beside=beside(points[-1], 0.2, 0.2)).verdict is Verdict.REGRESSION


def test_where_threads_had_to_wait_short_calls_can_have_lost_whole_time_slices() -> None:
    points = quiet(4e-6, 4e-6, 8e-3)
    crowded = newest(*points, beside=beside(points[-1], 0.9, 1.0, crowded=True))
    assert crowded.verdict is Verdict.INCONCLUSIVE
    assert "threads can have waited" in crowded.reason
    assert newest(*points, beside=beside(points[-1], 0.9, 1.0)).verdict is Verdict.REGRESSION
    slow = quiet(1.0, 1.0, 4.0)
    assert newest(*slow, beside=beside(slow[-1], 0.9, 1.0, crowded=True)).verdict is Verdict.REGRESSION


def test_a_process_that_ran_alone_speaks_for_one_that_did_not() -> None:
    calm, busy = [4e-6 * (1 + 0.001 * step) for step in range(5)], [8e-3, 12e-3, 8e-3, 16e-3, 8e-3]
    points = [*quiet(4e-6, 4e-6), point(2, calm, busy)]
    assert newest(*points, beside=beside(points[-1], 0.0, 0.9, crowded=True)).verdict is Verdict.CLEAN
    slower = [*quiet(4e-6, 4e-6), point(2, [2 * value for value in calm], busy)]
    assert newest(*slower, beside=beside(slower[-1], 0.0, 0.9, crowded=True)).verdict is Verdict.REGRESSION


def test_a_level_does_not_count_what_ran_beside_others() -> None:
    points = [*quiet(4e-6, 4e-6), point(2, 8e-3, 8e-3), *quiet(4e-6, 4e-6, 4e-6, 4e-6)[3:]]
    compared = newest(*points, beside=beside(points[2], 0.9, 0.9, crowded=True))
    assert (compared.verdict, compared.direction) == (Verdict.CLEAN, Direction.SAME)
    assert compared.before is not None and compared.before.center == pytest.approx(4e-6, rel=0.01)


def test_an_improvement_over_a_level_that_ran_beside_others_is_none() -> None:
    points = [point(0, 8e-3, 8e-3), *quiet(1, 4e-6)[1:]]
    compared = newest(*points, beside=beside(points[0], 0.9, 0.9, crowded=True))
    assert (compared.verdict, compared.direction) == (Verdict.CLEAN, Direction.SAME)


def test_results_of_plain_asv_are_judged_by_their_intervals() -> None:
    old, slow = bare(0, 1.0, 0.95, 1.4), bare(1, 2.0, 1.9, 2.4)
    assert newest(old, slow).verdict is Verdict.REGRESSION
    assert newest(old, bare(1, 2.0, 0.9, 2.4)).verdict is Verdict.INCONCLUSIVE


def test_a_value_without_an_interval_is_very_uncertain() -> None:
    assert newest(bare(0, 1.0), bare(1, 1.5)).verdict is not Verdict.REGRESSION
    assert newest(bare(0, 1.0), bare(1, 2.1)).verdict is Verdict.REGRESSION


def test_a_first_point_that_was_disturbed_does_not_become_a_level() -> None:
    assert steps(series(point(0, 1.0, 2.0), *quiet(*[1.0] * 6)[1:])) == []


def test_an_older_commit_can_be_judged() -> None:
    found = series(*quiet(1.0, 1.0, 2.0, 1.0))
    compared = compare(found, commit(2))
    assert compared is not None and compared.verdict is Verdict.REGRESSION
    assert compare(found, commit(9)) is None


def test_two_commits_can_be_compared_across_a_revert() -> None:
    found = series(*quiet(1.0, 1.0, 2.0, 2.0, 1.0, 1.0))
    verdicts = {
        (base, head): compare(found, commit(head), commit(base)).verdict
        for base, head in [(0, 3), (0, 5), (3, 5), (5, 3)]
    }
    assert verdicts == {
        (0, 3): Verdict.REGRESSION,
        (0, 5): Verdict.CLEAN,
        (3, 5): Verdict.CLEAN,
        (5, 3): Verdict.REGRESSION,
    }


def test_a_base_that_was_not_measured_is_nothing_to_compare_with() -> None:
    found = series(*quiet(1.0, 1.0))
    compared = compare(found, commit(1), commit(7))
    assert compared is not None
    assert (compared.verdict, compared.reason) == (Verdict.NOTHING, f"{commit(7)[:8]} was not measured")
    itself = compare(found, commit(1), commit(1))
    assert itself is not None and itself.verdict is Verdict.NOTHING


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.floats(1e-9, 1e9), max_size=40))
def test_levels_cover_the_series_in_order_whatever_the_values(values: list[float | None]) -> None:
    found = series(*(bare(place, value) for place, value in enumerate(values)))
    points = detect(found)
    for one, other in pairwise(points):
        assert one.after == other.before
        assert one.before.stop <= one.after.start < other.after.start
    for each in points:
        assert each.before.low <= each.before.center <= each.before.high
        assert each.ratio > 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([1e-6, 1.0, 1e3]))
def test_the_unit_does_not_matter(seed: int, factor: float) -> None:
    rng = random.Random(seed)
    values = [rng.choice([1.0, 1.3, 2.0]) * rng.uniform(0.98, 1.02) for _ in range(20)]
    one = series(*(point(place, value, value * 1.01) for place, value in enumerate(values)))
    other = series(*(point(place, factor * value, factor * value * 1.01) for place, value in enumerate(values)))
    assert steps(one) == steps(other)


def rates(step: float, history: int, process: float, trials: int) -> tuple[float, float]:
    """Shares of regressions and of inconclusive answers at the commit after `history` level ones."""
    rng = random.Random(f"{step} {history} {process}")
    verdicts = []
    for _ in range(trials):
        points = [noisy(rng, place, 1.0, process=process) for place in range(history)]
        verdicts.append(newest(*points, noisy(rng, history, step, process=process)).verdict)
    return verdicts.count(Verdict.REGRESSION) / trials, verdicts.count(Verdict.INCONCLUSIVE) / trials


@pytest.mark.parametrize("history", [1, 2, 5, 20])
@pytest.mark.parametrize("process", [0.005, 0.03, 0.05])
def test_a_healthy_commit_of_a_hundred_series_raises_no_alarm(history: int, process: float) -> None:
    alarms, doubts = rates(1.0, history, process, 1500)
    assert alarms <= 3 / 1500  # about one alarm in ten commits of a hundred series, at the most
    assert doubts <= 5 / 1500


@pytest.mark.parametrize("history", [1, 20])
def test_on_a_very_noisy_machine_alarms_stay_rare(history: int) -> None:
    alarms, doubts = rates(1.0, history, 0.10, 1500)
    assert alarms <= 6 / 1500
    assert doubts <= 20 / 1500


@pytest.mark.parametrize(
    ("step", "history", "process", "least"),
    [
        (2.0, 1, 0.05, 0.97),
        (2.0, 3, 0.10, 0.98),
        (2.0, 20, 0.05, 0.99),
        (1.5, 5, 0.05, 0.90),
        (1.5, 20, 0.05, 0.97),
        (1.2, 20, 0.005, 0.97),
        (1.2, 10, 0.03, 0.45),
    ],
)
def test_a_slower_commit_is_told_at_once(step: float, history: int, process: float, least: float) -> None:
    assert rates(step, history, process, 400)[0] >= least


# --- more is better


def rising(*levels: float) -> Series:
    return replace(series(*quiet(*levels), unit="rows per second"), rising=Direction.FASTER)


def test_a_rate_that_falls_is_a_regression_and_one_that_rises_is_none() -> None:
    for levels, verdict, direction in (
        ((4.0, 4.0, 2.0), Verdict.REGRESSION, Direction.SLOWER),
        ((4.0, 4.0, 8.0), Verdict.CLEAN, Direction.FASTER),
        ((4.0, 4.0, 4.0), Verdict.CLEAN, Direction.SAME),
    ):
        found = rising(*levels)
        compared = compare(found, commit(2))
        assert compared is not None and (compared.verdict, compared.direction) == (verdict, direction)
        assert compared.after is found.points[2]
        assert compared.before is not None and compared.before.low <= compared.before.center <= compared.before.high
        assert compared.before.center == pytest.approx(4.0, rel=0.01)
        assert [each.direction for each in detect(found)] == ([] if direction is Direction.SAME else [direction])


def test_a_rate_is_judged_like_the_time_that_it_stands_for() -> None:
    times = quiet(1.0, 1.1, 1.0, 1.5, 1.5)
    inverse = [bare(place, 1 / (each.value or 1)) for place, each in enumerate(times)]
    plain = [bare(place, each.value) for place, each in enumerate(times)]
    rate = replace(series(*inverse), rising=Direction.FASTER)
    assert steps(rate) == steps(series(*plain))
    assert [each.ratio for each in detect(rate)] == [
        pytest.approx(1 / (each.ratio or 1)) for each in detect(series(*plain))
    ]


def test_exact_values_of_which_more_is_better_are_compared_as_they_are() -> None:
    found = replace(series(bare(0, 0.0), bare(1, 4.0), unit="packed operations (counted)"), rising=Direction.FASTER)
    assert [each.direction for each in detect(found)] == [Direction.FASTER]


def test_a_change_has_an_interval_as_wide_as_its_levels() -> None:
    (found,) = detect(series(point(0, 1.0, 1.1), point(1, 1.0, 1.1), point(2, 2.0, 2.4)))
    assert found.low is not None and found.high is not None and found.ratio is not None
    assert found.low < found.ratio < found.high
    assert found.low == pytest.approx(2.0 / 1.1, rel=0.01)
