"""Commits that are measured again, in turns: what is added, what stays, and what an interruption leaves to do."""

import builders
import pytest
from test_campaign import (  # noqa: F401 - `make` and `no_processes` are fixtures
    FAILED,
    GOOD,
    NEW,
    OLD,
    Runner,
    Workshop,
    benchmark,
    beside,
    make,
    no_processes,
    records,
    said,
    values,
)

from stallhorn.asv.environments import InstallFailed
from stallhorn.campaign import Unit, Visit
from stallhorn.commands._rechecking import Turns
from stallhorn.errors import ExitCode
from stallhorn.model import Direction
from stallhorn.model.visits import round_of
from stallhorn.recheck import MARK, TURNS, Doubt

ONE = {"backends": ("'numpy'",), "sizes": ("10",)}
KEY = builders.key("k.K.measure", n="10", backend="'numpy'")
DOUBT = Doubt(KEY, OLD, NEW, 1.2, Direction.SLOWER, "it looks slower")


def one_cell(make, runner, **more):  # noqa: F811
    return make(runner, (benchmark(**ONE),), **more)


def measured(make):  # noqa: F811
    """Both commits as a run leaves them."""
    one_cell(make, Runner()).run((Unit(NEW, Workshop()), Unit(OLD, Workshop())))


def turns(campaign, workshop, *found):
    return Turns(campaign, {workshop.name: workshop}, {doubt: campaign.all_cells[0] for doubt in found or (DOUBT,)})


# --- one visit


def test_a_visit_adds_a_round_and_keeps_what_was_measured(make, tmp_path):  # noqa: F811
    measured(make)
    campaign = one_cell(make, Runner(numpy_10=[{**GOOD, "samples": [3.0] * 5}]))
    (cell,) = campaign.all_cells
    visits = {cell: Visit(round_of(1), {MARK: [[OLD, NEW]]})}
    assert campaign.revisit(Unit(NEW, Workshop()), visits) == {cell}
    assert [one["round"] for one in records(tmp_path)] == [0, 1, round_of(1)]
    assert records(tmp_path)[-1][MARK] == [[OLD, NEW]]
    assert values(tmp_path) == [3.0]  # the median of 1.0, 1.1, 1.0, 1.1 and five times 3.0


def test_a_visit_that_fails_is_told_and_takes_nothing_away(make, tmp_path):  # noqa: F811
    measured(make)
    campaign = one_cell(make, Runner(numpy_10=[FAILED]))
    (cell,) = campaign.all_cells
    assert campaign.revisit(Unit(NEW, Workshop()), {cell: Visit(round_of(1), {})}) == frozenset()
    assert len(records(tmp_path)) == 2
    assert values(tmp_path) == [pytest.approx(1.05)]
    assert campaign.tally.exit_code is ExitCode.BENCHMARK_FAILED
    assert "failed: ValueError: no" in said(campaign)


def test_a_disturbed_visit_is_made_twice_and_the_quieter_counts(make, tmp_path):  # noqa: F811
    measured(make)
    campaign = one_cell(make, Runner(numpy_10=[beside(1.0, 9.0, 9.0), beside(0.0, 1.2, 1.2)]))
    (cell,) = campaign.all_cells
    campaign.revisit(Unit(NEW, Workshop()), {cell: Visit(round_of(1), {})})
    assert values(tmp_path) == [pytest.approx(1.1)]
    louder = one_cell(make, Runner(numpy_10=[beside(1.0, 1.2, 1.2), beside(2.0, 9.0, 9.0)]))
    louder.revisit(Unit(NEW, Workshop()), {cell: Visit(round_of(2), {})})
    assert [one["samples"] for one in records(tmp_path)][-1] == [1.2, 1.2]
    assert louder.tally.measured == 1


def test_a_commit_that_no_longer_builds_is_told(make, tmp_path):  # noqa: F811
    measured(make)
    campaign = one_cell(make, Runner())
    (cell,) = campaign.all_cells
    workshop = Workshop(failing={NEW: InstallFailed("it does not build", "log")})
    visits = {cell: Visit(round_of(1), {})}
    assert campaign.revisit(Unit(NEW, workshop), visits) == frozenset()
    assert campaign.tally.exit_code is ExitCode.BENCHMARK_FAILED
    assert values(tmp_path) == [pytest.approx(1.05)]
    again = one_cell(make, Runner())
    assert again.revisit(Unit(NEW, Workshop()), visits) == frozenset()
    assert "did not build in an earlier run; --retry-failed tries again" in said(again)
    assert one_cell(make, Runner(), retry_failed=True).revisit(Unit(NEW, Workshop()), visits) == {cell}


def test_an_ordinary_run_afterwards_measures_nothing_again(make, tmp_path):  # noqa: F811
    measured(make)
    campaign = one_cell(make, Runner())
    campaign.revisit(Unit(NEW, Workshop()), {campaign.all_cells[0]: Visit(round_of(1), {})})
    runner = Runner()
    one_cell(make, runner).run((Unit(NEW, Workshop()),))
    assert (runner.jobs, len(records(tmp_path))) == ([], 3)


# --- in turns


def test_the_two_commits_are_measured_in_turns(make, tmp_path):  # noqa: F811
    measured(make)
    runner, workshop = Runner(), Workshop()
    campaign = one_cell(make, runner)
    turns(campaign, workshop).measure()
    assert workshop.installed == [OLD, NEW] * TURNS
    assert "".join(commit for commit, _, _ in runner.asked) == "ba" * TURNS
    for commit in (OLD, NEW):
        assert [one["round"] for one in records(tmp_path, commit)] == [0, 1, *map(round_of, range(1, TURNS + 1))]
    assert campaign.tally.exit_code is ExitCode.FINE


def test_after_an_interruption_only_the_rest_is_measured(make, tmp_path):  # noqa: F811
    measured(make)
    stopped = one_cell(make, Runner(numpy_10=[GOOD, GOOD, GOOD, KeyboardInterrupt()]))
    with pytest.raises(KeyboardInterrupt):
        turns(stopped, Workshop()).measure()
    runner = Runner()
    turns(one_cell(make, runner), Workshop()).measure()
    assert "".join(commit for commit, _, _ in runner.asked) == "a" + "ba" * (TURNS - 2)
    assert [len(records(tmp_path, commit)) for commit in (OLD, NEW)] == [2 + TURNS] * 2


def test_after_a_whole_run_another_one_is_added(make, tmp_path):  # noqa: F811
    measured(make)
    for _ in range(2):
        turns(one_cell(make, Runner()), Workshop()).measure()
    assert len(records(tmp_path)) == 2 + 2 * TURNS
    assert records(tmp_path)[-1]["round"] == round_of(2 * TURNS)


def test_a_cell_that_fails_is_not_tried_again_in_the_next_turn_nor_its_other_commit(make):  # noqa: F811
    measured(make)
    runner = Runner(numpy_10=[GOOD, FAILED])
    turns(one_cell(make, runner), Workshop()).measure()
    assert len(runner.jobs) == 2


def test_one_visit_serves_every_doubt_about_the_cell(make, tmp_path):  # noqa: F811
    third = "c" * 40
    one_cell(make, Runner()).run(tuple(Unit(commit, Workshop()) for commit in (NEW, OLD, third)))
    other = Doubt(KEY, OLD, third, 1.2, Direction.SLOWER, "")
    runner = Runner()
    turns(one_cell(make, runner), Workshop(), DOUBT, other).measure()
    assert "".join(commit for commit, _, _ in runner.asked) == "bac" * TURNS
    assert records(tmp_path, OLD)[-1][MARK] == [[OLD, NEW], [OLD, third]]


def test_what_asv_itself_has_measured_is_told_to_be_replaced(make):  # noqa: F811
    campaign = one_cell(make, Runner())
    turns(campaign, Workshop()).measure()
    assert "k.K.measure [n=10, backend=numpy] at bbbbbbbb was measured by asv itself; the new rounds replace" in said(
        campaign
    )
