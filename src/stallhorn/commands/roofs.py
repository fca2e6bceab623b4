"""Measure what this machine can do at most: bytes a second, flops a second, seconds for each cosine.

The roofs make the floor of every benchmark that declares its work: the least time that a call can take here. They are
measured once (`stallhorn run` does it by itself) and kept in results/<machine>/roofs.jsonl; --again measures them anew,
which is right after a change of the machine, and when other programs were busy the first time. Needs a benchmark
environment with Numba, and creates the first one of asv.conf.json if there is none. Takes about ten seconds.

Exit codes: 0; 2 they cannot be measured here.
"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stallhorn.errors import ExitCode, StallhornError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stallhorn.asv.environments import Workshop
    from stallhorn.model import Project, Roof, Roofs
    from stallhorn.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--again", action="store_true", help="measure them anew")
    parser.add_argument("--machine", metavar="NAME", help="the name to file them under (default: the host's)")


def run(args: argparse.Namespace) -> ExitCode:
    from stallhorn.asv.project import describe, find_configuration, load_configuration
    from stallhorn.asv.results import machine_facts
    from stallhorn.campaign import only_one
    from stallhorn.console import write
    from stallhorn.progress import Progress
    from stallhorn.store.roofs import path_of

    configuration = find_configuration(args.config)
    with contextlib.chdir(configuration.parent):  # asv reads its configuration's paths from there
        conf = load_configuration(configuration)
        project = describe(conf, configuration.parent)
        _require_program(project)
        machine = machine_facts(project.results, args.machine)["machine"]
        path = path_of(project.results, machine)
        if args.again or not path.exists():
            with only_one(project):
                measure(project, machine, _workshops(conf), Progress())
        write(in_words(_read(path)))
        write(f"Kept in {path}")
    return ExitCode.FINE


def measure_once(project: Project, machine: str, workshops: Sequence[Workshop], progress: Progress) -> None:
    """Measure the roofs of this machine if the suite can and nobody has. That it fails is a note and no error."""
    from stallhorn.runners.roofs import program_of
    from stallhorn.store.roofs import path_of

    if program_of(project.benchmarks) is None or path_of(project.results, machine).exists():
        return
    try:
        measure(project, machine, workshops, progress)
    except StallhornError as error:
        progress.say(f"note: {error.what}")


def measure(project: Project, machine: str, workshops: Sequence[Workshop], progress: Progress) -> None:
    """Measure and keep them, in the first of these environments that can. Raises the first one's `UsageError`."""
    from stallhorn.asv.suite import write_whole
    from stallhorn.store.roofs import path_of

    progress.say("measuring the machine's roofs (memory, caches, arithmetic): about 10 s")
    path = path_of(project.results, machine)
    failures: list[UsageError] = []
    for workshop in workshops:
        try:
            text = _measured(project, workshop)
        except UsageError as error:
            failures.append(error)
            continue
        write_whole(path, lambda folder, text=text: _saved(folder / path.name, text))
        return
    raise failures[0] if failures else UsageError("There is no environment.", "Measure first: `stallhorn run`.")


def in_words(roofs: Roofs) -> str:
    """A table, a column for each number of threads."""
    from stallhorn.console import safe
    from stallhorn.report.terminal import table

    columns = [roof for _, roof in sorted(roofs.by_threads.items())]
    head = ["", *("1 thread" if roof.threads == 1 else f"{roof.threads} threads" for roof in columns)]
    cells = [_cells(roof) for roof in columns]
    names = list(dict.fromkeys(name for column in cells for name in column))
    rows = [head, *([safe(name), *(column.get(name, "") for column in cells)] for name in names)]
    when = f"{roofs.measured:%Y-%m-%d %H:%M UTC}" if roofs.measured else "at an unknown time"
    versions = ", ".join(f"{name} {version}" for name, version in roofs.versions)
    lines = [*table(rows, indent=""), "", f"Measured {when} in {safe(roofs.environment)} ({safe(versions)})."]
    if roofs.disturbed:
        lines.append(
            f"Other programs kept {roofs.foreign_load:.2f} cores busy meanwhile, so the machine can do more than this: "
            "`stallhorn roofs --again` when it is quiet."
        )
    return "\n".join(lines)


def _cells(roof: Roof) -> dict[str, str]:
    """What a roof says, by the name of the row."""
    from stallhorn import units

    caches = {
        f"level-{cache.level} cache": f"{cache.bandwidth / 1e9:.4g} GB/s in {units.size(cache.size)}"
        for cache in reversed(roof.caches)
    }
    functions = {f"{name}, each": f"{seconds * 1e9:.3g} ns" for name, seconds in roof.seconds.items()}
    return {
        "memory": f"{roof.memory / 1e9:.4g} GB/s",
        **caches,
        "multiply-add": f"{roof.flops / 1e9:.4g} Gflop/s",
        **functions,
    }


def _measured(project: Project, workshop: Workshop) -> str:
    from stallhorn.runners.roofs import measure_roofs, program_of
    from stallhorn.store.files import UnreadableFileError
    from stallhorn.store.roofs import parse

    program = program_of(project.benchmarks)
    assert program is not None
    text = measure_roofs(program, workshop.python, workshop.variables(""), workshop.name)
    try:
        parse(text)
    except UnreadableFileError as error:
        raise UsageError(f"What {program} printed {error}.", "docs/measuring.md says what it has to print.") from error
    return text


def _saved(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _workshops(conf: Any) -> Sequence[Workshop]:  # noqa: ANN401 - asv.config.Config
    """The environments that exist; the first one, created, if there is none."""
    from stallhorn.asv.environments import list_environments

    known = list_environments(conf)
    existing = tuple(workshop for workshop in known if workshop.exists)
    if existing:
        return existing
    known[0].create()
    return known[:1]


def _read(path: Path) -> Roofs:
    from stallhorn.store.files import UnreadableFileError, read_text
    from stallhorn.store.roofs import parse

    try:
        return parse(read_text(path))
    except UnreadableFileError as error:
        raise UsageError(f"{path} {error}.", "`stallhorn roofs --again` writes it anew.") from error


def _require_program(project: Project) -> None:
    from stallhorn.runners.roofs import PROGRAM, program_of

    if program_of(project.benchmarks) is None:
        raise UsageError(
            f"This suite cannot measure roofs: there is no {project.benchmarks / PROGRAM}.",
            "docs/measuring.md of stallhorn says what such a program prints.",
        )
