"""The planted history: a small package, what is done to it commit by commit, and the pitfall that each commit brings.

Sources lie in `project/`: each module as it should be in `healthy/`, and those that get worse once more in `planted/`.
A commit is a message and the modules that are sick after it. Dates and names are fixed, so that the commits have the
same hashes wherever the same sources are written.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from stallhorn.errors import UsageError

LIBRARIES = ("numba", "jax")  # the environments can do without: what needs a missing one is skipped
MARK = ".stallhorn-demo"  # the file that makes a folder a demo

_PACKAGE = "src/tidal"
_FIRST = datetime(2026, 3, 2, 9, tzinfo=UTC)
_AUTHOR = "Ada Tidewater"
_EMAIL = "ada@tidal.example"


@dataclass(frozen=True, slots=True)
class Step:
    """One commit of the planted history."""

    subject: str
    body: str = ""
    sick: frozenset[str] = frozenset()  # modules as in `planted/` from here on, until a step without them
    pitfalls: Mapping[str, str] | None = None  # module that is new among the sick -> the id to be named; "" = none

    @property
    def planted(self) -> Mapping[str, str]:
        return self.pitfalls or {}


STEPS = (
    Step("Tools for tide gauges: smoothing, extremes, covariance, distances, diffusion"),
    Step(
        "Smooth along each row in parallel, too",
        "Long rows left one core idle at the end.",
        frozenset({"smoothing"}),
        {"smoothing": "nested-parallel"},
    ),
    Step("Smooth rows with the running mean again"),
    Step(
        "Give the covariance more threads",
        "The matrix product is what a year of levels waits for.",
        frozenset({"covariance"}),
        {"covariance": "oversubscription"},
    ),
    Step("Leave the number of threads to whoever runs it"),
    Step(
        "Taper with any function",
        "People asked for other shapes than the cosine: pass one.",
        frozenset({"taper"}),
        {"taper": "compile-in-timing"},
    ),
    Step(
        "Only the cosine taper after all; distances as one array expression",
        "Nobody used another shape. And ten lines of loops become two.",
        frozenset({"distances"}),
        {"distances": "large-temporaries"},
    ),
    Step(
        "Speed up the diffusion",
        "No more time lost between two calls: a year runs twenty times as fast. Loops for the distances again.",
        frozenset({"diffusion"}),
        {"diffusion": "unsynchronised"},
    ),
    Step("Return the field when it is there", "Whoever wrote it to a file measured the writing."),
    Step(
        "Simplify the running maximum",
        "The list of candidates was hard to read. Looking at the window again does the same.",
        frozenset({"extremes"}),
        {"extremes": ""},
    ),
)


def write(folder: Path, probe: Path) -> tuple[str, ...]:
    """Make the project in an empty folder; returns the commits, full hashes, oldest first."""
    _write(folder / MARK, "A demo of stallhorn. Delete the folder whenever you like.\n")
    configure(folder, probe)
    for name, text in _shared().items():
        _write(folder / name, text)
    _git(folder, "init", "-q", "-b", "main")
    for number, step in enumerate(STEPS):
        for name, text in package(step).items():
            _write(folder / name, text)
        _git(folder, "add", ".")
        message = f"{step.subject}\n\n{step.body}" if step.body else step.subject
        _git(folder, "commit", "-q", "-m", message, when=_FIRST + timedelta(days=number))
    return commits(folder)


def commits(folder: Path) -> tuple[str, ...]:
    """The commits of a demo, oldest first."""
    found = tuple(_git(folder, "rev-list", "--first-parent", "--reverse", "HEAD").split())
    if len(found) != len(STEPS):
        raise UsageError(
            f"The history in {folder} has {len(found)} commits, and the demo's has {len(STEPS)}.",
            "It is of another version, or was stopped while it was written. Delete the folder and run the demo again.",
        )
    return found


def package(step: Step) -> dict[str, str]:
    """The package's files after a step, path -> text."""
    healthy, planted = _sources("healthy"), _sources("planted")
    found = {f"{_PACKAGE}/{name}.py": planted[name] if name in step.sick else text for name, text in healthy.items()}
    return {f"{_PACKAGE}/__init__.py": '"""Tools for the records of tide gauges."""\n', **found}


def configure(folder: Path, probe: Path, without: frozenset[str] = frozenset()) -> None:
    """Write asv.conf.json anew, for environments without some of the libraries."""
    _write(folder / "asv.conf.json", json.dumps(configuration(probe, without), indent=4) + "\n")


def configuration(probe: Path, without: frozenset[str] = frozenset()) -> dict[str, object]:
    """asv.conf.json: the history with an older NumPy, the newest commit with the newest one, too."""
    older = "2.2.6" if sys.version_info < (3, 14) else "2.3.5"
    return {
        "version": 1,
        "project": "tidal",
        "project_url": "#",
        "repo": ".",
        "repo_subdir": "",
        "branches": ["main"],
        "environment_type": "virtualenv",
        "matrix": {
            "req": {
                "numpy": [older, ""],
                **{name: [""] for name in LIBRARIES if name not in without},
                "threadpoolctl": [""],
                "pip+asv_runner": ["0.3.2"],
            }
        },
        "build_command": [
            "python -m pip wheel --no-deps --no-build-isolation --no-index -w {build_cache_dir} {build_dir}"
        ],
        "install_command": [
            "in-dir={env_dir} python -m pip install --no-deps --no-index --no-build-isolation --force-reinstall "
            f"{{wheel_file}} -e {probe}"
        ],
        "uninstall_command": [],
        "benchmark_dir": "benchmarks",
        "env_dir": "env",
        "results_dir": "results",
        "html_dir": "html/asv",
        "launch_method": "spawn",
        "build_cache_size": len(STEPS),
        "default_benchmark_timeout": 60,
    }


def _shared() -> dict[str, str]:
    """What all commits have besides the package."""
    project = files("stallhorn.demo") / "project"
    return {
        "benchmarks/__init__.py": "",
        "benchmarks/suite.py": (project / "suite.py.txt").read_text(encoding="utf-8"),
        "pyproject.toml": (project / "pyproject.toml.txt").read_text(encoding="utf-8"),
        ".gitignore": "\n".join(("/env/", "/results/", "/html/", "/.stallhorn/", "/asv.conf.json", f"/{MARK}", "")),
    }


def _sources(kind: str) -> dict[str, str]:
    """Module -> its text. The files end in .txt: they are no part of stallhorn, and import what it does not."""
    folder: Traversable = files("stallhorn.demo") / "project" / kind
    return {
        one.name.removesuffix(".py.txt"): one.read_text(encoding="utf-8")
        for one in sorted(folder.iterdir(), key=lambda one: one.name)
        if one.name.endswith(".py.txt")
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _git(folder: Path, *arguments: str, when: datetime | None = None) -> str:
    """One git command with nobody's own settings: hooks, signing and names would change the commits."""
    names = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": _AUTHOR,
        "GIT_AUTHOR_EMAIL": _EMAIL,
        "GIT_COMMITTER_NAME": _AUTHOR,
        "GIT_COMMITTER_EMAIL": _EMAIL,
    }
    dates = {} if when is None else {name: when.isoformat() for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE")}
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env={**os.environ, **names, **dates},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError("git is not installed.", "Install it (Debian: apt-get install git).") from None
    if done.returncode != 0:
        raise UsageError(f"git {arguments[0]} in {folder}: {done.stderr.strip() or 'failed'}", "")
    return done.stdout
