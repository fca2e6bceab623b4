"""Write the site: the verdict, the changes, and the history of every benchmark.

The site goes into the project's html folder, opens from disk, and loads nothing from anywhere. Files in that folder
that stallhorn did not make stay there; files that are what they were are not written again. Ends with 0 also when
something is slower (`stallhorn check` judges), and with 3 when nothing is measured; the site is written then too.

With --results and --html it publishes the results of any asv project, without its configuration or repository:
`stallhorn publish --results ~/pandas/results --html /tmp/site`. Commits are then ordered by the dates in the results.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stallhorn.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from stallhorn.model import Project, Report


@dataclass(frozen=True, slots=True)
class Published:
    """A site that was written, and what it is about."""

    report: Report
    index: Path
    written: int  # files
    kept: int  # files that were the same before


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--html",
        "--output",
        dest="html",
        type=Path,
        metavar="DIR",
        help="the folder to write to (default: the project's html folder)",
    )
    parser.add_argument(
        "--results", type=Path, metavar="DIR", help="asv results to publish, with no project around them (needs --html)"
    )
    parser.add_argument("--machine", metavar="NAME", help="only the results of this machine (default: of all)")


def run(args: argparse.Namespace) -> ExitCode:
    from stallhorn.asv.project import load_project
    from stallhorn.report.sentence import is_measured

    project = load_project(args.config) if args.results is None else bare_project(args.results, args.html, args.config)
    published = publish_site(project, args.html, args.machine)
    announce(published)
    return ExitCode.FINE if is_measured(published.report) else ExitCode.NOTHING_MEASURED


def bare_project(results: Path, html: Path | None, configuration: Path | None) -> Project:
    """A project of which only the results are at hand. Raises `UsageError` for a folder that holds none."""
    from stallhorn.model import Project

    if html is None:
        raise UsageError(
            f"--results {results} has no project that says where its site goes.",
            f"Name a folder for it: stallhorn publish --results {results} --html DIR.",
        )
    if configuration is not None:
        raise UsageError(
            "--config and --results were both given: the configuration names the results.", "Leave one of them out."
        )
    folder = results.resolve()
    if not folder.is_dir():
        raise UsageError(f"--results {results}: there is no such folder.", "Name the results_dir of an asv project.")
    if all(path.name == "benchmarks.json" for path in folder.glob("*/*.json")):
        inside = next((name for name in ("results", ".asv/results") if (folder / name).is_dir()), None)
        expected = "Expected asv's results: <machine>/<commit>-<environment>.json, beside benchmarks.json."
        remedy = f"Did you mean --results {results / inside}?" if inside else expected
        if (folder / "machine.json").is_file():
            remedy = f"This is the folder of one machine. Did you mean --results {results.resolve().parent}?"
        raise UsageError(f"--results {results} holds no results of asv.", remedy)
    name = folder.name if folder.name not in ("results", ".asv") else folder.parent.name
    return Project(
        name=name or "results",
        root=folder,
        repository=None,
        subfolder="",
        branch="HEAD",
        benchmarks=folder,
        results=folder,
        html=html,
        commit_url=None,
    )


def publish_site(project: Project, output: Path | None = None, machine: str | None = None) -> Published:
    """Read the project's results, judge them, and write the site. Prints nothing."""
    from datetime import UTC, datetime

    from stallhorn import store
    from stallhorn.changes.steps import prepare_beside
    from stallhorn.collector import waiting
    from stallhorn.diagnose import diagnose
    from stallhorn.report.html import replace
    from stallhorn.settings import read_settings, with_commits, with_roles

    project = with_roles(project)
    target = output or project.html
    with waiting():
        prepare_beside(store.about_points(project))
        settings = read_settings(project)
        settings, history = with_commits(settings, store.load(project, machine=machine))
        report = diagnose(history, settings=settings)
        replaced = replace(report, target, generated=datetime.now(UTC))
    return Published(report, target / "index.html", replaced.written, replaced.kept)


def announce(published: Published) -> None:
    """The verdict in one sentence, and where the page is."""
    from stallhorn.report.sentence import sentence

    print(sentence(published.report))
    print(f"Site: {_from_here(published.index)}")
    if published.kept:
        print(f"{published.written} of its {published.written + published.kept} files are new or changed.")


def _from_here(path: Path) -> Path:
    """The path as seen from the current folder when it lies inside it, else the whole path."""
    absolute, here = path.resolve(), Path.cwd().resolve()
    return absolute.relative_to(here) if absolute.is_relative_to(here) else absolute
