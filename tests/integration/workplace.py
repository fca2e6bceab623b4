"""A throw-away project that a test may do anything to: a real git repository, a real asv.conf.json, real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
PROBE = CHECKOUT / "src" / "probe"
MACHINE = "bench"
LIMIT = 240.0  # seconds that one command may take

SUBJECT = """
def work(times=1):
    total = 0
    for _ in range(times):
        for number in range(30_000):
            total += number * number
    return total
"""

PYPROJECT = """
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "toysubject"
version = "1.0"

[tool.setuptools]
packages = ["toysubject"]
"""

SUITE = """
import toysubject


class Work:
    rounds = 2

    def measure(self):
        return toysubject.work()
"""


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass
class Workplace:
    """A project folder that a test may do anything to."""

    root: Path
    variables: dict[str, str]
    conf: dict[str, Any] = field(default_factory=dict)
    done: Done | None = None  # the run that a fixture has made, if it made one

    def configure(self, **changes: Any) -> None:
        """Write asv.conf.json; `changes` replace the keys of the template's."""
        self.conf.update(changes)
        (self.root / "asv.conf.json").write_text(json.dumps(self.conf, indent=1), encoding="utf-8")

    def suite(self, text: str, name: str = "suite") -> None:
        """Write one module of the suite, in place of the template's."""
        folder = self.root / "benchmarks"
        for old in folder.glob("*.py"):
            old.unlink()
        (folder / "__init__.py").write_text("", encoding="utf-8")
        (folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")

    def git(self, *arguments: str) -> str:
        return git(self.root, *arguments)

    def commit(self, message: str, files: Mapping[str, str]) -> str:
        """Write files, commit them, and return the hash."""
        return commit(self.root, message, files)

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start `stallhorn ARGUMENTS` here and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "stallhorn", *arguments],
            cwd=self.root,
            env={**self.variables, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def stallhorn(self, *arguments: str, **variables: str) -> Done:
        """Run `stallhorn ARGUMENTS` here to its end."""
        process = self.start(*arguments, **variables)
        try:
            out, err = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
        return Done(process.returncode, out, err)

    def run(self, *arguments: str, **variables: str) -> Done:
        return self.stallhorn("run", "--machine", MACHINE, *arguments, **variables)

    def asv(self, *arguments: str, **variables: str) -> Done:
        """Plain asv, as its own console script would."""
        done = subprocess.run(
            [sys.executable, "-m", "asv", *arguments],
            cwd=self.root,
            env={**self.variables, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    @property
    def results(self) -> Path:
        return self.root / "results" / MACHINE

    def _short(self, commit: str | None) -> str:
        return self.git("rev-parse", commit or "HEAD")[:8]

    def result_file(self, commit: str | None = None) -> Path:
        (found,) = self.results.glob(f"{self._short(commit)}-*.json")
        return found

    def result(self, commit: str | None = None) -> dict[str, list[Any]]:
        """asv's result file: the values of every benchmark by its name."""
        content = json.loads(self.result_file(commit).read_text(encoding="utf-8"))
        return {
            name: dict(zip(content["result_columns"], row, strict=False))["result"]
            for name, row in content["results"].items()
        }

    def record_file(self, commit: str | None = None) -> Path:
        (found,) = self.results.glob(f"{self._short(commit)}-*.probe.jsonl")
        return found

    def records(self, commit: str | None = None) -> list[dict[str, Any]]:
        """The records that count, one for each benchmark, parameters and round; the order is the file's."""
        return counting(read_records(self.record_file(commit)))

    def record(self, benchmark: str, **params: str) -> dict[str, Any]:
        """The one record of a benchmark (of the first round) at these parameters."""
        (found,) = [
            one
            for one in self.records()
            if one["benchmark"] == benchmark and one["params"] == params and one["round"] == 0
        ]
        return found

    def leftovers(self) -> list[Path]:
        """Temporary folders that a run left beside the results."""
        return sorted((self.root / "results").rglob(".stallhorn-*"))


def read_records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def key_of(record: dict[str, Any]) -> tuple[str, str, int]:
    """What a record is about: benchmark, parameters, round."""
    return record["benchmark"], json.dumps(record["params"], sort_keys=True), record["round"]


def counting(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the records that a later one replaces: what failed, or what other processes disturbed more than it.

    Anything else must not be measured twice.
    """
    kept: dict[tuple[str, str, int], dict[str, Any]] = {}
    for record in records:
        earlier = kept.get(key_of(record))
        assert earlier is None or earlier["status"] == "failed" or foreign_load(earlier) > foreign_load(record), record
        kept[key_of(record)] = record
    return list(kept.values())


def foreign_load(record: dict[str, Any]) -> float:
    """Cores that other processes used meanwhile."""
    return float(((record["facts"] or {}).get("sampling") or {}).get("foreign_load") or 0.0)


def git(folder: Path, *arguments: str, **variables: str) -> str:
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(folder: Path, message: str, files: Mapping[str, str]) -> str:
    """Each commit is an hour younger than the one before, so that their order is never in doubt."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        git(folder, "add", name)
    count = len(git(folder, "rev-list", "--all").split())
    when = f"{1_700_000_000 + 3600 * count} +0000"
    git(folder, "commit", "-q", "-m", message, GIT_AUTHOR_DATE=when, GIT_COMMITTER_DATE=when)
    return git(folder, "rev-parse", "HEAD").strip()


def wait_for(condition: Callable[[], Any], what: str, limit: float = 60.0) -> Any:
    """The first true value of `condition`; fails after `limit` seconds."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {limit:g} s in vain for {what}")


def make_template(folder: Path) -> None:
    """A repository of three commits, the newest of which is what most tests measure."""
    git(folder, "init", "-q", "-b", "main")
    files = {
        "subject/pyproject.toml": PYPROJECT,
        "subject/toysubject/__init__.py": SUBJECT,
        # asv installs what the pyproject in its own folder needs to build into every environment.
        "pyproject.toml": PYPROJECT.replace("toysubject", "toyproject"),
        "benchmarks/__init__.py": "",
        "benchmarks/suite.py": SUITE,
        ".gitignore": "results/\n.stallhorn/\nhtml/\nasv.conf.json\n",
    }
    commit(folder, "Begin", files)
    for number in (1, 2):
        commit(folder, f"Step {number}", {"subject/toysubject/__init__.py": SUBJECT + f"\nSTEP = {number}\n"})


def open_workplace(root: Path, environments: Path) -> Workplace:
    """A project folder with the configuration that all tests begin with."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ASV_", "STALLHORN_"))}
    found = Workplace(root, inherited)
    found.configure(
        version=1,
        project="toy",
        project_url="#",
        repo=".",
        repo_subdir="subject",
        branches=["HEAD"],
        environment_type="virtualenv",
        matrix={"req": {"pip+asv_runner": ["0.3.2"]}},
        build_command=[
            "python -m pip wheel --no-deps --no-build-isolation --no-index -w {build_cache_dir} {build_dir}"
        ],
        install_command=[
            "in-dir={env_dir} python -m pip install --no-deps --no-index --force-reinstall {wheel_file}",
            f"in-dir={{env_dir}} python -m pip install --no-build-isolation -e {PROBE}",
        ],
        uninstall_command=[],
        benchmark_dir="benchmarks",
        env_dir=str(environments),
        results_dir="results",
        html_dir="html/asv",
        launch_method="spawn",
        build_cache_size=8,
        default_benchmark_timeout=60,
    )
    return found
