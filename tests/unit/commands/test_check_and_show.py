"""check and show on a small project: a planted slow-down, its revert, and every way to have nothing to say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from builders import Results, benchmark, commit_file, git

from stallhorn.__main__ import main

NAME = "suite.Case.time_it"


class Site(Results):
    """A git repository with an asv configuration and results for its commits."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        git(root, "init", "-q", "-b", "main")
        (root / "asv.conf.json").write_text(
            json.dumps({"version": 1, "project": "demo", "repo": ".", "branches": ["main"], "results_dir": "results"})
        )
        self.suite(benchmark(), benchmark("suite.Other.time_that", param_names=["n"], params=[["1", "2"]]))
        self.commits: list[str] = []

    def committed(self, subject: str) -> str:
        self.commits.append(commit_file(self.root, subject, day=len(self.commits)))
        return self.commits[-1]

    def measured(self, subject: str, level: float, machine: str = "box") -> str:
        made = self.committed(subject)
        self.measure(made, level, machine)
        return made

    def measure(self, at: str, level: float, machine: str = "box") -> None:
        rounds = [[level * (1 + 0.001 * step + 0.001 * index) for step in range(5)] for index in range(2)]
        value = sum(sorted(rounds[0] + rounds[1])[4:6]) / 2
        self.machine(machine)
        self.result(at, {NAME: {"result": [value], "version": "1"}}, machine=machine)
        for index, taken in enumerate(rounds):
            self.record(at, NAME, machine=machine, round=index, samples=taken, number=1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def run(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(site.root)

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return command


def test_without_results_there_is_nothing_to_judge(site: Site, run) -> None:
    site.committed("First")
    code, out, _ = run("check")
    assert code == 3
    assert out.startswith("Nothing is measured yet.") and "stallhorn run" in out
    assert json.loads(run("check", "--json")[1])["verdict"] == "nothing"


def test_one_commit_has_nothing_to_compare_with(site: Site, run) -> None:
    site.measured("First", 1.0)
    assert run("check")[0] == 3


def test_a_planted_slowdown_and_its_revert(site: Site, run) -> None:
    good = site.measured("Good", 1.0)
    code, out, _ = run("check")
    bad = site.measured("Plant a slowdown", 2.0)
    code, out, _ = run("check")
    assert code == 1
    assert "1 of 1 series is slower" in out.splitlines()[0]
    assert f"since   {bad[:8]}  2026-01-02  Plant a slowdown" in out
    assert f"before  {good[:8]}  2026-01-01  Good (its parent)" in out
    assert "2.00x slower" in out
    site.measured("Revert", 1.0)
    code, out, _ = run("check")
    assert (code, "2.00x faster" in out) == (0, True)
    site.measured("Healthy", 1.0)
    assert run("check")[0] == 0


def test_json_says_the_same(site: Site, run) -> None:
    good, bad = site.measured("Good", 1.0), site.measured("Bad", 2.0)
    code, out, err = run("check", "--json")
    answer = json.loads(out)
    assert (code, answer["exit_code"], answer["verdict"], err) == (1, 1, "regression", "")
    change = answer["machines"][0]["changes"][0]
    assert (change["last"]["commit"], change["first"]["commit"]) == (good, bad)
    assert answer["problems"] == []


def test_commits_that_were_not_measured_are_named(site: Site, run) -> None:
    site.measured("Good", 1.0)
    site.committed("Nobody looked")
    site.measured("Bad", 2.0)
    code, out, _ = run("check")
    assert code == 1
    assert "1 commit in between not measured" in out and "Nobody looked" in out


def test_two_commits_can_be_named_in_any_way_that_git_knows(site: Site, run) -> None:
    good = site.measured("Good", 1.0)
    git(site.root, "tag", "v1")
    site.measured("Bad", 2.0)
    site.measured("Still bad", 2.0)
    assert run("check")[0] == 0
    assert run("check", "v1")[0] == 1
    assert run("check", good[:7], "HEAD")[0] == 1
    assert run("check", "HEAD", "v1")[0] == 0
    assert run("check", "HEAD~1", "HEAD")[0] == 0


def test_an_unknown_name_is_a_usage_error(site: Site, run) -> None:
    site.measured("Good", 1.0)
    code, out, err = run("check", "nope")
    assert (code, out) == (2, "")
    assert "'nope' is not a commit" in err


def test_a_commit_that_was_not_measured_is_nothing_to_compare_with(site: Site, run) -> None:
    good = site.measured("Good", 1.0)
    other = site.committed("Not measured")
    site.measured("Newest", 1.0)
    code, out, _ = run("check", "HEAD~1")
    assert code == 3
    assert f"{other[:12]} is not measured" in out and f"The nearest measured commit before it is {good[:8]}" in out


def test_machines_are_judged_apart(site: Site, run) -> None:
    first, second = site.measured("First", 1.0), site.measured("Second", 1.0)
    site.measure(first, 1.0, "tower")
    site.measure(second, 2.0, "tower")
    code, out, _ = run("check")
    assert code == 1
    assert out.index("Machine box\nNone of 1 series") < out.index("Machine tower\n1 of 1 series is slower")
    assert run("check", "--machine", "box")[0] == 0
    assert run("check", "--machine", "nope")[0] == 2


def test_the_reference_history_is_judged_until_there_is_another_and_says_so(site: Site, run) -> None:
    first, second = site.measured("First", 1.0, "reference"), site.measured("Second", 1.0, "reference")
    code, out, _ = run("check")
    assert code == 0
    assert "reference history" in out
    site.measure(first, 1.0)
    site.measure(second, 2.0)
    code, out, _ = run("check")
    assert (code, "reference" in out) == (1, False)


def test_an_expression_selects_benchmarks(site: Site, run) -> None:
    site.measured("First", 1.0)
    site.measured("Second", 2.0)
    assert run("check", "--bench", "Case")[0] == 1
    assert run("check", "--bench", "nothing like it")[0] == 3
    assert run("check", "--bench", "(")[0] == 2


def test_a_corrupt_file_is_told_and_changes_no_verdict(site: Site, run) -> None:
    site.measured("First", 1.0)
    site.measured("Second", 2.0)
    (site.folder / "box" / "deadbeef-env.json").write_text('{"commit_hash": "de')
    code, out, _ = run("check")
    assert code == 1
    assert "Could not be read" in out and "deadbeef-env.json" in out


def test_a_benchmark_that_fails_is_told_with_its_reason(site: Site, run) -> None:
    site.measured("First", 1.0)
    second = site.committed("Second")
    site.result(second, {NAME: {"result": [None], "version": "1"}})
    site.record(second, NAME, status="aborted", reason="killed for memory")
    code, out, _ = run("check")
    assert code == 3
    assert "aborted: killed for memory" in out


def test_a_folder_without_a_configuration_is_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check"]) == 2
    assert main(["show", "x"]) == 2


def test_show_lists_the_history_of_a_benchmark(site: Site, run) -> None:
    site.measured("Good", 1.0)
    bad = site.measured("Plant a slowdown", 2.0)
    failed = site.committed("Breaks")
    site.result(failed, {NAME: {"result": [None], "version": "1"}})
    site.record(failed, NAME, status="failed", reason="ValueError")
    code, out, _ = run("show", NAME)
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert code == 0
    assert "<- 2.00x slower" in lines[bad[:8]] and "Plant a slowdown" in lines[bad[:8]]
    assert "failed" in lines[failed[:8]] and "ValueError" in lines[failed[:8]]
    assert run("show", "Case")[0] == 0
    points = json.loads(run("show", "Case", "--json")[1])["series"][0]["points"]
    assert [point["status"] for point in points] == ["ok", "ok", "failed"]


def test_show_counts_what_was_only_ever_skipped_by_reason(site: Site, run) -> None:
    site.measured("Good", 1.0)
    skipped = {"result": [float("nan")] * 2, "params": [["1", "2"]], "version": "1"}
    site.result(site.committed("More"), {"suite.Other.time_that": skipped})
    code, out, _ = run("show", "suite")
    assert code == 0
    assert "Skipped at every commit: 2 series (--all shows them)" in out
    assert "time_that" not in out
    assert "time_that [n=1]" in run("show", "suite", "--all")[1]


def test_an_unknown_benchmark_lists_the_closest_names(site: Site, run) -> None:
    site.measured("Good", 1.0)
    code, _, err = run("show", "suite.Case.time_tit$")
    assert code == 2
    assert f"The closest are: {NAME}" in err
    assert run("show", "(")[0] == 2


def test_show_without_results_says_what_to_do(site: Site, run) -> None:
    code, _, err = run("show", NAME)
    assert code == 3
    assert "stallhorn run" in err


def test_neither_jax_nor_numba_is_imported(site: Site) -> None:
    site.measured("First", 1.0)
    site.measured("Second", 1.0)
    code = (
        "import sys; from stallhorn.__main__ import main; code = main(['check']); "
        "heavy = {'jax', 'numba', 'numpy'} & set(sys.modules); assert not heavy, heavy; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=site.root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_goes_away_is_no_error(site: Site) -> None:
    site.measured("First", 1.0)
    command = f"{sys.executable} -m stallhorn show . | head -c 1"
    done = subprocess.run(command, shell=True, cwd=site.root, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("s", "")
