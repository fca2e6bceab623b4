"""The demo's project: what is planted in which commit, written the same everywhere."""

from __future__ import annotations

import ast
import json
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from stallhorn.demo import history
from stallhorn.demo.history import STEPS
from stallhorn.errors import UsageError
from stallhorn.pitfalls.base import detectors

PROBE = Path("/somewhere/probe")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo") / "project"
    history.write(made, PROBE)
    return made


def shown(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def test_each_step_is_a_commit_in_its_order(folder: Path) -> None:
    subjects = shown(folder, "log", "--reverse", "--format=%s").splitlines()
    assert subjects == [step.subject for step in STEPS]
    assert shown(folder, "log", "--reverse", "--format=%H").split() == list(history.commits(folder))


def test_the_hashes_are_the_same_wherever_it_is_written(folder: Path, tmp_path: Path) -> None:
    assert history.write(tmp_path / "again", Path("/elsewhere/probe")) == history.commits(folder)


def test_somebodys_own_git_settings_change_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\nname = Other\nemail = other@example.org\n[commit]\ngpgsign = true\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    assert history.write(tmp_path / "again", PROBE) == history.commits(folder)


def test_a_demo_inside_a_repository_has_one_of_its_own(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    history.write(tmp_path / "demo", PROBE)
    assert shown(tmp_path, "log", "--all").strip() == ""


def test_every_commit_changes_the_package_and_nothing_else(folder: Path) -> None:
    for commit in history.commits(folder)[1:]:
        changed = shown(folder, "show", "--format=", "--name-only", commit).split()
        assert changed
        assert all(name.startswith("src/tidal/") for name in changed)


def test_what_is_planted_is_sick_at_its_step_and_was_not_before() -> None:
    for before, step in pairwise(STEPS):
        for module in step.planted:
            assert module in step.sick
            assert module not in before.sick


def test_all_that_the_project_can_have_planted_is_planted_and_known() -> None:
    planted = {module: pitfall for step in STEPS for module, pitfall in step.planted.items()}
    assert set(planted) == set(history._sources("planted"))
    assert {pitfall for pitfall in planted.values() if pitfall} <= set(detectors())
    assert "" in planted.values()  # the slow-down without a pitfall


def test_a_repaired_module_is_as_it_was_at_the_start() -> None:
    first = history.package(STEPS[0])
    for step in STEPS:
        now = history.package(step)
        changed = {Path(name).stem for name in now if now[name] != first[name]}
        assert changed == step.sick


def test_the_messages_do_not_name_the_pitfalls() -> None:
    for step in STEPS:
        words = f"{step.subject} {step.body}".lower()
        assert not any(pitfall in words for pitfall in detectors())


def test_all_sources_are_python() -> None:
    for step in STEPS:
        for name, text in {**history.package(step), "suite.py": history._shared()["benchmarks/suite.py"]}.items():
            ast.parse(text, name)


def test_the_suite_measures_every_module() -> None:
    suite = ast.parse(history._shared()["benchmarks/suite.py"])
    classes = {node.name.lower() for node in suite.body if isinstance(node, ast.ClassDef)}
    assert set(history._sources("healthy")) <= classes


def test_everything_that_is_no_source_is_ignored(folder: Path) -> None:
    assert shown(folder, "status", "--porcelain") == ""
    assert (folder / "asv.conf.json").is_file()
    assert (folder / history.MARK).is_file()


def test_the_history_has_an_older_numpy_and_the_newest_commit_the_newest_too() -> None:
    matrix = history.configuration(PROBE)["matrix"]
    older, newest = matrix["req"]["numpy"]  # type: ignore[index]
    assert older
    assert newest == ""


def test_a_library_that_cannot_be_installed_is_left_out_of_the_environments(tmp_path: Path) -> None:
    history.configure(tmp_path, PROBE, frozenset({"jax"}))
    matrix = json.loads((tmp_path / "asv.conf.json").read_text(encoding="utf-8"))["matrix"]["req"]
    assert "numba" in matrix
    assert "jax" not in matrix


def test_a_history_that_was_not_written_to_its_end_is_refused(tmp_path: Path) -> None:
    history.write(tmp_path, PROBE)
    shown(tmp_path, "update-ref", "HEAD", "HEAD~3")
    with pytest.raises(UsageError, match="has 7 commits"):
        history.commits(tmp_path)
