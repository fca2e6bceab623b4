"""A measuring process: `python -m asv_bench_stallhorn.session JOB FD`.

It measures the cells of one job, one after the other, and talks to its parent over the socket FD: one JSON line when a
cell begins and one when it ends. After each end it waits for a line from the parent, so that the parent's saving never
runs while something is measured. What the measured code prints goes to the process's own stdout and stderr, which the
parent collects; the parent therefore still has everything when this process dies.

JOB is a JSON file: {"suite": folder, "cells": [{"benchmark": name, "index": combination}], "plan": {...}, "how":
{...}}; a cell {"function": "module:name", "values": {...}} is a function instead of a benchmark of the suite.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import traceback
from typing import Any, Dict, Tuple

from . import METHOD, __version__, benchmarks, cell, clock, copies, foreign, process, record


def main(job_file: str, descriptor: int) -> int:
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    process.die_with_parent()
    instruments = cell.Instruments.install()
    with socket.socket(fileno=descriptor) as connection:
        stream = connection.makefile("rw", encoding="utf-8")
        for position, wanted in enumerate(job["cells"]):
            _say(stream, {"event": "begin", "cell": position})
            parts: Dict[str, Any] = {"started": record.now(), "probe": __version__, "method": METHOD}
            parts.update(_measure(job, wanted, instruments, (job_file, position)))
            sys.stdout.flush()
            sys.stderr.flush()
            _say(stream, {"event": "end", "cell": position, "record": parts})
            if not stream.readline():  # the parent is gone
                return 1
    return 0


def _measure(
    job: Dict[str, Any], wanted: Dict[str, Any], instruments: cell.Instruments, place: Tuple[str, int]
) -> Dict[str, Any]:
    try:
        if "function" in wanted:
            benchmark: Any = foreign.Function(wanted["function"], wanted.get("values") or {})
        else:
            benchmark = benchmarks.load(job["suite"], wanted["benchmark"], wanted["index"])
    except Exception as error:
        traceback.print_exc()
        return {"status": "failed", "reason": "cannot load the benchmark: %s" % cell.told(error), "seconds": 0.0}
    how, plan = cell.How(**job.get("how", {})), clock.Plan(**job.get("plan", {}))
    others = 0 if "function" in wanted else cell.copies(benchmark) - 1
    if not others:
        return cell.measure(benchmark, plan, instruments, how)
    with copies.Beside(*place, others) as beside:
        return cell.measure(benchmark, plan, instruments, how._replace(ready=beside.wait, still=beside.check))


def _say(stream: Any, message: Dict[str, Any]) -> None:
    stream.write(json.dumps(message, default=str) + "\n")
    stream.flush()


if __name__ == "__main__":
    code = main(sys.argv[1], int(sys.argv[2]))
    sys.stdout.flush()
    sys.stderr.flush()
    # Straight out: thread pools that outlive their library's clean-up must not turn a good measurement into a crash.
    os._exit(code)
