"""Commands that a page shows are commands that there are."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from builders import commit, key, project, revision
from records import history

from stallhorn.__main__ import build_parser
from stallhorn.model import Change, ChangePoint, Direction, Level, SeriesKey
from stallhorn.report.reproduce import Command, middle_of, narrowing, reproducing

FLAT = Level(0, 1, 1.0, 1.0, 1.0)
NUMBA = key("rbf.Rbf.measure", n="500", backend="'numba'", threads="'numba=2 blas=1'")
HOSTILE = key('x";$(rm -rf ~)`\n\x1b[31m', case="'a b\\'c'")


def change(*keys: SeriesKey, last: int = 0, first: int = 1) -> Change:
    points = tuple(ChangePoint(each, FLAT, FLAT, commit(last), commit(first)) for each in keys)
    between = tuple(revision(place) for place in range(last + 1, first))
    return Change(revision(last), revision(first), between, Direction.SLOWER, points)


def commands(of: Change, **environments: str) -> list[Command]:
    made = history({point.key: [1.0] * 30 for point in of.points})
    return [*narrowing(of, made), *reproducing(of, made)]


@pytest.mark.parametrize("keys", [(NUMBA,), (NUMBA, key("matmul.Matmul.measure")), (HOSTILE,), (key("plain"),)])
@pytest.mark.parametrize("first", [1, 3, 20])
def test_every_line_is_read_by_the_command_that_it_names(keys: tuple[SeriesKey, ...], first: int) -> None:
    parser = build_parser()
    for each in commands(change(*keys, first=first)):
        words = shlex.split(each.line)
        assert words[0] == "stallhorn"
        parser.parse_args(words[1:])
        assert each.line.isprintable()
        assert each.purpose


def test_a_change_of_two_neighbours_needs_no_narrowing() -> None:
    assert narrowing(change(NUMBA), history({NUMBA: [1.0, 1.0]})) == ()


def test_a_few_commits_are_measured_as_a_range_and_many_are_halved() -> None:
    few, many = change(NUMBA, first=4), change(NUMBA, first=21)
    made = history({NUMBA: [1.0] * 30})
    assert f"stallhorn run {commit(0)[:12]}..{commit(4)[:12]} " in narrowing(few, made)[0].line
    assert middle_of(many).position == 11
    assert f"stallhorn run {commit(11)[:12]} " in narrowing(many, made)[0].line


def test_where_there_are_several_environments_all_are_measured() -> None:
    other = replace(NUMBA, environment="other")
    made = history({NUMBA: [1.0] * 5, other: [1.0] * 5})
    assert narrowing(change(NUMBA, first=3), made)[0].line.endswith("--everywhere")


def bench_of(line: str) -> str:
    words = shlex.split(line)
    return words[words.index("--bench") + 1]


def test_one_series_is_found_by_its_expression_and_no_other() -> None:
    found = bench_of(commands(change(NUMBA, first=3))[0].line)
    assert re.search(found, NUMBA.name)
    assert not re.search(found, key("rbf.Rbf.measure", n="500", backend="'jax'", threads="'1'").name)
    assert re.search(bench_of(commands(change(HOSTILE, first=3))[0].line), HOSTILE.name, re.DOTALL)


def test_several_benchmarks_are_found_by_their_names_with_any_values() -> None:
    found = bench_of(commands(change(NUMBA, key("rbf.Rbf.time"), first=3))[0].line)
    assert re.search(found, NUMBA.name)
    assert re.search(found, "rbf.Rbf.time")
    assert not re.search(found, "rbf.Rbf.time_other")
    assert not re.search(found, "other.rbf.Rbf.time")


def test_another_configuration_is_named() -> None:
    made = history({NUMBA: [1.0] * 5})
    other = replace(made, project=replace(made.project, configuration="perf.conf.json"))
    assert reproducing(change(NUMBA), other)[0].line.startswith("stallhorn --config perf.conf.json show ")


def test_what_became_faster_is_not_diagnosed() -> None:
    faster = replace(change(NUMBA), direction=Direction.FASTER)
    assert not any(" diagnose " in each.line for each in reproducing(faster, history({NUMBA: [1.0] * 5})))


def test_without_a_repository_nothing_is_diagnosed() -> None:
    made = history({NUMBA: [1.0] * 5})
    bare = replace(made, project=replace(project(Path("/x")), repository=None))
    assert any(" diagnose " in each.line for each in reproducing(change(NUMBA), made))
    assert not any(" diagnose " in each.line for each in reproducing(change(NUMBA), bare))
