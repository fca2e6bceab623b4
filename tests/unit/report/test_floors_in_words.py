"""How a floor and a specimen are told: in the terminal and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import bare, key, point, project, revision, series

from stallhorn.diagnose import diagnose
from stallhorn.model import Benchmark, Floor, History, Machine, Measurement, Report, Roof, Roofs
from stallhorn.report.json import show_json
from stallhorn.report.sentence import floor_in_words, reach_in_words
from stallhorn.report.terminal import history_text


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        ("memory", "memory floor 1.00 ms"),
        ("cache", "cache floor 1.00 ms"),
        ("flops", "arithmetic floor 1.00 ms"),
        ("cos", "cosine floor 1.00 ms"),
        ("erf", "erf floor 1.00 ms"),
    ],
)
def test_a_floor_says_what_bounds_it(bound: str, words: str) -> None:
    assert floor_in_words(Floor(1e-3, bound, 1)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.0, ""),
        (1e-3, "100 % reached"),
        (1.22e-3, "82 % reached"),
        (32e-3, "3.1 % reached"),
        (10.04e-3, "10 % reached"),
        (1.0, "0.1 % reached"),
        (10.0, "under 0.1 % reached"),
        (0.96e-3, "104 % reached"),
        (0.9e-3, "below it"),
    ],
)
def test_what_a_time_reaches_of_its_floor(seconds: float | None, words: str) -> None:
    assert reach_in_words(Floor(1e-3, "memory", 1), seconds) == words


KEY = key(n="1", threads="1")


def report(*points: Measurement, work: float = 0.8e9, specimen: str | None = None) -> Report:
    suite = Benchmark(
        KEY.benchmark,
        "time",
        "seconds",
        "1",
        param_names=("n", "threads"),
        params=(("1",), ("1",)),
        work=({"flops": work},),
        specimens=(specimen,),
    )
    roofs = {"box": Roofs({1: Roof(1, 1e9, (), 1e9, {})}, cores=1)}
    commits = tuple(revision(position) for position in range(3))
    machines = {"box": Machine("box")}
    made = History(
        project(Path("/nowhere")), commits, {suite.name: suite}, machines, {}, (series(*points),), roofs=roofs
    )
    return diagnose(made)


def head(made: Report) -> list[str]:
    return history_text(made.history.series[0], made).splitlines()[2:-2]


def test_show_has_the_floor_and_what_the_newest_value_reaches() -> None:
    made = report(point(0, 8.0, of=KEY), point(1, 1.0, of=KEY))
    assert head(made) == ["  arithmetic floor 800 ms, the newest value: 80 % reached"]


def test_show_says_that_a_time_below_its_floor_cannot_be() -> None:
    made = report(point(0, 1.0, of=KEY), point(1, 0.5, of=KEY))
    assert head(made)[0].endswith("the newest value: below it")
    assert "stallhorn roofs --again" in head(made)[1] and "declared work" in head(made)[1]


def test_show_has_the_floor_where_the_newest_failed() -> None:
    failed = bare(1, None)
    made = report(
        point(0, 1.0, of=KEY), Measurement(KEY, failed.commit, failed.status, reason="\x1b[31mdied\u202e", version="1")
    )
    assert head(made) == ["  arithmetic floor 800 ms"]


def test_show_marks_a_specimen_and_keeps_its_name_harmless() -> None:
    made = report(point(0, 1.0, of=KEY), point(1, 1.0, of=KEY), specimen="race\x1b[2J")
    assert head(made)[0] == "  specimen of race\\x1b[2J: kept sick on purpose"


def test_show_as_json_has_both() -> None:
    made = report(point(0, 1.0, of=KEY), point(1, 1.0, of=KEY), specimen="race")
    answer = json.loads(show_json(made.history.series, made))["series"][0]
    assert answer["specimen"] == "race"
    assert answer["floor"] == {"seconds": 0.8, "bound": "flops", "threads": 1, "share": pytest.approx(0.8)}


def test_without_work_there_is_nothing_to_say() -> None:
    made = report(point(0, 1.0, of=KEY), point(1, 1.0, of=KEY), work=0.0)
    assert head(made) == []
    answer = json.loads(show_json(made.history.series, made))["series"][0]
    assert (answer["floor"], answer["specimen"]) == (None, None)
