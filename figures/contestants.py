"""One process that holds kernels ready and measures them side by side, as `figures.peers` asks it to over a pipe.

Lines of JSON in, lines of JSON out. A process has one number of threads for its whole life, and the inputs, the
loading and the waiting are those of the suite.
"""

from __future__ import annotations

import inspect
import itertools
import json
import os
import pkgutil
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from asv_bench_stallhorn import process
from asv_bench_stallhorn.backends import jax_

ROOT = Path(__file__).resolve().parents[1]
WINDOW = 0.005  # seconds, the least that one reading of a clock spans
LEAST = 3  # windows of each contestant


class Contestant:
    """A kernel of the suite with its inputs, warmed up."""

    def __init__(self, kernel: str, backend: str, variant: str, n: int) -> None:
        self.cell = (n, backend, variant, 1)
        self.benchmark = _benchmark(kernel, backend, variant)
        self.benchmark.setup(*self.cell)
        self.call()  # compiles
        least = self._seconds()
        # Not one call because one happened to be slow: its caches would be cold at every window, and nobody else's.
        if least < WINDOW:
            least = min(least, *(self._seconds() for _ in range(10)))
        self.number = max(1, round(WINDOW / least))

    def call(self) -> None:
        result = self.benchmark.measure(*self.cell)
        wait = jax_.waiter(result)
        if wait is not None:
            wait(result)

    def _seconds(self) -> float:
        begun = time.perf_counter()
        self.call()
        return time.perf_counter() - begun

    def window(self, clock: Callable[[], float]) -> float:
        """Seconds of one call by this clock."""
        begun = clock()
        for _ in range(self.number):
            self.call()
        return (clock() - begun) / self.number

    def peak(self) -> int | None:
        """Bytes that a call needs beside what is there before it, its result included. None where nothing tells."""
        process.return_free_memory()
        if not process.forget_peak():
            return None
        before = process.memory_now()
        self.call()
        peak = process.memory_peak()
        return None if before is None or peak is None else peak - before


def side_by_side(contestants: list[Contestant], seconds: float) -> list[float]:
    """The least CPU seconds of a call of each, their windows taken in turns until the time is over."""
    least = [float("inf")] * len(contestants)
    end = time.perf_counter() + seconds
    for turn in itertools.count(1):
        for index, one in enumerate(contestants):
            least[index] = min(least[index], one.window(time.process_time))
        if turn >= LEAST and time.perf_counter() > end:
            return least


def alone(one: Contestant, seconds: float) -> dict[str, float | None]:
    """The least wall seconds of a call in one stretch of time, and how busy others kept the machine meanwhile."""
    start, least = process.read(), float("inf")
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        least = min(least, one.window(time.perf_counter))
    return {"seconds": least, "foreign_load": process.between(start, process.read())["foreign_load"]}


def _benchmark(kernel: str, backend: str, variant: str) -> Any:  # noqa: ANN401 - a class of the suite
    """An instance of the suite's class that measures this variant."""
    suite = import_module("benchmarks")
    for info in pkgutil.iter_modules(suite.__path__):
        if info.name.startswith("_"):
            continue
        for cls in filter(inspect.isclass, vars(import_module(f"benchmarks.{info.name}")).values()):
            if getattr(cls, "kernel_name", None) != kernel or not hasattr(cls, "params"):
                continue
            if (backend, variant) in itertools.product(*cls.params[1:3]):
                return cls()
    raise LookupError(f"no class of the suite measures {kernel} {backend} {variant}")


def main() -> None:
    sys.path.insert(0, str(ROOT))
    if "--one-core" in sys.argv and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the first core has more of the system's own work
    contestants: list[Contestant] = []
    answers = sys.stdout
    sys.stdout = sys.stderr  # what kernels print is not an answer
    for line in sys.stdin:
        asked = json.loads(line)
        answer: Any = None
        try:
            if asked["do"] == "ready":
                contestants = [Contestant(*one) for one in asked["contestants"]]
                answer = [one.benchmark.work(*one.cell) for one in contestants]
            elif asked["do"] == "side by side":
                answer = side_by_side(contestants, asked["seconds"])
            elif asked["do"] == "alone":
                answer = alone(contestants[0], asked["seconds"])
            elif asked["do"] == "peak":
                answer = [one.peak() for one in contestants]
        except Exception as error:  # the process that asked shows it and goes on with the next kernel
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}), file=answers, flush=True)
            continue
        print(json.dumps({"answer": answer}), file=answers, flush=True)


if __name__ == "__main__":
    main()
