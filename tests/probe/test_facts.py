"""Facts: null where nothing is known, and the probe itself loads no array library to find one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import asv_bench_stallhorn
import numpy as np
import pytest
from asv_bench_stallhorn import evidence, facts, threads

SOURCES = str(Path(asv_bench_stallhorn.__file__).parents[1])
STANDARD_LIBRARY_ONLY = ("clock", "threads", "process", "record", "imports", "facts", "cell", "parent")


def test_facts_are_null_where_nothing_is_loaded():
    code = (
        "import json, sys\n"
        "from asv_bench_stallhorn import cell, evidence, facts\n"
        "cell.Instruments.install()\n"
        "known = [facts.versions(), facts.thread_facts(None), facts.jax_.facts(), evidence.result_facts(None)]\n"
        "print(json.dumps([known, sorted({'numpy', 'scipy', 'numba', 'jax', 'asv_runner'} & sys.modules.keys())]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (versions, thread_facts, jax, result), loaded = json.loads(done.stdout)
    assert loaded == []
    assert versions.pop("python").startswith("3.")
    assert set(versions) == {"numpy", "scipy", "numba", "llvmlite", "jax", "jaxlib"}
    assert set(versions.values()) == {None}
    assert thread_facts["used"] == {"numba": None, "blas": None, "omp": None, "jax": None}
    assert (thread_facts["setting"], thread_facts["asked"]) == (None, {})
    assert (thread_facts["layer"], thread_facts["pools"]) == (None, None)
    assert set(jax.values()) == {None}
    assert result["type"] == "builtins.NoneType"
    assert {result[name] for name in ("dtype", "shape", "device", "digest", "bytes")} == {None}


@pytest.mark.skipif(sys.platform != "linux", reason="threadpoolctl does not see the BLAS of macOS")
def test_pools_are_those_that_threadpoolctl_sees():
    pools = facts.thread_facts(threads.parse("blas=1", cores=2))["pools"]
    assert any(pool["user_api"] == "blas" and pool["num_threads"] >= 1 for pool in pools)


def test_pools_are_null_without_threadpoolctl(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    seen = facts.thread_facts(None)
    assert seen["pools"] is None
    assert seen["used"]["blas"] is None


@pytest.mark.parametrize(
    ("result", "kind", "dtype", "shape"),
    [
        (np.zeros((2, 3), np.float32), "numpy.ndarray", "float32", [2, 3]),
        ((np.zeros(4), "more"), "numpy.ndarray", "float64", [4]),
        ([], "builtins.list", None, None),
        (np.float64(1), "numpy.float64", "float64", []),
        ({"a": 1}, "builtins.dict", None, None),
    ],
)
def test_a_result_is_described_by_its_first_array(result, kind, dtype, shape):
    described = evidence.result_facts(result)
    assert (described["type"], described["dtype"], described["shape"]) == (kind, dtype, shape)


def test_the_hosts_facts_name_what_changes_the_behaviour_of_malloc(monkeypatch):
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "1")
    seen = facts.host_facts()
    assert seen["malloc"]["MALLOC_TRIM_THRESHOLD_"] == "1"
    assert seen["affinity"] >= 1 and seen["cores"] >= 1


def python38():
    """An interpreter of the oldest version that the probe runs on, or None."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return next((str(found / "bin/python") for found in sorted(versions.glob("3.8*"))), None)


@pytest.mark.skipif(python38() is None, reason="no Python 3.8 is installed by pyenv; the probe was not tried with it")
def test_the_probe_works_on_python_38(tmp_path):
    code = (
        "import sys\n"
        f"from asv_bench_stallhorn import {', '.join(STANDARD_LIBRARY_ONLY)}, session\n"
        "from asv_bench_stallhorn.backends import numba_, jax_\n"
        "assert sys.version_info[:2] == (3, 8)\n"
        "cell.Instruments.install()\n"
        "first = clock.first_call(int, lambda result: None)\n"
        "timing = clock.steady(int, None, clock.Plan(samples=2, sample_time=1e-6, warmup_time=0.0))\n"
        "spent = process.between(process.read(), process.read())\n"
        "seen = dict(facts.host_facts(), **spent)\n"
        "made = record.build('a.b', {'n': '1'}, 'ok', samples=timing.samples, facts=seen)\n"
        "made.update(commit='c' * 40, environment='env')\n"
        "assert record.append(made, sys.argv[1])\n"
        "print(threads.parse('numba=2 wait=passive', 4).asked, threads.cores_available() > 0)"
    )
    done = subprocess.run(
        [python38(), "-c", code, str(tmp_path / "records")],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": SOURCES},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "{'numba': 2} True\n"
    (path,) = (tmp_path / "records").iterdir()
    assert len(json.loads(path.read_text())["samples"]) == 2
