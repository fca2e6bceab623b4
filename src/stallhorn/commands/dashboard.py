"""Measure the newest commits and publish the site: `run` and `publish` in one go.

Measures the newest commits that change the package (--newest, 3 by default) with the quick preset, publishes the site,
and ends with the verdict in one sentence and the page's path. What is measured already is kept.

Exit codes: those of `run`; a regression is no error here (`stallhorn check` says 1).
"""

from __future__ import annotations

import argparse
import contextlib

from stallhorn.commands._preparing import Request, summarize
from stallhorn.commands.run import add_selection, measure, positive
from stallhorn.errors import ExitCode


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--newest", type=positive, default=3, metavar="N", help="so many commits (default: 3)")
    add_selection(parser, default="quick")


def run(args: argparse.Namespace) -> ExitCode:
    from stallhorn.asv.project import find_configuration, load_project
    from stallhorn.commands.publish import announce, publish_site
    from stallhorn.progress import Progress

    configuration = find_configuration(args.config)
    request = Request(newest=args.newest, bench=args.bench, preset=args.preset, machine=args.machine)
    progress = Progress()
    with contextlib.chdir(configuration.parent):
        tally = measure(configuration, request, progress)
        summarize(tally, progress)
        progress.working("publishing")
        published = publish_site(load_project(configuration))
        progress.say(f"published in {published.index.parent.name}/")
    announce(published)
    return tally.exit_code
