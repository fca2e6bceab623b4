"""The questions that decide between Numba and JAX, where answers lead, and what a project's own counts say."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.model import Benchmark, History, Measurement, Parameters, Project, Series, SeriesKey, Status
from stallhorn.sweeps.choice import TREE, Figures, counted, follow

ROOT = Path("/nowhere")
PROJECT = Project("p", ROOT, None, "", "main", ROOT, ROOT, ROOT, None)


def history(values, kind="track", unit="compiles (counted)"):
    """One series for each example, with its values from old to new."""
    name = "limits.track_compiles"
    series = []
    for example, each in values.items():
        key = SeriesKey(name, Parameters((("example", f"'{example}'"),)), "py", "m")
        points = tuple(
            Measurement(key, str(at), Status.OK if value is not None else Status.FAILED, value)
            for at, value in enumerate(each)
        )
        series.append(Series(key, unit, points))
    return History(PROJECT, (), {name: Benchmark(name, kind, unit, "1", ("example",))}, {}, {}, tuple(series))


# --- the tree


def test_without_answers_the_first_question_is_open():
    found = follow({})
    assert found.open is TREE[0] and found.passed == () and found.take == ""


@pytest.mark.parametrize(
    ("answers", "take"),
    [
        ({"gradients": "yes"}, "jax"),
        ({"gradients": "no", "device": "yes"}, "jax"),
        ({"gradients": "no", "device": "no", "shapes": "yes"}, "numba"),
        ({"gradients": "no", "device": "no", "shapes": "no", "mutation": "yes"}, "numba"),
    ],
)
def test_each_yes_ends_in_a_library_with_a_reason(answers, take):
    found = follow(answers)
    assert (found.take, found.open) == (take, None) and found.because


def test_nothing_but_no_ends_in_ones_own_figures():
    found = follow({each.id: "no" for each in TREE})
    assert found.open is None and found.take == "" and found.passed[-1][0].id == "figures"


def test_later_answers_do_not_count_before_earlier_ones_and_unknown_ones_never():
    assert follow({"shapes": "yes"}).open is TREE[0]
    assert follow({"gradients": "perhaps"}).open is TREE[0]


def test_every_question_can_be_reached_and_says_what_holds_in_general_and_how_to_measure():
    ids = [each.id for each in TREE]
    assert len(set(ids)) == len(ids)
    led_to = {answer.then for each in TREE for answer in each.answers if answer.then}
    assert led_to == set(ids[1:])
    assert all(each.general and each.reason and each.measure for each in TREE)


@given(st.dictionaries(st.sampled_from([each.id for each in TREE]), st.sampled_from(["yes", "no", "x", ""])))
def test_any_answers_lead_to_an_end_or_an_open_question(answers):
    found = follow(answers)
    assert len(found.passed) <= len(TREE)
    assert (found.open is None) == bool(found.passed and not found.passed[-1][1].then)


# --- one's own figures


def test_a_history_without_counts_says_nothing():
    assert counted(history({})) == Figures({})
    assert counted(history({"jax-per-shape": [3.0]}, kind="time")) == Figures({})
    assert Figures({}).of("shapes") == ()


def test_counted_examples_answer_the_question_that_their_names_speak_of():
    found = counted(
        history({"jax-per-shape": [2.0, 3.0], "numba-per-shape": [1.0], "jax-write-in-place": [3.0], "other": [1.0]})
    )
    assert found.of("shapes") == (
        "jax-per-shape: 3 compiles (limits.track_compiles)",
        "numba-per-shape: 1 compiles (limits.track_compiles)",
    )
    assert len(found.of("mutation")) == 1 and found.of("gradients") == ()


def test_a_scale_keeps_its_ends_and_loses_the_word_that_says_it_is_exact():
    found = counted(history({"jax-if-of-data": [3.0]}, unit="(1 works ... 5 wrong, counted)"))
    assert found.of("mutation") == ("jax-if-of-data: 3 (1 works ... 5 wrong) (limits.track_compiles)",)


def test_the_newest_value_counts_and_an_example_without_value_says_nothing():
    assert "2 compiles" in counted(history({"jax-per-shape": [1.0, 2.0, None]})).of("shapes")[0]
    assert counted(history({"jax-per-shape": [None]})) == Figures({})


@pytest.mark.parametrize("name", ["shape", "scipy-per-shape", "jax", "per-shape of nothing"])
def test_a_name_must_have_a_library_and_the_matter(name):
    assert counted(history({name: [1.0]})) == Figures({})
