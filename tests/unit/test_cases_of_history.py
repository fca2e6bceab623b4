"""Cases from a history: the quietest process, the right baseline, and siblings that are looked up and not searched."""

from __future__ import annotations

from dataclasses import replace

from builders import commit, key, series
from records import history, old, seen

from stallhorn.cases import Cases, observed
from stallhorn.changes.levels import detect
from stallhorn.model import History, Measurement, SeriesKey, Status
from stallhorn.pitfalls.base import Case


def case(of: History, position: int, which: SeriesKey | None = None, **more: object) -> Case | None:
    changes = {each.key: detect(each) for each in of.series}
    made = next(each for each in of.series if which is None or each.key == which)
    return Cases(of, observed(of.observations), changes).at(made, commit(position), **more)  # type: ignore[arg-type]


def test_a_case_has_the_facts_of_the_quietest_process_and_the_others_as_repeats():
    loud, quiet = seen(0, 0, sampling__foreign_load=0.9, calls__regions=1), seen(0, 1, calls__regions=2)
    found = case(history([1.0], loud, quiet), 0)
    assert found is not None
    assert (found.facts.count("calls.regions"), found.run.disturbed) == (2, False)
    assert [one.facts.count("calls.regions") for one in found.repeats] == [1]


def test_a_process_that_made_the_extra_call_tells_more_than_a_quieter_one():
    found = case(history([1.0], old(0, 0), seen(0, 1, sampling__foreign_load=0.9, calls__regions=2)), 0)
    assert found is not None and found.facts.count("calls.regions") == 2


def test_a_process_that_failed_does_not_speak_for_a_measurement_that_did_not():
    failed = replace(seen(0, 0, calls__regions=7), status=Status.FAILED)
    found = case(history([1.0], failed, seen(0, 1, sampling__foreign_load=0.9, calls__regions=2)), 0)
    assert found is not None and found.facts.count("calls.regions") == 2


def test_the_baseline_is_the_level_before_the_newest_change():
    told = [seen(place, calls__regions=place + 1) for place in range(4)]
    found = case(history([1.0, 1.0, 2.0, 2.0], *told), 3)
    assert found is not None and found.baseline is not None
    assert (found.baseline.commit, found.slowdown) == (commit(1), 2.0)
    assert found.baseline.facts.count("calls.regions") == 2


def test_a_later_change_is_none_of_an_earlier_case():
    found = case(history([1.0, 1.0, 2.0]), 1)
    assert found is not None and found.baseline is not None
    assert (found.baseline.commit, found.slowdown) == (commit(0), None)


def test_the_first_commit_has_no_baseline():
    found = case(history([1.0]), 0)
    assert found is not None and (found.baseline, found.slowdown) == (None, None)


def test_a_commit_can_be_named_as_baseline():
    found = case(history([1.0, 1.0, 2.0, 2.0]), 3, base=commit(2), slowdown=None)
    assert found is not None and found.baseline is not None
    assert (found.baseline.commit, found.slowdown) == (commit(2), None)


def test_what_was_not_measured_or_skipped_has_no_case():
    made = history([1.0, 1.0])
    skipped = Measurement(key(), commit(1), Status.SKIPPED)
    made = replace(made, series=(series(made.series[0].points[0], skipped),))
    assert case(made, 1) is None and case(made, 5) is None
    assert case(made, 0) is not None


def test_values_that_are_no_times_are_no_seconds():
    made = history([5.0])
    made = replace(made, series=(replace(made.series[0], unit="bytes"),))
    found = case(made, 0)
    assert found is not None and found.run.seconds is None and found.run.status is Status.OK


def grid() -> History:
    keys = [key(n=size, threads=threads) for size in ("100", "20", "3") for threads in ("'1'", "'2'")]
    others = [key("suite.Other.time_it", n="20", threads="'1'"), key(machine="tower", n="20", threads="'1'")]
    return history({of: [float(index + 1)] for index, of in enumerate([*keys, *others])})


def test_siblings_are_the_other_parameters_of_the_same_benchmark_environment_and_machine():
    found = case(grid(), 0, key(n="20", threads="'1'"))
    assert found is not None
    assert len(found.siblings) == 5 and found.run not in found.siblings


def test_runs_along_a_parameter_are_what_a_case_without_an_index_finds():
    found = case(grid(), 0, key(n="20", threads="'2'"))
    assert found is not None
    plain = Case(found.key, found.run, found.siblings)
    assert [one.parameters.get("n") for one in found.along("n")] == ["3", "20", "100"]
    assert found.along("n") == plain.along("n")
    assert found.along("nothing") == plain.along("nothing") == ()
    assert found.with_one_thread is not None and found.with_one_thread == plain.with_one_thread
    assert found.with_one_thread.parameters.get("n") == "20"
