"""What a project sets about changes: defaults, every key, asv's own settings, and a clear word about what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from builders import commit, point, project, revision, series
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.changes.settings import Override, Settings
from stallhorn.errors import UsageError
from stallhorn.model import History, Project
from stallhorn.settings import read_settings, with_commits

Write = Callable[[str], Project]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Project:
        (tmp_path / "pyproject.toml").write_text(text)
        return project(tmp_path)

    return written


def table(text: str) -> str:
    return f"[tool.stallhorn.changes]\n{text}\n"


def override(text: str) -> str:
    return f"[[tool.stallhorn.changes.override]]\n{text}\n"


# --- defaults


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    assert read_settings(project(tmp_path)) == Settings()


@pytest.mark.parametrize("text", ["", "[project]\nname = 'x'", "[tool.stallhorn]", "[tool.stallhorn.changes]"])
def test_a_file_that_sets_nothing_leaves_the_defaults(write: Write, text: str) -> None:
    assert read_settings(write(text)) == Settings()


# --- what can be set


def test_settings_for_all_benchmarks(write: Write) -> None:
    found = read_settings(write(table('relevant = 0.05\ntail = 5\nhigher_is_better = ["rate$", "Throughput"]')))
    assert (found.relevant, found.tail) == (0.05, 5)
    assert found.is_higher_better("suite.track_rate", "") and found.is_higher_better("suite.Throughput.track(1)", "")
    assert not found.is_higher_better("suite.time_it", "seconds")
    assert found.names["relevant"].endswith("pyproject.toml: tool.stallhorn.changes.relevant")


def test_a_unit_can_say_that_more_is_better() -> None:
    assert Settings().is_higher_better("suite.track_rows", "rows per second (higher is better)")
    assert not Settings().is_higher_better("suite.track_rows", "rows")


def test_of_several_overrides_the_last_that_matches_holds(write: Write) -> None:
    found = read_settings(
        write(
            table("relevant = 0.05")
            + override('benchmarks = "Rbf"\nrelevant = 0.1\ntail = 1')
            + override('benchmarks = "Rbf.measure\\\\(500"\nrelevant = 0.2\nfirst = "v1"')
        )
    )
    assert (found.of("a.Rbf.measure(500, 2)").relevant, found.of("a.Rbf.measure(500, 2)").tail) == (0.2, 1)
    assert found.of("a.Rbf.measure(500, 2)").first == "v1"
    assert found.of("a.Rbf.measure(50, 2)").relevant == 0.1
    assert (found.of("a.Other").relevant, found.of("a.Other").tail, found.of("a.Other").first) == (0.05, 3, None)


def test_the_example_of_the_document_is_read(write: Write) -> None:
    document = (Path(__file__).parents[2] / "docs/settings.md").read_text()
    found = read_settings(write(document.partition("```toml\n")[2].partition("```")[0]))
    assert (found.relevant, found.tail) == (Settings().relevant, Settings().tail)
    assert found.of("rbf.Rbf.measure(50, 'numba')").first == "v1.0"
    assert found.is_higher_better("suite.track_rate", "")


# --- asv's own settings


def test_of_asvs_thresholds_the_largest_that_matches_holds_from_the_start_of_the_name(tmp_path: Path) -> None:
    found = read_settings(replace(project(tmp_path), thresholds={"suite": 0.3, "suite.A": 0.1, "A": 0.9}))
    assert found.of("suite.A.time_it").relevant == 0.3
    assert found.of("other.A").relevant == Settings().relevant


def test_asvs_patterns_may_name_the_branch(tmp_path: Path) -> None:
    found = read_settings(replace(project(tmp_path), thresholds={"suite.*@main$": 0.3, "other.*@v1$": 0.4}))
    assert found.of("suite.time_it").relevant == 0.3
    assert found.of("other.time_it").relevant == Settings().relevant


def test_a_benchmark_without_a_first_commit_is_ignored(tmp_path: Path) -> None:
    found = read_settings(replace(project(tmp_path), first_commits={"suite.Noisy": None}))
    assert found.of("suite.Noisy.time_it").ignored and not found.of("suite.Quiet.time_it").ignored


def test_the_projects_own_settings_come_after_asvs(write: Write) -> None:
    made = replace(write(override('benchmarks = "suite"\nrelevant = 0.1')), thresholds={"suite": 0.3})
    assert read_settings(made).of("suite.time_it").relevant == 0.1


# --- commits by name


def history(root: Path) -> History:
    revisions = tuple(revision(place) for place in range(4))
    made = series(*(point(place, 1.0, 1.0) for place in range(4)))
    return History(project(root), revisions, {}, {}, {}, (made,))


def test_a_commit_can_be_named_and_becomes_its_full_hash(tmp_path: Path) -> None:
    settings = Settings(overrides=(Override(re.compile("suite"), first=commit(2)[:12]),))
    found, told = with_commits(settings, history(tmp_path))
    assert found.of("suite.time_it").first == commit(2) and told.problems == ()


def test_of_asvs_first_commits_the_newest_holds(tmp_path: Path) -> None:
    made = replace(project(tmp_path), first_commits={"suite": commit(2), "suite.C": commit(1)})
    found, _ = with_commits(read_settings(made), history(tmp_path))
    assert found.of("suite.Case").first == commit(2)


def test_a_commit_that_is_unknown_sets_nothing_and_is_a_problem(tmp_path: Path) -> None:
    settings = Settings(overrides=(Override(re.compile("suite"), first="nowhere"),))
    found, told = with_commits(settings, history(tmp_path))
    assert found.of("suite.time_it").first is None
    (problem,) = told.problems
    assert "'nowhere'" in str(problem) and "tool.stallhorn.changes.override" in str(problem)


# --- what cannot be meant


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        (table("relevant = 'much'"), "`relevant` is 'much'", "a share of the old level"),
        (table("relevant = 0"), "`relevant` is 0", "a share"),
        (table("relevant = true"), "`relevant` is True", "a share"),
        (table(f"relevant = {10**400}"), "`relevant` is 1000", "a share"),
        (table("relevant = inf"), "`relevant` is inf", "a share"),
        (table("relevant = nan"), "`relevant` is nan", "a share"),
        (table("relevant = 11"), "`relevant` is 11", "a share"),
        (table("tail = 1.5"), "`tail` is 1.5", "a whole number"),
        (table("tail = 0"), "`tail` is 0", "a whole number"),
        (table("tale = 3"), "there is no setting `tale`", "one of relevant, tail, higher_is_better, override"),
        (table("higher_is_better = 'rate'"), "`higher_is_better` is 'rate'", "a list of regular expressions"),
        (table("higher_is_better = [1]"), "`higher_is_better` is [1]", "a list of regular expressions"),
        (table("higher_is_better = ['(']"), "'(', which is no regular expression", "a regular expression"),
        (table("override = 3"), "`override` is 3", "tables, each as [[tool.stallhorn.changes.override]]"),
        (override("relevant = 0.1"), "number 1: `benchmarks` is missing", "a regular expression"),
        (override("benchmarks = 3"), "number 1: `benchmarks` is 3", "a regular expression"),
        (override("benchmarks = '['"), "'[', which is no regular expression", "a regular expression"),
        (override("benchmarks = 'a'\nhigher_is_better = true"), "there is no setting `higher_is_better`", "one of"),
        (override("benchmarks = 'a'\nfirst = 3"), "`first` is 3", "a commit"),
        ("[tool]\nstallhorn = 3", "tool.stallhorn is 3", "a table"),
        ("[tool.stallhorn]\nchanges = []", "tool.stallhorn.changes is []", "a table"),
    ],
)
def test_what_cannot_be_meant_is_said_with_file_key_and_what_was_expected(
    write: Write, text: str, said: str, expected: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read_settings(write(text))
    assert "pyproject.toml cannot be used" in caught.value.what and said in caught.value.what
    assert f"Expected {expected}" in caught.value.remedy


def test_a_file_that_is_no_toml_is_said(write: Write) -> None:
    with pytest.raises(UsageError, match=r"pyproject\.toml cannot be read: "):
        read_settings(write("tool = ["))


def test_a_file_that_is_no_text_is_said(write: Write, tmp_path: Path) -> None:
    made = write("")
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        read_settings(made)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["relevant", "tail", "higher_is_better", "override", "benchmarks", "first", "other"])


@given(st.dictionaries(KEYS, ANYTHING | st.lists(st.dictionaries(KEYS, ANYTHING), max_size=2), max_size=4))
def test_whatever_a_table_holds_is_settings_or_a_clear_error(given_table: dict[str, object]) -> None:
    with patch("stallhorn.settings._table", return_value=given_table):
        try:
            found = read_settings(project(Path("/nowhere")))
        except UsageError as error:
            assert "Expected" in error.remedy
        else:
            assert 0 < found.relevant <= 10 and found.tail >= 1
            found.of("suite.time_it(1, 'a')")


@pytest.mark.parametrize("changes", [{"thresholds": {"(": 0.1}}, {"first_commits": {"(": None}}])
def test_a_pattern_of_asv_that_is_none_is_said(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"asv\.conf\.json cannot be used: regressions_.* has '\('"):
        read_settings(replace(project(tmp_path), **changes))
