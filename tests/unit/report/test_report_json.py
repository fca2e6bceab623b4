"""The JSON of check and show: keys that scripts lean on, and numbers that every JSON reader takes."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from builders import bare, commit, key, point, project, revision, series
from records import history, seen

from stallhorn.diagnose import diagnose
from stallhorn.errors import ExitCode
from stallhorn.model import (
    Benchmark,
    BuildFailure,
    Direction,
    History,
    Kind,
    Level,
    Machine,
    Measurement,
    Problem,
    Report,
    Suspicion,
    Verdict,
)
from stallhorn.report.json import changes_json, check_json, series_id, show_json


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
    keys = ["machine", "verdict", "sentence", "newest", "comparisons", "changes", "suspicions", "build_failures"]
    assert list(one) == [*keys, "findings", "counted", "alarms"]
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


def test_a_change_has_its_kind_size_interval_and_confidence() -> None:
    answer = strict(changes_json(report(point(0, 1.0, 1.1), point(1, 2.0, 2.2)), since=commit(0), reference=False))
    assert list(answer) == [
        *("schema", "stallhorn", "project", "reference", "since", "changes", "suspicions", "problems"),
    ]
    (change,) = answer["changes"]
    assert (change["kind"], change["reason"], change["pattern"], answer["since"]) == ("code", "", None, commit(0))
    assert change["low"] < change["ratio"] < change["high"] and 0.9 < change["confidence"] < 1
    (moved,) = change["series"]
    assert (moved["kind"], moved["reason"], moved["confidence"]) == ("code", "", 0.99)
    assert moved["low"] < moved["ratio"] < moved["high"]


def test_what_the_code_did_not_do_says_so_and_why() -> None:
    made = report(point(0, 1.0, 1.0), point(1, 2.0, 2.0))
    (comparison,) = made.comparisons
    moved = replace(comparison, kind=Kind.MACHINE, verdict=Verdict.CLEAN, reason="a noisy night")
    changes = (replace(made.changes[0], kind=Kind.MACHINE, reason="a noisy night"),)
    (one,) = checked(replace(made, comparisons=(moved,), changes=changes))["machines"]
    assert (one["comparisons"][0]["kind"], one["comparisons"][0]["reason"]) == ("machine", "a noisy night")
    assert (one["changes"][0]["id"], one["changes"][0]["reason"]) == ("00000002-slower-machine-box", "a noisy night")


def test_suspicions_are_told() -> None:
    doubt = Suspicion(key(), commit(0), commit(1), Direction.SLOWER, 1.3, 0.7, "one point alone")
    made = replace(report(point(0, 1.0, 1.0), point(1, 1.0, 1.0)), suspicions=(doubt,))
    (told,) = checked(made)["machines"][0]["suspicions"]
    assert told == strict(changes_json(made, since=None, reference=False))["suspicions"][0]
    assert list(told) == ["id", "series", "last", "first", "direction", "ratio", "confidence", "reason"]
    assert (told["id"], told["direction"], told["ratio"]) == (series_id(key()), "slower", 1.3)


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


NESTED = {"calls__nested_regions": 50, "calls__regions": 51, "calls__region_threads": 2}
FLAT = {"calls__nested_regions": 0, "calls__regions": 1, "calls__region_threads": 2}


def test_what_moved_says_why() -> None:
    (one,) = checked(diagnose(history([0.01, 0.02], seen(0, **FLAT), seen(1, **NESTED))))["machines"]
    for moved in (one["comparisons"][0], one["changes"][0]["series"][0]):
        assert [each["pitfall"] for each in moved["causes"]] == ["nested-parallel"]
        assert (moved["gone"], moved["explanation"]) == ([], "")
        assert {"fact": "nested regions", "before": 0, "after": 50, "direction": "slower"} in moved["counted"]
    (finding,) = (each for each in one["findings"] if each["pitfall"] == "nested-parallel")
    assert list(finding) == [
        *("pitfall", "severity", "id", "series", "commit", "claim", "evidence", "remedy", "setting", "meant"),
    ]
    assert (finding["id"], finding["commit"], finding["meant"]) == (one["comparisons"][0]["id"], commit(1), False)
    assert set(finding["evidence"][0]) == {"fact", "value", "expected", "kind"}


def test_counted_changes_are_apart_from_changes_of_values() -> None:
    (one,) = checked(diagnose(history([1.0, 1.0], seen(0), seen(1, calls__compiles=2))))["machines"]
    assert one["changes"] == [] and one["verdict"] == "clean"
    (moved,) = one["counted"][0]["series"]
    assert (moved["fact"], moved["ratio"]) == ("compilations", None)
    assert (moved["before"]["value"], moved["after"]["value"]) == (0, 2)
    assert moved["id"] != one["comparisons"][0]["id"]


def test_a_history_has_its_findings_and_its_counted_facts() -> None:
    made = diagnose(history([0.01, 0.02], seen(0, **FLAT), seen(1, **NESTED)))
    (one,) = strict(show_json(made.history.series, made))["series"]
    assert "nested-parallel" in [each["pitfall"] for each in one["findings"]]
    regions = next(each for each in one["facts"] if each["fact"] == "parallel regions")
    assert regions == {
        "fact": "parallel regions",
        "unit": "parallel regions (counted)",
        "points": [{"commit": commit(0), "value": 1}, {"commit": commit(1), "value": 51}],
    }


def test_a_specimen_is_meant_to_have_its_finding() -> None:
    sick = key("suite.Sick.time_it")
    made = diagnose(history({sick: [0.01]}, seen(0, of=sick, **NESTED), specimens={sick: "nested-parallel"}))
    (one,) = checked(made)["machines"]
    assert [each["meant"] for each in one["findings"] if each["pitfall"] == "nested-parallel"] == [True]


def test_an_id_belongs_to_one_series() -> None:
    assert series_id(key(n="1")) == series_id(key(n="1"))
    assert len({series_id(each) for each in (key(n="1"), key(n="2"), key(machine="other"), key("b"))}) == 4
