"""Small nouns and small result folders for tests."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stallhorn.model import Measurement, Parameters, Project, Revision, Series, SeriesKey, Status
from stallhorn.stats import median
from stallhorn.store.interval import measured

COLUMNS = [
    *("result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b", "stats_q_25"),
    *("stats_q_75", "stats_number", "stats_repeat", "samples", "profile"),
]
START = datetime(2026, 1, 1, tzinfo=UTC)


def project(root: Path) -> Project:
    return Project("demo", root, root, "", "main", root / "benchmarks", root / "results", root / "html", None)


def commit(position: int) -> str:
    return f"{position + 1:08x}" * 5


def key(
    benchmark: str = "suite.Case.time_it", machine: str = "box", environment: str = "env", **params: str
) -> SeriesKey:
    return SeriesKey(benchmark, Parameters(tuple(params.items())), environment, machine)


def revision(position: int, subject: str | None = None) -> Revision:
    parents = (commit(position - 1),) if position else ()
    text = f"Commit {position}" if subject is None else subject
    return Revision(commit(position), position, START + timedelta(days=position), "Ada", text, parents)


def point(position: int, *rounds: float | Sequence[float], of: SeriesKey | None = None) -> Measurement:
    """A measured point: a number stands for a quiet process of five samples about it, a list for its samples."""
    taken = {
        index: [given * (1 + 0.001 * step) for step in (-2, -1, 0, 1, 2)] if isinstance(given, float | int) else given
        for index, given in enumerate(rounds)
    }
    value = median([sample for samples in taken.values() for sample in samples])
    return measured(of or key(), commit(position), value, taken, 10, "1", None)


def bare(position: int, value: float | None, low: float | None = None, high: float | None = None) -> Measurement:
    """A point without samples, as results of plain asv have them; None failed."""
    status = Status.FAILED if value is None else Status.OK
    return Measurement(key(), commit(position), status, value, low, high)


def series(*points: Measurement, unit: str = "seconds") -> Series:
    return Series(points[0].key if points else key(), unit, points)


def noisy(
    rng: random.Random,
    position: int,
    level: float,
    *,
    process: float,
    disturbed: float = 0.03,
    of: SeriesKey | None = None,
) -> Measurement:
    """Two processes of five samples on a machine with neighbours.

    `process`: standard deviation of the logarithm between processes. `disturbed`: share of processes that something
    makes slower, by half on average. Inside a process samples vary by 2 %, and every twentieth is an outlier.
    """
    rounds = []
    for _ in range(2):
        center = level * math.exp(rng.gauss(0, process))
        if rng.random() < disturbed:
            center *= 1 + rng.expovariate(2)
        rounds.append([center * math.exp(rng.gauss(0, 0.02)) * _outlier(rng) for _ in range(5)])
    return point(position, *rounds, of=of)


def _outlier(rng: random.Random) -> float:
    return 1 + rng.expovariate(1) if rng.random() < 0.05 else 1.0


class Results:
    """A results folder, written file by file as asv and the probe write it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project = project(root)
        self.folder = self.project.results
        self.folder.mkdir(parents=True, exist_ok=True)

    def suite(self, *benchmarks: Mapping[str, Any], machine: str | None = None) -> None:
        """`benchmarks.json`, in the folder of a machine if one is given."""
        folder = self.folder / machine if machine else self.folder
        write(folder / "benchmarks.json", {"version": 2, **{each["name"]: dict(each) for each in benchmarks}})

    def machine(self, name: str = "box", **facts: str) -> None:
        write(self.folder / name / "machine.json", {"version": 1, "machine": name, **facts})

    def result(
        self,
        at: str,
        rows: Mapping[str, Mapping[str, Any]],
        machine: str = "box",
        environment: str = "env",
        **changes: Any,
    ) -> Path:
        """One result file; a row maps column names to values, and trailing Nones are cut off as asv does."""
        path = self.folder / machine / f"{at[:8]}-{environment}.json"
        position = int(at[:8], 16) - 1 if at.startswith("0000") else 0  # one of `commit`, or a real hash
        data = {
            "commit_hash": at,
            "env_name": environment,
            "date": int((START + timedelta(days=position)).timestamp() * 1000),
            "params": {"machine": machine},
            "python": "3.11",
            "requirements": {"numpy": ""},
            "env_vars": {},
            "result_columns": COLUMNS,
            "results": {name: _row(row) for name, row in rows.items()},
            "durations": {},
            "version": 2,
        }
        write(path, data | changes)
        return path

    def record(self, at: str, benchmark: str | None, machine: str | None = "box", **changes: Any) -> Path:
        """Append one line to the probe records of a machine, or with None to those of plain `asv run`."""
        folder = self.folder / machine if machine else self.root / ".stallhorn" / "records"
        path = folder / f"{at[:8]}-env.probe.jsonl"
        line = {
            **{"schema": 1, "benchmark": benchmark, "params": {}, "commit": at, "environment": "env", "version": "1"},
            **{"probe": "0.1.0", "method": 1, "status": "ok", "reason": "", "stderr": "", "round": 0},
            **{"started": "2026-01-01T00:00:00+00:00", "seconds": 1.0, "samples": None, "number": None, "facts": {}},
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(json.dumps(line | changes) + "\n")
        return path


def benchmark(name: str = "suite.Case.time_it", **changes: Any) -> dict[str, Any]:
    return {"name": name, "type": "time", "unit": "seconds", "version": "1", "param_names": [], "params": []} | changes


def write(path: Path, data: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))


def _row(row: Mapping[str, Any]) -> list[Any]:
    cells = [row.get(name) for name in COLUMNS]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def git(folder: Path, *arguments: str) -> str:
    """Run git there, with a fixed author and no configuration of the user's."""
    options = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *options, *arguments], cwd=folder, capture_output=True, text=True, check=True, errors="surrogateescape"
    )
    return done.stdout.strip()


def commit_file(folder: Path, subject: str, day: int = 0) -> str:
    """An empty commit of that day; returns its hash."""
    moment = (START + timedelta(days=day)).isoformat()
    command = [
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.org",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        subject,
    ]
    subprocess.run(
        ["git", *command],
        cwd=folder,
        check=True,
        env={
            "PATH": os.environ["PATH"],
            "GIT_AUTHOR_DATE": moment,
            "GIT_COMMITTER_DATE": moment,
            "HOME": str(folder),
        },
    )
    return git(folder, "rev-parse", "HEAD")
