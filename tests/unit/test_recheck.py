"""What is measured again: exactly what would settle what is suspected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from builders import bare, commit, key, point, project, revision, series
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.changes.remeasured import LEAST, Outcome, Settled
from stallhorn.model import (
    Benchmark,
    Change,
    ChangePoint,
    Direction,
    History,
    Level,
    Measurement,
    Report,
    SeriesKey,
    Suspicion,
    Verdict,
)
from stallhorn.model.alarm import Alarm, Entry, State
from stallhorn.model.identity import series_id
from stallhorn.model.visits import round_of
from stallhorn.plan import cells
from stallhorn.recheck import (
    MARK,
    MOST,
    TURNS,
    Doubt,
    cells_of,
    done,
    doubts,
    in_words,
    last_turn,
    next_round,
    settled,
)
from stallhorn.store.interval import measured

A, B = key("suite.Case.a"), key("suite.Case.b")
SUSPICION = Suspicion(A, commit(3), commit(4), Direction.SLOWER, 1.2, 0.8, "One night shows it.")
DOUBT = Doubt(A, commit(3), commit(5), 1.2, Direction.SLOWER, "it looks 1.20x slower: One night shows it")
ALARM = Alarm(
    *(f"{commit(4)[:8]}-slower", "box", Direction.SLOWER, commit(3), commit(4), 1.2, 1.1, 1.3, (series_id(A),), 0.9),
    state=State.RAISED,
    behind=1,
    history=(Entry(commit(4), "now", State.RAISED, "1.20x slower"),),
)


def report(
    levels: Mapping[SeriesKey, Sequence[float | Measurement]],
    *suspicions: Suspicion,
    changes: tuple[Change, ...] = (),
) -> Report:
    made = tuple(
        series(*(each if isinstance(each, Measurement) else point(at, each, of=of) for at, each in enumerate(values)))
        for of, values in levels.items()
    )
    revisions = tuple(revision(position) for position in range(max(map(len, levels.values()), default=0)))
    history = History(project(Path("/nowhere")), revisions, {}, {}, {}, made)
    return Report(history, None, changes, (), (), Verdict.CLEAN, suspicions=suspicions)


STEP = {A: [1.0, 1.0, 1.0, 1.0, 1.2, 1.2], B: [1.0] * 6}


# --- what is in doubt


def test_nothing_suspected_is_nothing_to_measure():
    assert doubts(report(STEP), (), "box") == ()


def test_a_suspicion_asks_for_the_last_old_and_the_newest_new_commit():
    assert doubts(report(STEP, SUSPICION), (), "box") == (DOUBT,)


def test_where_more_is_better_the_value_is_supposed_to_have_fallen():
    whole = report(STEP, SUSPICION)
    rates = tuple(replace(each, rising=Direction.FASTER) for each in whole.history.series)
    whole = replace(whole, history=replace(whole.history, series=rates))
    (doubt,) = doubts(whole, (ALARM,), "box")
    assert doubt.ratio == pytest.approx(1 / 1.2)


def test_of_a_suspicion_the_newest_usable_points_count():
    gaps = {A: [1.0, 1.0, 1.0, bare(3, None), 1.2, bare(5, None)]}
    (doubt,) = doubts(report(gaps, SUSPICION), (), "box")
    assert doubt.pair == [commit(2), commit(4)]


def test_an_alarm_that_is_not_confirmed_is_in_doubt():
    (doubt,) = doubts(report(STEP), (ALARM,), "box")
    assert (doubt.key, doubt.pair) == (A, [commit(3), commit(5)])
    assert doubt.why == f"alarm {ALARM.id} is raised and not confirmed: 1.20x slower"


def test_an_alarm_that_was_confirmed_or_withdrawn_is_not():
    confirmed = Entry(commit(5), "now", State.CONFIRMED, "seen again")
    sure = replace(ALARM, state=State.CONFIRMED, history=(*ALARM.history, confirmed))
    revised = replace(sure, state=State.REVISED, history=(*sure.history, replace(confirmed, state=State.REVISED)))
    gone = replace(ALARM, state=State.WITHDRAWN)
    assert doubts(report(STEP), (sure, revised, gone), "box") == ()


def test_what_is_suspected_and_raised_is_measured_once():
    assert doubts(report(STEP, SUSPICION), (ALARM,), "box") == (DOUBT,)


def test_a_level_that_ended_is_measured_where_it_was_last():
    back = {A: [1.0, 1.0, 1.0, 1.0, 1.2, 1.2, 1.0, 1.0]}
    level = Level(0, 1, 1.0, 1.0, 1.0)
    ended = ChangePoint(A, level, level, commit(5), commit(6))
    faster = Change(revision(5), revision(6), (), Direction.FASTER, (ended,))
    (doubt,) = doubts(report(back, changes=(faster,)), (ALARM,), "box")
    assert doubt.pair == [commit(3), commit(5)]


def test_of_many_series_those_that_an_alarm_hit_most():
    many = {key(f"suite.Case.k{number:02}"): [1.0] * 4 + [1.1 + 0.1 * number] * 2 for number in range(MOST + 3)}
    hit = replace(ALARM, series=tuple(map(series_id, many)))
    found = doubts(report(many), (hit,), "box")
    assert [doubt.key for doubt in found] == list(many)[: -MOST - 1 : -1]
    assert "the 10 of 13 series that it hit most" in found[0].why


def test_other_machines_are_left_alone():
    assert doubts(report(STEP, SUSPICION), (ALARM,), "other") == ()


@pytest.mark.parametrize(
    "suspicion",
    [
        replace(SUSPICION, key=key("suite.Gone.a")),
        replace(SUSPICION, last="e" * 40),
        replace(SUSPICION, first="e" * 40),
    ],
)
def test_what_is_no_longer_in_the_history_is_not_in_doubt(suspicion: Suspicion):
    assert doubts(report(STEP, suspicion), (), "box") == ()


# --- which cells


def suite(**changes: str) -> dict[str, Benchmark]:
    return {"suite.Case.a": Benchmark("suite.Case.a", "time", "seconds", **{"version": "1", **changes})}


def test_a_doubt_finds_its_cell_whatever_the_order_of_parameters():
    benchmark = Benchmark("suite.Case.a", "time", "seconds", "1", ("n", "m"), (("1", "2"), ("3",)))
    listed = cells({"suite.Case.a": benchmark}, frozenset(), {})
    doubt = replace(DOUBT, key=key("suite.Case.a", m="3", n="2"))
    found, refused = cells_of([doubt], listed, ["env"], {doubt.key: "1"}, {})
    assert (found[doubt].index, refused) == (1, [])


@pytest.mark.parametrize(
    ("benchmarks", "environments", "kind", "why"),
    [
        ({}, ["env"], "time", "the suite no longer has this benchmark with these parameters"),
        (suite(), ["other"], "time", "asv.conf.json no longer has its environment, or it cannot be made here"),
        (suite(), ["env"], "track", "it is no timing: only the newest value is kept, not one for each round"),
        (suite(version="2"), ["env"], "time", "the benchmark was changed since: old and new times do not compare"),
    ],
)
def test_what_cannot_be_measured_again_is_refused_with_the_reason(benchmarks, environments, kind, why):
    found, (refusal,) = cells_of(
        [DOUBT], cells(benchmarks, frozenset(), {}), environments, {A: "1"}, {"suite.Case.a": kind}
    )
    assert (found, refusal.doubt, refusal.why) == ({}, DOUBT, why)


# --- how often


def test_each_commit_is_visited_so_many_times():
    assert last_turn(0, 0) == TURNS
    assert last_turn(TURNS, TURNS) == 2 * TURNS


@pytest.mark.parametrize(("old", "new"), [(1, 0), (1, 1), (TURNS, TURNS - 1), (TURNS, 0), (0, 3)])
def test_an_interrupted_run_is_brought_to_its_end(old: int, new: int):
    assert last_turn(old, new) == TURNS


@given(st.integers(0, 50), st.integers(0, 50))
def test_there_is_always_something_to_do_and_never_more_than_one_run(old: int, new: int):
    end = last_turn(old, new)
    assert 2 * end - old - new > 0
    assert end - max(old, new) <= TURNS
    assert last_turn(end, end) == end + TURNS


def test_visits_are_counted_by_the_pair_that_they_were_taken_for():
    other = [commit(0), commit(5)]
    records = [
        {"status": "ok", "round": 0},
        {"status": "ok", "round": round_of(1), MARK: [DOUBT.pair, other]},
        {"status": "ok", "round": round_of(2), MARK: [other]},
        {"status": "failed", "round": round_of(3), MARK: [DOUBT.pair]},
        {"status": "ok", "round": round_of(4), MARK: "hostile"},
    ]
    assert done(DOUBT, records) == 1
    assert next_round(records) == round_of(5)
    assert next_round([]) == round_of(1)


# --- what came of it


def visited(position: int, level: float) -> Measurement:
    rounds = {0: [9.0], **{round_of(visit): [level * (1 + 0.001 * visit)] for visit in range(1, LEAST + 1)}}
    return measured(A, commit(position), 9.0, rounds, 1, "1", None)


@pytest.mark.parametrize(("new", "outcome"), [(1.2, Outcome.CHANGED), (1.0, Outcome.SAME), (1.01, Outcome.SAME)])
def test_the_visits_of_the_two_commits_settle_it(new: float, outcome: Outcome):
    measured_again = series(visited(3, 1.0), visited(5, new))
    assert settled(DOUBT, [series(point(3, 1.0, of=B)), measured_again], 0.02).outcome is outcome


def test_without_both_commits_it_is_open():
    assert settled(DOUBT, [series(visited(3, 1.0))], 0.02) == Settled(Outcome.OPEN, 0)
    assert settled(DOUBT, [], 0.02) == Settled(Outcome.OPEN, 0)


def test_the_answer_in_words():
    place = f"suite.Case.a @ env, {commit(3)[:8]} and {commit(5)[:8]}"
    said = {
        Settled(Outcome.CHANGED, 5, 1.2, 1.19, 1.21): f"{place}: changed, 1.20x slower: 1.2 times the old value "
        "[1.19, 1.21], 5 visits of each",
        Settled(Outcome.SAME, 5, 1.0, 0.99, 1.01): f"{place}: not changed: 1 times the old value [0.99, 1.01], "
        "5 visits of each",
        Settled(Outcome.OPEN, 10, 1.1, 0.9, 1.3): f"{place}: still open: 1.1 times the old value [0.9, 1.3], "
        "10 visits of each",
        Settled(Outcome.OPEN, 2): f"{place}: still open: 2 of at least 5 visits of each are measured",
    }
    for settled_, text in said.items():
        assert in_words(DOUBT, settled_) == text
