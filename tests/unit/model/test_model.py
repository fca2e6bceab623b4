"""The nouns: how they name themselves, and how verdicts join."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from builders import key, revision
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.model import Change, ChangePoint, Direction, Kind, Level, Parameters, Verdict, plain

VERDICTS = st.lists(st.sampled_from(Verdict))


def test_no_verdicts_join_to_nothing() -> None:
    assert Verdict.join([]) is Verdict.NOTHING


@given(VERDICTS, VERDICTS)
def test_joining_is_independent_of_order_and_grouping(one: list[Verdict], other: list[Verdict]) -> None:
    assert Verdict.join(one + other) is Verdict.join(other + one)
    assert Verdict.join(one + other) is Verdict.join([Verdict.join(one), Verdict.join(other)])


@pytest.mark.parametrize(
    ("verdicts", "joined"),
    [
        ([Verdict.CLEAN, Verdict.REGRESSION, Verdict.INCONCLUSIVE], Verdict.REGRESSION),
        ([Verdict.CLEAN, Verdict.INCONCLUSIVE], Verdict.INCONCLUSIVE),
        ([Verdict.NOTHING, Verdict.CLEAN], Verdict.CLEAN),
    ],
)
def test_one_regression_outweighs_doubt_and_doubt_a_clean_bill(verdicts: list[Verdict], joined: Verdict) -> None:
    assert Verdict.join(verdicts) is joined


def test_no_parameters_are_an_empty_text() -> None:
    assert str(Parameters()) == ""
    assert str(key()) == "suite.Case.time_it @ env"


def test_parameters_lose_the_quotes_of_their_repr() -> None:
    parameters = Parameters((("n", "50"), ("backend", "'numba'")))
    assert str(parameters) == "n=50, backend=numba"
    assert parameters.get("backend") == "numba"
    assert parameters.get("missing") is None
    assert [plain(text) for text in ("''", "'", "", '"a\'b"')] == ["", "'", "", "a'b"]


def test_a_change_point_knows_its_ratio_and_direction() -> None:
    low, high = Level(0, 1, 1.0, 1.0, 1.0), Level(1, 2, 2.0, 2.0, 2.0)
    assert ChangePoint(key(), low, high, "a", "b").direction is Direction.SLOWER
    assert ChangePoint(key(), high, low, "a", "b").ratio == 0.5


def machine_event(machine: str) -> Change:
    of = replace(key(), machine=machine)
    point = ChangePoint(of, Level(0, 1, 1.0, 1.0, 1.0), Level(1, 2, 2.0, 2.0, 2.0), "a", "b", kind=Kind.MACHINE)
    return Change(revision(0), revision(1), (), Direction.SLOWER, (point,), Kind.MACHINE)


def test_events_of_two_machines_have_two_ids_whatever_the_machines_are_called() -> None:
    assert machine_event("my-box").id == "00000002-slower-machine-my-box"
    names = ("b x", "b.x", "b--x", "b-x", "b\ud800x", "b\ud801x", "")
    ids = {machine_event(name).id for name in names}
    assert len(ids) == len(names)
    assert all(re.fullmatch("[A-Za-z0-9-]+", each) for each in ids)


def test_a_short_hash_has_eight_digits() -> None:
    assert revision(0).short == "00000001"
