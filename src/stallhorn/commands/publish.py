"""Write the site: the verdict, the changes, and the history of every benchmark.

The site goes into the project's html folder, opens from disk, and loads nothing from anywhere. Files in that folder
that stallhorn did not make stay there. Ends with 0 also when something is slower (`stallhorn check` judges), and
with 3 when nothing at all is measured; the site is written then too.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stallhorn.errors import ExitCode

if TYPE_CHECKING:
    from stallhorn.model import Project, Report


@dataclass(frozen=True, slots=True)
class Published:
    """A site that was written, and what it is about."""

    report: Report
    index: Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="the folder to write to (default: the project's html folder)"
    )
    parser.add_argument("--machine", metavar="NAME", help="only the results of this machine (default: of all)")


def run(args: argparse.Namespace) -> ExitCode:
    from stallhorn.asv.project import load_project
    from stallhorn.report.sentence import is_measured

    published = publish_site(load_project(args.config), args.output, args.machine)
    announce(published)
    return ExitCode.FINE if is_measured(published.report) else ExitCode.NOTHING_MEASURED


def publish_site(project: Project, output: Path | None = None, machine: str | None = None) -> Published:
    """Read the project's results, judge them, and write the site. Prints nothing."""
    from datetime import UTC, datetime

    from stallhorn import store
    from stallhorn.diagnose import diagnose
    from stallhorn.report.html import publish
    from stallhorn.settings import read_settings, with_commits

    settings = read_settings(project)
    settings, history = with_commits(settings, store.load(project, machine=machine))
    report = diagnose(history, settings=settings)
    return Published(report, publish(report, output or project.html, generated=datetime.now(UTC)))


def announce(published: Published) -> None:
    """The verdict in one sentence, and where the page is."""
    from stallhorn.report.sentence import sentence

    print(sentence(published.report))
    print(f"Site: {_from_here(published.index)}")


def _from_here(path: Path) -> Path:
    """The path as seen from the current folder when it lies inside it, else the whole path."""
    absolute, here = path.resolve(), Path.cwd().resolve()
    return absolute.relative_to(here) if absolute.is_relative_to(here) else absolute
