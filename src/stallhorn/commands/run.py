"""Measure commits: build each, run the suite in its environments, save every measurement as it ends.

RANGE is a commit ("HEAD", a hash, a tag), or a range as git writes it ("v1.0..HEAD", "HEAD~10.."); of a range, the
commits that change the measured package are taken. Without RANGE the newest such commits are: --newest says how many.

Every commit is measured in the first environment of asv.conf.json, the newest one in all of them (--everywhere:
every commit in all). The quick preset takes the benchmarks that need less than a second each, in the environments that
set no variables; the full preset takes everything.

A run that was interrupted or killed goes on where it stopped: what is measured is never measured again.

With --recheck exactly that is measured which settles what is suspected: the series that look changed with too little
evidence to say so, and those of alarms that are not confirmed, at the last commit with the old level and at the newest
with the new one, in turns, five more times each. What the rounds say is printed at the end. It chooses commits,
environments and cells itself, so RANGE, --newest, --everywhere and --preset do not go with it; --bench takes a part.

Exit codes: 0 all measured, or nothing is suspected; 2 the command line, configuration or folder is wrong; 3 nothing
was measured; 4 a benchmark or a build failed; 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from stallhorn import plan, units
from stallhorn.commands._preparing import Prepared, Request, open_campaign, summarize
from stallhorn.errors import ExitCode, NothingMeasured, UsageError

if TYPE_CHECKING:
    from stallhorn.asv.environments import Workshop
    from stallhorn.campaign import Campaign, Tally, Unit
    from stallhorn.progress import Progress

PRESETS = ("quick", "full")
# Megabytes that a new environment takes on disk, roughly, for the estimate of a dry run.
MEGABYTES = {"numba": 250, "jax": 500, "numpy": 80, "scipy": 120}
BARE_MEGABYTES = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("range", nargs="?", metavar="RANGE", help="a commit, or a range such as v1.0..HEAD")
    parser.add_argument("--newest", type=positive, metavar="N", help="without RANGE: so many commits (default: 1)")
    add_selection(parser, default="full")
    parser.add_argument("--recheck", action="store_true", help="measure again what would settle what is suspected")
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
        newest=args.newest or 1,
        bench=args.bench,
        preset=args.preset,
        everywhere=args.everywhere,
        machine=args.machine,
        retry_failed=args.retry_failed,
    )
    if args.recheck:
        _require_no_selection(args)
    configuration = find_configuration(args.config)
    with contextlib.chdir(configuration.parent):  # asv reads its configuration's paths from there
        if args.recheck:
            from stallhorn.commands._rechecking import recheck

            return recheck(configuration, request, args.dry_run)
        if args.dry_run:
            return dry_run(configuration, request)
        progress = Progress()
        tally = measure(configuration, request, progress)
        summarize(tally, progress)
        return tally.exit_code


def _require_no_selection(args: argparse.Namespace) -> None:
    """Refuse what chooses commits, environments or cells beside --recheck."""
    given = {
        f"RANGE ({args.range})": args.range is not None,
        "--newest": args.newest is not None,
        "--everywhere": args.everywhere,
        f"--preset {args.preset}": args.preset != "full",
    }
    wrong = [name for name, is_given in given.items() if is_given]
    if wrong:
        raise UsageError(
            f"{' and '.join(wrong)} cannot be combined with --recheck, which measures exactly what is suspected.",
            "Leave it out; --bench and --machine take a part of what is suspected.",
        )


def measure(configuration: Path, request: Request, progress: Progress) -> Tally:
    """Everything that a request asks for. The current folder must be the configuration's."""
    from stallhorn.asv.suite import clear_leftovers
    from stallhorn.campaign import only_one

    prepared = Prepared.read(configuration, request)
    with only_one(prepared.project):
        clear_leftovers(prepared.project.results)
        for note in prepared.notes:
            progress.say(f"note: {note}")
        campaign, units_ = _set_up(prepared, request, progress)
        return campaign.run(units_)


def _set_up(prepared: Prepared, request: Request, progress: Progress) -> tuple[Campaign, tuple[Unit, ...]]:
    campaign, usable = open_campaign(prepared, request, progress, lambda cells: _wanted(cells, request))
    units_ = tuple(unit for unit in prepared.units(request.everywhere) if unit.workshop in usable)
    progress.say(
        f"measuring {len(campaign.cells)} of {len(campaign.all_cells)} cells ({request.preset} preset), "
        f"{len(prepared.commits)} commit(s), {len(usable)} environment(s)"
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

    prepared = Prepared.read(configuration, request)
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


def positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
