"""The Environments page: what they consist of, when that changed, and what it does to the series."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path

import pytest
from report_builder import NOW, demo, key, one_series, report, revision

from stallhorn.contrast import Side
from stallhorn.model import Environment, Machine, Observation, Report, Series, Status
from stallhorn.report.environments import declared, described, differences, installed
from stallhorn.report.html import publish


def text(of: Report, folder: Path) -> str:
    """The page as a reader sees it, without its tags."""
    html = (publish(of, folder / "html", generated=NOW).parent / "environments.html").read_text()
    return re.sub(r"\s+", " ", unescape(re.sub(r"<wbr>|<[^>]*>", lambda tag: "" if tag[0] == "<wbr>" else " ", html)))


def seen(series: Series, commit: str, **facts: object) -> Observation:
    return Observation(series.key, commit, Status.OK, facts, "0", 1)


def two(*values: Sequence[float | None]) -> tuple[list[Series], list[str]]:
    """Three series in each of two environments: values at one commit."""
    series = [
        one_series([value], key(f"suite.Case.time_{name}", environment))[1]
        for environment, given in zip(("np1", "np2"), values, strict=True)
        for name, value in zip("abc", given, strict=False)
    ]
    return series, [revision(0).commit]


def test_the_empty_site_says_what_to_do(tmp_path: Path) -> None:
    found = text(report(), tmp_path)
    assert "Nothing is measured yet." in found
    assert "stallhorn run" in found


def test_a_single_environment_says_how_to_add_another(tmp_path: Path) -> None:
    revisions, series = one_series([1.0])
    found = text(report([series], revisions=revisions), tmp_path)
    assert "one environment: Python 3.11" in found
    assert '"matrix": {' in found
    assert "Against the reference" not in found


def test_each_environment_stands_against_the_reference_with_interval_the_largest_first(tmp_path: Path) -> None:
    series, _ = two((1.0, 1.0, 1.0), (1.05, 0.4, 2.5))
    found = text(report(series, revisions=[revision(0)]), tmp_path)
    table = found.partition("Against the reference")[2]
    assert "▲ 2.50x slower 2.40x to 2.61x" in table
    assert "▼ 2.50x faster" in table
    assert table.index("▲ 2.50x") < table.index("▼ 2.50x") < table.index("1.05x")
    assert "1.02x geometric mean" in table


def test_a_series_that_one_environment_lacks_is_no_row(tmp_path: Path) -> None:
    series, _ = two((1.0, 1.0), (1.0,))
    found = text(report(series, revisions=[revision(0)]), tmp_path)
    assert found.partition("Against the reference")[2].count("within noise") == 2  # of all, and of the one


def test_environments_that_never_met_say_so(tmp_path: Path) -> None:
    one = one_series([1.0, None], key(environment="np1"))[1]
    other = one_series([None, 1.0], key(environment="np2"))[1]
    found = text(report([one, other], revisions=[revision(0), revision(1)]), tmp_path)
    assert "no commit has results of both" in found


def test_what_was_seen_goes_before_what_was_asked_for(tmp_path: Path) -> None:
    revisions, series = one_series([1.0])
    environments = {"py3.11": Environment("py3.11", "3.11", (("numpy", ""), ("scipy", "1.14")))}
    pool = {"user_api": "blas", "internal_api": "openblas", "version": "0.3.30", "threading_layer": "pthreads"}
    facts = {"versions": {"numpy": "2.3.1", "jax": None}, "threads": {"pools": [pool], "layer": "omp"}}
    made = report(
        [series],
        revisions=revisions,
        environments=environments,
        observations=(seen(series, revisions[0].commit, **facts),),
    )
    found = text(made, tmp_path)
    assert "BLAS OpenBLAS 0.3.30 (pthreads)" in found
    assert "numba's threading layer omp" in found
    assert "numpy 2.3.1" in found and "numpy the newest" not in found
    assert "scipy 1.14" in found


def test_without_records_it_says_what_it_does_not_know(tmp_path: Path) -> None:
    revisions, series = one_series([1.0])
    assert "It is not known: the versions are recorded by stallhorn's probe" in text(
        report([series], revisions=revisions), tmp_path
    )


def test_the_commit_that_first_ran_with_another_version_is_named(tmp_path: Path) -> None:
    revisions, series = one_series([1.0, 1.0, None, 1.0])
    versions = {0: {"numpy": "2.2.6", "numba": "0.61"}, 1: {"numpy": "2.2.6"}, 3: {"numpy": "2.4.0", "numba": "0.61"}}
    observations = tuple(seen(series, revisions[place].commit, versions=told) for place, told in versions.items())
    found = text(report([series], revisions=revisions, observations=observations), tmp_path)
    moments = found.partition("When something else was installed")[2]
    assert moments.count("→") == 1
    assert "numpy 2.2.6 → 2.4.0" in moments
    assert moments.index(revisions[3].short) < moments.index("numpy 2.2.6")


def test_the_page_of_a_real_project(tmp_path: Path) -> None:
    found = text(demo(tmp_path), tmp_path)
    assert "2 environments were measured" in found
    assert "workbench" in found and "AMD EPYC 9554" in found


# --- what environments and machines consist of


def test_two_answers_to_one_question_are_both_told() -> None:
    revisions, series = one_series([1.0])
    commit = revisions[0].commit
    observations = tuple(seen(series, commit, versions={"numpy": version}) for version in ("2.2", "2.3"))
    found = installed(report([series], revisions=revisions, observations=observations).history)
    assert found == {("py3.11", "m1"): {commit: (("numpy", "2.2, 2.3"),)}}


@pytest.mark.parametrize(
    "facts", [{}, {"versions": None, "threads": 3, "host": []}, {"threads": {"pools": [None, {}]}}]
)
def test_records_of_any_shape_are_read(facts: dict[str, object]) -> None:
    revisions, series = one_series([1.0])
    made = report([series], revisions=revisions, observations=(seen(series, revisions[0].commit, **facts),))
    assert not any(any(commits.values()) for commits in installed(made.history).values())


def test_environments_and_machines_in_words() -> None:
    environment = Environment("e", "3.12", (("numpy", ""),), (("OMP_NUM_THREADS", "1"),))
    assert declared(environment) == (("numpy", "the newest"), ("python", "3.12"), ("variable OMP_NUM_THREADS", "1"))
    machine = Machine("m", "Linux", "EPYC", "2", "8589934592")
    assert dict(described(machine))["memory"] == "8.0 GiB"


def test_what_was_not_seen_at_a_commit_is_no_difference() -> None:
    revisions, series = one_series([1.0, 1.0])
    one, other = (each.commit for each in revisions)
    observations = (
        seen(series, one, versions={"numpy": "2.2", "jax": "0.6"}),
        seen(series, other, versions={"numpy": "2.3"}),
    )
    history = report([series], revisions=revisions, observations=observations).history
    found = differences(history, Side(one), Side(other))
    assert [(each.what, each.before, each.after) for each in found] == [("numpy", "2.2", "2.3")]
