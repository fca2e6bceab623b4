"""Descendants of this process: found with and without the kernel's lists of children, from recorded and real /proc."""

import os
import subprocess
import sys

import pytest
from asv_bench_stallhorn import descendants
from asv_bench_stallhorn.descendants import Stat, parse, stats

HERTZ = os.sysconf("SC_CLK_TCK")
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def line(number, parent, name="python", state="S", ticks=(0, 0, 0, 0)):
    times = " ".join(str(one) for one in ticks)
    return f"{number} ({name}) {state} {parent} 1 1 0 -1 4194560 100 0 0 0 {times} 20 0 1 0 12345 1000 200\n"


@pytest.fixture
def proc(tmp_path):
    """A /proc of made-up processes; `children` are the kernel's lists, by process and thread."""

    def write(lines, children=()):
        for text in lines:
            folder = tmp_path / text.split()[0]
            (folder / "task" / folder.name).mkdir(parents=True)
            (folder / "stat").write_text(text)
        for process, thread, listed in children:
            (tmp_path / process / "task" / thread).mkdir(exist_ok=True)
            (tmp_path / process / "task" / thread / "children").write_text(listed)
        (tmp_path / "self").mkdir()
        return str(tmp_path)

    return write


FAMILY = [line(10, 1), line(11, 10), line(12, 10, state="Z"), line(13, 11), line(14, 1)]


def test_without_lists_of_children_they_are_found_by_their_parents(proc):
    assert sorted(stats(proc(FAMILY), 10)) == [11, 12, 13]


def test_children_are_listed_by_the_thread_that_started_them(proc):
    lists = [("10", "10", "11 "), ("10", "17", "12 "), ("11", "11", "13 "), ("12", "12", ""), ("13", "13", "")]
    assert sorted(stats(proc(FAMILY, lists), 10)) == [11, 12, 13]


def test_a_child_that_ends_while_we_look_is_left_out(proc):
    assert sorted(stats(proc(FAMILY, [("10", "10", "11 99 ")]), 10)) == [11]


def test_a_process_without_children_has_none(proc):
    assert stats(proc(FAMILY), 14) == {}


def test_without_proc_nothing_is_known(tmp_path):
    assert stats(str(tmp_path / "none"), 10) is None
    assert stats(str(tmp_path), 10) is None


def test_the_time_of_a_process_holds_that_of_the_children_it_has_waited_for():
    text = line(5, 4, ticks=(3 * HERTZ, 2 * HERTZ, HERTZ, HERTZ))
    assert parse(text) == Stat(parent=4, ended=False, cpu=7.0)


@pytest.mark.parametrize("name", ["a b", "a) S 99 (b", ")", "(())"])
def test_a_name_may_hold_anything(name):
    assert parse(line(5, 4, name=name, state="Z")) == Stat(parent=4, ended=True, cpu=0.0)


@pytest.mark.parametrize("text", ["", "5 (a) S", "5 (a) S x 1 1 0 -1 0 0 0 0 0 1 2 3 4"])
def test_a_line_that_cannot_be_understood_is_no_process(text):
    assert parse(text) is None


@ON_LINUX
def test_a_child_and_its_child_are_seen_until_they_end():
    inner = "import sys; print(flush=True); sys.stdin.read()"
    own = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    child = subprocess.Popen([sys.executable, "-c", own], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()  # the child of the child runs
    seen = stats()
    assert descendants.may_exist()
    assert seen[child.pid].parent == os.getpid()
    assert [stat.parent for stat in seen.values()].count(child.pid) == 1
    child.communicate()
    assert child.pid not in stats()


@ON_LINUX
def test_asking_for_children_takes_nobodys_exit_status_away():
    child = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert descendants.may_exist()
    assert stats()[child.pid].ended
    assert child.wait() == 3
