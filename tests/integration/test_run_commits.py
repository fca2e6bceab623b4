"""What `run` says about repositories and commits that are not as they should be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from workplace import PYPROJECT, SUBJECT, Workplace, git, open_workplace, read_records


def test_no_repository(project: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(project.root / ".git")
    done = project.run(GIT_CEILING_DIRECTORIES=str(project.root.parent))
    assert done.code == 2, done.said
    assert f"{project.root} is not in a git repository" in done.err
    assert "Run `git init`" in done.err


def test_a_repository_without_commits(project: Workplace) -> None:
    shutil.rmtree(project.root / ".git")
    project.git("init", "-q")
    done = project.run()
    assert done.code == 2, done.said
    assert "'HEAD' is not a commit of this repository." in done.err


def test_an_unknown_range(project: Workplace) -> None:
    for wanted in ("v9", "v9..HEAD", "HEAD..v9"):
        done = project.run(wanted)
        assert done.code == 2, done.said
        assert "'v9' is not a commit of this repository." in done.err
        assert "`git log --oneline` lists them" in done.err


def test_an_option_in_place_of_a_range(project: Workplace) -> None:
    done = project.run("--", "--output=/tmp/x..HEAD")
    assert done.code == 2, done.said
    assert "is not a commit" in done.err


def test_an_empty_range(project: Workplace) -> None:
    done = project.run("HEAD..HEAD")
    assert done.code == 3, done.said
    assert "No commit in HEAD..HEAD changes subject/." in done.err
    assert "Name another range, or a single commit." in done.err


def test_changes_that_are_not_committed_are_mentioned_and_not_measured(project: Workplace) -> None:
    (project.root / "subject" / "toysubject" / "__init__.py").write_text("raise RuntimeError", encoding="utf-8")
    done = project.run()
    assert done.code == 0, done.said
    assert "note: subject has changes that are not committed: not measured" in done.err
    assert [one["status"] for one in project.records()] == ["ok", "ok"]


def test_a_shallow_clone(project: Workplace, environments: Path, tmp_path: Path) -> None:
    folder = tmp_path / "clone"
    project.commit("Only here", {"subject/toysubject/__init__.py": SUBJECT})  # to be built from the shallow clone
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{project.root}", str(folder))
    clone = open_workplace(folder, environments)

    newest = clone.run("--newest", "2")
    assert newest.code == 0, newest.said
    assert len(clone.records()) == 2
    assert "`git fetch --unshallow`" in newest.err  # one commit was measured where two were asked for

    for wanted in ("HEAD~1", "HEAD~1..HEAD"):
        older = clone.run(wanted)
        assert older.code == 2, older.said
        assert "'HEAD~1' is not a commit of this repository." in older.err
        assert "This clone is shallow, older commits are missing: `git fetch --unshallow` brings them." in older.err


@pytest.fixture
def watched(project: Workplace) -> Callable[[str], int]:
    """Counts how often a commit was built."""
    log = project.root.parent / "builds"
    log.touch()
    note = f"import sys; open({str(log)!r}, 'a').write(sys.argv[1] + chr(10))"
    script = project.root.parent / "note.py"
    script.write_text(note, encoding="utf-8")
    project.configure(build_command=[f"python {script} {{commit}}", *project.conf["build_command"]])
    return lambda commit: log.read_text(encoding="utf-8").split().count(commit)


def test_a_commit_that_does_not_build(project: Workplace, watched: Callable[[str], int]) -> None:
    good = project.head
    bad = project.commit(
        "Break the build", {"subject/pyproject.toml": PYPROJECT.replace('["toysubject"]', '["no_such_folder"]')}
    )

    first = project.run("HEAD~2..HEAD")
    assert first.code == 4, first.said
    assert f"{bad[:8]} does not build in" in first.err
    (record,) = project.records(bad)
    assert (record["benchmark"], record["status"], record["reason"]) == (None, "failed", "does not build")
    assert "no_such_folder" in record["stderr"]
    assert [one["status"] for one in project.records(good)] == ["ok", "ok"]
    assert watched(bad) == 1

    second = project.run("HEAD~2..HEAD")
    assert second.code == 4, second.said
    assert "did not build in an earlier run; --retry-failed tries again" in second.err
    assert watched(bad) == 1
    assert len(project.records(bad)) == 1
    assert len(project.records(good)) == 2

    third = project.run("HEAD~2..HEAD", "--retry-failed")
    assert third.code == 4, third.said
    assert watched(bad) == 2
    assert len(project.records(good)) == 2


def test_the_only_wanted_commit_does_not_build(project: Workplace) -> None:
    bad = project.commit("Break the build", {"subject/pyproject.toml": "[build-system\n"})
    project.commit("Mend it", {"subject/pyproject.toml": PYPROJECT, "subject/toysubject/__init__.py": SUBJECT})
    done = project.run(bad)
    assert done.code == 4, done.said
    (record,) = project.records(bad)
    assert record["reason"] == "does not build"


def test_a_build_failure_that_is_mended_is_measured(project: Workplace) -> None:
    """A failure that lay in the machine, not in the commit: --retry-failed measures it, and the failure is over."""
    commands = project.conf["build_command"]
    project.configure(build_command=["python -c 'raise SystemExit(1)'"])
    commit = project.commit("Fine", {"subject/toysubject/__init__.py": SUBJECT + "\nFINE = 1\n"})
    assert project.run("HEAD~2..HEAD").code == 4
    project.configure(build_command=commands)
    done = project.run("--retry-failed")
    assert done.code == 0, done.said
    assert [one["status"] for one in read_records(project.record_file(commit))][:2] == ["failed", "ok"]
    assert [one["status"] for one in project.records(commit)] == ["ok", "ok", "ok"]
    again = project.run()
    assert again.code == 0, again.said
    assert "all 1 cells are measured already" in again.err


def test_nothing_of_the_suite_can_be_imported(project: Workplace) -> None:
    project.suite("import toysubject\nimport not_there\n")
    done = project.run()
    assert done.code == 4, done.said
    assert "The suite in benchmarks cannot be imported" in done.err
    assert "not_there" in done.err


def test_a_merge_is_one_commit_of_the_first_parents(project: Workplace) -> None:
    project.git("checkout", "-q", "-b", "side", "HEAD~1")
    side = project.commit("Aside", {"subject/aside.txt": "x"})
    project.git("checkout", "-q", "main")
    project.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    done = project.run("HEAD~2..HEAD", "--dry-run")
    assert done.code == 3, done.said  # nothing is known of the suite yet
    assert project.run("HEAD~1..HEAD").code == 0
    assert not list(project.results.glob(f"{side[:8]}*"))
    assert len(project.records()) == 2


def test_the_package_is_installed_from_the_commit_and_not_from_the_folder(project: Workplace) -> None:
    project.suite(
        """
        import os, toysubject

        class Where:
            def track_step(self):
                return toysubject.STEP
        """
    )
    assert project.run("HEAD~2..HEAD", PYTHONPATH=str(project.root / "subject") + os.pathsep).code == 0
    assert project.result("HEAD")["suite.Where.track_step"] == [2.0]
    older = project.git("rev-parse", "HEAD~1").strip()
    assert project.result(older)["suite.Where.track_step"] == [1.0]
