"""The journal: what is in it is done, what failed or was cut off is known to be, and nothing in a file can break it."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.errors import StorageError, UsageError
from stallhorn.model import Parameters
from stallhorn.plan import Cell
from stallhorn.runners.journal import Journal, path_of

CELL = Cell("a.B.measure", 1, Parameters((("n", "50"),)), "1-m1", (), True, 60.0, 2)
OTHER = Cell("a.B.measure", 0, Parameters((("n", "10"),)), "1-m1", (), True, 60.0, 2)


def record(cell=CELL, status="ok", round_=0, version="1-m1", **parts):
    return {
        "schema": 1,
        "benchmark": cell.benchmark,
        "params": dict(cell.parameters.values),
        "version": version,
        "status": status,
        "round": round_,
        **parts,
    }


@pytest.fixture
def path(tmp_path):
    return path_of(tmp_path / "results", "machine", "c" * 40, "env")


def kept(path, *records):
    """A journal with these records, closed and opened again."""
    journal = Journal.open(path)
    for one in records:
        journal.append(one)
    return Journal.open(path)


def test_nothing_is_done_where_there_is_no_file(path):
    journal = Journal.open(path)
    assert not journal.done(CELL, 0, retry_failed=False)
    assert journal.of_cell(CELL) == []
    assert journal.failure(CELL) is None
    assert journal.build_failure is None
    assert not path.exists()


def test_an_empty_file_is_an_empty_journal(path):
    path.parent.mkdir(parents=True)
    path.touch()
    assert Journal.open(path).repaired == ""


def test_a_journal_lies_beside_asvs_file_under_its_name():
    assert path_of(Path("r"), "m", "0123456789", "env") == Path("r/m/01234567-env.probe.jsonl")
    assert path_of(Path("r"), "m", "0123456789", "e" * 200).name.startswith("01234567-env-")


def test_each_append_is_a_line_that_is_there_at_once(path):
    journal = Journal.open(path)
    for round_ in range(3):
        journal.append(record(round_=round_, stderr="two\nlines"))
        assert len(path.read_text().splitlines()) == round_ + 1


# --- what is done


def test_a_round_that_is_measured_is_done_and_the_next_is_not(path):
    journal = kept(path, record(round_=0))
    assert journal.done(CELL, 0, retry_failed=False)
    assert not journal.done(CELL, 1, retry_failed=False)
    assert not journal.done(OTHER, 0, retry_failed=False)


@pytest.mark.parametrize("status", ["skipped", "failed", "aborted", "timeout"])
def test_what_did_not_run_in_the_first_round_is_not_asked_again(path, status):
    journal = kept(path, record(status=status))
    assert journal.done(CELL, 0, retry_failed=False)
    assert journal.done(CELL, 1, retry_failed=False)


@pytest.mark.parametrize("status", ["failed", "aborted", "timeout"])
def test_retrying_measures_again_what_failed_in_an_earlier_run(path, status):
    journal = kept(path, record(status=status))
    assert not journal.done(CELL, 0, retry_failed=True)
    assert not journal.done(CELL, 1, retry_failed=True)


def test_retrying_does_not_ask_again_for_what_was_measured_or_skipped(path):
    journal = kept(path, record(status="skipped"), record(OTHER))
    assert journal.done(CELL, 1, retry_failed=True)
    assert journal.done(OTHER, 0, retry_failed=True)


def test_retrying_tries_once(path):
    journal = kept(path, record(status="failed"))
    journal.append(record(status="failed"))
    assert journal.done(CELL, 0, retry_failed=True)
    assert journal.done(CELL, 1, retry_failed=True)


def test_a_failure_that_was_mended_frees_the_later_rounds(path):
    journal = kept(path, record(status="failed"))
    journal.append(record(status="ok"))
    assert journal.done(CELL, 0, retry_failed=False)
    assert not journal.done(CELL, 1, retry_failed=False)
    assert journal.failure(CELL) is None


def test_a_failure_in_a_later_round_stands_for_that_round_alone(path):
    journal = kept(path, record(), record(status="aborted", round_=1))
    assert journal.done(CELL, 1, retry_failed=False)
    assert not journal.done(CELL, 2, retry_failed=False)
    assert journal.failure(CELL)["round"] == 1


def test_another_version_of_the_benchmark_is_measured_anew(path):
    journal = kept(path, record(version="1-m0"), record(OTHER))
    assert not journal.done(CELL, 0, retry_failed=False)
    assert journal.of_cell(CELL) == []
    assert journal.done(OTHER, 0, retry_failed=False)


def test_parameters_are_known_again_in_any_order(path):
    both = Cell("a.B.measure", 0, Parameters((("n", "10"), ("backend", "'numba'"))), "1-m1", (), True, 60.0, 2)
    assert kept(path, record(both)).done(both, 0, retry_failed=False)


def test_a_later_record_replaces_an_earlier_one_of_its_round(path):
    journal = kept(path, record(samples=[1.0]), record(samples=[2.0], round_=1), record(samples=[3.0]))
    assert [one["samples"] for one in journal.of_cell(CELL)] == [[3.0], [2.0]]


def test_a_build_that_failed_is_known_until_it_succeeds(path):
    failed = {"schema": 1, "benchmark": None, "params": {}, "status": "failed", "round": 0, "stderr": "log"}
    assert kept(path, failed).build_failure["stderr"] == "log"
    assert kept(path, {**failed, "status": "ok"}).build_failure is None


# --- files that are not whole


@pytest.fixture(scope="module")
def one_file(tmp_path_factory):
    """A file that every example writes anew."""
    return tmp_path_factory.mktemp("journal") / "c-env.probe.jsonl"


@given(cut=st.integers(0, 10_000), count=st.integers(0, 4))
def test_any_prefix_of_a_file_keeps_its_whole_lines(one_file, cut, count):
    path = one_file
    written = [json.dumps(record(round_=number, stderr="ä\r\n\u2028\x85")) + "\n" for number in range(count)]
    content = "".join(written).encode()[:cut]
    path.write_bytes(content)
    journal = Journal.open(path)
    whole = content.count(b"\n")
    assert [one["round"] for one in journal.of_cell(CELL)] == list(range(whole))
    assert bool(journal.repaired) == bool(content.rpartition(b"\n")[2])
    journal.append(record(OTHER))
    again = Journal.open(path)
    assert again.repaired == ""
    assert (len(again.of_cell(CELL)), len(again.of_cell(OTHER))) == (whole, 1)


LINES = [
    b"",
    b"not json",
    b"[]",
    b"3",
    b"null",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"benchmark": "a.B.measure", "params": {"n": "50"}, "version": "1-m1", "round": 0}',
    b'{"benchmark": [], "params": {}, "status": "ok"}',
    b'{"benchmark": "x", "params": [], "status": "ok"}',
    b'{"benchmark": "x", "params": {}, "status": "ok", "round": 1e999}',
    b'{"benchmark": "x", "params": {}, "status": "ok", "round": "first"}',
    b'{"benchmark": "x", "params": {}, "status": "ok", "schema": "one"}',
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_is_not_a_record_is_passed_over_and_told(path, line):
    path.parent.mkdir(parents=True)
    path.write_bytes(json.dumps(record()).encode() + b"\n" + line + b"\n" + json.dumps(record(OTHER)).encode() + b"\n")
    journal = Journal.open(path)
    assert journal.repaired == f"{path.name}: a line that is not a record was passed over"
    assert journal.done(CELL, 0, retry_failed=False)
    assert journal.done(OTHER, 0, retry_failed=False)


@given(st.binary(max_size=300))
def test_no_bytes_break_it(one_file, content):
    one_file.write_bytes(content)
    assert not Journal.open(one_file).done(CELL, 0, retry_failed=True)


def test_a_file_of_a_newer_stallhorn_is_refused_and_left_as_it_is(path):
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(record(schema=2)) + "\n")
    before = path.read_bytes()
    with pytest.raises(UsageError, match="newer stallhorn"):
        Journal.open(path)
    assert path.read_bytes() == before


def test_a_full_disk_leaves_the_file_as_it_was(path, monkeypatch):
    journal = kept(path, record())
    before = path.read_bytes()
    real, calls = os.write, []

    def write(descriptor, content):
        """A part of it, and then no more: what a disk does that becomes full."""
        calls.append(content)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return real(descriptor, content[:10])

    with monkeypatch.context() as patch, pytest.raises(StorageError) as caught:
        patch.setattr(os, "write", write)
        journal.append(record(round_=1))
    assert str(path) in caught.value.what and "No space left" in caught.value.what
    assert path.read_bytes() == before
    assert not journal.done(CELL, 1, retry_failed=False)


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(StorageError, match="could not be written"):
        Journal(tmp_path / "results" / "machine" / "x.jsonl").append(record())
