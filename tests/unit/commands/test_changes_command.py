"""stallhorn changes on small projects: what it lists, what can be asked, and every way to have nothing to say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import Results, benchmark, commit_file, git

from stallhorn.__main__ import main

NAME, RATE = "suite.Case.time_it", "suite.Case.track_rate"


class Site(Results):
    """A git repository with an asv configuration and results for its commits."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        git(root, "init", "-q", "-b", "main")
        self.configure()
        rate = benchmark(RATE, type="track", unit="rows per second")
        self.suite(benchmark(), rate, benchmark("suite.Other.time_that"))
        self.machine()
        self.days = 0

    def configure(self, **changes: object) -> None:
        given = {"version": 1, "project": "demo", "repo": ".", "branches": ["main"], "results_dir": "results"}
        (self.root / "asv.conf.json").write_text(json.dumps({**given, **changes}))

    def committed(self, subject: str) -> str:
        self.days += 1
        return commit_file(self.root, subject, day=self.days)

    def measured(self, subject: str, level: float, name: str = NAME, machine: str = "box") -> str:
        made = self.committed(subject)
        self.measure(made, level, name, machine)
        return made

    def measure(self, at: str, level: float, name: str = NAME, machine: str = "box") -> None:
        self.machine(machine)
        rounds = [[level * (1 + 0.001 * step + 0.001 * index) for step in range(5)] for index in range(2)]
        value = sum(sorted(rounds[0] + rounds[1])[4:6]) / 2
        self.result(at, {name: {"result": [value], "version": "1"}}, machine=machine)
        for index, taken in enumerate(rounds):
            self.record(at, name, machine=machine, round=index, samples=taken, number=1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def run(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(site.root)

    def command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["changes", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return command


# --- the list


def test_a_slow_down_and_its_revert_are_two_changes_the_newest_first(site: Site, run) -> None:
    good, bad, mended = site.measured("Good", 1.0), site.measured("Bad", 2.0), site.measured("Revert", 1.0)
    code, out, err = run()
    assert (code, err) == (0, "")
    assert out.startswith("2 changes in 3 measured commits of 1 series: 1 slower, 1 faster.")
    assert out.index(f"{mended[:8]}  2026-01-04  Revert") < out.index(f"{bad[:8]}  2026-01-03  Bad")
    assert "1 series slower, 2.00x (99 % interval " in out and "confidence 99 %" in out
    assert f"before  {good[:8]}  2026-01-02  Good (its parent)" in out


def test_commits_between_that_were_not_measured_are_named(site: Site, run) -> None:
    site.measured("Good", 1.0)
    site.committed("Nobody looked")
    site.measured("Bad", 2.0)
    assert "1 commit in between not measured" in run()[1] and "Nobody looked" in run()[1]


def test_json_has_the_same(site: Site, run) -> None:
    good, bad = site.measured("Good", 1.0), site.measured("Bad", 2.0)
    code, out, _ = run("--json")
    answer = json.loads(out)
    (change,) = answer["changes"]
    assert (code, answer["schema"], answer["since"], answer["suspicions"]) == (0, 1, None, [])
    assert (change["last"]["commit"], change["first"]["commit"], change["kind"]) == (good, bad, "code")


def test_no_change_is_an_answer(site: Site, run) -> None:
    site.measured("First", 1.0)
    site.measured("Second", 1.0)
    assert run()[:2] == (0, "No change in 2 measured commits of 1 series.\n")


# --- a part of it


def test_since_leaves_out_what_is_older(site: Site, run) -> None:
    site.measured("Good", 1.0)
    bad = site.measured("Bad", 2.0)
    git(site.root, "tag", "v1")
    site.measured("Mended", 1.0)
    for name in ("v1", bad[:7], "HEAD~1"):
        code, out, _ = run("--since", name)
        assert code == 0 and out.startswith("1 change in") and "Mended" in out and f"since {bad[:8]}" in out
    assert run("--since", "HEAD")[1].startswith("No change in")
    assert json.loads(run("--since", "v1", "--json")[1])["since"] == bad


def test_since_a_commit_beside_the_branch_says_what_to_name(site: Site, run) -> None:
    site.measured("Good", 1.0)
    site.measured("Bad", 2.0)
    git(site.root, "checkout", "-q", "-b", "side")
    site.committed("Aside")
    code, _, err = run("--since", "side")
    assert code == 2 and "is not on the branch main" in err and "git merge-base" in err


def test_only_one_machine_or_some_benchmarks(site: Site, run) -> None:
    first, second = site.measured("Good", 1.0), site.measured("Bad", 2.0)
    site.measure(first, 1.0, machine="tower")
    site.measure(second, 1.0, machine="tower")
    assert run("--machine", "tower")[1].startswith("No change")
    assert run("--bench", "time_it")[1].startswith("1 change")
    assert run()[1].startswith("1 change")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--since", "nope"), "'nope' is not a commit"),
        (("--machine", "nope"), "no results of a machine named 'nope'"),
        (("--bench", "nope"), "no benchmark with results matches (1 have results)"),
        (("--bench", "("), "this is not a regular expression"),
    ],
)
def test_an_unknown_name_is_a_usage_error(site: Site, run, arguments: tuple[str, str], said: str) -> None:
    site.measured("Good", 1.0)
    site.measured("Bad", 2.0)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "") and said in err


# --- nothing to say


def test_nothing_measured_says_what_to_do(site: Site, run) -> None:
    site.committed("First")
    code, out, err = run()
    assert (code, out) == (3, "") and "Nothing is measured yet." in err and "stallhorn run" in err


def test_one_commit_says_that_a_change_needs_two(site: Site, run) -> None:
    site.measured("First", 1.0)
    code, out, _ = run()
    assert code == 3 and out.startswith("No change in 1 measured commit") and "a change needs two" in out
    assert run("--json")[0] == 3


def test_without_git_the_dates_in_the_results_order_the_commits(tmp_path: Path, site: Site, run) -> None:
    site.measured("Good", 1.0)
    site.measured("Bad", 2.0)
    (site.root / ".git").rename(site.root / "gone")
    code, out, _ = run()
    assert code == 0 and out.startswith("1 change") and "cannot be read from git" in out


# --- settings


def test_what_the_project_sets_is_honoured(site: Site, run) -> None:
    site.measured("Good", 1.0)
    site.measured("Bad", 2.0)
    (site.root / "pyproject.toml").write_text(
        "[[tool.stallhorn.changes.override]]\nbenchmarks = 'time_it'\nfirst = 'HEAD'\n"
    )
    assert run()[1].startswith("No change")
    assert main(["check"]) == 0
    (site.root / "pyproject.toml").unlink()
    assert run()[1].startswith("1 change")
    assert main(["check"]) == 1


def test_asvs_own_settings_are_honoured(site: Site, run) -> None:
    site.measured("Good", 1.0)
    site.measured("Bad", 2.0)
    for changes in ({"regressions_first_commits": {".*": None}}, {"regressions_thresholds": {".*": 1.5}}):
        site.configure(**changes)
        assert main(["check"]) == 0
    site.configure(regressions_first_commits={".*": None})
    assert run()[1].startswith("No change")


@pytest.mark.parametrize("command", [["changes"], ["check"], ["show", NAME], ["publish"]])
def test_a_wrong_setting_stops_every_command_that_judges(site: Site, run, command: list[str]) -> None:
    site.measured("Good", 1.0)
    (site.root / "pyproject.toml").write_text("[tool.stallhorn.changes]\nrelevant = 'much'\n")
    assert main(command) == 2


def test_a_rate_that_falls_is_slower_where_the_project_says_that_more_is_better(site: Site, run) -> None:
    site.measured("Good", 100.0, RATE)
    site.measured("Bad", 50.0, RATE)
    assert "1 faster" in run()[1]
    (site.root / "pyproject.toml").write_text("[tool.stallhorn.changes]\nhigher_is_better = ['track_rate']\n")
    assert "1 slower" in run()[1] and "2.00x smaller" in run()[1]
    assert main(["check"]) == 1


# --- side branches


def test_a_commit_beside_the_branch_is_compared_but_makes_no_change(site: Site, run) -> None:
    site.measured("Good", 1.0)
    git(site.root, "checkout", "-q", "-b", "side")
    aside = site.measured("Aside", 2.0)
    git(site.root, "checkout", "-q", "main")
    site.measured("Next", 1.0)
    assert run()[1].startswith("No change")
    assert main(["check"]) == 0
    assert main(["check", "main~1", aside]) == 1
