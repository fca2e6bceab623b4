"""The extra call: each counter counts what it says, exactly, and leaves no trace of itself."""

import json
import os
import subprocess
import sys
import threading
import time
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from asv_bench_stallhorn import calls
from asv_bench_stallhorn.backends import jax_, jax_calls, numba_
from asv_bench_stallhorn.backends.numba_regions import Regions

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
MEGABYTE = 2**20


@pytest.fixture
def make():
    """The extra call of something, with counters of its own."""
    instruments = SimpleNamespace(numba=numba_.Compiles(), jax=jax_.Compiles(), regions=Regions())
    return lambda call: calls.make(call, jax_.wait_for_any, instruments)


# lines


def three_lines():
    total = 0
    for number in (1, 2):
        total += number
    return total


def counted(call):
    with calls.Lines() as lines:
        call()
    return lines


def test_lines_of_the_users_code_are_counted_one_by_one():
    assert counted(three_lines).count == 7  # the loop's head is interpreted before each turn and at the end


def test_lines_of_libraries_do_not_count():
    def sorts():
        return json.loads(json.dumps({"a": [1, 2]}))

    assert counted(sorts).count == 1


def test_nothing_is_traced_afterwards_even_if_the_call_raised():
    with pytest.raises(ZeroDivisionError), calls.Lines():
        1 / 0  # noqa: B018
    assert sys.gettrace() is None


def test_a_tracer_that_is_there_keeps_its_place_and_lines_are_not_known(make):
    def tracer(*_):
        return None

    sys.settrace(tracer)
    try:
        lines = counted(three_lines)
        kept = sys.gettrace() is tracer
        facts = make(three_lines).facts
    finally:
        sys.settrace(None)
    assert kept and not lines.known
    assert facts["python_lines"] is None


def test_counting_lines_ends_at_its_limit(monkeypatch):
    monkeypatch.setattr(calls, "MOST_LINES", 100)

    def many():
        for _ in range(1000):
            pass

    assert counted(many).count == 100


def test_functions_in_local_variables_are_remembered_once():
    def helper():
        return 1

    def uses(function):
        another = function
        return another()

    def repeats(times):
        for _ in range(times):
            uses(helper)

    once, often = (counted(lambda: repeats(times)).functions for times in (1, 5))  # noqa: B023  # called at once
    assert helper in once
    assert len(often) == len(once)


# threads


def test_threads_that_are_started_are_counted(make):
    def starts():
        several = [threading.Thread(target=three_lines) for _ in range(3)]
        for one in several:
            one.start()
        for one in several:
            one.join()

    real = threading.Thread.start
    assert make(starts).facts["python_threads"] == 3
    assert threading.Thread.start is real
    assert make(three_lines).facts["python_threads"] == 0


@ON_LINUX
def test_a_thread_that_was_there_counts_if_it_has_ever_worked(make):
    wanted, done, ended = threading.Event(), threading.Event(), threading.Event()

    def works():
        while not ended.is_set():
            wanted.wait()
            wanted.clear()
            begun = time.thread_time()
            while time.thread_time() - begun < 2e-3 and not ended.is_set():
                pass
            done.set()

    def asks():
        done.clear()
        wanted.set()
        done.wait()

    worker = threading.Thread(target=works)
    worker.start()
    try:
        assert make(three_lines).facts["python_threads"] == 0
        assert make(asks).facts["python_threads"] == 1
    finally:
        ended.set()
        wanted.set()
        worker.join()


# memory


def test_temporary_memory_is_what_was_there_beside_the_result(make):
    def through_temporaries():
        return np.ones(2 * MEGABYTE).reshape(4, -1).sum(axis=1)  # 16 MB for a result of 32 bytes

    facts = make(through_temporaries).facts
    assert facts["temporary_bytes"] == pytest.approx(16 * MEGABYTE, rel=0.02)
    assert facts["result_bytes"] == 32


def test_a_result_is_no_temporary(make):
    facts = make(lambda: np.ones(2 * MEGABYTE)).facts
    assert facts["temporary_bytes"] < 0.1 * MEGABYTE
    assert facts["result_bytes"] == 16 * MEGABYTE
    both = make(lambda: (np.ones(MEGABYTE), [1], np.ones(MEGABYTE))).facts
    assert both["temporary_bytes"] < 0.1 * MEGABYTE


def test_what_python_itself_allocates_is_rounded_away(make):
    assert {make(three_lines).facts["temporary_bytes"] for _ in range(3)} == {0}


def test_memory_is_not_traced_afterwards_and_a_trace_that_was_on_stays(make):
    make(three_lines)
    assert not tracemalloc.is_tracing()
    tracemalloc.start()
    try:
        assert make(three_lines).facts["temporary_bytes"] is None
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


# the whole


def test_the_result_is_the_calls_own_and_its_time_is_told(make):
    extra = make(lambda: "kept")
    assert extra.result == "kept"
    assert 0 < extra.facts["seconds"] < 10
    assert extra.facts["compiles"] == 0 and extra.facts["compiled"] == []


def test_what_the_call_raises_is_raised_and_everything_is_put_back(make):
    def fails():
        raise ValueError("no")

    real = threading.Thread.start
    with pytest.raises(ValueError, match="no"):
        make(fails)
    assert sys.gettrace() is None and threading.Thread.start is real and not tracemalloc.is_tracing()


def test_without_jax_nothing_is_said_of_unfinished_work(make, monkeypatch):
    monkeypatch.setattr(jax_, "started", lambda: False)
    monkeypatch.setattr(jax_calls, "sys", SimpleNamespace(modules={}))
    extra = make(lambda: np.ones(3))
    assert extra.unfinished is None and extra.ready is None
    assert extra.computations is None and extra.facts["dispatches"] is None
    assert extra.facts["library_calls"] == 0


CHILD = """
import json
from asv_bench_stallhorn import calls
from asv_bench_stallhorn.backends import jax_
from asv_bench_stallhorn.cell import Instruments
instruments = Instruments.install()
import jax, numba, numpy as np
from jax import numpy as jnp

@numba.njit
def add(x, y):
    return x + y

@numba.njit(parallel=True)
def total(x):
    found = 0.0
    for i in numba.prange(x.size):
        found += x[i]
    return found

work = jax.jit(lambda x: jax.lax.fori_loop(0, 2000, lambda i, y: y @ x * 1e-3, x))
matrix, small, x = jnp.ones((300, 300)), jnp.ones((3, 3)), np.ones(100)
def make(call):
    extra = calls.make(call, jax_.wait_for_any, instruments)
    return {**extra.facts, "unfinished": extra.unfinished, "ready": extra.ready,
            "computations": [one["name"] for one in extra.computations]}

def fresh():
    return numba.njit(lambda x: x * 2)(1.0)

def warm():
    return total(x), add(x, x), work(matrix).block_until_ready()

warm(); warm()
seen = {"warm": make(warm), "one array": make(lambda: add(x, y=x))}
seen["fresh function"] = make(fresh)
seen["fresh signature"] = make(lambda: add(1, 2))
seen["fresh shape"] = make(lambda: work(small).block_until_ready())
seen["not waited for"] = make(lambda: work(matrix))
seen["waited for"] = make(lambda: work(matrix).block_until_ready())
seen["left behind"] = make(lambda: [work(matrix), None][1])
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen():
    done = subprocess.run(
        [sys.executable, "-c", CHILD], env={**os.environ, "NUMBA_NUM_THREADS": "2"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_call_that_has_been_made_compiles_nothing_and_its_parts_are_counted(seen):
    warm = seen["warm"]
    assert (warm["compiles"], warm["compile_seconds"], warm["compiled"]) == (0, 0.0, [])
    assert (warm["regions"], warm["dispatches"], warm["library_calls"]) == (1, 1, 3)
    assert seen["one array"]["allocations"] == 1
    assert warm["python_lines"] == 0  # a program given by `-c` is no file of anybody's


def test_what_compiles_is_told_with_its_reason(seen):
    (new,), (again,), (shape,) = (seen["fresh " + what]["compiled"] for what in ("function", "signature", "shape"))
    assert (new["name"], new["reason"]) == ("<lambda>", "new function")
    assert (again["name"], again["reason"]) == ("add", "new signature") and "int64" in again["detail"]
    assert shape["reason"] == "new signature"
    assert seen["fresh function"]["compiles"] == 1
    assert seen["fresh function"]["compile_seconds"] > 0


def test_work_that_nobody_waited_for_is_told_in_seconds(seen):
    waited = seen["waited for"]
    for name in ("not waited for", "left behind"):
        assert seen[name]["unfinished"] > 3 * waited["unfinished"]
        assert seen[name]["unfinished"] > seen[name]["seconds"]
    assert (seen["not waited for"]["ready"], waited["ready"], seen["left behind"]["ready"]) == (False, True, None)


def test_computations_that_ran_are_named(seen):
    assert seen["waited for"]["computations"] == ["<lambda>"]
    assert seen["fresh function"]["computations"] == []
