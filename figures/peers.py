"""The kernels beside what their users would take today: `python -m figures.peers [NAME ...]`, or `make peers`.

One thread: the least CPU time of a call of each, all in one process and in turns; a run is a new process, and what is
shown is the median of the runs' ratios with its interval. Two threads: the least wall time in processes of one and of
two threads, in turns, in windows in which nothing else kept the machine busy.

Outputs are preallocated where the kernel takes them. All run under one malloc policy: the settings of the probe, and
huge pages for large blocks, which NumPy asks for by itself and XLA does not (its results of 40 MB would take three to
four times as long). With one thread all have one core: JAX hands each call to a thread of its own, and waking another
core costs more than a small call. Beside each time stands its floor, by roofs that
are measured first, and beside each ratio its goal on the processor that it was set on (AMD EPYC, Zen 4).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asv_bench_stallhorn.parent import FIXED
from asv_bench_stallhorn.threads import parse

from figures.pairs import Ratio, ratio
from figures.table import Steadiness
from stallhorn.floors import floor
from stallhorn.model import Floor, Roof
from stallhorn.store.roofs import parse as parse_roofs

ROOT = Path(__file__).resolve().parents[1]
Name = tuple[str, str]  # backend, variant

QUIET = 0.1  # cores that others may use in a window that counts
WINDOWS, TRIES = 5, 20


@dataclass(frozen=True)
class Contest:
    """Contestants against one peer on one size; a goal is the largest ratio wanted, None if there is none."""

    kernel: str
    n: int
    label: str
    peer: Name
    contestants: tuple[tuple[Name, float | None], ...]


def contests() -> list[Contest]:
    """All of them, with the goals."""
    found = []
    goals = {50: (0.085, 0.14), 100: (0.085, 0.14), 500: (0.085, 0.20), 1000: (0.085, 0.25), 2000: (0.055, 0.17)}
    for n, (numba, jax) in goals.items():
        others = ((("numba", "default"), numba), (("jax", "default"), jax), (("numpy", "default"), 0.38))
        found.append(Contest("rbf", n, f"N={n}", ("scipy", "default"), others))
    sizes = {30: ("(30,50)", 0.019, 0.06), 100: ("(100,200)", 0.016, 0.045), 300: ("(300,1000)", 0.0146, 0.042)}
    for n, (label, numba, jax) in sizes.items():
        others = ((("numba", "default"), numba), (("jax", "default"), jax))
        if n >= 100:
            factored = {"numba": 0.0046, "jax": 0.0075, "numpy": 0.028}
            others += tuple(((backend, "factored"), goal) for backend, goal in factored.items())
        found.append(Contest("w_tilde", n, label, ("numpy", "iterative"), others))
    others = ((("numba", "default"), 0.015), (("jax", "default"), 0.0095), (("numpy", "default"), 0.088))
    found.append(Contest("w_compact", 30, "N=30, K=1024", ("numpy", "iterative"), others))
    elementwise = {
        "quadratic": {10_000: (0.29, 0.90, None), 5_000_000: (0.11, 0.52, 0.51)},
        "fma": {100_000: (0.33, 0.40, None), 5_000_000: (0.21, 0.44, None)},
    }
    for kernel, goals_of in elementwise.items():
        for n, (numba, jax, numpy) in goals_of.items():
            others = ((("numba", "default"), numba), (("jax", "default"), jax), (("numpy", "default"), numpy))
            others += ((("cpp", "default"), None),)
            found.append(Contest(kernel, n, f"n={n:.0e}".replace("e+0", "e"), ("numpy", "expression"), others))
    others = ((("numba", "default"), 0.50), (("jax", "default"), 1.2), (("numpy", "default"), None))
    others += ((("scipy", "as_written"), None),)  # T'(wT), the slower order of scipy's products
    found.append(Contest("curvature", 716, "M=S=716, B=3", ("scipy", "default"), others))
    for n in (500, 1000):
        others = ((("numba", "default"), 1.05), (("jax", "default"), 1.05))
        found.append(Contest("matmul", n, f"n={n}", ("numpy", "default"), others))
    return found


# Kernel, size and variant of what two threads should make faster, with the least factor wanted.
SCALING = [
    ("rbf", 50, ("numba", "default"), 1.9),
    ("rbf", 100, ("numba", "default"), 1.9),
    ("rbf", 500, ("numba", "default"), 1.9),
    ("w_tilde", 100, ("numba", "default"), 1.9),
    ("w_tilde", 300, ("numba", "default"), 1.9),
    ("quadratic", 200_000, ("numba", "default"), 1.9),
    ("quadratic", 1_000_000, ("numba", "default"), 1.9),
    ("rbf", 100, ("jax", "default"), 1.5),
    ("rbf", 500, ("jax", "default"), 1.5),
    ("w_tilde", 100, ("jax", "default"), 1.5),
    ("w_tilde", 300, ("jax", "default"), 1.5),
    ("quadratic", 1_000_000, ("jax", "default"), 1.5),
]


class Failed(Exception):
    """What the measuring process says of a contestant that cannot run."""


class Measurer:
    """A measuring process with a fixed number of threads."""

    def __init__(self, threads: int, *, one_core: bool = False, release: bool = False) -> None:
        environment = os.environ | parse(threads, os.cpu_count() or 1).environment | FIXED
        environment["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1"
        if release:  # free memory goes back at once, so that a peak can be seen
            environment |= {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "0", "MALLOC_TOP_PAD_": "0"}
        self.child = subprocess.Popen(
            [sys.executable, "-m", "figures.contestants", *(["--one-core"] if one_core else [])],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **what: Any) -> Any:  # noqa: ANN401 - JSON
        assert self.child.stdin is not None and self.child.stdout is not None
        self.child.stdin.write(json.dumps(what) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line:
            raise Failed(f"the measuring process ended with code {self.child.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer["answer"]

    def end(self) -> None:
        self.child.kill()
        self.child.communicate()


@contextmanager
def measurer(threads: int, *, one_core: bool = False, release: bool = False) -> Iterator[Measurer]:
    one = Measurer(threads, one_core=one_core, release=release)
    try:
        yield one
    finally:
        one.end()


@dataclass(frozen=True)
class Outcome:
    """What came of a contest: the peer first, then the contestants in their order."""

    runs: list[list[float]]  # for each run the least CPU seconds of each
    floors: list[Floor | None]
    extra: list[int | None]  # bytes that a call needs beside its inputs, its result included


def roof() -> Roof:
    """What this machine does at most, on one thread."""
    program = [sys.executable, str(ROOT / "benchmarks" / "_roofs.py"), "1"]
    done = subprocess.run(program, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return parse_roofs(done.stdout).by_threads[1]


def run_contest(contest: Contest, runs: int, seconds: float, highest: Roof) -> Outcome:
    names = [contest.peer, *(name for name, _ in contest.contestants)]
    asked = [(contest.kernel, *name, contest.n) for name in names]
    found, floors = [], []
    for _ in range(runs):
        with measurer(1, one_core=True) as one:
            works = one.ask(do="ready", contestants=asked)
            found.append(one.ask(do="side by side", seconds=seconds * len(names)))
            floors = [floor(work, highest) for work in works]
    return Outcome(found, floors, memory(contest))


def memory(contest: Contest) -> list[int | None]:
    """Each in a process of its own, where free memory goes back at once."""
    found = []
    for name in [contest.peer, *(name for name, _ in contest.contestants)]:
        with measurer(1, release=True) as one:
            one.ask(do="ready", contestants=[(contest.kernel, *name, contest.n)])
            found += one.ask(do="peak")
    return found


def run_scaling(kernel: str, n: int, name: Name, seconds: float = 0.3) -> tuple[float, float, int]:
    """Least wall seconds with one thread and with two, and how many windows of each were quiet."""
    best, quiet = {1: float("inf"), 2: float("inf")}, {1: 0, 2: 0}
    with measurer(1) as one, measurer(2) as two:
        for child in (one, two):
            child.ask(do="ready", contestants=[(kernel, *name, n)])
        for _ in range(TRIES):
            for threads, child in ((1, one), (2, two)):
                time.sleep(0.05)  # workers of the last window may spin a while
                window = child.ask(do="alone", seconds=seconds)
                if window["foreign_load"] is None or window["foreign_load"] <= QUIET:
                    quiet[threads] += 1
                    best[threads] = min(best[threads], window["seconds"])
            if min(quiet.values()) >= WINDOWS:
                break
    return best[1], best[2], min(quiet.values())


def show_contest(contest: Contest, outcome: Outcome) -> None:
    label = f"{contest.kernel} {contest.label}"
    names = [(contest.peer, None), *contest.contestants]
    for index, (name, goal) in enumerate(names):
        seconds = statistics.median(run[index] for run in outcome.runs)
        ratios = ratio([(run[0], run[index]) for run in outcome.runs]) if index else None
        extra = outcome.extra[index]
        words = [
            f"{label:26}{' '.join(name):18}{seconds * 1e3:10.4g}  ",
            _ratio(ratios, goal),
            _floor(outcome.floors[index], seconds),
            "" if extra is None else f"{extra / 2**20:10.1f}",
        ]
        print("".join(words).rstrip(), flush=True)


HEADER = (
    f"{'kernel':26}{'variant':18}{'ms':>10}  {'ratio':>8}  {'95 % interval':19}{'goal':>7}  {'':10}"
    f"{'floor, ms':>10}{'reached':>9}{'extra, MB':>10}"
)


def _ratio(found: Ratio | None, goal: float | None) -> str:
    if found is None:
        return f"{'peer':>8}  {'':19}{'':7}  {'':10}"
    bounds = "too few runs" if found.low is None or found.high is None else f"{found.low:.4g} to {found.high:.4g}"
    wanted = "" if goal is None else f"{goal:.4g}"
    return f"{found.value:8.4g}  {bounds:19}{wanted:>7}  {_judged(found.value, goal):10}"


def _floor(lowest: Floor | None, seconds: float) -> str:
    return " " * 19 if lowest is None else f"{lowest.seconds * 1e3:10.4g}{lowest.seconds / seconds:9.0%}"


def _judged(value: float, goal: float | None) -> str:
    if goal is None:
        return ""
    return "met" if value <= goal else "within 5 %" if value <= goal * 1.05 else "missed"


def compete(chosen: Sequence[Contest], runs: int, seconds: float) -> None:
    highest = roof()
    print("\nOne thread: CPU time of a call beside the peer's\n")
    print(HEADER)
    for contest in chosen:
        try:
            show_contest(contest, run_contest(contest, runs, seconds, highest))
        except Failed as reason:
            print(f"{contest.kernel} {contest.label}: {reason}", flush=True)


def scale(names: Sequence[str]) -> None:
    print("\nTwo threads: wall time of a call beside one thread's\n")
    print(f"{'kernel':26}{'variant':18}{'1: ms':>10}  {'2: ms':>10}  {'faster':>8}{'goal':>7}  quiet windows")
    for kernel, n, name, goal in SCALING:
        if kernel not in names:
            continue
        label = f"{kernel} {n}"
        try:
            one, two, quiet = run_scaling(kernel, n, name)
        except Failed as reason:
            print(f"{label}: {reason}")
            continue
        if not quiet:
            print(f"{label:26}{' '.join(name):18}  no quiet window: other programs use the processors")
            continue
        times = f"{one * 1e3:10.4g}  {two * 1e3:10.4g}  {one / two:8.3g}"
        print(f"{label:26}{' '.join(name):18}{times}{goal:7}  {quiet}", flush=True)


def main() -> None:
    kernels = list(dict.fromkeys(contest.kernel for contest in contests()))
    parser = argparse.ArgumentParser(prog="python -m figures.peers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(kernels)}; all by default")
    parser.add_argument("--runs", type=int, default=6, help="processes of each contest (6)")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each contestant in a process (1)")
    parser.add_argument("--only", choices=["one", "two"], help="one thread or two, not both")
    args = parser.parse_args()
    unknown = set(args.names) - set(kernels)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: not among {', '.join(kernels)}")
    names, steadiness = args.names or kernels, Steadiness()
    for _ in range(20):
        steadiness.beat()
    if args.only != "two":
        compete([contest for contest in contests() if contest.kernel in names], args.runs, args.seconds)
    if args.only != "one":
        scale(names)
    for _ in range(20):
        steadiness.beat()
    row = steadiness.row()
    print(f"\n{row.what}, before and after: {row.measured}, {row.interval}")


if __name__ == "__main__":
    main()
