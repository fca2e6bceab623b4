"""A diagnosis for people and for programs: the text, and the JSON that scripts lean on."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from stallhorn.model import Evidence, Status, Switch
from stallhorn.pitfalls.base import Case, Silence
from stallhorn.report import diagnosis
from stallhorn.report.diagnosis import Diagnosis

sys.path.insert(0, str(Path(__file__).parent / "pitfalls"))
from cases import case, run

FULL: dict[str, Any] = {
    "versions": {"numpy": "2.4", "numba": "0.68"},
    "threads": {"asked": {"numba": 2, "blas": 1, "jax": None}, "used": {"numba": 2}, "layer": "omp"},
    "activity": {"demand": 1.96, "cores_used": 1.84},
    "calls": {"regions": 51, "nested_regions": 50, "compiles": 0, "dispatches": None, "temporary_bytes": 2**21},
    "result": {"dtype": "float64", "shape": [50, 3], "device": None},
    "code": {"dispatchers": [{"name": "rbf", "packed": 4, "scalar": 0, "layouts": ["C", "F"]}]},
    "sampling": {"foreign_load": 0.72},
}


def given(case_: Case, **more: Any) -> Diagnosis:
    return Diagnosis("suite.Case.time_run", case_, **{"findings": (), **more})


def found(switch: Switch | None = None, severity: str = "cause") -> Any:
    return case(run(n="50")).finding(
        "stallhorn.pitfalls.nested_parallel",
        severity,
        "51 regions in a call",
        (Evidence("nested regions", "50", "0", "counted"),),
        "Take one of them away.",
        switch,
    )


def test_the_text_has_what_was_seen_and_what_it_means():
    text = diagnosis.as_text([given(case(run(FULL, seconds=1.25e-3, n="50")), findings=(found(),))])
    lines = text.splitlines()
    assert lines[0] == "suite.Case.time_run [n=50]: 1.25 ms"
    seen = dict(line.strip().split("  ", 1) for line in lines[1:] if line.startswith("  ") and "  " in line.strip())
    told = {name: value.strip() for name, value in seen.items()}
    assert told["threads asked"] == "numba 2, blas 1"
    assert told["runnable threads"] == "2.0"
    assert (told["parallel regions a call"], told["... inside another"]) == ("51", "50")
    assert told["result"] == "float64 50x3"
    assert told["compiled"] == "rbf (4 packed, 0 scalar operations, arrays CF)"
    assert told["other programs"] == "used 0.7 cores meanwhile"
    assert "JAX computations a call" not in told and "device" not in told
    at = lines.index("  cause: nested-parallel")
    assert lines[at + 1 : at + 4] == [
        "    51 regions in a call",
        "    counted: nested regions: 50 (expected 0)",
        "    remedy: Take one of them away.",
    ]
    assert lines[-1].startswith("1 of 1 measured here")


def test_a_setting_to_copy_stands_under_the_remedy():
    text = diagnosis.as_text([given(case(run()), findings=(found(Switch("NPROC=1", {"NPROC": "1"})),))])
    assert "    setting: NPROC=1" in text.splitlines()
    text = diagnosis.as_text([given(case(run()), findings=(found(Switch("waiting", treatment="wait")),))])
    assert "setting:" not in text


def test_where_nothing_is_found_it_says_so():
    text = diagnosis.as_text([given(case(run())), given(case(run()), findings=(found(severity="context"),))])
    assert text.count("  nothing found") == 1
    assert text.splitlines()[-1].startswith("No cause found in 2")


@pytest.mark.parametrize(
    ("status", "reason"), [(Status.FAILED, "ValueError: no"), (Status.ABORTED, "SIGABRT"), (Status.SKIPPED, "not here")]
)
def test_what_did_not_run_says_why_and_nothing_of_what_could_not_be_judged(status: Status, reason: str):
    one = case(run(status=status, seconds=None, reason=reason))
    text = diagnosis.as_text([given(one, silences=(Silence("a", "not known: calls.regions", ("calls.regions",)),))])
    assert text.splitlines()[0] == f"suite.Case.time_run: {status}: {reason}"
    assert "not judged" not in text


def test_what_could_not_be_judged_is_told_in_one_line_for_each_reason():
    silences = (
        Silence("a", "other processes used the machine"),
        Silence("b", "other processes used the machine"),
        Silence("c", "not known: activity.demand", ("activity.demand",)),
    )
    text = diagnosis.as_text([given(case(run(FULL)), silences=silences)])
    assert "  not judged (other processes used the machine): a, b" in text.splitlines()
    assert "  not judged (not known: activity.demand): c" in text.splitlines()


def test_facts_of_libraries_that_are_not_in_use_are_not_missed():
    silences = (
        Silence("of-jax", "not known: calls.dispatches", ("calls.dispatches",)),
        Silence("of-numba", "not known: calls.regions", ("calls.regions",)),
    )
    assert "not judged" not in diagnosis.as_text([given(case(run()), silences=silences)])
    text = diagnosis.as_text([given(case(run({"versions.jax": "0.10"})), silences=silences)])
    assert "of-jax" in text and "of-numba" not in text


def test_what_was_withdrawn_is_told_with_the_experiments_answer():
    from dataclasses import replace

    tried = replace(found(), evidence=(Evidence("with NPROC=1", "1x of it is gone [0.9, 1.1]", "less", "proven"),))
    text = diagnosis.as_text([given(case(run()), withdrawn=(tried,))])
    assert "  withdrawn: nested-parallel: with NPROC=1 1x of it is gone [0.9, 1.1]" in text.splitlines()


# JSON


def objects(*diagnoses: Diagnosis) -> list[dict[str, Any]]:
    return json.loads(diagnosis.as_json(diagnoses), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_the_json_has_the_keys_that_scripts_lean_on():
    switch = Switch("NPROC=1", {"NPROC": "1"})
    (one,) = objects(given(case(run(FULL, seconds=1e-3, n="50")), findings=(found(switch),)))
    assert (one["benchmark"], one["params"], one["status"], one["seconds"]) == (
        "suite.Case.time_run",
        {"n": "50"},
        "ok",
        1e-3,
    )
    (finding,) = one["findings"]
    assert finding == {
        "pitfall": "nested-parallel",
        "severity": "cause",
        "claim": "51 regions in a call",
        "evidence": [{"fact": "nested regions", "value": "50", "expected": "0", "kind": "counted"}],
        "remedy": "Take one of them away.",
        "setting": "NPROC=1",
    }
    assert {"fact": "parallel regions a call", "value": "51"} in one["evidence"]


def test_the_json_of_what_did_not_run_has_no_time():
    (one,) = objects(given(case(run(status=Status.TIMEOUT, seconds=None, reason="too long"))))
    assert (one["status"], one["seconds"], one["reason"], one["findings"]) == ("timeout", None, "too long", [])
    (one,) = objects(given(case(run(seconds=float("inf")))))
    assert one["seconds"] is None


def test_the_json_tells_silences_and_what_was_withdrawn():
    (one,) = objects(given(case(run()), silences=(Silence("a", "why"),), withdrawn=(found(),)))
    assert one["silent"] == [{"pitfall": "a", "why": "why"}]
    assert [each["pitfall"] for each in one["withdrawn"]] == ["nested-parallel"]
    assert one["findings"] == []


def test_nothing_measured_is_an_empty_list():
    assert objects() == []


# what the compilers made


def test_what_is_shown_stands_under_a_heading_for_each_function():
    text = diagnosis.shown("suite.f", run(), [{"name": "g", "text": "code\nmore"}, {"name": "h", "text": "x"}], "llvm")
    assert text == "# suite.f: g\ncode\nmore\n# suite.f: h\nx"


@pytest.mark.parametrize("pieces", [None, []])
def test_where_there_is_nothing_to_show_it_says_so(pieces: list[Any] | None):
    assert diagnosis.shown("suite.f", run(), pieces, "hlo").startswith("suite.f: no hlo here")


def test_what_failed_shows_its_reason():
    one = run(status=Status.FAILED, seconds=None, reason="ValueError: no")
    assert diagnosis.shown("suite.f", one, None, "hlo") == "suite.f: failed: ValueError: no"
