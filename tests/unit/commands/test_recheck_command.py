"""`stallhorn run --recheck` before it builds anything: what it refuses, and when there is nothing to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import key
from test_check_and_show import NAME, Site

from stallhorn.__main__ import main
from stallhorn.model import Direction
from stallhorn.model.alarm import Alarm, Entry, State
from stallhorn.model.identity import series_id
from stallhorn.model.visits import round_of
from stallhorn.store.alarms import append_alarms


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def recheck(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(site.root)

    def command(*arguments: str) -> tuple[int, str]:
        code = main(["run", "--recheck", *arguments])
        return code, "".join(capsys.readouterr())

    return command


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["HEAD"], "RANGE (HEAD) cannot"),
        (["--newest", "1"], "--newest cannot"),
        (["--everywhere"], "--everywhere cannot"),
        (["--preset", "quick"], "--preset quick cannot"),
        (["v1..", "--newest", "3"], "RANGE (v1..) and --newest cannot"),
    ],
)
def test_what_chooses_something_else_is_refused(recheck, arguments: list[str], named: str) -> None:
    code, said = recheck(*arguments)
    assert code == 2
    assert f"{named} be combined with --recheck, which measures exactly what is suspected." in said
    assert "--bench and --machine take a part of what is suspected" in said


def test_before_anything_is_measured_there_is_nothing_to_measure_again(site: Site, recheck) -> None:
    site.committed("First")
    code, said = recheck("--machine", "box")
    assert code == 3
    assert "Nothing is measured yet on a machine named 'box'." in said
    assert "stallhorn run" in said


def test_results_of_other_machines_do_not_count(site: Site, recheck) -> None:
    site.measured("First", 1.0, machine="other")
    assert recheck("--machine", "box")[0] == 3
    site.measured("Second", 1.0, machine="reference")
    assert recheck("--machine", "reference")[0] == 3


def test_where_nothing_is_suspected_nothing_is_done(site: Site, recheck) -> None:
    for subject in ("First", "Second", "Third"):
        site.measured(subject, 1.0)
    before = sorted(site.root.rglob("*"))
    code, said = recheck("--machine", "box")
    assert (code, said) == (0, "Nothing is suspected: there is nothing to measure again.\n")
    assert sorted(site.root.rglob("*")) == before


def suspected(site: Site) -> Alarm:
    """Four commits, the newest of which is suspected."""
    for number in range(4):
        site.measured(f"Commit {number}", 1.0)
    last, first = site.commits[-2:]
    entry = Entry(first, "2026-01-04T03:00:00+00:00", State.SUSPECTED, "looks 1.20x slower")
    series = (series_id(key(NAME, "box")),)
    alarm = Alarm(
        *("x-slower", "box", Direction.SLOWER, last, first, 1.2, None, None, series, 0.8, State.SUSPECTED, 1),
        history=(entry,),
    )
    append_alarms(site.folder, "box", [alarm])
    return alarm


def test_what_was_measured_again_and_is_settled_is_not_measured_a_third_time(site: Site, recheck) -> None:
    alarm = suspected(site)
    for at in (alarm.last, alarm.first):
        for visit in range(1, 6):
            site.record(at, NAME, round=round_of(visit), samples=[1.0 + 0.001 * visit] * 5, number=1)
        site.result(at, {NAME: {"result": [1.002], "version": "1"}})
    code, said = recheck("--machine", "box")
    assert code == 0
    assert "Nothing is suspected: there is nothing to measure again." in said
    assert "not changed: 1 times the old value" in said


def test_a_file_of_alarms_that_is_broken_is_told(site: Site, recheck) -> None:
    suspected(site)
    with (site.folder / "box" / "alarms.jsonl").open("w") as file:
        file.write("{}\n")
    code, said = recheck("--machine", "box")
    assert code == 0
    assert "alarms.jsonl: line 1 has no schema 1." in said
