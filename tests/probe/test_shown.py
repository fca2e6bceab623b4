"""What the compilers made is shown as it is: every function that is reached, every computation that ran."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from asv_bench_stallhorn import cell, shown

CHILD = """
import json, sys
from asv_bench_stallhorn import cell, clock
sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[2])
instruments = cell.Instruments.install()
from test_cell import Benchmark
import benchmarked, jax
seen = {}
before = vars(jax.core.Tracer).get("block_until_ready")
for name, what in json.loads(sys.argv[3]):
    parts = cell.measure(Benchmark(call=getattr(benchmarked, name)), clock.Plan(), instruments, cell.How(show=what))
    seen[name + " " + what] = parts
seen["tracer as it was"] = vars(jax.core.Tracer).get("block_until_ready") is before
print(json.dumps(seen))
"""

BENCHMARKED = """
import numba
import numpy as np
import jax
from jax import numpy as jnp


@numba.njit(parallel=True)
def total(x):
    found = 0.0
    for i in numba.prange(x.size):
        found += x[i]
    return found


@numba.njit
def twice(x):
    return total(x) * 2


@numba.njit
def not_reached(x):
    return x


not_reached(1.0)
numbers, singles = np.ones(100), np.ones(100, np.float32)
double = jax.jit(lambda x: jnp.sin(x) * 2)
array = jnp.ones(8)
later = []


def numba_():
    return twice(numbers) + total(singles)


def jax_():
    return {"a": double(array).block_until_ready(), "b": "text"}


def eager():
    jax.block_until_ready(jnp.sin(array) * 2 + jnp.sin(array))


def eager_result():
    return jnp.cos(array)


def number():
    return float(double(array)[0])


def plain():
    return sum(numbers)


def fails():
    raise ValueError("no such place")


def returned_function():
    # what cannot be found by reading: only running it shows
    def chosen():
        return [total][0](numbers)
    return eval("chosen")()
"""
ASKED = [
    *(("numba_", what) for what in shown.KINDS),
    *(("jax_", what) for what in shown.KINDS),
    *(("plain", what) for what in shown.KINDS),
    *(("eager", "hlo"), ("eager_result", "jaxpr"), ("number", "jaxpr"), ("fails", "llvm")),
    ("returned_function", "llvm"),
]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shown")
    (folder / "benchmarked.py").write_text(BENCHMARKED)
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), here, json.dumps(ASKED)],
        env={**os.environ, "NUMBA_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def pieces(seen, asked):
    assert seen[asked]["status"] == "ok"
    return [(one["name"], one["text"]) for one in seen[asked]["shown"]]


def test_nothing_is_timed(seen):
    assert "samples" not in seen["numba_ llvm"] and "facts" not in seen["numba_ llvm"]


@pytest.mark.parametrize(("what", "mark"), [("llvm", "define "), ("asm", ".globl")])
def test_every_signature_of_every_numba_function_is_shown_with_its_parallel_kernels(seen, what, mark):
    found = pieces(seen, "numba_ " + what)
    assert sorted(name.split(" ")[0] for name, _ in found) == ["total", "total", "twice"]
    assert all("benchmarked.py:" in name and mark in text for name, text in found)
    for dtype in ("float64", "float32"):
        (text,) = (text for name, text in found if name.startswith("total") and "Array(" + dtype in name)
        assert "numba_parallel_for" in text and "parfor_gufunc" in text


def test_a_function_that_only_running_shows_is_found(seen):
    assert {name.split(" ")[0] for name, _ in pieces(seen, "returned_function llvm")} == {"total"}


def test_each_jax_computation_that_ran_is_shown_optimised(seen):
    ((name, text),) = pieces(seen, "jax_ hlo")
    assert name == "<lambda>, started 1 time a call"
    assert text.startswith("HloModule") and "sine(" in text and "ENTRY" in text
    assert "FileNames" not in text and "asv_bench_stallhorn" not in text
    names = [name for name, _ in pieces(seen, "eager hlo")]
    assert names == ["sin, started 2 times a call", "multiply, started 1 time a call", "add, started 1 time a call"]


def test_the_jaxpr_is_of_the_whole_call_though_it_waits_for_its_result(seen):
    ((name, text),) = pieces(seen, "jax_ jaxpr")
    assert name == "the call" and "sin" in text and "mul" in text and "f32[8]" in text
    ((_, text),) = pieces(seen, "eager_result jaxpr")
    assert "cos" in text
    assert seen["tracer as it was"]


def test_a_call_that_cannot_be_traced_says_why_and_what_else_there_is(seen):
    ((_, text),) = pieces(seen, "number jaxpr")
    assert text.startswith("It cannot be traced as a whole: ConcretizationTypeError: ")
    assert text.endswith("What of it is compiled is shown by --show hlo.")


def test_what_is_not_compiled_that_way_has_nothing_to_show(seen):
    for asked in ("numba_ hlo", "numba_ jaxpr", "jax_ llvm", "jax_ asm", *("plain " + what for what in shown.KINDS)):
        assert pieces(seen, asked) == [], asked


def test_a_call_that_raises_is_failed(seen):
    assert (seen["fails llvm"]["status"], seen["fails llvm"]["reason"]) == ("failed", "ValueError: no such place")


def test_without_jax_there_is_no_jaxpr(monkeypatch):
    monkeypatch.setattr(shown, "sys", SimpleNamespace(modules={}))
    assert shown.pieces("jaxpr", lambda: 1, lambda result: None, None) == []


def test_another_kind_is_refused_with_those_that_are_known():
    with pytest.raises(ValueError, match="Expected one of: jaxpr, hlo, llvm, asm"):
        shown.pieces("ptx", lambda: 1, lambda result: None, None)
    assert cell.How().show == ""
