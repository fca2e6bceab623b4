"""The first page and the list of benchmarks: what is slow to this day, when results are stale, and nothing endless."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from report_builder import NOW, compare, key, level, ok, one_series, project, report, revision
from test_html_site import Text

from stallhorn.model import (
    Benchmark,
    BuildFailure,
    Change,
    ChangePoint,
    Direction,
    Evidence,
    Explanation,
    Finding,
    Kind,
    Problem,
    Report,
    Series,
    SeriesKey,
    Verdict,
)
from stallhorn.model.points import OK, Columns, Points
from stallhorn.report.html import publish
from stallhorn.report.html.cards import MOST, cards, lines, open_changes, total
from stallhorn.report.html.recency import nights_without, span
from stallhorn.report.html.view import Site, arrange

AT = [revision(place) for place in range(6)]


def steps(of: SeriesKey, *values: float) -> Series:
    return Series(of, "seconds", tuple(ok(of, at, value) for at, value in zip(AT, values, strict=False)))


def change(place: int, *hit: tuple[SeriesKey, float], kind: Kind = Kind.CODE, reason: str = "") -> Change:
    """A change at a commit, by these ratios."""
    points = tuple(
        ChangePoint(
            of, level(0, place, 1.0), level(place, 6, ratio), AT[place - 1].commit, AT[place].commit, kind=kind,
            reason=reason,
        )
        for of, ratio in hit
    )  # fmt: skip
    way = Direction.SLOWER if hit[0][1] > 1 else Direction.FASTER
    return Change(AT[place - 1], AT[place], (), way, points, kind, hit[0][1], reason=reason)


def arranged(*changes: Change, **more: object) -> Site:
    keys = dict.fromkeys(point.key for each in changes for point in each.points)
    return arrange(report([steps(of, *[1.0] * 6) for of in keys], revisions=AT, changes=changes, **more), NOW)


def page_of(made: Report, folder: Path, name: str = "index.html") -> Text:
    return Text((publish(made, folder, generated=NOW).parent / name).read_text(encoding="utf-8"))


def keys(count: int, benchmark: str = "suite.Case.time_it") -> list[SeriesKey]:
    return [key(benchmark, n=str(number)) for number in range(count)]


# --- what is open


def test_nothing_is_open_without_changes() -> None:
    site = arrange(report(), NOW)
    assert open_changes(site) == []
    assert cards([], site) == []
    assert total([], site).series == 0


def test_the_change_with_the_worst_series_comes_first() -> None:
    a, b, c = keys(3)
    small, large = change(1, (a, 1.2), (b, 1.1)), change(2, (c, 3.0))
    assert [each for each, _ in open_changes(arranged(small, large))] == [large, small]


def test_a_change_that_was_taken_back_has_no_card_but_a_line() -> None:
    (a,) = keys(1)
    up, down = change(1, (a, 2.0)), change(3, (a, 0.5))
    site = arranged(down, up)
    assert open_changes(site) == []
    assert [(each.headline, each.reason) for each in lines(site.report.changes, site)] == [
        ("1 series faster, 2.00x", ""),
        ("1 series slower, 2.00x", "taken back since"),
    ]


def test_what_the_machine_did_has_a_line() -> None:
    (a,) = keys(1)
    site = arranged(change(1, (a, 2.0), kind=Kind.MACHINE, reason="all moved together"))
    assert open_changes(site) == []
    assert [each.reason for each in lines(site.report.changes, site)] == [
        "all moved together; no regression, since the code did not do it"
    ]


def test_series_count_once_however_many_changes_hit_them() -> None:
    a, b = keys(2)
    site = arranged(change(2, (a, 1.5)), change(1, (a, 1.3), (b, 1.3)))
    found = total(open_changes(site), site)
    assert (found.changes, found.explained, found.series) == (2, 0, 2)


# --- a card


def explained(kind: str, claim: str = "allocates in the loop") -> Site:
    (a,) = keys(1)
    found = Finding(
        "race", "cause", a, AT[1].commit, claim, (Evidence("arrays", "12 a call", "1", kind),), "Hoist `empty` out."
    )
    site = arranged(change(1, (a, 2.0)))
    made = replace(site.report, explanations={(a, AT[0].commit, AT[1].commit): Explanation((found,))})
    return arrange(made, NOW)


@pytest.mark.parametrize(
    ("kind", "words"), [("proven", "cause proven"), ("counted", "cause found"), ("observed", "cause likely")]
)
def test_a_card_says_how_sure_its_cause_is(kind: str, words: str) -> None:
    site = explained(kind)
    (card,) = cards(open_changes(site), site)
    assert card.chip.words == words
    assert card.pitfall == "race"
    assert card.advice == "Hoist `empty` out."


def test_evidence_has_numbers() -> None:
    site = explained("counted")
    assert cards(open_changes(site), site)[0].evidence == "allocates in the loop (arrays: 12 a call; expected 1)"
    site = explained("counted", "allocates 12 arrays")
    assert cards(open_changes(site), site)[0].evidence == "allocates 12 arrays"


def test_an_unknown_cause_says_what_would_show_it() -> None:
    (a,) = keys(1)
    site = arranged(change(1, (a, 2.0)))
    (card,) = cards(open_changes(site), site)
    assert (card.title, card.chip.words) == (f"Slower since {AT[1].short}", "cause unknown")
    assert card.advice.startswith(f"`stallhorn run {AT[0].short}`")
    assert card.moved == "from 1.00 s to 2.00 s"


def test_results_without_their_project_name_no_command_for_it() -> None:
    (a,) = keys(1)
    site = arranged(change(1, (a, 2.0)), project=replace(project(), repository=None))
    assert cards(open_changes(site), site)[0].advice.startswith(f"look at what was changed after {AT[0].short}; ")


def test_untested_commits_are_to_be_measured_first() -> None:
    (a,) = keys(1)
    made = replace(change(1, (a, 2.0)), first=AT[3], untested=(AT[1], AT[2]))
    site = arranged(made)
    advice = cards(open_changes(site), site)[0].advice
    assert advice == f"`stallhorn run {AT[0].short}..{AT[3].short}` measures the 2 commits between, so that one is left"


def test_other_libraries_are_a_likely_cause() -> None:
    (a,) = keys(1)
    site = arranged(change(1, (a, 2.0)))
    why = Explanation(installed="numpy 2.1 became 2.2")
    site = arrange(replace(site.report, explanations={(a, AT[0].commit, AT[1].commit): why}), NOW)
    (card,) = cards(open_changes(site), site)
    assert (card.title, card.chip.words, card.evidence) == (
        "Libraries of another version",
        "cause likely",
        "numpy 2.1 became 2.2",
    )


def test_a_card_names_the_backends_that_were_hit() -> None:
    of = [key("suite.Case.time_it", backend=repr(name)) for name in ("numba", "jax", "numpy")]
    made = Benchmark("suite.Case.time_it", "time", "seconds", "1", ("backend",), (("'numba'", "'jax'", "'numpy'"),))
    site = arranged(change(1, *[(each, 2.0) for each in of[:2]]), benchmarks=[made])
    assert cards(open_changes(site), site)[0].backends == "numba, jax"


def test_only_so_many_cards_are_made(tmp_path: Path) -> None:
    found = [change(1 + number % 5, (of, 2.0 + number)) for number, of in enumerate(keys(MOST + 3))]
    site = arranged(*found)
    page = page_of(site.report, tmp_path)
    assert sum("card" in (attributes.get("class") or "").split() for _, attributes in page.tags) == MOST
    assert f"All {MOST + 3} open changes" in page.text
    assert (
        f"{MOST + 3} series are slower to this day than before, through {MOST + 3} changes, none of them" in page.text
    )


# --- how old results are


def test_nobody_knows_when_nothing_was_measured() -> None:
    assert span([]) is None
    assert nights_without(None, NOW) is None


def test_the_span_of_results_is_that_of_all_series() -> None:
    _, early = one_series([1.0])
    late = steps(key(n="2"), *[1.0] * 3)
    assert span([late, early]) == (early.points[0].started, late.points[2].started)


def test_the_span_of_columns_is_that_of_their_points() -> None:
    early, late = (datetime(2026, 11, day, tzinfo=UTC) for day in (3, 9))
    values = array("d", [1.0, 1.0, 1.0])
    columns = Columns([at.commit for at in AT[:3]], values, values, values, bytes([OK] * 3))
    started = array("d", [late.timestamp() * 1000, math.nan, early.timestamp() * 1000])
    dated = Series(key(), "seconds", Points(key(), columns, "", started))
    undated = Series(key(n="2"), "seconds", Points(key(n="2"), columns))
    assert span([undated, dated]) == (early, late)
    assert span([undated]) is None


def test_results_are_stale_after_two_nights() -> None:
    assert nights_without(NOW - timedelta(days=2), NOW) is None
    assert nights_without(NOW - timedelta(days=2, hours=1), NOW) == 2
    assert nights_without(NOW - timedelta(days=9), NOW) == 9


def test_a_stale_page_says_so(tmp_path: Path) -> None:
    revisions, series = one_series([1.0])
    made = report([series], revisions=revisions)
    fresh = publish(made, tmp_path / "fresh", generated=series.points[0].started or NOW).read_text()
    assert "Out of date" in page_of(made, tmp_path / "stale").text
    assert "Out of date" not in fresh


# --- lists have an end


def elements(page: Text) -> int:
    return len(page.tags)


def many(benchmarks: int, series: int, modules: int = 7) -> Report:
    found = [
        steps(of, 1.0, 1.0)
        for number in range(benchmarks)
        for of in keys(series, f"module{number % modules}.Case{number}.time_it")
    ]
    compared = [compare(each.points[1], 1.0, Verdict.CLEAN) for each in found]
    return report(
        found,
        revisions=AT[:2],
        comparisons=compared,
        build_failures=tuple(BuildFailure(AT[0].commit, f"env{number}", "m1", "log") for number in range(300)),
        problems=tuple(Problem(f"file{number}", "not JSON", "Measure again") for number in range(300)),
    )


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,000 benchmarks of two series each."""
    return publish(many(1000, 2), tmp_path_factory.mktemp("large"), generated=NOW).parent


def test_no_page_has_more_than_3000_elements(large: Path) -> None:
    pages = [large / "index.html", large / "benchmarks.html", *(large / "benchmarks").iterdir()]
    assert len(pages) == 2 + 7
    assert max(elements(Text(path.read_text(encoding="utf-8"))) for path in pages) < 2800


def test_every_benchmark_is_linked_from_a_list(large: Path) -> None:
    linked = {
        attributes["href"]
        for path in (large / "benchmarks").iterdir()
        for tag, attributes in Text(path.read_text(encoding="utf-8")).tags
        if tag == "a" and (attributes.get("href") or "").startswith("../benchmark/")
    }
    assert linked == {f"../benchmark/{path.name}" for path in (large / "benchmark").iterdir()}


def test_the_first_page_has_the_most_urgent_rows_and_says_how_many_there_are(large: Path) -> None:
    page = Text((large / "index.html").read_text(encoding="utf-8"))
    assert "All series 2,000 measured" in page.text
    assert sum(attributes.get("role") == "rowheader" for _, attributes in page.tags) == 50
    assert "and 280 more" in page.text  # results that could not be read
    assert "and 290 more" in page.text  # commits that did not build


def test_few_benchmarks_are_all_in_one_list(tmp_path: Path) -> None:
    made = many(8, 1, modules=2)
    top = publish(made, tmp_path, generated=NOW).parent
    page = Text((top / "benchmarks.html").read_text(encoding="utf-8"))
    assert not (top / "benchmarks").exists()
    links = [attributes.get("href") or "" for tag, attributes in page.tags if tag == "a"]
    assert len([each for each in links if re.fullmatch(r"benchmark/\w+\.html", each)]) == 8
    assert "module0 4 benchmarks, 4 series" in page.text


def test_a_benchmark_that_was_never_measured_has_no_link(tmp_path: Path) -> None:
    _, series = one_series([1.0])
    absent = Benchmark("suite.Other.time_it", "time", "seconds", "1")
    page = page_of(report([series], revisions=AT, benchmarks=[absent]), tmp_path, "benchmarks.html")
    assert "suite.Other.time_it never measured" in page.text
    assert "1 of the suite has no result yet" in page.text


def test_without_results_the_lists_say_what_to_do(tmp_path: Path) -> None:
    assert "stallhorn run" in page_of(report(), tmp_path, "benchmarks.html").text


# --- nothing changed


def steady(noise: Sequence[float]) -> Report:
    found = [steps(of, *values) for of, values in zip(keys(len(noise)), ([1, 1 + x] * 3 for x in noise), strict=True)]
    return report(found, revisions=AT, comparisons=[compare(each.points[-1], 1.0, Verdict.CLEAN) for each in found])


def test_without_a_change_the_page_says_what_could_have_been_seen(tmp_path: Path) -> None:
    text = page_of(steady([0.01, 0.02, 0.3]), tmp_path).text
    assert "No change beyond noise in the 6 commits that were measured." in text
    assert re.search(r"Smallest change that could have been seen: \S+ % in the middle series, \S+ % in the noi", text)


def test_where_that_is_not_known_nothing_is_claimed(tmp_path: Path) -> None:
    revisions, series = one_series([1.0, 1.0])
    made = report([series], revisions=revisions, comparisons=[compare(series.points[1], 1.0, Verdict.CLEAN)])
    assert "Smallest change" not in page_of(made, tmp_path).text
