"""Reading asv.conf.json: asv's own rules, every path absolute, and a clear word about a file that cannot be used."""

import json
from pathlib import Path

import pytest

from stallhorn.asv.project import describe, find_configuration, load_configuration, load_project
from stallhorn.errors import UsageError

LEAST = {"version": 1, "project": "demo", "project_url": "#", "repo": "."}


@pytest.fixture
def write(tmp_path):
    def written(content=None, name="asv.conf.json", **more):
        path = tmp_path / name
        path.write_text(content if content is not None else json.dumps({**LEAST, **more}))
        return path

    return written


# --- finding it


def test_a_folder_without_a_configuration_is_said_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        find_configuration(None)
    assert caught.value.what == f"There is no asv.conf.json in {tmp_path}."
    assert "--config" in caught.value.remedy and "asv quickstart" in caught.value.remedy


@pytest.mark.parametrize("name", ["asv.conf.json", "asv.conf.jsonc"])
def test_the_one_in_the_current_folder_is_found(write, tmp_path, monkeypatch, name):
    write(name=name)
    monkeypatch.chdir(tmp_path)
    assert find_configuration(None) == tmp_path / name


def test_the_one_that_is_named_is_taken_and_made_absolute(write, tmp_path, monkeypatch):
    write(), write(name="other.json")
    monkeypatch.chdir(tmp_path)
    assert find_configuration(Path("other.json")) == tmp_path / "other.json"


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_named_file_that_is_not_there_is_said(tmp_path, name):
    with pytest.raises(UsageError, match="there is no such file"):
        find_configuration(tmp_path / name)


# --- reading it


def test_comments_are_allowed_as_asv_allows_them(write):
    path = write('{"version": 1, "project": "demo", "project_url": "#", // why\n "repo": "."}')
    assert load_configuration(path).project == "demo"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "{}",
        '{"version": 99, "project": "demo", "repo": "."}',
        '{"version": 1, "project": "demo"}',
        '{"version": 1, "project": "demo", "repo": 5}',
        '{"version": 1, "project": ["demo"], "repo": "."}',
        '{"version": 1, "project": "demo", "repo": ".", "results_dir": null}',
    ],
)
def test_a_file_that_cannot_be_used_is_named(write, content):
    path = write(content)
    with pytest.raises(UsageError) as caught:
        load_configuration(path)
    assert str(path) in caught.value.what
    assert caught.value.remedy


def test_a_file_that_is_not_text_is_named(write):
    path = write()
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(UsageError, match=r"asv\.conf\.json cannot be used"):
        load_configuration(path)


# --- what it says


def test_the_least_that_a_configuration_can_say(write, tmp_path):
    project = load_project(write())
    assert (project.name, project.root, project.repository) == ("demo", tmp_path, tmp_path)
    assert (project.subfolder, project.branch, project.commit_url) == ("", "HEAD", None)
    assert (project.benchmarks, project.results) == (tmp_path / "benchmarks", tmp_path / "results")
    assert project.html == tmp_path / "html"


def test_paths_are_relative_to_the_file_and_not_to_the_current_folder(write, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    path = write(repo="..", benchmark_dir="b", results_dir="../r", html_dir="/site")
    monkeypatch.chdir(tmp_path / "elsewhere")
    project = load_project(path)
    assert project.root == tmp_path
    assert project.repository == tmp_path.parent
    assert project.benchmarks == tmp_path / "b"
    assert project.results == tmp_path.parent / "r"
    assert project.html == Path("/site")


def test_the_site_stays_out_of_the_folder_that_asv_deletes(write, tmp_path):
    assert load_project(write(html_dir="html/asv")).html == tmp_path / "html"


@pytest.mark.parametrize(
    "repo", ["https://example.org/demo.git", "git@example.org:demo.git", "ssh://example.org/demo", "file:///srv/demo"]
)
def test_a_repository_elsewhere_is_no_folder(write, repo):
    assert load_project(write(repo=repo)).repository is None


def test_the_subfolder_the_branch_and_the_commits_pages_are_taken_over(write):
    project = load_project(
        write(repo_subdir="/src/package/", branches=["main", "next"], show_commit_url="https://example.org/commit/")
    )
    assert (project.subfolder, project.branch) == ("src/package", "main")
    assert project.commit_url == "https://example.org/commit/"


@pytest.mark.parametrize("url", ["", "#"])
def test_without_pages_of_commits_there_is_no_link(write, url):
    assert load_project(write(show_commit_url=url)).commit_url is None


def test_no_branches_are_the_checked_out_one(write):
    conf = load_configuration(write())
    for nothing in (None, [], [None], [""]):
        conf.branches = nothing
        assert describe(conf, Path("/root")).branch == "HEAD"


# --- what asv is told about regressions


def test_asvs_settings_of_regressions_are_read(write):
    found = load_project(
        write(regressions_thresholds={"a.*": 0.1, "b": "0.2"}, regressions_first_commits={"a": "v1", "b": None})
    )
    assert found.thresholds == {"a.*": 0.1, "b": 0.2}
    assert found.first_commits == {"a": "v1", "b": None}
    assert found.configuration == "asv.conf.json"


def test_asvs_settings_of_regressions_may_be_missing(write):
    found = load_project(write())
    assert (found.thresholds, found.first_commits) == ({}, {})


@pytest.mark.parametrize(
    ("name", "given", "said", "expected"),
    [
        ("regressions_thresholds", [], "regressions_thresholds is []", "a number, 0 or more"),
        ("regressions_thresholds", {"a": "much"}, "has 'much' for 'a'", "a number, 0 or more"),
        ("regressions_thresholds", {"a": -1}, "has -1 for 'a'", "a number, 0 or more"),
        ("regressions_thresholds", {"a": True}, "has True for 'a'", "a number, 0 or more"),
        ("regressions_thresholds", {"a": None}, "has None for 'a'", "a number, 0 or more"),
        ("regressions_first_commits", "v1", "regressions_first_commits is 'v1'", "a commit or null"),
        ("regressions_first_commits", {"a": 3}, "has 3 for 'a'", "a commit or null"),
        ("regressions_first_commits", {"a": ""}, "has '' for 'a'", "a commit or null"),
    ],
)
def test_settings_of_regressions_of_another_type_are_said(write, name, given, said, expected):
    path = write(**{name: given})
    with pytest.raises(UsageError) as caught:
        load_project(path)
    assert str(path) in caught.value.what and said in caught.value.what
    assert expected in caught.value.remedy
