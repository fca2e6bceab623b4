"""The JSON of check and show: keys that scripts lean on, and numbers that every JSON reader takes."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from builders import bare, commit, key, point, project, revision, series

from stallhorn.diagnose import diagnose
from stallhorn.errors import ExitCode
from stallhorn.model import Benchmark, BuildFailure, History, Level, Machine, Measurement, Problem, Report
from stallhorn.report.json import check_json, series_id, show_json


def report(*points: Measurement, **changes: object) -> Report:
    found = (series(*points),) if points else ()
    benchmarks = {each.key.benchmark: Benchmark(each.key.benchmark, "time", "seconds", "1") for each in found}
    commits = tuple(revision(position) for position in range(4))
    history = History(project(Path("/nowhere")), commits, benchmarks, {"box": Machine("box")}, {}, found)
    return diagnose(replace(history, **changes))


def strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def checked(made: Report, **changes: Any) -> Any:
    options = {"base": None, "head": None, "reference": False, "exit_code": ExitCode.FINE} | changes
    return strict(check_json([made], **options))


def test_nothing_measured_is_an_answer_too() -> None:
    answer = checked(report(), exit_code=ExitCode.NOTHING_MEASURED)
    assert (answer["verdict"], answer["exit_code"], answer["machines"][0]["newest"]) == ("nothing", 3, None)


def test_the_keys_are_those_that_are_promised() -> None:
    made = report(
        point(0, 1.0, 1.0),
        point(2, 2.0, 2.0),
        problems=(Problem("a", "b", "c"),),
        build_failures=(BuildFailure(commit(1), "env", "box", "log"),),
    )
    answer = checked(made, base=commit(0), exit_code=ExitCode.REGRESSION)
    assert list(answer) == [
        *(
            "schema",
            "stallhorn",
            "project",
            "verdict",
            "exit_code",
            "reference",
            "base",
            "head",
            "machines",
            "problems",
        ),
    ]
    (one,) = answer["machines"]
    assert list(one) == ["machine", "verdict", "sentence", "newest", "comparisons", "changes", "build_failures"]
    (comparison,) = one["comparisons"]
    assert comparison["series"] == {
        "benchmark": "suite.Case.time_it",
        "params": {},
        "environment": "env",
        "machine": "box",
    }
    assert (comparison["verdict"], comparison["direction"], comparison["ratio"]) == ("regression", "slower", 2.0)
    assert (comparison["last"], comparison["after"]["commit"]) == (commit(0), commit(2))
    (change,) = one["changes"]
    assert change["id"] == "00000003-slower"
    assert (change["last"]["commit"], change["first"]["parents"]) == (commit(0), [commit(1)])
    assert [each["subject"] for each in change["untested"]] == ["Commit 1"]
    assert one["build_failures"] == [{"commit": commit(1), "environment": "env", "log": "log"}]
    assert answer["problems"] == [{"where": "a", "what": "b", "remedy": "c"}]


def test_numbers_that_json_has_not_become_null() -> None:
    made = report(point(0, 1.0, 1.0), bare(1, None))
    infinite = replace(made.comparisons[0], before=Level(0, 1, 1.0, 0.0, math.inf))
    answer = checked(replace(made, comparisons=(infinite,)))
    (comparison,) = answer["machines"][0]["comparisons"]
    assert (comparison["before"]["high"], comparison["after"]["value"], comparison["ratio"]) == (None, None, None)


def test_a_history_has_every_point() -> None:
    made = report(point(0, 1.0, 1.0), bare(1, None))
    answer = strict(show_json(made.history.series, made))
    (one,) = answer["series"]
    assert [(each["status"], each["value"], each["samples"]) for each in one["points"]] == [
        ("ok", 1.0, 10),
        ("failed", None, 0),
    ]
    assert one["unit"] == "seconds"


def test_an_id_belongs_to_one_series() -> None:
    assert series_id(key(n="1")) == series_id(key(n="1"))
    assert len({series_id(each) for each in (key(n="1"), key(n="2"), key(machine="other"), key("b"))}) == 4
