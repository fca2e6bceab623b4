"""The alarms of a night beside results on disk: remembered, told, and never in the way of the answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import Results, commit, key, point, project, revision, series
from nights import change, suspicion
from test_check_and_show import NAME, Site

from stallhorn.__main__ import main
from stallhorn.commands._alarms import SHOWN, Told, as_json, in_words, tell
from stallhorn.model import Change, History, Report, Suspicion, Verdict
from stallhorn.model.alarm import State
from stallhorn.store.alarms import path_of, read_alarms


@pytest.fixture
def root(tmp_path: Path) -> Path:
    Results(tmp_path).machine()
    return tmp_path


def report(root: Path, newest: int, *found: Change | Suspicion, machine: str = "box") -> Report:
    levels = [1.0] * 10 + [1.2] * 20
    measured = series(*(point(at, levels[at], of=key("suite.Case.a", machine)) for at in range(newest + 1)))
    history = History(project(root), tuple(map(revision, range(newest + 1))), {}, {}, {}, (measured,))
    changes = tuple(each for each in found if isinstance(each, Change))
    suspicions = tuple(each for each in found if isinstance(each, Suspicion))
    return Report(history, None, changes, (), (), Verdict.CLEAN, suspicions=suspicions)


def night(root: Path, newest: int, *found: Change | Suspicion) -> Told:
    return tell(report(root, newest, *found), "box", 0.02)


def test_a_quiet_night_writes_and_says_nothing(root: Path):
    told = night(root, 11)
    assert (told.alarms, in_words(told)) == ((), [])
    assert not path_of(root / "results", "box").exists()


def test_what_is_told_is_remembered_for_the_next_night(root: Path):
    first = night(root, 11, change(9, 10))
    assert in_words(first) == [
        "Alarms",
        f"  {commit(10)[:8]}-slower: raised: 1.20x slower, at {commit(9)[:8]}..{commit(10)[:8]}",
        "  1 alarm is not confirmed yet: `stallhorn run --recheck` measures exactly what would settle it.",
    ]
    second = night(root, 12, change(9, 10))
    assert in_words(second) == ["Alarms", f"  {commit(10)[:8]}-slower: confirmed: seen again: 3 measurements show it"]
    assert read_alarms(root / "results", "box")[0] == second.alarms


def test_asking_again_adds_and_says_nothing_new(root: Path):
    night(root, 11, change(9, 10))
    night(root, 12, change(9, 10))
    before = path_of(root / "results", "box").read_bytes()
    again = night(root, 12, change(9, 10))
    assert (again.news, in_words(again)) == ((), [])
    assert path_of(root / "results", "box").read_bytes() == before


def test_what_is_in_doubt_is_told_as_long_as_it_is(root: Path):
    for newest in (11, 12):
        night(root, newest, change(9, 10))
    doubt = in_words(night(root, 13))
    assert "in doubt: " in doubt[1]
    assert in_words(night(root, 13)) == doubt


def test_on_the_first_night_old_changes_are_not_listed(root: Path):
    told = night(root, 25, change(9, 10))
    assert [alarm.state for alarm in told.alarms] == [State.CONFIRMED]
    assert in_words(told) == []


def test_the_reference_history_is_not_remembered(root: Path):
    told = tell(report(root, 11, change(9, 10), machine="reference"), "reference", 0.02)
    assert told.alarms == ()
    assert not (root / "results" / "reference").exists()


def test_a_machine_without_results_has_no_alarms(root: Path):
    assert tell(report(root, 11), "other", 0.02).alarms == ()


def test_a_file_that_cannot_be_read_or_written_is_a_remark(root: Path):
    path_of(root / "results", "box").mkdir()
    told = night(root, 11, change(9, 10))
    assert len(told.alarms) == 1
    assert len(told.remarks) == 2
    assert "is not remembered for the next night" in in_words(told)[-1]


def test_of_several_machines_each_is_named(root: Path):
    assert in_words(night(root, 11, change(9, 10)), of_several=True)[0] == "Alarms on box"


def test_many_alarms_are_counted(root: Path):
    night(root, 11, suspicion(10, 11))
    keys = [key(f"suite.Case.k{number:02}") for number in range(SHOWN + 3)]
    many = [change(at, at + 1, keys[at], ratio=1.5) for at in range(SHOWN)] + [
        change(at, at + 1, keys[at], ratio=0.5) for at in range(3)
    ]
    told = night(root, 11, *many, suspicion(10, 11))
    assert any(line.startswith("  and 3 more") for line in in_words(told))


def test_json_has_what_is_open_and_what_is_new(root: Path):
    (alarm,) = as_json(night(root, 11, change(9, 10)))
    assert (alarm["state"], alarm["first"], alarm["new"]) == ("raised", commit(10), True)
    (kept,) = as_json(night(root, 11, change(9, 10)))
    assert not kept["new"]
    (gone,) = as_json(night(root, 12))
    assert (gone["state"], [each["state"] for each in gone["history"]]) == ("withdrawn", ["raised", "withdrawn"])
    assert as_json(night(root, 12)) == []


# --- `stallhorn check`, night after night


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def check(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(site.root)

    def command(*arguments: str) -> tuple[int, str]:
        code = main(["check", *arguments])
        return code, "".join(capsys.readouterr())

    return command


def slowed(site: Site) -> None:
    for number in range(5):
        site.measured(f"Commit {number}", 1.0)
    site.measured("Slow", 2.0)


def test_check_raises_an_alarm_and_confirms_it_the_next_night(site: Site, check) -> None:
    slowed(site)
    code, said = check()
    assert code == 1
    name = f"{site.commits[-1][:8]}-slower"
    assert f"\nAlarms\n  {name}: raised: 2.00x slower, at " in said
    site.measured("Still slow", 2.0)
    code, said = check()
    assert code == 0
    assert f"  {name}: confirmed: seen again: 2 measurements show it\n" in said


def test_check_says_the_same_as_json(site: Site, check) -> None:
    slowed(site)
    ((machine,),) = [json.loads(check("--json")[1])["machines"]]
    (alarm,) = machine["alarms"]
    assert (alarm["state"], alarm["first"], alarm["new"]) == ("raised", site.commits[-1], True)
    assert alarm["series"] == [machine["comparisons"][0]["id"]]


def test_a_part_or_another_comparison_is_no_night(site: Site, check) -> None:
    slowed(site)
    for arguments in (["--bench", NAME], ["HEAD~2"], ["HEAD~3", "HEAD~2"]):
        assert "Alarms" not in check(*arguments)[1]
        assert json.loads(check(*arguments, "--json")[1])["machines"][0]["alarms"] is None
    assert not path_of(site.folder, "box").exists()


def test_check_answers_where_alarms_cannot_be_kept(site: Site, check) -> None:
    slowed(site)
    path_of(site.folder, "box").mkdir()
    code, said = check()
    assert code == 1
    assert "raised: 2.00x slower" in said
    assert "alarms.jsonl could not be written" in said


def test_what_is_raised_after_some_nights_is_so_at_this_commit_alone(root: Path):
    def raised(newest: int) -> list[str]:
        return [alarm.id for alarm in night(root, newest, change(9, 10)).raised]

    assert raised(17) == [f"{commit(10)[:8]}-slower"]
    assert raised(17) == [f"{commit(10)[:8]}-slower"]  # asking again changes nothing
    assert raised(18) == []


def test_what_a_young_history_raises_was_judged_at_its_own_commit(root: Path):
    assert night(root, 11, change(9, 10)).raised == ()


def test_what_began_long_ago_is_no_news(root: Path):
    assert night(root, 29, change(9, 10)).raised == ()


def test_what_became_faster_is_not_raised_against_anybody(root: Path):
    assert night(root, 17, change(9, 10, ratio=0.8)).raised == ()
