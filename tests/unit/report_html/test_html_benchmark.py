"""One benchmark's page without its script: which tabs have what, the table of series, and links to what happened."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from findings_builder import sick_demo
from report_builder import NOW, compare, demo, key, ok, one_series, report, revision
from test_html_site import Text, benchmark_page

from stallhorn.model import Benchmark, Direction, Observation, Report, Sample, Series, SeriesKey, Status, Verdict
from stallhorn.report.html import series_rows
from stallhorn.report.html.charted import TABS
from stallhorn.report.html.view import arrange

NAME = "suite.Case.time_it"
AT = [revision(place) for place in range(3)]


def steady(of: SeriesKey, value: float = 1e-3) -> Series:
    return Series(of, "seconds", tuple(ok(of, at, value) for at in AT))


def page(made: Report, folder: Path) -> Text:
    return benchmark_page(made, folder, NAME)


def off(made: Report, folder: Path) -> dict[str, str]:
    """The tabs that have nothing to show, with the reasons."""
    found: dict[str, str] = json.loads(page(made, folder).data)["tabs"]
    return found


def rows(found: Text) -> list[dict[str, str | None]]:
    return [attributes for tag, attributes in found.tags if tag == "tr" and "data-series" in attributes]


# --- tabs


def test_every_tab_is_a_link_and_the_first_is_shown(tmp_path: Path) -> None:
    found = page(report([steady(key())], revisions=AT), tmp_path)
    links = [attributes for tag, attributes in found.tags if (attributes.get("href") or "").startswith("?tab=")]
    assert [link["href"] for link in links] == [f"?tab={name}" for name in TABS]
    assert [link.get("aria-current") for link in links] == ["true"] + [None] * 5


def test_a_tab_without_anything_to_show_says_what_it_needs(tmp_path: Path) -> None:
    bare = replace(steady(key()), points=tuple(replace(point, samples=()) for point in steady(key()).points))
    reasons = off(report([bare], revisions=AT), tmp_path)
    assert set(reasons) == set(TABS) - {"history"}
    assert "3 values of a size parameter" in reasons["size"] and "[tool.stallhorn.roles]" in reasons["size"]
    assert "2 numbers of threads" in reasons["threads"]
    assert "stallhorn run" in reasons["firstcall"]
    assert "--record-samples" in reasons["raw"]


@pytest.mark.parametrize(("sizes", "shown"), [("12", False), ("123", True)])
def test_sizes_need_three_values(tmp_path: Path, sizes: str, shown: bool) -> None:
    series = [steady(key(n=n)) for n in sizes]
    suite = Benchmark(NAME, "time", "seconds", "v1", ("n",), (tuple(sizes),))
    assert ("size" not in off(report(series, revisions=AT, benchmarks=[suite]), tmp_path)) is shown


def test_threads_that_are_names_are_no_axis(tmp_path: Path) -> None:
    def reasons(settings: Sequence[str], folder: Path) -> dict[str, str]:
        suite = Benchmark(NAME, "time", "seconds", "v1", ("threads",), (tuple(settings),))
        return off(report([steady(key(threads=each)) for each in settings], revisions=AT, benchmarks=[suite]), folder)

    assert "threads" in reasons(("'1'", "'numba=2 blas=1'"), tmp_path / "a")
    assert "threads" not in reasons(("'1'", "'2'"), tmp_path / "b")


def test_samples_and_first_calls_and_memory_open_their_tabs(tmp_path: Path) -> None:
    series = steady(key())
    facts = {"first_call": {"seconds": 1.0}, "memory": {"peak_bytes": 5}}
    seen = Observation(series.key, AT[2].commit, Status.OK, facts, "0.1.0", 1)
    reasons = off(report([series], revisions=AT, observations=(seen,)), tmp_path)
    assert not {"firstcall", "memory", "raw"} & set(reasons)


def test_a_size_that_the_project_names_is_known(tmp_path: Path) -> None:
    series = [steady(key(mesh=each, order=each)) for each in "123"]
    suite = Benchmark(NAME, "time", "seconds", "v1", ("mesh", "order"), (("1", "2", "3"),) * 2)
    made = report(series, revisions=AT, benchmarks=[suite])
    named = replace(made.history.project, roles={"size": ["mesh"]})
    assert "size" in off(made, tmp_path / "a")
    assert "size" not in off(replace(made, history=replace(made.history, project=named)), tmp_path / "b")


# --- the table


def test_each_row_has_value_interval_verdict_and_a_picture(tmp_path: Path) -> None:
    series = steady(key(n="5"), 2e-3)
    judged = compare(series.points[-1], 1e-3, Verdict.REGRESSION, Direction.SLOWER)
    found = page(report([series], revisions=AT, comparisons=[judged]), tmp_path)
    assert re.search(r"n=5 ?2.00.ms 1.94 to 2.06.ms 3 rounds ?▲ 2.00x slower", found.text)
    (picture,) = (attributes for tag, attributes in found.tags if tag == "svg")
    assert picture["aria-label"] == "3 commits: from 2.00 ms to 2.00 ms"


def test_a_picture_breaks_where_a_commit_is_missing(tmp_path: Path) -> None:
    revisions, whole = one_series([1.0] * 5, key(n="1"))
    _, torn = one_series([1.0, 1.0, None, 1.0, 1.0], key(n="2"))
    drawn = [
        attributes["d"] or ""
        for tag, attributes in page(report([whole, torn], revisions=revisions), tmp_path).tags
        if tag == "path"
    ]
    assert sorted(path.count("M") for path in drawn) == [1, 2]


def test_noise_is_not_blown_up_to_the_whole_height(tmp_path: Path) -> None:
    revisions, series = one_series([1.0, 1.001, 0.999, 1.0])
    (drawn,) = (a["d"] or "" for tag, a in page(report([series], revisions=revisions), tmp_path).tags if tag == "path")
    heights = [int(each.split(" ")[1]) for each in drawn.lstrip("M").split("L")]
    assert max(heights) - min(heights) <= 1


def test_what_is_less_urgent_than_the_first_hundred_is_counted(tmp_path: Path) -> None:
    series = [steady(key(n=str(n))) for n in range(series_rows.MOST + 7)]
    found = page(report(series, revisions=AT), tmp_path)
    assert len(rows(found)) == series_rows.MOST
    assert "7 more, all less urgent than these" in found.text
    assert len(json.loads(found.data)["series"]) == series_rows.MOST + 7


def test_series_that_differ_in_the_environment_alone_say_so(tmp_path: Path) -> None:
    series = [steady(key(environment=each)) for each in ("numpy-1", "numpy-2")]
    found = page(report(series, revisions=AT), tmp_path)
    assert [text for text in ("numpy-1", "numpy-2") if text in found.text.partition("Series")[2]] == [
        "numpy-1",
        "numpy-2",
    ]
    one = page(report(series[:1], revisions=AT), tmp_path / "one")
    assert "numpy-1" not in one.text.partition("Series")[2]


def test_a_parameter_with_one_value_is_said_once_above_the_table(tmp_path: Path) -> None:
    found = page(report([steady(key(n=n, variant="'default'")) for n in "12"], revisions=AT), tmp_path)
    assert "In all of them: variant = default" in found.text
    assert "variant=default" not in found.text


def test_a_cause_in_the_table_leads_to_its_panel(tmp_path: Path) -> None:
    found = benchmark_page(sick_demo(tmp_path), tmp_path, "rbf.Rbf.measure")
    anchors = {attributes.get("id") for _, attributes in found.tags}
    links = [a["href"] or "" for tag, a in found.tags if tag == "a" and (a.get("href") or "").startswith("#why-")]
    assert links and all(link[1:] in anchors for link in links)


def test_panels_and_observations_have_an_end(tmp_path: Path) -> None:
    series = [steady(key(n=str(n))) for n in range(90)]
    seen = tuple(Observation(each.key, AT[2].commit, Status.OK, {}, "0.1.0", 1) for each in series)
    found = page(report(series, revisions=AT, observations=seen), tmp_path)
    assert "and 60 more" in found.text.partition("What was observed")[2]


# --- changes


def test_changes_lead_to_their_pages(tmp_path: Path) -> None:
    made = demo(tmp_path)
    found = benchmark_page(made, tmp_path, "rbf.Rbf.measure")
    links = [attributes.get("href") for tag, attributes in found.tags if tag == "a"]
    hit = [change.id for change in made.changes if any("rbf.Rbf" in point.key.benchmark for point in change.points)]
    assert hit and all(f"../change/{each}.html" in links for each in hit)


def test_a_page_never_makes_measurements_of_all_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site has millions of points: they stay columns."""
    from stallhorn.model.points import Points, columns_of

    revisions, series = one_series([1e-3] * 50)
    columns = Points(series.key, columns_of(series.points))
    site = arrange(report([replace(series, points=columns)], revisions=revisions), NOW)
    made: list[int] = []
    whole: Any = Points._point
    monkeypatch.setattr(Points, "_point", lambda self, place: made.append(place) or whole(self, place))
    from stallhorn.report.html.pages.benchmark import pages

    list(pages(site))
    assert len(made) <= 2


def test_samples_of_one_process_are_no_processes(tmp_path: Path) -> None:
    series = steady(key())
    alone = replace(series, points=tuple(replace(point, samples=(Sample(1e-3, 1, 0),) * 3) for point in series.points))
    raw = json.loads(page(report([alone], revisions=AT), tmp_path).data)["series"][0]["raw"]
    assert [each[2] for each in raw] == [[], [], []]
