"""Measure commits: build each, run the suite in its environments, save every measurement as it ends.

RANGE is a commit ("HEAD", a hash, a tag), or a range as git writes it ("v1.0..HEAD", "HEAD~10.."); of a range, the
commits that change the measured package are taken. Without RANGE the newest such commits are: --newest says how many.

Every commit is measured in the first environment of asv.conf.json, the newest one in all of them (--everywhere:
every commit in all). The quick preset takes the benchmarks that need less than a second each, in the environments that
set no variables; the full preset takes everything.

A run that was interrupted or killed goes on where it stopped: what is measured is never measured again.

Exit codes: 0 all measured; 2 the command line, configuration or folder is wrong; 3 nothing was measured;
4 a benchmark or a build failed; 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stallhorn import plan, units
from stallhorn.errors import ExitCode, NothingMeasured
from stallhorn.model import Project

if TYPE_CHECKING:
    from stallhorn.asv.environments import Workshop
    from stallhorn.campaign import Campaign, Tally, Unit
    from stallhorn.git import Repository
    from stallhorn.progress import Progress

PRESETS = ("quick", "full")
# Megabytes that a new environment takes on disk, roughly, for the estimate of a dry run.
MEGABYTES = {"numba": 250, "jax": 500, "numpy": 80, "scipy": 120}
BARE_MEGABYTES = 60
OLDER_COMMITS = 5  # to read the suite with, when none of the wanted commits builds


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked to be measured."""

    span: str | None = None
    newest: int = 1
    bench: str | None = None
    preset: str = "full"
    everywhere: bool = False
    machine: str | None = None
    retry_failed: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("range", nargs="?", metavar="RANGE", help="a commit, or a range such as v1.0..HEAD")
    parser.add_argument("--newest", type=positive, default=1, metavar="N", help="without RANGE: so many commits")
    add_selection(parser, default="full")
    parser.add_argument("--everywhere", action="store_true", help="every commit in every environment")
    parser.add_argument("--retry-failed", action="store_true", help="measure again what failed")
    parser.add_argument("--dry-run", action="store_true", help="say what would be measured, and how long it takes")


def add_selection(parser: argparse.ArgumentParser, default: str) -> None:
    """The options that select what is measured, shared with `dashboard`."""
    parser.add_argument("--bench", metavar="REGEX", help="only benchmarks whose name, or name(values), matches")
    parser.add_argument("--preset", choices=PRESETS, default=default, help="which cells (default: %(default)s)")
    parser.add_argument("--machine", metavar="NAME", help="the name to file results under (default: the host's)")


def run(args: argparse.Namespace) -> ExitCode:
    from stallhorn.asv.project import find_configuration
    from stallhorn.progress import Progress

    request = Request(
        span=args.range,
        newest=args.newest,
        bench=args.bench,
        preset=args.preset,
        everywhere=args.everywhere,
        machine=args.machine,
        retry_failed=args.retry_failed,
    )
    configuration = find_configuration(args.config)
    with contextlib.chdir(configuration.parent):  # asv reads its configuration's paths from there
        if args.dry_run:
            return dry_run(configuration, request)
        progress = Progress()
        tally = measure(configuration, request, progress)
        summarize(tally, progress)
        return tally.exit_code


def measure(configuration: Path, request: Request, progress: Progress) -> Tally:
    """Everything that a request asks for. The current folder must be the configuration's."""
    from stallhorn.asv.suite import clear_leftovers
    from stallhorn.campaign import only_one

    prepared = _Prepared.read(configuration, request)
    with only_one(prepared.project):
        clear_leftovers(prepared.project.results)
        for note in prepared.notes:
            progress.say(f"note: {note}")
        campaign, units_ = _set_up(prepared, request, progress)
        return campaign.run(units_)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What can be said before anything is built."""

    project: Project
    conf: Any
    git: Repository
    repository: Any  # asv's, of the same repository
    commits: tuple[str, ...]  # newest first
    workshops: tuple[Workshop, ...]
    notes: tuple[str, ...]

    @classmethod
    def read(cls, configuration: Path, request: Request) -> _Prepared:
        from stallhorn.asv import environments
        from stallhorn.asv.project import describe, load_configuration
        from stallhorn.git import Repository

        conf = load_configuration(configuration)
        project = describe(conf, configuration.parent)
        git = Repository.at(project.repository) if project.repository else None
        opened = environments.open_repository(conf)
        git = git or Repository.at(Path(opened._path))
        commits = _commits(git, project, request)
        found = environments.list_environments(conf)
        chosen = tuple(one for one in found if one.plain or request.preset == "full")
        notes = [f"{text}; that environment is left out" for text in environments.left_out(conf)]
        # The suite and the configuration are always those of the checkout.
        beside = (configuration.name, conf.benchmark_dir, conf.results_dir) if not project.subfolder else ()
        if project.repository and git.is_dirty(project.subfolder, beside):
            notes.append(f"{project.subfolder or 'the package'} has changes that are not committed: not measured")
        if request.span is None and len(commits) < request.newest and (hint := git.shallow_hint()):
            notes.append(hint)
        return cls(project, conf, git, opened, commits, chosen or found[:1], tuple(notes))

    def units(self, everywhere: bool) -> tuple[Unit, ...]:
        from stallhorn.campaign import Unit

        newest, *older = self.commits
        first = self.workshops if everywhere else self.workshops[:1]
        return tuple(
            [Unit(newest, workshop) for workshop in self.workshops]
            + [Unit(commit, workshop) for commit in older for workshop in first]
        )

    def readable_at(self, workshop: Workshop, machine: str) -> tuple[str, ...]:
        """Commits to read the suite with: those wanted, a few older ones, and last those known not to build."""
        from stallhorn.runners.journal import Journal, path_of

        older: tuple[str, ...] = ()
        with contextlib.suppress(NothingMeasured):  # the package may be younger than a commit that was named
            older = self.git.commits(self.commits[-1], self.project.subfolder, OLDER_COMMITS)

        def known_to_fail(commit: str) -> bool:
            path = path_of(self.project.results, machine, commit, workshop.name)
            return Journal.open(path).build_failure is not None

        return tuple(sorted(dict.fromkeys((*self.commits, *older)), key=known_to_fail))


def _commits(git: Repository, project: Project, request: Request) -> tuple[str, ...]:
    if request.span is None:
        return git.commits(project.branch, project.subfolder, request.newest)
    if ".." in request.span:
        span = request.span if not request.span.endswith("..") else f"{request.span}{project.branch}"
        return git.commits(span, project.subfolder)
    return (git.resolve(request.span.removesuffix("^!")),)  # asv's way to name one commit


def _set_up(prepared: _Prepared, request: Request, progress: Progress) -> tuple[Campaign, tuple[Unit, ...]]:
    from stallhorn.asv import suite
    from stallhorn.asv.environments import create_missing
    from stallhorn.asv.results import machine_facts
    from stallhorn.campaign import Campaign
    from stallhorn.commands.roofs import measure_once
    from stallhorn.runners.local import LocalRunner

    missing = [workshop.name for workshop in prepared.workshops if not workshop.exists]
    if missing:
        progress.say(f"creating {len(missing)} environment(s), once; requirements are installed: {', '.join(missing)}")
    failures = create_missing(prepared.workshops)
    for failure in failures.values():
        progress.say(f"  {failure}")
    usable = tuple(workshop for workshop in prepared.workshops if workshop.name not in failures)
    if not usable:
        raise next(iter(failures.values()))
    progress.working("reading the suite")
    machine = machine_facts(prepared.project.results, request.machine)
    commits = prepared.readable_at(usable[0], machine["machine"])
    found = suite.discover(prepared.conf, prepared.repository, usable, commits)
    suite.save(found, prepared.project.results)
    measure_once(prepared.project, machine["machine"], usable, progress)
    benchmarks: Mapping[str, Mapping[str, Any]] = found._all_benchmarks
    cells = suite.plan_cells(benchmarks, prepared.conf.default_benchmark_timeout)
    wanted = _wanted(cells, request)
    campaign = Campaign(
        project=prepared.project,
        conf=prepared.conf,
        repository=prepared.repository,
        machine=machine,
        benchmarks=benchmarks,
        all_cells=cells,
        cells=wanted,
        runner=LocalRunner(),
        progress=progress,
        retry_failed=request.retry_failed,
    )
    campaign.tally.broken.extend((name, "this environment could not be created") for name in failures)
    units_ = tuple(unit for unit in prepared.units(request.everywhere) if unit.workshop in usable)
    progress.say(
        f"measuring {len(wanted)} of {len(cells)} cells ({request.preset} preset), {len(prepared.commits)} commit(s), "
        f"{len(usable)} environment(s)"
    )
    return campaign, units_


def _wanted(cells: tuple[plan.Cell, ...], request: Request) -> tuple[plan.Cell, ...]:
    if not cells:
        raise NothingMeasured("The suite has no benchmarks.", "asv's documentation says how to write one.")
    matching = plan.matching(cells, request.bench)
    wanted = plan.preset(matching, request.preset)
    if not wanted:
        raise NothingMeasured(
            f"All {len(matching)} matching cells take longer than the {request.preset} preset allows.",
            "Use --preset full.",
        )
    return wanted


def dry_run(configuration: Path, request: Request) -> ExitCode:
    """Say what would be measured: cells, minutes, megabytes. Builds and writes nothing."""
    from stallhorn.asv import suite

    prepared = _Prepared.read(configuration, request)
    cells = suite.plan_cells(suite.known(prepared.project.results), prepared.conf.default_benchmark_timeout)
    wanted = _wanted(cells, request)
    units_ = prepared.units(request.everywhere)
    missing = [workshop for workshop in prepared.workshops if not workshop.exists]
    per_unit = sum(plan.seconds(cell for cell in wanted if round_ < cell.rounds) for round_ in range(plan.ROUNDS))
    memory = max((cell.memory for cell in wanted if cell.memory is not None), default=None)
    for note in prepared.notes:
        print(f"note: {note}")
    print(f"commits       {len(prepared.commits)}: {', '.join(commit[:8] for commit in prepared.commits[:12])}")
    print(f"environments  {len(prepared.workshops)}: {', '.join(one.name for one in prepared.workshops)}")
    print(f"cells         {len(wanted)} of {len(cells)} ({request.preset} preset), {plan.ROUNDS} processes each")
    print(f"measurements  {len(wanted) * len(units_)} in {len(units_)} combinations of commit and environment")
    print(f"time          about {units.duration(per_unit * len(units_) + 8 * len(units_) + 40 * len(missing))}")
    print(f"disk          {_disk(missing)}")
    print(f"memory        {'not known' if memory is None else f'up to {units.size(memory)} in one process'}")
    print("Nothing was measured. What earlier runs measured is not taken off these figures.")
    return ExitCode.FINE


def _disk(missing: list[Workshop]) -> str:
    if not missing:
        return "no new environment; results take about 1 MB for each commit and environment"
    sizes = [
        BARE_MEGABYTES + sum(MEGABYTES.get(name, 20) for name, _ in workshop.described.requirements)
        for workshop in missing
    ]
    return f"about {sum(sizes)} MB for {len(missing)} new environment(s)"


def summarize(tally: Tally, progress: Progress) -> None:
    """The end of a run in a few lines."""
    parts = [f"{tally.measured} measurements in {units.duration(progress.elapsed)}"]
    if tally.kept:
        parts.append(f"{tally.kept} cells were measured before")
    if tally.skipped:
        parts.append(f"{sum(tally.skipped.values())} skipped")
    if tally.failed:
        parts.append(f"{len(tally.failed)} failed")
    progress.say("; ".join(parts) + ".")
    for reason, count in sorted(tally.skipped.items()):
        progress.say(f"  skipped, {count}: {reason}")
    for where, why in tally.broken:
        progress.say(f"  not measured: {where}: {why}")


def positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
