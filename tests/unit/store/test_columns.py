"""Results read as columns and one by one are the same history, whatever is in the files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from builders import START, Results, benchmark, commit, project
from hypothesis import given, settings
from hypothesis import strategies as st

from stallhorn import store
from stallhorn.model import History, Project, Status
from stallhorn.model.points import CODES, Columns, Points, columns_of
from stallhorn.store import asv_results

NAME = "suite.Case.time_it"
PLAIN = "suite.track_it"
REPOSITORY = Path(__file__).parents[3]
MILLISECONDS = int(START.timestamp() * 1000)


def both(of: Project, **options: str) -> tuple[History, History]:
    """One by one and as columns."""
    with pytest.MonkeyPatch.context() as patch:
        found = []
        for few in (2**62, 0):
            patch.setattr(asv_results, "FEW", few)
            found.append(store.load(of, **options))
    return found[0], found[1]


def as_columns(results: Results) -> History:
    return both(results.project)[1]


@pytest.fixture
def results(tmp_path: Path) -> Results:
    made = Results(tmp_path)
    made.machine()
    made.suite(benchmark(param_names=["n"], params=[["1", "2", "3"]]), benchmark(PLAIN))
    return made


def test_no_result_at_all(results: Results) -> None:
    one, other = both(results.project)
    assert one == other
    assert other.series == ()


def test_a_file_without_rows_has_a_commit_and_no_series(results: Results) -> None:
    results.result(commit(0), {})
    history = as_columns(results)
    assert history.series == ()
    assert [each.commit for each in history.revisions] == [commit(0)]


def test_the_reference_history_reads_alike() -> None:
    one, other = both(project(REPOSITORY))
    assert one.series
    assert one == other


def test_a_number_of_a_column_is_a_number_of_python(results: Results) -> None:
    results.result(commit(0), {PLAIN: {"result": [7]}})
    (series,) = as_columns(results).series
    assert isinstance(series.points, Points)
    assert type(series.points[0].value) is float


def test_numpy_looks_at_a_column_without_a_copy(results: Results) -> None:
    results.result(commit(0), {PLAIN: {"result": [7.0]}})
    (series,) = as_columns(results).series
    first, second = (np.asarray(columns_of(series.points).values) for _ in range(2))
    assert first.dtype == np.float64
    assert np.shares_memory(first, second)


def test_series_of_the_same_commits_share_one_tuple_of_them(results: Results) -> None:
    results.suite(benchmark(param_names=["n"], params=[["1", "2"]]), benchmark(PLAIN), benchmark("other"))
    for place in range(3):
        rows: dict[str, Mapping[str, Any]] = {
            NAME: {"result": [1.0, 2.0], "params": [["1", "2"]]},
            PLAIN: {"result": [1.0]},
        }
        results.result(commit(place), rows if place == 1 else rows | {"other": {"result": [1.0]}})
    found = {str(each.key): columns_of(each.points).commits for each in as_columns(results).series}
    assert found[f"{NAME} [n=1] @ env"] is found[f"{NAME} [n=2] @ env"] is found[f"{PLAIN} @ env"]
    assert found["other @ env"] == (commit(0), commit(2))


def test_an_odd_row_takes_only_itself_out_of_the_columns(results: Results) -> None:
    results.result(commit(0), {NAME: {"result": [1.0, 2.0, 3.0], "params": [["1", "2", "3"]]}, PLAIN: {"result": "x"}})
    results.result(
        commit(1), {NAME: {"result": [1.0, 2.0, 3.0], "params": [["1", "2", "3"]]}, PLAIN: {"result": [4.0]}}
    )
    one, other = both(results.project)
    assert one == other
    assert "'x', expected a number" in str(other.problems[0])
    assert [len(series.points) for series in other.series] == [2, 2, 2, 1]


def test_parameters_that_came_later_are_series_of_fewer_points(results: Results) -> None:
    results.result(commit(0), {NAME: {"result": [1.0, 2.0], "params": [["1", "2"]]}})
    results.result(commit(1), {NAME: {"result": [3.0, 1.0, 2.0], "params": [["3", "1", "2"]]}})
    one, other = both(results.project)
    assert one == other
    assert {str(each.key.parameters): list(columns_of(each.points).values) for each in other.series} == {
        "n=1": [1.0, 1.0],
        "n=2": [2.0, 2.0],
        "n=3": [3.0],
    }


def test_of_two_files_of_one_commit_the_one_that_started_last_counts(results: Results) -> None:
    rows = {"result": [1.0], "started_at": MILLISECONDS + 5}
    first = results.result(commit(0), {PLAIN: rows})
    first.rename(first.with_name("00-first.json"))
    results.result(commit(0), {PLAIN: {"result": [2.0], "started_at": MILLISECONDS}})
    one, other = both(results.project)
    assert one == other
    assert [point.value for point in other.series[0].points] == [1.0]


def test_of_two_files_of_one_commit_the_later_name_counts_where_no_time_is_known(results: Results) -> None:
    first = results.result(commit(0), {NAME: {"result": [1.0, 2.0], "params": [["1", "2"]]}})
    first.rename(first.with_name("00-first.json"))
    results.result(commit(0), {NAME: {"result": [3.0], "params": [["1"]]}})
    one, other = both(results.project)
    assert one == other
    assert [list(columns_of(each.points).values) for each in other.series] == [[3.0], [2.0]]


@pytest.mark.parametrize(
    ("low", "high", "kept"),
    [(2.0, 2.0, True), (1.0, 3.0, True), (2.1, 3.0, False), (1.0, 1.9, False), (1.0, None, False)],
)
def test_bounds_hold_the_value_or_are_unknown(results: Results, low: float, high: float | None, kept: bool) -> None:
    results.result(commit(0), {PLAIN: {"result": [2.0], "stats_ci_99_a": [low], "stats_ci_99_b": [high]}})
    one, other = both(results.project)
    assert one == other
    point = other.series[0].points[0]
    assert (point.low, point.high) == ((low, high) if kept else (None, None))


def test_records_complete_what_was_read_as_columns(results: Results) -> None:
    results.result(commit(0), {PLAIN: {"result": [1.0]}, NAME: {"result": [math.nan] * 3, "params": [["1", "2", "3"]]}})
    results.record(commit(0), PLAIN, samples=[0.9, 1.0, 1.1], number=2)
    results.record(commit(0), NAME, params={"n": "2"}, status="skipped", reason="no GPU here", samples=None)
    results.record(commit(1), None, status="failed", stderr="no compiler")
    one, other = both(results.project)
    assert one == other
    found = {str(each.key): each.points[0] for each in other.series}
    assert len(found[f"{PLAIN} @ env"].samples) == 3
    assert found[f"{NAME} [n=2] @ env"].reason == "no GPU here"
    assert len(found) == 2  # of the rest nothing was asked


def test_a_record_of_one_point_leaves_the_others_columns(results: Results) -> None:
    for place in range(3):
        results.result(commit(place), {PLAIN: {"result": [1.0]}})
    results.record(commit(1), PLAIN, samples=[0.9, 1.0, 1.1], number=2)
    (series,) = as_columns(results).series
    assert isinstance(series.points, Points)
    assert list(series.points.known) == [1]


def test_columns_say_how_it_ended_as_the_record_does(results: Results) -> None:
    for place in range(2):
        results.result(commit(place), {PLAIN: {"result": [None]}})
    results.record(commit(1), PLAIN, status="timeout", samples=None)
    one, other = both(results.project)
    assert one == other
    assert list(columns_of(other.series[0].points).statuses) == [CODES[Status.FAILED], CODES[Status.TIMEOUT]]


def test_points_of_an_older_method_are_left_out_of_the_columns(results: Results) -> None:
    for place in range(3):
        results.result(commit(place), {PLAIN: {"result": [1.0 + place]}})
    results.record(commit(0), PLAIN, samples=[1.0], number=2, method=1)
    results.record(commit(2), PLAIN, samples=[3.0], number=2, method=2)
    one, other = both(results.project)
    assert one == other
    assert list(columns_of(other.series[0].points).values) == [2.0, 3.0]


NUMBERS = (
    st.none()
    | st.just(math.nan)
    | st.floats(1e-9, 1e3)
    | st.integers(-5, 5)
    | st.sampled_from([math.inf, True, "2", 10**400, [], {}])
)
USUAL = st.none() | st.just(math.nan) | st.sampled_from([1.0, 2.0]) | st.floats(1e-9, 1e3)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    params = draw(st.sampled_from([["1", "2", "3"], ["1", "2"], ["3", "1"], ["1", "1"], ["4"]]))
    count = len(params)
    numbers = draw(st.sampled_from([USUAL, USUAL, USUAL, NUMBERS]))
    column = st.none() | st.lists(numbers, min_size=count, max_size=count) | st.lists(numbers, max_size=4)
    samples = st.none() | st.lists(st.none() | st.lists(USUAL, max_size=9), min_size=count, max_size=count)
    return {
        "result": draw(column),
        "params": draw(st.sampled_from([[params], [params], [params], [params, ["x"]], None, [], [[1]]])),
        "version": draw(st.sampled_from(["1", "1", None, "2", 1])),
        "started_at": draw(st.sampled_from([None, MILLISECONDS, MILLISECONDS + 7, math.nan, 10**30, "soon", -1, True])),
        "stats_ci_99_a": draw(column),
        "stats_ci_99_b": draw(column),
        "stats_number": draw(column),
        "samples": draw(st.none() | samples),
    }


FILES = st.lists(
    st.tuples(
        st.integers(0, 3),  # the commit
        st.sampled_from(["env", "other"]),
        st.dictionaries(st.sampled_from([NAME, PLAIN, "lost"]), rows(), max_size=3),
        st.sampled_from([MILLISECONDS, MILLISECONDS + 86_400_000, None, "yesterday"]),
    ),
    max_size=6,
)


RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "at": st.integers(0, 3).map(commit),
            "benchmark": st.sampled_from([NAME, NAME, PLAIN, None]),
            "params": st.sampled_from([{"n": "1"}, {"n": "2"}, {}]),
            "status": st.sampled_from(["ok", "ok", "skipped", "timeout"]),
            "reason": st.sampled_from(["", "no GPU here"]),
            "samples": st.none() | st.lists(st.sampled_from([1.0, 1.0005, 2.0]), min_size=1, max_size=4),
            "number": st.just(3),
            "method": st.integers(1, 2),
            "round": st.integers(0, 1),
        }
    ),
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(files=FILES, records=RECORDS, regex=st.sampled_from([None, None, r"time_it\([12]\)", "track"]))
def test_whatever_the_files_hold(files: list[Any], records: list[dict[str, Any]], regex: str | None) -> None:
    with TemporaryDirectory() as folder:
        made = Results(Path(folder))
        made.machine()
        made.suite(benchmark(param_names=["n"], params=[["1", "2", "3"]]), benchmark(PLAIN))
        for number, (place, environment, content, date) in enumerate(files):
            path = made.result(commit(place), content, environment=environment, date=date)
            path.rename(path.with_name(f"{number}.json"))  # several files may be of one commit
        for record in records:
            made.record(**record)
        one, other = both(made.project, **({} if regex is None else {"regex": regex}))
    assert one == other
    for series in other.series:
        assert json.dumps([point.value for point in series.points], allow_nan=False)
        assert all(point.value is None or point.status is Status.OK for point in series.points)
        assert as_lists(columns_of(series.points)) == as_lists(columns_of(tuple(series.points)))


def as_lists(columns: Columns) -> list[str]:
    """What compares: NaN like NaN."""
    parts = (columns.commits, columns.values, columns.lows, columns.highs, columns.statuses)
    return [repr(list(part)) for part in parts]


def test_the_size_of_results_says_about_how_many_points_they_hold(tmp_path):
    made = Results(tmp_path)
    assert store.about_points(made.project) == 0
    (made.folder / "box").mkdir()
    (made.folder / "box" / "0000-env.json").write_text("x" * 7_000)
    assert store.about_points(made.project) == 100
