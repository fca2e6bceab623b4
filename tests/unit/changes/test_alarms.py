"""What is told of a change from night to night: confirmed, revised or withdrawn with a reason, no flicker."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from builders import commit, key, point, project, revision, series
from hypothesis import given, settings
from hypothesis import strategies as st
from nights import FASTER, SLOWER, A, B, C, change, night, suspicion, visited

from stallhorn.changes.alarms import PLENTY, Night, judged, night_of
from stallhorn.model import Change, Direction, History, Kind, Measurement, Report, Status, Suspicion, Verdict
from stallhorn.model.alarm import Alarm, State
from stallhorn.model.identity import series_id

STEP = [1.0] * 10 + [1.2] * 20  # a series that is slower from commit 10 on


def after(*nights: Night) -> tuple[Alarm, ...]:
    known: tuple[Alarm, ...] = ()
    for each in nights:
        known = judged(known, each)
    return known


def only(*nights: Night) -> Alarm:
    (alarm,) = after(*nights)
    return alarm


def states(alarm: Alarm) -> list[str]:
    return [str(entry.state) for entry in alarm.history]


def slow(newest: int, **more) -> Night:
    """A night at which the step at commit 10 is told."""
    return night(newest, change(9, 10, **more), levels={A: STEP})


def lost(newest: int, *values: float) -> Night:
    """A night at which nothing is found; `values` follow the ten flat ones."""
    return night(newest, levels={A: [1.0] * 10 + list(values)})


# --- raised and confirmed


def test_a_quiet_night_has_no_alarm():
    assert after(night(5), night(6)) == ()


def test_a_change_is_raised_with_what_is_known_of_it():
    alarm = only(night(11, change(9, 10, A, B, ratio=1.2, bounds=(1.1, 1.3)), levels={A: STEP}))
    assert (alarm.id, alarm.machine, alarm.direction) == (f"{commit(10)[:8]}-slower", "box", SLOWER)
    assert (alarm.last, alarm.first) == (commit(9), commit(10))
    assert (alarm.ratio, alarm.low, alarm.high, alarm.confidence) == (1.2, 1.1, 1.3, 0.999)
    assert set(alarm.series) == {series_id(A), series_id(B)}
    assert (alarm.state, alarm.behind, alarm.in_doubt) == (State.RAISED, 2, False)
    assert alarm.history[0].newest == commit(11)
    assert alarm.told == f"1.20x slower, at {commit(9)[:8]}..{commit(10)[:8]}"


def test_it_is_confirmed_when_more_stands_behind_it():
    alarm = only(slow(11), slow(12))
    assert states(alarm) == ["raised", "confirmed"]
    assert alarm.told == "seen again: 3 measurements show it"
    assert alarm.was_confirmed


def test_the_same_newest_commit_confirms_nothing():
    assert only(slow(11), slow(11)) == only(slow(11))


def test_it_is_not_confirmed_while_it_is_not_certain():
    assert states(only(slow(11, confidence=0.9), slow(12, confidence=0.98))) == ["raised"]


def test_a_change_with_plenty_behind_it_is_raised_and_confirmed_at_once():
    alarm = only(slow(9 + PLENTY))
    assert states(alarm) == ["raised", "confirmed"]
    assert alarm.told == f"{PLENTY} measurements show it"


def test_measuring_again_confirms_without_a_newer_commit():
    again = {A: [*STEP[:9], visited(9, 1.0, 5), visited(10, 1.2, 5)]}
    alarm = only(slow(10, confidence=0.9), night(10, change(9, 10, confidence=0.9), levels=again))
    assert states(alarm) == ["raised", "confirmed"]
    assert alarm.told.startswith("measured again 5 times, in turns with the commit before: 1.2 [")


def test_a_point_that_was_measured_again_stands_for_as_many_nights():
    again = {A: [*STEP[:10], visited(10, 1.2, 5)]}
    assert only(slow(10)).behind == 1
    alarm = only(slow(10), night(10, change(9, 10), levels=again))
    assert (states(alarm), alarm.behind) == (["raised", "confirmed"], 6)


def test_every_direction_and_both_ways_of_counting_are_told_in_words():
    assert only(night(11, change(9, 10, ratio=0.5))).told.startswith("2.00x faster, at ")


def test_where_more_is_better_fewer_is_slower():
    """A rate that fell to five sixths: the change says 1.2, the values say 0.83."""
    fell = night(10, change(9, 10, confidence=0.9), levels={A: [*STEP[:9], visited(9, 1.2, 5), visited(10, 1.0, 5)]})
    rates = {name: replace(each, rising=FASTER) for name, each in fell.series.items()}
    alarm = only(replace(fell, series=rates))
    assert states(alarm) == ["raised", "confirmed"]
    assert after(fell) == ()  # of a time, the visits show that it did not become slower


@pytest.mark.parametrize("kind", [Kind.MACHINE, Kind.MEASUREMENT])
def test_what_is_no_change_of_code_raises_nothing(kind: Kind):
    assert after(night(11, change(9, 10, kind=kind))) == ()


def test_what_is_neither_better_nor_worse_raises_nothing():
    assert after(night(11, replace(change(9, 10), direction=Direction.SAME))) == ()


def test_another_machines_changes_and_alarms_are_left_alone():
    other = replace(only(slow(11)), machine="other")
    there = key("suite.Case.a", machine="other")
    assert judged((other,), night(12)) == (other,)
    assert after(night(11, change(9, 10, there))) == ()


# --- suspicions


def test_a_suspicion_is_raised_under_its_id_when_it_is_told():
    alarm = only(night(10, suspicion(9, 10)), slow(12))
    assert states(alarm) == ["suspected", "raised"]
    assert alarm.id == f"{commit(10)[:8]}-slower"
    assert alarm.history[0].reason == f"looks 1.20x slower, at {commit(9)[:8]}..{commit(10)[:8]}; One night shows it"


def test_suspicions_of_one_commit_are_one():
    alarm = only(night(10, suspicion(9, 10, A), suspicion(8, 10, B)))
    assert (set(alarm.series), alarm.last) == ({series_id(A), series_id(B)}, commit(9))


def test_a_suspicion_beside_a_change_of_the_same_commit_is_part_of_it():
    assert only(night(11, change(9, 10, A), suspicion(9, 10, B))).series == (series_id(A),)


def test_a_suspicion_that_is_gone_is_withdrawn_at_once():
    alarm = only(night(10, suspicion(9, 10), levels={A: STEP}), lost(11, 1.2, 1.0))
    assert states(alarm) == ["suspected", "withdrawn"]


def test_a_suspicion_that_stays_says_nothing_new():
    assert len(only(night(10, suspicion(9, 10)), night(11, suspicion(9, 10))).history) == 1


def test_a_suspicion_that_measuring_again_proves_is_raised_and_confirmed():
    again = {A: [*STEP[:9], visited(9, 1.0, 5), visited(10, 1.2, 5)]}
    alarm = only(night(10, suspicion(9, 10)), night(10, suspicion(9, 10), levels=again))
    assert states(alarm) == ["suspected", "raised", "confirmed"]


def test_a_suspicion_that_measuring_again_refutes_is_withdrawn_and_does_not_come_back():
    again = {A: [*STEP[:9], visited(9, 1.0, 5), visited(10, 1.0, 5)]}
    refuted = night(10, suspicion(9, 10), levels=again)
    alarm = only(night(10, suspicion(9, 10)), refuted, refuted)
    assert states(alarm) == ["suspected", "withdrawn"]
    assert alarm.told == "measured again 5 times, in turns with the commit before: not slower"


# --- revised


def test_a_narrower_range_is_a_revision_that_says_from_what_to_what():
    alarm = only(night(12, change(7, 11)), night(13, change(10, 11)))
    assert (states(alarm), alarm.id) == (["raised", "revised"], f"{commit(11)[:8]}-slower")
    assert alarm.told == (f"commits from {commit(7)[:8]}..{commit(11)[:8]} to {commit(10)[:8]}..{commit(11)[:8]}")
    assert (alarm.last, alarm.first) == (commit(10), commit(11))


def test_a_change_that_moves_by_a_few_commits_is_the_same_event():
    alarm = only(night(12, change(9, 10)), night(13, change(11, 12)), night(14, change(11, 12)))
    assert (states(alarm), alarm.id) == (["raised", "revised", "confirmed"], f"{commit(10)[:8]}-slower")


def test_a_change_far_away_is_another_event():
    first, second = after(night(12, change(9, 10)), night(20, change(9, 10), change(15, 16)))
    assert (first.id, second.id) == (f"{commit(10)[:8]}-slower", f"{commit(16)[:8]}-slower")


def test_a_change_of_other_series_is_another_event():
    assert len(after(night(12, change(9, 10, A)), night(13, change(9, 10, A), change(10, 11, B)))) == 2


def test_a_change_the_other_way_is_another_event():
    slower, faster = after(night(12, change(9, 10)), night(13, change(9, 10), change(10, 11, ratio=0.8)))
    assert (slower.direction, faster.direction) == (SLOWER, FASTER)


def test_another_size_is_a_revision():
    alarm = only(slow(11, bounds=(1.18, 1.22)), slow(12, ratio=1.5))
    assert (states(alarm)[-1], alarm.ratio) == ("revised", 1.5)
    assert alarm.told == "size from 1.20x slower to 1.50x slower"


def test_a_size_within_its_interval_or_nearly_the_same_is_none():
    assert "revised" not in states(only(slow(11, bounds=(1.0, 2.0)), slow(12, ratio=1.5)))
    assert "revised" not in states(only(slow(11, bounds=(1.199, 1.201)), slow(12, ratio=1.21)))


def test_more_series_are_added_and_said_once():
    alarm = only(slow(11), night(11, change(9, 10, A, B, C)), night(11, change(9, 10, A)))
    assert len(alarm.series) == 3
    assert (states(alarm), alarm.told) == (["raised", "raised"], "2 more series are hit")


# --- withdrawn


def test_what_was_never_confirmed_is_withdrawn_as_soon_as_it_is_not_found():
    assert states(only(slow(11), night(12))) == ["raised", "withdrawn"]


def test_what_was_confirmed_is_in_doubt_for_one_night():
    alarm = only(slow(11), slow(12), lost(13, 1.2, 1.2, 1.2, 1.0))
    assert (alarm.state, alarm.in_doubt, alarm.absent) == (State.CONFIRMED, True, (commit(13),))
    assert alarm.told.startswith("in doubt: ")


def test_found_again_the_doubt_is_gone():
    alarm = only(slow(11), slow(12), night(13), slow(14))
    assert (alarm.state, alarm.in_doubt, alarm.absent) == (State.CONFIRMED, False, ())
    assert alarm.told == "found again"


def test_absent_with_two_newer_commits_it_is_withdrawn():
    gone = only(slow(11), slow(12), night(13), night(14))
    assert (gone.state, gone.in_doubt) == (State.WITHDRAWN, False)
    assert only(slow(11), slow(12), night(13), night(13)).state is State.CONFIRMED


def test_a_revised_alarm_keeps_that_it_was_confirmed():
    alarm = only(slow(11), slow(12), slow(13, ratio=1.6), night(14))
    assert (states(alarm)[2], alarm.in_doubt) == ("revised", True)


def test_what_is_only_suspected_now_is_in_doubt_and_not_absent():
    alarm = only(slow(11), slow(12), *(night(each, suspicion(9, 10)) for each in (13, 14, 15)))
    assert (alarm.state, alarm.doubt, alarm.absent) == (State.CONFIRMED, "One night shows it", ())
    assert states(alarm) == ["raised", "confirmed", "confirmed"]


def test_what_comes_back_is_raised_under_its_old_id_and_keeps_its_history():
    alarm = only(slow(11), night(12), slow(14))
    assert states(alarm) == ["raised", "withdrawn", "raised"]
    assert alarm.told.startswith("it is back: 1.20x slower")
    assert not alarm.was_confirmed


def test_a_second_event_at_the_same_commit_has_another_id():
    first, second = after(night(12, change(9, 10, A)), night(13, change(9, 10, A), change(8, 10, B)))
    assert (first.id, second.id) == (f"{commit(10)[:8]}-slower", f"{commit(10)[:8]}-slower-2")


REASONS = {
    "the level came back": lost(16, 1.2, 1.2, 1.2, 1.0, 1.0, 1.0, 1.0),
    "only one night was far off": lost(14, 1.2, 1.0, 1.0, 1.0, 1.0),
    "only single nights were far off": lost(14, 1.2, 1.0, 1.0, 1.2, 1.0),
    "a slow drift explains it": night(16, levels={A: [1 + 0.02 * place for place in range(17)]}),
    "its results were removed, or the version of its benchmarks changed": night(12, gone=[A]),
    "a change of the machine, not of the code: another kernel": night(
        12, change(9, 10, A, kind=Kind.MACHINE, reason="another kernel."), levels={A: STEP}
    ),
    "measured again 5 times, in turns with the commit before: not slower": night(
        11, change(9, 10), levels={A: [*STEP[:9], visited(9, 1.0, 5), visited(10, 1.0, 5), 1.0]}
    ),
    "with 2 more nights the evidence no longer holds": night(13, levels={A: STEP}),
}


@pytest.mark.parametrize("reason", REASONS)
def test_the_reason_for_a_withdrawal_is_told_as_far_as_the_results_tell(reason: str):
    alarm = only(slow(11), REASONS[reason])
    assert (alarm.state, alarm.told) == (State.WITHDRAWN, reason)


def test_what_turns_out_to_be_part_of_another_change_says_so():
    first, second = after(night(11, change(7, 9, A), change(9, 10, B)), night(12, change(9, 10, A, B)))
    assert states(first) == ["raised", "withdrawn"]
    assert first.told == f"told together with the change at {commit(10)[:8]}"
    assert set(second.series) == {series_id(A), series_id(B)}


def test_an_alarm_whose_commits_are_no_longer_measured_is_withdrawn():
    gone = replace(only(slow(11)), last="d" * 40, first="e" * 40)
    (alarm,) = judged((gone,), night(12))
    assert alarm.told == "its results were removed, or the version of its benchmarks changed"


# --- from a report


def test_a_night_is_made_of_a_report():
    here, there = key(), key(machine="other")
    failed = Measurement(here, commit(2), Status.FAILED)
    many = (series(point(0, 1.0), point(1, 1.0), failed), series(point(2, 1.0, of=there)))
    history = History(project(Path("/nowhere")), tuple(map(revision, range(4))), {}, {}, {}, many)
    report = Report(history, None, (change(0, 1),), (), (), Verdict.CLEAN, suspicions=(suspicion(0, 1),))
    made = night_of(report, "box", "now")
    assert made is not None
    assert (made.newest, made.commits) == (commit(1), (commit(0), commit(1), commit(2)))
    assert (set(made.series), made.changes, made.suspicions) == ({series_id(here)}, report.changes, report.suspicions)
    assert night_of(report, "nobody's", "now") is None


# --- whatever the nights bring

ALLOWED = {
    None: {"suspected", "raised"},
    "suspected": {"suspected", "raised", "withdrawn"},
    "raised": {"raised", "confirmed", "revised", "withdrawn"},
    "confirmed": {"confirmed", "revised", "withdrawn"},
    "revised": {"revised", "confirmed", "withdrawn"},
    "withdrawn": {"suspected", "raised"},
}


@st.composite
def found(draw: st.DrawFn, newest: int) -> list[Change | Suspicion]:
    made: list[Change | Suspicion] = []
    for _ in range(draw(st.integers(0, 3))):
        first = draw(st.integers(1, newest))
        last = draw(st.integers(max(0, first - 3), first - 1))
        ratio = draw(st.sampled_from([0.5, 1.1, 1.12, 1.5, 3.0]))
        keys = draw(st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=3, unique=True))
        if draw(st.booleans()):
            made.append(change(last, first, *keys, ratio=ratio, confidence=draw(st.sampled_from([0.9, 0.999]))))
        else:
            made.extend(suspicion(last, first, each, ratio) for each in keys)
    unique: dict[object, Change | Suspicion] = {}
    for each in made:  # changes are pooled by these
        at = each.first.commit if isinstance(each, Change) else (each.first, each.key)
        unique.setdefault((type(each), at, each.direction), each)
    return list(unique.values())


@st.composite
def nights(draw: st.DrawFn) -> list[Night]:
    newest, made = draw(st.integers(3, 8)), []
    values = st.sampled_from([1.0, 1.2, 1.5])
    for _ in range(draw(st.integers(1, 8))):
        newest += draw(st.integers(0, 2))
        again = st.builds(lambda value, visits: (value, visits), values, st.sampled_from([0, 0, 0, 5]))
        levels = {
            of: [
                visited(place, value, visits, of)
                for place, (value, visits) in enumerate(draw(st.lists(again, max_size=newest)))
            ]
            for of in (A, B)
        }
        gone = draw(st.lists(st.sampled_from([A, B, C]), max_size=1))
        made.append(night(newest, *draw(found(newest)), levels=levels, gone=gone))
    return made


@settings(max_examples=150, deadline=None)
@given(nights())
def test_whatever_the_nights_bring(many: list[Night]):
    known: tuple[Alarm, ...] = ()
    for each in many:
        told = judged(known, each)
        assert judged(told, each) == told, "the same night again changes nothing"
        assert [alarm.id for alarm in told[: len(known)]] == [alarm.id for alarm in known], "no alarm is lost"
        assert len({alarm.id for alarm in told}) == len(told), "every id is one alarm's"
        for before, now in zip(known, told, strict=False):
            assert now.history[: len(before.history)] == before.history, "what was said stays"
            if before.was_confirmed and not now.is_open:
                assert before.in_doubt and before.absent, "nothing that was confirmed vanishes in one night"
        known = told
    for alarm in known:
        steps = [None, *states(alarm)]
        assert all(now in ALLOWED[before] for before, now in pairwise(steps)), steps
        assert alarm.state == alarm.history[-1].state
        assert all(entry.reason for entry in alarm.history)
        assert not (alarm.in_doubt and not alarm.is_open)
