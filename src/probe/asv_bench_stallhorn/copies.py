"""Several processes that do the same work at once: one is measured, the others run beside it.

`python -m asv_bench_stallhorn.copies JOB CELL FD` is one of the others. It sets the cell up, calls it once, says over
the socket FD that it is ready, and calls it again and again until it is ended. Its set-up, its thread settings and its
malloc are those of the measured process, because it is started by it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from typing import Any, List

from . import benchmarks, process
from .backends import jax_

READY = b"ready\n"
SECONDS = 600.0  # for a copy to be set up; asv's own timeout of the benchmark comes first


class EndedEarly(RuntimeError):
    """A copy that did not come to run beside the measured process."""


class Beside:
    """The other copies of one cell, from their start to their end; `with` ends them, however the measurement went."""

    def __init__(self, job_file: str, position: int, others: int) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the copies that write to it
        self._sockets: List[socket.socket] = []
        self._children: List[Any] = []
        try:
            for _ in range(others):
                self._start(job_file, position)
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> "Beside":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def wait(self) -> None:
        """Until all of them run. Raises `EndedEarly`, with what it said, if one has ended."""
        for connection, child in zip(self._sockets, self._children):
            connection.settimeout(SECONDS)
            if connection.recv(len(READY), socket.MSG_WAITALL) != READY:
                code = child.wait()
                raise EndedEarly("a copy beside it ended with exit code %d: %s" % (code, self._said()))

    def check(self) -> None:
        """Raise `EndedEarly` unless all of them still run: else less was measured than was asked for."""
        for child in self._children:
            if child.poll() is not None:
                raise EndedEarly("a copy beside it ended with exit code %d: %s" % (child.returncode, self._said()))

    def _start(self, job_file: str, position: int) -> None:
        ours, theirs = socket.socketpair()
        self._sockets.append(ours)
        with theirs:
            command = [
                sys.executable,
                "-m",
                "asv_bench_stallhorn.copies",
                job_file,
                str(position),
                str(theirs.fileno()),
            ]
            self._children.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=self._output,
                    stderr=self._output,
                    pass_fds=[theirs.fileno()],
                )
            )

    def _said(self) -> str:
        self._output.seek(0)
        lines = [line for line in self._output.read().decode("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it said nothing"

    def _end(self) -> None:
        for child in self._children:
            child.kill()
        for child in self._children:
            child.wait()
        for connection in self._sockets:
            connection.close()
        self._output.close()


def main(job_file: str, position: int, descriptor: int) -> None:
    process.die_with_parent()
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    wanted = job["cells"][position]
    benchmark = benchmarks.load(job["suite"], wanted["benchmark"], wanted["index"])
    benchmark.prepare()
    call = benchmark.bound()
    jax_.wait_for_any(call())
    with socket.socket(fileno=descriptor) as connection:
        connection.sendall(READY)
        while True:
            jax_.wait_for_any(call())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    os._exit(0)
