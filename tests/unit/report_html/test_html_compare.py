"""The Compare page: what it shows without its script, and the data that the script reads."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from report_builder import NOW, demo, key, missing, ok, one_series, report, revision

from stallhorn.model import Direction, Environment, Measurement, Observation, Report, Series, Status
from stallhorn.report.html import publish
from stallhorn.report.html.data import commits as values_at
from stallhorn.report.html.data.sides import choices, sides_index
from stallhorn.report.html.view import Site, arrange


def site(of: Report) -> Site:
    return arrange(of, NOW)


def page(of: Report, folder: Path) -> str:
    publish(of, folder / "html", generated=NOW)
    return (folder / "html" / "compare.html").read_text()


def data(path: Path) -> dict[str, object]:
    text = path.read_text()
    assert text.startswith("(window.stallhornData ||= {})[")
    return json.loads(text.partition(" = ")[2].rstrip(";\n"))


# --- values at a commit


def decoded(text: str, place: int, count: int) -> tuple[float | int, float, float]:
    """What static/contrast.js reads: a value, or the code of what is none, and how far its interval reaches."""
    raw = base64.b64decode(text)

    def code(at: int) -> int:
        return int.from_bytes(raw[at : at + 3], "little")

    value, around = code(3 * place), code(3 * (count + place))
    reaches = [
        math.nan if each == values_at.NO_INTERVAL else values_at.UNIT * (2 ** (each / values_at.STEPS) - 1)
        for each in (around & 0xFFF, around >> 12)
    ]
    if value < values_at.FIRST:
        return value, *reaches
    power, digits = divmod(value - values_at.FIRST, 90_000)
    return (digits + 10_000) * 10.0 ** (power + values_at.LEAST), *reaches


def texts(series: list[Series], commits: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in values_at.files(series, commits):
        found |= json.loads(file.content.partition(b" = ")[2].rstrip(b";\n"))["values"]
    return found


def test_no_commits_need_no_files() -> None:
    assert list(values_at.files([], [])) == []
    assert texts([], ["a" * 40]) == {"a" * 40: ""}


@pytest.mark.parametrize("value", [1.0, 9.99999, 9.999996, 0.001, 1.2345e-9, 3.7e12, 299_792_458.0, 0.1 + 0.2])
def test_a_value_keeps_five_digits_and_its_interval(value: float) -> None:
    revisions, series = one_series([value])
    found, below, above = decoded(texts([series], [revisions[0].commit])[revisions[0].commit], 0, 1)
    assert found == pytest.approx(value, rel=1e-4)
    assert f"{found:.3g}" == f"{value:.3g}"
    assert below == pytest.approx(-math.log(0.97), rel=2e-3)
    assert above == pytest.approx(math.log(1.03), rel=2e-3)


def test_what_is_no_value_says_why() -> None:
    at = [revision(place) for place in range(4)]
    points = (
        missing(key(), at[0], Status.SKIPPED, ""),
        missing(key(), at[1], Status.TIMEOUT, ""),
        ok(key(), at[3], 0.0),
    )
    found = texts([Series(key(), "seconds", points)], [each.commit for each in at])
    codes = [decoded(found[each.commit], 0, 1)[0] for each in at]
    assert codes == [2, 5, 0, values_at.NOT_POSITIVE]


def test_a_value_without_interval_has_none() -> None:
    at = revision(0)
    series = Series(key(), "seconds", (Measurement(key(), at.commit, Status.OK, 2.0),))
    value, below, above = decoded(texts([series], [at.commit])[at.commit], 0, 1)
    assert value == 2.0
    assert math.isnan(below) and math.isnan(above)


def test_each_series_is_where_the_index_has_it() -> None:
    made = [one_series([1.0 + place, 10.0 + place], key(n=str(place)))[1] for place in range(5)]
    commits = [revision(0).commit, revision(1).commit]
    found = texts(made, commits)
    assert [decoded(found[commits[1]], place, 5)[0] for place in range(5)] == pytest.approx([10, 11, 12, 13, 14])


def test_many_commits_share_at_most_two_hundred_files() -> None:
    revisions, series = one_series([1.0] * 401)
    files = list(values_at.files([series], [each.commit for each in revisions]))
    assert len(files) == 134
    assert [file.path for file in files[:2]] == ["data/commit/0.js", "data/commit/1.js"]
    assert files[0].content.count(revisions[2].commit.encode()) == 1


def test_a_new_commit_changes_no_file_of_an_old_one() -> None:
    revisions, longer = one_series([1.0, 2.0, 0.0003])
    shorter = replace(longer, points=longer.points[:2])
    old = list(values_at.files([shorter], [each.commit for each in revisions[:2]]))
    new = list(values_at.files([longer], [each.commit for each in revisions]))
    assert new[:2] == old


# --- what can be compared


def test_the_index_knows_what_is_measured_where(tmp_path: Path) -> None:
    made = site(demo(tmp_path))
    index = sides_index(made, choices(made))
    rows = {(environment, backend): text for environment, _, backend, text in index["measured"]}  # type: ignore[attr-defined]
    new, old = (next(name for name in sorted(made.labels) if ("0.4.35" in name) is is_old) for is_old in (False, True))
    assert rows[old, "numpy"] == "1" * 12
    assert rows[new, "numpy"] == "000011111111"[: len(rows[new, "numpy"])]
    assert len(index["noise"]) == len(made.indexed)  # type: ignore[arg-type]


def test_series_of_which_more_is_better_and_exact_ones_are_named() -> None:
    revisions, rate = one_series([1.0, 2.0], key(n="1"))
    exact = replace(one_series([1.0, 2.0], key(n="2"))[1], unit="compilations (counted)")
    made = site(report([replace(rate, rising=Direction.FASTER), exact], revisions=revisions))
    index = sides_index(made, choices(made))
    assert (index["inverse"], index["exact"]) == ([0], [1])


def test_without_anything_asked_for_it_is_the_newest_commit_and_the_one_before_with_the_same_series() -> None:
    first, second = key(environment="np1"), key(environment="np2")
    revisions, one = one_series([1.0, None, 1.0], first)
    other = one_series([None, 1.0, None], second)[1]
    made = site(report([one, other], revisions=revisions))
    assert choices(made).newest_pair == (revisions[0].commit, revisions[2].commit)
    only = site(report([one_series([1.0])[1]], revisions=revisions[:1]))
    assert choices(only).newest_pair is None


# --- without the script


def test_the_empty_site_says_what_to_do(tmp_path: Path) -> None:
    text = page(report(), tmp_path)
    assert "Nothing is measured yet" in text and "stallhorn run" in text
    assert not (tmp_path / "html" / "data" / "compare.js").exists()


def test_one_commit_says_what_is_missing(tmp_path: Path) -> None:
    revisions, series = one_series([1.0])
    assert "Only one commit has results" in page(report([series], revisions=revisions), tmp_path)


def test_the_newest_commit_is_set_against_the_one_before(tmp_path: Path) -> None:
    revisions, slower = one_series([1.0, 1.0, 2.5], key("suite.Case.time_slow"))
    same = one_series([1.0, 1.0, 1.0], key("suite.Case.time_same"))[1]
    gone = one_series([1.0, 1.0, None], key("suite.Case.time_gone"))[1]
    text = page(report([same, slower, gone], revisions=revisions), tmp_path)
    assert "1 of 2 series is slower in B, 1 within noise, 1 not comparable." in text
    assert f"stallhorn compare {revisions[1].short} {revisions[2].short}" in text
    table = text.partition("compare-static")[2]
    assert table.index("time_</wbr>slow" if "time_</wbr>slow" in table else "slow") < table.index("same")
    assert "2.50x slower (2.40x to 2.61x)" in table
    assert "1 series: not measured in B" in text


def test_other_versions_at_the_two_commits_are_told(tmp_path: Path) -> None:
    revisions, series = one_series([1.0, 1.0])
    seen = tuple(
        Observation(series.key, at.commit, Status.OK, {"versions": {"numpy": version}}, "0", 1)
        for at, version in zip(revisions, ("2.2.6", "2.4.0"), strict=True)
    )
    text = page(report([series], revisions=revisions, observations=seen), tmp_path)
    assert "<td>2.2.6</td><td>2.4.0</td>" in text


def test_at_most_fifty_series_are_listed_without_the_script(tmp_path: Path) -> None:
    many = [one_series([1.0, 1.0 + place / 1000], key(n=str(place)))[1] for place in range(60)]
    text = page(report(many, revisions=[revision(0), revision(1)]), tmp_path)
    assert "The 50 largest differences of 60 series" in text
    assert text.count('<th scope="row">') == 50


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    revisions, series = one_series([1.0, 2.0], key(evil, environment=evil, machine=evil, n=evil))
    revisions = [replace(each, subject=evil, tags=(evil,)) for each in revisions]
    made = report([series], revisions=revisions, environments={evil: Environment(evil, "3.11", ((evil, evil),))})
    text = page(made, tmp_path)
    assert "<img" not in text
    assert "<" not in (tmp_path / "html" / "data" / "compare.js").read_text()


def test_the_page_is_the_same_each_time(tmp_path: Path) -> None:
    one, other = (page(demo(tmp_path), tmp_path / name) for name in "ab")
    assert one == other
    paths = sorted((tmp_path / "a" / "html" / "data" / "commit").iterdir())
    assert len(paths) == 12
    for path in paths:
        assert path.read_bytes() == (tmp_path / "b" / "html" / "data" / "commit" / path.name).read_bytes()


def test_codes_of_many_values_at_once() -> None:
    values = np.array([1e-3, np.nan, 5.0])
    assert values_at.value_codes(values, np.array([0, 1, 0], np.uint8)).tolist()[1] == 2
    assert values_at.reach_codes(np.array([0.0, np.nan, np.inf])).tolist() == [0, 4095, 4094]
