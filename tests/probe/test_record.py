"""Writing the probe record: a line for each append, whole, and never an error for the measured code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from asv.results import get_filename
from asv_bench_stallhorn import record
from hypothesis import given
from hypothesis import strategies as st


def lines(folder):
    (path,) = folder.glob("*.probe.jsonl")
    return path.read_text().splitlines()


def made(**parts):
    return {**record.build("a.time_b", {}, "ok"), "commit": "c" * 40, "environment": "env", **parts}


@pytest.fixture(autouse=True)
def outside_of_asv(monkeypatch):
    for name in ("ASV_COMMIT", "ASV_ENV_NAME", "ASV_CONF_DIR", "STALLHORN_RECORDS"):
        monkeypatch.delenv(name, raising=False)


def test_a_record_says_null_for_what_is_not_known():
    built = record.build("a.time_b", {}, "failed")
    assert built["schema"] == 1
    known = ("schema", "benchmark", "params", "probe", "method", "status", "reason", "stderr", "round", "facts")
    assert {key for key, value in built.items() if value is None} == built.keys() - set(known)


def test_a_record_knows_its_commit_and_environment_from_asv(monkeypatch):
    monkeypatch.setenv("ASV_COMMIT", "f" * 40)
    monkeypatch.setenv("ASV_ENV_NAME", "py3.11")
    built = record.build("a.time_b", {"n": "1"}, "ok", samples=[1.0])
    assert (built["commit"], built["environment"], built["samples"]) == ("f" * 40, "py3.11", [1.0])


def test_each_append_is_one_line(tmp_path):
    for number in range(3):
        assert record.append(made(stderr="two\nlines\r\n \x00", round=number), str(tmp_path))
    assert [json.loads(line)["round"] for line in lines(tmp_path)] == [0, 1, 2]
    assert json.loads(lines(tmp_path)[0])["stderr"] == "two\nlines\r\n \x00"


def test_what_json_does_not_know_is_written_as_text(tmp_path):
    assert record.append(made(facts={"versions": {"numpy": b"2"}}), str(tmp_path))
    assert json.loads(lines(tmp_path)[0])["facts"]["versions"]["numpy"] == "b'2'"


def test_records_of_several_processes_never_mix(tmp_path):
    code = (
        "import sys\nfrom asv_bench_stallhorn import record\n"
        "for number in range(40):\n"
        "    made = record.build('a.b', {}, 'ok', stderr='x' * 15000, round=number)\n"
        "    made.update(commit='c' * 40, environment='env', writer=sys.argv[2])\n"
        "    assert record.append(made, sys.argv[1])\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in "abcd"]
    assert [writer.wait() for writer in writers] == [0] * 4
    found = sorted((json.loads(line)["writer"], json.loads(line)["round"]) for line in lines(tmp_path))
    assert found == [(name, number) for name in "abcd" for number in range(40)]


@pytest.mark.parametrize("text", ["", "short", "x" * 20_000])
def test_text_within_the_limit_is_kept_whole(text):
    assert record.capped(text) == text


@given(length=st.integers(0, 300), limit=st.integers(2, 100))
def test_a_longer_text_keeps_its_ends_and_says_what_is_missing(length, limit):
    text = "".join(chr(ord("a") + i % 26) for i in range(length))
    kept = record.capped(text, limit)
    if length <= limit:
        assert kept == text
    else:
        half = limit // 2
        assert kept == f"{text[:half]}\n... {length - 2 * half} characters left out ...\n{text[-half:]}"


def test_the_printed_text_of_a_record_is_capped():
    built = record.build("a.time_b", {}, "ok", stderr="x" * 1_000_000)
    assert len(built["stderr"]) < record.STDERR_LIMIT + 100


def test_records_go_where_the_run_says_or_beside_the_configuration_or_nowhere(monkeypatch):
    assert record.folder() is None
    assert record.append(made()) is False
    monkeypatch.setenv("ASV_CONF_DIR", "/project")
    assert record.folder() == "/project/.stallhorn/records"
    monkeypatch.setenv("STALLHORN_RECORDS", "/elsewhere")
    assert record.folder() == "/elsewhere"


def test_a_record_without_an_environment_is_not_written(tmp_path):
    assert record.append(made(environment=None), str(tmp_path)) is False
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said_and_not_raised(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    assert record.append(made(), str(tmp_path / "file" / "records")) is False


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_said_and_not_raised(tmp_path):
    (tmp_path / record.file_name("c" * 40, "env")).symlink_to("/dev/full")
    assert record.append(made(), str(tmp_path)) is False


@given(
    commit=st.text("0123456789abcdef", min_size=8, max_size=40),
    environment=st.text(st.characters(codec="utf-8", exclude_characters="/\x00"), min_size=1, max_size=300),
)
def test_the_file_lies_beside_asvs_and_is_named_like_it(commit, environment):
    # asv replaces names of 128 characters and more by their hash.
    asv = get_filename("machine", commit, environment).removeprefix("machine/")
    assert record.file_name(commit, environment) == asv.removesuffix(".json") + ".probe.jsonl"
