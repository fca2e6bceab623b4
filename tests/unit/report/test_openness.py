"""A slow-down is open until the code takes it back; the machine and other slow-downs change nothing about that."""

from __future__ import annotations

from pathlib import Path

from builders import commit, key, project, revision

from stallhorn.model import Change, ChangePoint, History, Kind, Level, Report, SeriesKey, Verdict
from stallhorn.report.openness import Openness

ONE, OTHER = key("suite.Case.time_it"), key("suite.Case.time_other")


def at(position: int, old: float, new: float, of: SeriesKey = ONE, kind: Kind = Kind.CODE) -> ChangePoint:
    before, after = (Level(0, 1, each, each, each) for each in (old, new))
    return ChangePoint(of, before, after, commit(position - 1), commit(position), kind=kind)


def change(*points: ChangePoint) -> Change:
    place = int(points[0].first[:8], 16) - 1
    return Change(revision(place - 1), revision(place), (), points[0].direction, points, points[0].kind)


def opened(*changes: Change) -> list[bool]:
    history = History(project(Path("/nowhere")), tuple(revision(place) for place in range(10)), {}, {}, {}, ())
    found = Openness(Report(history, None, tuple(reversed(changes)), (), (), Verdict.NOTHING))
    return [found.is_open(each) for each in changes]


def test_a_slow_down_that_nothing_followed_is_open() -> None:
    assert opened(change(at(3, 1.0, 2.0))) == [True]


def test_a_speed_up_is_never_open() -> None:
    assert opened(change(at(3, 2.0, 1.0))) == [False]


def test_events_of_machines_and_of_measuring_are_never_open() -> None:
    assert opened(change(at(3, 1.0, 2.0, kind=Kind.MACHINE)), change(at(5, 1.0, 2.0, kind=Kind.MEASUREMENT))) == [
        False,
        False,
    ]


def test_what_was_taken_back_is_over_even_if_some_percent_are_left() -> None:
    assert opened(change(at(3, 1.0, 2.0)), change(at(5, 2.0, 1.03))) == [False, False]


def test_what_was_taken_back_in_part_is_open() -> None:
    assert opened(change(at(3, 1.0, 3.0)), change(at(5, 3.0, 1.2))) == [True, False]


def test_of_a_small_slow_down_more_than_half_has_to_go() -> None:
    assert opened(change(at(3, 1.0, 1.04)), change(at(5, 1.04, 1.03))) == [True, False]
    assert opened(change(at(3, 1.0, 1.04)), change(at(5, 1.04, 1.01))) == [False, False]


def test_the_newer_of_two_slow_downs_is_the_one_that_was_taken_back() -> None:
    assert opened(change(at(3, 1.0, 1.5)), change(at(5, 1.5, 3.0)), change(at(7, 3.0, 1.5))) == [True, False, False]


def test_a_faster_machine_takes_nothing_back() -> None:
    assert opened(change(at(3, 1.0, 2.0)), change(at(5, 2.0, 1.0, kind=Kind.MACHINE))) == [True, False]


def test_one_series_that_is_still_slow_keeps_a_change_open() -> None:
    slower = change(at(3, 1.0, 2.0), at(3, 1.0, 2.0, OTHER))
    assert opened(slower, change(at(5, 2.0, 1.0))) == [True, False]
    assert opened(slower, change(at(5, 2.0, 1.0), at(5, 2.0, 1.0, OTHER))) == [False, False]


def test_a_count_from_zero_is_over_when_it_is_zero_again() -> None:
    assert opened(change(at(3, 0.0, 2.0))) == [True]
    assert opened(change(at(3, 0.0, 2.0)), change(at(5, 2.0, 0.0))) == [False, False]


def test_the_series_that_are_still_slow_are_named() -> None:
    slower, back = change(at(3, 1.0, 2.0), at(3, 1.0, 2.0, OTHER)), change(at(5, 2.0, 1.0))
    history = History(project(Path("/nowhere")), tuple(revision(place) for place in range(10)), {}, {}, {}, ())
    found = Openness(Report(history, None, (back, slower), (), (), Verdict.NOTHING))
    assert [point.key for point in found.still(slower)] == [OTHER]
    assert found.still(back) == ()
