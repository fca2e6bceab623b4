"""Under plain asv: start a session for one cell in the environment that its thread setting asks for."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from typing import Any, Dict

from . import record, threads

# Allocations behave alike in every measuring process, whatever was measured before in it: glibc otherwise moves its
# thresholds with the first large array that is freed, and page faults come and go with the order of benchmarks.
FIXED = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "67108864", "MALLOC_TOP_PAD_": "1048576"}


def measure_in_child(suite: str, benchmark: Any) -> Dict[str, Any]:
    """The record of one cell, also written to the record file. asv's own timeout ends this process and its child."""
    cores = threads.cores_available()
    environment = {**os.environ, **FIXED}
    values = benchmark.values
    if "threads" in values:
        environment.update(threads.parse(values["threads"], cores).environment)
    job = {"suite": suite, "cells": [{"benchmark": benchmark.name, "index": benchmark.index}]}
    with tempfile.TemporaryDirectory(prefix="stallhorn-") as folder:
        job_file = os.path.join(folder, "job.json")
        output = os.path.join(folder, "output")
        with open(job_file, "w", encoding="utf-8") as file:
            json.dump(job, file)
        parts = _run(job_file, output, environment)
        with open(output, encoding="utf-8", errors="replace") as file:
            parts["stderr"] = file.read()
    parts["version"] = benchmark.version
    made = record.build(benchmark.name, benchmark.texts, **parts)
    record.append(made)
    return made


def _run(job_file: str, output: str, environment: Dict[str, str]) -> Dict[str, Any]:
    ours, theirs = socket.socketpair()
    with ours, theirs, open(output, "wb") as sink:
        child = subprocess.Popen(
            [sys.executable, "-m", "asv_bench_stallhorn.session", job_file, str(theirs.fileno())],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        parts: Dict[str, Any] = {}
        try:
            stream = ours.makefile("rw", encoding="utf-8")
            for line in stream:
                message = json.loads(line)
                if message["event"] == "end":
                    parts = message["record"]
                    stream.write("go on\n")
                    stream.flush()
        finally:
            if child.poll() is None and not parts:
                child.kill()
            code = child.wait()
    if parts:
        return parts
    return {"status": "aborted", "reason": died(code)}


def died(code: int) -> str:
    """How a process ended that did not finish its work."""
    if code >= 0:
        return "the process ended with exit code %d" % code
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "signal %d" % -code
    hint = " (the kernel's out-of-memory killer sends it)" if name == "SIGKILL" else ""
    return "the process was killed by %s%s" % (name, hint)
