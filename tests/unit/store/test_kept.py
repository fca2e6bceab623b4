"""What was read before is kept: it saves time, and never changes what is found."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest
from builders import Results, benchmark, commit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stallhorn import store
from stallhorn.model import History
from stallhorn.store import _kept, asv_results
from stallhorn.store.files import read_bytes
from stallhorn.store.forms import Forms

NAME = "suite.Case.time_it"
NIGHTS = 4


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of their own for these tests, in which any result is kept as soon as it is read."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("STALLHORN_CACHE", str(folder))
    monkeypatch.setattr(asv_results, "FEW", 0)
    monkeypatch.setattr(asv_results, "MANY", 0)
    monkeypatch.setattr(_kept, "_SETTLED", -(2**62))
    return folder


@pytest.fixture
def results(tmp_path: Path) -> Results:
    made = Results(tmp_path)
    made.machine()
    made.suite(benchmark(param_names=["n"], params=[["1", "2"]]), benchmark("plain"), benchmark("odd"))
    for place in range(NIGHTS):
        night(made, place)
    return made


def night(made: Results, place: int, value: float = 1.0) -> Path:
    rows = {
        NAME: {"result": [value, math.nan], "params": [["1", "2"]], "started_at": 1_700_000_000_000 + place},
        "plain": {"result": [value], "stats_ci_99_a": [value / 2], "stats_ci_99_b": [value * 2]},
        "odd": {"result": ["fast"], "stats_q_25": [math.nan]},
    }
    return made.result(commit(place), rows, requirements={"numpy": "2.1"})


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the result files that are opened."""
    names: list[str] = []

    def watched(path: Path) -> bytes:
        names.append(path.name)
        return read_bytes(path)

    monkeypatch.setattr(asv_results, "read_bytes", watched)
    return names


def load(made: Results) -> History:
    return store.load(made.project)


def plainly(made: Results) -> History:
    """Without anything kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STALLHORN_CACHE", "off")
        return store.load(made.project)


def files(cache: Path) -> list[Path]:
    return sorted(cache.rglob(f"*{_kept.SUFFIX}"))


def test_no_result_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    load(Results(tmp_path))
    assert not cache.exists()


def test_the_second_time_no_result_is_opened_and_the_history_is_the_same(results: Results, read: list[str]) -> None:
    first = load(results)
    assert len(read) == NIGHTS
    assert load(results) == first == plainly(results)
    assert len(read) == 2 * NIGHTS  # once more where nothing is kept


def test_after_one_more_commit_only_that_one_is_opened(results: Results, read: list[str]) -> None:
    load(results)
    read.clear()
    path = night(results, NIGHTS, 2.0)
    assert load(results) == plainly(results)
    assert read[:1] == [path.name]
    assert len(read) == 1 + NIGHTS + 1


def test_few_results_are_not_kept(results: Results, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asv_results, "MANY", 2**40)
    load(results)
    assert not cache.exists()


def test_nothing_is_kept_where_that_is_switched_off(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STALLHORN_CACHE", "off")
    assert _kept.folder_for(results.folder / "box") is None
    assert len(load(results).series) == 3


def test_the_users_cache_folder_is_the_place(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STALLHORN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    found = _kept.folder_for(results.folder / "box")
    assert found is not None
    assert found.is_relative_to("/somewhere/stallhorn/results")
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert _kept.folder_for(results.folder / "box") is None
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    found = _kept.folder_for(results.folder / "box")
    assert found is not None
    assert found.is_relative_to("/home/ada/.cache")


def test_a_file_of_the_same_size_and_time_is_read_anew_when_it_was_written_anew(results: Results) -> None:
    path = night(results, 0, 1.0)
    seen = path.stat()
    load(results)
    night(results, 0, 3.0)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert path.stat().st_size == seen.st_size
    assert load(results).series[0].points[0].value == 3.0


def test_a_file_that_another_one_took_the_place_of_is_read_anew(results: Results) -> None:
    load(results)
    path = night(results, 0, 3.0)
    path.rename(path.with_suffix(".new"))
    path.with_suffix(".new").rename(path)
    assert load(results) == plainly(results)


def test_a_file_that_was_deleted_is_gone(results: Results) -> None:
    path = night(results, NIGHTS)
    load(results)
    path.unlink()
    assert [len(series.points) for series in load(results).series] == [NIGHTS] * 3


def test_what_was_just_written_is_not_kept_because_it_may_change_unseen(
    results: Results, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_kept, "_SETTLED", 3_600_000_000_000)
    load(results)
    assert files(cache) == []


def test_what_changed_while_it_was_read_is_not_kept(results: Results, cache: Path, monkeypatch) -> None:
    def changing(path: Path) -> bytes:
        content = read_bytes(path)
        path.write_bytes(content + b" ")
        return content

    monkeypatch.setattr(asv_results, "read_bytes", changing)
    assert len(load(results).series) == 3
    assert files(cache) == []


def test_what_the_suite_says_is_never_kept(results: Results, read: list[str]) -> None:
    load(results)
    read.clear()
    results.suite(benchmark("plain", unit="bytes"), benchmark(NAME, version="2"), benchmark("odd"))
    history = load(results)
    assert read == []
    assert [(series.key.benchmark, series.unit) for series in history.series] == [("plain", "bytes")]


def test_another_version_of_stallhorn_reads_for_itself(
    results: Results, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(results)
    read.clear()
    monkeypatch.setattr(_kept, "__version__", "99")
    load(results)
    assert len(read) == NIGHTS


def test_results_of_which_nearly_all_is_odd_are_not_kept(tmp_path: Path, cache: Path) -> None:
    made = Results(tmp_path)
    made.machine()
    made.suite(*(benchmark(f"odd{number}") for number in range(30)))
    made.result(commit(0), {f"odd{number}": {"result": [1.0], "samples": [[1.0, 1.1]]} for number in range(30)})
    assert len(load(made).series) == 30
    assert files(cache) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_to_what_is_kept_the_history_is_the_same(
    results: Results, cache: Path, data: st.DataObject
) -> None:
    expected = load(results)
    (path,) = files(cache)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[place] ^= data.draw(st.integers(1, 255))
    else:
        content = content[:place]
    path.write_bytes(content)
    assert load(results) == expected
    (path,) = files(cache)
    assert path.read_bytes() != bytes(content)  # written anew


HOSTILE_HEADERS = {
    "no JSON": b"{",
    "a list": b"[]",
    "nested deeply": b"[" * 100_000,
    "a form that is none": {"forms": [1]},
    "parameters beyond all numbers": {"forms": [["a", "1", [["x"] * 9999] * 20]]},
    "sheets that are none": {"sheets": [1]},
    "fewer than none": {"sheets": [{"rows": -1, "values": -1}]},
    "a sheet without anything": {"sheets": [{"rows": 0, "values": 0}]},
}


@pytest.mark.parametrize("kind", HOSTILE_HEADERS)
def test_a_header_with_a_right_checksum_that_makes_no_sense_is_left_alone(kind: str, tmp_path: Path) -> None:
    given_ = HOSTILE_HEADERS[kind]
    head = {"schema": _kept.SCHEMA, "version": _kept.__version__, "forms": [], "sheets": []}
    header = given_ if isinstance(given_, bytes) else json.dumps(head | given_).encode()
    path = tmp_path / f"x{_kept.SUFFIX}"
    check = _kept.zlib.crc32(header).to_bytes(4, "little")
    path.write_bytes(_kept._MAGIC + len(header).to_bytes(8, "little") + header + check)
    assert _kept._read(path, Forms()) == []


def test_a_place_that_cannot_be_written_costs_only_time(results: Results, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("STALLHORN_CACHE", str(tmp_path / "file"))
    assert load(results) == plainly(results)


def test_two_that_read_at_once_do_each_other_no_harm(results: Results, cache: Path) -> None:
    folder = _kept.folder_for(results.folder / "box")
    forms = [Forms(), Forms()]
    both = [_kept.Kept(folder, each) for each in forms]
    for kept, each in zip(both, forms, strict=True):
        for path in sorted((results.folder / "box").glob("0*.json")):
            sheet = asv_results_sheet(path, each)
            kept.add(path, _kept.stamp_of(path), sheet)
    for kept in both:
        kept.save()
    assert len(files(cache)) == 2
    assert load(results) == plainly(results)
    assert len(files(cache)) == 1  # one was of no use


def asv_results_sheet(path: Path, forms: Forms):
    from stallhorn.store._sheets import sheet_of

    return sheet_of(json.loads(path.read_text()), forms)


def test_many_files_become_one(results: Results, cache: Path, read: list[str], monkeypatch) -> None:
    monkeypatch.setattr(_kept, "_MOST_FILES", 3)
    for place in range(NIGHTS, NIGHTS + 3):
        load(results)
        night(results, place)
    assert len(files(cache)) == 3
    load(results)
    assert len(files(cache)) == 1
    read.clear()
    load(results)
    assert read == []


def test_the_machine_of_longest_ago_goes_when_there_is_too_much(results: Results, cache: Path, monkeypatch) -> None:
    load(results)
    (old,) = files(cache)
    os.utime(old, (1, 1))
    night(results, 0).rename(results.folder / "box" / "moved.json")
    results.machine("tower")
    night_of_tower = results.result(commit(0), {"plain": {"result": [1.0]}}, machine="tower")
    monkeypatch.setattr(_kept, "_LARGEST", old.stat().st_size - 1)
    for path in (results.folder / "box").glob("*.json"):
        path.unlink()
    assert len(load(results).series) == 1
    assert night_of_tower.exists()
    assert not old.exists()
    assert len(files(cache)) == 1


def test_what_was_never_finished_goes(results: Results, cache: Path) -> None:
    load(results)
    left = files(cache)[0].with_name("0123456789abcdef")
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    night(results, NIGHTS)
    load(results)
    assert not left.exists()
