"""Show the history of a benchmark: every measured commit with its value, interval and changes.

BENCHMARK is a benchmark's name, or a regular expression that is looked for in `name(value, value)` as asv's --bench
does. Values are medians; beside each is the 99 % interval, and why a point was skipped or failed. Below stands what was
found at the newest commit, with evidence and remedy, and what explains earlier changes. Series that were skipped at
every commit are counted by reason at the end; --all shows them like the others.

Exit codes: 0; 2 no such benchmark; 3 nothing is measured yet.
"""

from __future__ import annotations

import argparse
import difflib
from typing import TYPE_CHECKING

from stallhorn.errors import ExitCode

if TYPE_CHECKING:
    from stallhorn.model import History, Series


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("benchmark", metavar="BENCHMARK", help="a name, or a regular expression")
    parser.add_argument("--machine", metavar="NAME", help="only the results of this machine (default: of all)")
    parser.add_argument("--all", action="store_true", help="also the series that were only ever skipped")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(args: argparse.Namespace) -> ExitCode:
    from stallhorn import store
    from stallhorn.asv.project import load_project
    from stallhorn.console import safe, write
    from stallhorn.diagnose import diagnose
    from stallhorn.errors import NothingMeasured
    from stallhorn.report.json import show_json
    from stallhorn.report.terminal import history_text, problems_text, skipped_text
    from stallhorn.report.why import Reasons
    from stallhorn.settings import read_settings, with_commits

    project = load_project(args.config)
    settings = read_settings(project)
    settings, history = with_commits(settings, store.load(project, args.machine))
    if not history.series:
        told = "".join(f"\n  {safe(str(problem))}" for problem in history.problems)
        raise NothingMeasured(f"Nothing is measured yet.{told}", "Measure first: `stallhorn run`.")
    found = matching(history, args.benchmark)
    report = diagnose(history, settings=settings)  # of all: a series is judged beside the others of its benchmark
    if args.json:
        print(show_json(found, report))
        return ExitCode.FINE
    shown = tuple(series for series in found if args.all or not is_skipped(series))
    skipped = tuple(series for series in found if not args.all and is_skipped(series))
    reasons = Reasons(report)
    for series in shown:
        write(history_text(series, report, reasons) + "\n")
    if skipped:
        write(skipped_text(skipped))
    problems = problems_text(report)
    if problems:
        write(problems.lstrip("\n"))
    return ExitCode.FINE


def is_skipped(series: Series) -> bool:
    """Whether it was skipped at every commit."""
    from stallhorn.model import Status
    from stallhorn.model.points import CODES, columns_of

    return set(columns_of(series.points).statuses) <= {CODES[Status.SKIPPED]}


def matching(history: History, wanted: str) -> tuple[Series, ...]:
    """The series of the benchmark with exactly this name; else those whose name with parameters matches the expression.

    Raises `UsageError`, with the closest names, if there are none.
    """
    import re

    from stallhorn.console import safe
    from stallhorn.errors import UsageError

    exact = tuple(series for series in history.series if series.key.benchmark == wanted)
    if exact:
        return exact
    try:
        pattern = re.compile(wanted)
    except re.error as error:
        raise UsageError(
            f"{safe(wanted)!r} is neither a benchmark's name nor a regular expression ({error}).",
            "Escape what is meant literally, e.g. 'Rbf\\.measure\\(50'.",
        ) from error
    found = tuple(series for series in history.series if pattern.search(series.key.name))
    if found:
        return found
    names = sorted({series.key.benchmark for series in history.series})
    close = difflib.get_close_matches(wanted, names, n=5, cutoff=0.3) or names[:5]
    raise UsageError(
        f"No benchmark with results is named or matches {safe(wanted)!r} ({len(names)} have results).",
        f"The closest are: {', '.join(safe(name) for name in close)}.",
    )
