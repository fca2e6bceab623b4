"""What finding changes costs: microseconds per point, the start of the command, and a large history from cold.

`python -m figures.changes.speed MODULE:FUNCTION SERIES POINTS` is the fresh process of the last one.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from figures.changes import noise
from figures.changes.detectors import Asked, Contestant, Detector
from figures.changes.noise import Array

ROOT = Path(__file__).resolve().parents[2]
TURNS = 5  # the quickest of so many counts: others use the machine, too
ENOUGH = 1.0  # seconds of turns after which two are enough
PATIENCE = 5.0  # seconds that one turn may take; what would take longer is not measured
MODULE = "figures.changes.speed"


def per_point(detector: Detector, counts: tuple[int, ...]) -> dict[int, float | None]:
    """Microseconds per point of series so long, warm, in this process; None where it would take too long."""
    found: dict[int, float | None] = {}
    latest = 0.0
    for count in counts:
        if 2e-6 * latest * max(count, 20_000) > PATIENCE:
            found[count] = None
            continue
        series = [_long(seed, count) for seed in range(max(1, 20_000 // count))]
        points = count * len(series)
        detector(series[:1])
        latest = 1e6 * _least(detector, series) / points
        found[count] = latest
    return found


def start(command: tuple[str, ...] = (sys.executable, "-m", "stallhorn", "detect")) -> float | None:
    """Seconds of `stallhorn detect` for one short series, its compiled code being there; None if it fails."""
    asked = json.dumps({"series": [_long(1, 50)]})
    seconds = []
    for _ in range(TURNS + 1):
        begun = time.perf_counter()
        done = subprocess.run(command, input=asked, text=True, capture_output=True, cwd=ROOT)
        seconds.append(time.perf_counter() - begun)
        if done.returncode:
            return None
    return min(seconds[1:])


def cold(contestant: Contestant, series: int, points: int) -> tuple[float, float]:
    """Seconds, compiling included, and the peak of memory in GB, of a fresh process without any compiled code."""
    with tempfile.TemporaryDirectory(prefix="stallhorn-cold-") as folder:
        command = [sys.executable, "-m", MODULE, contestant.where, str(series), str(points)]
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    if done.returncode:
        raise RuntimeError(f"the process from cold ended with {done.returncode}: {done.stderr[-2000:]}")
    seconds, memory = json.loads(done.stdout.splitlines()[-1])
    return seconds, memory


def history(series: int, points: int) -> list[Asked]:
    """Projects of a thousand series, five parameters to a benchmark. The noise of some is used again and again."""
    rng = np.random.default_rng(1)
    drawn = np.array([noise.residuals(rng, noise.character(rng), points) for _ in range(min(series, 500))])
    made: list[Asked] = []
    for number in range(series):
        x = np.roll(drawn[number % len(drawn)], int(rng.integers(points)))
        if rng.random() < 0.3:
            x[int(rng.integers(points)) :] += rng.normal(0, 0.1)
        group, project = f"benchmark {number // 5}", f"project {number // 1000}"
        made.append({"values": np.exp(x).tolist(), "weights": None, "group": group, "project": project})
    return made


def _long(seed: int, count: int) -> Asked:
    """A series with a step every 250 points."""
    rng = np.random.default_rng([seed, count])
    x: Array = noise.residuals(rng, noise.character(rng), count)
    steps = rng.choice([math.log(0.85), math.log(0.9), math.log(1.1), math.log(1.2)], 1 + count // 250)
    steps[0] = 0.0
    x += np.cumsum(steps)[np.arange(count) // 250] % 8
    return {"values": np.exp(x).tolist(), "weights": None, "group": f"series {seed}", "project": None}


def _least(detector: Detector, series: list[Asked]) -> float:
    """Seconds of the quickest turn."""
    turns: list[float] = []
    while len(turns) < 2 or (len(turns) < TURNS and sum(turns) < ENOUGH):
        begun = time.perf_counter()
        detector(series)
        turns.append(time.perf_counter() - begun)
    return min(turns)


def _main(where: str, series: str, points: str) -> None:
    asked = history(int(series), int(points))
    begun = time.perf_counter()
    Contestant("", where).detector()(asked)
    seconds = time.perf_counter() - begun
    unit = 1 if sys.platform == "darwin" else 1024
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9]))


if __name__ == "__main__":
    _main(*sys.argv[1:])
