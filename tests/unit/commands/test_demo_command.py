"""`stallhorn demo`: which folders it takes, and what it makes of a failed installation. It measures nothing here."""

from __future__ import annotations

from pathlib import Path

import pytest

from stallhorn.__main__ import main
from stallhorn.asv.environments import CreationFailed
from stallhorn.commands import demo
from stallhorn.demo import history
from stallhorn.errors import ExitCode, UsageError
from stallhorn.progress import Progress


def test_a_folder_that_is_not_a_demo_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("all of it", encoding="utf-8")
    assert main(["demo", str(tmp_path)]) == ExitCode.USAGE
    assert main(["demo", str(tmp_path), "--keep-going"]) == ExitCode.USAGE
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    assert "is not a demo" in capsys.readouterr().err


def test_a_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "demo"
    file.write_text("mine", encoding="utf-8")
    assert main(["demo", str(file)]) == ExitCode.USAGE
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_demo_that_is_there_is_gone_on_with_only_when_asked(tmp_path: Path) -> None:
    made = demo._prepare(tmp_path / "demo", keep_going=False)
    with pytest.raises(UsageError, match="already") as refused:
        demo._prepare(tmp_path / "demo", keep_going=False)
    assert "--keep-going" in refused.value.remedy
    assert demo._prepare(tmp_path / "demo", keep_going=True) == made


def test_keep_going_begins_where_there_is_nothing_yet(tmp_path: Path) -> None:
    assert demo._prepare(tmp_path / "demo", keep_going=True) == history.commits(tmp_path / "demo")


def failing(*libraries: str) -> CreationFailed:
    said = f"Command '/env/bin/python -m pip install -v --upgrade {libraries[0]}' returned non-zero exit status 1"
    return CreationFailed("The environment x could not be created: ERROR: no matching distribution", "", said)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def measuring(monkeypatch: pytest.MonkeyPatch, *outcomes: object) -> None:
    """Let the measuring end so, one after the other."""
    waiting = list(outcomes)

    def measure(*_: object) -> object:
        outcome = waiting.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr("stallhorn.commands.run.measure", measure)


def test_without_jax_everything_else_is_measured(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measuring(monkeypatch, failing("jax"), "a tally")
    assert demo._measure(10, Progress()) == "a tally"
    assert "jax cannot be installed here" in capsys.readouterr().err
    assert "jax" not in (place / "asv.conf.json").read_text(encoding="utf-8")


def test_without_a_package_index_it_says_so(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measuring(monkeypatch, failing("numpy==2.2.6"))
    with pytest.raises(UsageError) as refused:
        demo._measure(10, Progress())
    assert "package index" in refused.value.remedy
    assert "--keep-going" in refused.value.remedy


def test_it_does_not_try_for_ever(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measuring(monkeypatch, failing("jax"), failing("jax"))
    with pytest.raises(UsageError):
        demo._measure(10, Progress())
