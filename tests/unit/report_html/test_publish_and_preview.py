"""The two commands of the site: what they print, their exit codes, and their errors."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from report_builder import NOW, demo, one_series, project, report

from stallhorn.__main__ import main
from stallhorn.commands import preview, publish
from stallhorn.errors import UsageError
from stallhorn.model import Report
from stallhorn.report.html import publish as write_site


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "project": "demo", "repo": ".", "html_dir": "html"}')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reading(made: Report, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Let `publish` find this report; returns the machines that it asked for."""
    asked: list[str | None] = []

    def load(_: object, machine: str | None = None) -> object:
        asked.append(machine)
        return made.history

    monkeypatch.setattr("stallhorn.store.load", load)
    monkeypatch.setattr("stallhorn.diagnose.diagnose", lambda history, **_: made)
    return asked


def test_publish_prints_the_verdict_and_the_path_from_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading(demo(folder), monkeypatch)
    assert main(["publish"]) == 0  # also when something is slower
    sentence, place = capsys.readouterr().out.splitlines()
    assert sentence.startswith("12 of 39 series are slower")
    assert place == "Site: html/index.html"
    assert (folder / "html" / "index.html").is_file()


def test_publish_elsewhere_and_for_one_machine(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = reading(demo(folder), monkeypatch)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "site"
    assert main(["publish", "--output", str(elsewhere), "--machine", "workbench"]) == 0
    assert asked == ["workbench"]
    assert (elsewhere / "index.html").is_file()
    assert not (folder / "html").exists()


def test_publish_with_nothing_measured_writes_the_empty_site_and_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading(report(), monkeypatch)
    assert main(["publish"]) == 3
    assert capsys.readouterr().out.splitlines()[0] == "Nothing is measured yet."
    assert (folder / "html" / "index.html").is_file()


def test_publish_refuses_the_site_of_another_tool(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading(demo(folder), monkeypatch)
    (folder / "html").mkdir()
    (folder / "html" / "index.html").write_text("someone else's")
    assert main(["publish"]) == 2
    assert "--output" in capsys.readouterr().err
    assert (folder / "html" / "index.html").read_text() == "someone else's"


def test_asvs_own_site_is_kept_and_linked(folder: Path) -> None:
    (folder / "html" / "asv").mkdir(parents=True)
    (folder / "html" / "asv" / "index.html").write_text("asv's")
    index = write_site(demo(folder), folder / "html", generated=NOW)
    assert 'href="asv/index.html"' in index.read_text(encoding="utf-8")
    assert (folder / "html" / "asv" / "index.html").read_text() == "asv's"


def test_publish_site_is_silent_for_other_commands(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    revisions, series = one_series([1e-3])
    reading(report([series], revisions=revisions), monkeypatch)
    published = publish.publish_site(project(folder))
    assert published.index == folder / "html" / "index.html"
    assert capsys.readouterr().out == ""


def test_preview_without_a_site_says_how_to_make_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview"]) == 2
    message = capsys.readouterr().err
    assert "no published site" in message
    assert "stallhorn publish" in message


def test_preview_on_a_port_in_use(folder: Path) -> None:
    write_site(report(), folder / "html", generated=NOW)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} is in use") as caught:
            preview.serve(folder / "html", port)
    assert "--port" in caught.value.remedy


@pytest.mark.parametrize("port", [-1, 65536])
def test_preview_on_what_is_no_port(folder: Path, port: int) -> None:
    write_site(report(), folder / "html", generated=NOW)
    with pytest.raises(UsageError, match="not a port"):
        preview.serve(folder / "html", port)


def test_preview_serves_pages_and_ends_with_0_at_ctrl_c(folder: Path) -> None:
    write_site(demo(folder), folder / "html", generated=NOW)
    process = subprocess.Popen(
        [sys.executable, "-m", "stallhorn", "preview"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        address = next(word for word in process.stdout.readline().split() if word.startswith("http://127.0.0.1:"))
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert "series are slower" in answer.read().decode()
            assert answer.headers["Cache-Control"] == "no-store"
        for path in ("benchmark/", "../asv.conf.json", "nothing.html"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(address + path, timeout=30)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, errors) == (0, "")
