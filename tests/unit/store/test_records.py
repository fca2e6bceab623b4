"""Probe records: samples by process, reasons, build failures; and lines that anything may have happened to."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import Results, benchmark, commit

from stallhorn import store
from stallhorn.model import History, Measurement, SeriesKey, Status
from stallhorn.store.records import read_records

NAME = "suite.Case.time_it"
AT = commit(0)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    made = Results(tmp_path)
    made.machine()
    made.suite(benchmark())
    made.result(AT, {NAME: {"result": [2.0], "stats_ci_99_a": [1.0], "stats_ci_99_b": [3.0]}})
    return made


def load(results: Results) -> History:
    return store.load(results.project)


def point(results: Results) -> Measurement:
    return load(results).series[0].points[0]


def wrong(results: Results) -> str:
    return "\n".join(str(each) for each in load(results).problems if "from git" not in str(each))


def failed(results: Results, value: float | None = None) -> None:
    results.result(AT, {NAME: {"result": [value]}})


def test_without_records_there_are_no_observations(results: Results) -> None:
    assert load(results).observations == ()


def test_without_records_nobody_asks_which_series_there_are(results: Results) -> None:
    def keys() -> Iterator[SeriesKey]:
        raise AssertionError("asked")
        yield

    assert read_records(results.project, ["box"], {}, keys()).by_cell == {}


def test_samples_come_with_their_process(results: Results) -> None:
    results.record(AT, NAME, samples=[1.9, 2.0], number=3)
    results.record(AT, NAME, samples=[2.0, 2.1], number=3, round=1)
    found = point(results)
    assert [(sample.value, sample.number, sample.round) for sample in found.samples] == [
        (1.9, 3, 0),
        (2.0, 3, 0),
        (2.0, 3, 1),
        (2.1, 3, 1),
    ]
    assert found.low is not None and found.high is not None and found.low < 1.9 < 2.1 < found.high


def test_bounds_hold_the_median_of_each_process(results: Results) -> None:
    results.record(AT, NAME, samples=[2.0] * 20)
    results.record(AT, NAME, samples=[4.0] * 5, round=1)
    found = point(results)
    assert (found.value, found.low, found.high) == (2.0, 2.0, 4.0)


def test_samples_of_another_run_are_not_attached(results: Results) -> None:
    results.record(AT, NAME, samples=[5.0, 5.1, 5.2])
    found = point(results)
    assert (found.value, found.samples, found.low) == (2.0, (), 1.0)


def test_facts_become_observations_without_nan(results: Results) -> None:
    results.record(AT, NAME, facts={"sampling": {"foreign_load": 0.5, "wall_seconds": math.nan}}, stderr="careful")
    (observation,) = load(results).observations
    assert observation.facts == {"sampling": {"foreign_load": 0.5, "wall_seconds": None}}
    assert (observation.stderr, observation.probe, observation.method) == ("careful", "0.1.0", 1)


def test_parameters_join_in_any_order(tmp_path: Path) -> None:
    results = Results(tmp_path)
    results.machine()
    results.suite(benchmark(param_names=["n", "backend"], params=[["1"], ["'numba'"]]))
    results.result(AT, {NAME: {"result": [2.0], "params": [["1"], ["'numba'"]]}})
    results.record(AT, NAME, params={"backend": "'numba'", "n": "1"}, samples=[2.0])
    assert len(load(results).observations) == 1


@pytest.mark.parametrize("status", ["failed", "aborted", "timeout", "skipped"])
def test_how_and_why_a_measurement_ended_comes_from_the_record(results: Results, status: str) -> None:
    failed(results)
    results.record(AT, NAME, status=status, reason="because")
    assert (point(results).status, point(results).reason) == (Status(status), "because")


def test_without_a_reason_the_last_line_of_the_error_output_is_one(results: Results) -> None:
    failed(results)
    results.record(AT, NAME, status="failed", stderr="Traceback\n  ...\nValueError: no\n\n")
    assert point(results).reason == "ValueError: no"


def test_a_skip_keeps_its_reason(results: Results) -> None:
    failed(results, math.nan)
    results.record(AT, NAME, status="skipped", reason="numba is not installed")
    assert (point(results).status, point(results).reason) == (Status.SKIPPED, "numba is not installed")


def test_an_old_failure_does_not_spoil_a_value(results: Results) -> None:
    results.record(AT, NAME, status="failed", reason="old")
    assert (point(results).status, point(results).reason) == (Status.OK, "")


def test_a_later_line_replaces_an_earlier_one_of_the_same_round(results: Results) -> None:
    results.record(AT, NAME, samples=[5.0])
    results.record(AT, NAME, samples=[2.0])
    assert [sample.value for sample in point(results).samples] == [2.0]


def test_records_of_plain_asv_belong_to_the_machine_that_measures_here(results: Results) -> None:
    results.record(AT, NAME, machine=None, samples=[2.0])
    assert [sample.value for sample in point(results).samples] == [2.0]


def test_of_two_places_the_record_that_started_last_counts(results: Results) -> None:
    results.record(AT, NAME, samples=[2.0], started="2026-01-02T00:00:00+00:00")
    results.record(AT, NAME, machine=None, samples=[5.0], started="2026-01-01T00:00:00+00:00")
    assert [sample.value for sample in point(results).samples] == [2.0]


def test_with_several_machines_this_computer_s_name_tells(results: Results) -> None:
    results.machine(platform.node())
    results.result(AT, {NAME: {"result": [2.0]}}, machine=platform.node())
    results.record(AT, NAME, machine=None, samples=[2.0])
    assert [each.key.machine for each in load(results).observations] == [platform.node()]


def test_records_that_fit_several_machines_are_left_out_with_a_problem(results: Results) -> None:
    results.machine("tower")
    results.result(AT, {NAME: {"result": [2.0]}}, machine="tower")
    results.record(AT, NAME, machine=None, samples=[2.0])
    assert load(results).observations == ()
    assert "cannot be told to belong to one of the machines box, tower" in wrong(results)


def test_a_record_of_another_version_or_an_unknown_series_is_left_out(results: Results) -> None:
    results.record(AT, NAME, version="0")
    results.record(AT, "gone.time_it")
    results.record(AT, NAME, params={"n": "1"})
    results.record(commit(7), NAME, environment="other")
    assert load(results).observations == ()
    assert wrong(results) == ""


def test_points_of_another_method_do_not_share_the_series(results: Results) -> None:
    results.result(commit(1), {NAME: {"result": [2.0]}})
    results.record(AT, NAME, samples=[2.0], method=1)
    results.record(commit(1), NAME, samples=[2.0], method=2)
    assert [each.commit for each in load(results).series[0].points] == [commit(1)]


def test_a_commit_that_does_not_build_is_told_with_its_log(results: Results) -> None:
    results.result(commit(1), {NAME: {}})
    results.record(commit(1), None, status="failed", reason="does not build", stderr="error: no compiler")
    history = load(results)
    (failure,) = history.build_failures
    assert (failure.commit, failure.environment, failure.machine) == (commit(1), "env", "box")
    assert failure.log == "error: no compiler"
    assert history.series[0].points[1].reason == "does not build"


def test_a_failed_build_without_any_result_has_a_revision(results: Results) -> None:
    results.record(commit(3), None, status="failed", reason="does not build")
    assert load(results).revision(commit(3)) is not None


def test_a_last_line_that_was_cut_off_is_told_and_the_others_count(results: Results) -> None:
    path = results.record(AT, NAME, samples=[2.0])
    with path.open("a") as file:
        file.write('{"schema": 1, "benchm')
    assert len(load(results).observations) == 1
    assert "line 2 was cut off" in wrong(results) and str(path) in wrong(results)


def test_a_last_line_that_only_lacks_its_line_break_counts(results: Results) -> None:
    path = results.record(AT, NAME, samples=[2.0])
    path.write_text(path.read_text().rstrip("\n"))
    assert len(load(results).observations) == 1
    assert wrong(results) == ""


def test_a_newer_schema_is_refused_with_the_remedy(results: Results) -> None:
    results.record(AT, NAME, schema=2)
    assert load(results).observations == ()
    assert "newer probe (schema 2" in wrong(results) and "Update stallhorn" in wrong(results)


BROKEN = {
    "not JSON": "{]\n",
    "holds a JSON list": "[]\n",
    "it has no schema 1": "{}\n",
    "names no commit": '{"schema": 1, "environment": "env", "status": "ok"}\n',
    "its status is none of": '{"schema": 1, "commit": "a", "environment": "env", "status": "fine"}\n',
    "params are not texts": json.dumps(
        {"schema": 1, "commit": "a", "environment": "env", "status": "ok", "benchmark": NAME, "params": [1]}
    )
    + "\n",
}


@pytest.mark.parametrize("told", BROKEN)
def test_a_broken_line_is_told_and_the_others_count(results: Results, told: str) -> None:
    path = results.record(AT, NAME, samples=[2.0])
    path.write_text(BROKEN[told] + path.read_text() + "\0\0\n")
    assert len(load(results).observations) == 1
    assert told in wrong(results)
    assert "line 3" in wrong(results)


def test_fields_of_a_wrong_type_are_unknown(results: Results) -> None:
    odd = {"samples": ["a"], "number": "many", "facts": [], "round": -1, "started": "yesterday", "stderr": 5}
    results.record(AT, NAME, **odd)
    (observation,) = load(results).observations
    assert (observation.facts, observation.round, observation.stderr) == ({}, 0, "")
    assert point(results).samples == ()
