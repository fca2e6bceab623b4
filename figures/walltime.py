"""How long a run takes, beside plain asv's run of the same work at equal confidence.

Twelve cells (four operations at three sizes) at one commit, which is built and installed already: NumPy functions, and
Numba functions that compile while they are imported. Both take two processes of each cell, five samples of at least
10 ms in each, after 20 ms of warm-up. asv runs with its own default way to start processes, without the probe;
`stallhorn run` measures the sizes of an operation in one process.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures.pairs import ratio
from figures.table import Row, Steadiness, ratio_row

ROOT = Path(__file__).resolve().parents[1]
RUNNER = importlib.metadata.version("asv_runner")
MACHINE = "here"

PYPROJECT = """
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "1.0"

[tool.setuptools]
packages = ["{name}"]
"""
SUBJECTS = {
    "numpy": """
import numpy

OPERATIONS = {"sum": numpy.sum, "sort": numpy.sort, "exp": numpy.exp, "fft": numpy.fft.fft}
""",
    "numba": """
import numba
import numpy


def compiled(function):
    @numba.njit("float64(float64[::1])")
    def total(array):
        result = 0.0
        for value in array:
            result += function(value)
        return result

    return total


OPERATIONS = {name: compiled(getattr(numpy, name)) for name in ("sin", "exp", "log", "sqrt")}
""",
}
SUITE = """
import numpy

from figuresubject import OPERATIONS

ARRAYS = {{n: numpy.random.default_rng(n).uniform(size=n) for n in (1000, 10_000, 100_000)}}


class Operation:
    params = [list(ARRAYS), list(OPERATIONS)]
    param_names = ["n", "operation"]
    group_by = ["operation"]
    rounds = 2
    repeat = 5
    sample_time = 0.01
    warmup_time = 0.02

    def {method}(self, n, operation):
        return OPERATIONS[operation](ARRAYS[n])
"""


@dataclass(frozen=True)
class Side:
    """A project, and the command that measures it."""

    folder: Path
    command: tuple[str, ...]

    def measure(self) -> float:
        """Wall seconds of one run over the whole suite; what earlier runs measured is removed."""
        shutil.rmtree(self.folder / "results", ignore_errors=True)
        begun = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", *self.command], cwd=self.folder, env=self._variables, capture_output=True, text=True
        )
        seconds = time.perf_counter() - begun
        if done.returncode != 0 or self.measured() != 12:
            raise RuntimeError(f"{' '.join(self.command)} in {self.folder}:\n{done.stdout}\n{done.stderr}")
        return seconds

    @property
    def _variables(self) -> dict[str, str]:
        return {**os.environ, "HOME": str(self.folder)}  # asv keeps a file about the machine there

    def measured(self) -> int:
        """How many cells have a result with the samples of two rounds."""
        (path,) = (self.folder / "results" / MACHINE).glob("*-*.json")
        content = json.loads(path.read_text())
        (row,) = content["results"].values()
        samples = dict(zip(content["result_columns"], row, strict=False)).get("samples") or []
        return sum(len(one or []) == 10 for one in samples)


def _project(folder: Path, library: str, method: str, install: list[str]) -> Path:
    files = {
        "subject/pyproject.toml": PYPROJECT.format(name="figuresubject"),
        "subject/figuresubject/__init__.py": SUBJECTS[library],
        "pyproject.toml": PYPROJECT.format(name="figureproject"),
        "benchmarks/__init__.py": "",
        "benchmarks/operations.py": SUITE.format(method=method),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    conf: dict[str, Any] = {
        "version": 1,
        "project": "figures",
        "project_url": "#",
        "repo": ".",
        "repo_subdir": "subject",
        "branches": ["HEAD"],
        "environment_type": "virtualenv",
        "matrix": {"req": {library: [""], "pip+asv_runner": [RUNNER]}},
        "install_command": [
            "in-dir={env_dir} python -m pip install --no-deps --force-reinstall {wheel_file}",
            *install,
        ],
        "uninstall_command": [],
    }
    (folder / "asv.conf.json").write_text(json.dumps(conf))
    identity = ["-c", "user.name=Figures", "-c", "user.email=figures@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "subject"], [*identity, "commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder


def run(folder: Path, alternations: int, steadiness: Steadiness) -> list[Row]:
    """All figures of this module."""
    return [row for library in SUBJECTS for row in _rows(folder / library, library, alternations, steadiness)]


def _rows(folder: Path, library: str, alternations: int, steadiness: Steadiness) -> list[Row]:
    sides = _sides(folder, library)
    seconds: list[list[float]] = [[], []]
    for number in range(alternations):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            steadiness.beat()
            seconds[which].append(sides[which].measure())
    asv, ours = seconds
    return [
        Row(f"{library}: wall time of plain asv run", "", f"{statistics.median(asv):.1f} s"),
        Row(f"{library}: wall time of stallhorn run", "", f"{statistics.median(ours):.1f} s"),
        ratio_row(
            f"{library}: stallhorn run / asv run", "at most 1, aim 0.5", ratio(list(zip(asv, ours, strict=True)))
        ),
    ]


def _sides(folder: Path, library: str) -> list[Side]:
    """The same suite for asv and for stallhorn, each with its environment made and its commit built."""
    probe = f"in-dir={{env_dir}} python -m pip install --no-build-isolation -e {ROOT / 'src' / 'probe'}"
    plain, probed = (
        _project(folder / "asv", library, "time_it", []),
        _project(folder / "ours", library, "measure", [probe]),
    )
    sides = [
        Side(plain, ("asv", "run", "--machine", MACHINE, "--record-samples", "HEAD^!")),
        Side(probed, ("stallhorn", "run", "--machine", MACHINE, "HEAD")),
    ]
    machine = ("asv", "machine", "--yes", "--machine", MACHINE)
    subprocess.run(
        [sys.executable, "-m", *machine], cwd=sides[0].folder, env=sides[0]._variables, check=True, capture_output=True
    )
    for side in sides:
        side.measure()
    return sides
