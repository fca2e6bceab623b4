"""Alarms in their file: the last line of each holds, whatever happened to the others."""

from __future__ import annotations

import errno
import json
import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import Results, benchmark, commit
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.model import Direction
from stallhorn.model.alarm import Alarm, Entry, State
from stallhorn.store.alarms import append_alarms, path_of, read_alarms

ALARM = Alarm(
    *("0000000b-slower", "box", Direction.SLOWER, commit(9), commit(10), 1.2, 1.1, 1.3, ("abc", "def"), 0.99),
    state=State.CONFIRMED,
    behind=4,
    doubt="the level came back",
    absent=(commit(12),),
    history=(
        Entry(commit(10), "2026-01-11T03:00:00+00:00", State.RAISED, "1.20x slower"),
        Entry(commit(12), "2026-01-13T03:00:00+00:00", State.CONFIRMED, "in doubt: the level came back"),
    ),
)
OTHER = replace(ALARM, id="00000001-faster", direction=Direction.FASTER, ratio=None, low=None, high=None, doubt="")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / "box").mkdir()
    return tmp_path


def lines(results: Path) -> list[str]:
    return path_of(results, "box").read_text().splitlines()


def test_no_file_is_no_alarm(results: Path):
    assert read_alarms(results, "box") == ((), [])
    assert read_alarms(results, "nobody's") == ((), [])


def test_what_is_written_is_read(results: Path):
    assert append_alarms(results, "box", [ALARM, OTHER]) == ""
    assert read_alarms(results, "box") == ((ALARM, OTHER), [])


def test_no_alarms_write_nothing(results: Path):
    assert append_alarms(results, "box", []) == ""
    assert not path_of(results, "box").exists()


def test_the_last_line_of_an_alarm_holds_and_its_place_is_that_of_the_first(results: Path):
    append_alarms(results, "box", [ALARM, OTHER])
    later = replace(ALARM, ratio=1.5)
    append_alarms(results, "box", [later])
    assert read_alarms(results, "box")[0] == (later, OTHER)
    assert len(lines(results)) == 3


def test_a_last_line_that_was_cut_off_is_told_and_goes_with_the_next(results: Path):
    append_alarms(results, "box", [ALARM, OTHER])
    path = path_of(results, "box")
    path.write_bytes(path.read_bytes()[:-9])
    found, (problem,) = read_alarms(results, "box")
    assert (found, problem.what) == ((ALARM,), "line 2 was cut off")
    append_alarms(results, "box", [OTHER])
    assert read_alarms(results, "box") == ((ALARM, OTHER), [])


def test_a_long_line_that_was_cut_off_goes_too(results: Path):
    append_alarms(results, "box", [ALARM])
    with path_of(results, "box").open("a") as file:
        file.write('{"id": "' + "x" * 200_000)
    append_alarms(results, "box", [OTHER])
    assert read_alarms(results, "box") == ((ALARM, OTHER), [])


HOSTILE = {
    "not JSON": "nonsense",
    "not an object": "[1]",
    "deep": "[" * 100_000,
    "no schema": json.dumps({}),
    "an infinite ratio": '"ratio": Infinity',
    "a huge number": '"ratio": 1e999',
    "a negative ratio": '"ratio": -1.0',
    "a text for a number": '"ratio": "1.2"',
    "an unknown state": '"state": "guessed"',
    "a state that is a list": '"state": []',
    "another machine": '"machine": "../../else"',
    "no direction": '"direction": "same"',
    "an id that is none": '"id": ""',
    "an id that moves the cursor": '"id": "a\\u001b[2J"',
    "an endless id": f'"id": "{"x" * 1000}"',
    "series that are no list": '"series": {"a": 1}',
    "a series that is a number": '"series": [1]',
    "a truth for a count": '"behind": true',
    "a probability above one": '"confidence": 1.5',
    "no history": '"history": []',
    "a history of numbers": '"history": [1, 2]',
    "a history that ends otherwise": '"state": "withdrawn"',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_line_that_is_no_alarm_is_told_and_the_others_are_read(name: str, results: Path):
    append_alarms(results, "box", [ALARM])
    (good,) = lines(results)
    given = HOSTILE[name]
    line = given if not given.startswith('"') else f"{{{good[1:-1]}, {given}}}"
    path_of(results, "box").write_text(f"{good}\n{line}\n")
    found, (problem,) = read_alarms(results, "box")
    assert found == (ALARM,)
    assert "line 2 " in problem.what
    assert str(path_of(results, "box")) == problem.where
    append_alarms(results, "box", [OTHER])
    assert read_alarms(results, "box")[0] == (ALARM, OTHER)


def test_a_line_of_a_newer_stallhorn_is_told_as_such(results: Path):
    path_of(results, "box").write_text('{"schema": 2}\n')
    assert "written by a newer stallhorn" in read_alarms(results, "box")[1][0].what


def test_a_file_that_is_no_text_is_told(results: Path):
    path_of(results, "box").write_bytes(b"\xff\xfe\x00")
    found, (problem,) = read_alarms(results, "box")
    assert found == ()
    assert "is not UTF-8 text" in problem.what


def test_many_bad_lines_are_counted(results: Path):
    path_of(results, "box").write_text("a\nb\nc\nd\n")
    assert read_alarms(results, "box")[1][0].what.endswith(", and 2 more")


@given(st.binary(max_size=300))
def test_any_bytes_are_read(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    folder = tmp_path_factory.mktemp("results")
    (folder / "box").mkdir()
    path_of(folder, "box").write_bytes(content)
    read_alarms(folder, "box")
    assert append_alarms(folder, "box", [ALARM]) == ""
    if b"\n" not in content:
        assert read_alarms(folder, "box") == ((ALARM,), [])


def test_what_cannot_be_written_is_a_remark(results: Path):
    path_of(results, "box").mkdir()
    said = append_alarms(results, "box", [ALARM])
    assert "alarms.jsonl could not be written: " in said
    assert said.endswith("What is told of alarms is not remembered for the next night.")


def test_on_a_full_disk_the_file_stays_as_it_was(results: Path, monkeypatch: pytest.MonkeyPatch):
    append_alarms(results, "box", [ALARM])
    before, write = path_of(results, "box").read_bytes(), os.write

    taken: list[int] = []

    def partly(descriptor: int, content: Any) -> int:
        if taken:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken.append(1)
        return write(descriptor, content[:10])

    monkeypatch.setattr(os, "write", partly)
    assert "No space left on device" in append_alarms(results, "box", [OTHER])
    assert path_of(results, "box").read_bytes() == before


def test_asv_passes_over_the_file(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    from asv.results import iter_results

    folder = Results(tmp_path)
    folder.suite(benchmark())
    folder.machine()
    folder.result(commit(0), {"suite.Case.time_it": {"result": [1.0], "version": "1"}})
    append_alarms(folder.folder, "box", [ALARM])
    with caplog.at_level(logging.DEBUG):
        (found,) = iter_results(str(folder.folder))
    assert found.commit_hash == commit(0)
    assert "alarms" not in caplog.text
