"""What explains a change: causes that are new, counted facts that differ, and what the fingerprints say."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from builders import commit, key
from records import history, old, seen

from stallhorn.cases import Cases, observed
from stallhorn.causes import Causes
from stallhorn.changes import levels
from stallhorn.counted import facts_of
from stallhorn.diagnose import diagnose
from stallhorn.model import Explanation, Finding, History, Verdict
from stallhorn.pitfalls.base import Case, judge

CODE = {"code__python": "p", "code__libraries": {"numpy": "2 a"}, "code__dispatchers": []}


def detector(
    name: str, found: Callable[[Case], bool], severity: str = "cause", needs: tuple[str, ...] = ("calls.regions",)
) -> ModuleType:
    made: Any = ModuleType(f"stallhorn.pitfalls.{name}")
    made.NEEDS = needs
    made.detect = lambda case: (
        case.finding(made.__name__, severity, f"{name} is there.", (), "Take it out.") if found(case) else None
    )
    return made  # type: ignore[no-any-return]


def regions(more_than: int) -> Callable[[Case], bool]:
    return lambda case: (case.facts.count("calls.regions") or 0) > more_than


MANY = {"many": detector("many", regions(1))}


def causes(of: History, asked: dict[str, ModuleType]) -> Causes:
    told = observed(of.observations)
    return Causes(
        Cases(of, told, {each.key: levels.detect(each) for each in of.series}), facts_of(of.series, told), asked
    )


def explained(of: History, asked: dict[str, ModuleType] = MANY) -> Explanation:
    """The explanation of the newest change of the only series."""
    (series,) = of.series
    return causes(of, asked).explanation(series, levels.detect(series)[-1])


def names(findings: tuple[Finding, ...]) -> list[str]:
    return [one.pitfall for one in findings]


def test_a_cause_that_came_with_a_slow_down_explains_it():
    why = explained(history([1.0, 2.0], seen(0, calls__regions=1), seen(1, calls__regions=9)))
    assert names(why.causes) == ["many"] and why.causes[0].commit == commit(1)


def test_a_cause_that_was_there_before_explains_nothing():
    why = explained(history([1.0, 2.0], seen(0, calls__regions=5), seen(1, calls__regions=9)))
    assert why.causes == ()


def test_a_cause_that_could_not_be_looked_for_before_explains_nothing():
    why = explained(history([1.0, 2.0], old(0), seen(1, calls__regions=9)))
    assert why.causes == ()


def test_what_is_harmless_explains_nothing_and_can_become_a_cause():
    told = seen(0, calls__regions=1), seen(1, calls__regions=9)
    assert explained(history([1.0, 2.0], *told), {"many": detector("many", regions(1), "context")}).causes == ()

    def detect(case: Case) -> Finding:
        severity = "cause" if regions(1)(case) else "context"
        return case.finding("stallhorn.pitfalls.both", severity, "It is there.", (), "Take it out.")

    both: Any = ModuleType("stallhorn.pitfalls.both")
    both.NEEDS, both.detect = (), detect
    assert names(explained(history([1.0, 2.0], *told), {"both": both}).causes) == ["both"]


def test_a_speed_up_is_explained_by_what_is_gone():
    why = explained(history([2.0, 1.0], seen(0, calls__regions=9), seen(1, calls__regions=1)))
    assert (names(why.causes), names(why.gone)) == ([], ["many"])


def test_of_a_speed_up_only_what_makes_its_timing_wrong_is_told():
    told = seen(0, calls__regions=1), seen(1, calls__regions=9)
    assert explained(history([2.0, 1.0], *told)).causes == ()
    wrong = {"many": detector("many", regions(1), "blocking")}
    assert names(explained(history([2.0, 1.0], *told), wrong).causes) == ["many"]


def test_counted_facts_that_changed_stand_beside_it():
    why = explained(history([1.0, 2.0], seen(0, calls__compiles=0), seen(1, calls__compiles=2)))
    assert [(one.key.fact, one.before.center, one.after.center) for one in why.counted] == [("compilations", 0, 2)]


def test_facts_are_compared_between_the_two_commits_of_the_change():
    told = [seen(place, calls__compiles=count) for place, count in enumerate((1, 2, 2, 3))]
    assert explained(history([1.0, 1.0, 2.0, 2.0], *told)).counted == ()  # it was 2 at both


def test_the_same_code_and_libraries_point_at_the_machine():
    why = explained(history([1.0, 2.0], seen(0, **CODE), seen(1, **CODE)))
    assert why.code.endswith("are the same: the machine, or what else ran")


def test_the_same_code_that_did_something_else_does_not_point_at_the_machine():
    why = explained(history([1.0, 2.0], seen(0, **CODE), seen(1, **CODE, calls__compiles=1)))
    assert why.code.endswith("are the same")


def test_changed_code_is_told_and_an_unknown_one_is_not():
    changed = {**CODE, "code__libraries": {"numpy": "3 b"}}
    assert explained(history([1.0, 2.0], seen(0, **CODE), seen(1, **changed))).code == "numpy 2 -> 3"
    assert explained(history([1.0, 2.0], seen(0), seen(1, **CODE))).code == ""


def test_each_case_is_judged_once():
    asked: list[str] = []

    def detect(case: Case) -> None:
        asked.append(case.run.commit)

    spy: Any = ModuleType("stallhorn.pitfalls.spy")
    spy.NEEDS, spy.detect = (), detect
    of = history([1.0, 2.0], seen(0), seen(1))
    made, (change,) = causes(of, {"spy": spy}), levels.detect(of.series[0])
    for _ in range(2):
        made.findings(of.series[0], commit(1))
        made.explanation(of.series[0], change)
    assert sorted(asked) == [commit(0), commit(1)]


def test_of_a_run_that_went_well_and_of_which_nothing_is_known_no_detector_can_tell_anything():
    beside = seen(1, of=key(n="2"), **NESTED)
    many = history({key(n="1"): [1.0, 2.0], key(n="2"): [1.0, 1.0]}, seen(0, of=key(n="2"), **FLAT), beside)
    silent = many.series[0]
    cases = Cases(many, observed(many.observations), {silent.key: levels.detect(silent)})
    case = cases.at(silent, commit(1))
    assert case is not None and case.siblings and case.baseline is not None
    assert judge(case).findings == ()
    assert cases.is_silent(silent, commit(1)) and not cases.is_silent(many.series[1], commit(1))


def test_nobody_is_asked_about_such_a_run():
    of = history([1.0, 2.0])
    made = causes(of, {"any": detector("any", lambda _: True, needs=())})
    assert made.findings(of.series[0], commit(1)) == ()
    assert made.explanation(of.series[0], levels.detect(of.series[0])[0]) == Explanation()


# --- in the report


NESTED = {"calls__nested_regions": 50, "calls__regions": 51, "calls__region_threads": 2}
FLAT = {"calls__nested_regions": 0, "calls__regions": 1, "calls__region_threads": 2}


def test_the_report_names_the_cause_at_the_commit_that_brought_it():
    report = diagnose(history([0.01, 0.02], seen(0, **FLAT), seen(1, **NESTED)))
    (change,) = report.changes
    assert names(report.causes_of(change)) == ["nested-parallel"]
    assert names(report.explanation_of(report.comparisons[0]).causes) == ["nested-parallel"]
    assert ("nested-parallel", commit(1)) in [(one.pitfall, one.commit) for one in report.findings]
    assert report.judged == {"box": commit(1)}


def test_an_old_change_keeps_its_cause_when_it_is_mended():
    told = seen(0, **FLAT), seen(1, **NESTED), seen(2, **FLAT), seen(3, **FLAT)
    report = diagnose(history([0.01, 0.02, 0.01, 0.01], *told))
    mended, broken = report.changes
    assert names(report.causes_of(broken)) == ["nested-parallel"]
    assert names(report.explanation_of(mended.worst).gone) == ["nested-parallel"]
    assert [one.commit for one in report.findings if one.pitfall == "nested-parallel"] == [commit(1)]


def test_counted_facts_are_notes_beside_the_verdict():
    report = diagnose(history([1.0, 1.0], seen(0, calls__compiles=1), seen(1, calls__compiles=2)))
    assert (report.verdict, report.changes) == (Verdict.CLEAN, ())
    (noted,) = report.counted
    assert noted.first.commit == commit(1) and noted.points[0].key.fact == "compilations"
    assert [each.key.fact for each in report.facts] == ["compilations"]
    assert all(not each.key.fact for each in report.history.series)


def test_records_without_evidence_leave_the_report_silent():
    report = diagnose(history([1.0, 2.0], old(0), old(1)))
    assert report.verdict is Verdict.REGRESSION
    assert (report.findings, report.facts, report.counted) == ((), (), ())
    assert report.explanation_of(report.comparisons[0]) == Explanation()


def test_specimens_have_findings_like_others():
    sick = key("suite.Sick.time_it")
    told = [seen(place, of=sick, **NESTED) for place in (0, 1)]
    report = diagnose(history({sick: [1.0, 1.0]}, *told, specimens={sick: "nested-parallel"}))
    assert "nested-parallel" in names(report.findings)
    assert report.history.specimen_of(sick) == "nested-parallel"


@pytest.mark.parametrize(("base", "expected"), [(0, ["nested-parallel"]), (1, [])])
def test_with_a_base_the_explanation_is_of_that_comparison(base: int, expected: list[str]):
    told = seen(0, **FLAT), seen(1, **NESTED), seen(2, **NESTED)
    report = diagnose(history([0.01, 0.02, 0.04], *told), base=commit(base), head=commit(2))
    assert names(report.explanation_of(report.comparisons[0]).causes) == expected
