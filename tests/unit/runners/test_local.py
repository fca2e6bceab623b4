"""The local runner against tiny sessions that behave as they are told: well, badly, or not at all."""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from stallhorn.model import Parameters
from stallhorn.plan import Cell
from stallhorn.runners import local
from stallhorn.runners.base import Job
from stallhorn.runners.local import LocalRunner, thread_variables

# A session that speaks the probe's protocol; a benchmark's name is what it does.
SESSION = """
import json, os, signal, socket, subprocess, sys, time
job = json.load(open(sys.argv[1]))
with open(os.environ["STARTS"], "a") as file:
    file.write("start\\n")
exec(os.environ.get("AT_START", ""))
stream = socket.socket(fileno=int(sys.argv[2])).makefile("rw", encoding="utf-8")
def say(message):
    stream.write(json.dumps(message) + "\\n")
    stream.flush()
for position, cell in enumerate(job["cells"]):
    say({"event": "begin", "cell": position})
    print("out of", cell["benchmark"], cell["index"], flush=True)
    exec(cell["benchmark"])
    sys.stdout.flush()
    sys.stderr.flush()
    say({"event": "end", "cell": position, "record": {"status": "ok", "index": cell["index"], "plan": job["plan"]}})
    if not stream.readline():
        sys.exit(1)
    exec(os.environ.get("BETWEEN", ""))
"""


def cell(index, what="pass", timeout=30.0):
    return Cell(what, index, Parameters(), "1", (), True, timeout, 1)


@pytest.fixture
def job(tmp_path):
    package = tmp_path / "modules" / "asv_bench_stallhorn"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "session.py").write_text(SESSION)
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(package.parent), "STARTS": str(tmp_path / "starts")}
    return Job(sys.executable, variables, tmp_path / "suite", (), {"samples": 3})


@pytest.fixture
def impatient(monkeypatch):
    """What hangs is given little time to end by itself."""
    monkeypatch.setattr(local, "DYING", 0.05)


def measured(job, *cells, **variables):
    """What the runner yields for these cells: (index, parts) of each."""
    job = replace(job, cells=cells, variables={**job.variables, **variables})
    return [(one.index, parts) for one, parts in LocalRunner().measure(job)]


def starts(job):
    """How many processes were started."""
    path = Path(job.variables["STARTS"])
    return len(path.read_text().splitlines()) if path.exists() else 0


def is_alive(pid):
    """Whether a process runs; one that has ended and that nobody has asked about does not."""
    try:
        return psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False


def ends_soon(pid):
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def test_no_cells_start_no_process(job):
    assert measured(job) == []
    assert starts(job) == 0


def test_one_process_measures_all_cells_of_a_job_in_their_order(job):
    found = measured(job, cell(4), cell(2), cell(7))
    assert [(index, parts["status"], parts["index"]) for index, parts in found] == [
        (4, "ok", 4),
        (2, "ok", 2),
        (7, "ok", 7),
    ]
    assert starts(job) == 1
    assert found[0][1]["plan"] == {"samples": 3}


def test_what_a_cell_prints_is_kept_with_that_cell(job):
    (_, first), (_, second) = measured(job, cell(0), cell(1, "sys.stderr.write('to stderr \\xff')"))
    assert first["stderr"] == "out of pass 0\n"
    assert second["stderr"] == "out of sys.stderr.write('to stderr \\xff') 1\nto stderr ÿ"


def test_a_process_gets_the_jobs_variables_and_no_others(job, monkeypatch):
    monkeypatch.setenv("OF_THE_HOST", "1")
    code = "print(sorted(set(os.environ) - {'LC_CTYPE'}))"
    ((_, parts),) = measured(job, cell(0, code), EXTRA="2")
    assert parts["stderr"].splitlines()[-1] == str(["EXTRA", "PATH", "PYTHONPATH", "STARTS"])


def test_a_process_works_in_a_folder_of_its_own(job):
    ((_, parts),) = measured(job, cell(0, "open('litter', 'w').close(); print(os.getcwd(), os.listdir('.'))"))
    folder, litter = parts["stderr"].splitlines()[-1].split(" ", 1)
    assert litter == "['litter']"
    assert not Path(folder).exists()


def test_a_cell_whose_process_dies_is_aborted_and_the_rest_goes_on_in_another(job):
    found = measured(job, cell(0), cell(1, "print('last words', flush=True); os.abort()"), cell(2))
    assert [parts["status"] for _, parts in found] == ["ok", "aborted", "ok"]
    assert found[1][1]["reason"] == "the process was killed by SIGABRT"
    assert "last words" in found[1][1]["stderr"]
    assert starts(job) == 2


def test_a_cell_that_leaves_is_aborted_too(job):
    ((_, parts),) = measured(job, cell(0, "sys.exit(3)"))
    assert (parts["status"], parts["reason"]) == ("aborted", "the process ended with exit code 3")


def test_a_process_killed_for_memory_says_so(job):
    ((_, parts),) = measured(job, cell(0, "os.kill(os.getpid(), signal.SIGKILL)"))
    assert parts["reason"] == "the process was killed by SIGKILL (the kernel's out-of-memory killer sends it)"


def test_a_cell_that_hangs_is_ended_at_its_timeout_and_the_rest_goes_on(job, impatient):
    found = measured(job, cell(0, "print(os.getpid(), flush=True); time.sleep(1000)", timeout=0.2), cell(1))
    assert [parts["status"] for _, parts in found] == ["timeout", "ok"]
    assert found[0][1]["reason"] == "it took longer than its timeout of 0.2 s"
    assert found[0][1]["seconds"] == 0.2
    assert ends_soon(int(found[0][1]["stderr"].split()[-1]))


def test_a_cell_that_cannot_be_interrupted_is_ended_all_the_same(job, impatient):
    code = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(1000)"
    )
    ((_, parts),) = measured(job, cell(0, code, timeout=0.2))
    assert parts["status"] == "timeout"


def test_an_environment_without_the_probe_is_told_how_to_get_it(job, tmp_path):
    isolated = tmp_path / "python"
    isolated.write_text(f'#!/bin/sh\nexec {sys.executable} -S -E "$@"\n')
    isolated.chmod(0o755)
    found = measured(replace(job, python=str(isolated)), cell(0), cell(1))
    assert [parts["status"] for _, parts in found] == ["failed", "failed"]
    assert all("add to install_command in asv.conf.json" in parts["reason"] for _, parts in found)


def test_a_process_that_does_not_start_is_tried_once(job):
    found = measured(job, cell(0), cell(1), cell(2), AT_START="raise RuntimeError('broken suite')")
    assert [parts["status"] for _, parts in found] == ["failed"] * 3
    reason = "the measuring process did not start: the process ended with exit code 1: RuntimeError: broken suite"
    assert {parts["reason"] for _, parts in found} == {reason}
    assert starts(job) == 1


def test_a_process_that_never_begins_is_ended(job, impatient, monkeypatch):
    monkeypatch.setattr(local, "START_LIMIT", 0.3)
    found = measured(job, cell(0), AT_START="time.sleep(1000)")
    assert [parts["status"] for _, parts in found] == ["timeout"]


def test_a_process_that_dies_between_two_cells_costs_the_next_one_only(job):
    found = measured(job, cell(0), cell(1), cell(2), BETWEEN="os.abort()")
    # Each session measures one cell and dies; the next cell is lost with it.
    assert [parts["status"] for _, parts in found] == ["ok", "aborted", "ok"]


def test_what_a_cell_started_and_left_behind_is_ended(job):
    code = "print(subprocess.Popen(['sleep', '1000']).pid)"
    ((_, parts),) = measured(job, cell(0, code))
    assert parts["status"] == "ok"
    assert ends_soon(int(parts["stderr"].split()[-1]))


def test_nothing_is_measured_while_the_caller_holds_a_result(job, tmp_path):
    mark = tmp_path / "second"
    job = replace(job, cells=(cell(0), cell(1, f"open({str(mark)!r}, 'w').close()")))
    results = LocalRunner().measure(job)
    next(results)
    time.sleep(0.2)  # time enough for it, if it were not told to wait
    assert not mark.exists()
    next(results)
    assert mark.exists()


def test_a_caller_that_stops_ends_the_process(job):
    job = replace(job, cells=(cell(0, "print(os.getpid())"), cell(1)))
    results = LocalRunner().measure(job)
    _, parts = next(results)
    pid = int(parts["stderr"].split()[-1])
    assert is_alive(pid)
    results.close()
    assert ends_soon(pid)


# --- thread settings, as the probe in an environment understands them


def test_no_setting_is_only_what_every_measuring_process_gets():
    found = thread_variables(sys.executable, "", os.environ)
    assert set(found) == {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_"}


def test_a_setting_is_its_variables():
    found = thread_variables(sys.executable, "numba=2 blas=1", os.environ)
    assert found["NUMBA_NUM_THREADS"] == "2"
    assert found["OPENBLAS_NUM_THREADS"] == "1"
    assert "MALLOC_TOP_PAD_" in found


def test_a_pool_that_a_setting_does_not_name_is_not_what_the_shell_says():
    found = thread_variables(sys.executable, "numba=2", {**os.environ, "OMP_NUM_THREADS": "7", "NPROC": "7"})
    assert (found["OMP_NUM_THREADS"], found["NPROC"], found["MKL_NUM_THREADS"]) == (None, None, None)
    assert "OMP_WAIT_POLICY" not in found


def test_a_setting_that_means_nothing_is_the_probes_own_message():
    with pytest.raises(ValueError, match="'gpu=1' is not understood") as caught:
        thread_variables(sys.executable, "gpu=1", os.environ)
    assert str(caught.value).startswith("threads='gpu=1': ")


def test_the_job_file_says_what_to_measure(job, tmp_path):
    code = "print(json.dumps({**job, 'cells': [one['index'] for one in job['cells']]}))"
    ((_, parts),) = measured(job, cell(5, code))
    assert json.loads(parts["stderr"].splitlines()[-1]) == {
        "suite": str(tmp_path / "suite"),
        "cells": [5],
        "plan": {"samples": 3},
        "how": {},
    }
