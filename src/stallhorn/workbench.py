"""Measure on the spot: benchmarks of any suite, or any function, in any interpreter, each in a fresh process.

A campaign measures commits in environments that asv builds, and saves. A workbench measures what lies in a folder now,
as it is asked to, and saves nothing. The probe comes along: an interpreter needs only what the suite itself imports.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stallhorn import plan
from stallhorn.errors import BenchmarkFailed, UsageError
from stallhorn.experiments import Variation
from stallhorn.model import Parameters, Status
from stallhorn.pitfalls.base import Facts, Run
from stallhorn.runners.base import Job, Parts
from stallhorn.runners.local import LocalRunner, thread_variables
from stallhorn.stats import median, median_interval

LIST_LIMIT = 300.0  # seconds to import a whole suite
CELL_LIMIT = 120.0  # seconds for a cell that states no timeout
SAMPLES = {"samples": 5, "budget": 1.0}


@dataclass(slots=True)
class Workbench:
    """One interpreter and what is to be measured in it: a suite's folder, or "module:function"."""

    python: str
    suite: Path
    function: str = ""
    _folder: tempfile.TemporaryDirectory[str] | None = None
    _settings: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def __enter__(self) -> Workbench:
        self._folder = tempfile.TemporaryDirectory(prefix="stallhorn-bench-")
        _bring(Path(self._folder.name), self.python)
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def _variables(self) -> dict[str, str]:
        assert self._folder is not None
        known = os.environ.get("PYTHONPATH")
        path = [self._folder.name, *([known] if known else [])]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(path), "STALLHORN_FOLDER": str(Path.cwd())}

    def cells(self) -> tuple[tuple[plan.Cell, ...], str]:
        """Every cell of the suite, in its order; and what modules that could not be imported said."""
        from stallhorn.asv.suite import plan_cells

        assert self._folder is not None
        target = Path(self._folder.name) / "suite.json"
        try:
            done = subprocess.run(
                [self.python, "-m", "asv_bench_stallhorn.listing", str(self.suite), str(target)],
                env=self._variables,
                capture_output=True,
                text=True,
                timeout=LIST_LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise BenchmarkFailed(
                f"Importing the suite in {self.suite} takes longer than {LIST_LIMIT:g} s.",
                "Move what it computes at import into `setup` or `setup_cache`.",
            ) from None
        if done.returncode != 0 or not target.exists():
            raise BenchmarkFailed(
                f"The suite in {self.suite} cannot be read by {self.python}:\n{done.stderr.strip()[-4000:]}",
                "Correct it, or name the interpreter that has what it imports: --python PATH.",
            )
        found = json.loads(target.read_text(encoding="utf-8"), parse_constant=lambda _: None)
        return plan_cells({one["name"]: one for one in found["benchmarks"]}, CELL_LIMIT), found["said"]

    def function_cell(self, values: Mapping[str, str]) -> plan.Cell:
        """The one cell of a function; `values` are given on the command line ("threads" is the thread setting)."""
        parameters = Parameters(tuple(values.items()))
        return plan.Cell(self.function, 0, parameters, "", (), True, CELL_LIMIT, 1)

    def measure(self, cell: plan.Cell, variation: Variation | None = None) -> tuple[Run, Parts]:
        """One cell in a fresh process, perhaps with something changed."""
        changed = variation or Variation("")
        setting = cell.parameters.get("threads") or ""
        if setting not in self._settings:
            try:
                self._settings[setting] = thread_variables(self.python, setting, self._variables)
            except ValueError as error:
                failed = Run(cell.parameters, Status.FAILED, reason=str(error))
                return failed, {"status": "failed", "reason": str(error)}
        wanted = {**self._variables, **self._settings[setting], **changed.variables}
        variables = {name: value for name, value in wanted.items() if value is not None}
        limit = changed.limit or cell.timeout
        job = Job(
            self.python,
            variables,
            self.suite,
            (_limited(cell, limit),),
            {**SAMPLES, **changed.plan},
            {"oversubscribe": True, **changed.how},
            self.function,
        )
        (_, parts), *_ = list(LocalRunner().measure(job))
        return run_of(cell.parameters, parts), parts


def _limited(cell: plan.Cell, limit: float | None) -> plan.Cell:
    from dataclasses import replace

    return replace(cell, timeout=limit)


def run_of(parameters: Parameters, parts: Mapping[str, Any]) -> Run:
    """The parts of a record as a run."""
    samples = [float(one) for one in parts.get("samples") or ()]
    bounds = median_interval(samples) if samples else None
    return Run(
        parameters,
        Status(parts["status"]),
        median(samples) if samples else None,
        bounds[0] if bounds else None,
        bounds[1] if bounds else None,
        Facts(parts.get("facts") or {}),
        str(parts.get("reason") or ""),
        str(parts.get("stderr") or ""),
    )


def _bring(folder: Path, python: str) -> None:
    """Put the probe, and asv's runner, where an interpreter that does not have them finds them: at the path's end."""
    for name in ("asv_bench_stallhorn", "asv_runner"):
        if _has(python, name):
            continue
        place = _source(name)
        if place is not None:
            (folder / name).symlink_to(place, target_is_directory=True)


def _has(python: str, name: str) -> bool:
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is None)"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0
    except OSError as error:
        raise UsageError(
            f"--python {python} cannot be run: {error.strerror or error}.",
            "Name an interpreter, such as a venv's bin/python.",
        ) from None


def _source(name: str) -> Path | None:
    """A package's folder: installed beside stallhorn, or in its own sources."""
    found = importlib.util.find_spec(name)
    if found is not None and found.submodule_search_locations:
        return Path(next(iter(found.submodule_search_locations))).resolve()
    sources = Path(__file__).resolve().parents[1] / "probe" / name
    return sources if sources.is_dir() else None
