"""The examples of every pitfall's page, diagnosed: the sick one is named, the healthy one is not."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from stallhorn.pitfalls.base import CONTEXT, detectors

PAGES = Path(__file__).resolve().parents[2] / "docs" / "pitfalls"
HARMLESS = {"memory-bound", "foreign-load", "smt-threads"}  # context by nature
QUIET = 0.25  # cores that other processes may use
ATTEMPTS = 3

pytestmark = pytest.mark.integration


def block(page: str, heading: str) -> str:
    """The one block of Python below a heading."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## )", text, re.DOTALL | re.MULTILINE)
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    return str(code)


def is_recorded(page: str) -> bool:
    return block(page, "Sick").startswith("# recorded")


def diagnosed(code: str, folder: Path) -> list[dict[str, Any]]:
    """What `stallhorn diagnose` says about a block: a suite if it has a benchmark class, else its function `run`."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "stallhorn", "diagnose", "--json"]
    if re.search(r"^def run\(", code, re.MULTILINE):
        (folder / "example.py").write_text(code, encoding="utf-8")
        command.append("example:run")
        setting = re.search(r"^# threads: (.*)$", code, re.MULTILINE)
        command += ["-p", f"threads={setting.group(1).strip()}"] if setting else []
    else:
        suite = folder / "suite"
        suite.mkdir(exist_ok=True)
        (suite / "__init__.py").touch()
        (suite / "example.py").write_text(code, encoding="utf-8")
        command.append(str(suite))
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def ids(found: list[dict[str, Any]], *, context: bool) -> set[str]:
    return {
        finding["pitfall"] for one in found for finding in one["findings"] if context or finding["severity"] != CONTEXT
    }


def missing(code: str) -> list[str]:
    needed = re.search(r"^# needs: (.*)$", code, re.MULTILINE)
    names = [name.strip() for name in needed.group(1).split(",")] if needed else []
    return [name for name in names if importlib.util.find_spec(name) is None]


def wait_for_quiet(limit: float = 15.0) -> None:
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline and psutil.cpu_percent(0.3) * (psutil.cpu_count() or 1) / 100 > QUIET:
        pass


def test_every_detector_has_its_page_and_every_page_its_detector():
    assert {path.stem for path in PAGES.glob("*.md")} - {"README"} == set(detectors())


@pytest.mark.parametrize("page", sorted(detectors()))
def test_the_examples_are_short(page: str):
    for heading in ("Sick", "Healthy"):
        lines = [line for line in block(page, heading).splitlines() if line.strip()]
        assert 0 < len(lines) <= 25, heading


@pytest.mark.parametrize("page", [name for name in sorted(detectors()) if not is_recorded(name)])
def test_the_sick_example_is_named_and_the_healthy_one_is_not(page: str, tmp_path: Path):
    absent = missing(block(page, "Sick"))
    if absent:
        pytest.skip(f"not installed here: {', '.join(absent)}")
    noisy = False
    for attempt in range(ATTEMPTS):
        wait_for_quiet()
        sick = diagnosed(block(page, "Sick"), tmp_path / f"sick{attempt}")
        healthy = diagnosed(block(page, "Healthy"), tmp_path / f"healthy{attempt}")
        named = page in ids(sick, context=page in HARMLESS)
        accused = page in ids(healthy, context=False)
        if named and not accused:
            return
        noisy = noisy or "foreign-load" in ids([*sick, *healthy], context=True)
    if noisy:
        pytest.skip("other programs used the machine: verdicts that rest on times are withheld then")
    assert named, f"not named: {json.dumps(sick)[:3000]}"
    assert not accused, f"accused: {json.dumps(healthy)[:3000]}"
