"""Benchmarks that misbehave, all in one suite and measured by one run: each says what became of it, the rest go on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from workplace import Done, Workplace

SUITE = """
import os, resource, signal, subprocess, sys, time
import toysubject

LIMIT = 1.5
STARTED = []


def misbehave(what):
    if what == "raises":
        raise ValueError("on purpose")
    if what == "hangs":
        time.sleep(3600)
    if what == "aborts":
        os.abort()
    if what == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "exits":
        sys.exit(3)
    if what == "no memory":
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, resource.RLIM_INFINITY))
        bytearray(1 << 40)
    if what == "prints":
        print("to the output")
        print("to the errors", file=sys.stderr)
    if what == "leaves a child" and not STARTED:
        STARTED.append(subprocess.Popen(["sleep", "600"]))
        with open(os.path.join(os.environ["TOY_FOLDER"], "child"), "w") as file:
            file.write(str(STARTED[0].pid))
    if what != "returns nothing":
        return toysubject.work()


class Probed:
    rounds = 1
    group_by = ()  # all of them share one process, as far as it lives
    timeout = LIMIT
    params = [["first", "raises", "hangs", "aborts", "killed", "exits", "no memory", "prints", "leaves a child",
               "returns nothing", "last"]]
    param_names = ["what"]

    def measure(self, what):
        return misbehave(what)

    def teardown(self, what):
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class Skips:
    rounds = 1
    params = [["here", "elsewhere", "left out"]]
    param_names = ["device"]
    skip_params = [("left out",)]

    def setup(self, device):
        if device == "elsewhere":
            raise NotImplementedError("there is no such device")

    def measure(self, device):
        return toysubject.work()


class Threads:
    rounds = 1
    params = [["1", "numba=zero"]]
    param_names = ["threads"]

    def measure(self, threads):
        return toysubject.work()


class Plain:
    rounds = 1
    repeat = 2
    number = 1
    warmup_time = 0
    timeout = LIMIT
    params = [["first", "raises", "hangs", "aborts", "last"]]
    param_names = ["what"]

    def time_it(self, what):
        misbehave(what)


class Tracked:
    def track_number(self):
        return 42

    def track_nothing(self):
        return None

    def track_text(self):
        return "many"
"""


@pytest.fixture(scope="module")
def measured(new_project: Callable[[Path], Workplace], tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """The project after one run of the suite."""
    folder = tmp_path_factory.mktemp("bad")
    project = new_project(folder / "project")
    project.suite(SUITE)
    project.done = project.run(TOY_FOLDER=str(folder))
    return project


def outcome(project: Workplace, benchmark: str, **params: str) -> tuple[str, str]:
    record = project.record(f"suite.{benchmark}", **{name: repr(value) for name, value in params.items()})
    return record["status"], record["reason"]


def test_the_run_says_that_benchmarks_failed(measured: Workplace) -> None:
    assert measured.done.code == 4, measured.done.said
    assert "12 failed" in measured.done.said  # 6 by the probe, 1 bad thread setting, 3 plain, 2 tracked
    assert "suite.Probed.measure [what=raises]: failed: ValueError: on purpose" in measured.done.said


def test_cells_beside_those_that_fail_are_measured(measured: Workplace) -> None:
    for benchmark in ("Probed.measure", "Plain.time_it"):
        assert outcome(measured, benchmark, what="first") == ("ok", "")
        assert outcome(measured, benchmark, what="last") == ("ok", "")


def test_raising(measured: Workplace) -> None:
    assert outcome(measured, "Probed.measure", what="raises") == ("failed", "ValueError: on purpose")
    assert outcome(measured, "Plain.time_it", what="raises") == ("failed", "ValueError: on purpose")
    stderr = measured.record("suite.Probed.measure", what="'raises'")["stderr"]
    assert "Traceback" in stderr
    assert "in misbehave" in stderr


def test_hanging(measured: Workplace) -> None:
    late = ("timeout", "it took longer than its timeout of 1.5 s")
    assert outcome(measured, "Probed.measure", what="hangs") == late
    assert outcome(measured, "Plain.time_it", what="hangs") == late


def test_aborting(measured: Workplace) -> None:
    died = ("aborted", "the process was killed by SIGABRT")
    assert outcome(measured, "Probed.measure", what="aborts") == died
    assert outcome(measured, "Plain.time_it", what="aborts") == died


def test_killed_by_the_system(measured: Workplace) -> None:
    status, reason = outcome(measured, "Probed.measure", what="killed")
    assert status == "aborted"
    assert reason == "the process was killed by SIGKILL (the kernel's out-of-memory killer sends it)"


def test_leaving_by_itself(measured: Workplace) -> None:
    assert outcome(measured, "Probed.measure", what="exits") == ("aborted", "the process ended with exit code 3")


def test_memory_that_cannot_be_had(measured: Workplace) -> None:
    assert outcome(measured, "Probed.measure", what="no memory") == ("failed", "MemoryError")


def test_failures_are_null_in_asvs_own_file_and_nothing_else_is(measured: Workplace) -> None:
    result = measured.result()
    probed = dict(zip(measured_params("Probed"), result["suite.Probed.measure"], strict=True))
    assert {what for what, value in probed.items() if value is None} == {
        "raises",
        "hangs",
        "aborts",
        "killed",
        "exits",
        "no memory",
    }
    plain = dict(zip(measured_params("Plain"), result["suite.Plain.time_it"], strict=True))
    assert {what for what, value in plain.items() if value is None} == {"raises", "hangs", "aborts"}


def measured_params(name: str) -> list[str]:
    space: dict[str, Any] = {}
    text = SUITE.split(f"class {name}:")[1].split("params = ")[1].split("param_names")[0]
    exec(f"params = {text}", space)
    return list(space["params"][0])


def test_what_a_benchmark_prints_is_kept_and_disturbs_nothing(measured: Workplace) -> None:
    assert outcome(measured, "Probed.measure", what="prints") == ("ok", "")
    stderr = measured.record("suite.Probed.measure", what="'prints'")["stderr"]
    assert "to the output" in stderr
    assert "to the errors" in stderr
    assert "to the output" not in measured.done.said


def test_a_child_that_a_benchmark_leaves_behind_is_ended(measured: Workplace) -> None:
    assert outcome(measured, "Probed.measure", what="leaves a child") == ("ok", "")
    child = int((measured.root.parent / "child").read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_returning_nothing_is_fine(measured: Workplace) -> None:
    assert outcome(measured, "Probed.measure", what="returns nothing") == ("ok", "")


def test_skipping_has_a_reason(measured: Workplace) -> None:
    assert outcome(measured, "Skips.measure", device="here") == ("ok", "")
    assert outcome(measured, "Skips.measure", device="elsewhere") == ("skipped", "there is no such device")
    assert outcome(measured, "Skips.measure", device="left out")[0] == "skipped"
    assert "skip_params" in outcome(measured, "Skips.measure", device="left out")[1]
    assert "skipped, 1: there is no such device" in measured.done.said
    values = measured.result()["suite.Skips.measure"]
    assert values[0] > 0
    assert all(value != value for value in values[1:])  # asv's NaN: not applicable


def test_a_thread_setting_that_means_nothing(measured: Workplace) -> None:
    assert outcome(measured, "Threads.measure", threads="1") == ("ok", "")
    status, reason = outcome(measured, "Threads.measure", threads="numba=zero")
    assert status == "failed"
    assert "'numba=zero' is not understood" in reason
    assert "numba=COUNT" in reason


def test_tracking_what_is_no_number(measured: Workplace) -> None:
    assert measured.result()["suite.Tracked.track_number"] == [42.0]
    assert outcome(measured, "Tracked.track_nothing")[0] == "failed"
    status, reason = outcome(measured, "Tracked.track_text")
    assert (status, reason) == ("failed", "it returned str, and a number was expected")


def test_dying_is_noticed_although_a_child_lives_on(project: Workplace) -> None:
    """Long before its timeout of a minute; the child has inherited all that the process had open."""
    project.suite(
        """
        import os, time

        class Work:
            rounds = 1

            def measure(self):
                if os.fork() == 0:
                    time.sleep(600)
                os.abort()
        """
    )
    begun = time.monotonic()
    done = project.run()
    assert done.code == 4, done.said
    assert outcome(project, "Work.measure") == ("aborted", "the process was killed by SIGABRT")
    assert time.monotonic() - begun < 40


def test_a_terminal_does_not_act_on_what_a_benchmark_says(project: Workplace) -> None:
    project.suite(
        r"""
        class Hostile:
            rounds = 1
            params = [["\x1b[2J", "<script>"]]
            param_names = ["what"]

            def measure(self, what):
                raise ValueError("\x1b]0;gone\x07 \udc80 " + what)
        """
    )
    done = project.run()
    assert done.code == 4, done.said
    assert "\x1b" not in done.err
    assert "\x07" not in done.err
    assert "ValueError: \\x1b]0;gone\\x07" in done.err
    assert {one["status"] for one in project.records()} == {"failed"}
    assert project.result()["suite.Hostile.measure"] in ([None, None], None)


OUT_OF_MEMORY = """
import os


class Greedy:
    rounds = 1
    group_by = ()
    params = [["takes all", "last"]]
    param_names = ["what"]

    def measure(self, what):
        if what == "takes all":
            with open(os.path.join(os.environ["TOY_CGROUP"], "cgroup.procs"), "w") as file:
                file.write(str(os.getpid()))
            hold = [bytearray(b"x" * (1 << 22)) for _ in range(100)]
            del hold
"""
GROUPS = (
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),  # version 1
    (Path("/sys/fs/cgroup"), "memory.max"),  # version 2
)


@pytest.fixture
def small_group() -> Iterator[Path]:
    """A control group of 100 MB, which processes may join."""
    for top, limit in GROUPS:
        folder = top / f"stallhorn-test-{os.getpid()}"
        try:
            folder.mkdir()
        except OSError as error:
            reason = f"no control group can be made in {top}: {error.strerror}"
            continue
        try:
            (folder / limit).write_text(str(100 << 20))
            yield folder
            return
        except OSError as error:
            reason = f"{folder / limit} cannot be set: {error.strerror}"
        finally:
            folder.rmdir()
    pytest.skip(reason)


def test_the_kernel_kills_for_memory(project: Workplace, small_group: Path) -> None:
    project.suite(OUT_OF_MEMORY)
    done: Done = project.run(TOY_CGROUP=str(small_group))
    if done.code == 0:
        pytest.skip("this machine's control groups do not enforce a limit of memory")
    assert done.code == 4, done.said
    status, reason = outcome(project, "Greedy.measure", what="takes all")
    assert status == "aborted"
    assert "out-of-memory killer" in reason
    assert outcome(project, "Greedy.measure", what="last") == ("ok", "")
