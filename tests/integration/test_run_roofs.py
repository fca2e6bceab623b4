"""The machine's roofs, measured by the suite's own program: once, by `run` or by `roofs`, and never in the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from asv.results import iter_results_paths
from workplace import MACHINE, Workplace

SUITE = """
import toysubject


class Work:
    param_names = ["threads"]
    params = [[1]]
    rounds = 1

    def measure(self, threads):
        return toysubject.work()

    @staticmethod
    def work(threads):
        return {"flops": 3e4}

    @staticmethod
    def specimen(threads):
        return "jit-without-benefit"
"""

# One gigaflop a second, at each further run one more; how often it ran it says in a file. asv imports it as well.
PROGRAM = """
import json, os

def main(told):
    count = 1 + (int(open(told).read()) if os.path.exists(told) else 0)
    open(told, "w").write(str(count))
    traffic = {{"read": 1e9, "copy": 1e9, "triad": 1e9}}
    one = {{"schema": 1, "threads": 1, "cores": 1, "caches": [], "memory": traffic}}
    print(json.dumps({{**one, "flops": count * 1e9, "seconds": {{}}}}))

if __name__ == "__main__":
    main({told!r})
"""


@pytest.fixture
def told(project: Workplace) -> Path:
    """How often the program ran; the project's suite has it."""
    file = project.root / "told"
    project.suite(SUITE)
    (project.root / "benchmarks" / "_roofs.py").write_text(PROGRAM.format(told=str(file)), encoding="utf-8")
    return file


def test_run_measures_them_once_and_every_time_stands_beside_its_floor(project: Workplace, told: Path) -> None:
    first, second = project.run(), project.run()
    assert (first.code, second.code) == (0, 0), first.said + second.said
    assert ("roofs" in first.err, "roofs" in second.err, told.read_text()) == (True, False, "1")
    kept = json.loads((project.results / "roofs.jsonl").read_text(encoding="utf-8"))
    assert "virtualenv" in kept["environment"]
    assert {name for _, name, _ in iter_results_paths(str(project.results))} == {project.result_file().name}
    shown = project.stallhorn("show", "suite.Work.measure").out
    assert "arithmetic floor 30.0 µs, the newest value:" in shown
    assert "specimen of jit-without-benefit: kept sick on purpose" in shown
    assert project.leftovers() == []


def test_roofs_measures_and_shows_them_and_again_measures_anew(project: Workplace, told: Path) -> None:
    first = project.stallhorn("roofs", "--machine", MACHINE)
    assert (first.code, told.read_text()) == (0, "1"), first.said
    assert "1 Gflop/s" in first.out and "1 thread" in first.out
    assert project.stallhorn("roofs", "--machine", MACHINE).out == first.out
    again = project.stallhorn("roofs", "--machine", MACHINE, "--again")
    assert (again.code, told.read_text(), "2 Gflop/s" in again.out) == (0, "2", True)
    (project.results / "roofs.jsonl").write_text('{"schema": 1, "thr', encoding="utf-8")
    broken = project.stallhorn("roofs", "--machine", MACHINE)
    assert broken.code == 2 and "--again" in broken.err
    assert project.stallhorn("roofs", "--machine", MACHINE, "--again").code == 0


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("print('the roof is high')", "something other than lines of JSON"),
        ("print(5)", "something other than lines of JSON"),
        ("print('{}')", "has no schema 1"),
        ("", "is empty"),
    ],
)
def test_a_program_that_fails_is_an_error_that_says_why(project: Workplace, program: str, why: str) -> None:
    (project.root / "benchmarks" / "_roofs.py").write_text(program, encoding="utf-8")
    done = project.stallhorn("roofs", "--machine", MACHINE)
    assert done.code == 2 and why in done.err
    assert not (project.results / "roofs.jsonl").exists()


def test_run_goes_on_without_roofs_and_says_why(project: Workplace) -> None:
    program = "if __name__ == '__main__':\n    import nothing_of_this_name"
    (project.root / "benchmarks" / "_roofs.py").write_text(program, encoding="utf-8")
    done = project.run()
    assert done.code == 0 and "note: The machine's roofs could not be measured in virtualenv" in done.err
    assert "No module named 'nothing_of_this_name'" in done.err
    assert project.result()["suite.Work.measure"]


def test_a_suite_without_the_program_hears_nothing_of_it(project: Workplace) -> None:
    done = project.run()
    assert done.code == 0 and "roof" not in done.said.lower()
    asked = project.stallhorn("roofs", "--machine", MACHINE)
    assert asked.code == 2 and "_roofs.py" in asked.err
    assert not (project.results / "roofs.jsonl").exists()
