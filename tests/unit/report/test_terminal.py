"""The terminal's text: the verdict first, the commits that did it, and nothing that a terminal would act on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from builders import bare, commit, key, point, project, revision, series

from stallhorn.diagnose import diagnose
from stallhorn.model import Benchmark, History, Machine, Measurement, Problem, Report, Status
from stallhorn.report.terminal import check_text, history_text, problems_text, table

HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\nrm -rf\u202e\u200b\x9b31m\ud800é µ [bold]x[/bold]"


def report(*points: Measurement, revisions: int = 8, **changes: object) -> Report:
    keys = list(dict.fromkeys(each.key for each in points))
    found = tuple(series(*(each for each in points if each.key == of)) for of in keys)
    benchmarks = {of.benchmark: Benchmark(of.benchmark, "time", "seconds", "1") for of in keys}
    commits = tuple(revision(position) for position in range(revisions))
    history = History(project(Path("/nowhere")), commits, benchmarks, {"box": Machine("box")}, {}, found)
    return diagnose(replace(history, **changes))


def test_a_table_without_rows_is_no_lines() -> None:
    assert table([]) == []


def test_columns_are_as_wide_as_their_widest_cell_and_nothing_is_cut() -> None:
    assert table([("a", "x" * 200), ("long name", "y")]) == [f"  a          {'x' * 200}", "  long name  y"]


def test_nothing_measured_is_said_in_one_sentence() -> None:
    assert check_text(report()) == "Nothing is measured yet."


def test_a_clean_verdict_is_one_line() -> None:
    text = check_text(report(point(0, 1.0, 1.0), point(1, 1.0, 1.0)))
    assert text.count("\n") == 0
    assert text.startswith("None of 1 series is slower at 00000002")


def test_a_regression_names_the_commit_its_parent_both_values_and_the_ratio() -> None:
    text = check_text(report(point(0, 1.0, 1.0), point(1, 2.0, 2.0)))
    lines = text.splitlines()
    assert lines[0].startswith("1 of 1 series is slower at 00000002")
    assert "  since   00000002  2026-01-02  Commit 1" in lines
    assert "  before  00000001  2026-01-01  Commit 0 (its parent)" in lines
    assert "2.00x slower" in lines[-1] and "suite.Case.time_it @ env" in lines[-1]
    assert "1.00 s (" in lines[-1] and "->  2.00 s (" in lines[-1]


def test_commits_that_nobody_measured_are_named() -> None:
    text = check_text(report(point(0, 1.0, 1.0), point(3, 2.0, 2.0)))
    assert "2 commits in between not measured" in text
    assert "00000002  2026-01-02  Commit 1" in text and "00000003  2026-01-03  Commit 2" in text
    assert "(its parent)" not in text


def test_a_change_that_an_earlier_commit_began_is_put_to_that_commit() -> None:
    levels = [1.0, 1.05, 0.96, 1.02]
    points = [point(place, level, level * 1.12) for place, level in enumerate(levels)]
    for place in range(4, 8):
        points.append(point(place, 1.36, 1.36 * 1.12))
        text = check_text(report(*points))
        if "Slower" in text:
            break
    assert place > 4
    assert "since   00000005" in text and "before  00000004" in text


def test_a_change_of_an_earlier_commit_is_told_although_this_one_is_clean() -> None:
    text = check_text(report(*(point(place, level, level) for place, level in enumerate((1.0, 1.0, 2.0, 2.0)))))
    assert text.startswith("None of 1 series is slower")
    assert text.endswith(f"{commit(2)[:8]}  1 series slower  up to 2.00x slower  Commit 2")


def test_an_improvement_is_told_and_is_no_regression() -> None:
    text = check_text(report(point(0, 2.0, 2.0), point(1, 1.0, 1.0)))
    assert "Faster: 1 series" in text and "2.00x faster" in text
    assert "Slower" not in text


def test_doubt_is_told_with_its_reason() -> None:
    text = check_text(report(point(0, 1.0, 2.4), point(1, 2.2, 2.3)))
    assert "Too noisy to say: 1 series" in text and "overlap" in text


def test_failures_say_why_and_when_it_last_worked() -> None:
    failed = replace(bare(1, None), reason="ValueError: no\nsecond line")
    text = check_text(report(point(0, 1.0, 1.0), failed))
    assert "Failed at this commit: 1 series" in text
    assert "measured at 00000001" in text
    assert "ValueError: no\\x0asecond line" in text


def test_what_was_skipped_is_no_failure() -> None:
    skipped = Measurement(key("other"), commit(1), Status.SKIPPED, reason="no numba")
    text = check_text(report(point(0, 1.0, 1.0), point(1, 1.0, 1.0), skipped))
    assert "Failed" not in text


def test_a_long_list_says_how_much_it_left_out() -> None:
    points = [
        point(place, level, level, of=key(f"b{index:02}"))
        for index in range(30)
        for place, level in enumerate((1.0, 2.0))
    ]
    assert "and 10 more (--json lists all)" in check_text(report(*points))


def test_hostile_names_and_subjects_reach_no_terminal() -> None:
    hostile = key(f"bad{HOSTILE}", n=HOSTILE)
    commits = tuple(revision(position, HOSTILE) for position in range(2))
    points = point(0, 1.0, 1.0, of=hostile), point(1, 2.0, 2.0, of=hostile)
    made = report(*points, revisions=2, problems=(Problem(HOSTILE, HOSTILE, HOSTILE),))
    made = replace(made, history=replace(made.history, revisions=commits), changes=())
    for text in (check_text(made), problems_text(made), history_text(made.history.series[0], made)):
        assert all(line.isprintable() for line in text.split("\n"))
        assert "\x1b" not in text


def test_problems_are_shown_and_no_problems_are_no_text() -> None:
    assert problems_text(report()) == ""
    text = problems_text(report(problems=(Problem("file.json", "is not JSON", "Delete it."),)))
    assert "file.json: is not JSON. Delete it." in text


def test_a_history_shows_each_commit_its_changes_and_why_a_point_is_missing() -> None:
    made = report(
        point(0, 1.0, 1.0),
        replace(bare(1, None), status=Status.TIMEOUT, reason="took longer than 60 s"),
        point(2, 2.0, 2.0),
        bare(3, None),
        bare(4, 2.0),
    )
    lines = history_text(made.history.series[0], made).splitlines()
    assert lines[0] == "suite.Case.time_it" and "environment env, machine box" in lines[1]
    assert "timeout" in lines[3] and "took longer than 60 s" in lines[3]
    assert "<- 2.00x slower" in lines[4] and "Commit 2" in lines[4]
    assert "no reason was stored" in lines[5]
    assert "no interval" in lines[6]
