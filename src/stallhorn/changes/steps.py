"""Where the level of a series changes: the method for one series, for as many of them as there are.

Places of contrast at every scale, the best choice among them, then the weakest is dropped, one after the other, until
every change that is left is believed (`loops`). What a place's evidence is worth was learned from changes planted in
noise (`weights.npz`, figures/changes/teach.py). docs/changes.md tells the whole method and its sources.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from stallhorn.changes.base import USUAL, Demand, Step, Steps
from stallhorn.changes.loops import compiler, eliminate, order
from stallhorn.changes.series import Floats, Integers

MANY = 4_000  # points judged in this process from which compiling pays, if an earlier process compiled
COLD = 100_000  # ... if none did: about ten seconds
SPLIT = 200_000  # points from which two threads share the work
THREADS = 2
Z99 = 2.576

_judged = 0  # points, in this process


@dataclass(frozen=True, slots=True)
class Batch:
    """What was found in many series, as arrays: `places[ends[i-1]:][:counts[i]]` are the changes of the i-th."""

    ends: Integers
    counts: Integers
    places: Integers
    odds: Floats
    doubts: Floats

    def of(self, number: int) -> tuple[Integers, Floats]:
        start = int(self.ends[number - 1]) if number else 0
        stop = start + int(self.counts[number])
        return self.places[start:stop], self.odds[start:stop]

    def steps(self, number: int) -> Steps:
        places, odds = self.of(number)
        place, doubt = self.doubts[number].tolist()
        found = tuple(Step(one, odd) for one, odd in zip(places.tolist(), odds.tolist(), strict=True))
        return Steps(found, Step(int(place), doubt) if place >= 0 else None)


def find(series: Sequence[Floats], demands: Sequence[Demand] | Demand = USUAL) -> Batch:
    """The changes of series of logarithms without gaps. A quarter of a microsecond a point, once compiled."""
    x = np.concatenate([*series, np.zeros(0)])
    ends = np.cumsum([len(one) for one in series], dtype=np.int64)
    rows = [one.row() for one in ([demands] if isinstance(demands, Demand) else demands)]
    asked = np.broadcast_to(np.array(rows, float).reshape(len(rows), -1), (len(series), len(USUAL.row())))
    return _judge(x, ends, np.ascontiguousarray(asked))


def _judge(x: Floats, ends: Integers, asked: Floats) -> Batch:
    prepare(len(x))
    count = len(ends)
    batch = Batch(ends, np.zeros(count, np.int64), np.zeros(len(x), np.int64), np.zeros(len(x)), np.zeros((count, 2)))
    hindsight, tonight, roots = _weights()

    def part(start: int, stop: int) -> None:
        first = int(ends[start - 1]) if start else 0
        own = slice(first, int(ends[stop - 1]) if stop > start else first)
        lengths = np.diff(ends[start:stop], prepend=first)
        eliminate.judge_all(
            x[own], ends[start:stop] - first, asked[start:stop], hindsight, tonight, roots,
            batch.places[own], batch.odds[own], batch.counts[start:stop], batch.doubts[start:stop],
            *eliminate.space(int(lengths.max(initial=0))),
        )  # fmt: skip

    if len(x) < SPLIT or not compiler.is_compiled():
        with compiler.steady():
            part(0, count)
        return batch
    bounds = [int(np.searchsorted(ends, len(x) * share / THREADS)) for share in range(THREADS)] + [count]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(part, bounds[:-1], bounds[1:]))
    return batch


def prepare(points: int) -> None:
    """Compile when as many points were judged in this process as the time of compiling is worth."""
    global _judged
    _judged += points
    if _judged > MANY and not compiler.is_compiled() and (_judged > COLD or compiler.is_kept()):
        compiler.compiled()


def prepare_beside(points: int) -> None:
    """Begin to compile, in a thread, where so many points will be judged: what is read meanwhile leaves it time."""
    if points > COLD or (points > MANY and compiler.is_kept()):
        threading.Thread(target=compiler.compiled, daemon=True).start()


@cache
def _weights() -> tuple[Any, ...]:
    with np.load(str(files("stallhorn.changes") / "weights.npz")) as kept:
        return kept["hindsight"].astype(float), kept["tonight"].astype(float), kept["roots"]


def noises(rows: Sequence[Floats]) -> list[float]:
    """The noise of each series, without gaps, from point to point."""
    room = np.empty(max((len(row) for row in rows), default=0) + 8)
    with compiler.steady():
        return [order.noise(row, room) for row in rows]


def interval(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """The 99 % interval of a change's size: of the difference of the medians of two levels, in logarithms.

    The error of a median is 1.2533 standard deviations over the root of the count; correlated noise (a lag-1 estimate,
    on clipped residuals) widens it by sqrt((1 + rho) / (1 - rho)).
    """
    left, right = np.array(before, float), np.array(after, float)
    centers = _median(left), _median(right)
    shift = centers[1] - centers[0]
    rest = np.concatenate([left - centers[0], right - centers[1]])
    noise = max(noises([left, right]))
    sigma = max(order.SIGMAS * _median(np.abs(rest)), noise)
    clipped = np.minimum(np.maximum(rest, -3 * sigma), 3 * sigma)
    rho = min(max(float(clipped[1:] @ clipped[:-1]) / max(float(clipped @ clipped), 1e-18), 0.0), 0.9)
    error = 1.2533 * sigma * math.sqrt((1 + rho) / (1 - rho) * (1 / len(left) + 1 / len(right)))
    return shift - Z99 * error, shift + Z99 * error


def _median(values: Floats) -> float:
    """What `np.median` says, which takes ten times as long for some tens of values."""
    ordered, half = np.sort(values), len(values) // 2
    return float(ordered[half]) if len(values) % 2 else float(0.5 * (ordered[half - 1] + ordered[half]))
