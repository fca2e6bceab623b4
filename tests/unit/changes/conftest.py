"""The loops as plain Python, and in another process compiled: compiling is for the whole of a process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stallhorn.changes.loops import compiler

ROOT = Path(__file__).resolve().parents[3]

COMPILED = """
import json
from figures.changes.calibration import Change, calibration, histories, of_steps
from figures.changes.planted import offline
import numpy as np
from stallhorn.changes import bare, levels, steps
from stallhorn.changes.loops import compiler
from stallhorn.changes.row import row_of
from stallhorn.changes.series import logarithms
from stallhorn.model import Direction, Measurement, Parameters, Series, SeriesKey, Status

assert compiler.compiled() and compiler.is_compiled()

def told(series):
    batch = steps.find(series)
    return [batch.steps(number) for number in range(len(series))]

def plain(one):
    doubt = [one.doubt.place, one.doubt.odds] if one.doubt else None
    return [[step.place for step in one.found], [step.odds for step in one.found], doubt]

def boasting(values):
    return [Change(one.index, 1 - (1 - one.confidence) ** 2) for one in of_steps(values)]

def bands(find, series):
    return [vars(one) for one in calibration(find, series)]

def bare_series():
    # Steps and outliers of results without samples, with bounds and without, and rates.
    rng = np.random.default_rng(7)
    for number in range(160):
        count, sigma = int(rng.integers(1, 90)), (0.01, 0.05, 0.12)[number % 3]
        x = np.cumsum(rng.choice([0, 0.3, -0.3], count, p=[0.92, 0.04, 0.04])) + rng.normal(0, sigma, count)
        x += rng.choice([0, 0.25, 0.6], count, p=[0.9, 0.05, 0.05])
        values = np.exp(x).tolist()
        width = rng.choice([0, 0.02, 0.4], count, p=[0.02, 0.8, 0.18] if number % 2 else None)
        key = SeriesKey(f"b{number}", Parameters(()), "env", "box")
        points = tuple(
            Measurement(key, f"{place:040x}", Status.OK, value, value * (1 - wide), value * (1 + wide))
            for place, (value, wide) in enumerate(zip(values, width.tolist()))
        )
        yield Series(key, "seconds", points, Direction.FASTER if number % 5 == 4 else Direction.SLOWER)

def as_the_rule_says():
    every = list(bare_series())
    rows = [row_of(one) for one in every]
    changes = bare.detect([(row, 0, len(row.usable)) for row in rows]) == [levels.detect(one) for one in every]
    heads = [[one.points[len(one.points) * part // 8].commit for one in every] for part in (3, 5, 7)]
    return changes and all(
        list(bare.compare(zip(rows, at), base)) == [levels.compare(one, head, base) for one, head in zip(every, at)]
        for at in heads for base in (None, f"{3:040x}", f"{40:040x}")
    )

few = [logarithms(one.values)[0] for one in offline(6, 0.06)]
series = list(histories())
many = [logarithms(one.values)[0] for one in series[:4750]]
assert sum(map(len, many)) > steps.SPLIT
whole = told(many)
parts = [one for start in range(0, len(many), 500) for one in told(many[start : start + 500])]
print(json.dumps({
    "few": [plain(one) for one in told(few)],
    "two threads are one": whole == parts,
    "as the rule says": as_the_rule_says(),
    "found": sum(len(one.found) for one in whole),
    "stated": bands(of_steps, series),
    "boasted": bands(boasting, series),
}))
"""


@pytest.fixture(scope="module")
def plain() -> Iterator[None]:
    """Compiled functions are not all callable from Python, and take seconds to make."""
    with pytest.MonkeyPatch.context() as patch:
        for module in compiler.MODULES:
            for name, function in list(vars(module).items()):
                if hasattr(function, "py_func"):
                    patch.setattr(module, name, function.py_func)
        patch.setattr(compiler, "_done", False)
        patch.setattr(compiler, "compiled", lambda: False)
        yield


@pytest.fixture(scope="session")
def compiled() -> dict[str, Any]:
    """What compiled loops found: 3 seconds, and ten more where nothing was kept."""
    done = subprocess.run([sys.executable, "-c", COMPILED], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
