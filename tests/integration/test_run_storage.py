"""Files that are corrupt and folders that cannot be written: a clear message, and nothing measured is lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from workplace import MACHINE, Workplace, key_of

SUITE = """
import toysubject


class Work:
    rounds = 1
    group_by = ()
    params = [list(range(4))]
    param_names = ["n"]

    def measure(self, n):
        return toysubject.work()
"""
BIG_SUITE = SUITE.replace("range(4)", "range(40)")


@pytest.fixture
def measured(project: Workplace) -> Workplace:
    project.suite(SUITE)
    done = project.run()
    assert done.code == 0, done.said
    return project


def test_a_result_file_that_is_cut_off_is_rebuilt_from_the_records(measured: Workplace) -> None:
    """Also when there is nothing left to measure."""
    path, values = measured.result_file(), measured.result()
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: len(text) // 2], encoding="utf-8")
    done = measured.run()
    assert done.code == 0, done.said
    assert "could not be read" in done.err
    assert path.with_suffix(".json.broken").read_text(encoding="utf-8") == text[: len(text) // 2]
    assert path.with_suffix(".json.broken").name in done.err
    assert measured.result() == values
    assert len(measured.records()) == 4


def test_a_result_file_that_is_gone_is_rebuilt_from_the_records(measured: Workplace) -> None:
    """As after a kill between the record and the file that is made from it."""
    path, values = measured.result_file(), measured.result()
    path.unlink()
    assert measured.run().code == 0
    assert measured.result() == values
    assert len(measured.records()) == 4


def test_a_record_that_is_cut_off_is_measured_again(measured: Workplace) -> None:
    path = measured.record_file()
    path.write_bytes(path.read_bytes()[:-100])
    done = measured.run()
    assert done.code == 0, done.said
    assert f"note: {path.name}: the last line was cut off and is measured again" in done.err
    assert len(measured.records()) == 4


def test_a_line_that_is_no_record_is_passed_over(measured: Workplace) -> None:
    path = measured.record_file()
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([lines[0], '"not a record"\n', *lines[1:3], "\x00{}\n"]), encoding="utf-8")
    done = measured.run()
    assert done.code == 0, done.said
    assert f"note: {path.name}: a line that is not a record was passed over" in done.err
    assert "1 measurements" in done.err
    assert measured.result()["suite.Work.measure"][3] > 0


def test_a_list_of_benchmarks_that_is_garbage_is_written_anew(measured: Workplace) -> None:
    path = measured.root / "results" / "benchmarks.json"
    text = path.read_text(encoding="utf-8")
    path.write_text("{not json", encoding="utf-8")
    dry = measured.run("--dry-run")
    assert dry.code == 3, dry.said
    assert str(path) in dry.err
    assert "cannot be read" in dry.err
    assert measured.run().code == 0
    assert path.read_text(encoding="utf-8") == text


def test_machine_facts_that_are_garbage_are_written_anew(measured: Workplace) -> None:
    path = measured.results / "machine.json"
    path.write_text("[", encoding="utf-8")
    assert measured.run().code == 0
    assert MACHINE in path.read_text(encoding="utf-8")


def test_a_configuration_that_cannot_be_read(project: Workplace) -> None:
    (project.root / "asv.conf.json").write_text('{"version": 1,', encoding="utf-8")
    done = project.run()
    assert done.code == 2, done.said
    assert f"{project.root / 'asv.conf.json'} cannot be used" in done.err
    (project.root / "asv.conf.json").unlink()
    done = project.run()
    assert done.code == 2, done.said
    assert f"There is no asv.conf.json in {project.root}." in done.err


@pytest.fixture
def small_disk(project: Workplace) -> Iterator[Path]:
    """The results folder, on a disk of its own of one megabyte."""
    folder = project.root / "results"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(project: Workplace, small_disk: Path) -> None:
    project.suite(BIG_SUITE)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes((1 << 20) - 64 * 1024))
    done = project.run()
    assert done.code == 2, done.said
    assert "could not be written: No space left on device." in done.err
    assert "Free some space" in done.err
    assert "Traceback" not in done.err
    before = project.records()
    assert 0 < len(before) < 40
    assert all(one["status"] == "ok" for one in before)
    kept = [value for value in project.result()["suite.Work.measure"] if value == value]
    assert len(before) - 1 <= len(kept) <= len(before)

    ballast.unlink()
    done = project.run()
    assert done.code == 0, done.said
    records = project.records()
    assert [key_of(one) for one in records[: len(before)]] == [key_of(one) for one in before]
    assert len(records) == 40
    assert all(value > 0 for value in project.result()["suite.Work.measure"])
    assert project.leftovers() == []


@pytest.fixture
def read_only(project: Workplace) -> Iterator[Path]:
    """The results folder, made so that nobody may write into it, the superuser included."""
    folder = project.root / "results"
    folder.mkdir()
    if os.geteuid() != 0:
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)
        return
    for options in (["--bind", str(folder), str(folder)], ["-o", "remount,ro,bind", str(folder)]):
        done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
        if done.returncode:
            subprocess.run(["umount", str(folder)], check=False, capture_output=True)
            pytest.skip(f"no read-only folder can be made for the superuser: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_folder_that_cannot_be_written(project: Workplace, read_only: Path) -> None:
    done = project.run()
    assert done.code == 2, done.said
    assert f"{read_only}" in done.err
    assert "could not be written" in done.err
    assert "make the folder writable" in done.err
    assert "Traceback" not in done.err
