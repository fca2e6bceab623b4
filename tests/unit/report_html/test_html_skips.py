"""Skipped series in few words: grouped by reason, named by blocks of parameters, folded away from what was measured."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

from report_builder import NOW, missing, ok, report, revision
from report_builder import key as series_key
from test_html_site import Text, benchmark_page

from stallhorn.model import Series, SeriesKey, Status
from stallhorn.report.html import publish
from stallhorn.report.html.skips import NO_REASON, by_reason
from stallhorn.report.html.view import Row, arrange

AT = [revision(0), revision(1)]


def skipped(of: SeriesKey, reason: str) -> Series:
    return Series(of, "seconds", tuple(missing(of, each, Status.SKIPPED, reason) for each in AT))


def measured(of: SeriesKey) -> Series:
    return Series(of, "seconds", tuple(ok(of, each, 1e-3) for each in AT))


def rows(*series: Series) -> tuple[Row, ...]:
    return arrange(report(series, revisions=AT), NOW).rows


def test_nothing_skipped() -> None:
    assert by_reason([]) == []


def test_the_reason_with_the_most_series_comes_first() -> None:
    found = by_reason(rows(skipped(series_key(n="1"), "a"), *(skipped(series_key(n=n), "b") for n in "234")))
    assert [(each.reason, each.places) for each in found] == [("b", ("n = 2, 3, 4",)), ("a", ("n = 1",))]


def test_reasons_that_differ_in_the_series_own_value_are_one() -> None:
    made = [
        skipped(series_key(backend=repr(each)), f"about Numba; {each} kernels are not") for each in ("jax", "numpy")
    ]
    assert [each.reason for each in by_reason(rows(*made))] == ["about Numba; jax and numpy kernels are not"]


def test_no_reason_is_said() -> None:
    assert by_reason(rows(skipped(series_key(), "")))[0].reason == NO_REASON


def test_combinations_are_told_as_few_full_blocks() -> None:
    keys = [series_key(n=n, backend=backend, threads="1") for n, backend in product("12", ("'jax'", "'numpy'"))]
    keys += [series_key(n=n, backend="'numba'", threads=threads) for n, threads in product("12", "12")]
    found = by_reason(rows(*(skipped(each, "too large") for each in keys)))
    assert set(found[0].places) == {
        "n = 1, 2; backend = jax, numpy; threads = 1",
        "n = 1, 2; backend = numba; threads = 1, 2",
    }


def test_the_page_names_every_skipped_series_once(tmp_path: Path) -> None:
    made = [*(measured(series_key(n=n, backend=each)) for n in "13" for each in ("'numpy'", "'numba'"))]
    made += [skipped(series_key(n=n, backend="'jax'"), "no jax here") for n in "12"]
    text = benchmark_page(report(made, revisions=AT), tmp_path, "suite.Case.time_it").text
    assert "Not measured here (2 series)" in text
    assert "n = 1, 2; backend = jax" in text
    assert text.count("no jax here") == 1


def test_where_all_is_skipped_there_is_nothing_to_draw(tmp_path: Path) -> None:
    page = benchmark_page(report([skipped(series_key(), "no jax")], revisions=AT), tmp_path, "suite.Case.time_it")
    assert "No series was measured so far." in page.text
    assert json.loads(page.data)["series"] == []
    assert "Not measured here (1 series)" in page.text
    assert "the benchmark has no parameters" in page.text


def overview(folder: Path, *series: Series) -> Text:
    return Text(publish(report(series, revisions=AT), folder / "html", generated=NOW).read_text(encoding="utf-8"))


def rows_of(page: Text) -> int:
    return sum(tag == "th" and attributes.get("role") == "rowheader" for tag, attributes in page.tags)


def test_the_overview_counts_them_and_lists_them_after_no_other(tmp_path: Path) -> None:
    page = overview(
        tmp_path, measured(series_key(n="1")), skipped(series_key(n="2"), "a"), skipped(series_key(n="3"), "a")
    )
    assert "All series 1 measured, 2 skipped" in page.text
    assert rows_of(page) == 1


def test_where_all_is_skipped_all_is_listed(tmp_path: Path) -> None:
    page = overview(tmp_path, skipped(series_key(n="2"), "a"))
    assert "All series 0 measured, 1 skipped" in page.text
    assert rows_of(page) == 1


def test_a_parameter_with_one_value_is_said_once(tmp_path: Path) -> None:
    page = overview(tmp_path, *(measured(series_key(n=n, variant="'default'")) for n in "123"))
    assert page.text.count("variant=default") == 1


def test_the_last_parameter_is_never_left_out(tmp_path: Path) -> None:
    page = overview(tmp_path, *(measured(series_key(benchmark, n="7")) for benchmark in ("a.time_it", "b.time_it")))
    assert page.text.count("n=7") == 2
