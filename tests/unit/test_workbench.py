"""Measuring on the spot, with an interpreter that is a script of ours: what it is asked, what becomes of answers."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stallhorn.errors import BenchmarkFailed, UsageError
from stallhorn.experiments import Variation
from stallhorn.model import Parameters, Status
from stallhorn.workbench import Workbench, run_of

# An interpreter: answers the four questions that a workbench asks of one, and writes down how it was asked.
SCRIPT = """\
#!{python} -IS
import json, os, socket, sys
folder = {folder!r}
asked = {{"arguments": sys.argv[1:], "variables": dict(os.environ)}}
with open(os.path.join(folder, "asked.jsonl"), "a") as file:
    file.write(json.dumps(asked) + "\\n")
answers = json.load(open(os.path.join(folder, "answers.json")))
if sys.argv[1] == "-c" and "find_spec" in sys.argv[2]:
    sys.exit(not answers["has"])
if sys.argv[1] == "-c":
    print(json.dumps(answers["threads"]) if "threads" in answers else "", end="")
    if "threads" not in answers:
        print("asv_bench_stallhorn.threads.BadSetting: not understood", file=sys.stderr)
    sys.exit("threads" not in answers)
if sys.argv[2].endswith("listing"):
    if answers["listed"] is None:
        sys.exit("a suite that\\ncannot be read")
    with open(sys.argv[4], "w") as file:
        json.dump(answers["listed"], file)
if sys.argv[2].endswith("session"):
    job = json.load(open(sys.argv[3]))
    with open(os.path.join(folder, "job.json"), "w") as file:
        json.dump(job, file)
    stream = socket.socket(fileno=int(sys.argv[4])).makefile("rw")
    stream.write(json.dumps({{"event": "begin", "cell": 0}}) + "\\n")
    stream.flush()
    if answers["record"] is None:
        os.abort()
    stream.write(json.dumps({{"event": "end", "cell": 0, "record": answers["record"]}}) + "\\n")
    stream.flush()
    print("what it printed", flush=True)
    stream.readline()
"""
OK = {"status": "ok", "samples": [1.0, 3.0, 2.0], "number": 1, "facts": {"calls": {"regions": 4}}}


class Interpreter:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "python"
        self.path.write_text(SCRIPT.format(python=sys.executable, folder=str(folder)))
        self.path.chmod(0o755)
        self.answers(has=True, threads={}, listed={"benchmarks": [], "said": ""}, record=OK)

    def answers(self, **given: Any) -> None:
        self._given = {**getattr(self, "_given", {}), **given}
        kept = {name: value for name, value in self._given.items() if value != "no answer"}
        (self.folder / "answers.json").write_text(json.dumps(kept))

    def asked(self, part: str) -> list[dict[str, Any]]:
        lines = (self.folder / "asked.jsonl").read_text().splitlines()
        return [one for one in map(json.loads, lines) if part in " ".join(one["arguments"])]

    @property
    def job(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "job.json").read_text())
        return found

    def bench(self, function: str = "") -> Workbench:
        return Workbench(str(self.path), self.folder / "benchmarks", function)


@pytest.fixture
def interpreter(tmp_path: Path) -> Interpreter:
    return Interpreter(tmp_path)


def measured(interpreter: Interpreter, variation: Variation | None = None, **params: str) -> Any:
    with interpreter.bench("module:main") as bench:
        return bench.measure(bench.function_cell(params), variation)


def test_the_probe_comes_along_only_where_it_is_missing(interpreter: Interpreter):
    with interpreter.bench() as bench:
        assert bench._folder is not None and not list(Path(bench._folder.name).iterdir())
    interpreter.answers(has=False)
    with interpreter.bench() as bench:
        assert bench._folder is not None
        folder = Path(bench._folder.name)
        assert {one.name for one in folder.iterdir()} == {"asv_bench_stallhorn", "asv_runner"}
        assert (folder / "asv_bench_stallhorn" / "session.py").exists()
    assert not folder.exists()


def test_an_interpreter_that_cannot_be_run_is_a_usage_error(tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be run: No such file"), Workbench(str(tmp_path / "none"), tmp_path):
        pass


def test_a_suite_is_listed_in_its_order_with_what_could_not_be_imported(interpreter: Interpreter):
    one = {"name": "a.time_b", "type": "time", "unit": "seconds", "param_names": ["n"], "params": [["1", "2"]]}
    interpreter.answers(listed={"benchmarks": [{**one, "version": "1", "timeout": 7.0}], "said": "broken.py"})
    with interpreter.bench() as bench:
        cells, said = bench.cells()
    assert [(cell.benchmark, cell.index, str(cell.parameters)) for cell in cells] == [
        ("a.time_b", 0, "n=1"),
        ("a.time_b", 1, "n=2"),
    ]
    assert said == "broken.py"


def test_a_suite_that_cannot_be_read_says_why(interpreter: Interpreter):
    interpreter.answers(listed=None)
    with (
        interpreter.bench() as bench,
        pytest.raises(BenchmarkFailed, match=r"cannot be read by .*\na suite that\ncannot"),
    ):
        bench.cells()


def test_a_measurement_is_a_run_with_its_median_and_facts(interpreter: Interpreter):
    run, parts = measured(interpreter)
    assert (run.status, run.seconds, run.facts.count("calls.regions")) == (Status.OK, 2.0, 4)
    assert run.low <= 1.0 and run.high >= 3.0
    assert parts["samples"] == [1.0, 3.0, 2.0]


def test_a_function_is_asked_for_by_its_name_and_values(interpreter: Interpreter):
    measured(interpreter, threads="2", n="50")
    assert interpreter.job["cells"] == [{"function": "module:main", "values": {"threads": "2", "n": "50"}}]
    assert interpreter.job["how"] == {"oversubscribe": True}


def test_a_variation_changes_variables_how_and_plan(interpreter: Interpreter):
    interpreter.answers(threads={"NPROC": "2", "OMP_NUM_THREADS": None})
    changed = Variation("x", {"NPROC": "1"}, {"digests": 3}, {"samples": 2}, 9.0)
    measured(interpreter, changed, threads="2")
    job, (session,) = interpreter.job, interpreter.asked("session")
    assert job["how"] == {"oversubscribe": True, "digests": 3}
    assert job["plan"]["samples"] == 2 and job["plan"]["budget"] > 0
    assert session["variables"]["NPROC"] == "1"


def test_a_pool_that_the_setting_does_not_name_has_its_librarys_default(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    interpreter.answers(threads={"NPROC": "2", "OMP_NUM_THREADS": None})
    measured(interpreter, threads="jax=2")
    variables = interpreter.asked("session")[0]["variables"]
    assert variables["NPROC"] == "2" and "OMP_NUM_THREADS" not in variables
    assert variables["STALLHORN_FOLDER"] == str(Path.cwd())


def test_a_setting_is_asked_for_once(interpreter: Interpreter):
    with interpreter.bench("module:main") as bench:
        for _ in range(2):
            bench.measure(bench.function_cell({"threads": "2"}))
    assert len(interpreter.asked("threads.parse")) == 1


def test_a_setting_that_means_nothing_is_failed_and_nothing_is_measured(interpreter: Interpreter):
    interpreter.answers(threads="no answer")
    run, _ = measured(interpreter, threads="many")
    assert (run.status, run.reason) == (Status.FAILED, "not understood")
    assert not interpreter.asked("session")


def test_a_process_that_dies_is_aborted_and_what_it_printed_is_kept(interpreter: Interpreter):
    interpreter.answers(record=None)
    run, _ = measured(interpreter)
    assert run.status is Status.ABORTED and run.seconds is None and "SIGABRT" in run.reason


@pytest.mark.parametrize("status", ["failed", "skipped", "aborted", "timeout"])
def test_what_has_no_samples_has_no_time(status: str):
    run = run_of(Parameters(()), {"status": status, "reason": "why", "samples": None, "facts": None, "stderr": "e"})
    assert (run.status, run.seconds, run.low, run.high) == (Status(status), None, None, None)
    assert (run.reason, run.stderr, run.facts.values) == ("why", "e", {})


def test_one_sample_has_no_bounds():
    run = run_of(Parameters(()), {"status": "ok", "samples": [2.0]})
    assert (run.seconds, run.low, run.high) == (2.0, None, None)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    monkeypatch.chdir(tmp_path)
    return lambda text: (tmp_path / "someones.py").write_text(textwrap.dedent(text)) and None


@pytest.mark.integration
def test_a_real_interpreter_measures_a_function_of_this_folder(here: Callable[[str], None], tmp_path: Path):
    here(
        """
        import os
        def main():
            return os.environ.get("NUMBA_NUM_THREADS")
        """
    )
    with Workbench(sys.executable, tmp_path, "someones:main") as bench:
        run, _ = bench.measure(bench.function_cell({"threads": "1"}))
    assert (run.status, run.reason) == (Status.OK, "")
    assert run.seconds is not None and run.facts.text("threads.setting") == "1"
