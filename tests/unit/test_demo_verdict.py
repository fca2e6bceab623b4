"""What was planted, held beside what a report says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from builders import commit, key, point, project, revision, series

from stallhorn.demo.history import Step
from stallhorn.demo.verdict import Verdict, environments_differ, judge
from stallhorn.diagnose import diagnose
from stallhorn.model import Explanation, Finding, History, Observation, Report, SeriesKey, Status

BENCHMARK = "suite.Rows.measure"
SICK, REPAIRED = Step("Faster rows", sick=frozenset({"rows"})), Step("Back again")
KEY = key(BENCHMARK)
STEPS = (Step("Begin"), replace(SICK, pitfalls={"rows": "nested-parallel"}), REPAIRED)
COMMITS = tuple(commit(position) for position in range(3))


def finding(pitfall: str, severity: str = "cause", of: SeriesKey = KEY) -> Finding:
    return Finding(pitfall, severity, of, COMMITS[1], "It is so.", (), "Do otherwise.")


def history(*rows: Sequence[float], keys: Sequence[SeriesKey] = (KEY,)) -> History:
    lines = tuple(
        series(*(point(position, value, value, of=of) for position, value in enumerate(values) if value))
        for of, values in zip(keys, rows, strict=True)
    )
    return History(project(Path("/demo")), tuple(revision(position) for position in range(3)), {}, {}, {}, lines)


def report(*values: float, sick: tuple[Finding, ...] = (), gone: tuple[Finding, ...] = ()) -> Report:
    """A report on three commits, with what came at the second and went at the third."""
    found = diagnose(history(values))
    told = {
        (KEY, COMMITS[0], COMMITS[1]): Explanation(causes=sick),
        (KEY, COMMITS[1], COMMITS[2]): Explanation((), gone),
    }
    return replace(found, explanations=told)


def verdict(found: Report, steps: Sequence[Step] = STEPS) -> Verdict:
    return judge(found, COMMITS, steps)


def test_a_cause_that_was_planted_and_is_named_is_fine() -> None:
    nested = finding("nested-parallel")
    found = verdict(report(1e-3, 12e-3, 1e-3, sick=(nested,), gone=(nested,)))
    assert found.complete
    assert [line.moved for line in found.lines] == [
        (),
        ("rows 12.0x slower: nested-parallel",),
        ("rows 12.0x faster: nested-parallel is gone",),
    ]


def test_a_cause_that_is_not_named_is_missing() -> None:
    found = verdict(report(1e-3, 12e-3, 1e-3))
    assert not found.complete
    assert found.missing == (f"{COMMITS[1][:8]} rows: nested-parallel is not named",)
    assert found.lines[1].moved == ("rows 12.0x slower: no cause found",)


def test_another_cause_than_the_planted_one_is_missing_and_wrong() -> None:
    found = verdict(report(1e-3, 12e-3, 1e-3, sick=(finding("race"),)))
    assert found.missing
    assert found.wrong == (f"{COMMITS[1][:8]} rows: race is named, and was not planted",)


def test_a_remark_is_no_cause() -> None:
    found = verdict(report(1e-3, 12e-3, 1e-3, sick=(finding("nested-parallel"), finding("race", "context"))))
    assert found.complete
    assert found.lines[1].moved == ("rows 12.0x slower: nested-parallel",)


def test_a_change_that_is_not_certain_is_missing() -> None:
    found = verdict(report(1e-3, 1e-3, 1e-3))
    assert found.missing == (f"{COMMITS[1][:8]} rows: no change is certain (nested-parallel was planted)",)


def test_a_slow_down_without_a_pitfall_must_be_told_and_have_no_cause() -> None:
    steps = (STEPS[0], replace(SICK, pitfalls={"rows": ""}), REPAIRED)
    assert verdict(report(1e-3, 3e-3, 3e-3), steps).complete
    assert verdict(report(1e-3, 1e-3, 1e-3), steps).missing
    assert verdict(report(3e-3, 1e-3, 1e-3), steps).missing == (f"{COMMITS[1][:8]} rows: is not told to be slower",)
    assert verdict(report(1e-3, 3e-3, 3e-3, sick=(finding("race"),)), steps).wrong


def test_a_time_that_was_wrong_before_is_told_with_its_repair() -> None:
    steps = (STEPS[0], replace(SICK, pitfalls={"rows": "unsynchronised"}), REPAIRED)
    wrong = finding("unsynchronised", "blocking")
    found = verdict(report(20e-3, 1e-3, 20e-3, sick=(wrong,), gone=(wrong,)), steps)
    assert found.complete
    assert found.lines[1].moved == ("rows 20.0x faster: unsynchronised",)
    assert found.lines[2].moved == ("rows 20.0x slower: the time before was wrong, unsynchronised",)


def test_what_is_skipped_everywhere_is_left_out_and_not_missing() -> None:
    whole = history((1e-3, 12e-3, 1e-3))
    (line,) = whole.series
    points = tuple(replace(one, status=Status.SKIPPED, value=None, reason="no numba") for one in line.points)
    found = verdict(diagnose(replace(whole, series=(replace(line, points=points),))))
    assert found.complete
    assert found.left_out == ("rows: no numba",)


def test_environments_differ_where_one_is_clearly_slower() -> None:
    other = key(BENCHMARK, environment="newer")
    slower = diagnose(history((1e-3, 1e-3, 1e-3), (0, 0, 4e-3), keys=(KEY, other)))
    assert environments_differ(slower, COMMITS[2]) == "rows 4.00x slower"
    alike = diagnose(history((1e-3, 1e-3, 1e-3), (0, 0, 1.1e-3), keys=(KEY, other)))
    assert environments_differ(alike, COMMITS[2]) == "no clear difference"


def test_environments_are_not_compared_where_other_programs_were_busy() -> None:
    other = key(BENCHMARK, environment="newer")
    loud = Observation(other, COMMITS[2], Status.OK, {"sampling": {"foreign_load": 1.2}}, "1", 1)
    whole = replace(history((1e-3, 1e-3, 1e-3), (0, 0, 4e-3), keys=(KEY, other)), observations=(loud,))
    said = environments_differ(diagnose(whole), COMMITS[2])
    assert said == "no clear difference; 1 not compared, other programs were busy"
