"""What `run` says about a selection that selects nothing, and about what it would do."""

from __future__ import annotations

import re

from workplace import MACHINE, SUITE, Workplace


def test_an_unknown_benchmark(project: Workplace) -> None:
    done = project.run("--bench", "suite.Wrok.measure")
    assert done.code == 2, done.said
    assert "No benchmark matches --bench 'suite.Wrok.measure'." in done.err
    assert "suite.Work.measure" in done.err.splitlines()[-1]


def test_a_pattern_that_is_none(project: Workplace) -> None:
    done = project.run("--bench", "Work[")
    assert done.code == 2, done.said
    assert "--bench 'Work[' is not a regular expression: unterminated character set" in done.err
    assert "Quote special characters with a backslash." in done.err


def test_a_suite_without_benchmarks(project: Workplace) -> None:
    project.suite("x = 1\n")
    done = project.run()
    assert done.code == 3, done.said
    assert "The suite has no benchmarks." in done.err


def test_a_preset_that_leaves_nothing(project: Workplace) -> None:
    project.suite(SUITE + "\n    def expect(self):\n        return 60.0, 1000\n")
    done = project.run("--preset", "quick")
    assert done.code == 3, done.said
    assert "All 1 matching cells take longer than the quick preset allows." in done.err
    assert "Use --preset full." in done.err


def test_a_dry_run_before_anything_was_measured(project: Workplace) -> None:
    done = project.run("--dry-run")
    assert done.code == 3, done.said
    assert "Nothing is known about the suite yet" in done.err
    assert not (project.root / "results").exists()


def test_a_dry_run_says_what_would_be_done_and_does_none_of_it(project: Workplace) -> None:
    assert project.run().code == 0

    def files() -> set[str]:
        return {str(path) for path in project.root.rglob("*") if ".git" not in path.parts}

    before = files()
    done = project.run("HEAD~2..HEAD", "--dry-run", "--machine", MACHINE)
    assert done.code == 0, done.said
    said = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in done.out.splitlines() if "  " in line)
    assert said["commits"].startswith(f"2: {project.head[:8]}, ")
    assert said["cells"] == "1 of 1 (full preset), 2 processes each"
    assert said["measurements"].startswith("2 in 2 combinations")
    assert re.match(r"about \d+ (s|min)", said["time"])
    assert "MB" in said["disk"]
    assert "Nothing was measured." in done.out
    assert files() == before
