"""Measure on this machine: sessions of the probe, as children of this process."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from stallhorn.endings import died
from stallhorn.model import plain
from stallhorn.plan import Cell
from stallhorn.runners.base import Job, Parts

START_LIMIT = 120.0  # seconds from the start of a process to its first cell: the interpreter and the suite's imports
DEFAULT_TIMEOUT = 60.0
WATCH = 1.0  # seconds between two looks at whether a silent process still lives
PRINTED = 65536  # bytes of a cell's output that are read, from either end
DYING = 2.0  # seconds that a process which went silent may take to be gone; after that it hangs


class LocalRunner:
    """Starts a session for a job, and another for what is left when one dies."""

    def measure(self, job: Job) -> Iterator[tuple[Cell, Parts]]:
        left = job.cells
        while left:
            session = _Session.start(replace(job, cells=left))
            try:
                done = 0
                for cell, parts in session.results():
                    done += 1
                    yield cell, parts
            finally:
                session.end()
            if not session.began and done:  # it died before it began any cell: the next would as well
                for cell in left[done:]:
                    yield cell, _unfinished("failed", session.failure)
                return
            left = left[done:]


@dataclass(slots=True)
class _Session:
    """One measuring process and what connects us to it."""

    job: Job
    process: subprocess.Popen[bytes]
    connection: socket.socket
    output: IO[bytes]  # what it prints; read to its end with every cell
    folder: tempfile.TemporaryDirectory[str]
    began: bool = False
    failure: str = ""
    _buffer: bytearray = field(default_factory=bytearray)

    @classmethod
    def start(cls, job: Job) -> _Session:
        folder = tempfile.TemporaryDirectory(prefix="stallhorn-")
        place = Path(folder.name)
        description = {
            "suite": str(job.suite),
            "cells": [_wanted(job, cell) for cell in job.cells],
            "plan": dict(job.plan),
            "how": dict(job.how),
        }
        (place / "job.json").write_text(json.dumps(description), encoding="utf-8")
        work = place / "work"  # the measured code's own folder
        work.mkdir()
        ours, theirs = socket.socketpair()
        sink = (place / "output").open("wb")
        with theirs, sink:
            process = subprocess.Popen(
                [job.python, "-m", "asv_bench_stallhorn.session", str(place / "job.json"), str(theirs.fileno())],
                env=dict(job.variables),
                cwd=work,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # its whole family can be ended; Ctrl-C reaches us alone
            )
        return cls(job, process, ours, (place / "output").open("rb"), folder)

    def results(self) -> Iterator[tuple[Cell, Parts]]:
        """Each cell with its parts. A cell during which the process died, or that hung, is the last."""
        cells = iter(self.job.cells)
        limit, cell = START_LIMIT, next(cells)
        while True:
            message = self._message(limit)
            if message is None:
                yield cell, self._ended_badly(cell, limit)
                return
            if message["event"] == "begin":
                self.began = True
                limit = cell.timeout or DEFAULT_TIMEOUT
                continue
            yield cell, {**message["record"], "stderr": self._printed()}
            following = next(cells, None)
            if following is None:
                return
            cell, limit, self.began = following, START_LIMIT, True
            with contextlib.suppress(OSError):  # it died in between: the next read says so
                self.connection.sendall(b"go on\n")

    def _message(self, limit: float) -> dict[str, Any] | None:
        """The next line, or None when the process has died or the limit has passed."""
        deadline = time.monotonic() + limit
        while b"\n" not in self._buffer:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return None
            # A child that it left behind may hold the other end open: that it has died is then not heard.
            dead = self.process.poll() is not None
            self.connection.settimeout(0.01 if dead else min(remaining, WATCH))
            try:
                received = self.connection.recv(65536)
            except TimeoutError:
                if dead:
                    return None
                continue
            except ConnectionError:
                return None
            if not received:
                return None
            self._buffer += received
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer = bytearray(rest)
        # A suite's own figures may be NaN or infinite; unknown is None here.
        message: dict[str, Any] = json.loads(line, parse_constant=lambda _: None)
        return message

    def _ended_badly(self, cell: Cell, limit: float) -> Parts:
        try:
            code = self.process.wait(timeout=DYING)
        except subprocess.TimeoutExpired:
            self._kill()
            return {
                **_unfinished("timeout", f"it took longer than its timeout of {limit:g} s"),
                "seconds": limit,
                "stderr": self._printed(),
            }
        printed = self._printed()
        if self.began:
            return {**_unfinished("aborted", died(code)), "stderr": printed}
        self.failure = _start_failure(code, printed)
        return {**_unfinished("failed", self.failure), "stderr": printed}

    def _printed(self) -> str:
        """What the last cell printed: its beginning, and its end if that is far away."""
        start = self.output.tell()
        end = self.output.seek(0, os.SEEK_END)
        self.output.seek(start)
        if end - start <= 2 * PRINTED:
            return self.output.read().decode("utf-8", errors="replace")
        beginning = self.output.read(PRINTED)
        self.output.seek(end - PRINTED)
        last = self.output.read()
        text = beginning + b"\n... %d bytes left out ...\n" % (end - start - 2 * PRINTED) + last
        return text.decode("utf-8", errors="replace")

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """Let a finished process leave, kill any other, and clean up."""
        self.connection.close()
        if self.process.poll() is None:
            try:
                self.process.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                self._kill()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)  # what it may have started and left behind
        self.output.close()
        with contextlib.suppress(OSError):
            self.folder.cleanup()


def _wanted(job: Job, cell: Cell) -> dict[str, Any]:
    if job.function:
        return {"function": job.function, "values": {name: plain(text) for name, text in cell.parameters.values}}
    return {"benchmark": cell.benchmark, "index": cell.index}


def _unfinished(status: str, reason: str) -> Parts:
    return {"status": status, "reason": reason, "started": datetime.now(UTC).isoformat(), "seconds": None}


def _start_failure(code: int, printed: str) -> str:
    if "No module named asv_bench_stallhorn" in printed or "No module named 'asv_bench_stallhorn'" in printed:
        return (
            "the probe is not installed in this environment; add to install_command in asv.conf.json: "
            "python -m pip install STALLHORN/src/probe (STALLHORN: where you have stallhorn's sources)"
        )
    last = [line.strip() for line in printed.splitlines() if line.strip()][-1:]
    return f"the measuring process did not start: {died(code)}" + (f": {last[0]}" if last else "")


def thread_variables(python: str, setting: str, variables: Mapping[str, str]) -> dict[str, str | None]:
    """The variables that a thread setting stands for, as the probe in that environment understands it.

    None is a variable to take away: a pool that a setting does not name has its library's default, and not what the
    shell that started us happens to say.
    """
    code = (
        "import json, sys; from asv_bench_stallhorn import threads, parent; "
        "s = threads.parse(sys.argv[1], threads.cores_available()) if sys.argv[1] else None; "
        "pools = [v for vs in threads.POOLS.values() for v in vs] if s else []; "
        "print(json.dumps({**dict.fromkeys(pools), **parent.FIXED, **(s.environment if s else {})}))"
    )
    done = subprocess.run(
        [python, "-c", code, setting], env=dict(variables), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"threads={setting!r} is not understood"])[-1]
        raise ValueError(last.removeprefix("asv_bench_stallhorn.threads.BadSetting: "))
    found: dict[str, str | None] = json.loads(done.stdout)
    return found
