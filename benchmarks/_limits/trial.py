"""Run an example in a process of its own, and see what comes of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from .declare import Example, Outcome

TIMEOUT = 60.0
CRASHES = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE})

# What examples are asked for in every environment alike: two threads, no device, nothing that a shell happens to set.
VARIABLES = {"NUMBA_NUM_THREADS": "2", "JAX_PLATFORMS": "cpu"}
SET_BY_SHELLS = ("NUMBA_", "JAX_", "TF_CPP_")
KEPT = frozenset({"NUMBA_THREADING_LAYER"})  # the matrix of environments sets it


class Seen(NamedTuple):
    value: int
    said: str  # the error or warning in one line; "" where there was none


def look(example: Example) -> Seen:
    """What comes of an example. Raises RuntimeError if it cannot be told."""
    with tempfile.TemporaryDirectory(prefix="limits-") as folder:
        seen = [_in_child(example, folder) for _ in range(example.processes)]
    said = next((one.said for one in seen if one.said), "")
    return Seen(seen[0].value if example.kind == "outcome" else sum(one.value for one in seen), said)


def report(example: Example, seen: Seen) -> str:
    """One line: what was declared for the version at hand, and what was seen."""
    version = metadata.version(example.library)
    declared = example.declared_for(version)
    verdict = f"declared: {example.put(declared)}, seen"
    if seen.value == declared:
        verdict = "as declared" if example.says in seen.said else "as declared, in other words"
    words = f"{example.name} ({example.library} {version}): {verdict}: {example.put(seen.value)}"
    return f"{words}: {seen.said}" if seen.said else words


def missing(example: Example, installed: Callable[[str], object]) -> str:
    """The library that the example needs and that is not installed; "" if all are."""
    return next((name for name in (example.library, example.needs) if name and not installed(name)), "")


def _in_child(example: Example, folder: str) -> Seen:
    command = [sys.executable, "-m", __package__, example.name]
    suite = Path(__file__).parents[1]
    try:
        done = subprocess.run(
            command,
            cwd=suite.parent,
            env=_environment(example, folder),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{example.name} took longer than {TIMEOUT:g} s") from None
    if -done.returncode in CRASHES:
        return Seen(Outcome.ABORTS, f"{signal.Signals(-done.returncode).name}: {_first_line(done.stderr)}")
    if done.returncode:
        raise RuntimeError(f"{example.name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    if example.kind == "transfers":
        return Seen(done.stderr.count("host-to-device transfer"), answer["said"])
    return Seen(**answer)


def _environment(example: Example, folder: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(SET_BY_SHELLS)}
    return {**ours, **VARIABLES, "NUMBA_CACHE_DIR": folder, **example.variables}


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "nothing was said")[:300]
