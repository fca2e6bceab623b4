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
from stallhorn.changes import steps
from stallhorn.changes.loops import compiler
from stallhorn.changes.series import logarithms

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

few = [logarithms(one.values)[0] for one in offline(6, 0.06)]
series = list(histories())
many = [logarithms(one.values)[0] for one in series[:4750]]
assert sum(map(len, many)) > steps.SPLIT
whole = told(many)
parts = [one for start in range(0, len(many), 500) for one in told(many[start : start + 500])]
print(json.dumps({
    "few": [plain(one) for one in told(few)],
    "two threads are one": whole == parts,
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
