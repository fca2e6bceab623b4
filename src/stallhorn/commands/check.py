"""Judge the newest measured commit against its predecessors: is anything slower?

Without arguments the newest measured commit of each machine is compared with the commits before it. With BASE it is
compared with that commit (and those on its level), with BASE and HEAD those two are compared. A commit can be named in
any way that git knows: a branch, a tag, HEAD~1, the first digits of a hash. Where a machine has measured nothing, the
reference history that comes with the repository is judged, and the answer says so.

What the machine did (code and libraries are the same, or all series moved together) and what was measured otherwise (a
timing was wrong before) is told, and is no regression. docs/settings.md: what can be set about changes.

What was told before is remembered (docs/alarms.md): a change is raised once, then confirmed, revised or withdrawn with
a reason. That is part of the answer without BASE and --bench; `stallhorn run --recheck` settles what is suspected. What
needed some nights to be found makes the exit code 1 at the commit at which it is raised, and not again.

Under a series that became slower stands why, as far as the records tell: causes that were not there before, counted
facts that changed, and what differs in the compiled code. These are notes: the verdict is about the times.

Exit codes: 0 nothing is slower; 1 something is; 5 too noisy to say; 3 nothing measured, or nothing to compare with;
2 an unknown name. A benchmark that fails is reported and changes none of these.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stallhorn.errors import ExitCode

if TYPE_CHECKING:
    from stallhorn.model import History, Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("base", nargs="?", metavar="BASE", help="compare with this commit (default: the predecessors)")
    parser.add_argument("head", nargs="?", metavar="HEAD", help="judge this commit (default: the newest measured one)")
    parser.add_argument("--json", action="store_true", help="print the whole answer as JSON")
    parser.add_argument("--machine", metavar="NAME", help="only the results of this machine (default: of all)")
    parser.add_argument("--bench", metavar="REGEX", help="only benchmarks that match, as with asv's --bench")


def run(args: argparse.Namespace) -> ExitCode:
    from stallhorn import store
    from stallhorn.asv.project import load_project
    from stallhorn.commands._alarms import as_json, in_words, tell
    from stallhorn.commands._matching import matching
    from stallhorn.console import write
    from stallhorn.diagnose import diagnose, only_machine, restricted
    from stallhorn.model import History
    from stallhorn.model.points import measured_commits
    from stallhorn.report.json import check_json
    from stallhorn.settings import read_settings, with_commits

    project = load_project(args.config)
    settings = read_settings(project)
    settings, history = with_commits(settings, store.load(project, args.machine))
    measured = sorted(measured_commits(history.series))
    base, head = (None if name is None else store.resolve(project, name, measured) for name in (args.base, args.head))
    machines = sorted({series.key.machine for series in history.series})
    # Of all benchmarks: a series is judged beside the others of its machine.
    reports = [diagnose(only_machine(history, machine), base, head, settings) for machine in machines]
    told = []
    if args.base is None and args.bench is None:
        told = [tell(report, machine, settings.relevant) for report, machine in zip(reports, machines, strict=True)]
    if args.bench is not None:
        keys = matching(history, args.bench)
        machines = sorted({key.machine for key in keys})
        reports = [restricted(each, keys.__contains__) for each in reports if set(each.history.machines) & {*machines}]
    reports = reports or [diagnose(History(project, history.revisions, {}, {}, {}, (), problems=history.problems))]
    raised = [ExitCode.REGRESSION for each in told if each.raised]
    code = ExitCode.worst([*(exit_code(report) for report in reports), *raised])
    reference = machines == [store.REFERENCE]
    if args.json:
        alarms = {each.machine: as_json(each) for each in told}
        print(check_json(reports, base=base, head=head, reference=reference, exit_code=code, alarms=alarms))
    else:
        _print(reports, history, reference and args.machine is None, (base, head))
        for each in told:
            if lines := in_words(each, of_several=len(told) > 1):
                write("\n" + "\n".join(lines))
    return code


def exit_code(report: Report) -> ExitCode:
    """The exit code that a verdict stands for."""
    return ExitCode[_CODES[report.verdict.value]]


_CODES = {"clean": "FINE", "regression": "REGRESSION", "inconclusive": "INCONCLUSIVE", "nothing": "NOTHING_MEASURED"}


def _print(reports: Sequence[Report], history: History, reference: bool, named: tuple[str | None, str | None]) -> None:
    from stallhorn.console import safe, write
    from stallhorn.report.terminal import check_text, problems_text

    for report in reports:
        if len(reports) > 1:
            write(f"Machine {safe(next(iter(report.history.machines), ''))}")
        write(check_text(report))
        for text in _remarks(report, reference, named):
            write(f"\n{text}")
        if len(reports) > 1:
            write("")
    problems = problems_text(reports[0])
    if problems:
        write(problems)
    if history.build_failures:
        failed = sorted({failure.commit[:8] for failure in history.build_failures})
        write(f"\nDid not build: {', '.join(failed[:10])} (`stallhorn publish` shows the logs).")
    elif not history.series:
        write("\nMeasure first: `stallhorn run`.")


def _remarks(report: Report, reference: bool, named: tuple[str | None, str | None]) -> list[str]:
    """What the reader needs to know about where the answer comes from."""
    from stallhorn.model.points import measured_commits

    remarks = []
    if reference:
        remarks.append(
            "This is the reference history that comes with the repository; nothing is measured on this machine yet "
            "(`stallhorn run` does)."
        )
    measured = measured_commits(report.history.series)
    for name in named:
        if name is not None and measured and name not in measured:
            remarks.append(f"{name[:12]} is not measured: `stallhorn run {name[:12]}` does it.{_nearest(report, name)}")
    return remarks


def _nearest(report: Report, name: str) -> str:
    """The newest measured commit before one that is not measured, as a sentence; "" where there is none."""
    from stallhorn.model.points import measured_commits

    measured = measured_commits(report.history.series)
    revision = report.history.revision(name)
    older = [
        each
        for each in report.history.revisions
        if each.commit in measured and revision is not None and each.position < revision.position
    ]
    return f" The nearest measured commit before it is {older[-1].short}." if older else ""
