"""Findings on the terminal: causes under what they slowed, wrong timings by name, the rest in short."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import bare, commit, key, series
from records import history, old, seen

from stallhorn.diagnose import diagnose
from stallhorn.model import Evidence, Explanation, Finding, Report
from stallhorn.report.sentence import moved_in_words
from stallhorn.report.terminal import check_text, history_text

NESTED = {"calls__nested_regions": 50, "calls__regions": 51, "calls__region_threads": 2}
FLAT = {"calls__nested_regions": 0, "calls__regions": 1, "calls__region_threads": 2}
CODE = {"code__python": "p", "code__libraries": {"numpy": "2 a"}, "code__dispatchers": []}


def slower() -> Report:
    return diagnose(history([0.01, 0.02], seen(0, **FLAT, **CODE), seen(1, **NESTED, **CODE)))


def finding(pitfall: str = "slow-thing", severity: str = "cause", commit_: str = commit(1), claim: str = "") -> Finding:
    evidence = (
        Evidence("seconds", "2", "1", "observed"),
        Evidence("regions", "51", "1", "counted"),
    )
    return Finding(pitfall, severity, key(), commit_, claim or f"It is {pitfall}.", evidence, "Mend it.")


def with_findings(*findings: Finding, times: tuple[float, ...] = (0.01, 0.01)) -> Report:
    return replace(diagnose(history(times)), findings=findings)


@pytest.mark.parametrize(
    ("before", "after", "unit", "words"),
    [
        (1.0, 2.0, "seconds", "2.00x slower"),
        (4.0, 2.0, "bytes", "2.00x smaller"),
        (1.0, 3.0, "parallel regions (counted)", "from 1 to 3 parallel regions"),
        (0.0, 3.0, "compilations (counted)", "from 0 to 3 compilations"),
        (3.0, 0.0, "compilations (counted)", "from 3 to 0 compilations"),
        (1.0, 5.0, "(1 works ... 5 wrong, counted)", "from 1 to 5 (1 works ... 5 wrong)"),
        (0.0, 2097152.0, "bytes of temporary memory (counted)", "from 0 B to 2.00 MiB of temporary memory"),
        (1234567.0, 1234568.0, "JAX computations (counted)", "from 1234567 to 1234568 JAX computations"),
        (None, 3.0, "compilations (counted)", "not comparable"),
        (None, 3.0, "seconds", "not comparable"),
    ],
)
def test_what_is_exact_is_told_by_its_values_and_a_time_by_its_ratio(
    before: float | None, after: float, unit: str, words: str
) -> None:
    assert moved_in_words(before, after, unit) == words


def test_under_a_series_that_became_slower_stand_its_cause_evidence_and_remedy() -> None:
    lines = check_text(slower()).splitlines()
    at = next(index for index, line in enumerate(lines) if "2.00x slower" in line and "->" in line)
    assert lines[at + 1].startswith("      cause: nested-parallel: ")
    assert lines[at + 2].startswith("        counted: ")
    assert lines[at + 3].startswith("        remedy: ")
    assert "from 1 to 51 parallel regions" in lines[at + 4] and "from 0 to 50 nested regions" in lines[at + 4]
    assert lines[at + 5] == "      code: the code that it reaches and the array libraries are the same"


def test_the_cause_of_a_slower_series_is_not_told_a_second_time() -> None:
    assert check_text(slower()).count("nested-parallel") == 1


def test_the_strongest_evidence_is_told() -> None:
    made = diagnose(history([0.01, 0.02]))
    why = {(key(), commit(0), commit(1)): Explanation(causes=(finding(),))}
    text = check_text(replace(made, explanations=why))
    assert "counted: regions: 51 (expected 1)" in text and "seconds" not in text.partition("cause:")[2]


def test_a_remedy_is_told_once() -> None:
    keys = [key(f"suite.Case.time_{index}") for index in range(3)]
    told = [seen(place, of=of, **facts) for of in keys for place, facts in enumerate((FLAT, NESTED))]
    text = check_text(diagnose(history({of: [0.01, 0.02] for of in keys}, *told)))
    assert (text.count("cause: nested-parallel"), text.count("remedy: ")) == (3, 1)


def test_a_speed_up_says_what_is_gone_and_what_makes_it_wrong() -> None:
    gone = check_text(diagnose(history([0.02, 0.01], seen(0, **NESTED), seen(1, **FLAT))))
    assert "      gone: nested-parallel" in gone
    why = {(key(), commit(0), commit(1)): Explanation(causes=(finding("unsynchronised", "blocking"),))}
    wrong = check_text(replace(diagnose(history([0.02, 0.01])), explanations=why))
    assert "      blocking: unsynchronised: It is unsynchronised." in wrong


def test_wrong_timings_are_named_one_by_one_and_other_causes_counted() -> None:
    text = check_text(with_findings(finding("wrong-thing", "blocking"), finding(), finding("harmless", "context")))
    assert "These timings are wrong: 1 series\n  wrong-thing: suite.Case.time_it @ env: It is wrong-thing." in text
    assert "Other causes at this commit: slow-thing (1 series)" in text
    assert "harmless" not in text


def test_findings_of_earlier_commits_are_not_told_of_this_one() -> None:
    assert "slow-thing" not in check_text(with_findings(finding(commit_=commit(0))))


def test_specimens_show_what_they_are_for() -> None:
    sick = key("suite.Sick.time_it")
    told = [seen(place, of=sick, **NESTED) for place in (0, 1)]
    text = check_text(diagnose(history({sick: [0.01, 0.01]}, *told, specimens={sick: "nested-parallel"})))
    assert "Specimens, kept sick on purpose, show what they are for: nested-parallel (1 series)" in text
    assert "Other causes" not in text


def test_counted_facts_are_told_at_the_first_commit_that_has_them_and_leave_the_verdict() -> None:
    text = check_text(diagnose(history([1.0, 1.0], seen(0), seen(1, calls__compiles=3))))
    assert text.startswith("None of 1 series is slower")
    assert f"{commit(1)[:8]}  1 series  from 0 to 3 compilations  Commit 1" in text


def test_records_without_evidence_say_nothing_new() -> None:
    told = old(0), old(1)
    assert check_text(diagnose(history([1.0, 2.0], *told))) == check_text(diagnose(history([1.0, 2.0])))


def test_a_suite_s_own_counted_benchmark_is_told_by_its_values() -> None:
    made = history([1.0])
    counted = series(bare(0, 0.0), bare(1, 3.0), unit="compiles (counted)")
    name = counted.key.benchmark
    benchmarks = {name: replace(made.benchmarks[name], unit=counted.unit)}
    made = replace(history([1.0, 1.0]), series=(counted,), benchmarks=benchmarks)
    lines = check_text(diagnose(made)).splitlines()
    assert "(suite.Case.time_it from 0 to 3 compiles)" in lines[0]
    assert any(line.strip().startswith("from 0 to 3 compiles") for line in lines[1:])
    assert not any("x slower" in line or "x larger" in line for line in lines)


def test_the_history_of_a_series_marks_facts_and_has_findings_in_full() -> None:
    report = slower()
    lines = history_text(report.history.series[0], report).splitlines()
    row = next(line for line in lines if line.startswith(f"  {commit(1)[:8]}"))
    assert "<- 2.00x slower; " in row and "from 0 to 50 nested regions" in row
    assert any(line.startswith(f"  at {commit(1)[:8]}  cause: nested-parallel: ") for line in lines)
    assert any(line.strip().startswith("remedy: ") for line in lines)
    assert any(line.startswith(f"  since {commit(1)[:8]}  code: ") for line in lines)


def test_hostile_claims_reach_no_terminal() -> None:
    hostile = replace(finding(claim="\x1b[2J\r\nx"), remedy="\x1b]0;x\x07", pitfall="\x9bx", severity="blocking")
    why = {(key(), commit(0), commit(1)): Explanation(causes=(hostile,), code="\x1b[2J")}
    made = replace(with_findings(hostile, times=(0.01, 0.02)), explanations=why)
    for text in (check_text(made), history_text(made.history.series[0], made)):
        assert all(line.isprintable() for line in text.split("\n"))
