"""The two commands of the site: what they print, their exit codes, and their errors."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
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


def foreign_results(folder: Path, nights: int = 2) -> Path:
    """Results as plain asv leaves them, with no project around them."""
    results = folder / "elsewhere" / "results"
    (results / "box").mkdir(parents=True)
    one = {"name": "a.time_b", "code": "", "param_names": [], "params": [], "type": "time", "unit": "seconds"}
    (results / "benchmarks.json").write_text(json.dumps({"version": 2, "a.time_b": {**one, "version": "1"}}))
    (results / "box" / "machine.json").write_text('{"version": 1, "machine": "box"}')
    for night in range(nights):
        commit = f"{night:040x}"
        told = {"version": 2, "commit_hash": commit, "env_name": "py", "date": 1000 * night, "params": {}}
        told |= {"result_columns": ["result", "params", "version"], "results": {"a.time_b": [[1.0], [], "1"]}}
        (results / "box" / f"{commit[:8]}-py.json").write_text(json.dumps(told))
    return results


def test_results_of_any_asv_project_are_published_without_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    results = foreign_results(tmp_path)
    before = sorted(path for path in results.rglob("*"))
    assert main(["publish", "--results", str(results), "--html", "site"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Site: site/index.html"
    assert "elsewhere" in (tmp_path / "site" / "index.html").read_text()  # the project's name is its folder's
    assert sorted(path for path in results.rglob("*")) == before


def test_a_second_publish_says_how_little_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    results = foreign_results(tmp_path)
    for _ in range(2):
        assert main(["publish", "--results", str(results), "--html", "site"]) == 0
    written, total = (int(word) for word in capsys.readouterr().out.splitlines()[-1].split() if word.isdigit())
    assert written <= 5  # what carries the time of publishing
    assert total > 30


def test_results_need_a_folder_for_the_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", "--results", str(foreign_results(tmp_path))]) == 2
    assert "--html DIR" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"), [("nowhere", "no such folder"), ("elsewhere", "Did you mean"), (".", "no results")]
)
def test_folders_without_results_are_told_from_each_other(
    given: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    foreign_results(tmp_path)
    assert main(["publish", "--results", given, "--html", "site"]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_the_folder_of_one_machine_is_no_results_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = foreign_results(tmp_path) / "box"
    assert main(["publish", "--results", str(machine), "--html", str(tmp_path / "site")]) == 2
    assert f"Did you mean --results {machine.parent}?" in capsys.readouterr().err


def test_publish_refuses_the_site_of_another_tool(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading(demo(folder), monkeypatch)
    (folder / "html").mkdir()
    (folder / "html" / "index.html").write_text("someone else's")
    assert main(["publish"]) == 2
    assert "--html" in capsys.readouterr().err
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


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    write_site(report(), folder / "html", generated=NOW)
    server = preview.serve(folder / "html", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def fetched(address: str, **headers: str) -> tuple[bytes, str]:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
        return answer.read(), answer.headers["Content-Encoding"] or ""


def test_preview_adds_the_script_that_reloads_to_pages_alone(folder: Path, address: str) -> None:
    page, _ = fetched(f"{address}/")
    assert page.count(preview.SCRIPT.encode()) == 1
    assert preview.SCRIPT.encode() not in (folder / "html" / "index.html").read_bytes()
    style, _ = fetched(f"{address}/static/site.css")
    assert style == (folder / "html" / "static" / "site.css").read_bytes()
    assert b"location.reload" in fetched(address + preview.SCRIPT)[0]


def test_preview_says_when_the_site_was_published_again(folder: Path, address: str) -> None:
    first, again = (fetched(address + preview.STATE)[0] for _ in range(2))
    assert first == again
    write_site(demo(folder), folder / "html", generated=NOW)
    assert fetched(address + preview.STATE)[0] != first


def test_preview_compresses_texts_for_those_who_can_read_that(folder: Path, address: str) -> None:
    packed, how = fetched(f"{address}/static/site.css", **{"Accept-Encoding": "gzip"})
    assert how == "gzip"
    assert gzip.decompress(packed) == (folder / "html" / "static" / "site.css").read_bytes()


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
