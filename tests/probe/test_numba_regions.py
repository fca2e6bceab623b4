"""Parallel regions are counted exactly on every threading layer: each in a process of its own, with real kernels."""

import json
import os
import subprocess
import sys

import pytest
from asv_bench_stallhorn import threads
from asv_bench_stallhorn.backends import numba_regions

LAYERS = ("omp", "tbb", "workqueue")
UNKNOWN = dict.fromkeys(
    ("regions", "nested_regions", "region_threads", "region_seconds", "region_work_seconds", "imbalance")
)

CHILD = """
import json, sys, threading
from asv_bench_stallhorn.cell import Instruments
layer = sys.argv[1]
regions = Instruments.install().regions
seen = {}
def count(name, call):
    call()
    with regions:
        result = call()
    seen[name] = regions.facts()
    return result

seen["numba not imported"] = regions.facts()
import numba, numpy
from numba import njit, prange
seen["threads not started"] = regions.facts()

@njit("float64(float64[:])", parallel=True)  # compiled here, before anything has run
def inner(row):
    total = 0.0
    for j in prange(row.size):
        total += row[j]
    return total

@njit(parallel=True)
def rows(w, out):
    for i in prange(w.shape[0]):
        out[i] = inner(w[i])
    return out

@njit
def one_after_the_other(w, out):
    for i in range(w.shape[0]):
        out[i] = inner(w[i])
    return out

@njit(parallel=True)
def directly(w, out):
    for i in prange(w.shape[0]):
        for j in prange(w.shape[1]):
            out[i] += w[i, j]
    return out

@njit(parallel=True)
def of_row(w, i):
    total = 0.0
    for j in prange(w.shape[1]):
        total += w[i, j]
    return total

@njit(parallel=True)
def by_index(w, out):
    for i in prange(w.shape[0]):
        out[i] = of_row(w, i)
    return out

@njit(parallel=True)
def uneven(work):
    out = numpy.zeros(work.size)
    for i in prange(work.size):
        for k in range(work[i]):
            out[i] += numpy.cos(k * 0.1)
    return out

@njit(parallel=True, cache=True)
def kept(x):
    out = numpy.empty_like(x)
    for i in prange(x.size):
        out[i] = 2 * x[i]
    return out

def in_threads():
    several = [threading.Thread(target=one_after_the_other, args=(w, numpy.empty(5))) for _ in range(3)]
    for one in several:
        one.start()
    for one in several:
        one.join()

w, row = numpy.arange(35.0).reshape(5, 7), numpy.arange(1000.0)
def fresh():
    return numpy.zeros(5)
seen["sum"] = count("plain", lambda: inner(row))
count("fork-join", lambda: one_after_the_other(w, fresh()))
inner(row)
with regions:
    pass
inner(row)
seen["off"] = regions.facts()
try:
    with regions:
        inner(row)
        raise ValueError
except ValueError:
    inner(row)
seen["raised"] = regions.facts()
count("from a file", lambda: kept(row))
seen["loaded"] = sum(kept.stats.cache_hits.values())
if layer != "workqueue":  # two regions at once: it aborts
    seen["rows"] = count("nested", lambda: rows(w, fresh())).tolist()
    count("threads", in_threads)
if layer != "tbb":  # which hands the work to whoever is free
    count("one does all", lambda: uneven(numpy.array([200_000, 0])))
    count("three quarters", lambda: uneven(numpy.array([300_000, 100_000])))
    count("even", lambda: uneven(numpy.array([200_000, 200_000])))
if layer == "omp":
    seen["direct rows"] = count("direct", lambda: directly(w, fresh())).tolist()
    count("by index", lambda: by_index(w, fresh()))
seen["layer"] = numba.threading_layer()
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("regions") / "kernels.py"
    path.write_text(CHILD)
    return path


@pytest.fixture(scope="module")
def children(script):
    """What each layer's process saw; started when it is first asked for, the one with OpenMP before all others."""
    found = {}

    def child(layer):
        if layer != "omp" and "omp" not in found:
            child("omp")  # it fills Numba's cache
        if layer not in found:
            found[layer] = _run(script, layer)
        return found[layer]

    return child


def _run(script, layer):
    variables = {
        **os.environ,
        **threads.parse("numba=2 layer=" + layer, 2).environment,
        "NUMBA_CACHE_DIR": str(script.parent / "cache"),
    }
    done = subprocess.run([sys.executable, str(script), layer], env=variables, capture_output=True, text=True)
    if "No threading layer could be loaded" in done.stderr:
        pytest.skip(f"{layer} is not installed")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["layer"] == layer
    return found


@pytest.fixture(params=LAYERS)
def seen(request, children):
    return children(request.param)


def on(*layers):
    return pytest.mark.parametrize("seen", layers, indirect=True)


def counts(facts):
    return facts["regions"], facts["nested_regions"]


def test_without_numba_nothing_is_known_and_without_its_threads_no_region_was_entered(seen):
    assert seen["numba not imported"] == UNKNOWN
    assert counts(seen["threads not started"]) == (0, 0)


def test_a_plain_loop_is_one_region_and_computes_what_it_did(seen):
    assert counts(seen["plain"]) == (1, 0)
    assert seen["plain"]["region_threads"] == 2
    assert 0 < seen["plain"]["region_work_seconds"] <= seen["plain"]["region_seconds"] < 10
    assert seen["sum"] == sum(range(1000))


def test_a_region_in_each_iteration_of_a_serial_loop_is_not_nested(seen):
    assert counts(seen["fork-join"]) == (5, 0)


def test_nothing_is_counted_while_it_is_off_nor_after_a_call_that_raised(seen):
    assert counts(seen["off"]) == (0, 0)
    assert counts(seen["raised"]) == (1, 0)


def test_code_from_numbas_cache_is_counted_too(seen):
    assert counts(seen["from a file"]) == (1, 0)
    assert seen["loaded"] == (seen["layer"] != "omp")


@on("omp", "tbb")  # workqueue aborts
def test_a_parallel_function_called_with_rows_of_an_outer_loop_is_nested(seen):
    assert counts(seen["nested"]) == (6, 5)
    assert seen["rows"] == [21.0 + 49 * i for i in range(5)]


@on("omp", "tbb")  # workqueue aborts
def test_regions_of_several_python_threads_are_counted_and_do_not_count_as_nested(seen):
    assert counts(seen["threads"]) == (15, 0)


@on("omp", "workqueue")  # TBB hands the work to whoever is free
@pytest.mark.parametrize(("name", "expected"), [("one does all", 2.0), ("three quarters", 1.5), ("even", 1.0)])
def test_uneven_work_shows_in_the_threads_own_times(seen, name, expected):
    assert seen[name]["imbalance"] == pytest.approx(expected, rel=0.15)


@on("omp")  # what the compiler makes of it is the same everywhere
def test_two_parallel_loops_in_one_function_are_one_region(seen):
    assert counts(seen["direct"]) == (1, 0)
    assert seen["direct rows"] == [21.0 + 49 * i for i in range(5)]


@on("omp")
def test_a_parallel_function_called_with_the_outer_index_is_compiled_sequentially(seen):
    assert counts(seen["by index"]) == (1, 0)


def test_where_the_symbol_cannot_be_taken_the_benchmark_runs_and_regions_are_not_known(monkeypatch, capsys):
    from llvmlite import binding

    def fails(*_):
        raise RuntimeError("another LLVM")

    regions = numba_regions.Regions()
    monkeypatch.setattr(binding, "address_of_symbol", lambda name: 4096)
    monkeypatch.setattr(regions, "_compile", fails)
    monkeypatch.setattr(numba_regions, "_threads_run", lambda: True)
    regions._take_over()
    assert "parallel regions are not counted: RuntimeError('another LLVM')" in capsys.readouterr().err
    with regions:
        pass
    assert not regions.installed and regions.facts() == UNKNOWN
