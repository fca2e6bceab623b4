"""Runs that end in the middle, and runs that meet: nothing measured is lost, and nothing is measured twice."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from workplace import LIMIT, MACHINE, Workplace, key_of, wait_for

CELLS = 6
SUITE = f"""
import os, time
import toysubject


class Work:
    rounds = 2
    group_by = ()
    params = [list(range({CELLS}))]
    param_names = ["n"]

    def setup(self, n):
        # The fourth cell waits as long as the file is there, so that a test can stop the run in the middle.
        with open(os.path.join(os.environ["TOY_FOLDER"], "pid"), "w") as file:
            file.write(str(os.getpid()))
        while n == 3 and os.path.exists(os.path.join(os.environ["TOY_FOLDER"], "wait")):
            time.sleep(0.02)

    def measure(self, n):
        return toysubject.work()


class Plain:
    rounds = 1
    repeat = 1
    number = 1
    warmup_time = 0

    def time_it(self):
        toysubject.work()
"""
ALL = 2 * CELLS + 1


@pytest.fixture
def waiting(project: Workplace, tmp_path: Path) -> Workplace:
    """A project whose run stops in the middle and waits, as long as the file "wait" is there."""
    project.suite(SUITE)
    project.variables["TOY_FOLDER"] = str(tmp_path)
    (tmp_path / "wait").touch()
    return project


def start(project: Workplace) -> subprocess.Popen[str]:
    """A run that has measured three cells and waits in the fourth."""
    process = project.start("run", "--machine", MACHINE)

    def three_are_saved() -> bool:
        files = list(project.results.glob("*.probe.jsonl"))
        return bool(files) and len(project.records()) == 3

    try:
        wait_for(lambda: process.poll() is not None or three_are_saved(), "three measurements")
        assert process.poll() is None, process.communicate()
        time.sleep(0.2)  # into the fourth cell's set-up
    except BaseException:
        process.kill()
        raise
    return process


def end(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    process.send_signal(number)
    out, err = process.communicate(timeout=LIMIT)
    return process.returncode, out + err


def child_is_gone(project: Workplace) -> bool:
    pid = int((project.root.parent / "pid").read_text())
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def finish(project: Workplace) -> None:
    """Run again to the end: every cell of every round is there once, and asv's file has all of them."""
    before = project.records()
    (project.root.parent / "wait").unlink()
    done = project.run()
    assert done.code == 0, done.said
    records = project.records()
    assert [key_of(one) for one in records[: len(before)]] == [key_of(one) for one in before]
    assert len(records) == ALL
    result = project.result()
    assert len(result["suite.Work.measure"]) == CELLS
    assert all(value > 0 for values in result.values() for value in values)
    assert project.leftovers() == []


def test_ctrl_c(waiting: Workplace) -> None:
    code, said = end(start(waiting), signal.SIGINT)
    assert code == 130, said
    assert "stallhorn: interrupted; what was measured is saved." in said
    assert "Traceback" not in said
    wait_for(lambda: child_is_gone(waiting), "the end of the measuring process", limit=2)
    assert len(waiting.records()) == 3
    assert not (waiting.root / ".stallhorn" / "running").exists()
    finish(waiting)


def test_kill_9(waiting: Workplace) -> None:
    code, _ = end(start(waiting), signal.SIGKILL)
    assert code == -signal.SIGKILL
    # Nobody is left to end the measuring process: it must not go on and disturb what is measured next.
    wait_for(lambda: child_is_gone(waiting), "the end of the measuring process", limit=2)
    assert len(waiting.records()) == 3
    # What such an end leaves when it comes while a file is being written:
    for folder in (waiting.results, waiting.root / "results"):
        (folder / ".stallhorn-abc").mkdir()
        (folder / ".stallhorn-abc" / "half.json").write_text("{", encoding="utf-8")
    with waiting.record_file().open("a", encoding="utf-8") as file:
        file.write('{"schema": 1, "bench')
    (waiting.root.parent / "wait").unlink()
    done = waiting.run()
    assert done.code == 0, done.said
    assert "the last line was cut off" in done.err
    assert len(waiting.records()) == ALL
    assert waiting.leftovers() == []
    shown = waiting.asv("show", waiting.head, "--machine", MACHINE)
    assert shown.code == 0, shown.said
    assert "suite.Work.measure" in shown.out


def test_the_end_that_a_batch_system_makes(waiting: Workplace) -> None:
    code, said = end(start(waiting), signal.SIGTERM)
    assert code == -signal.SIGTERM, said
    wait_for(lambda: child_is_gone(waiting), "the end of the measuring process", limit=2)
    finish(waiting)


def test_a_second_run_in_the_same_folder(waiting: Workplace) -> None:
    first = start(waiting)
    try:
        second = waiting.run()
        assert second.code == 2, second.said
        assert f"Another stallhorn run is measuring in {waiting.root} (process {first.pid}, since " in second.err
        assert "Wait for it, or stop it: what it has measured is saved." in second.err
        assert first.poll() is None
    finally:
        (waiting.root.parent / "wait").unlink()
        out, err = first.communicate(timeout=LIMIT)
    assert first.returncode == 0, out + err
    assert len(waiting.records()) == ALL


WAITING = """
import os, time


def wait():
    with open(os.path.join(os.environ["TOY_FOLDER"], "pid"), "w") as file:
        file.write(str(os.getpid()))
    time.sleep(600)
"""
PLACES = {
    "the suite is imported": WAITING + "\nwait()\n",
    "asv's own runner measures": WAITING + "\n\ndef time_it():\n    wait()\n",
    "a cache is set up": WAITING
    + "\n\nclass Cached:\n    def setup_cache(self):\n        wait()\n\n    def time_it(self, cache):\n        pass\n",
}


@pytest.mark.parametrize("place", PLACES)
def test_ctrl_c_while(place: str, project: Workplace, tmp_path: Path) -> None:
    project.suite(PLACES[place])
    process = project.start("run", "--machine", MACHINE, TOY_FOLDER=str(tmp_path))
    pid = tmp_path / "pid"
    wait_for(lambda: process.poll() is not None or (pid.exists() and pid.read_text()), place)
    code, said = end(process, signal.SIGINT)
    assert code == 130, said
    assert "Traceback" not in said
    wait_for(lambda: child_is_gone(project), "the end of the measuring process", limit=2)


def test_ctrl_c_while_the_package_is_built(project: Workplace, tmp_path: Path) -> None:
    """Half a build is no build failure: the next run builds it."""
    commands = project.conf["build_command"]
    script = tmp_path / "wait.py"
    script.write_text(WAITING + "\nwait()\n", encoding="utf-8")
    project.configure(build_command=[f"python {script}", *commands])
    project.commit("Slow to build", {"subject/toysubject/slow.py": ""})
    process = project.start("run", "--machine", MACHINE, TOY_FOLDER=str(tmp_path))
    pid = tmp_path / "pid"
    wait_for(lambda: process.poll() is not None or (pid.exists() and pid.read_text()), "the build")
    code, said = end(process, signal.SIGINT)
    assert code == 130, said
    assert "Traceback" not in said
    wait_for(lambda: child_is_gone(project), "the end of the build", limit=2)
    project.configure(build_command=commands)
    done = project.run()
    assert done.code == 0, done.said
    assert [one["status"] for one in project.records()] == ["ok", "ok"]


def test_ctrl_c_while_an_environment_is_created(project: Workplace, tmp_path: Path) -> None:
    """Half an environment is no environment: the next run makes it anew."""
    project.configure(env_dir=str(tmp_path / "environments"))
    process = project.start("run", "--machine", MACHINE)
    wait_for(lambda: any((tmp_path / "environments").glob("*/bin/python")), "the beginning of an environment")
    begun = time.monotonic()
    code, said = end(process, signal.SIGINT)
    assert code == 130, said
    assert time.monotonic() - begun < 10
    assert "Traceback" not in said
    installers = [
        one for one in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(one.info["cmdline"] or [])
    ]
    assert [one.pid for one in installers if one.pid != os.getpid()] == []
    dry = project.run("--dry-run")
    assert dry.code == 3, dry.said
