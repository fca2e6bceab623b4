"""Measure the roofs of this machine, with the suite's own program for that."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from stallhorn.endings import died
from stallhorn.errors import UsageError

PROGRAM = "_roofs.py"
LIMIT = 300.0  # seconds


def program_of(suite: Path) -> Path | None:
    """The suite's program that prints roofs, if it has one."""
    path = suite / PROGRAM
    return path if path.is_file() else None


def measure_roofs(program: Path, python: str, variables: Mapping[str, str], environment: str) -> str:
    """The lines that the program prints, each with the name of the environment that it ran in. Not judged yet.

    Raises `UsageError` with the reason, e.g. that this environment has no Numba.
    """
    try:
        done = subprocess.run(
            [python, str(program)],
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _failure(environment, f"it took longer than {LIMIT:g} s") from None
    if done.returncode != 0:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise _failure(environment, said[-1] if said else died(done.returncode))
    try:
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        return "".join(f"{json.dumps({**line, 'environment': environment})}\n" for line in lines)
    except (ValueError, TypeError):
        raise _failure(environment, "it printed something other than lines of JSON") from None


def _failure(environment: str, why: str) -> UsageError:
    return UsageError(
        f"The machine's roofs could not be measured in {environment}: {why}.",
        f"They are what benchmarks/{PROGRAM} prints; without them no time stands beside its floor.",
    )
