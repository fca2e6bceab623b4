"""The detectors on the same kinds of sets, over several seeds, in several processes."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

from figures.changes import planted, scores
from figures.changes.detectors import Contestant
from figures.changes.goals import Estimate, estimate
from figures.changes.scores import Scores

Found = dict[str, dict[str, Estimate]]  # by detector and measure
PARTS = ("histories", "nights", "projects")


@dataclass(frozen=True)
class Sizes:
    """Of the sets of one seed; a slow contestant gets smaller ones."""

    histories: float  # as `planted.offline` takes it
    nights: int  # series with a step, and as many healthy ones
    projects: int
    cold: int  # series of the large history
    points: tuple[int, ...]  # of the series whose time per point is measured

    def of(self, part: str, contestant: Contestant) -> float:
        whole: float = getattr(self, part)
        least = {"histories": 0.03, "nights": 12, "projects": 5}[part]
        return max(whole / contestant.smaller, least)


SIZES = Sizes(histories=1.0, nights=400, projects=60, cold=20_000, points=(100, 1_000, 10_000, 100_000))
SMALL = Sizes(histories=0.05, nights=20, projects=5, cold=400, points=(100, 1_000))


@dataclass(frozen=True)
class Task:
    contestant: Contestant
    seed: int
    part: str
    size: float


def quality(competing: list[Contestant], seeds: int, sizes: Sizes, processes: int, say: Callable[[str], None]) -> Found:
    """What each detector finds; `say` gets a line after each task."""
    tasks = [
        Task(one, seed, part, sizes.of(part, one))
        for seed in range(1, seeds + 1)
        for one in competing
        for part in PARTS
    ]
    values: dict[str, dict[str, list[float]]] = {one.name: {} for one in competing}
    for number, (task, found, seconds) in enumerate(_run(tasks, processes), 1):
        say(f"{number}/{len(tasks)} seed {task.seed}: {task.contestant.name}, {task.part}, {seconds:.0f} s")
        for name, value in found.items():
            values[task.contestant.name].setdefault(name, []).append(value)
    return {who: {name: estimate(each) for name, each in of.items()} for who, of in values.items()}


def score(task: Task) -> tuple[Task, Scores, float]:
    """Draw the sets and ask the detector."""
    begun, detector = time.perf_counter(), task.contestant.detector()
    if task.part == "histories":
        found = scores.of_histories(detector, planted.offline(task.seed, task.size))
    elif task.part == "nights":
        found = scores.of_nights(detector, *planted.nightly(task.seed, int(task.size), int(task.size)))
    else:
        found = scores.of_projects(detector, planted.projects(task.seed, int(task.size)))
    return task, found, time.perf_counter() - begun


def _run(tasks: list[Task], processes: int) -> Iterator[tuple[Task, Scores, float]]:
    """As they are done. When this is stopped, for whatever reason, so are the processes."""
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("fork"))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which the processes inherit
    try:
        futures = [pool.submit(score, task) for task in tasks]
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        yield from (each.result() for each in as_completed(futures))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
            process.join()
