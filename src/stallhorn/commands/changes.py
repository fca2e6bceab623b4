"""List the changes of the whole history, newest first: what became slower or faster, where, how sure that is, and why.

A change is one range of commits, one direction, and every series that it hit, with the typical ratio, its 99 % interval
and the confidence that something changed. What moved all series of a machine is one entry of its own kind, and so is a
timing that was wrong before, or is wrong since. At the end stand series that look changed with too little evidence.

Changes that were reverted stay in the list. Commits beside the branch make no changes: `stallhorn check` compares them.
What is found can be set in pyproject.toml: docs/settings.md.

Exit codes: 0 when the changes are printed, be there any or not; 2 an unknown name; 3 nothing measured, or only one
commit.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from stallhorn.errors import ExitCode

if TYPE_CHECKING:
    from stallhorn.model import History, Report, Revision, SeriesKey


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", metavar="COMMIT", help="only changes after this commit, branch or tag")
    parser.add_argument("--machine", metavar="NAME", help="only the results of this machine (default: of all)")
    parser.add_argument("--bench", metavar="REGEX", help="only benchmarks that match, as with asv's --bench")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(args: argparse.Namespace) -> ExitCode:
    from stallhorn import store
    from stallhorn.asv.project import load_project
    from stallhorn.console import write
    from stallhorn.diagnose import diagnose
    from stallhorn.report.changes import changes_text
    from stallhorn.report.json import changes_json
    from stallhorn.report.terminal import problems_text
    from stallhorn.settings import read_settings, with_commits

    project = load_project(args.config)
    settings = read_settings(project)
    settings, history = with_commits(settings, store.load(project, args.machine))
    _require_results(history)
    keys = None if args.bench is None else _matching(history, args.bench)
    since = None if args.since is None else _revision(history, args.since)
    report = _part(diagnose(history, settings=settings), keys, since)
    reference = {series.key.machine for series in history.series} == {store.REFERENCE}
    if args.json:
        print(changes_json(report, since=None if since is None else since.commit, reference=reference))
    else:
        write(changes_text(report, since))
        if problems := problems_text(report):
            write(problems)
        if reference and args.machine is None:
            write(f"\n{_REFERENCE}")
    if _is_one_commit(history):
        if not args.json:
            write("\nOnly one commit is measured; a change needs two: `stallhorn run HEAD~1` measures another.")
        return ExitCode.NOTHING_MEASURED
    return ExitCode.FINE


_REFERENCE = (
    "This is the reference history that comes with the repository; nothing is measured on this machine yet "
    "(`stallhorn run` does)."
)


def _is_one_commit(history: History) -> bool:
    from stallhorn.model.points import measured_commits

    return len(measured_commits(history.series)) <= 1


def _require_results(history: History) -> None:
    from stallhorn.console import safe
    from stallhorn.errors import NothingMeasured

    if not history.series:
        told = "".join(f"\n  {safe(str(problem))}" for problem in history.problems)
        raise NothingMeasured(f"Nothing is measured yet.{told}", "Measure first: `stallhorn run`.")


def _matching(history: History, regex: str) -> frozenset[SeriesKey]:
    """The series whose name with parameters matches. Raises `UsageError` if there are none."""
    from stallhorn.commands._matching import matching
    from stallhorn.console import safe
    from stallhorn.errors import UsageError

    found = matching(history, regex)
    if not found:
        names = sorted({series.key.benchmark for series in history.series})
        raise UsageError(
            f"--bench {safe(regex)}: no benchmark with results matches ({len(names)} have results).",
            f"They are named like {', '.join(safe(name) for name in names[:5])}.",
        )
    return found


def _revision(history: History, name: str) -> Revision:
    """The commit of this name as a place in the history. Raises `UsageError` for one that is unknown."""
    from stallhorn import store
    from stallhorn.console import safe
    from stallhorn.errors import UsageError
    from stallhorn.model.points import measured_commits

    measured = sorted(measured_commits(history.series))
    commit = store.resolve(history.project, name, measured)
    found = history.revision(commit)
    if found is None:
        raise UsageError(
            f"--since {safe(name)}: {commit[:12]} is not on the branch {safe(history.project.branch)}.",
            "Name a commit of the branch, such as the one where yours left it: `git merge-base`.",
        )
    return found


def _part(report: Report, keys: frozenset[SeriesKey] | None, since: Revision | None) -> Report:
    """The report about some series, with the changes that are younger than a commit."""
    from dataclasses import replace

    from stallhorn.diagnose import restricted

    if keys is not None:
        report = restricted(report, keys.__contains__)
    if since is None:
        return report
    places = {revision.commit: revision.position for revision in report.history.revisions}
    return replace(
        report,
        changes=tuple(change for change in report.changes if change.first.position > since.position),
        suspicions=tuple(each for each in report.suspicions if places[each.first] > since.position),
    )
