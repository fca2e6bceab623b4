"""Work in a copy of this process: what comes back, what is raised, and that nothing is left behind."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stallhorn.report.html import beside
from stallhorn.report.html.beside import beside_this

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")


@pytest.fixture(params=["in a copy", "here"])
def copied(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(beside, "_can_copy", lambda: request.param == "in a copy")
    return bool(request.param == "in a copy")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def done(work: Callable[[], object]) -> object:
    with beside_this(work) as result:
        return result()


def no_child_is_left() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


def test_the_result_comes_back(copied: bool):
    assert done(lambda: {"a": [1, 2]}) == {"a": [1, 2]}
    assert (done(os.getpid) != os.getpid()) is copied
    assert no_child_is_left()


def test_a_large_result_comes_back_whole(copied: bool):
    assert done(lambda: "x" * 5_000_000) == "x" * 5_000_000


def test_what_is_raised_there_is_raised_here(copied: bool):
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left") as caught:
        done(full)
    assert caught.value.errno == errno.ENOSPC
    assert no_child_is_left()


def test_an_error_that_cannot_be_sent_is_told_in_words(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(beside, "_can_copy", lambda: True)

    class Odd(Exception):
        def __init__(self, one: int, two: int) -> None:
            super().__init__("odd")

    def odd() -> None:
        raise Odd(1, 2)

    with pytest.raises(RuntimeError, match="Odd: odd"):
        done(odd)


def test_a_copy_that_is_killed_is_missed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(beside, "_can_copy", lambda: True)
    with pytest.raises(RuntimeError, match="ended without a word"):
        done(lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert no_child_is_left()


def test_an_error_here_ends_the_copy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(beside, "_can_copy", lambda: True)
    descriptors = open_files()
    begun = time.monotonic()
    with pytest.raises(ValueError, match="here"), beside_this(lambda: time.sleep(60)):
        raise ValueError("here")
    assert time.monotonic() - begun < 30
    assert no_child_is_left()
    assert open_files() == descriptors


def test_no_copy_is_made_while_other_threads_run():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert done(os.getpid) == os.getpid()
    finally:
        stop.set()
        thread.join()
