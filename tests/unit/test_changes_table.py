"""What `make changes-table` counts: noise and sets that a seed decides, scores of detectors whose answer is known."""

import math

import numpy as np
import pytest

from figures.changes import contest, detectors, goals, noise, planted, scores, speed
from figures.changes.planted import Planted

HISTORIES, NIGHTS, PROJECTS = planted.offline(1, 0.05), planted.nightly(1, 12, 6), planted.projects(1, 5)


def first(values):
    return next(value for value in values if value is not None)


EVERY = [*HISTORIES, *NIGHTS[0], *NIGHTS[1], *(one for project in PROJECTS for one in project.series)]
KNOWN = {first(one.values): one for one in EVERY}


def oracle(series):
    """Knows what was planted, as soon as three points tell of it."""
    return [
        [place for place, _ in KNOWN[first(one["values"])].changes if place + 3 <= len(one["values"])] for one in series
    ]


def alarmist(series):
    """Tells a change of every tenth point."""
    return [list(range(10, len(one["values"]), 10)) for one in series]


# --- the noise


@pytest.fixture(scope="module")
def many():
    rng = np.random.default_rng(5)
    return [noise.residuals(rng, noise.character(rng), 300) for _ in range(400)]


def test_the_noise_is_as_strong_as_that_of_real_series(many):
    low, middle, high = np.quantile([planted.point_noise(x) for x in many], [0.05, 0.5, 0.95])
    assert 0.001 < low < 0.003
    assert 0.007 < middle < 0.012
    assert 0.03 < high < 0.05


def test_neighbours_are_correlated_as_in_real_series(many):
    def correlation(x):
        z = np.clip((x - np.median(x)) / planted.point_noise(x), -4, 4)
        return np.corrcoef(z[1:], z[:-1])[0, 1]

    middle, high = np.quantile([correlation(x) for x in many], [0.5, 0.95])
    assert 0.05 < middle < 0.15
    assert 0.25 < high < 0.5


def test_the_tails_are_heavy_and_slow(many):
    far = [(x - np.median(x)) / planted.point_noise(x) for x in many]
    assert 0.01 < np.mean([np.mean(np.abs(z) > 5) for z in far]) < 0.04
    beyond = np.concatenate([z[np.abs(z) > 5] for z in far])
    assert np.mean(beyond > 0) > 0.9


def test_no_level_of_healthy_noise_moves_for_long(many):
    halves = [abs(np.median(x[150:]) - np.median(x[:150])) for x in many]
    assert np.quantile(halves, 0.95) < 0.012


def test_series_of_one_project_share_nights_and_those_of_one_benchmark_more():
    rows = np.array(noise.project(np.random.default_rng(3), 400, (5,) * 8))
    z = np.array([np.clip((x - np.median(x)) / planted.point_noise(x), -3, 3) for x in rows])
    together = np.corrcoef(z)
    group = np.arange(40) // 5
    same = (group[:, None] == group) & ~np.eye(40, dtype=bool)
    other = group[:, None] != group
    assert together[other].mean() > 0.02
    assert together[same].mean() > together[other].mean() + 0.1


def test_a_seed_decides_all():
    assert planted.offline(1, 0.05) == HISTORIES
    assert planted.offline(2, 0.05) != HISTORIES
    assert planted.projects(1, 5) == PROJECTS


# --- the sets


def test_every_kind_is_planted():
    kinds = {one.kind for one in HISTORIES}
    assert kinds == {
        *("step", "healthy", "multi", "outliers", "bimodal", "bimodal with a step"),
        *("drift", "revert", "gaps", "gaps with a step"),
    }


def test_a_change_lies_where_it_is_said_to_lie():
    for one in HISTORIES:
        if one.kind != "step" or one.sigmas < 10:
            continue
        (place, jump), x = one.changes[0], np.log(np.array(one.values, dtype=float))
        seen = np.median(x[place : place + 5]) - np.median(x[place - 5 : place])
        assert math.copysign(1, seen) == math.copysign(1, jump)
        assert abs(seen) > abs(jump) / 2


def test_the_first_point_of_a_level_is_there():
    assert all(one.values[place] is not None for one in HISTORIES for place, _ in one.changes)


def test_series_that_are_revealed_have_time_for_every_night():
    assert all(len(one.values) - one.changes[0][0] >= scores.HORIZON for one in NIGHTS[0])
    assert all(not one.changes for one in NIGHTS[1])


def test_a_code_change_hits_one_benchmark_and_all_of_it():
    for project in PROJECTS:
        hit = {one.group for one in project.series if one.changes}
        assert len(hit) == (0 if project.code is None else 1)
        assert all(bool(one.changes) == (one.group in hit) for one in project.series)
    assert {(project.machine is None, project.code is None) for project in PROJECTS} == {
        (True, True), (True, False), (False, True), (False, False)
    }  # fmt: skip


# --- the scores


def test_each_change_is_matched_once_and_with_the_closest():
    assert sorted(scores.match([10, 30], [11, 12, 36])) == [(10, 11)]
    assert sorted(scores.match([10, 14], [12, 13])) == [(10, 12), (14, 13)]
    assert scores.match([10], [16]) == []


def test_who_knows_everything_scores_full():
    found = scores.of_histories(oracle, HISTORIES)
    assert found["F1, all"] == found["recall, 3 sigma"] == 1
    assert found["F1, regressions"] > 0.97  # a small one may look like an improvement, in its noise
    assert found["false alarms, healthy"] == found["false alarms, hard"] == found["false alarms, drifting"] == 0
    found = scores.of_nights(oracle, *NIGHTS)
    assert found == {"nightly false alarms": 0, "delay, median": 3, "delay, mean": 3, "3 sigma within 3": 1}
    found = scores.of_projects(oracle, PROJECTS)
    assert found["projects, F1"] == 1
    assert found["projects, false alarms"] == 0
    assert found["projects, delay"] == 3


def test_who_says_nothing_finds_nothing_and_alarms_nobody():
    found = scores.of_histories(detectors.nothing, HISTORIES) | scores.of_projects(detectors.nothing, PROJECTS)
    assert {value for name, value in found.items() if "delay" not in name and not math.isnan(value)} == {0}
    found = scores.of_nights(detectors.nothing, *NIGHTS)
    assert found["delay, mean"] == found["delay, median"] == scores.NEVER
    assert found["nightly false alarms"] == 0


def test_false_alarms_are_counted_once_a_place_however_many_nights_they_last():
    healthy = [Planted("healthy", (1.0,) * 50)]
    assert scores.of_nights(alarmist, NIGHTS[0], healthy)["nightly false alarms"] == 4000  # at 10, 20, 30 and 40


def test_what_is_told_under_a_machine_event_is_false():
    under = [one for project in PROJECTS if project.machine is not None for one in project.series]
    told = sum(len(range(10, len(one.values), 10)) for one in under)
    found = scores.of_projects(alarmist, PROJECTS)["projects, false alarms"]
    assert 1000 * (told - len(under)) / len(under) <= found <= 1000 * told / len(under)


def test_only_rises_count_as_regressions():
    falling = Planted("step", (2.0,) * 20 + (1.0,) * 20, ((20, -0.7),))
    assert not scores.rising(falling.values, [20], 20)
    assert scores.rising(falling.values[::-1], [20], 20)
    assert math.isnan(scores.of_histories(lambda series: [[20]], [falling])["F1, regressions"])


def test_a_level_is_compared_up_to_the_next_change():
    values = (1.0,) * 10 + (2.0,) * 10 + (0.1,) * 30
    assert scores.rising(values, [10, 20], 10)
    assert not scores.rising(values, [10], 10)


def test_a_detector_that_answers_for_fewer_series_is_refused():
    with pytest.raises(ValueError, match="given 2 series and answered for 1"):
        scores.ask(lambda series: [[]], HISTORIES[:2])


# --- the others, by what is known of them


def step(size, n=60, at=30):
    rng = np.random.default_rng(1)
    x = 0.005 * rng.standard_normal(n)
    x[at:] += math.log1p(size)
    return {"values": np.exp(x).tolist(), "weights": None, "group": "", "project": None}


def test_the_others_find_a_plain_step():
    assert detectors.asv_steps([step(0.3)]) == [[30]]
    assert detectors.asv_regressions([step(0.3)]) == [[30]]
    assert detectors.perfherder([step(0.3)]) == [[30]]


def test_asv_lists_no_improvement_and_nothing_below_five_percent():
    assert detectors.asv_regressions([step(-0.3), step(0.04)]) == [[], []]
    assert detectors.asv_steps([step(-0.3)]) == [[30]]


def test_perfherder_wants_twelve_points_on_either_side_and_two_percent():
    assert detectors.perfherder([step(0.3, 60, 11), step(0.3, 60, 49), step(0.3, 23, 12)]) == [[], [], []]
    assert detectors.perfherder([step(0.3, 60, 12), step(0.3, 60, 48)]) == [[12], [48]]
    assert detectors.perfherder([step(0.018)]) == [[]]


def test_missing_points_keep_their_positions():
    holed = step(0.3)
    holed["values"][3:6] = [None] * 3
    assert detectors.perfherder([holed]) == detectors.asv_steps([holed]) == [[30]]


def test_they_alarm_as_often_as_on_real_series():
    """Per 1000 healthy real series asv's steps were 388, its regressions 11, Perfherder's alerts 7."""
    healthy = [one for one in planted.offline(3, 0.06) if one.kind == "healthy"]
    per_1000 = {
        rule.__name__: 1000 * sum(map(len, scores.ask(rule, healthy))) / len(healthy)
        for rule in (detectors.asv_steps, detectors.asv_regressions, detectors.perfherder)
    }
    assert 200 < per_1000["asv_steps"] < 600
    assert per_1000["asv_regressions"] < 40
    assert per_1000["perfherder"] < 40


# --- the table


def test_the_interval_is_that_of_students_t():
    one = goals.estimate([1.0, 2.0, 3.0, 4.0, 5.0, math.nan])
    assert one.mean == 3
    assert one.half == pytest.approx(2.776 * math.sqrt(2.5 / 5))
    assert goals.estimate([2.0]) == goals.Estimate(2.0)
    assert goals.estimate([math.nan]).mean is None


@pytest.mark.parametrize(
    ("mean", "half", "most", "reached"),
    [
        (4.0, 0.5, True, True),
        (5.3, 0.5, True, True),
        (6, 0.5, True, False),
        (4.7, 0.5, False, True),
        (4, 0.5, False, False),
    ],
)
def test_a_goal_is_reached_where_the_interval_does_not_lie_beyond_it(mean, half, most, reached):
    assert goals.Measure("x", 5, most).reached(goals.Estimate(mean, half)) is reached


def test_the_table_has_a_row_a_measure_and_a_column_a_detector():
    found = {"ours": {"F1, all": goals.Estimate(0.9612, 0.0031)}, "none": {"F1, all": goals.Estimate(0.0)}}
    lines = goals.table(found, "ours").splitlines()
    assert lines[0].split() == ["measure", "goal", "ours", "none", "reached"]
    assert lines[2].split() == ["F1,", "all", ">=", "0.95", "0.961", "±0.003", "0.000", "yes"]
    assert len(lines) == 2 + len(goals.MEASURES)


def test_every_score_has_a_row():
    found = scores.of_histories(oracle, HISTORIES) | scores.of_nights(oracle, *NIGHTS)
    found |= scores.of_projects(oracle, PROJECTS)
    assert set(found) <= {measure.name for measure in goals.MEASURES}


def test_tasks_of_all_seeds_come_together():
    competing, said = [detectors.contestants()[-1]], []
    sizes = contest.Sizes(histories=0.03, nights=12, projects=5, cold=1, points=())
    found = contest.quality(competing, 2, sizes, 1, said.append)
    assert found["none"]["delay, mean"].mean == scores.NEVER
    assert len(said) == 6


def test_a_detector_that_is_not_there_is_named():
    assert "nowhere" in detectors.Contestant("x", "nowhere:detect").missing()
    assert "no attribute" in detectors.Contestant("x", "math:detect").missing()
    assert detectors.contestants()[1].missing() == ""


# --- what it costs


def test_the_time_per_point_is_that_of_the_quickest_turn(monkeypatch):
    clock = iter([0, 4.0, 4, 6.0])  # two turns of 4 and 2 seconds
    monkeypatch.setattr(speed.time, "perf_counter", lambda: next(clock))
    assert speed.per_point(detectors.nothing, (1000,)) == {1000: pytest.approx(1e6 * 2 / 20_000)}


def test_what_would_take_too_long_is_not_measured(monkeypatch):
    monkeypatch.setattr(speed, "_least", lambda detector, series: 2.0)
    assert speed.per_point(detectors.nothing, (1000, 100_000)) == {1000: 100.0, 100_000: None}


def test_the_large_history_has_projects_and_benchmarks():
    asked = speed.history(12, 50)
    assert {one["project"] for one in asked} == {"project 0"}
    assert [one["group"] for one in asked] == [f"benchmark {number // 5}" for number in range(12)]
    assert all(len(one["values"]) == 50 and min(one["values"]) > 0 for one in asked)
    assert asked[0] != asked[1]
