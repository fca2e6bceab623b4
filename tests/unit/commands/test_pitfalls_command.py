"""pitfalls: all in a list, one as a page, and a name that nobody knows."""

from __future__ import annotations

import json

import pytest

from stallhorn.__main__ import main
from stallhorn.errors import ExitCode
from stallhorn.pitfalls.base import detectors
from stallhorn.report import handbook


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["pitfalls", *arguments]) == ExitCode.FINE
    return capsys.readouterr().out


def test_the_list_has_each_pitfall_with_its_gravest_severity_and_title(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys).splitlines()
    assert [line.split()[0] for line in lines[: len(detectors())]] == list(detectors())
    assert "nested-parallel           cause     Parallel regions inside a parallel region" in lines
    assert "unsynchronised            blocking  The timing ends before JAX does" in lines
    assert "foreign-load              context   Other programs used the machine" in lines


def test_the_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(capsys, "--json"))
    assert [each["id"] for each in found] == list(detectors())
    assert {each["severity"] for each in found} == {"blocking", "cause", "context"}
    assert all(set(each) == {"id", "title", "severity"} for each in found)


def test_one_pitfall_is_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "nested-parallel")
    assert text.startswith("# nested-parallel: ")
    assert "\n## Remedy\n" in text
    assert json.loads(printed(capsys, "nested-parallel", "--json"))["text"].rstrip() == text.rstrip()


@pytest.mark.parametrize("given", ["Nested_Parallel", "nested parallel"])
def test_capitals_and_underscores_are_no_mistake(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, given).startswith("# nested-parallel: ")


def test_a_detector_without_a_page_is_told_by_its_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handbook, "chapters", dict)
    text = printed(capsys, "race")
    assert text.startswith("# race: ")
    assert str(detectors()["race"].__doc__).splitlines()[0] in text


@pytest.mark.parametrize(
    ("given", "meant"),
    [("nested-paralel", "nested-parallel"), ("parallel", "nested-parallel"), ("stale", "stale-capture")],
)
def test_a_name_that_is_nearly_right_is_answered_with_close_ones(
    given: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pitfalls", given]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert f'no pitfall is called "{given}"' in error
    assert meant in error


def test_a_name_that_is_nothing_like_one_is_answered_with_the_list_and_cannot_steer_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["pitfalls", "\x1b[31mxyzzy"]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert "`stallhorn pitfalls` lists all" in error
    assert "Did you mean" not in error
    assert "\x1b" not in error
