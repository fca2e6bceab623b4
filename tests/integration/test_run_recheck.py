"""What is suspected is measured again, in turns with the commit before it, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from workplace import MACHINE, SUBJECT, Done, Workplace

from stallhorn.model import Direction, Parameters, SeriesKey
from stallhorn.model.alarm import Alarm, Entry, State
from stallhorn.model.identity import series_id
from stallhorn.store.alarms import append_alarms

SUITE = """
import toysubject


class Work:
    rounds = 2
    group_by = ()
    params = [[1, 2]]
    param_names = ["times"]

    def measure(self, times):
        return toysubject.work(times)


class Untouched:
    rounds = 1

    def measure(self):
        return sum(range(1000))
"""
GONE = """

class Gone(Untouched):
    pass
"""
FILE = "subject/toysubject/__init__.py"
SLOW = SUBJECT.replace("for _ in range(times):", "for _ in range(4 * times):")
TURNS = 5


def key_of(project: Workplace) -> SeriesKey:
    environment = json.loads(project.result_file().read_text())["env_name"]
    return SeriesKey("suite.Work.measure", Parameters((("times", "2"),)), environment, MACHINE)


def suspect(project: Workplace, last: str, first: str, key: SeriesKey) -> None:
    """As `check` remembers it: one night looked slower."""
    entry = Entry(first, "2026-01-01T03:00:00+00:00", State.SUSPECTED, "looks 4.00x slower; one night shows it")
    alarm = Alarm(
        *(f"{key.benchmark}-slower", MACHINE, Direction.SLOWER, last, first, 4.0, None, None, (series_id(key),), 0.8),
        state=State.SUSPECTED,
        behind=1,
        history=(entry,),
    )
    assert append_alarms(project.root / "results", MACHINE, [alarm]) == ""


@pytest.fixture(scope="module")
def slowed(new_project: Callable[[Path], Workplace], tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """Two measured commits, the newer one slower, and a suspicion; then it was rechecked."""
    project = new_project(tmp_path_factory.mktemp("recheck") / "project")
    project.suite(SUITE + GONE)
    last = project.commit("Quick", {FILE: SUBJECT + "\nQUICK = True\n"})
    first = project.commit("Slow", {FILE: SLOW})
    run = project.run("HEAD~2..HEAD")
    assert run.code == 0, run.said
    # The probe is in the environment by now; without installing it again a visit takes half as long.
    project.configure(install_command=project.conf["install_command"][:1])
    for key in (key_of(project), replace(key_of(project), benchmark="suite.Gone.measure", parameters=Parameters())):
        suspect(project, last, first, key)
    project.suite(SUITE)
    before = {path: path.read_bytes() for path in project.results.iterdir() if path.is_file()}
    dry = project.run("--recheck", "--dry-run")
    assert dry.code == 0, dry.said
    assert {path: path.read_bytes() for path in before} == before
    assert "To be measured again, 5 times each, in turns:" in dry.out
    assert "Nothing was measured." in dry.out
    project.done = project.run("--recheck")
    return project


def done(project: Workplace) -> Done:
    assert project.done is not None
    return project.done


def commits(project: Workplace) -> list[str]:
    return [project.git("rev-parse", name).strip() for name in ("HEAD~1", "HEAD")]


def test_it_says_what_it_measures_and_why_and_what_came_of_it(slowed: Workplace) -> None:
    said = done(slowed)
    last, first = (commit[:8] for commit in commits(slowed))
    assert said.code == 0, said.said
    named = f"suite.Work.measure [times=2] @ {key_of(slowed).environment}, {last} and {first}"
    reason = "alarm suite.Work.measure-slower is suspected and not confirmed: looks 4.00x slower; one night shows it"
    assert f"  {named}: {reason}" in said.out.splitlines()
    assert f"{named}: changed, " in said.out
    assert "5 visits of each" in said.out


def test_exactly_the_suspected_cell_is_measured_at_the_two_commits_in_turns(slowed: Workplace) -> None:
    added = []
    for commit in commits(slowed):
        many = [one for one in slowed.records(commit) if one["round"] >= 1000]
        assert {(one["benchmark"], one["params"]["times"]) for one in many} == {("suite.Work.measure", "2")}
        assert {one["round"] for one in many} == {1000 * visit for visit in range(1, TURNS + 1)}
        added += [(one["started"], commit) for one in many]
    in_order = [commit for _, commit in sorted(added)]
    kept = [one for place, one in enumerate(in_order) if place == 0 or one != in_order[place - 1]]
    assert kept == commits(slowed) * TURNS


def test_the_rounds_reach_asvs_file_and_the_check(slowed: Workplace) -> None:
    shown = slowed.stallhorn("show", "suite.Work.measure", "--json")
    assert shown.code == 0, shown.said
    samples = {
        (one["series"]["params"]["times"], point["commit"]): point["samples"]
        for one in json.loads(shown.out)["series"]
        for point in one["points"]
    }
    for commit in commits(slowed):
        assert samples["2", commit] > samples["1", commit]
    assert slowed.asv("show", slowed.head, "--machine", MACHINE).code == 0


def test_what_is_settled_is_not_measured_again(slowed: Workplace) -> None:
    before = len(slowed.records())
    again = slowed.run("--recheck")
    assert again.code == 0, again.said
    assert "Nothing is suspected: there is nothing to measure again." in again.out
    assert len(slowed.records()) == before


def test_what_left_the_suite_since_is_told(slowed: Workplace) -> None:
    last, first = (commit[:8] for commit in commits(slowed))
    named = f"suite.Gone.measure @ {key_of(slowed).environment}, {last} and {first}"
    why = "the suite no longer has this benchmark with these parameters"
    assert f"Cannot be measured again: {named}: {why}." in done(slowed).out.splitlines()


def test_the_next_check_says_what_became_of_the_suspicions(slowed: Workplace) -> None:
    answer = json.loads(slowed.stallhorn("check", "--json").out)
    (machine,) = answer["machines"]
    alarms = {alarm["id"]: alarm for alarm in machine["alarms"]}
    gone = alarms["suite.Gone.measure-slower"]
    assert gone["history"][-1]["reason"] == "its results were removed, or the version of its benchmarks changed"
    proven = alarms["suite.Work.measure-slower"]
    assert proven["state"] in ("confirmed", "withdrawn")
    if proven["state"] == "withdrawn":  # other processes disturbed too much of it to be told as a change
        assert not machine["changes"]
    else:
        assert proven["history"][-1]["reason"].startswith("measured again 5 times, in turns with the commit before: ")
