"""Findings on the pages: wrong timings above all, causes beside changes and in a table, specimens apart, evidence."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from findings_builder import FACTS, counted_series, finding, sick_demo
from report_builder import NOW, compare, key, level, one_series, report
from test_html_site import Text, benchmark_page, overview

from stallhorn.model import (
    Benchmark,
    Change,
    ChangePoint,
    Direction,
    Explanation,
    Finding,
    Observation,
    Report,
    Series,
    Status,
    Switch,
    Verdict,
)
from stallhorn.report.html import causes
from stallhorn.report.html.view import arrange

NAME = "suite.Case.time_it"
WAITS = "A call reads as 3 ms, but JAX works on for 2 ms"


def two_commits(*findings: str, **changes: object) -> Report:
    """One series at two commits; findings of these severities at the newest, all about its own pitfall."""
    revisions, series = one_series([1e-3, 1e-3])
    commit = revisions[1].commit
    made = report(
        [series],
        revisions=revisions,
        comparisons=[compare(series.points[1], 1e-3, Verdict.CLEAN)],
        observations=(Observation(series.key, commit, Status.OK, FACTS, "0.1.0", 1),),
        **changes,
    )
    return replace(made, findings=tuple(finding(series.key, commit, severity=each) for each in findings))


def as_specimen(made: Report, pitfall: str) -> Report:
    benchmark = Benchmark(NAME, "time", "seconds", "v1", (), (), specimens=(pitfall,))
    return replace(made, history=replace(made.history, benchmarks={NAME: benchmark}))


def slower(explanation: Explanation, direction: Direction = Direction.SLOWER) -> Report:
    revisions, series = one_series([1e-3, 2e-3])
    old, new = (1e-3, 2e-3) if direction is Direction.SLOWER else (2e-3, 1e-3)
    point = ChangePoint(series.key, level(0, 1, old), level(1, 2, new), revisions[0].commit, revisions[1].commit)
    made = report([series], revisions=revisions, changes=[Change(revisions[0], revisions[1], (), direction, (point,))])
    return replace(made, explanations={(series.key, point.last, point.first): explanation})


def about(made: Report) -> tuple[Series, str]:
    return made.history.series[0], made.history.revisions[-1].commit


def classes(page: Text) -> list[str]:
    return [name for _, attributes in page.tags for name in (attributes.get("class") or "").split()]


def between(page: Text, start: str, stop: str) -> str:
    return page.text.partition(start)[2].partition(stop)[0]


# --- the first page


def test_a_wrong_timing_stands_above_everything_else(tmp_path: Path) -> None:
    page = overview(two_commits("blocking"), tmp_path)
    assert "These timings are wrong 1 series" in page.text
    assert page.text.index("These timings are wrong") < page.text.index("Slower to this day")
    assert "verdict failed" in [attributes.get("class") for _, attributes in page.tags]


def test_without_a_wrong_timing_nothing_speaks_of_one(tmp_path: Path) -> None:
    assert "These timings are wrong" not in overview(two_commits("cause"), tmp_path).text


def test_the_card_of_a_change_has_its_cause_the_evidence_and_what_to_do(tmp_path: Path) -> None:
    revisions, series = one_series([1e-3, 2e-3])
    found = finding(series.key, revisions[1].commit)
    page = overview(slower(Explanation((found,))), tmp_path)
    told = between(page, "Slower to this day", "All series")
    assert "Parallel regions inside a parallel region ✓ cause proven" in told
    assert "enters 301 parallel regions per call" in told
    assert f"Try: {found.remedy.replace('`', '')}" in told
    addresses = [attributes.get("href") or "" for tag, attributes in page.tags if tag == "a"]
    assert any(re.fullmatch(r"change/[\w-]+\.html", each) for each in addresses)


def test_a_change_without_a_cause_says_what_else_is_different(tmp_path: Path) -> None:
    revisions, series = one_series([1e-3, 2e-3])
    fact = counted_series(series, "compilations", "compilations (counted)", [1, 3])
    point = ChangePoint(fact.key, level(0, 1, 1), level(1, 2, 3), revisions[0].commit, revisions[1].commit)
    made = replace(slower(Explanation((), (), (point,), "`evaluate` lost 12 packed multiplications")), facts=(fact,))
    told = between(overview(made, tmp_path), "Slower to this day", "All series")
    assert "? cause unknown" in told
    assert "No pitfall came with it; " in told
    assert "from 1 to 3 compilations" in told
    assert "evaluate lost 12 packed multiplications" in told


def test_a_change_that_nothing_is_known_about_says_nothing(tmp_path: Path) -> None:
    assert "No pitfall came with it" not in overview(slower(Explanation()), tmp_path).text


def test_what_became_faster_says_what_is_gone(tmp_path: Path) -> None:
    revisions, series = one_series([1e-3, 2e-3])
    gone = Explanation((), (finding(series.key, revisions[0].commit),))
    assert "gone with it: nested-parallel" in overview(slower(gone, Direction.FASTER), tmp_path).text
    assert "gone with it" not in overview(slower(gone, Direction.SLOWER), tmp_path / "b").text


def test_a_slow_down_whose_earlier_timing_was_wrong_says_so(tmp_path: Path) -> None:
    revisions, series = one_series([1e-3, 2e-3])
    wrong = replace(finding(series.key, revisions[0].commit), pitfall="unsynchronised", severity="blocking")
    page = overview(slower(Explanation((), (wrong,)), Direction.SLOWER), tmp_path)
    assert "The time before was wrong: The timing ends before JAX does" in page.text
    assert "No pitfall came with it" not in page.text


def test_the_table_has_a_row_for_each_pitfall_with_its_worst_series(tmp_path: Path) -> None:
    told = between(overview(sick_demo(tmp_path), tmp_path), "Causes seen now", "did not build")
    assert "in 7 of 40 series" in told
    rows = told.partition("Specimens")[0]
    assert rows.count("nested-parallel") == 1
    assert rows.index("unsynchronised") < rows.index("nested-parallel")
    assert "Parallel regions inside a parallel region ! cause series: 6 rbf.Rbf.measure" in rows
    assert "n=50, backend=numba, threads=numba=2 blas=1: enters 301" in rows  # the one that became slowest


def test_no_pitfall_is_said_in_a_line(tmp_path: Path) -> None:
    page = overview(two_commits(), tmp_path)
    assert "No pitfall seen in 1 series." in page.text
    assert "causes" not in classes(page)


def test_what_is_harmless_is_folded_and_is_no_cause(tmp_path: Path) -> None:
    page = overview(two_commits("context"), tmp_path)
    assert "No pitfall seen in 1 series." in page.text
    assert "1 observation that is worth knowing, with nothing to mend" in page.text
    assert "a cause to mend" not in page.text


def test_a_specimen_is_apart_and_said_to_be_meant(tmp_path: Path) -> None:
    page = overview(as_specimen(two_commits("blocking"), "nested-parallel"), tmp_path)
    assert "These timings are wrong" not in page.text
    assert "No pitfall seen in 1 series, specimens apart." in page.text
    assert "Specimens, kept sick on purpose: 1 pitfall seen where it is meant" in page.text
    assert "Seen in specimens of something else" not in page.text


def test_another_pitfall_in_a_specimen_is_told_as_such(tmp_path: Path) -> None:
    page = overview(as_specimen(two_commits("cause"), "race"), tmp_path)
    assert "0 pitfalls seen where they are meant" in page.text
    assert "Seen in specimens of something else" in page.text


def test_findings_of_earlier_commits_are_not_seen_now(tmp_path: Path) -> None:
    made = two_commits("cause")
    earlier = replace(made.findings[0], commit=made.history.revisions[0].commit)
    assert "No pitfall seen in 1 series." in overview(replace(made, findings=(earlier,)), tmp_path).text


def test_detectors_that_could_not_judge_are_counted_with_what_they_lack(tmp_path: Path) -> None:
    text = overview(two_commits(), tmp_path).text
    assert "detectors could not judge every series" in text
    assert "Facts that they need are not known in up to 1 series" in text
    assert "cpu-quota (activity.throttled_periods" in text
    assert "host-transfer" not in text  # JAX is not in use: nothing of it is missed


def test_a_busy_machine_silences_those_that_judge_by_times() -> None:
    made = two_commits()
    seen = {**FACTS, "sampling": {"foreign_load": 0.9}, "code": {"dispatchers": []}}
    observations = (replace(made.history.observations[0], facts=seen),)
    busy = replace(made, history=replace(made.history, observations=observations))
    reasons = {each.why for each in causes.unable(arrange(busy, NOW))}
    assert "other programs were busy, and these judge by times" in reasons


def test_results_without_the_probe_say_that_nothing_was_looked_for(tmp_path: Path) -> None:
    made = two_commits()
    bare = replace(made, history=replace(made.history, observations=()))
    text = overview(bare, tmp_path).text
    assert "Not looked for: these results were taken without the probe" in text
    assert "No pitfall seen" not in text


def test_each_series_of_the_table_names_its_causes_so_that_the_filter_finds_them(tmp_path: Path) -> None:
    page = overview(two_commits("cause"), tmp_path)
    assert "cause: nested-parallel" in page.text.partition("All series")[2]


# --- a benchmark's page


def test_a_panel_has_claim_evidence_remedy_and_a_setting_to_copy(tmp_path: Path) -> None:
    made = two_commits()
    series, commit = about(made)
    switch = Switch("NUMBA_NUM_THREADS=1", {"NUMBA_NUM_THREADS": "1"})
    page = benchmark_page(replace(made, findings=(finding(series.key, commit, switch=switch),)), tmp_path, NAME)
    told = between(page, "Causes", "What was observed")
    assert "! cause nested-parallel" in told
    assert "enters 301 parallel regions per call, 300 of them inside another one (should be changed)" in told
    assert "Fact Seen Expected Kind nested regions per call seen: 300 expected: 0 counted" in told
    assert "proven" in told
    assert "Remedy: Keep parallel=True and prange on the outermost loop only" in told
    assert "Setting: NUMBA_NUM_THREADS=1" in told
    assert any(attributes.get("href") == "../help/pitfalls/nested-parallel.html" for _, attributes in page.tags)
    assert sum(tag == "button" for tag, _ in page.tags) == 3  # those at the top; the script adds it


def test_what_only_the_probe_can_do_is_no_setting(tmp_path: Path) -> None:
    made = two_commits()
    series, commit = about(made)
    treated = finding(series.key, commit, switch=Switch("wait for the result", {}, "wait"))
    assert "Setting:" not in benchmark_page(replace(made, findings=(treated,)), tmp_path, NAME).text


def test_what_the_machine_did_is_in_the_panel_and_in_the_table(tmp_path: Path) -> None:
    page = benchmark_page(two_commits("cause"), tmp_path, NAME)
    assert "parallel regions a call 301" in between(page, "Causes", "What was observed").replace("... ", "")
    observed = page.text.partition("What was observed")[2]
    assert "What the machine did Parameters" in re.sub(r"\s+", " ", observed)
    assert "regions inside another" in observed


def test_a_healthy_page_has_no_panel(tmp_path: Path) -> None:
    page = benchmark_page(two_commits(), tmp_path, NAME)
    assert "Causes" not in page.text
    assert "panel" not in classes(page)


def test_one_panel_of_each_pitfall_is_open_and_the_others_are_closed(tmp_path: Path) -> None:
    page = benchmark_page(sick_demo(tmp_path), tmp_path, "rbf.Rbf.measure")
    panels = [attributes for tag, attributes in page.tags if attributes.get("class") == "panel" and tag == "details"]
    assert 1 <= sum("open" in attributes for attributes in panels) < len(panels) / 2
    anchors = [attributes["id"] for attributes in panels]
    assert len(anchors) == len(set(anchors))


def test_panels_of_specimens_and_of_earlier_commits_are_folded_and_say_so(tmp_path: Path) -> None:
    page = benchmark_page(as_specimen(two_commits("cause"), "nested-parallel"), tmp_path / "a", NAME)
    assert "A specimen, kept sick on purpose" in page.text
    assert "meant: specimen of nested-parallel" in page.text
    made = two_commits("cause")
    earlier: Finding = replace(made.findings[0], commit=made.history.revisions[0].commit)
    page = benchmark_page(replace(made, findings=(earlier,)), tmp_path / "b", NAME)
    assert "1 at earlier commits, where series changed" in page.text
    assert f"at {earlier.commit[:8]}, where it changed" in page.text


def test_counted_facts_that_changed_have_their_values_by_commit(tmp_path: Path) -> None:
    revisions, series = one_series([1e-3] * 4)
    facts = (
        counted_series(series, "nested regions", "nested regions (counted)", [0, 300, 300, 0]),
        counted_series(series, "compilations", "compilations (counted)", [1, 1, 1, 1]),
    )
    page = benchmark_page(replace(report([series], revisions=revisions), facts=facts), tmp_path, NAME)
    assert "Counted facts that changed 1 of 2" in page.text
    since = [each.short for each in revisions]
    assert f"0 since {since[3]}; 300 since {since[1]}, 2 commits; 0 since {since[0]}" in page.text
    spoken = [attributes.get("aria-label") for tag, attributes in page.tags if tag == "svg"]
    assert "nested regions: 0, then 300, then 0" in spoken


def test_counted_facts_are_not_among_the_charts(tmp_path: Path) -> None:
    made = sick_demo(tmp_path)
    page = benchmark_page(made, tmp_path, "rbf.Rbf.measure")
    assert len(json.loads(page.data)["series"]) == 34


def test_series_that_differ_in_anything_have_panels_of_their_own() -> None:
    keys = [key(n="1"), key(n="2"), key(environment="other", n="1"), key(machine="m2", n="1")]
    assert len({causes.anchor(each) for each in keys}) == 4


# --- the help


def test_the_help_lists_every_pitfall_and_each_has_a_page(tmp_path: Path) -> None:
    top = overview(report(), tmp_path)
    assert top.text
    text = Text((tmp_path / "html/help.html").read_text(encoding="utf-8"))
    pages = {attributes["href"] for tag, attributes in text.tags if "pitfalls/" in (attributes.get("href") or "")}
    assert len(pages) == len(list((tmp_path / "html/help/pitfalls").iterdir())) > 30
    page = Text((tmp_path / "html/help/pitfalls/nested-parallel.html").read_text(encoding="utf-8"))
    assert "Parallel regions inside a parallel region" in page.text
    assert page.text.count("@numba.njit(parallel=True)") == 3
    assert "https://numba.readthedocs.io/en/stable/user/threading-layer.html" in [
        attributes.get("href") for _, attributes in page.tags
    ]
