"""What is told of a change: what speaks for its causes, what does not, and what else was different."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from change_builder import AFTER, BEFORE, bare, of_machine, repaired, rich, seen
from findings_builder import finding

from stallhorn import pitfalls
from stallhorn.model import Explanation, Report
from stallhorn.report.account import Account, Accounts
from stallhorn.report.evidence import NOTHING_FOUND, PATHS, Says
from stallhorn.report.rejected import Verdict


def newest(report: Report) -> Account:
    return Accounts(report).of(report.changes[0])


def with_records(before: dict[str, object] | None, after: dict[str, object]) -> Report:
    """The rich report with other records of its newest change; None takes away those of the older side."""
    made = rich()
    change = made.changes[0]
    records = seen(change, before or {}, after)
    kept = tuple(each for each in records if before is not None or each.commit != change.last.commit)
    return replace(made, history=replace(made.history, observations=kept))


def test_the_sentence_says_what_how_much_where_since_when_why_and_how_sure() -> None:
    assert newest(rich()).brief.sentence == (
        "12 series slower, typically 1.61x (99 % interval 1.55x to 1.66x), of rbf.Rbf.measure, on workbench, "
        "since aa99e079. Cause: nested-parallel. Confidence 99.91 %."
    )


def test_a_fact_of_a_cause_is_told_before_and_since() -> None:
    cause = newest(rich()).told.causes[0]
    assert (cause.pitfall, cause.series, cause.is_new) == ("nested-parallel", 12, True)
    counted, observed, proven = cause.rows
    assert (counted.before, counted.after, counted.expected, counted.says) == ("0", "300", "0", Says.NEW)
    assert (observed.before, observed.after, observed.kind) == (NOTHING_FOUND, "2.10", "observed")
    assert proven.kind == "proven"


def test_a_fact_that_was_so_before_is_told_to_be_the_same() -> None:
    made = with_records({**BEFORE, "calls": {**BEFORE["calls"], "nested_regions": 300}}, AFTER)
    assert newest(made).told.causes[0].rows[0].says is Says.SAME


def test_what_went_with_a_speed_up_is_told_the_other_way_round() -> None:
    made = rich()
    faster = Accounts(made).of(made.changes[2])
    assert faster.brief.cause == "Gone with it: nested-parallel"
    assert (faster.told.causes[0].is_new, faster.told.causes[0].rows[0].before) == (False, "300")


def test_counted_facts_say_in_how_many_series() -> None:
    ((row, count),) = newest(rich()).told.counted
    assert (row.fact, row.before, row.after, row.kind, count) == ("nested regions", "0", "300", "counted", 6)


def test_what_the_machine_did_is_compared_where_both_sides_are_recorded() -> None:
    did = {row.fact: row for row in newest(rich()).told.did}
    assert (did["runnable threads"].before, did["runnable threads"].after) == ("1.2", "3.9")
    assert (did["threads used"].says, did["threads used"].kind) == (Says.SAME, "counted")
    assert newest(with_records(None, AFTER)).told.did == ()


def test_facts_that_are_looked_up_are_facts_that_detectors_name() -> None:
    sources = "".join(path.read_text("utf-8") for path in Path(pitfalls.__path__[0]).glob("*.py"))
    assert [fact for fact in PATHS if fact not in sources] == []


def test_causes_that_were_looked_at_and_rejected_are_told_with_the_reason() -> None:
    told = {each.pitfall: each for each in newest(rich()).rejected}
    assert "nested-parallel" not in told
    assert told["memory-bound"].verdict is Verdict.BEFORE
    assert told["recompilation"].verdict is Verdict.NOTHING
    assert told["recompilation"].facts == (("calls.compiles", "0", "0"),)
    assert told["race"].verdict is Verdict.UNABLE
    assert told["race"].why == "not known: result.digest"


def test_libraries_that_are_not_in_use_are_not_missed() -> None:
    assert "unsynchronised" not in {each.pitfall for each in newest(rich()).rejected}


def test_what_is_found_only_now_because_the_older_record_lacks_it_says_so() -> None:
    told = {each.pitfall: each for each in newest(with_records({"versions": {}}, AFTER)).rejected}
    assert told["memory-bound"].verdict is Verdict.ONE_SIDED
    assert told["memory-bound"].why == "not known before: calls.input_bytes"


def test_beside_busy_neighbours_what_judges_by_times_is_silent() -> None:
    told = {
        each.pitfall: each
        for each in newest(with_records(BEFORE, {**AFTER, "sampling": {"foreign_load": 2.0}})).rejected
    }
    noisy = [each for each in told.values() if "other programs were busy" in each.why]
    assert noisy
    assert all(each.verdict is Verdict.UNABLE for each in noisy)


def test_other_versions_and_another_governor_stand_in_the_title() -> None:
    around = newest(rich()).around
    assert around.heading == "Environment: host: governor, numpy changed too"
    assert [(each.what, each.before, each.after, each.series) for each in around.differences] == [
        ("host: governor", "performance", "powersave", 12),
        ("numpy", "2.1.3", "2.2.0", 12),
    ]


def test_the_load_of_the_moment_is_no_difference() -> None:
    around = newest(with_records(BEFORE, {**BEFORE, "host": {**BEFORE["host"], "load_average": 9.0}})).around
    assert around.heading == "Environment: the same before and after"


def test_without_records_on_both_sides_nothing_is_said_of_the_environment() -> None:
    assert newest(with_records(None, AFTER)).around.heading == "Environment: not recorded on both sides"


def test_of_times_alone_no_cause_is_told() -> None:
    made = rich()
    account = newest(bare(made.changes[0], made))
    assert account.brief.cause == "Cause unknown: nothing but times is recorded"
    assert (account.told.asked, account.told.causes, account.rejected) == (False, (), ())


def test_records_without_a_pitfall_say_that_none_came_with_it() -> None:
    made = rich()
    account = newest(replace(made, explanations={}, findings=()))
    assert account.told.asked
    assert account.told.causes == ()
    assert account.brief.cause == "Cause unknown: no pitfall came with it"


def test_other_versions_alone_are_told_in_place_of_a_cause() -> None:
    made = rich()
    why = Explanation(installed="other versions are installed: numpy 2.1.3 -> 2.2.0")
    told = {(point.key, point.last, point.first): why for point in made.changes[0].points}
    account = newest(replace(made, explanations=told, findings=()))
    assert account.brief.cause == "No pitfall came with it; other versions are installed: numpy 2.1.3 -> 2.2.0"


def test_an_event_of_the_machine_is_no_regression_and_needs_no_narrowing() -> None:
    account = newest(of_machine(rich()))
    assert account.brief.kind == "machine event"
    assert account.brief.cause.startswith("many series of this machine moved together")
    assert (account.brief.is_open, account.still, account.narrowing) == (False, 0, ())
    assert account.told.notes == ()


def test_a_repaired_measurement_says_what_was_wrong_before() -> None:
    account = newest(repaired(rich()))
    assert account.brief.kind == "measurement repaired"
    assert account.brief.gone == ("unsynchronised",)
    assert account.brief.causes == ()


def test_measured_neighbours_show_the_gap() -> None:
    made = rich()
    gapped = Accounts(made).of(made.changes[2])
    assert [(each.revision.short, each.is_new, each.gap) for each in gapped.neighbours] == [
        ("5eb561a4", False, 0),
        ("656412a9", False, 0),
        ("cb91ce37", False, 2),
        ("205738d1", True, 0),
        ("237751aa", True, 0),
        ("93fdcab8", True, 0),
    ]


def test_the_gravest_cause_comes_first() -> None:
    made = rich()
    point = made.changes[0].worst
    key = (point.key, point.last, point.first)
    two = replace(
        made.explanations[key],
        causes=(*made.explanations[key].causes, finding(point.key, point.first, "unsynchronised", "blocking", "waits")),
    )
    account = newest(replace(made, explanations={**made.explanations, key: two}))
    assert account.brief.causes == ("unsynchronised", "nested-parallel")
    assert [each.pitfall for each in account.told.causes] == ["unsynchronised", "nested-parallel"]
