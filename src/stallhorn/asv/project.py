"""Read `asv.conf.json` into a `Project`."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from stallhorn.errors import UsageError
from stallhorn.model import Project

NAMES = ("asv.conf.json", "asv.conf.jsonc")
# What is read here and has to be a text; asv itself would stumble over another type much later.
TEXTS = ("project", "repo", "repo_subdir", "benchmark_dir", "results_dir", "html_dir", "show_commit_url")


def find_configuration(path: Path | None) -> Path:
    """The configuration file to use: the one named, or the one in the current folder."""
    if path is not None:
        if path.is_file():
            return path.resolve()
        raise UsageError(f"--config {path}: there is no such file.", "Give the path of an asv.conf.json.")
    for name in NAMES:
        if Path(name).is_file():
            return Path(name).resolve()
    raise UsageError(
        f"There is no asv.conf.json in {Path.cwd()}.",
        "Run stallhorn in the folder of your asv.conf.json, or name it: stallhorn --config PATH ... "
        "(`asv quickstart` writes a first one).",
    )


def load_project(path: Path | None = None) -> Project:
    """The project that a configuration describes. Reads one file and runs nothing."""
    found = find_configuration(path)
    return replace(describe(load_configuration(found), found.parent), configuration=found.name)


def load_configuration(path: Path) -> Any:  # noqa: ANN401 - asv.config.Config, untyped
    """asv's own reading of the file, defaults included."""
    from asv import util
    from asv.config import Config

    try:
        conf = Config.load(str(path))
    except (util.UserError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} cannot be used: {str(error).strip()}", "Correct the file and run it again."
        ) from error
    for name in TEXTS:
        value = getattr(conf, name, "")
        if not isinstance(value, str):
            raise UsageError(f"{path} cannot be used: {name} is {value!r}.", "Give a text and run it again.")
    _check_regressions(conf, path)
    return conf


def _check_regressions(conf: Any, path: Path) -> None:  # noqa: ANN401 - asv.config.Config, untyped
    """asv reads these only when it publishes; a threshold may be written as a text there."""
    for name, is_one, expected in (
        ("regressions_thresholds", _is_threshold, "a number, 0 or more, such as 0.05"),
        ("regressions_first_commits", _is_commit, "a commit or null"),
    ):
        given = getattr(conf, name, {})
        if not isinstance(given, dict):
            raise UsageError(
                f"{path} cannot be used: {name} is {given!r}.",
                "Give an object: regular expressions of benchmarks, and for each " + expected + ".",
            )
        for pattern, value in given.items():
            if not is_one(value):
                raise UsageError(
                    f"{path} cannot be used: {name} has {value!r} for {pattern!r}.", f"Expected {expected}."
                )


def _is_threshold(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return False
    return math.isfinite(number) and number >= 0


def _is_commit(value: object) -> bool:
    return value is None or (isinstance(value, str) and value != "")


def describe(conf: Any, root: Path) -> Project:  # noqa: ANN401 - asv.config.Config, untyped
    """The parts of asv's configuration that stallhorn uses, with absolute paths."""
    remote = "://" in conf.repo or conf.repo.startswith("git@")
    html = (root / conf.html_dir).resolve()
    branch = (conf.branches or [None])[0]
    return Project(
        name=conf.project,
        root=root,
        repository=None if remote else (root / conf.repo).resolve(),
        subfolder=conf.repo_subdir.strip("/"),
        branch=branch or "HEAD",
        benchmarks=(root / conf.benchmark_dir).resolve(),
        results=(root / conf.results_dir).resolve(),
        # asv deletes its html_dir before it publishes: a site inside a folder of that name is not ours to share.
        html=html.parent if html.name == "asv" else html,
        commit_url=conf.show_commit_url if conf.show_commit_url not in ("", "#") else None,
        thresholds={pattern: float(value) for pattern, value in conf.regressions_thresholds.items()},
        first_commits=dict(conf.regressions_first_commits),
    )
