"""What a machine did to all of its series is found once and taken off, as far as each series shows it."""

from __future__ import annotations

import numpy as np
import pytest

from stallhorn.changes import machine, steps
from stallhorn.changes.base import NEAR, Event
from stallhorn.changes.machine import BENCHMARKS, BRIEF, Machine, medians, noises, remove
from stallhorn.changes.series import Floats, Integers

pytestmark = pytest.mark.usefixtures("plain")

SIGMA = 0.01
WIDTH, STEP = 60, 30


def flat(count: int = 8, width: int = WIDTH, seed: int = 1) -> Floats:
    """Rows of noise."""
    return np.random.default_rng(seed).normal(0, SIGMA, (count, width))


def groups(*counts: int) -> list[Integers]:
    """Benchmarks of so many rows each, one after the other."""
    return np.split(np.arange(sum(counts)), np.cumsum(counts)[:-1])


def removed(values: Floats, benchmarks: list[Integers] | None = None) -> Machine:
    """Take off in place what the machine did; a benchmark for each row if none are given."""
    values -= medians(values)[:, None]
    return remove(values, noises(values), benchmarks or groups(*[1] * len(values)))


def moved(row: Floats, place: int = STEP, reach: int = 20) -> float:
    return float(np.nanmedian(row[place : place + reach]) - np.nanmedian(row[max(0, place - reach) : place]))


# --- medians and noise of rows with gaps


@pytest.mark.parametrize(
    ("row", "median"),
    [
        ([3.0, 1.0, 2.0], 2.0),
        ([4.0, 1.0, 2.0, 3.0], 2.5),
        ([np.nan, 1.0, np.nan, 3.0], 2.0),
        ([np.nan, 5.0, 1.0, 3.0], 3.0),
        ([np.nan, np.nan, 7.0, np.nan], 7.0),
        ([np.nan, np.nan, np.nan], np.nan),
        ([], np.nan),
    ],
)
def test_the_median_of_a_row_leaves_out_what_is_missing(row: list[float], median: float) -> None:
    np.testing.assert_array_equal(medians(np.array([row], float)), [median])


def test_every_row_has_its_own_median() -> None:
    rows = flat(40, 21)
    rows[flat(40, 21, seed=2) > SIGMA] = np.nan
    rows[0], rows[1, :20] = np.nan, np.nan
    expected = [np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan for row in rows]
    np.testing.assert_array_equal(medians(rows), expected)
    assert len(medians(np.zeros((0, 3)))) == 0


def test_the_noise_of_each_row_is_that_from_point_to_point() -> None:
    rows = flat(2, 400)
    rows[1] *= 5
    rows[:, 200:] += 3.0  # a step is no noise
    rows[0, ::7] = np.nan
    assert noises(rows).tolist() == pytest.approx([SIGMA, 5 * SIGMA], rel=0.2)


def test_two_threads_tell_the_same_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = flat(7, 50)
    alone = noises(rows)
    monkeypatch.setattr(steps, "SPLIT", 1)
    np.testing.assert_array_equal(noises(rows), alone)


# --- events


@pytest.mark.parametrize("size", [0.2, -0.2, 0.05])
def test_a_step_of_all_is_one_event_and_no_longer_in_the_rows(size: float) -> None:
    rows = flat()
    rows[:, STEP:] += size
    found = removed(rows)
    (event,) = found.events
    assert (event.place, event.size) == (STEP, pytest.approx(size, abs=SIGMA))
    assert event.odds > 2
    assert max(abs(moved(row)) for row in rows) < abs(size) / 4
    assert moved(found.mode) == pytest.approx(size, abs=SIGMA)


def test_two_steps_of_all_are_two_events() -> None:
    rows = flat(width=90)
    rows[:, 30:] += 0.1
    rows[:, 60:] -= 0.2
    assert [event.place for event in removed(rows).events] == [30, 60]
    assert max(abs(moved(row, place)) for row in rows for place in (30, 60)) < 0.02


def test_where_nothing_happened_nothing_is_found() -> None:
    rows = flat()
    before = rows - medians(rows)[:, None]
    assert removed(rows).events == ()
    assert np.median(np.abs(rows - before)) < SIGMA / 5


def test_each_row_loses_the_step_that_it_shows() -> None:
    sizes = 0.2 * np.linspace(0.8, 1.2, 12)
    rows = flat(12)
    rows[:, STEP:] += sizes[:, None]
    removed(rows)
    assert max(abs(moved(row)) for row in rows) < 0.015


def test_a_row_that_did_something_else_keeps_what_it_did() -> None:
    rows = flat()
    rows[:, STEP:] += 0.1
    rows[3, STEP:] += 0.8
    (event,) = removed(rows).events
    assert moved(rows[3]) == pytest.approx(0.8, abs=0.05)
    assert not event.hides(STEP, moved(rows[3]))


def test_gaps_stay_gaps_and_do_not_hide_the_event() -> None:
    rows = flat()
    rows[:, STEP:] += 0.2
    rows[0, 10:25], rows[1, STEP : STEP + 4], rows[2] = np.nan, np.nan, np.nan
    missing = np.isnan(rows)
    assert [event.place for event in removed(rows).events] == [STEP]
    np.testing.assert_array_equal(np.isnan(rows), missing)
    assert max(abs(moved(rows[row])) for row in (0, 1)) < 0.05


def test_a_row_that_begins_after_the_event_stays_as_it_is() -> None:
    rows = flat()
    rows[:, STEP:] += 0.2
    rows[5, : STEP + 5] = np.nan
    expected = rows[5] - np.nanmedian(rows[5])
    removed(rows)
    assert np.nanmax(np.abs(rows[5] - expected)) < 3 * SIGMA
    assert np.nanmedian(rows[5]) == pytest.approx(0, abs=1e-12)


def test_an_event_hides_what_is_small_and_near() -> None:
    event = Event(place=30, size=0.2, odds=5.0, residue=0.1)
    assert event.hides(30, 0.09)
    assert event.hides(30 - NEAR, -0.09)
    assert event.hides(30 + NEAR, 0.09)
    assert not event.hides(30 + NEAR + 1, 0.09)
    assert not event.hides(30, -0.11)


# --- too few benchmarks


@pytest.mark.parametrize("counts", [(1,) * 4, (5, 5), (20,), (3, 3, 3, 3)])
def test_too_few_benchmarks_cannot_tell_what_the_machine_did(counts: tuple[int, ...]) -> None:
    rows = flat(sum(counts))
    rows[:, STEP:] += 0.2
    rows -= medians(rows)[:, None]
    before = rows.copy()
    found = removed(rows, groups(*counts))
    np.testing.assert_allclose(rows, before, atol=1e-12)
    assert found.events == ()
    np.testing.assert_array_equal(found.mode, np.zeros(WIDTH))


def test_as_many_benchmarks_as_are_needed_can() -> None:
    rows = flat(BENCHMARKS)
    rows[:, STEP:] += 0.2
    assert [event.place for event in removed(rows).events] == [STEP]


def test_a_benchmark_counts_once_however_many_rows_it_has() -> None:
    rows = flat(26)
    rows[:20, STEP:] += 0.2  # one benchmark of seven
    assert removed(rows, groups(20, 1, 1, 1, 1, 1, 1)).events == ()
    assert min(moved(row) for row in rows[:20]) > 0.15


def test_a_commit_that_too_few_benchmarks_measured_tells_nothing() -> None:
    rows = flat(6)
    rows[:, 40] += 0.5
    rows[:2, 40] = np.nan
    assert removed(rows).mode[40] == 0
    assert np.nanmin(rows[:, 40]) > 0.4


# --- single nights


@pytest.mark.parametrize("size", [0.3, -0.3])
def test_a_bad_night_is_taken_off_and_is_no_event(size: float) -> None:
    rows = flat(10)
    rows[:, [20, 41]] += size
    assert removed(rows).events == ()
    assert np.abs(rows[:, [20, 41]]).max() < 0.08


def test_a_row_that_slept_through_the_bad_nights_is_left_alone() -> None:
    rows = flat(10)
    nights = [7, 15, 23, 31, 39, 47, 55]
    rows[:, nights] += 0.1
    rows[4, nights] -= 0.1
    removed(rows)
    assert np.abs(rows[4]).max() < 4 * SIGMA
    assert np.abs(np.delete(rows, 4, axis=0)).max() < 5 * SIGMA


@pytest.mark.parametrize("size", [0.06, 0.3, -0.3, 2.0])
def test_a_row_that_did_not_move_with_the_machine_is_left_alone(size: float) -> None:
    rows = flat(10)
    rows[:, STEP:] += size
    rows[4, STEP:] -= size
    removed(rows)
    assert abs(moved(rows[4])) < 0.015
    assert max(abs(moved(row)) for row in rows) < abs(size) / 4


def test_a_row_that_moved_the_other_way_keeps_more_than_that() -> None:
    rows = flat(10)
    rows[:, STEP:] += 0.2
    rows[4, STEP:] -= 0.4
    removed(rows)
    assert moved(rows[4]) == pytest.approx(-0.4, abs=0.05)


# --- events that are soon taken back


def test_the_nights_of_an_event_that_is_soon_taken_back_tell_nothing() -> None:
    rows = flat(10)
    rows[:, STEP : STEP + 4] += 0.4
    found = removed(rows)
    assert [event.place for event in found.events] == [STEP, STEP + 4]
    assert np.isnan(rows[:, STEP : STEP + 4]).all()
    assert np.isfinite(np.delete(rows, slice(STEP, STEP + 4), axis=1)).all()


@pytest.mark.parametrize(
    ("sizes", "length", "brief"),
    [((0.4, -0.4), BRIEF, True), ((0.4, -0.4), BRIEF + 1, False), ((0.4, -0.2), 3, False), ((0.4, 0.4), 3, False)],
)
def test_brief_is_what_is_short_and_taken_back(sizes: tuple[float, float], length: int, brief: bool) -> None:
    inside = machine._brief_nights([10, 10 + length], np.array(sizes), 30)
    assert inside.tolist() == [brief and 10 <= place < 10 + length for place in range(30)]


def test_many_rows_are_worked_on_in_parts_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = flat(11)
    rows[:, STEP:] += 0.2
    rows[:, 20] += 0.3
    whole, parts = rows.copy(), rows.copy()
    found = removed(whole)
    monkeypatch.setattr(machine, "BLOCK", 3)
    assert removed(parts).events == found.events
    np.testing.assert_allclose(parts, whole, atol=1e-12)
