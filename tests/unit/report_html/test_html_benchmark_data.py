"""The data inside a benchmark's page: integers that give back the values, gaps, levels, failures, facts, samples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_builder import NOW, key, level, missing, one_series, report, revision
from test_html_site import HOSTILE, Text, hostile_report

from stallhorn.model import Benchmark, ChangePoint, Measurement, Observation, Report, Sample, Series, Status
from stallhorn.model.points import Points, columns_of
from stallhorn.report.html.data.axis import MOST, NEWEST, axis, lined_up
from stallhorn.report.html.data.benchmark import DIGITS, escaped
from stallhorn.report.html.pages import benchmark as pages
from stallhorn.report.html.view import arrange

NAME = "suite.Case.time_it"


def data(made: Report) -> Any:
    """The data of the only page of a report."""
    (page,) = pages.pages(arrange(made, NOW))
    return json.loads(str(page.content["data"]))


def of(series: Sequence[Series] | Series, revisions: Sequence[Any], **more: Any) -> Any:
    listed = [series] if isinstance(series, Series) else list(series)
    return data(report(listed, revisions=revisions, **more))


def values(told: Mapping[str, Any]) -> list[float]:
    return [each * 10.0 ** told["s"] for each in told["v"]]


def with_points(series: Series, *points: Measurement) -> Series:
    return replace(series, points=tuple(points))


# --- values


@pytest.mark.parametrize("scale", [1e-9, 3.14e-6, 0.02, 1.0, 7.7e3, 4e12])
def test_values_and_bounds_come_back_within_a_thousandth(scale: float) -> None:
    revisions, series = one_series([scale, 1.31 * scale, 0.97 * scale])
    (told,) = of(series, revisions)["series"]
    for value, low, high, point in zip(values(told), told["l"], told["h"], series.points, strict=True):
        assert value == pytest.approx(point.value, rel=10.0 ** (1 - DIGITS))
        assert value - low * 10.0 ** told["s"] == pytest.approx(point.low, rel=1e-3)
        assert value + high * 10.0 ** told["s"] == pytest.approx(point.high, rel=1e-3)


def test_zeros_are_exact_and_huge_ranges_stay_integers_that_scripts_can_hold() -> None:
    revisions, series = one_series([0.0, 0.0])
    assert of(series, revisions)["series"][0]["v"] == [0, 0]
    revisions, series = one_series([1e-9, 1e12])
    (told,) = of(series, revisions)["series"]
    assert max(told["v"]) < 2**53
    assert values(told)[1] == pytest.approx(1e12)


def test_a_bound_that_is_not_known_is_minus_one() -> None:
    revisions, series = one_series([1.0, 1.0])
    bare = with_points(series, replace(series.points[0], low=None, high=None), series.points[1])
    (told,) = of(bare, revisions)["series"]
    assert told["l"][0] == told["h"][0] == -1 and told["l"][1] >= 0


def test_places_are_told_only_where_some_are_missing_and_then_the_shorter_way() -> None:
    revisions, whole = one_series([1.0] * 6, key(n="1"))
    lacking_one = with_points(whole, *(point for place, point in enumerate(whole.points) if place != 2))
    few = with_points(whole, whole.points[4])
    series = [replace(each, key=key(n=n)) for each, n in ((whole, "1"), (lacking_one, "2"), (few, "3"))]
    found = {
        told["p"][0]: told
        for told in of([with_points(s, *(replace(p, key=s.key) for p in s.points)) for s in series], revisions)[
            "series"
        ]
    }
    assert "at" not in found[0] and "no" not in found[0]
    assert found[1]["no"] == [2] and len(found[1]["v"]) == 5
    assert found[2]["at"] == [4] and len(found[2]["v"]) == 1


def test_columns_and_measurements_give_the_same_data() -> None:
    revisions, series = one_series([1e-3, None, 2e-3])
    columns = Points(series.key, columns_of(series.points), "v1")
    plain = with_points(series, *(replace(point, samples=()) for point in series.points))
    assert of(replace(series, points=columns), revisions) == of(plain, revisions)


# --- commits


def test_commits_are_told_once_for_a_machine_with_steps_from_one_to_the_next() -> None:
    revisions, series = one_series([1.0, None, 1.0])
    commits = of(series, revisions)["machines"][0]["commits"]
    assert commits["hash"] == [revisions[0].commit[:10], revisions[2].commit[:10]]
    assert commits["position"] == [0, 2]
    assert commits["minute"][1] == 2 * (24 + 1) * 60
    assert commits["thinned"] == 0


def test_a_long_history_is_thinned_where_it_is_old_and_keeps_what_changed() -> None:
    revisions = [revision(place, "s") for place in range(MOST + 500)]
    edge = revisions[1].commit
    made = axis(revisions, [edge])
    assert len(made.commits) <= MOST + 1
    assert edge in made.commits
    assert made.commits[-NEWEST:] == tuple(each.commit for each in revisions[-NEWEST:])
    assert axis(revisions[:MOST]).commits == tuple(each.commit for each in revisions[:MOST])


def test_a_series_on_a_thinned_axis_leaves_out_what_has_no_place() -> None:
    revisions, series = one_series([1.0, 2.0, 3.0])
    (line,) = lined_up([series], axis([revisions[0], revisions[2]])).lines
    assert line.values.tolist() == [1.0, 3.0]
    assert line.index.tolist() == [0, -1, 1]


def test_series_of_one_machine_stand_beneath_each_other_each_with_its_own_gaps() -> None:
    revisions, whole = one_series([1.0, 2.0, 3.0])
    lacking = with_points(whole, whole.points[0], whole.points[2])
    made = lined_up([whole, lacking], axis(revisions))
    assert made.values[0].tolist() == [1.0, 2.0, 3.0]
    assert np.isnan(made.values[1]).tolist() == [False, True, False]
    assert [line.count for line in made.lines] == [3, 2]
    assert [line.index.tolist() for line in made.lines] == [[0, 1, 2], [0, 2]]


def test_no_series_and_no_commits_at_all() -> None:
    assert axis([]).commits == ()
    assert lined_up([], axis([])).lines == ()


# --- what only some series have


def test_levels_are_flat_stretches_between_the_changes() -> None:
    revisions, series = one_series([1.0, 1.0, 2.0, 2.0, 1.0])
    up = ChangePoint(series.key, level(0, 2, 1.0), level(2, 4, 2.0), revisions[1].commit, revisions[2].commit)
    down = ChangePoint(series.key, level(2, 4, 2.0), level(4, 5, 1.0), revisions[3].commit, revisions[4].commit)
    made = report([series], revisions=revisions)
    site = arrange(made, NOW)
    (page,) = pages.pages(replace(site, changed={series.key: (down, up)}))
    told = json.loads(str(page.content["data"]))["series"][0]
    assert [(start, stop, value * 10.0 ** told["s"]) for start, stop, value in told["levels"]] == [
        (0, 1, pytest.approx(1.0)),
        (2, 3, pytest.approx(2.0)),
        (4, 4, pytest.approx(1.0)),
    ]


def test_a_failure_is_told_with_its_reason_and_a_skip_is_none() -> None:
    revisions, series = one_series([1.0, 1.0, 1.0])
    failed = missing(series.key, revisions[1], Status.TIMEOUT, "more than 60 s")
    skipped = missing(series.key, revisions[2], Status.SKIPPED, "too large")
    (told,) = of(with_points(series, series.points[0], failed, skipped), revisions)["series"]
    assert told["bad"] == [[1, "timeout", "more than 60 s"]]
    assert told["at"] == [0]


def test_facts_of_one_commit_are_the_first_call_of_the_first_process_and_the_most_of_all() -> None:
    revisions, series = one_series([1.0, 1.0])
    seen = [
        Observation(
            series.key,
            revisions[1].commit,
            Status.OK,
            {
                "first_call": {"seconds": 2.0 + number},
                "memory": {"peak_bytes": 100 + number},
                "threads": {"used": {"omp": 2, "jax": None}},
            },
            "0.1.0",
            1,
            "",
            number,
        )
        for number in (1, 0)
    ]
    (told,) = of(series, revisions, observations=tuple(seen))["series"]
    assert told["facts"] == {"at": [1], "first": [2.0], "peak": [101.0], "threads": [2.0]}


def test_what_an_earlier_size_of_the_process_compiled_counts_for_later_sizes() -> None:
    sizes = ("10", "20", "30")
    suite = Benchmark(NAME, "time", "seconds", "v1", ("n", "backend"), (sizes, ("'numba'",)))
    found = [one_series([1.0, 1.0], key(n=n, backend="'numba'")) for n in sizes]
    revisions = found[0][0]
    seen = []
    for place, (_, series) in enumerate(found):
        call = {"seconds": 4.0, "run_seconds": 1.0, "compile_seconds": 3.0, "compiles": 1}
        call = call if place == 0 else {"seconds": 1.0, "run_seconds": 1.0, "compile_seconds": None, "compiles": 0}
        seen.append(Observation(series.key, revisions[1].commit, Status.OK, {"first_call": call}, "0.1.0", 1))
    told = of([series for _, series in found], revisions, observations=tuple(seen), benchmarks=[suite])["series"]
    assert told[0]["start"] == {"time": [4.0, None, None]}
    assert told[2]["start"] == {"time": [4.0, None, None], "lent": 10.0}


def test_a_first_call_that_is_not_recorded_says_why() -> None:
    revisions, series = one_series([1.0, 1.0])
    seen = Observation(series.key, revisions[1].commit, Status.OK, {}, "0.1.0", 1)
    (told,) = of(series, revisions, observations=(seen,))["series"]
    assert "not recorded" in told["start"]["why"]


def test_samples_of_the_newest_commits_with_their_processes() -> None:
    revisions, series = one_series([1.0] * 12)
    many = tuple(Sample(1.0, 1, number % 2) for number in range(250))
    bare = with_points(series, *series.points[:-1], replace(series.points[-1], samples=many))
    raw = of(bare, revisions)["series"][0]["raw"]
    assert [each[0] for each in raw] == list(range(2, 12))
    place, taken, processes, count = raw[-1]
    assert (place, len(taken), count, set(processes)) == (11, 100, 250, {0, 1})


def test_work_and_floors_stand_where_they_are_known() -> None:
    revisions, series = one_series([1.0, 1.0], key(n="1"))
    suite = Benchmark(NAME, "time", "seconds", "v1", ("n",), (("1",),), work=({"flops": 8.0, "bytes": 4.0},))
    assert of(series, revisions, benchmarks=[suite])["series"][0]["work"] == [8.0, 4.0]
    assert "work" not in of(series, revisions)["series"][0]


def test_versions_that_changed_are_a_mark() -> None:
    revisions, series = one_series([1.0, 1.0])
    seen = tuple(
        Observation(series.key, at.commit, Status.OK, {"versions": {"numba": version, "jax": None}}, "0.1.0", 1)
        for at, version in zip(revisions, ("0.61", "0.62"), strict=True)
    )
    (mark,) = of(series, revisions, observations=seen)["marks"]
    assert (mark["tone"], mark["text"], mark["first"]) == ("env", "numba 0.61 → 0.62", revisions[1].commit[:10])


# --- what is not ours


def test_nothing_in_the_data_can_end_its_element_or_hide() -> None:
    (page,) = pages.pages(arrange(hostile_report(), NOW))
    text = str(page.content["data"])
    assert "<" not in text and "\u2028" not in text
    told = json.loads(text)
    spoken = json.dumps(told, ensure_ascii=False)
    assert "\u202e" not in spoken and "\x1b" not in spoken and "\\u0000" not in spoken
    assert HOSTILE.split("\x00")[0] in told["name"]


def test_line_separators_are_escaped() -> None:
    assert json.loads(escaped('"a\u2028b<"'.encode())) == "a\u2028b<"
    assert "\u2028".encode() not in escaped("\u2028".encode())


def test_a_page_without_a_measured_series_has_data_without_series(tmp_path: Path) -> None:
    revisions, series = one_series([1.0])
    skipped = with_points(series, missing(series.key, revisions[0], Status.SKIPPED, ""))
    told = of(skipped, revisions)
    assert told["series"] == [] and set(told["tabs"]) == {"history", "size", "threads", "firstcall", "memory", "raw"}


def test_the_arrays_are_not_changed_by_writing_them() -> None:
    revisions, series = one_series([1.0, 2.0])
    columns = columns_of(series.points)
    of(replace(series, points=Points(series.key, columns)), revisions)
    assert np.asarray(columns.values).tolist() == [1.0, 2.0]


def test_text_of_a_page_leaves_the_data_out() -> None:
    assert Text('<p>a</p><script type="application/json">{"b": 1}</script>').text == "a"
