"""What every way to measure needs first: configuration, commits, environments and suite, opened as a campaign."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stallhorn import plan, units
from stallhorn.errors import NothingMeasured
from stallhorn.model import Project

if TYPE_CHECKING:
    from stallhorn.asv.environments import Workshop
    from stallhorn.campaign import Campaign, Tally, Unit
    from stallhorn.git import Repository
    from stallhorn.progress import Progress

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


@dataclass(frozen=True, slots=True)
class Prepared:
    """What can be said before anything is built."""

    project: Project
    conf: Any
    git: Repository
    repository: Any  # asv's, of the same repository
    commits: tuple[str, ...]  # newest first
    workshops: tuple[Workshop, ...]
    notes: tuple[str, ...]

    @classmethod
    def read(cls, configuration: Path, request: Request) -> Prepared:
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


def open_campaign(
    prepared: Prepared,
    request: Request,
    progress: Progress,
    choose: Callable[[tuple[plan.Cell, ...]], tuple[plan.Cell, ...]],
) -> tuple[Campaign, tuple[Workshop, ...]]:
    """Create environments, read the suite, choose among its cells; with the environments that could be created."""
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
    campaign = Campaign(
        project=prepared.project,
        conf=prepared.conf,
        repository=prepared.repository,
        machine=machine,
        benchmarks=benchmarks,
        all_cells=cells,
        cells=choose(cells),
        runner=LocalRunner(),
        progress=progress,
        retry_failed=request.retry_failed,
    )
    campaign.tally.broken.extend((name, "this environment could not be created") for name in failures)
    return campaign, usable


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
