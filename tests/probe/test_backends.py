"""What is known about Numba and JAX: compilations are counted exactly, and waiting finds what is to be waited for."""

import json
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest
from asv_bench_stallhorn.backends import jax_, numba_


def in_new_process(code):
    preamble = (
        "import json\nfrom asv_bench_stallhorn.cell import Instruments\ni = Instruments.install()\nseen = []\n"
        "def note(): seen.append([i.numba.count, i.jax.count, i.compile_seconds()])\nnote()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", preamble + code + "\nprint(json.dumps(seen))"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.integration
def test_numba_counts_each_signature_once_and_what_compiles_inside_counts_once_in_time():
    before, first, again, other = in_new_process(
        "import numba, time\n"
        "@numba.njit\ndef inner(x): return x + 1\n"
        "@numba.njit\ndef outer(x): return inner(x) * 2\n"
        "begun = time.perf_counter(); outer(1); wall = time.perf_counter() - begun\nnote()\n"
        "assert i.numba.seconds <= wall, (i.numba.seconds, wall)\n"
        "outer(2); note()\nouter(1.5); note()"
    )
    assert before == [0, 0, 0.0]
    assert first[0] == 2 and first[2] > 0
    assert again == first
    assert other[0] == 4 and other[2] > first[2]


@pytest.mark.integration
def test_jax_counts_each_shape_once():
    before, first, again, other = in_new_process(
        "import jax, numpy\n"
        "f = jax.jit(lambda x: x * 2 + 1)\na, b = numpy.ones(3), numpy.ones(4)\n"
        "f(a); note()\nf(a); note()\nf(b); note()"
    )
    assert before == [0, 0, 0.0]
    assert first[1] >= 1 and first[2] > 0
    assert again == first
    assert other[1] == first[1] + 1


@pytest.mark.parametrize("result", [None, 1.0, np.zeros(3), "text", [], {}, (np.zeros(2), None)])
def test_what_is_there_when_the_call_returns_needs_no_waiting(result):
    assert jax_.waiter(result) is None


def test_a_jax_array_is_waited_for_alone_and_inside_what_is_returned():
    array = jnp.ones(3)
    assert jax_.waiter(array)(array) is array
    for nested in ((array, 1), [None, array], {"a": {"b": array}}):
        jax_.waiter(nested)(nested)


def test_jax_facts_describe_where_a_result_lives():
    facts = jax_.facts((jnp.ones(3), 1))
    assert facts["backend"] == "cpu"
    assert "cpu" in facts["device"].lower()
    assert facts["x64"] in (True, False)


def test_draining_says_how_long_it_waited():
    wait = jax_.drain()
    assert wait() > 0


def test_numba_has_no_layer_before_its_first_parallel_region(monkeypatch):
    class Numba:
        @staticmethod
        def threading_layer():
            raise ValueError("no parallel region has run")

        @staticmethod
        def get_num_threads():
            return 3

    monkeypatch.setitem(sys.modules, "numba", Numba)
    assert numba_.facts() == {"threads": 3, "layer": None}
