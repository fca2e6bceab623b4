"""Compare two commits, tags, environments, backends or machines, series by series.

A and B are a commit, tag or branch, or env:NAME, backend:NAME, machine:NAME, or several of them with commas between:
`v1.0,env:numpy2`. What only one of the two names holds for both; where neither names a commit, it is the newest that
both have measured. Series are matched by everything else. NAME of an environment may be a part of it that no other has.

Each pair has its ratio with a 99 % interval. Slower and faster is what is relevant (1.1x or more) and significant: more
than what the series scatters from one measurement to the next. First stand the differences of the environments.

`stallhorn check A B` judges a commit by all measurements around it; this looks at two measurements of each series.

Exit codes: 0 when the comparison is printed, whatever it says; 2 an unknown name; 3 nothing is measured there.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from stallhorn.errors import ExitCode

if TYPE_CHECKING:
    from stallhorn.model import History


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", help="a commit, tag or branch, env:NAME, backend:NAME, machine:NAME")
    parser.add_argument("b", metavar="B", help="what is set against it")
    parser.add_argument("--machine", metavar="NAME", help="only the results of this machine (default: of all)")
    parser.add_argument("--bench", metavar="REGEX", help="only benchmarks that match, as with asv's --bench")
    parser.add_argument("--all", action="store_true", help="list every series, also what did not move")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(args: argparse.Namespace) -> ExitCode:
    from stallhorn import store
    from stallhorn.asv.project import load_project
    from stallhorn.commands._sides import sides
    from stallhorn.console import safe, write
    from stallhorn.contrast import contrast
    from stallhorn.errors import NothingMeasured
    from stallhorn.report.compare import compare_json, compare_text
    from stallhorn.report.environments import differences
    from stallhorn.settings import read_settings, with_commits, with_roles

    project = with_roles(load_project(args.config))
    _, history = with_commits(read_settings(project), store.load(project, args.machine))
    if not history.series:
        told = "".join(f"\n  {safe(str(problem))}" for problem in history.problems)
        raise NothingMeasured(f"Nothing is measured yet.{told}", "Measure first: `stallhorn run`.")
    one, other = sides(history, args.a, args.b)
    found = contrast(history, one, other, None if args.bench is None else _matching(history, args.bench))
    told_apart = differences(history, one, other)
    if args.json:
        print(compare_json(history, found, told_apart))
    else:
        write(compare_text(history, found, told_apart, whole=args.all))
    return ExitCode.FINE if len(found) > len(found.reasons) else ExitCode.NOTHING_MEASURED


def _matching(history: History, regex: str) -> frozenset[int]:
    """The places of the series whose name with parameters matches. Raises `UsageError` if there are none."""
    from stallhorn.commands._matching import matching
    from stallhorn.console import safe
    from stallhorn.errors import UsageError

    keys = matching(history, regex)
    if not keys:
        names = sorted({series.key.benchmark for series in history.series})
        raise UsageError(
            f"--bench {safe(regex)}: no benchmark with results matches ({len(names)} have results).",
            f"They are named like {', '.join(safe(name) for name in names[:5])}.",
        )
    return frozenset(place for place, series in enumerate(history.series) if series.key in keys)
