"""Readings of the process and its machine, from made-up readings and from this process where only that will do."""

import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from asv_bench_stallhorn import process
from asv_bench_stallhorn.process import Reading, between

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_between_two_readings_the_foreign_load_is_what_others_used_for_each_second():
    spent = between(Reading(10.0, 1.0, 100.0), Reading(12.0, 2.5, 104.5))
    assert spent == {"wall_seconds": 2.0, "cpu_seconds": 1.5, "foreign_load": 1.5}


def test_the_foreign_load_is_never_negative():
    # Ticks of 10 ms against exact clocks: the machine may seem to have used less than we did.
    assert between(Reading(0.0, 0.0, 50.0), Reading(1.0, 1.0, 50.99))["foreign_load"] == 0.0


@pytest.mark.parametrize(
    ("before", "after"),
    [(Reading(0, 0, None), Reading(1, 0, None)), (Reading(0, 0, None), Reading(1, 0, 5.0)), (Reading(0, 0, 1.0),) * 2],
)
def test_a_foreign_load_that_cannot_be_known_is_none(before, after):
    assert between(before, after)["foreign_load"] is None


def test_the_machines_time_is_what_was_not_idle(tmp_path):
    stat = tmp_path / "stat"
    hertz = process._TICKS
    stat.write_text(f"cpu  {3 * hertz} {hertz} {2 * hertz} 999999 888888 {hertz} {hertz} 777777 0 0\ncpu0 1 2\n")
    assert process._machine_cpu(str(stat)) == 8.0


@pytest.mark.parametrize("content", [None, "", "cpu 1 2 3", "cpu a b c d e f g h"])
def test_a_file_that_cannot_be_understood_gives_none(tmp_path, content):
    if content is not None:
        (tmp_path / "stat").write_text(content)
    assert process._machine_cpu(str(tmp_path / "stat")) is None


def test_own_time_only_grows():
    first = process.read()
    sum(range(200_000))
    second = process.read()
    spent = between(first, second)
    assert spent["wall_seconds"] > 0
    assert spent["cpu_seconds"] >= 0


BUSY_CHILD = """
import sys, time
while time.process_time() < 0.15:
    pass
print(flush=True)
sys.stdin.read()
"""


@ON_LINUX
def test_the_time_of_a_child_is_ours_while_it_lives_and_after_it_was_waited_for():
    before = process.read().own_cpu
    child = subprocess.Popen([sys.executable, "-c", BUSY_CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()  # it has had its time, and lives on
    alive = process.read().own_cpu
    child.communicate()
    ended = process.read().own_cpu
    assert alive - before > 0.12  # else it is taken for the load of others
    assert ended >= alive - 0.02  # no second lost when it moves from one account to the other, but for a tick or two


@ON_LINUX
def test_the_peak_is_counted_anew_after_it_is_forgotten():
    size = 64 * 2**20
    held = bytearray(size)
    held = None  # freed: the peak of before must not be ours
    if not process.forget_peak():
        pytest.skip("this kernel does not let a process forget its peak")
    before = process.memory_now()
    assert process.memory_peak() < before + size / 2
    held = bytearray(b"x" * size)
    assert process.memory_peak() >= before + size / 2
    del held


@ON_LINUX
def test_free_memory_is_a_part_of_the_machines():
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert 0 < process.memory_free() <= total


@ON_LINUX
def test_threads_are_counted_by_their_name():
    release = threading.Event()
    before = process.threads_named("")
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        assert before >= 1
        assert process.threads_named("") == before + 1
        assert process.threads_named("no such thread") == 0
    finally:
        release.set()
        thread.join()


@ON_LINUX
def test_memory_that_was_freed_is_seen_again_when_it_is_used_again():
    """In a new process, with the thresholds that measuring has: there a freed block stays with the process."""
    code = """
import ctypes
import numpy as np
from asv_bench_stallhorn import process

def use():
    return np.ones(2**21)  # 16 MiB, below the threshold

use()
kept = process.memory_now()
process.return_free_memory()
before = process.memory_now()
held = use()
print(kept - before, process.memory_now() - before)
"""
    environment = os.environ | {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "67108864"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    returned, used = map(int, done.stdout.split())
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("only glibc returns freed memory on request")
    assert returned > 15 * 2**20
    assert used > 15 * 2**20
