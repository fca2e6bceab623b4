"""Copies of a cell: the others run while one is measured, end with it, and are missed when they fail."""

import json
import os
import sys
import time

import pytest
from asv_bench_stallhorn import parent
from asv_bench_stallhorn.threads import BadSetting, parse

SUITE = """
import os
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
IS_COPY = sys.argv[0].endswith("copies.py")


class Work:
    params = (["copies=3 numba=1", "copies=1", "numba=1"],)
    param_names = ("threads",)
    oversubscribe = True

    def setup(self, threads):
        if os.path.exists(os.path.join(FOLDER, "fail")) and IS_COPY:
            raise RuntimeError("no room for another one")

    def measure(self, threads):
        if os.path.exists(os.path.join(FOLDER, "leave")) and IS_COPY:
            if os.path.exists(os.path.join(FOLDER, "%d" % os.getpid())):
                os._exit(7)
        with open(os.path.join(FOLDER, "%d" % os.getpid()), "a") as file:
            file.write("%f\\n" % time.time())
        time.sleep(0.002)
"""


@pytest.fixture
def suite(tmp_path):
    folder = tmp_path / "suite"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "work.py").write_text(SUITE)
    return folder


def measured(suite, tmp_path, index):
    job = tmp_path / "job.json"
    cell = {"benchmark": "work.Work.measure", "index": index}
    plan = {"samples": 3, "sample_time": 0.02, "warmup_time": 0.0}
    job.write_text(json.dumps({"suite": str(suite), "cells": [cell], "plan": plan}))
    return parent._run(str(job), str(tmp_path / "output"), dict(os.environ))


def processes(suite):
    """What each process that called has written: the moments of its calls."""
    return {
        path.name: [float(line) for line in path.read_text().split()] for path in suite.iterdir() if path.name.isdigit()
    }


@pytest.mark.skipif(sys.platform == "win32", reason="sockets between processes")
def test_three_copies_call_at_the_same_time_and_end_together(suite, tmp_path):
    record = measured(suite, tmp_path, 0)
    assert record["status"] == "ok", record
    assert record["facts"]["threads"]["setting"] == "copies=3 numba=1"
    calls = processes(suite)
    assert len(calls) == 3
    latest_start, earliest_end = max(each[0] for each in calls.values()), min(each[-1] for each in calls.values())
    assert sum(latest_start < moment < earliest_end for each in calls.values() for moment in each) >= 9
    time.sleep(0.1)
    assert processes(suite) == calls  # nobody calls any more


@pytest.mark.parametrize("index", [1, 2])
def test_one_copy_and_none_named_are_one_process(suite, tmp_path, index):
    assert measured(suite, tmp_path, index)["status"] == "ok"
    assert len(processes(suite)) == 1


def test_a_copy_that_cannot_be_set_up_fails_the_cell_with_what_it_said(suite, tmp_path):
    (suite / "fail").touch()
    record = measured(suite, tmp_path, 0)
    assert record["status"] == "failed"
    assert "exit code 1: RuntimeError: no room for another one" in record["reason"]


def test_a_copy_that_dies_while_samples_are_taken_fails_the_cell(suite, tmp_path):
    (suite / "leave").touch()
    record = measured(suite, tmp_path, 0)
    assert record["status"] == "failed"
    assert "exit code 7" in record["reason"]


def test_copies_are_said_beside_the_pools():
    setting = parse("copies=4 numba=2", cores=8)
    assert (setting.copies, setting.asked, setting.most) == (4, {"numba": 2}, 8)
    assert "copies" not in " ".join(setting.environment)
    assert (parse("copies=4", cores=8).environment, parse("copies=4", cores=8).most) == ({}, 4)
    assert parse("numba=2", cores=8).copies == 1


@pytest.mark.parametrize("text", ["copies=0", "copies=x", "copies", "copies=2 copies=3"])
def test_copies_that_mean_nothing_are_refused(text):
    with pytest.raises(BadSetting, match="copies=COUNT"):
        parse(text, cores=8)
