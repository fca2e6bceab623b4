"""stallhorn compare: names of sides, what is printed, and what the exit code says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import Results, benchmark, commit_file, git

from stallhorn.__main__ import main

NAME, OTHER = "suite.Case.time_it", "suite.Other.time_that"


class Site(Results):
    """A git repository with an asv configuration and results for its commits."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        git(root, "init", "-q", "-b", "main")
        (root / "asv.conf.json").write_text(
            json.dumps({"version": 1, "project": "demo", "repo": ".", "branches": ["main"], "results_dir": "results"})
        )
        backends = benchmark(OTHER, param_names=["backend"], params=[["'numpy'", "'numba'"]])
        self.suite(benchmark(), backends)
        self.commits: list[str] = []

    def committed(self, subject: str) -> str:
        self.commits.append(commit_file(self.root, subject, day=len(self.commits)))
        return self.commits[-1]

    def measured(self, subject: str, *levels: float, **where: str) -> str:
        made = self.committed(subject)
        self.measure(made, *levels, **where)
        return made

    def measure(self, at: str, *levels: float, env: str = "env", machine: str = "box") -> None:
        """One level of the first benchmark; two more of the backends of the second."""
        self.machine(machine)
        bounds = {"stats_ci_99_a": [[level * 0.99 for level in levels[:1]], [level * 0.99 for level in levels[1:]]]}
        bounds["stats_ci_99_b"] = [[level * 1.01 for level in part] for part in (levels[:1], levels[1:])]
        found = {}
        for place, (name, part) in enumerate(((NAME, levels[:1]), (OTHER, levels[1:]))):
            if part:
                more = {} if place == 0 else {"params": [["'numpy'", "'numba'"]]}
                own = {what: values[place] for what, values in bounds.items()}
                found[name] = {"result": [*part], "version": "1", **own, **more}
        self.result(at, found, environment=env, machine=machine)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def run(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(site.root)

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(["compare", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return command


def test_without_results_there_is_nothing_to_compare(site: Site, run) -> None:
    site.committed("First")
    code, out, err = run("HEAD", "HEAD~1")
    assert (code, out) == (3, "")
    assert "Nothing is measured yet" in err


def test_two_commits(site: Site, run) -> None:
    first, second = site.measured("First", 1.0, 1.0, 1.0), site.measured("Second", 2.0, 0.4, 1.0)
    code, out, _ = run("HEAD~1", "HEAD")
    assert code == 0
    assert out.splitlines()[0].startswith(f"A  {first[:8]}  2026-01-01  First")
    assert out.splitlines()[1].startswith(f"B  {second[:8]}")
    assert "1 of 3 series is slower in B, 1 faster, 1 within noise." in out
    assert "Geometric mean: " in out
    assert "2.00x slower (1.97x to 2.03x)" in out and "2.50x faster (2.46x to 2.54x)" in out
    assert "time_that [backend=numba]" not in out
    assert "time_that [backend=numba]" in run("HEAD~1", "HEAD", "--all")[1]


def test_a_slower_side_is_no_failure_of_the_command(site: Site, run) -> None:
    site.measured("First", 1.0)
    site.measured("Second", 5.0)
    assert run("HEAD~1", "HEAD")[0] == 0


def test_tags_name_sides(site: Site, run) -> None:
    site.measured("First", 1.0)
    git(site.root, "tag", "v1.0")
    site.measured("Second", 2.0)
    assert "2.00x slower" in run("v1.0", "main")[1]


def test_environments_are_compared_at_the_newest_commit_that_both_have(site: Site, run) -> None:
    first = site.measured("First", 1.0, env="py3.11-numpy1.26")
    site.measure(first, 3.0, env="py3.11-numpy2.3")
    site.measured("Second", 1.0, env="py3.11-numpy1.26")
    code, out, _ = run("env:numpy1", "env:numpy2")
    assert code == 0
    assert f"A  {first[:8]}" in out and f"B  {first[:8]}" in out
    assert "environment py3.11-numpy1.26" in out
    assert "3.00x slower" in out and "@" not in out


def test_backends_and_machines(site: Site, run) -> None:
    first = site.measured("First", 1.0, 1.0, 0.25)
    site.measure(first, 1.0, 2.0, 2.0, machine="tower")
    out = run("backend:numpy", "backend:numba", "--machine", "box")[1]
    assert "4.00x faster" in out and "None of 1 series is slower" in out
    assert "Differences of the environments" not in out
    assert "of 3 series" in run("machine:box", "machine:tower")[1]


def test_what_the_project_calls_a_backend_is_one(site: Site, run) -> None:
    site.measured("First", 1.0, 1.0, 0.25)
    assert run("backend:numpy", "backend:numba")[0] == 0
    (site.root / "pyproject.toml").write_text('[tool.stallhorn.roles]\nvariant = ["backend"]\n')
    assert run("backend:numpy", "backend:numba")[0] == 2


def test_sides_that_differ_in_several_things_say_so(site: Site, run) -> None:
    first, second = site.measured("First", 1.0, env="np1"), site.measured("Second", 2.0, env="np2")
    out = run(f"{first[:8]},env:np1", f"{second[:8]},env:np2")[1]
    assert "These differ in 2 things: commit, environment." in out


def test_json_says_the_same(site: Site, run) -> None:
    first, second = site.measured("First", 1.0, 1.0, 1.0), site.measured("Second", 2.0, 0.4, 1.0)
    site.measure(second, 2.0, env="only-there")
    code, out, _ = run("HEAD~1", "HEAD", "--json")
    answer = json.loads(out)
    assert (code, answer["schema"], answer["differ"]) == (0, 1, ["commit"])
    assert (answer["a"]["commit"], answer["b"]["commit"]) == (first, second)
    summary = answer["summary"]
    assert [summary[name] for name in ("slower", "faster", "same", "not_comparable")] == [1, 1, 1, 1]
    assert [each["outcome"] for each in answer["pairs"]] == ["slower", "faster", "within noise", "not comparable"]
    worst = answer["pairs"][0]
    assert summary["worst"] == worst["id"]
    assert (worst["ratio"], worst["a"]["benchmark"]) == (2.0, NAME)
    assert worst["low"] < 2.0 < worst["high"]
    assert answer["pairs"][-1]["reason"] == "not measured in A"


def test_a_commit_without_results_names_the_nearest(site: Site, run) -> None:
    first = site.measured("First", 1.0)
    site.committed("Not measured")
    middle = site.committed("Nor this")
    site.committed("Nor that")
    site.committed("Nothing")
    site.measured("Newest", 1.0)
    code, out, err = run(middle[:10], "HEAD")
    assert (code, out) == (3, "")
    assert f"{middle[:8]} has no results; the nearest measured is {first[:8]} (2 before)." in err


def test_an_environment_without_results_at_a_commit_says_where(site: Site, run) -> None:
    site.measured("First", 1.0, env="np1")
    site.measured("Second", 1.0, env="np2")
    code, _, err = run("HEAD~1,env:np2", "HEAD,env:np2")
    assert code == 3
    assert "has no results (env:np2); the nearest measured is" in err and "(1 after)" in err


def test_environments_that_were_never_measured_together_have_no_common_commit(site: Site, run) -> None:
    site.measured("First", 1.0, env="np1")
    site.measured("Second", 1.0, env="np2")
    code, _, err = run("env:np1", "env:np2")
    assert code == 3
    assert "no commit at which both env:np1 and env:np2 have results" in err


@pytest.mark.parametrize(
    ("a", "b", "what", "remedy"),
    [
        ("v1.O", "HEAD", "'v1.O' is not a commit", "The closest are: v1.0"),
        ("env:nump2", "HEAD", "no environment with results is named 'nump2'", "The closest are: py-numpy2"),
        ("machine:bax", "HEAD", "no machine with results is named 'bax'", "The closest are: box"),
        ("backend:numbo", "HEAD", "no backend with results is named 'numbo'", "The closest are: num"),
        ("env:numpy", "HEAD", "'numpy' is part of several names", "They are: py-numpy1, py-numpy2"),
        ("speed:fast", "HEAD", "'speed:fast' names no kind that there is", "A commit has no colon"),
        ("HEAD,HEAD~1", "HEAD", "names two of one kind (commit)", "Name one of each kind"),
        ("HEAD", "main", "A and B are the same", "Name two commits"),
    ],
)
def test_what_cannot_be_asked_is_answered_with_what_can(
    site: Site, run, a: str, b: str, what: str, remedy: str
) -> None:
    first = site.measured("First", 1.0, 1.0, 1.0, env="py-numpy1")
    git(site.root, "tag", "v1.0")
    site.measure(first, 1.0, 1.0, 1.0, env="py-numpy2")
    site.measured("Second", 1.0, env="py-numpy1")
    code, out, err = run(a, b)
    assert (code, out) == (2, "")
    assert what in err and remedy in err


def test_an_expression_selects_benchmarks(site: Site, run) -> None:
    site.measured("First", 1.0, 1.0, 1.0)
    site.measured("Second", 2.0, 0.4, 1.0)
    assert "None of 2 series is slower" in run("HEAD~1", "HEAD", "--bench", "Other")[1]
    assert run("HEAD~1", "HEAD", "--bench", "nothing like it")[0] == 2
    assert run("HEAD~1", "HEAD", "--bench", "(")[0] == 2


def test_when_nothing_is_comparable_the_reasons_are_told(site: Site, run) -> None:
    site.measured("First", 1.0)
    second = site.committed("Second")
    site.result(
        second,
        {
            NAME: {"result": [None], "version": "1"},
            OTHER: {"result": [1.0, 1.0], "params": [["'numpy'", "'numba'"]], "version": "1"},
        },
    )
    code, out, _ = run("HEAD~1", "HEAD")
    assert code == 3
    assert "Nothing is comparable: 3 series." in out
    assert "failed in B" in out and "not measured in A" in out
