"""Change points of many series into the changes that people read."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from builders import commit, key, revision
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.changes.pooling import SURE, pool
from stallhorn.model import Change, ChangePoint, Direction, Kind, Level

REVISIONS = [revision(position) for position in range(12)]


def step(last: int, first: int, ratio: float, name: str = "a", **changes: Any) -> ChangePoint:
    before, after = Level(0, 1, 1.0, 1.0, 1.0), Level(1, 2, ratio, ratio, ratio)
    return replace(ChangePoint(key(name), before, after, commit(last), commit(first)), **changes)


def ranges(*points: ChangePoint) -> list[tuple[int, int, str]]:
    """Each change's range and its series, newest first."""
    return [
        (each.last.position, each.first.position, "".join(sorted(point.key.benchmark for point in each.points)))
        for each in pool(points, REVISIONS)
    ]


# --- what belongs together


def test_no_change_points_make_no_changes() -> None:
    assert pool([], REVISIONS) == ()


def test_series_that_changed_at_the_same_commit_are_one_change_largest_first() -> None:
    (change,) = pool([step(2, 3, 1.5, "a"), step(2, 3, 3.0, "b")], REVISIONS)
    assert [point.key.benchmark for point in change.points] == ["b", "a"]
    assert (change.last, change.first, change.untested) == (REVISIONS[2], REVISIONS[3], ())
    assert change.id == f"{commit(3)[:8]}-slower"


def test_slower_and_faster_at_one_commit_are_two_changes() -> None:
    assert len(pool([step(2, 3, 1.5, "a"), step(2, 3, 0.5, "b")], REVISIONS)) == 2


def test_commits_in_between_are_listed_but_not_those_beside_the_branch() -> None:
    (change,) = pool([step(1, 4, 2.0)], REVISIONS)
    assert change.untested == (REVISIONS[2], REVISIONS[3])
    beside = [replace(each, aside=each.position == 2) for each in REVISIONS]
    assert pool([step(1, 4, 2.0)], beside)[0].untested == (REVISIONS[3],)


def test_a_series_that_was_measured_more_often_narrows_the_range() -> None:
    (change,) = pool([step(0, 4, 2.0, "a"), step(2, 4, 1.5, "b")], REVISIONS)
    assert (change.last, change.untested) == (REVISIONS[2], (REVISIONS[3],))
    assert [point.key.benchmark for point in change.points] == ["a", "b"]


def test_series_that_were_measured_at_different_commits_are_one_change_where_their_ranges_overlap() -> None:
    assert ranges(step(1, 4, 2.0, "a"), step(2, 6, 2.0, "b")) == [(2, 4, "ab")]
    assert ranges(step(0, 8, 2.0, "a"), step(3, 4, 2.0, "b"), step(2, 5, 2.0, "c")) == [(3, 4, "abc")]


def test_ranges_that_only_touch_are_two_changes() -> None:
    assert ranges(step(1, 3, 2.0, "a"), step(3, 5, 2.0, "b")) == [(3, 5, "b"), (1, 3, "a")]


def test_a_chain_of_ranges_without_a_commit_in_common_is_no_single_change() -> None:
    chain = step(0, 3, 2.0, "a"), step(2, 6, 2.0, "b"), step(5, 8, 2.0, "c")
    assert ranges(*chain) == [(5, 6, "bc"), (0, 3, "a")]


def test_a_wide_range_belongs_to_the_change_with_more_of_its_benchmark_then_of_all() -> None:
    one, other = key("b", n="1"), key("b", n="2")
    narrow = [step(1, 2, 2.0, "a"), step(1, 2, 2.0, "c"), step(5, 6, 2.0, key=one)]
    assert ranges(*narrow, step(0, 9, 2.0, key=other)) == [(5, 6, "bb"), (1, 2, "ac")]
    assert ranges(*narrow, step(0, 9, 2.0, "d")) == [(5, 6, "b"), (1, 2, "acd")]


def test_the_newest_change_comes_first_and_a_revert_stays() -> None:
    changes = pool([step(0, 1, 2.0), step(4, 5, 0.5), step(2, 3, 2.0)], REVISIONS)
    assert [change.first.position for change in changes] == [5, 3, 1]
    assert [change.direction for change in changes] == [Direction.FASTER, Direction.SLOWER, Direction.SLOWER]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5), st.sampled_from([0.5, 2.0])), max_size=20))
def test_every_point_is_in_one_change_that_its_range_has_a_commit_of(drawn: list[tuple[int, int, float]]) -> None:
    points = [step(last, min(last + wide, 11), ratio, str(place)) for place, (last, wide, ratio) in enumerate(drawn)]
    changes = pool(points, REVISIONS)
    assert sorted(point.key for change in changes for point in change.points) == sorted(each.key for each in points)
    for change in changes:
        assert change.last.position < change.first.position
        for point in change.points:
            assert int(point.last[:8], 16) - 1 <= change.last.position
            assert change.first.position <= int(point.first[:8], 16) - 1
            assert point.direction is change.direction


# --- kinds


def test_each_kind_is_a_change_of_its_own_with_its_reason() -> None:
    wrong = {"kind": Kind.MEASUREMENT, "reason": "measurement repaired"}
    code, measurement = pool([step(2, 3, 2.0, "a"), step(2, 3, 9.0, "b", **wrong)], REVISIONS)
    assert (code.kind, code.reason) == (Kind.CODE, "")
    assert (measurement.kind, measurement.reason) == (Kind.MEASUREMENT, "measurement repaired")
    assert measurement.id == f"{commit(3)[:8]}-slower-measurement"


def test_an_event_of_a_machine_is_one_entry_whichever_way_its_series_moved() -> None:
    moved = [step(2, 3, ratio, name, kind=Kind.MACHINE) for ratio, name in ((1.1, "a"), (1.2, "b"), (0.9, "c"))]
    (event,) = pool(moved, REVISIONS)
    assert (len(event.points), event.direction, event.ratio) == (3, Direction.SLOWER, pytest.approx(1.1))
    assert event.id == f"{commit(3)[:8]}-slower-machine-box"


def test_events_of_two_machines_are_two() -> None:
    of = {"kind": Kind.MACHINE}
    events = pool([step(2, 3, 1.1, key=key(machine=name), **of) for name in ("box", "lab.2", "lab/2")], REVISIONS)
    ids = [each.id.partition("machine")[2] for each in events]
    assert ids[0] == "-box"
    assert [each[:7] for each in ids[1:]] == ["-lab-2-", "-lab-2-"]
    assert len(set(ids)) == 3


# --- size, interval and confidence


def only(*points: ChangePoint) -> Change:
    (change,) = pool(points, REVISIONS)
    return change


def test_the_typical_ratio_is_the_median_and_one_from_zero_has_none() -> None:
    assert only(*(step(2, 3, ratio, str(ratio)) for ratio in (1.1, 1.2, 40.0))).ratio == pytest.approx(1.2)
    before = Level(0, 1, 0.0, 0.0, 0.0)
    assert only(step(2, 3, 2.0, before=before)).ratio is None


def test_one_series_has_its_own_interval() -> None:
    change = only(step(2, 3, 2.0, low=1.9, high=2.2))
    assert (change.ratio, change.low, change.high) == (2.0, pytest.approx(1.9), pytest.approx(2.2))


def test_without_intervals_there_is_none() -> None:
    assert (only(step(2, 3, 2.0)).low, only(step(2, 3, 2.0, "a"), step(2, 3, 3.0, "b")).high) == (None, None)


def test_series_that_agree_narrow_the_interval_and_those_that_differ_widen_it() -> None:
    def width(*ratios: float) -> float:
        change = only(
            *(step(2, 3, each, str(place), low=each * 0.95, high=each * 1.05) for place, each in enumerate(ratios))
        )
        assert change.low is not None and change.high is not None and change.ratio is not None
        assert change.low <= change.ratio <= change.high
        return math.log(change.high / change.low)

    assert width(1.5, 1.5, 1.5, 1.5) == pytest.approx(width(1.5) / 2, rel=0.01)
    assert width(1.1, 1.5, 2.0, 3.0) > width(1.5)


def test_a_series_without_an_interval_is_as_uncertain_as_the_most_uncertain() -> None:
    known = step(2, 3, 1.5, "a", low=1.4, high=1.6)
    alike = only(known, step(2, 3, 1.5, "b", low=1.4, high=1.6))
    assert only(known, step(2, 3, 1.5, "b")).high == pytest.approx(alike.high)


def test_exact_values_do_no_harm() -> None:
    change = only(*(step(2, 3, 2.0, name, low=2.0, high=2.0) for name in "ab"))
    assert change.low == pytest.approx(2.0) == change.high


def test_of_rates_the_typical_ratio_is_above_one_where_it_became_worse() -> None:
    halved = step(2, 3, 0.5, "a", rising=Direction.FASTER, low=0.4, high=0.55)
    change = only(halved)
    assert (change.direction, change.ratio) == (Direction.SLOWER, 2.0)
    assert (change.low, change.high) == (pytest.approx(1 / 0.55), pytest.approx(2.5))
    assert only(halved, step(2, 3, 2.0, "b")).ratio == pytest.approx(2.0)


def test_confidence_grows_with_the_series_and_is_never_certain() -> None:
    change = only(step(2, 3, 2.0, "a", confidence=0.9), step(2, 3, 2.0, "b", confidence=0.8))
    assert change.confidence == pytest.approx(0.98)
    assert [point.confidence for point in change.points] == [0.9, 0.8]
    assert only(step(2, 3, 2.0)).confidence == SURE
