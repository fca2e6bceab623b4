"""results/<machine>/roofs.jsonl: what is read, and that a broken file is a problem and nothing more."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import Results, benchmark
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stallhorn import store
from stallhorn.model import Cache, Roof
from stallhorn.store.files import UnreadableFileError
from stallhorn.store.roofs import parse, path_of


def line(threads: int = 1, **changes: Any) -> dict[str, Any]:
    traffic = {"read": 3e10, "copy": 2e10, "triad": 2.5e10}
    return {
        **{"schema": 1, "method": 1, "threads": threads, "cores": 2, "flops": 1e11, "seconds": {"cos": 2e-10}},
        **{"caches": [{"level": 1, "bytes": 32768, **traffic}], "memory": {"through": 2**28, **traffic}},
        **{"started": "2026-11-21T23:00:00+00:00", "environment": "env", "foreign_load": 0.1},
        **{"versions": {"numba": "0.68.1"}, **changes},
    }


def text(*lines: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in lines)


def test_a_line_is_the_roof_for_its_threads_and_the_quickest_way_through_memory_counts() -> None:
    found = parse(text(line(1), line(2, foreign_load=0.7)))
    assert found.by_threads[1] == Roof(1, 3e10, (Cache(1, 32768, 3e10),), 1e11, {"cos": 2e-10})
    assert (set(found.by_threads), found.cores) == ({1, 2}, 2)
    assert (found.environment, found.versions) == ("env", (("numba", "0.68.1"),))
    assert found.measured == datetime(2026, 11, 21, 23, tzinfo=UTC)
    assert (found.foreign_load, found.disturbed) == (0.7, True)


def test_caches_are_ordered_by_size() -> None:
    caches = [{**line()["caches"][0], "level": level, "bytes": size} for level, size in ((3, 300), (1, 10), (2, 20))]
    assert [cache.level for cache in parse(text(line(caches=caches))).by_threads[1].caches] == [1, 2, 3]


def test_what_is_only_said_about_them_may_be_missing_or_nonsense() -> None:
    found = parse(text(line(started="once", versions=5, environment=None, foreign_load="much")))
    assert (found.measured, found.versions, found.environment, found.disturbed) == (None, (), "", False)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "\n \n",
        "[]",
        "null",
        "NaN",
        '{"schema": 1, "threads": 1, "memo',
        text(line())[:-20],
        text(line(), line(2))[:-20],
        text(line()) + "\x00\x00\x00",
        text(line(schema=2)),
        text(line(schema=None)),
        text(line(threads=0)),
        text(line(threads=True)),
        text(line(threads=10**9)),
        text(line(cores=None)),
        text(line(memory=None)),
        text(line(memory={"read": 1e9})),
        text(line(memory={"read": 0, "copy": 1e9, "triad": 1e9})),
        text(line(flops=-1)),
        text(line(flops=10**400)),
        text(line(flops="1e9")),
        text(line(flops=True)),
        text(line(flops=1e9)).replace("1000000000.0", "Infinity"),
        text(line(flops=1e9)).replace("1000000000.0", "NaN"),
        text(line(caches={})),
        text(line(caches=[5])),
        text(line(caches=[{"level": 1}])),
        text(line(seconds=[])),
        text(line(seconds={"cos": 0})),
        text(line(seconds={"cos": 1e-300})),
        "[" * 100_000,
    ],
)
def test_what_is_broken_cannot_be_used(broken: str) -> None:
    with pytest.raises(UnreadableFileError):
        parse(broken)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["read", "level", "cos"]), inner),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(line())), json_values, max_size=3))
def test_odd_values_are_refused_or_harmless(changes: dict[str, Any]) -> None:
    try:
        found = parse(text(line(**changes)))
    except UnreadableFileError:
        return
    for roof in found.by_threads.values():
        assert all(value > 0 for value in (roof.memory, roof.flops, *roof.seconds.values()))
        assert all(cache.size >= 0 and cache.bandwidth > 0 for cache in roof.caches)


# --- in a results folder


@pytest.fixture
def results(tmp_path: Path) -> Results:
    made = Results(tmp_path)
    made.suite(benchmark())
    made.machine()
    made.result("a" * 40, {"suite.Case.time_it": {"result": [1.0], "version": "1"}})
    return made


def of_roofs(results: Results) -> tuple[dict[str, Any], list[str]]:
    history = store.load(results.project)
    assert len(history.series) == 1
    return dict(history.roofs), [str(each) for each in history.problems if each.where.endswith("roofs.jsonl")]


def test_roofs_are_read_with_the_machine(results: Results) -> None:
    path_of(results.folder, "box").write_text(text(line(1), line(2)))
    roofs, problems = of_roofs(results)
    assert (list(roofs), problems) == (["box"], [])


def test_a_machine_without_roofs_is_no_problem(results: Results) -> None:
    assert of_roofs(results) == ({}, [])


@pytest.mark.parametrize("content", [b"", b'{"schema": 1, "thre', b"\xff\xfe\x00", b"[]\n"])
def test_a_broken_file_is_a_problem_with_a_remedy_and_the_rest_is_read(results: Results, content: bytes) -> None:
    path_of(results.folder, "box").write_bytes(content)
    roofs, problems = of_roofs(results)
    assert roofs == {}
    assert len(problems) == 1
    assert "roofs.jsonl" in problems[0] and "stallhorn roofs --again" in problems[0]


def test_a_folder_of_that_name_is_a_problem_too(results: Results) -> None:
    path_of(results.folder, "box").mkdir()
    assert len(of_roofs(results)[1]) == 1
