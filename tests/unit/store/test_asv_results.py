"""Reading asv's result files: every shape that asv writes, and everything that can be wrong with one."""

from __future__ import annotations

import math
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from builders import Results, benchmark, commit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stallhorn import store
from stallhorn.errors import UsageError
from stallhorn.model import History, Measurement, Parameters, Status
from stallhorn.store import asv_results

NAME = "suite.Case.time_it"
WITH_N = benchmark(param_names=["n"], params=[["1", "2", "3"]])


@pytest.fixture(params=["one by one", "as columns"], autouse=True)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few results are read one by one, many as columns: what is found is the same."""
    if request.param == "as columns":
        monkeypatch.setattr(asv_results, "FEW", 0)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    made = Results(tmp_path)
    made.machine()
    return made


def load(results: Results, **options: str) -> History:
    return store.load(results.project, **options)


def points(results: Results) -> dict[str, Measurement]:
    """The points of the only commit, by parameters."""
    return {str(series.key.parameters): series.points[0] for series in load(results).series}


def wrong(results: Results) -> str:
    """Everything that was complained about, but for the missing git repository."""
    return "\n".join(str(each) for each in load(results).problems if "from git" not in str(each))


def test_a_project_without_results_is_empty(tmp_path: Path) -> None:
    history = load(Results(tmp_path))
    assert (history.series, history.revisions, dict(history.machines)) == ((), (), {})


def test_a_missing_results_folder_is_empty(tmp_path: Path) -> None:
    made = Results(tmp_path)
    made.folder.rmdir()
    assert load(made).series == ()


def test_a_number_with_its_interval(results: Results) -> None:
    results.suite(benchmark())
    row = {"result": [2.0], "version": "1", "started_at": 1.7e12, "stats_ci_99_a": [1.9], "stats_ci_99_b": [2.2]}
    results.result(commit(0), {NAME: row})
    point = points(results)[""]
    assert (point.status, point.value, point.low, point.high, point.samples) == (Status.OK, 2.0, 1.9, 2.2, ())
    assert point.started is not None and point.started.year == 2023
    assert wrong(results) == ""


def test_an_interval_that_is_infinite_is_unknown(results: Results) -> None:
    results.suite(benchmark())
    results.result(commit(0), {NAME: {"result": [2.0], "stats_ci_99_a": [-math.inf], "stats_ci_99_b": [math.inf]}})
    point = points(results)[""]
    assert (point.value, point.low, point.high) == (2.0, None, None)


def test_stored_samples_give_the_interval(results: Results) -> None:
    results.suite(benchmark())
    taken = [1.0, 1.1, 0.9, 1.2, 0.8, 1.3, 0.7, 1.0]
    results.result(commit(0), {NAME: {"result": [1.0], "stats_number": [5], "samples": [taken]}})
    point = points(results)[""]
    assert (point.low, point.high) == (0.7, 1.3)
    assert {(sample.number, sample.round) for sample in point.samples} == {(5, 0)}


def test_nan_was_skipped_and_null_failed(results: Results) -> None:
    results.suite(WITH_N)
    results.result(commit(0), {NAME: {"result": [math.nan, None, 3.0], "params": [["1", "2", "3"]]}})
    found = points(results)
    assert {name: each.status for name, each in found.items()} == {
        "n=1": Status.SKIPPED,
        "n=2": Status.FAILED,
        "n=3": Status.OK,
    }
    assert found["n=1"].value is None


def test_null_for_the_whole_benchmark_failed_with_every_parameter(results: Results) -> None:
    results.suite(WITH_N)
    results.result(commit(0), {NAME: {"params": [["1", "2"]]}})
    assert [each.status for each in points(results).values()] == [Status.FAILED, Status.FAILED]


def test_parameters_are_those_of_the_result_not_of_the_suite(results: Results) -> None:
    results.suite(benchmark(param_names=["n", "mode"], params=[["1"], ["'a'", "'b'"]]))
    results.result(commit(0), {NAME: {"result": [1.0, 2.0], "params": [["7"], ["'a'", "'c'"]]}})
    assert {name: each.value for name, each in points(results).items()} == {"n=7, mode=a": 1.0, "n=7, mode=c": 2.0}


def test_the_last_parameter_runs_fastest(results: Results) -> None:
    results.suite(benchmark(param_names=["n", "m"], params=[["1", "2"], ["3", "4"]]))
    results.result(commit(0), {NAME: {"result": [13.0, 14.0, 23.0, 24.0], "params": [["1", "2"], ["3", "4"]]}})
    assert points(results)["n=2, m=3"].value == 23.0


def test_another_version_of_the_benchmark_is_left_out(results: Results) -> None:
    results.suite(benchmark(version="2"))
    results.result(commit(0), {NAME: {"result": [1.0], "version": "1"}})
    results.result(commit(1), {NAME: {"result": [2.0], "version": "2"}})
    (series,) = load(results).series
    assert [point.value for point in series.points] == [2.0]


def test_a_benchmark_that_the_suite_lost_is_left_out(results: Results) -> None:
    results.suite(benchmark("other"))
    results.result(commit(0), {NAME: {"result": [1.0]}, "other": {"result": [2.0]}})
    assert [series.key.benchmark for series in load(results).series] == ["other"]


def test_commits_are_ordered_by_their_dates_without_git(results: Results) -> None:
    results.suite(benchmark())
    for position in (2, 0, 1):
        results.result(commit(position), {NAME: {"result": [float(position)]}})
    history = load(results)
    assert [point.value for point in history.series[0].points] == [0.0, 1.0, 2.0]
    assert [revision.position for revision in history.revisions] == [0, 1, 2]
    assert any("git" in problem.what for problem in history.problems)


def test_environment_and_machine_are_described(results: Results) -> None:
    results.machine("box", cpu="A chip", num_cpu="2", os="Linux", ram="4")
    results.suite(benchmark())
    results.result(commit(0), {NAME: {"result": [1.0]}}, requirements={"numpy": "2.0"}, env_vars={"A": "b"})
    history = load(results)
    assert history.environments["env"].requirements == (("numpy", "2.0"),)
    assert history.environments["env"].variables == (("A", "b"),)
    assert (history.machines["box"].cpu, history.machines["box"].cores) == ("A chip", "2")


def test_several_machines_have_series_of_their_own(results: Results) -> None:
    results.machine("tower")
    results.suite(benchmark())
    for machine in ("box", "tower"):
        results.result(commit(0), {NAME: {"result": [1.0]}}, machine=machine)
    assert [series.key.machine for series in load(results).series] == ["box", "tower"]
    assert [series.key.machine for series in load(results, machine="tower").series] == ["tower"]


def test_an_unknown_machine_is_an_error_that_names_the_known_ones(results: Results) -> None:
    results.suite(benchmark())
    results.result(commit(0), {NAME: {"result": [1.0]}})
    with pytest.raises(UsageError, match=r"named 'nope'[\s\S]*box"):
        load(results, machine="nope")


def test_the_reference_stands_in_only_while_no_machine_has_results(results: Results) -> None:
    results.suite(benchmark(), machine="reference")
    results.machine("reference")
    results.result(commit(0), {NAME: {"result": [1.0]}}, machine="reference")
    assert [series.key.machine for series in load(results).series] == ["reference"]
    assert wrong(results) == ""
    results.suite(benchmark("other"))
    results.result(commit(0), {"other": {"result": [1.0]}})
    assert [series.key.machine for series in load(results).series] == ["box"]
    (series,) = load(results, machine="reference").series
    assert series.key.benchmark == NAME  # described by the reference's own list


def test_the_suite_of_the_results_folder_wins_over_the_reference_s(results: Results) -> None:
    results.suite(benchmark(version="old", unit="bytes"), machine="reference")
    results.suite(benchmark())
    results.machine("reference")
    results.result(commit(0), {NAME: {"result": [1.0], "version": "1"}}, machine="reference")
    assert [series.unit for series in load(results).series] == ["seconds"]


def test_an_expression_selects_as_asv_does(results: Results) -> None:
    results.suite(WITH_N, benchmark("other"))
    rows = {NAME: {"result": [1.0, 2.0, 3.0], "params": [["1", "2", "3"]]}, "other": {"result": [1.0]}}
    results.result(commit(0), rows)
    assert [str(series.key.parameters) for series in load(results, regex=r"time_it\(2\)").series] == ["n=2"]
    assert [series.key.benchmark for series in load(results, regex="^other$").series] == ["other"]
    with pytest.raises(UsageError, match="regular expression"):
        load(results, regex="(")


def test_what_the_suite_expects_of_a_call_is_kept(results: Results) -> None:
    entry = benchmark(
        param_names=["n"], params=[["1", "2"]], expected_seconds=[0.5, None], expected_bytes=[8, 9], group_by=["n"]
    )
    results.suite(entry)
    results.result(commit(0), {})
    described = load(results).benchmarks[NAME]
    assert described.expected_seconds == (0.5, None)
    assert described.expected_bytes == (8, 9)
    assert described.group_by == ("n",)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({}, ((), (), ())),
        (
            {"work": [{"flops": 2, "bytes": 8.5}, None], "specimens": ["race", None], "quick": [True, False]},
            (({"flops": 2.0, "bytes": 8.5}, None), ("race", None), (True, False)),
        ),
        ({"work": [{"flops": 2}], "specimens": ["race"], "quick": [True]}, ((), (), ())),
        (
            {"work": [{"flops": -1}, {"cos": "many"}], "specimens": [7, ""], "quick": [None, 0]},
            ((None, None), (None, None), (True, True)),
        ),
        ({"work": {"flops": 1}, "specimens": "no", "quick": 3}, ((), (), ())),
    ],
    ids=["nothing said", "said", "not for each combination", "unusable values", "of another type"],
)
def test_what_the_suite_says_of_each_combination_is_kept(results: Results, written, read) -> None:
    results.suite(benchmark(param_names=["n"], params=[["1", "2"]], **written))
    results.result(commit(0), {})
    described = load(results).benchmarks[NAME]
    assert (described.work, described.specimens, described.quick) == read


GOOD = commit(5)

BROKEN_FILES = {
    "empty": ("", "not JSON"),
    "cut off": ('{"commit_hash": "ab', "cut off"),
    "not text": (b"\xff\xfe\x00", "not UTF-8"),
    "a list": ("[]", "list, not an object"),
    "deeply nested": ("[" * 200_000, "not usable JSON"),
    "a number of 5000 digits": ('{"version": ' + "9" * 5000 + "}", "not usable JSON"),
    "another format": ('{"version": 1}', "format 1, expected 2"),
    "no commit": ('{"version": 2, "env_name": "env"}', "no usable `commit_hash`"),
    "a commit of another type": ('{"version": 2, "commit_hash": 3, "env_name": "env"}', "got 3"),
    "no columns": ('{"version": 2, "commit_hash": "a", "env_name": "e", "results": {}}', "result_columns"),
    "results are a list": (
        '{"version": 2, "commit_hash": "a", "env_name": "e", "result_columns": [], "results": []}',
        "no usable `results`",
    ),
}


@pytest.mark.parametrize("kind", BROKEN_FILES)
def test_a_broken_file_is_told_and_the_others_are_read(results: Results, kind: str) -> None:
    content, told = BROKEN_FILES[kind]
    results.suite(benchmark())
    results.result(GOOD, {NAME: {"result": [1.0]}})
    path = results.folder / "box" / "abcdef01-env.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert len(points(results)) == 1
    assert told in wrong(results)
    assert str(path) in wrong(results) and "measure that commit again" in wrong(results)


BROKEN_ROWS = {
    "a text": ({"result": ["fast"]}, "'fast', expected a number"),
    "a dictionary": ({"result": [{"a": 1}]}, "value is dict"),
    "an infinite value": ({"result": [math.inf]}, "infinite"),
    "a huge integer": ({"result": [10**400]}, "value is int"),
    "too many values": ({"result": [1.0, 2.0]}, "2 values for 1 parameter combinations"),
    "parameters that are no texts": ({"result": [1.0], "params": [[1]]}, "not lists of texts"),
    "parameters that the suite has not": ({"result": [1.0], "params": [["1"]]}, "1 parameters, the suite has 0"),
}


@pytest.mark.parametrize("kind", BROKEN_ROWS)
def test_a_broken_row_is_told_and_the_other_benchmarks_are_read(results: Results, kind: str) -> None:
    row, told = BROKEN_ROWS[kind]
    results.suite(benchmark(), benchmark("other"))
    results.result(GOOD, {NAME: row, "other": {"result": [1.0]}})
    assert [series.key.benchmark for series in load(results).series] == ["other"]
    assert told in wrong(results) and NAME in wrong(results)


def test_a_parameter_space_of_astronomic_size_is_refused(results: Results) -> None:
    results.suite(benchmark(param_names=list("abcdefgh"), params=[["1"]] * 8))
    results.result(GOOD, {NAME: {"params": [[str(i) for i in range(1000)]] * 8}})
    assert load(results).series == ()
    assert "more than 100000 parameter combinations" in wrong(results)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 1}'])
def test_a_broken_list_of_benchmarks_is_told_with_the_remedy(results: Results, content: str) -> None:
    results.result(GOOD, {NAME: {"result": [1.0]}})
    (results.folder / "benchmarks.json").write_text(content)
    assert "just-discover" in wrong(results)


def test_one_broken_description_does_not_hide_the_other_benchmarks(results: Results) -> None:
    results.suite(benchmark(), {"name": "bad", "version": 3})
    results.result(GOOD, {NAME: {"result": [1.0]}})
    assert len(points(results)) == 1
    assert "describes bad in a way that cannot be used" in wrong(results)


def test_a_missing_list_of_benchmarks_is_told(results: Results) -> None:
    results.result(GOOD, {NAME: {"result": [1.0]}})
    assert "list of benchmarks is missing" in wrong(results)


def test_a_broken_machine_file_does_not_hide_its_results(results: Results) -> None:
    results.suite(benchmark())
    results.result(GOOD, {NAME: {"result": [1.0]}})
    (results.folder / "box" / "machine.json").write_text("{")
    assert len(points(results)) == 1
    assert "machine.json" in wrong(results)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser can read every file")
def test_a_file_without_permission_is_told(results: Results) -> None:
    results.suite(benchmark())
    path = results.result(GOOD, {NAME: {"result": [1.0]}})
    path.chmod(0)
    assert "Permission denied" in wrong(results)


def test_a_dangling_link_and_a_folder_among_the_results_are_no_results(results: Results) -> None:
    results.suite(benchmark())
    results.result(GOOD, {NAME: {"result": [1.0]}})
    (results.folder / "box" / "11111111-env.json").symlink_to("nowhere")
    (results.folder / "box" / "22222222-env.json").mkdir()
    assert len(points(results)) == 1


def test_half_a_surrogate_pair_in_a_name_can_be_written_to_a_file_afterwards(results: Results) -> None:
    results.suite(benchmark("bad\ud800name"))
    results.result(GOOD, {"bad\ud800name": {"result": [1.0]}})
    (series,) = load(results).series
    assert series.key.benchmark.encode() == b"bad?name"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=st.dictionaries(st.sampled_from(["result", "params", "version", "started_at", "samples"]), JSON), date=JSON)
def test_no_content_whatever_stops_the_reading(results: Results, row: dict[str, object], date: object) -> None:
    results.suite(benchmark())
    results.result(GOOD, {NAME: row}, date=date)
    for series in load(results).series:
        for point in series.points:
            assert point.value is None or math.isfinite(point.value)


def test_the_reader_reads_what_asv_writes(results: Results) -> None:
    """asv's own class writes the file: a measured, a skipped and a failed combination, and an unparametrized one."""
    from asv.results import Results as AsvResults

    entry = benchmark(param_names=["n"], params=[["1", "2", "3", "4"]])
    plain = benchmark("suite.track_it", type="track", unit="things")
    results.suite(entry, plain)
    written = AsvResults({"machine": "box"}, {"numpy": ""}, commit(0), 1_700_000_000_000, "3.11", "env", {"OMP": "2"})
    taken = [[1.0, 1.1, 1.2, 0.9, 0.8, 1.05, 0.95, 1.0], [2.0], None, None]
    outcome = {"stderr": "", "errcode": 0, "profile": None}
    timed = SimpleNamespace(result=[None, None, math.nan, None], samples=taken, number=[3, 1, None, None], **outcome)
    timed.result[:2] = [1.0, 2.0]
    written.add_result(entry, timed, record_samples=True, duration=1.5)
    written.add_result(plain, SimpleNamespace(result=[7], samples=[None], number=[None], **outcome))
    written.save(str(results.folder))

    found = {str(series.key): series.points[0] for series in load(results).series}
    first = found["suite.Case.time_it [n=1] @ env"]
    assert (first.value, first.low, first.high, len(first.samples), first.samples[0].number) == (1.0, 0.8, 1.2, 8, 3)
    second = found["suite.Case.time_it [n=2] @ env"]
    assert (second.value, second.low, second.high) == (2.0, None, None)
    assert found["suite.Case.time_it [n=3] @ env"].status is Status.SKIPPED
    assert found["suite.Case.time_it [n=4] @ env"].status is Status.FAILED
    assert found["suite.track_it @ env"].value == 7.0
    assert wrong(results) == ""


def test_every_series_shares_one_key_object(results: Results) -> None:
    results.suite(WITH_N)
    for position in range(3):
        results.result(commit(position), {NAME: {"result": [1.0, 2.0, 3.0], "params": [["1", "2", "3"]]}})
    results.result(commit(3), {NAME: {"result": [1.0, 2.0], "params": [["1", "2"]]}})
    series = {each.key.parameters: each for each in load(results).series}
    assert len(series[Parameters((("n", "1"),))].points) == 4
    assert all(point.key is each.points[0].key for each in series.values() for point in each.points)
