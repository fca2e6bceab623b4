"""Git, asked in small repositories that each test makes: every failure is one clear error with its remedy."""

import os
import subprocess

import pytest

from stallhorn.errors import NothingMeasured, UsageError
from stallhorn.git import Repository


class Made:
    """A repository under construction."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.org")
        self.git("config", "commit.gpgsign", "false")

    def git(self, *arguments):
        done = subprocess.run(["git", "-C", str(self.folder), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, file, text, message="a commit"):
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.git("add", file)
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    @property
    def asked(self):
        return Repository.at(self.folder)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for name in [name for name in os.environ if name.startswith("GIT_") and name != "GIT_CONFIG_GLOBAL"]:
        monkeypatch.delenv(name)
    return Made(tmp_path / "it")


def said(caught):
    return caught.value.what, caught.value.remedy


# --- no repository, nothing in it


def test_a_folder_without_a_repository_is_said_with_what_to_do(repository, tmp_path):
    (tmp_path / "bare").mkdir()
    with pytest.raises(UsageError) as caught:
        Repository.at(tmp_path / "bare")
    what, remedy = said(caught)
    assert what == f"{tmp_path / 'bare'} is not in a git repository, and commits are what is measured."
    assert "git init" in remedy


def test_a_folder_that_is_not_there_is_no_repository(tmp_path):
    with pytest.raises(UsageError, match="is not in a git repository"):
        Repository.at(tmp_path / "missing")


def test_a_machine_without_git_is_told_to_install_it(repository, tmp_path, monkeypatch):
    asked = repository.asked
    monkeypatch.setenv("PATH", str(tmp_path))
    for ask in (lambda: Repository.at(repository.folder), lambda: asked.resolve("HEAD"), lambda: asked.commits("main")):
        with pytest.raises(UsageError) as caught:
            ask()
        assert said(caught) == ("git is not installed.", "Install it (Debian: apt-get install git).")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_repository_of_another_user_is_told_from_none(repository):
    os.chown(repository.folder, 65534, 65534)
    with pytest.raises(UsageError, match="belongs to another user") as caught:
        Repository.at(repository.folder)
    assert f"safe.directory {repository.folder}" in said(caught)[1]


def test_a_repository_without_commits_has_no_head(repository):
    with pytest.raises(UsageError, match="'HEAD' is not a commit of this repository"):
        repository.asked.resolve("HEAD")
    with pytest.raises(UsageError, match="'main' is not a commit"):
        repository.asked.commits("main")


# --- names of commits


def test_a_commit_may_be_named_in_every_way_that_git_knows(repository):
    first, second = repository.commit("a", "1"), repository.commit("a", "2")
    repository.git("tag", "-a", "v1", "-m", "annotated", first)
    asked = repository.asked
    for name in (first, first[:8], "v1", "HEAD~1", "main^"):
        assert asked.resolve(name) == first
    assert asked.resolve("HEAD") == second


@pytest.mark.parametrize("name", ["nonsense", "", "HEAD~7", "HEAD:a", "v9", "a b", "é"])
def test_what_is_not_a_commit_is_named_with_how_to_find_one(repository, name):
    repository.commit("a", "1")
    with pytest.raises(UsageError) as caught:
        repository.asked.resolve(name)
    what, remedy = said(caught)
    assert what == f"{name!r} is not a commit of this repository."
    assert "git log --oneline" in remedy


@pytest.mark.parametrize("name", ["-h", "--all", "--upload-pack=touch x"])
def test_a_name_is_never_an_option(repository, name):
    repository.commit("a", "1")
    with pytest.raises(UsageError, match="is not a commit"):
        repository.asked.resolve(name)
    with pytest.raises(UsageError, match="is not a commit"):
        repository.asked.commits(name)
    with pytest.raises(UsageError, match="is not a commit"):
        repository.asked.commits(f"HEAD..{name}")


# --- ranges


def test_a_range_is_its_commits_newest_first(repository):
    first, second, third = (repository.commit("a", str(number)) for number in range(3))
    asked = repository.asked
    assert asked.commits("main") == (third, second, first)
    assert asked.commits(f"{first}..HEAD") == (third, second)
    assert asked.commits("HEAD~1..") == (third,)
    assert asked.commits("main", newest=2) == (third, second)


def test_of_a_range_those_are_taken_that_change_the_package(repository):
    first = repository.commit("src/package/a", "1")
    repository.commit("docs/b", "1")
    third = repository.commit("src/package/a", "2")
    repository.commit("docs/b", "2")
    assert repository.asked.commits("main", "src/package") == (third, first)
    assert repository.asked.commits("main", "src/package", newest=1) == (third,)


def test_a_branch_that_was_merged_counts_as_its_merge(repository):
    first = repository.commit("a", "1")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("b", "1")
    repository.commit("b", "2")
    repository.git("checkout", "-q", "main")
    second = repository.commit("a", "2")
    repository.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    assert repository.asked.commits("main") == (repository.git("rev-parse", "HEAD"), second, first)


def test_a_range_without_commits_is_nothing_measured(repository):
    repository.commit("a", "1")
    with pytest.raises(NothingMeasured) as caught:
        repository.asked.commits("HEAD..HEAD")
    assert said(caught) == ("No commit in HEAD..HEAD.", "Name another range, or a single commit.")
    with pytest.raises(NothingMeasured, match=r"No commit in main changes src/package/\."):
        repository.asked.commits("main", "src/package")


def test_an_end_of_a_range_that_is_not_there_is_named(repository):
    repository.commit("a", "1")
    for span in ("v1..HEAD", "HEAD..v1", "HEAD...v1"):
        with pytest.raises(UsageError, match="'v1' is not a commit"):
            repository.asked.commits(span)


# --- shallow clones, changes, subjects


def test_a_shallow_clone_says_how_to_get_the_rest(repository, tmp_path):
    for number in range(3):
        repository.commit("a", str(number))
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", f"file://{repository.folder}", str(tmp_path / "shallow")], check=True
    )
    shallow = Repository.at(tmp_path / "shallow")
    assert shallow.is_shallow() and not repository.asked.is_shallow()
    with pytest.raises(UsageError) as caught:
        shallow.resolve("HEAD~2")
    assert "git fetch --unshallow" in said(caught)[1]
    with pytest.raises(NothingMeasured) as caught:
        shallow.commits("HEAD..HEAD")
    assert "git fetch --unshallow" in said(caught)[1]


def test_changes_that_are_not_committed_are_seen_where_they_are(repository):
    repository.commit("src/package/a", "1")
    repository.commit("docs/b", "1")
    assert not repository.asked.is_dirty("")
    (repository.folder / "docs/b").write_text("changed")
    (repository.folder / "src/package/new").write_text("not tracked")
    assert repository.asked.is_dirty("") and repository.asked.is_dirty("docs")
    assert not repository.asked.is_dirty("", beside=("docs",))
    assert not repository.asked.is_dirty("src/package")


def test_a_subject_is_the_first_line_whatever_it_says(repository):
    hostile = "<script>alert('ä')</script> --all %H"
    commit = repository.commit("a", "1", message=f"{hostile}\n\nmore")
    assert repository.asked.subject(commit) == hostile


def test_any_command_that_fails_says_what_git_said(repository):
    with pytest.raises(UsageError, match=r"^git rev-list: fatal: "):
        repository.asked.run("rev-list", "nonsense")
