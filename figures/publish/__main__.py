"""How long a large site takes to publish and to open: `python -m figures.publish [--turns 3] [NAME ...]`.

Ten thousand series over two hundred commits, drawn from a seed; `large` are 21,000 series and seven million points of
half a gigabyte. Publishing is a process of its own each time; its memory is that of its largest process. "Cold" has no
cache at all, neither of results nor of compiled loops. Pages are opened in Chromium from `stallhorn preview`, which
compresses, each in a new context with an empty cache. Median of several beside the calibration loop.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from figures.publish import pages
from figures.publish.results import SHAPES, observe, write
from figures.table import Row, Steadiness, show


@dataclass(frozen=True, slots=True)
class Took:
    seconds: float
    processor: float  # seconds, of all its processes
    memory: float  # bytes, of the largest process


def published(results: Path, html: Path, cache: Path) -> Took:
    """One `stallhorn publish` in a process of its own."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "NUMBA_CACHE_DIR": str(cache / "numba")}
    command = [sys.executable, "-m", "stallhorn", "publish", "--results", str(results), "--html", str(html)]
    begun = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    took = time.monotonic() - begun
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return Took(took, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def publishing(folder: Path, turns: int, steadiness: Steadiness) -> list[Row]:
    """Cold, after one more commit, and again without any change, in turns."""
    shape, results, cache = SHAPES["dashboard"], folder / "results", folder / "cache"
    write(results, shape)
    cold, more, same = [], [], []
    for turn in range(turns):
        steadiness.beat()
        html = folder / "site"
        for path in (html, cache):
            shutil.rmtree(path, ignore_errors=True)
        cold.append(published(results, html, cache))
        write(results, replace(shape, commits=shape.commits + turn + 1), [shape.commits + turn])
        more.append(published(results, html, cache))
        same.append(published(results, html, cache))
    files = sum(path.is_file() for path in html.rglob("*"))
    size = sum(path.stat().st_size for path in html.rglob("*") if path.is_file())
    return [
        _row("publish 10,000 x 200, cold", "20 s, 1 GB", cold),
        _row("... after one more commit", "3 s", more),
        _row("... nothing new", "", same),
        Row("files of the site", "2,500", f"{files:,} ({size / 1e6:.0f} MB)"),
    ]


def large(folder: Path, turns: int, steadiness: Steadiness) -> list[Row]:
    results = folder / "results"
    written = write(results, SHAPES["large"])
    took = []
    for _ in range(turns):
        steadiness.beat()
        for name in ("site", "cache"):
            shutil.rmtree(folder / name, ignore_errors=True)
        took.append(published(results, folder / "site", folder / "cache"))
    return [_row(f"publish 21,000 series, {written / 1e6:.0f} MB, cold", "40 s", took)]


def opening(folder: Path, turns: int, steadiness: Steadiness) -> list[Row]:
    write(folder / "results", SHAPES["dashboard"])
    name = observe(folder / "results", SHAPES["dashboard"])
    published(folder / "results", folder / "site", folder / "cache")
    steadiness.beat()
    return pages.measured(folder / "site", name, turns)


def _row(name: str, goal: str, took: list[Took]) -> Row:
    seconds = [each.seconds for each in took]
    spread = f" ({min(seconds):.2f} to {max(seconds):.2f})" if len(took) > 1 else ""
    processor = statistics.median(each.processor for each in took)
    memory = max(each.memory for each in took) / 1e9
    return Row(name, goal, f"{statistics.median(seconds):.2f} s{spread}, {processor:.1f} CPU s, {memory:.2f} GB")


FIGURES = {"publishing": publishing, "opening": opening, "large": large}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m figures.publish", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FIGURES)} (default: the first two)")
    parser.add_argument("--turns", type=int, default=3, metavar="N", help="how often each is measured")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in FIGURES]
    if unknown:
        parser.error(f"{unknown[0]!r} is none of {', '.join(FIGURES)}")
    rows: list[Row] = []
    for name in args.names or ["publishing", "opening"]:
        steadiness = Steadiness()
        with tempfile.TemporaryDirectory(prefix="stallhorn-figures-") as folder:
            rows += FIGURES[name](Path(folder), args.turns, steadiness)
        rows.append(steadiness.row())
    show(rows)


if __name__ == "__main__":
    main()
