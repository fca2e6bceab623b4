"""Work beside this process: a copy of it does one thing with all that is in memory, and sends back what came of it."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

Result = TypeVar("Result")


@contextmanager
def beside_this(work: Callable[[], Result]) -> Iterator[Callable[[], Result]]:
    """Begin to work in a copy of this process; what is given waits for the result, or raises what was raised there.

    The copy ends with the block. Where a process cannot be copied safely (elsewhere than on Linux; while other threads
    of Python run; with one core) the work is done when its result is asked for.
    """
    if not _can_copy():
        yield work
        return
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # idle threads of array libraries: they know of copies
        child = os.fork()
    if child == 0:
        os.close(reading)
        _work(work, writing)
    os.close(writing)
    asked: list[tuple[bool, Result]] = []

    def result() -> Result:
        with os.fdopen(reading, "rb") as pipe:
            sent = pipe.read()
        if not sent:
            raise RuntimeError("a process that was to help has ended without a word (out of memory?)")
        asked.append(pickle.loads(sent))
        is_fine, found = asked[0]
        if is_fine:
            return found
        raise found  # type: ignore[misc]

    try:
        yield result
    finally:
        if not asked:
            os.kill(child, signal.SIGKILL)  # it exists until it is waited for
            with suppress(OSError):  # closed already where its end was read
                os.close(reading)
        os.waitpid(child, 0)


def _can_copy() -> bool:
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


def _work(work: Callable[[], object], writing: int) -> None:
    """The life of the copy: it ends here, whatever happens, so that nothing of the original is done twice."""
    code = 1
    try:
        try:
            sent = pickle.dumps((True, work()))
        except BaseException as error:
            if not isinstance(error, KeyboardInterrupt | OSError):
                traceback.print_exc()  # the original says what was raised, not where
            sent = pickle.dumps((False, _sendable(error)))
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(sent)
        code = 0
    finally:
        os._exit(code)


def _sendable(error: BaseException) -> BaseException:
    """The error itself, if it can be sent; else one that says the same."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
