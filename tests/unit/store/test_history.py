"""The order of commits, from real git repositories, broken ones, and none at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from builders import START, commit, commit_file, git, project

from stallhorn.errors import UsageError
from stallhorn.model import Project
from stallhorn.store.history import read_history, resolve


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def test_no_repository_orders_what_was_measured_by_date(tmp_path: Path) -> None:
    measured = {commit(2): START + timedelta(days=2), commit(0): START, commit(9): None}
    revisions, problems = read_history(project(tmp_path / "nowhere"), measured)
    assert [each.commit for each in revisions] == [commit(9), commit(0), commit(2)]
    assert [each.position for each in revisions] == [0, 1, 2]
    assert "cannot be read from git" in problems[0].what


def results_only(folder: Path, name: str = "results") -> Project:
    """What is known of results of which nothing else is at hand."""
    return replace(project(folder), name=name, root=folder, repository=None, results=folder, branch="HEAD")


def test_results_alone_are_ordered_by_their_dates_and_that_is_said_once(tmp_path: Path) -> None:
    measured = {commit(2): START + timedelta(days=2), commit(0): START, commit(9): None}
    revisions, (problem,) = read_history(results_only(tmp_path), measured)
    assert [each.commit for each in revisions] == [commit(9), commit(0), commit(2)]
    assert not any(each.aside for each in revisions)
    assert problem.where == str(tmp_path)
    assert "named by their hashes and ordered by the dates" in problem.what


def test_nothing_is_said_of_a_missing_repository_while_nothing_was_measured(tmp_path: Path) -> None:
    assert read_history(results_only(tmp_path), {}) == ((), [])


def test_commits_of_one_date_stand_in_the_order_of_their_hashes(tmp_path: Path) -> None:
    measured = {commit(place): START for place in (5, 1, 3)}
    revisions, _ = read_history(results_only(tmp_path), measured)
    assert [each.commit for each in revisions] == [commit(1), commit(3), commit(5)]


@pytest.mark.parametrize("name", ["", "box"])
def test_the_repository_that_results_happen_to_lie_in_is_not_theirs(repository: Path, name: str) -> None:
    commit_file(repository, "Results of last night")
    (repository / "box").mkdir()
    revisions, problems = read_history(results_only(repository, name), {commit(0): START})
    assert [each.commit for each in revisions] == [commit(0)]
    assert len(problems) == 1


def test_a_remote_repository_that_was_not_cloned_yet_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "asv.conf.json").write_text("{}")
    _, (problem,) = read_history(results_only(tmp_path, "remote"), {commit(0): START})
    assert str(tmp_path / "remote") in problem.remedy


def test_the_mirror_that_asv_keeps_of_a_remote_repository_has_the_history(repository: Path) -> None:
    first = commit_file(repository, "First")
    git(repository, "clone", "-q", "--mirror", ".", "remote")
    revisions, problems = read_history(results_only(repository, "remote"), {first: None})
    assert [each.subject for each in revisions] == ["First"]
    assert problems == []


def test_without_a_repository_a_commit_is_named_by_its_hash(tmp_path: Path) -> None:
    alone = results_only(tmp_path)
    assert resolve(alone, commit(1)[:12], [commit(0), commit(1)]) == commit(1)
    with pytest.raises(UsageError, match="'main' is not the hash of a measured commit"):
        resolve(alone, "main", [commit(0)])


def test_a_repository_without_a_commit_is_told(repository: Path) -> None:
    revisions, problems = read_history(project(repository), {})
    assert revisions == ()
    assert "no commit yet" in problems[0].what


def test_git_missing_is_told(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    revisions, problems = read_history(project(repository), {commit(0): START})
    assert [each.commit for each in revisions] == [commit(0)]
    assert "git is not installed" in problems[0].what


def test_commits_come_oldest_first_with_everything_git_knows(repository: Path) -> None:
    first = commit_file(repository, "First")
    second = commit_file(repository, "Tab\there, \x1b[31mred\x1b[0m, \u202eturned, Ünïcode", day=1)
    git(repository, "tag", "v1.0")
    git(repository, "tag", "-a", "odd,name", "-m", "annotated")
    revisions, problems = read_history(project(repository), {})
    assert problems == []
    assert [each.commit for each in revisions] == [first, second]
    newest = revisions[1]
    assert newest.subject == "Tab\there, \x1b[31mred\x1b[0m, \u202eturned, Ünïcode"
    assert newest.parents == (first,)
    assert newest.tags == ("odd,name", "v1.0")
    assert newest.author == "Ada"
    assert newest.committed == START + timedelta(days=1)


def test_merged_commits_are_not_on_the_first_parent_line(repository: Path) -> None:
    first = commit_file(repository, "First")
    git(repository, "checkout", "-q", "-b", "side")
    commit_file(repository, "On the side", day=1)
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "--no-ff", "-m", "Merge", "side")
    merge = git(repository, "rev-parse", "HEAD")
    revisions, _ = read_history(project(repository), {})
    assert [each.commit for each in revisions] == [first, merge]
    assert len(revisions[1].parents) == 2


def test_a_measured_commit_beside_the_branch_comes_after_its_parent(repository: Path) -> None:
    first = commit_file(repository, "First", day=0)
    git(repository, "checkout", "-q", "-b", "side")
    side = commit_file(repository, "Side", day=2)
    git(repository, "checkout", "-q", "main")
    second = commit_file(repository, "Second", day=1)
    third = commit_file(repository, "Third", day=3)
    revisions, problems = read_history(project(repository), {side: None})
    assert [each.commit for each in revisions] == [first, second, side, third]
    assert [each.aside for each in revisions] == [False, False, True, False]
    assert revisions[2].subject == "Side"
    assert problems == []


def test_a_measured_commit_that_the_repository_has_not_is_placed_by_its_date(repository: Path) -> None:
    first = commit_file(repository, "First", day=0)
    third = commit_file(repository, "Third", day=3)
    unknown = {commit(1): START + timedelta(days=1), "not a hash\n--all": START}
    revisions, problems = read_history(project(repository), unknown)
    assert [each.commit for each in revisions] == [first, "not a hash\n--all", commit(1), third]
    assert not any(each.aside for each in revisions)
    assert problems == []


def test_a_shallow_clone_is_told_with_the_remedy(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    for day in range(3):
        commit_file(repository, f"Commit {day}", day=day)
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "-q", "--depth", "1", repository.as_uri(), ".")
    revisions, problems = read_history(project(clone), {})
    assert len(revisions) == 1
    assert "shallow clone" in problems[0].what and "--unshallow" in problems[0].remedy


def test_a_branch_that_only_the_remote_has_is_found(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    first = commit_file(repository, "First")
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "-q", repository.as_uri(), ".")
    git(clone, "checkout", "-q", "--detach")
    git(clone, "branch", "-D", "main")
    revisions, problems = read_history(project(clone), {})
    assert [each.commit for each in revisions] == [first]
    assert problems == []


def test_a_branch_that_does_not_exist_is_told(repository: Path) -> None:
    commit_file(repository, "First")
    git(repository, "branch", "-m", "trunk")
    revisions, problems = read_history(project(repository), {})
    assert len(revisions) == 1
    assert "no branch 'main'" in problems[0].what


def test_a_corrupt_repository_does_not_stop_the_reading(repository: Path) -> None:
    first = commit_file(repository, "First")
    (repository / ".git" / "objects" / first[:2] / first[2:]).unlink()
    revisions, problems = read_history(project(repository), {commit(0): START})
    assert commit(0) in [each.commit for each in revisions]
    assert problems


def test_any_git_name_stands_for_its_commit(repository: Path) -> None:
    first = commit_file(repository, "First")
    git(repository, "tag", "-a", "v1", "-m", "annotated")
    second = commit_file(repository, "Second", day=1)
    here = project(repository)
    assert resolve(here, "main", []) == second
    assert resolve(here, "HEAD~1", []) == first
    assert resolve(here, "v1", []) == first
    assert resolve(here, second[:7], []) == second


def test_without_git_the_start_of_a_measured_hash_will_do(tmp_path: Path) -> None:
    here = project(tmp_path / "nowhere")
    assert resolve(here, commit(0)[:8], [commit(0), commit(1)]) == commit(0)
    with pytest.raises(UsageError, match="stands for several"):
        resolve(here, "0000", [commit(0), commit(1)])


@pytest.mark.parametrize("name", ["nope", "--all", "", "abc", "a\0b", "HEAD^{tree}"])
def test_an_unknown_name_is_a_usage_error(repository: Path, name: str) -> None:
    commit_file(repository, "First")
    with pytest.raises(UsageError, match="is not a commit, branch or tag"):
        resolve(project(repository), name, [commit(0)])
