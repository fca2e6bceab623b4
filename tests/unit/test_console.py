"""What is printed: untrusted text that steers nothing, in whatever encoding the terminal has."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.console import safe, safe_lines, write

HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\nrm -rf\u202e\u200b\x9b31m\ud800é µ [bold]x[/bold]"


def test_empty_text_is_safe() -> None:
    assert safe("") == ""
    assert safe_lines("") == ""


def test_hostile_text_is_written_as_escapes() -> None:
    text = safe(HOSTILE)
    assert text == ("\\x1b]0;owned\\x07\\x1b[2J\\x0d\\x0arm -rf\\u202e\\u200b\\x9b31m\\ud800é µ [bold]x[/bold]")


@given(st.text(st.characters(codec=None)))
def test_whatever_the_text_it_stays_on_one_line_and_can_be_printed(text: str) -> None:
    made = safe(text)
    assert made.isprintable()
    assert len(made.splitlines()) <= 1
    made.encode("utf-8")


def test_lines_stay_lines_and_tabs_become_spaces() -> None:
    assert safe_lines("one\n\ttwo\x1b[2J") == "one\n        two\\x1b[2J"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_of_the_terminal_will_do(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    write("1 µs → 2 µs")
    stream.flush()
    assert b"2 " in stream.buffer.getvalue()
