"""`stallhorn diagnose` on real suites, functions and interpreters: what is named, what is told, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

LIMIT = 240.0
KEYS = {"benchmark", "params", "status", "seconds", "findings"}
SUITE = '''
import os
import time


class Rows:
    """A parallel function called with the rows of a parallel loop; the healthy twin has one loop."""

    params = [["nested", "plain"], [20]]
    param_names = ["variant", "n"]

    def setup(self, variant, n):
        import numpy

        from . import kernels

        self.function = getattr(kernels, variant)
        self.w, self.out = numpy.ones((n, n)), numpy.zeros(n)

    def time_rows(self, variant, n):
        return self.function(self.w, self.out)


class Plain:
    params = [1, 2]
    param_names = ["n"]

    def setup(self, n):
        if n == 2:
            raise NotImplementedError("two is not for us")

    def time_plain(self, n):
        return sum(range(1000))


def time_fails():
    raise ValueError("no such place \\x1b[31m")


def time_waits():
    if os.environ.get("TOY_FOLDER"):
        with open(os.path.join(os.environ["TOY_FOLDER"], "pid"), "w") as file:
            file.write(str(os.getpid()))
        time.sleep(600)
'''
KERNELS = """
import numba


@numba.njit(parallel=True)
def total(row):
    found = 0.0
    for j in numba.prange(row.size):
        found += row[j]
    return found


@numba.njit(parallel=True)
def nested(w, out):
    for i in numba.prange(w.shape[0]):
        out[i] = total(w[i])
    return out


@numba.njit(parallel=True)
def plain(w, out):
    for i in numba.prange(w.shape[0]):
        for j in range(w.shape[1]):
            out[i] += w[i, j]
    return out
"""
PURE = """
class Sums:
    params = [10, 1000]
    param_names = ["n"]

    def time_sum(self, n):
        return sum(range(n))
"""
FUNCTIONS = """
import os


def main():
    return sum(range(1000))


def here():
    return os.environ.get("NUMBA_NUM_THREADS")


def needs(argument):
    pass
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("diagnose")
    for name, text in (("benchmarks", SUITE), ("pure", PURE), ("broken", "import no_such_module_anywhere\n")):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("")
        (folder / name / "suite.py").write_text(text)
    (folder / "benchmarks" / "kernels.py").write_text(KERNELS)
    (folder / "someones.py").write_text(FUNCTIONS)
    return folder


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def diagnose(place: Path) -> Run:
    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "stallhorn", "diagnose", *arguments],
            cwd=place,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )

    return run


def answers(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert all(set(one) >= KEYS for one in found)
    return found


def named(one: dict[str, Any]) -> dict[str, str]:
    return {finding["pitfall"]: finding["severity"] for finding in one["findings"]}


@pytest.fixture(scope="module")
def rows(diagnose: Run) -> dict[str, dict[str, Any]]:
    found = answers(diagnose("benchmarks", "--bench", "Rows", "--json", NUMBA_THREADING_LAYER="omp"))
    return {one["params"]["variant"]: one for one in found}


def test_nested_parallel_loops_are_named_with_numbers_and_a_remedy(rows: dict[str, dict[str, Any]]):
    assert rows["nested"]["status"] == "ok" and rows["nested"]["seconds"] > 0
    assert named(rows["nested"])["nested-parallel"] == "cause"
    (finding,) = (one for one in rows["nested"]["findings"] if one["pitfall"] == "nested-parallel")
    assert finding["claim"] and finding["remedy"]
    assert set(finding["evidence"][0]) == {"fact", "value", "expected", "kind"}
    assert {"fact": "... inside another", "value": "20"} in rows["nested"]["evidence"]


def test_its_healthy_twin_is_not_said_to_be_nested(rows: dict[str, dict[str, Any]]):
    assert {"fact": "parallel regions a call", "value": "1"} in rows["plain"]["evidence"]
    assert not {"nested-parallel", "fork-join-per-iteration"} & set(named(rows["plain"]))


def test_a_benchmark_that_aborts_is_diagnosed_and_not_lost(diagnose: Run):
    arguments = ("benchmarks", "--bench", "Rows", "-p", "variant=nested", "--json")
    (one,) = answers(diagnose(*arguments, NUMBA_THREADING_LAYER="workqueue", NUMBA_NUM_THREADS="2"))
    assert one["status"] == "aborted" and one["seconds"] is None
    assert "nested-parallel" in named(one)


def test_what_fails_and_what_is_skipped_says_so_beside_what_runs(diagnose: Run):
    found = answers(diagnose("benchmarks", "--bench", "Plain|fails", "--json"))
    told = {(one["benchmark"], one["params"].get("n")): (one["status"], one["reason"]) for one in found}
    assert told[("suite.Plain.time_plain", "1")][0] == "ok"
    assert told[("suite.Plain.time_plain", "2")] == ("skipped", "two is not for us")
    assert told[("suite.time_fails", None)] == ("failed", "ValueError: no such place \x1b[31m")


def test_the_text_says_the_same_and_nothing_in_it_steers_the_terminal(diagnose: Run):
    done = diagnose("benchmarks", "--bench", "Plain|fails")
    assert done.returncode == 0, done.stderr
    assert "suite.Plain.time_plain [n=2]: skipped: two is not for us" in done.stdout
    assert "suite.time_fails: failed: ValueError: no such place \\x1b[31m" in done.stdout
    assert "\x1b" not in done.stdout
    assert "of 3" in done.stdout or "in 3" in done.stdout


def test_parameters_choose_what_is_measured(diagnose: Run):
    (one,) = answers(diagnose("pure", "-p", "n=1000", "--json"))
    assert (one["benchmark"], one["params"]) == ("suite.Sums.time_sum", {"n": "1000"})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pure", "-p", "n=7"), "values of n: 10, 1000"),
        (("pure", "-p", "m=7"), "no such parameter"),
        (("pure", "-p", "n"), "is not NAME=VALUE"),
        (("no such folder",), "is neither a folder nor MODULE:FUNCTION"),
        (("pure", "--python", "/no/such/python"), "cannot be run"),
        (("pure", "--bench", "("), "--bench"),
    ],
)
def test_a_wrong_question_is_a_usage_error_that_says_what_is_expected(
    diagnose: Run, arguments: tuple[str, ...], said: str
):
    done = diagnose(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr and "Traceback" not in done.stderr


def test_a_suite_that_cannot_be_imported_says_why(diagnose: Run):
    done = diagnose("broken")
    assert done.returncode == 2
    assert "no_such_module_anywhere" in done.stderr and done.stdout == ""


def test_a_function_is_diagnosed_from_the_current_folder(diagnose: Run):
    (one,) = answers(diagnose("someones:main", "-p", "threads=1", "--json"))
    assert (one["benchmark"], one["params"], one["status"]) == ("someones:main", {"threads": "1"}, "ok")
    assert one["seconds"] > 0


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("someones:needs", "needs the argument argument"),
        ("someones:nothing", "has no attribute 'nothing'"),
        ("no_such_module_anywhere:main", "No module named 'no_such_module_anywhere'"),
    ],
)
def test_a_function_that_cannot_be_called_is_failed_with_the_reason(diagnose: Run, target: str, reason: str):
    (one,) = answers(diagnose(target, "--json"))
    assert one["status"] == "failed" and reason in one["reason"]


def test_a_thread_setting_that_means_nothing_is_failed_with_its_explanation(diagnose: Run):
    (one,) = answers(diagnose("someones:main", "-p", "threads=many", "--json"))
    assert one["status"] == "failed" and "'many' is not understood" in one["reason"]


def test_an_interpreter_with_nothing_installed_measures_what_needs_nothing(diagnose: Run, tmp_path: Path):
    done = subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    assert done.returncode == 0
    python = str(tmp_path / "bare" / "bin" / "python")
    bare = subprocess.run([python, "-c", "import asv_runner"], capture_output=True, check=False)
    assert bare.returncode != 0  # neither asv's runner nor the probe is there
    (one,) = answers(diagnose("pure", "-p", "n=10", "--python", python, "--json"))
    assert one["status"] == "ok" and one["seconds"] > 0
    (one,) = answers(diagnose("someones:main", "--python", python, "--json"))
    assert one["status"] == "ok"
    failed = diagnose("benchmarks", "--bench", "Rows", "-p", "variant=plain", "--python", python, "--json")
    (one,) = answers(failed)
    assert one["status"] == "failed" and "No module named" in one["reason"]


def test_what_the_compilers_made_is_printed_and_a_reader_may_leave(diagnose: Run, place: Path):
    done = diagnose("benchmarks", "--bench", "Rows", "-p", "variant=plain", "--show", "llvm")
    assert done.returncode == 0, done.stderr
    head, *code = done.stdout.splitlines()
    assert head.startswith("# suite.Rows.time_rows [variant=plain, n=20]: plain (kernels.py:")
    assert any("numba_parallel_for" in line for line in code)
    assert diagnose("pure", "-p", "n=10", "--show", "hlo").stdout.startswith("suite.Sums.time_sum [n=10]: no hlo here")
    cut = subprocess.run(
        f"{sys.executable} -m stallhorn diagnose benchmarks --bench Rows --show asm | head -1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        cwd=place,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert cut.stdout.startswith("# suite.Rows") and cut.stdout.splitlines()[-1] in ("0", "141")
    assert "Traceback" not in cut.stderr


def test_ctrl_c_ends_it_and_what_it_had_started(place: Path, tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-m", "stallhorn", "diagnose", "benchmarks", "--bench", "waits"],
        cwd=place,
        env={**os.environ, "TOY_FOLDER": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + 60
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130 and "Traceback" not in out + err
    child = int((tmp_path / "pid").read_text())
    until = time.monotonic() + 10
    while psutil.pid_exists(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not psutil.pid_exists(child)
