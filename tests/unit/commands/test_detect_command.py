"""detect: series on stdin, changes on stdout; errors say what to do; nothing heavy is loaded for it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from typing import Any

import pytest

import stallhorn.changes
from stallhorn.__main__ import main
from stallhorn.commands import detect
from stallhorn.errors import ExitCode

RUN = """
import sys
from stallhorn.__main__ import main
code = main(["detect"])
"""
STEP = [10, 11, 10, 9, 10, 11, 10, 10, 9, 20, 21, 20, 19, 20, 20, 21, 20, 19]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Broken(io.RawIOBase):
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raise self.error


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the method was given."""
    calls: list[Any] = []
    method = stallhorn.changes.detect

    def remembering(series: list[dict[str, Any]]) -> list[list[int]]:
        calls.append(series)
        return method(series)

    monkeypatch.setattr("stallhorn.changes.detect", remembering)
    return calls


def answer(monkeypatch: pytest.MonkeyPatch, stdin: str | bytes | Any) -> int:
    if isinstance(stdin, str):
        stdin = stdin.encode()
    if isinstance(stdin, bytes):
        stdin = io.TextIOWrapper(io.BytesIO(stdin))
    monkeypatch.setattr(sys, "stdin", stdin)
    return main(["detect"])


@pytest.mark.parametrize(
    ("series", "changes"),
    [
        ([], []),
        ([{"values": []}], [[]]),
        ([{"values": [1, 1, 2, 2, 3]}, {"values": STEP}, {"values": [4, 4]}], [[], [9], []]),
        ([{"values": [*STEP, *STEP]}, {"values": [None, *STEP, None]}], [[9, 18, 27], [10]]),
    ],
)
def test_changes_of_each_series_in_their_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], series: Any, changes: Any
) -> None:
    assert answer(monkeypatch, json.dumps({"series": series})) == ExitCode.FINE
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"changes": changes}
    assert printed.out.count("\n") == 1
    assert printed.err == ""


def test_the_method_is_given_all_series_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: list[Any]
) -> None:
    first = {"values": [1.0, None], "weights": [1.0, 2.0], "group": "rbf", "project": "night"}
    second = {"values": [2.0], "weights": None, "group": None, "project": None}
    assert answer(monkeypatch, json.dumps({"series": [first, second]})) == ExitCode.FINE
    assert given == [[first, second]]


def test_wrong_input_is_one_error_and_no_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: list[Any]
) -> None:
    assert answer(monkeypatch, '{"series": [{"values": [1, "\\u001b[31m2"]}]}') == ExitCode.USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines()[0].startswith("stallhorn: series[0].values[1] is the text ")
    assert printed.err.splitlines()[1] == "  Write null for what was not measured."
    assert "\x1b" not in printed.err
    assert given == []


@pytest.mark.parametrize("stdin", [Terminal(), None], ids=["terminal", "closed"])
def test_without_a_file_or_pipe_it_says_how_to_give_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stdin: Any
) -> None:
    assert answer(monkeypatch, stdin) == ExitCode.USAGE
    assert "`stallhorn detect < series.json`" in capsys.readouterr().err


def test_a_stdin_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stdin = io.TextIOWrapper(io.BufferedReader(Broken(OSError(5, "Input/output error"))))
    assert answer(monkeypatch, stdin) == ExitCode.USAGE
    assert "stdin cannot be read: Input/output error." in capsys.readouterr().err


def test_ctrl_c_while_it_waits_for_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: list[Any]
) -> None:
    assert answer(monkeypatch, io.TextIOWrapper(io.BufferedReader(Broken(KeyboardInterrupt())))) == ExitCode.INTERRUPTED
    assert capsys.readouterr().out == ""
    assert given == []


def test_the_example_of_the_help_is_input_and_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: list[Any]
) -> None:
    lines = str(detect.__doc__).splitlines()
    (call,) = (number for number, line in enumerate(lines) if "$ echo '" in line)
    assert answer(monkeypatch, lines[call].split("'")[1]) == ExitCode.FINE
    assert json.loads(capsys.readouterr().out) == json.loads(lines[call + 2]) == {"changes": [[9]]}
    assert given[0][0]["values"] == STEP


# in a process of its own


def process(code: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", RUN + code], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_it_loads_neither_asv_nor_jax_nor_what_makes_pages() -> None:
    running = process("print(code, *sorted(sys.modules), file=sys.stderr)")
    printed, said = running.communicate(json.dumps({"series": [{"values": STEP, "project": "night"}, {"values": []}]}))
    code, *loaded = said.split()
    assert (code, json.loads(printed)) == ("0", {"changes": [[9], []]})
    packages = {name.split(".")[0] for name in loaded}
    assert packages.isdisjoint({"asv", "asv_runner", "jax", "jaxlib", "jinja2", "markdown_it", "psutil", "virtualenv"})
    assert packages.isdisjoint({"numba", "llvmlite", "scipy"})  # a small input is judged before they would be there
    heavy = {"stallhorn.diagnose", "stallhorn.store", "stallhorn.asv", "stallhorn.report", "stallhorn.runners"}
    assert heavy.isdisjoint(loaded)


def test_it_answers_while_one_waits() -> None:
    """0.2 s on a machine with nothing else to do; what would be wrong takes seconds: compiling, or loading asv."""
    begun = time.monotonic()
    running = process("sys.exit(code)")
    printed, _ = running.communicate(json.dumps({"series": [{"values": STEP}] * 20}))
    assert json.loads(printed) == {"changes": [[9]] * 20}
    assert time.monotonic() - begun < 10


def test_a_reader_that_went_away_is_no_error() -> None:
    running = process("sys.exit(code)")
    assert running.stdout is not None
    running.stdout.close()
    running.stdout = None
    _, said = running.communicate('{"series": []}')
    assert (running.returncode, said) == (ExitCode.FINE, "")
