"""The changes of a history in the terminal: each with its kind, size, series, range and reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from builders import commit, key, revision
from records import history, seen

from stallhorn.diagnose import diagnose
from stallhorn.model import Change, ChangePoint, Direction, Kind, Level, Report, Suspicion
from stallhorn.report.change_words import (
    confidence_in_words,
    factor,
    headline,
    interval_in_words,
    kind_in_words,
    size_in_words,
)
from stallhorn.report.changes import changes_text
from stallhorn.report.terminal import check_text, history_text

NUMBA, NUMPY = (
    [key("suite.Case.time_it", backend=backend, n=n) for n in ("10", "20")] for backend in ("'numba'", "'numpy'")
)


def made(*facts: Any) -> Report:
    slower = {of: [0.01, 0.01, 0.02] for of in NUMBA}
    return diagnose(history({**slower, **{of: [0.01, 0.01, 0.01] for of in NUMPY}}, *facts))


def entry(report: Report) -> list[str]:
    return changes_text(report).split("\n\n")[1].splitlines()


# --- words


def change(ratio: float | None, low: float | None = None, high: float | None = None, **changes: Any) -> Change:
    level = Level(0, 1, 1.0, 1.0, 1.0)
    points = tuple(ChangePoint(of, level, level, commit(0), commit(1)) for of in NUMBA)
    direction = Direction.SLOWER if ratio is None or ratio > 1 else Direction.FASTER
    base = Change(revision(0), revision(1), (), direction, points, Kind.CODE, ratio, low, high)
    return replace(base, **changes)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (change(1.42, 1.38, 1.46), "1.42x (99 % interval 1.38x to 1.46x)"),
        (change(0.5, 0.4, 0.625), "2.00x (99 % interval 1.60x to 2.50x)"),
        (change(1.0312, 1.02, 1.041), "1.031x (99 % interval 1.020x to 1.041x)"),
        (change(1.2, 0.9, 1.6), "1.20x (99 % interval 1.11x faster to 1.60x slower)"),
        (change(2.0), "2.00x"),
        (change(123456.0), "123,456x"),
        (change(None), ""),
    ],
)
def test_a_size_is_a_factor_in_the_changes_own_direction_with_its_interval(given: Change, words: str) -> None:
    assert size_in_words(given) == words
    assert interval_in_words(change(None, 1.0, 2.0)) == ""


def test_a_confidence_never_reads_as_certain() -> None:
    assert [confidence_in_words(each) for each in (0.9999, 0.99996, 0.95, 0.7)] == [
        *("99.99 %", "99.99 %", "95 %", "70 %"),
    ]
    assert factor(0.25) == "4.00x"


def test_each_kind_has_a_word_of_its_own() -> None:
    assert headline(change(1.5)) == "2 series slower, typically 1.50x"
    assert headline(change(1.5, kind=Kind.MACHINE)) == "machine event: 2 series moved, typically 1.50x slower"
    for reason, word in (
        ("measurement repaired: x is gone", "measurement repaired"),
        ("measurement broke: x is new", "measurement broke"),
        ("", "measurement changed"),
    ):
        told = change(0.5, kind=Kind.MEASUREMENT, reason=reason)
        assert kind_in_words(told) == word
        assert headline(told) == f"{word}: 2 series read otherwise, typically 2.00x faster"


# --- the list


def test_an_entry_has_its_commit_kind_size_series_pattern_and_range() -> None:
    report = made()
    assert changes_text(report).startswith("1 change in 3 measured commits of 4 series: 1 slower.")
    lines = entry(report)
    assert lines[0] == f"{commit(2)[:8]}  2026-01-03  Commit 2"
    assert lines[1].startswith("  2 series slower, typically 2.00x (99 % interval ")
    assert lines[1].endswith("; confidence 99.99 %")
    assert lines[2] == "  of 1 benchmark, most 2.00x slower: suite.Case.time_it [backend=numba, n=10] @ env"
    assert lines[3] == "  hit: numba only"
    assert lines[4] == f"  before  {commit(1)[:8]}  2026-01-02  Commit 1 (its parent)"


def test_commits_that_were_not_measured_stand_in_the_range() -> None:
    report = made()
    (found,) = report.changes
    gap = replace(report, changes=(replace(found, last=revision(0), untested=(revision(1),)),))
    assert "  1 commit in between not measured; any of them may have done it:" in entry(gap)


def test_causes_are_told_with_their_share_of_the_series() -> None:
    nested = {"calls__nested_regions": 50, "calls__regions": 51, "calls__region_threads": 2}
    flat = {"calls__nested_regions": 0, "calls__regions": 1, "calls__region_threads": 2}
    of = NUMBA[0]
    lines = entry(made(seen(1, of=of, **flat), seen(2, of=of, **nested)))
    assert any(line.startswith("  why: cause: nested-parallel: ") and "(1 of 2 series)" in line for line in lines)
    assert any(line.startswith("  why: counted: ") for line in lines)


def test_a_machines_event_and_a_repair_give_their_reason() -> None:
    report = made()
    for kind, reason, line in (
        (Kind.MACHINE, "a noisy night", "  a noisy night"),
        (Kind.MEASUREMENT, "measurement repaired: x is gone", "  x is gone"),
    ):
        told = replace(report, changes=(replace(report.changes[0], kind=kind, reason=reason),))
        assert line in entry(told)
        assert ("1 of a machine" if kind is Kind.MACHINE else "1 of measurement") in changes_text(told)


def test_without_changes_it_says_so() -> None:
    report = diagnose(history([1.0, 1.0]))
    assert changes_text(report) == "No change in 2 measured commits of 1 series."
    assert changes_text(report, revision(0)).endswith(f" since {commit(0)[:8]}.")


def test_suspicions_come_last_with_what_would_settle_them() -> None:
    doubt = Suspicion(key("a\x1b[31m"), commit(0), commit(1), Direction.SLOWER, 1.3, 0.7, "one point alone")
    text = changes_text(replace(diagnose(history([1.0, 1.0])), suspicions=(doubt,) * 30))
    assert "Suspicions: 30 series look changed" in text and "`stallhorn run --recheck`" in text
    row = next(line for line in text.splitlines() if "1.30x slower" in line)
    assert "70 %" in row and "one point alone" in row and "\x1b" not in row
    assert text.endswith("and 10 more (--json lists all)")


def test_names_and_subjects_cannot_steer_the_terminal() -> None:
    report = made()
    (found,) = report.changes
    hostile = replace(found, first=revision(2, "bad\x1b[2J"), kind=Kind.MACHINE, reason="r\x1b[0m")
    assert "\x1b" not in changes_text(replace(report, changes=(hostile,)))


# --- what check and show say of kinds


def test_a_series_history_says_what_the_code_did_not_do() -> None:
    report = diagnose(history([1.0, 2.0, 2.0]))
    (found,) = report.changes
    point = replace(found.worst, kind=Kind.MACHINE, reason="a noisy night")
    told = replace(report, changes=(replace(found, points=(point,)),))
    assert "<- 2.00x slower (a noisy night)" in history_text(report.history.series[0], told)


def test_check_tells_what_the_code_did_not_do_apart_from_regressions() -> None:
    code = {"code__python": "p", "code__libraries": {"numpy": "2 a"}, "code__dispatchers": []}
    text = check_text(diagnose(history([1.0, 2.0], seen(0, **code), seen(1, **code))))
    assert text.startswith("None of 1 series is slower at 00000002; 1 moved by the machine.")
    assert "Moved by the machine, no regression: 1 series" in text
    assert "\nSlower:" not in text and "2.00x slower" in text


def test_the_history_in_check_names_the_kind() -> None:
    report = diagnose(history([1.0, 2.0, 2.0]))
    told = replace(report, changes=(replace(report.changes[0], kind=Kind.MACHINE, reason="a noisy night"),))
    assert "machine event, 1 series" in check_text(told)
