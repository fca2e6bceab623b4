"""A suite is listed in any interpreter; a module that cannot be imported is left out, and what it said is told."""

import json
import subprocess
import sys

import pytest

SUITE = """
print("said while it was imported")


class Sums:
    params = [[1, 2], ["a"]]
    param_names = ["n", "word"]
    timeout = 33.0

    def setup(self, n, word):
        raise AssertionError("set up while it was listed")

    def time_sum(self, n, word):
        pass

    def track_count(self, n, word):
        return 1


def not_a_benchmark():
    pass
"""


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("listing")
    suite = folder / "benchmarks"
    suite.mkdir()
    (suite / "__init__.py").write_text("")
    (suite / "fine.py").write_text(SUITE)
    (suite / "broken.py").write_text("import no_such_module_anywhere\n\ndef time_never(): pass\n")
    target = folder / "listed.json"
    done = subprocess.run(
        [sys.executable, "-m", "asv_bench_stallhorn.listing", str(suite), str(target)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return json.loads(target.read_text())


def test_every_benchmark_is_listed_with_its_parameters(listed):
    found = {one["name"]: one for one in listed["benchmarks"]}
    assert set(found) == {"fine.Sums.time_sum", "fine.Sums.track_count"}
    one = found["fine.Sums.time_sum"]
    assert (one["param_names"], one["params"]) == (["n", "word"], [["1", "2"], ["'a'"]])
    assert (one["type"], one["timeout"], one["unit"]) == ("time", 33.0, "seconds")
    assert isinstance(one["version"], str)


def test_what_a_broken_module_said_is_told(listed):
    assert "no_such_module_anywhere" in listed["said"]
