"""The suite: what asv discovers in the benchmarks folder."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asv import util
from asv.benchmarks import Benchmarks

from stallhorn.asv.environments import InstallFailed, Workshop, quiet
from stallhorn.errors import BenchmarkFailed, NothingMeasured, StorageError
from stallhorn.model import Benchmark
from stallhorn.plan import ROUNDS, Cell, cells

_TEMPORARY = ".stallhorn-"


def discover(conf: Any, repository: Any, workshops: tuple[Workshop, ...], commits: tuple[str, ...]) -> Benchmarks:  # noqa: ANN401
    """Import the suite in one of the environments, with the first commit that builds. Takes a second or two."""
    ready = _first_that_builds(repository, workshops[0], commits)
    with quiet() as messages:
        try:
            return Benchmarks.discover(conf, repository, [one.asv for one in workshops], [ready])
        except (util.UserError, util.ProcessError) as error:
            if str(error) == "Interrupted.":  # asv turns Ctrl-C into this
                raise KeyboardInterrupt from None
            said = "\n".join([*messages, str(error)]).strip()
            raise BenchmarkFailed(
                f"The suite in {conf.benchmark_dir} cannot be imported:\n{said[-4000:]}",
                "Correct the suite (or the package) and run it again.",
            ) from error


def _first_that_builds(repository: Any, workshop: Workshop, commits: tuple[str, ...]) -> str:  # noqa: ANN401
    """Install it, too. A suite can only be imported beside the package that it measures."""
    failures: list[InstallFailed] = []
    for commit in commits:
        try:
            workshop.install(repository, commit)
            return commit
        except InstallFailed as error:
            failures.append(error)
    raise BenchmarkFailed(
        f"None of {len(commits)} commits builds. {failures[0].what}\n{failures[0].log[-4000:]}",
        _build_remedy(failures[0]),
    )


def _build_remedy(failure: InstallFailed) -> str:
    if "Found multiple wheels" in failure.log:  # asv's default build makes one of every requirement, too
        return (
            "Build the package alone: set `build_command` in asv.conf.json to "
            '["python -m pip wheel --no-deps -w {build_cache_dir} {build_dir}"], and run it again.'
        )
    return "Correct the package, or `build_command` and `install_command` in asv.conf.json, and run it again."


def save(found: Benchmarks, results: Path) -> None:
    """Write benchmarks.json, whole or not at all."""
    write_whole(results / "benchmarks.json", lambda folder: _save_into(found, folder))


def _save_into(found: Benchmarks, folder: Path) -> Path:
    path = folder / "benchmarks.json"
    util.write_json(str(path), found._all_benchmarks, found.api_version)
    return path


def clear_leftovers(results: Path) -> None:
    """Remove the folders that `write_whole` leaves beside its targets when the process is killed in it."""
    for pattern in (f"{_TEMPORARY}*", f"*/{_TEMPORARY}*"):
        for folder in results.glob(pattern):
            shutil.rmtree(folder, ignore_errors=True)


def write_whole(target: Path, write: Any) -> None:  # noqa: ANN401 - Callable[[Path], Path]
    """Let `write` make a file in a folder beside the target, then move it there in one step."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=target.parent) as folder:
            made = write(Path(folder))
            with made.open("rb") as file:
                os.fsync(file.fileno())
            made.replace(target)
    except OSError as error:
        raise StorageError(
            f"{target} could not be written: {error.strerror or error}.",
            "Free some space (or make the folder writable) and run it again; what was saved before is still there.",
        ) from error


def known(results: Path) -> dict[str, dict[str, Any]]:
    """The suite as the last run saw it, from benchmarks.json, or from the copy of a reference history."""
    for path in (results / "benchmarks.json", *sorted(results.glob("*/benchmarks.json"))):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        return {name: one for name, one in content.items() if isinstance(one, dict)}
    path = results / "benchmarks.json"
    raise NothingMeasured(
        f"{path} cannot be read." if path.exists() else f"Nothing is known about the suite yet: there is no {path}.",
        "The next `stallhorn run` builds an environment, reads the suite in it and writes that file.",
    )


def plan_cells(benchmarks: Mapping[str, Mapping[str, Any]], default_timeout: float) -> tuple[Cell, ...]:
    """Every cell of a discovered suite."""
    described = {name: describe(one, default_timeout) for name, one in benchmarks.items()}
    probed = frozenset(name for name, one in benchmarks.items() if one.get("probe") == "measure")
    rounds = {name: int(one.get("rounds") or 1) for name, one in benchmarks.items() if one.get("rounds", ROUNDS)}
    return cells(described, probed, rounds)


def describe(one: Mapping[str, Any], default_timeout: float) -> Benchmark:
    """asv's dictionary as our noun."""
    return Benchmark(
        name=one["name"],
        kind=one.get("type", ""),
        unit=one.get("unit", ""),
        version=str(one.get("version", "")),
        param_names=tuple(one.get("param_names") or ()),
        params=tuple(tuple(values) for values in one.get("params") or ()),
        code=one.get("code", ""),
        timeout=float(one.get("timeout") or default_timeout),
        expected_seconds=tuple(one.get("expected_seconds") or ()),
        expected_bytes=tuple(one.get("expected_bytes") or ()),
        work=tuple(one.get("work") or ()),
        specimens=tuple(one.get("specimens") or ()),
        quick=tuple(one.get("quick") or ()),
        group_by=tuple(one.get("group_by") or ()),
    )
