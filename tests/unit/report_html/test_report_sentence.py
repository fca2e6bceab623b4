"""The verdict in one sentence: every case has its own words, and the counts are those of the series."""

from __future__ import annotations

from report_builder import compare, demo, key, missing, ok, one_series, report, revision

from stallhorn.model import Direction, Series, Status, Verdict
from stallhorn.report.sentence import Standing, change_in_words, sentence, standings

OLD, NEW = revision(0), revision(1)


def judged(*outcomes: tuple[float, Verdict, Direction]) -> object:
    """A report with one series for each outcome, all at the same commit, with 1 ms before."""
    series, comparisons = [], []
    for index, (ratio, verdict, direction) in enumerate(outcomes):
        of = key(n=str(index))
        series.append(Series(of, "seconds", (ok(of, OLD, 1e-3), ok(of, NEW, 1e-3 * ratio))))
        comparisons.append(compare(series[-1].points[-1], 1e-3, verdict, direction))
    return report(series, revisions=[OLD, NEW], comparisons=comparisons)


SLOWER = (2.01, Verdict.REGRESSION, Direction.SLOWER)
FASTER = (0.5, Verdict.CLEAN, Direction.FASTER)
SAME = (1.01, Verdict.CLEAN, Direction.SAME)
UNCLEAR = (1.2, Verdict.INCONCLUSIVE, Direction.SAME)


def test_nothing_measured() -> None:
    assert sentence(report()) == "Nothing is measured yet."


def test_one_commit_has_nothing_to_compare_with() -> None:
    revisions, series = one_series([1e-3])
    one = report([series], revisions=revisions, comparisons=[compare(series.points[0], None, Verdict.NOTHING)])
    assert sentence(one) == f"1 series measured at {revisions[0].short}; no earlier measurement to compare with."


def test_a_regression_names_the_commit_and_the_worst_series() -> None:
    assert sentence(judged(SAME, (1.5, *SLOWER[1:]), SLOWER, FASTER)) == (
        f"2 of 4 series are slower at {NEW.short} (worst: suite.Case.time_it [n=2] 2.01x slower); "
        "1 faster; 1 within noise."
    )


def test_a_single_regression_is_not_called_the_worst() -> None:
    assert sentence(judged(SLOWER)) == (
        f"1 of 1 series is slower at {NEW.short} (suite.Case.time_it [n=0] 2.01x slower)."
    )


def test_clean() -> None:
    assert sentence(judged(SAME, SAME, FASTER)) == (
        f"None of 3 series is slower at {NEW.short}; 1 faster; 2 within noise."
    )


def test_inconclusive_is_not_a_clean_bill() -> None:
    assert sentence(judged(SAME, UNCLEAR)) == (
        f"No series is shown to be slower at {NEW.short}, but 1 of 2 is too noisy to say; 1 within noise."
    )


def test_all_failed() -> None:
    of = key()
    series = Series(of, "seconds", (missing(of, NEW, Status.ABORTED, "signal 6"),))
    failed = report(
        [series], revisions=[NEW], comparisons=[compare(series.points[0], None, Verdict.NOTHING, reason="aborted")]
    )
    assert sentence(failed) == f"Nothing could be measured at {NEW.short}; 1 failed."


def test_a_series_without_a_point_at_the_newest_commit_is_out_of_date_not_new() -> None:
    stale, fresh = key(n="1"), key(n="2")
    series = [
        Series(stale, "seconds", (ok(stale, OLD, 1e-3),)),
        Series(fresh, "seconds", (ok(fresh, OLD, 1e-3), ok(fresh, NEW, 1e-3))),
    ]
    made = report(series, revisions=[OLD, NEW], comparisons=[compare(series[1].points[-1], 1e-3, Verdict.CLEAN)])
    assert standings(made) == {stale: Standing.OLD, fresh: Standing.SAME}
    assert sentence(made) == f"None of 1 series is slower at {NEW.short}; 1 within noise; 1 not measured there."


def test_two_machines_with_different_newest_commits_are_both_named() -> None:
    first, second = key(machine="m1"), key(machine="m2")
    series = [
        Series(first, "seconds", (ok(first, OLD, 1e-3),)),
        Series(second, "seconds", (ok(second, NEW, 1e-3),)),
    ]
    made = report(
        series, revisions=[OLD, NEW], comparisons=[compare(each.points[0], 1e-3, Verdict.CLEAN) for each in series]
    )
    assert f"at {OLD.short} and {NEW.short};" in sentence(made)


def test_control_characters_of_names_do_not_reach_the_terminal() -> None:
    of = key("suite.time_\x1b[31mred\u202e")
    series = Series(of, "seconds", (ok(of, OLD, 1e-3), ok(of, NEW, 2e-3)))
    made = report(
        [series],
        revisions=[OLD, NEW],
        comparisons=[compare(series.points[-1], 1e-3, Verdict.REGRESSION, Direction.SLOWER)],
    )
    assert "\x1b" not in sentence(made)
    assert "\u202e" not in sentence(made)


def test_memory_is_larger_not_slower() -> None:
    assert change_in_words(2.0, "bytes") == "2.00x larger"
    assert change_in_words(0.5, "seconds") == "2.00x faster"


def test_the_counts_of_the_demo_add_up() -> None:
    made = demo()
    found = list(standings(made).values())
    assert len(found) == 42
    assert sentence(made).startswith(f"{found.count(Standing.SLOWER)} of 39 series are slower at {made.newest.short}")
