"""A slow-down that was planted in a history, and its revert: `check` names the commit, the site shows both."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from workplace import SUBJECT, Done, Workplace, foreign_load

SUITE = """
import toysubject


class Work:
    rounds = 5
    group_by = ()
    params = [[1, 3]]
    param_names = ["times"]

    def measure(self, times):
        return toysubject.work(times)


class Untouched:
    rounds = 5
    group_by = ()

    def measure(self):
        return sum(number * number for number in range(30_000))
"""
SLOW = SUBJECT.replace("for _ in range(times):", "for _ in range(2 * times):")
QUIET = 0.2  # cores that other processes may use
ATTEMPTS = 5
FILE = "subject/toysubject/__init__.py"


def is_disturbed(records: list[dict[str, Any]]) -> bool:
    """Whether some series has no process that ran (nearly) alone."""
    loads: dict[tuple[str, str], list[float]] = {}
    for one in records:
        key = one["benchmark"], json.dumps(one["params"])
        loads.setdefault(key, []).append(foreign_load(one))
    return any(min(seen) > QUIET for seen in loads.values())


def wait_for_quiet(limit: float = 20.0) -> None:
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline and psutil.cpu_percent(0.5) * (psutil.cpu_count() or 1) / 100 > QUIET:
        pass


@dataclass
class Planted:
    """The project, its commits by name, and what `check --json` said when each was the newest."""

    project: Workplace
    commits: dict[str, str] = field(default_factory=dict)
    checks: dict[str, Done] = field(default_factory=dict)

    def add(self, name: str, text: str) -> None:
        self.commits[name] = self.project.commit(name.capitalize(), {FILE: f"{text}\nNAME = {name!r}\n"})

    def measure(self, span: str, newest: str) -> None:
        """Measure, and again what other processes disturbed throughout: `check` would rightly call it too noisy."""
        for _ in range(ATTEMPTS):
            wait_for_quiet()
            done = self.project.run(span)
            assert done.code == 0, done.said
            disturbed = [commit for commit in self.commits.values() if is_disturbed(self.project.records(commit))]
            if not disturbed:
                break
            for commit in disturbed:
                self.project.record_file(commit).unlink()
                self.project.result_file(commit).unlink()
        else:
            pytest.skip(f"other processes kept this machine busy in {ATTEMPTS} attempts to measure {newest!r}")
        self.checks[newest] = self.project.stallhorn("check", "--json")

    def check(self, base: str, head: str) -> Done:
        return self.project.stallhorn("check", self.commits[base], self.commits[head])


@pytest.fixture(scope="module")
def planted(new_project: Callable[[Path], Workplace], tmp_path_factory: pytest.TempPathFactory) -> Planted:
    found = Planted(new_project(tmp_path_factory.mktemp("planted") / "project"))
    found.project.suite(SUITE)
    for name in ("first", "second", "third"):
        found.add(name, SUBJECT)
    found.measure("HEAD~3..HEAD", "third")
    found.add("slow", SLOW)
    found.measure("HEAD", "slow")
    found.add("still slow", SLOW)
    found.add("reverted", SUBJECT)
    found.add("last", SUBJECT)
    found.measure("HEAD~3..HEAD", "last")
    return found


def test_check_is_quiet_while_all_is_well(planted: Planted) -> None:
    for name in ("third", "last"):
        assert planted.checks[name].code == 0, planted.checks[name].said
    healthy = planted.check("first", "third")
    assert healthy.code == 0, healthy.said


def test_check_names_the_slow_commit_and_its_parent(planted: Planted) -> None:
    done = planted.checks["slow"]
    assert done.code == 1, done.said
    (machine,) = json.loads(done.out)["machines"]
    (change,) = machine["changes"]
    assert change["direction"] == "slower"
    assert change["first"]["commit"] == planted.commits["slow"]
    assert change["first"]["parents"] == [change["last"]["commit"]] == [planted.commits["third"]]
    assert {one["series"]["benchmark"] for one in change["series"]} == {"suite.Work.measure"}
    assert {one["series"]["params"]["times"] for one in change["series"]} == {"1", "3"}

    words = planted.check("third", "slow")
    assert words.code == 1, words.said
    assert planted.commits["slow"][:8] in words.out
    assert planted.commits["third"][:8] in words.out
    assert re.search(r"\b(1\.[6-9]|2\.[0-5])\dx slower", words.out)
    assert "suite.Work.measure" in words.out
    assert "suite.Untouched.measure" not in words.out


def test_check_compares_any_two_commits(planted: Planted) -> None:
    across = planted.check("third", "last")
    assert across.code == 0, across.said
    back = planted.check("slow", "reverted")
    assert back.code == 0, back.said
    assert "faster" in back.out


def test_the_site_shows_both_changes(planted: Planted) -> None:
    done = planted.project.stallhorn("publish")
    assert done.code == 0, done.said
    html = planted.project.root / "html"
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (html / "change").glob("*.html")}
    assert sorted(name.partition("-")[2] for name in pages) == ["faster", "slower"]
    for before, first, direction in (("third", "slow", "slower"), ("still slow", "reverted", "faster")):
        page = pages[f"{planted.commits[first][:8]}-{direction}"]
        assert planted.commits[before][:8] in page
        assert direction in page
    assert "taken back" in (html / "index.html").read_text(encoding="utf-8")


def test_check_where_nothing_is_measured(project: Workplace) -> None:
    done = project.stallhorn("check")
    assert done.code == 3, done.said
    assert "`stallhorn run`" in done.said
