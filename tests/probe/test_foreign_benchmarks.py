"""asv's own benchmarks and plain functions, measured as a `measure` benchmark is."""

import json
import os
import subprocess
import sys

import pytest
from asv_bench_stallhorn import foreign

SUITE = '''
import numpy as np


class Sums:
    params = [[1, 2, 3], ["a", "b"]]
    param_names = ["n", "word"]

    def setup(self, n, word):
        if n == 3:
            raise NotImplementedError("three is too many")
        self.x = np.full(10, float(n))

    def teardown(self, n, word):
        print("torn down", n, word)

    def time_sum(self, n, word):
        return self.x.sum()


class Cached:
    def setup_cache(self):
        return {"x": np.arange(4.0)}

    def time_cached(self, cache):
        return cache["x"] * 2

    def track_size(self, cache):
        return cache["x"].size
    track_size.unit = "things"


class Anew:
    """Its set-up defines the function anew, so that the first call after it compiles."""

    def setup(self):
        import numba

        self.function = numba.njit(lambda x: x + 1)

    def time_anew(self):
        return self.function(1.0)


class Unwaited:
    """Nobody waits for its result."""

    def setup(self):
        import jax

        self.work = jax.jit(lambda x: jax.lax.fori_loop(0, 100, lambda i, y: y @ x * 1e-3, x))
        self.x = jax.numpy.ones((200, 200))
        self.work(self.x).block_until_ready()

    def time_unwaited(self):
        return self.work(self.x)


def time_cold():
    return 1
time_cold.number = 1
time_cold.warmup_time = 0


def peakmem_list():
    return [0] * 100


def timeraw_import():
    return "import json"


def time_fails():
    raise ValueError("no such place")


class Skips:
    params = [1, 2]
    skip_params = [(2,)]

    def time_it(self, n):
        return n
'''

CHILD = """
import contextlib, io, json, sys
from asv_bench_stallhorn import benchmarks, cell, clock, treatments
instruments = cell.Instruments.install()
suite, names = sys.argv[1], sys.argv[2:]
import asv_runner.discovery
from asv_runner._aux import update_sys_path
update_sys_path(suite)
seen = {}
for name in names:
    bare, _, index = name.partition("-")
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            one = benchmarks.load(suite, bare, int(index or 0))
        except TypeError as error:
            seen[name] = {"status": "refused", "reason": str(error)}
            continue
        parts = cell.measure(one, clock.Plan(samples=3, sample_time=1e-4, warmup_time=0.0), instruments)
    parts["said"], parts["values"] = said.getvalue(), one.values
    seen[name] = parts
print(json.dumps(seen))
"""
NAMES = [
    *("suite.Sums.time_sum-0", "suite.Sums.time_sum-3", "suite.Sums.time_sum-4", "suite.Cached.time_cached"),
    *("suite.Cached.track_size", "suite.Anew.time_anew", "suite.Unwaited.time_unwaited", "suite.time_cold"),
    *("suite.peakmem_list", "suite.timeraw_import", "suite.time_fails"),
    *("suite.Skips.time_it-0", "suite.Skips.time_it-1"),
]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign") / "benchmarks"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "suite.py").write_text(SUITE)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), *NAMES],
        env={**os.environ, "NUMBA_NUM_THREADS": "2"},
        cwd=folder.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_timing_benchmark_is_measured_at_its_parameters(seen):
    parts = seen["suite.Sums.time_sum-0"]
    assert (parts["status"], parts["values"]) == ("ok", {"n": 1, "word": "a"})
    assert len(parts["samples"]) == 3 and min(parts["samples"]) > 0
    assert seen["suite.Sums.time_sum-3"]["values"] == {"n": 2, "word": "b"}
    assert seen["suite.Sums.time_sum-3"]["facts"]["result"]["digest"]["sum"] == 20.0


def test_it_is_torn_down_as_often_as_it_was_set_up(seen):
    # asv sets up before each call that it times; whether that makes a difference is tried with one more set-up.
    assert seen["suite.Sums.time_sum-3"]["said"].count("torn down 2 b") == 2


def test_the_record_says_that_nobody_waits_for_its_result(seen):
    assert seen["suite.Sums.time_sum-0"]["facts"]["sampling"]["waited"] is False


def test_not_implemented_in_setup_is_a_skip(seen):
    parts = seen["suite.Sums.time_sum-4"]
    assert (parts["status"], parts["reason"]) == ("skipped", "three is too many")


def test_what_the_suite_skips_is_skipped(seen):
    assert [seen[f"suite.Skips.time_it-{index}"]["status"] for index in (0, 1)] == ["ok", "skipped"]


def test_setup_cache_is_made_and_handed_over(seen):
    assert seen["suite.Cached.time_cached"]["facts"]["result"]["digest"]["sum"] == 12.0


@pytest.mark.parametrize("name", ["suite.Cached.track_size", "suite.peakmem_list"])
def test_other_types_of_asvs_are_called_and_timed(seen, name):
    assert (seen[name]["status"], len(seen[name]["samples"]), seen[name]["number"]) == ("ok", 3, 1)


def test_code_in_processes_of_its_own_is_refused(seen):
    parts = seen["suite.timeraw_import"]
    assert parts["status"] == "refused" and "processes of its own" in parts["reason"]


def test_what_raises_is_failed(seen):
    parts = seen["suite.time_fails"]
    assert (parts["status"], parts["reason"]) == ("failed", "ValueError: no such place")
    assert "Traceback" in parts["said"]


def test_a_setup_that_defines_its_functions_anew_is_timed_as_asv_would(seen):
    parts = seen["suite.Anew.time_anew"]
    assert parts["number"] == 1 and len(parts["samples"]) == 3
    assert parts["facts"]["sampling"]["compiles"] == 3
    assert sum(parts["samples"]) == pytest.approx(parts["facts"]["sampling"]["compile_seconds"], rel=0.5)


def test_a_call_that_nobody_waits_for_is_timed_alone(seen):
    parts = seen["suite.Unwaited.time_unwaited"]
    assert parts["number"] == 1 and parts["facts"]["jax"]["ready"] is False
    assert parts["facts"]["jax"]["unfinished_seconds"] > min(parts["samples"])
    assert parts["facts"]["sampling"]["compiles"] == 0  # the set-up has made that call once


@pytest.mark.parametrize(("name", "expected"), [("suite.time_cold", True), ("suite.Sums.time_sum-0", False)])
def test_whether_the_first_call_is_in_the_timing_is_told(seen, name, expected):
    assert seen[name]["facts"]["sampling"]["first_call_timed"] is expected


# functions


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "someones.py").write_text(
        "class A:\n    @staticmethod\n    def run(): return 4\n"
        "def main(): return 3\n"
        "def needs(a, *, b): pass\n"
        "def optional(a=1, *rest, b=2, **more): return a + b\n"
        "VALUE = 5\n"
    )
    (tmp_path / "broken.py").write_text("import no_such_module_anywhere\n")
    monkeypatch.setenv("STALLHORN_FOLDER", str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in ("someones", "broken"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(("target", "result"), [("main", 3), ("A.run", 4), ("optional", 3)])
def test_a_function_is_found_and_called_without_arguments(module, target, result):
    function = foreign.Function("someones:" + target, {"threads": 2})
    assert function.bound()() == result
    assert function.holder is sys.modules["someones"]
    assert function.values == {"threads": 2} and function.choices("threads") == [2]
    assert function.waits and function.renew is None


@pytest.mark.parametrize(
    ("target", "error", "said"),
    [
        ("someones:needs", TypeError, "needs the argument a; write a function without arguments"),
        ("someones:VALUE", TypeError, "someones:VALUE is not a function: it is a int"),
        ("someones:nothing", AttributeError, "nothing"),
        ("no_such_module_anywhere:f", ModuleNotFoundError, "no_such_module_anywhere"),
        ("broken:f", ModuleNotFoundError, "no_such_module_anywhere"),
    ],
)
def test_what_cannot_be_called_says_why(module, target, error, said):
    with pytest.raises(error, match=said):
        foreign.Function(target, {})


def test_a_function_that_does_not_tell_its_parameters_is_called(module, monkeypatch):
    def hides(_):
        raise ValueError("no signature")

    monkeypatch.setattr(foreign.inspect, "signature", hides)
    assert foreign.Function("someones:main", {}).bound()() == 3
