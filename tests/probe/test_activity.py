"""The activity of a window: what two readings say, what is unknown, and that real threads and processes are seen."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from asv_bench_stallhorn import activity
from asv_bench_stallhorn.activity import Account, Reading, account_of, between
from asv_bench_stallhorn.cgroup import Throttling

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
FACTS = {
    "window_seconds", "calls", "demand", "cores_used", "dead_cpu_share", "busy_threads", "threads", "thread_seconds",
    "voluntary_switches", "involuntary_switches", "faults", "user_seconds", "system_seconds", "throttled_periods",
    "throttled_seconds", "children", "children_demand",
}  # fmt: skip
START = Reading(
    wall=100.0,
    cpu=10.0,
    user=9.0,
    system=1.0,
    voluntary=1000,
    involuntary=500,
    faults=2000,
    threads={1: Account(8.0, 1.0), 2: Account(2.0, 0.5)},
    throttled=Throttling(4, 0.5),
    children={},
    live=0,
    waited_for=0.0,
)


def later(**changes):
    """Two seconds after `START`, in which thread 1 was on a core all the time and thread 2 half of it."""
    made = START._replace(wall=102.0, cpu=13.0, threads={1: Account(10.0, 1.0), 2: Account(3.0, 0.5)})
    return made._replace(**changes)


def test_every_fact_of_the_section_is_there_and_is_json():
    facts = between(START, later(), 10)
    assert set(facts) == FACTS
    assert None not in facts.values()
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def test_demand_counts_threads_that_ran_and_those_that_waited_for_a_core():
    assert between(START, later(), 1)["demand"] == 1.5
    crowded = {1: Account(9.0, 2.0), 2: Account(3.0, 1.5), 3: Account(0.0, 2.0)}
    facts = between(START, later(cpu=12.0, threads=crowded), 1)
    assert facts["demand"] == 3.0  # 1 and 2 took turns on one core, 3 never got it
    assert facts["cores_used"] == 1.0


def test_a_thread_counts_as_busy_from_a_twentieth_of_the_window():
    threads = {1: Account(10.0, 1.0), 2: Account(2.0999, 0.5), 3: Account(0.101, 0.0)}
    facts = between(START, later(threads=threads), 1)
    assert (facts["busy_threads"], facts["threads"]) == (2, 3)


def test_the_busiest_threads_are_listed_largest_first():
    threads = {number: Account(number / 100, 0.0) for number in range(40)}
    listed = between(START._replace(threads={}), later(threads=threads), 1)["thread_seconds"]
    assert listed == [number / 100 for number in range(39, 23, -1)]


def test_threads_that_did_nothing_are_not_listed():
    assert between(START, later(threads=dict(START.threads)), 1)["thread_seconds"] == []


def test_the_time_of_threads_that_have_ended_is_the_share_that_no_living_thread_has():
    facts = between(START, later(cpu=14.0, threads={1: Account(9.0, 1.0)}), 1)
    assert facts["dead_cpu_share"] == 0.75
    assert facts["demand"] == 2.0  # what they ran, not only what the living did
    assert between(START, later(cpu=12.999), 1)["dead_cpu_share"] == 0.0  # clocks that were read one after the other


def test_a_thread_that_took_the_number_of_another_began_in_the_window():
    facts = between(START, later(cpu=10.5, threads={1: Account(8.0, 1.0), 2: Account(0.5, 0.25)}), 1)
    assert facts["thread_seconds"] == [0.5]
    assert facts["demand"] == 0.375


def test_counts_are_for_each_call_and_seconds_for_the_window():
    after = later(voluntary=1100, involuntary=540, faults=2030, user=11.0, system=1.5)
    facts = between(START, after, 10)
    assert (facts["voluntary_switches"], facts["involuntary_switches"], facts["faults"]) == (10.0, 4.0, 3.0)
    assert (facts["user_seconds"], facts["system_seconds"]) == (2.0, 0.5)


def test_throttling_is_what_was_added():
    facts = between(START, later(throttled=Throttling(7, 1.25)), 1)
    assert (facts["throttled_periods"], facts["throttled_seconds"]) == (3, 0.75)


@pytest.mark.parametrize(
    ("unknown", "names"),
    [
        ({"threads": None}, {"demand", "dead_cpu_share", "busy_threads", "threads", "thread_seconds"}),
        ({"threads": {1: Account(10.0, None), 2: Account(3.0, 0.5)}}, {"demand"}),
        ({"throttled": None}, {"throttled_periods", "throttled_seconds"}),
        ({"children": None, "live": None}, {"children", "children_demand"}),
        ({"children": {5: Account(1.0, None)}, "live": 1}, {"children_demand"}),
        ({"wall": 100.0}, {"demand", "cores_used", "busy_threads", "children_demand"}),
        ({"cpu": 10.0}, {"dead_cpu_share"}),
    ],
)
def test_what_cannot_be_known_is_none_and_the_rest_is_told(unknown, names):
    facts = between(START, later(**unknown), 1)
    assert {name for name, value in facts.items() if value is None} == names


def test_without_calls_nothing_is_known_for_each_call():
    facts = between(START, later(), 0)
    assert {name for name, value in facts.items() if value is None} == {
        "voluntary_switches",
        "involuntary_switches",
        "faults",
    }


def test_children_want_cores_too():
    before = START._replace(children={50: Account(3.0, 1.0)}, live=1)
    after = later(children={50: Account(5.0, 1.0), 51: Account(1.0, 1.0)}, live=2)
    facts = between(before, after, 1)
    assert (facts["children"], facts["children_demand"]) == (2, 2.0)
    assert facts["demand"] == 1.5  # theirs is apart


def test_a_child_that_ended_in_the_window_counts_with_what_it_ran_in_it():
    before = START._replace(children={50: Account(3.0, 1.0)}, live=1, waited_for=7.0)
    facts = between(before, later(waited_for=7.0 + 5.0), 1)
    assert (facts["children"], facts["children_demand"]) == (0, 1.0)


# --- one thread's account


def test_the_threads_own_clock_is_exact_and_schedstat_knows_the_waiting():
    assert account_of("2000000000 500000000 12", 2.003) == Account(2.003, 0.5)
    assert account_of("2000000000 500000000 12\n", None) == Account(2.0, 0.5)


@pytest.mark.parametrize("text", [None, "", "1 2", "a b c"])
def test_without_schedstat_waiting_is_unknown(text):
    assert account_of(text, 1.5) == Account(1.5, None)
    assert account_of(text, None) is None


def test_zeros_of_a_thread_that_has_run_are_a_kernel_that_does_not_count():
    assert account_of("0 0 0", 0.5) == Account(0.5, None)
    assert account_of("0 0 0", None) == Account(0.0, 0.0)  # may not have run yet


def test_threads_are_read_from_their_folder(tmp_path):
    for number, text in (("901", "1000000000 2000000000 3"), ("902", "4000000000 0 5")):
        (tmp_path / number).mkdir()
        (tmp_path / number / "schedstat").write_text(text)
    (tmp_path / "903").mkdir()  # ended since its folder was listed
    assert activity._threads(str(tmp_path), None) == {901: Account(1.0, 2.0), 902: Account(4.0, 0.0)}


def test_without_proc_threads_are_unknown(tmp_path):
    assert activity._threads(str(tmp_path / "none"), None) is None
    assert activity._threads(str(tmp_path), None) is None


# --- this process


def test_a_window_of_this_process_can_be_read():
    before = activity.read()
    sum(range(300_000))
    facts = between(before, activity.read(), 3)
    assert set(facts) == FACTS
    assert facts["window_seconds"] > 0 and facts["cores_used"] > 0
    json.dumps(facts, allow_nan=False)


@ON_LINUX
def test_the_clock_of_a_thread_is_its_own():
    own = activity._clock(threading.get_native_id(), activity._OF_THREAD)
    assert own == pytest.approx(time.thread_time(), abs=0.01)
    assert activity._clock(os.getpid(), activity._OF_PROCESS) == pytest.approx(time.process_time(), abs=0.01)
    assert activity._clock(10**9, activity._OF_THREAD) is None


@ON_LINUX
def test_a_thread_that_ended_in_the_window_leaves_its_share():
    def burn():
        while time.thread_time() < 0.1:
            pass

    before = activity.read()
    thread = threading.Thread(target=burn)
    thread.start()
    thread.join()
    while Path(f"/proc/self/task/{thread.native_id}").exists():  # Python lets go of a thread before the kernel does
        time.sleep(0)
    facts = between(before, activity.read(), 1)
    assert facts["dead_cpu_share"] > 0.5


@ON_LINUX
def test_a_thread_that_lives_is_in_the_list():
    release, burnt = threading.Event(), threading.Event()

    def burn():
        while time.thread_time() < 0.1:
            pass
        burnt.set()
        release.wait()

    before = activity.read()
    thread = threading.Thread(target=burn)
    thread.start()
    burnt.wait()
    facts = between(before, activity.read(), 1)
    release.set()
    thread.join()
    assert facts["thread_seconds"][0] >= 0.1
    assert facts["dead_cpu_share"] < 0.5


@ON_LINUX
def test_a_busy_child_is_seen_alive_and_after_it_was_waited_for():
    code = "import time, sys\nwhile time.process_time() < 0.2: pass\nprint(flush=True)\nsys.stdin.read()"
    before = activity.read()
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()
    alive = activity.read()
    child.communicate()
    ended = activity.read()
    during, over = between(before, alive, 1), between(before, ended, 1)
    assert during["children"] == over["children"] + 1
    assert during["children_demand"] * during["window_seconds"] >= 0.19
    assert over["children_demand"] * over["window_seconds"] >= 0.19


@ON_LINUX
def test_a_reading_opens_no_more_than_a_file_for_each_thread_and_the_control_groups(monkeypatch):
    """Its cost, counted and not timed: without children nobody walks through /proc."""
    monkeypatch.setattr(activity.descendants, "may_exist", lambda: False)
    monkeypatch.setattr(activity.descendants, "stats", lambda: pytest.fail("looked for children that cannot exist"))
    opened = []
    real = os.open
    monkeypatch.setattr(activity.os, "open", lambda *given: opened.append(given[0]) or real(*given))
    reading = activity.read()
    assert len(opened) == len(reading.threads)
    assert reading.children == {} and reading.live == 0
