"""How well and how quickly changes are found, beside others: `python -m figures.changes`, or `make changes-table`.

Changes are planted in noise drawn from seeds, so that it is known where they are. Each cell is the mean over the
seeds with its 95 % interval. Slow detectors get smaller sets. Times are the least of several, and want a machine
that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from figures.changes import speed
from figures.changes.calibration import SLACK, calibration, histories, of_steps
from figures.changes.contest import SIZES, SMALL, Found, Sizes, quality
from figures.changes.detectors import OURS, Contestant, contestants
from figures.changes.goals import Estimate, table


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m figures.changes", description=__doc__)
    parser.add_argument("--seeds", type=_positive, default=5, metavar="N", help="how many sets are drawn (default: 5)")
    parser.add_argument("--small", action="store_true", help="a trial that shows that it works, and proves nothing")
    parser.add_argument("--detector", default=OURS, metavar="MODULE:FUNCTION", help=f"in place of {OURS}")
    parser.add_argument("--alone", action="store_true", help="without the others: a minute or two")
    parser.add_argument("--processes", type=_positive, default=2, metavar="N", help="at the same time (default: 2)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here, too")
    args = parser.parse_args()
    if args.json and not args.json.parent.is_dir():
        parser.error(f"there is no folder {args.json.parent}")
    competing = contestants(args.detector)[: 1 if args.alone else None]
    try:
        if reason := competing[0].missing():
            parser.error(reason)
        show(args, competing)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def show(args: argparse.Namespace, competing: list[Contestant]) -> None:
    """Measure and print."""
    begun = time.monotonic()
    sizes, seeds = (SMALL, 1) if args.small else (SIZES, args.seeds)
    found = quality(competing, seeds, sizes, args.processes, _say)
    add_speed(found, competing, sizes)
    print(table(found, competing[0].name))
    if competing[0].where == OURS:
        print(confidence(sizes))
    print(f"Seeds: {seeds}; {time.monotonic() - begun:.0f} s." + (" A trial: it proves nothing." if args.small else ""))
    if args.json:
        args.json.write_text(json.dumps(as_json(found), indent=1) + "\n")


def add_speed(found: Found, competing: list[Contestant], sizes: Sizes) -> None:
    """The times of all, and for ours the start of the command and a large history from cold."""
    for one in competing:
        _say(f"speed of {one.name}")
        for count, microseconds in speed.per_point(one.detector(), sizes.points).items():
            found[one.name][f"us per point, {count}"] = Estimate(microseconds)
    ours = competing[0]
    if ours.where == OURS:
        found[ours.name]["start"] = Estimate(speed.start())
    _say(f"{sizes.cold} series from cold")
    seconds, memory = speed.cold(ours, sizes.cold, 400)
    found[ours.name] |= {"cold, seconds": Estimate(seconds), "cold, GB": Estimate(memory)}


def confidence(sizes: Sizes) -> str:
    """Stated confidence against what happened, a line a band."""
    _say("confidence")
    series = list(histories())[:: round(1 / sizes.histories)]
    lines = [f"{band}{'' if band.agrees(slack=SLACK) else '  NO'}" for band in calibration(of_steps, series)]
    return "\n  ".join([f"Changes told with a confidence of (off by more than {SLACK:g} and chance: NO)", *lines])


def as_json(found: Found) -> dict[str, dict[str, dict[str, float | None]]]:
    return {who: {name: {"mean": one.mean, "half": one.half} for name, one in of.items()} for who, of in found.items()}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
