"""Measure stallhorn itself and print what came of it beside the goals: `python -m figures [--short] [NAME ...]`."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from figures import overhead, walltime
from figures.table import Row, Steadiness, show

# Name -> the figure, how often its alternatives take turns, and how often in a short trial.
FIGURES = {"overhead": (overhead.run, 60, 2), "walltime": (walltime.run, 7, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m figures", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", type=_name, help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--short", action="store_true", help="a trial that shows that it works, and proves nothing")
    parser.add_argument("--turns", type=int, metavar="N", help="how often the alternatives take turns")
    args = parser.parse_args()
    rows: list[Row] = []
    for name in args.names or FIGURES:
        run, turns, few = FIGURES[name]
        steadiness, begun = Steadiness(), time.monotonic()
        with tempfile.TemporaryDirectory(prefix="stallhorn-figures-") as folder:
            rows += run(Path(folder), args.turns or (few if args.short else turns), steadiness)
        rows += [steadiness.row(), Row(f"{name} took", "", f"{time.monotonic() - begun:.0f} s")]
    show(rows)
    if args.short:
        print("A short trial: these figures prove nothing.")


def _name(text: str) -> str:
    if text not in FIGURES:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(FIGURES)}")
    return text


if __name__ == "__main__":
    main()
