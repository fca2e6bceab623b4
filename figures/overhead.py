"""What the probe adds to a timing.

Three ways to time the same loop, each in processes of its own that take turns: asv's time benchmark in an environment
without the probe; the same benchmark in an environment with the probe, which takes it over; and the probe's `measure`
in a session, as `stallhorn run` starts it. All with five samples of at least 10 ms.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from figures.pairs import ratio
from figures.table import Row, Steadiness, ratio_row
from stallhorn.model import Parameters
from stallhorn.plan import Cell
from stallhorn.runners.base import Job
from stallhorn.runners.local import LocalRunner, thread_variables

ROOT = Path(__file__).resolve().parents[1]
WORK = {"10 µs": 10e-6, "1 ms": 1e-3, "100 ms": 100e-3}
GOALS = {"10 µs": "0.98 to 1.02", "1 ms": "0.99 to 1.01", "100 ms": "0.99 to 1.01"}

# The work is compiled code that allocates nothing: a loop in Python is several percent quicker or slower with whatever
# else the interpreter has loaded, because its objects then lie elsewhere, and that would be measured instead.
SUITE = """
from hashlib import pbkdf2_hmac

COUNTS = {counts}


def spin(count):
    return pbkdf2_hmac("sha256", b"stallhorn", b"salt", count)


class Spin:
    rounds = 1
    repeat = 5
    sample_time = 0.01
    warmup_time = 0.02
"""
METHODS = """
    def {prefix}_{index}(self):
        return spin(COUNTS[{index}])
"""


@dataclass(frozen=True)
class Places:
    """Two environments that differ in the probe alone, and the suite."""

    plain: str  # interpreter
    probed: str
    suite: Path

    @classmethod
    def make(cls, folder: Path) -> Places:
        runner = f"asv_runner=={importlib.metadata.version('asv_runner')}"
        interpreters = []
        for name, extra in (("plain", []), ("probed", ["-e", str(ROOT / "src" / "probe")])):
            subprocess.run([sys.executable, "-m", "venv", str(folder / name)], check=True)
            python = str(folder / name / "bin" / "python")
            done = subprocess.run([python, "-m", "pip", "install", runner, *extra], capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(done.stdout + done.stderr)
            interpreters.append(python)
        suite = folder / "suite"
        suite.mkdir()
        (suite / "__init__.py").touch()
        counts = [_count_for(seconds) for seconds in WORK.values()]
        methods = [
            METHODS.format(prefix=prefix, index=index) for prefix in ("time", "measure") for index in range(len(counts))
        ]
        (suite / "spin.py").write_text(SUITE.format(counts=counts) + "".join(methods))
        return cls(*interpreters, suite)


def _count_for(seconds: float) -> int:
    """How many turns of the suite's loop take so long here."""
    namespace: dict[str, Callable[[int], int]] = {}
    exec(SUITE.format(counts=[]), namespace)
    turns = 100_000
    best = min(_took(namespace["spin"], turns) for _ in range(5))
    return max(1, round(seconds / best * turns))


def _took(function: Callable[[int], int], turns: int) -> float:
    begun = time.perf_counter()
    function(turns)
    return time.perf_counter() - begun


def _variables(python: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ASV_", "PYTHONPATH"))}
    return {**inherited, "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"}


def by_asv(python: str, suite: Path, index: int) -> float:
    """Median of the samples of asv's own runner."""
    script = Path(importlib.util.find_spec("asv").origin).with_name("benchmark.py")
    result = suite.parent / "result.json"
    # With the probe installed it writes its record, as it would under asv.
    variables = {**_variables(python), "ASV_CONF_DIR": str(suite.parent), "ASV_ENV_NAME": "env", "ASV_COMMIT": "0" * 40}
    subprocess.run(
        [python, str(script), "run", str(suite), f"spin.Spin.time_{index}", "{}", "None", str(result)],
        env=variables,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return statistics.median(json.loads(result.read_text())["samples"])


def by_session(python: str, suite: Path, index: int, variables: dict[str, str]) -> float:
    """Median of the samples of a session."""
    cell = Cell(f"spin.Spin.measure_{index}", 0, Parameters(), "1", (), True, 60.0, 1)
    ((_, parts),) = LocalRunner().measure(Job(python, variables, suite, (cell,)))
    if parts["status"] != "ok":
        raise RuntimeError(f"{cell}: {parts['reason']}\n{parts['stderr']}")
    return statistics.median(parts["samples"])


def run(folder: Path, pairs: int, steadiness: Steadiness) -> list[Row]:
    """All figures of this module; `pairs` processes of each kind for each amount of work."""
    places = Places.make(folder)
    session_variables = _variables(places.probed)
    session_variables |= thread_variables(places.probed, "", session_variables)
    ways: dict[str, Callable[[int], float]] = {
        "plain": lambda index: by_asv(places.plain, places.suite, index),
        "taken over": lambda index: by_asv(places.probed, places.suite, index),
        "measure": lambda index: by_session(places.probed, places.suite, index, session_variables),
    }
    orders = itertools.cycle(itertools.permutations(ways))
    times: dict[tuple[str, int], list[float]] = {(way, index): [] for way in ways for index in range(len(WORK))}
    for _ in range(pairs):
        for index in range(len(WORK)):
            steadiness.beat()
            for way in next(orders):
                times[way, index].append(ways[way](index))
    return [
        ratio_row(f"{label}: {what}", GOALS[label], ratio(list(zip(times["plain", i], times[way, i], strict=True))))
        for way, what in (("taken over", "time_ taken over / plain asv"), ("measure", "measure / plain asv"))
        for i, label in enumerate(WORK)
    ]
