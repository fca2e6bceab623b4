"""Where the level of a series changes: the method for one series, for as many of them as there are.

Places of contrast at every scale, the best choice among them, then the weakest is dropped, one after the other, until
every change that is left is believed (`loops`). What a place's evidence is worth was learned from changes planted in
noise (`weights.npz`, figures/changes/teach.py). docs/changes.md tells the whole method and its sources.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from stallhorn.changes.loops import compiler, eliminate, order
from stallhorn.changes.series import Floats, Integers

MANY = 4_000  # points judged in this process from which compiling pays, if an earlier process compiled
COLD = 100_000  # ... if none did: about eight seconds
SPLIT = 200_000  # points from which two threads share the work
THREADS = 2
Z99 = 2.576

_judged = 0  # points, in this process


@dataclass(frozen=True, slots=True)
class Demand:
    """What a change must have. Odds are natural logarithms: 0.7 is two to one, 2.8 sixteen to one."""

    relevant: float = 0.02  # logarithm of the smallest change that is told
    hindsight: float = 0.7  # odds, with more than 15 points on either side
    tonight: float = 2.65  # odds, where few points are left at an end of the series: it is asked again every night
    easing: float = 0.0  # of those odds with each further point, up to nine
    tail: int = 3  # points that the newest level must have lasted
    doubted: float = 0.0  # odds from which the newest points are told as suspicious

    def row(self) -> tuple[float, ...]:
        return self.relevant, self.hindsight, self.tonight, self.easing, self.tail, self.doubted


USUAL = Demand()


@dataclass(frozen=True, slots=True)
class Step:
    """A change of level: positions are those of the series without what is missing."""

    place: int  # the first point of the new level
    odds: float  # logarithm of the odds that it is one

    @property
    def confidence(self) -> float:
        """How probable it is that the level changed here."""
        return 1 / (1 + math.exp(-min(max(self.odds, -30.0), 30.0)))


@dataclass(frozen=True, slots=True)
class Steps:
    """What was found in one series, oldest first; `doubt`: newest points that look changed without being believed."""

    found: tuple[Step, ...] = ()
    doubt: Step | None = None


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
    _compile_if_worth(len(x))
    count = len(ends)
    batch = Batch(ends, np.zeros(count, np.int64), np.zeros(len(x), np.int64), np.zeros(len(x)), np.zeros((count, 2)))
    hindsight, tonight, roots = _weights()

    def part(start: int, stop: int) -> None:
        first = int(ends[start - 1]) if start else 0
        own = slice(first, int(ends[stop - 1]) if stop > start else first)
        eliminate.judge_all(
            x[own], ends[start:stop] - first, asked[start:stop], hindsight, tonight, roots,
            batch.places[own], batch.odds[own], batch.counts[start:stop], batch.doubts[start:stop],
        )  # fmt: skip

    if len(x) < SPLIT or not compiler.is_compiled():
        part(0, count)
        return batch
    bounds = [int(np.searchsorted(ends, len(x) * share / THREADS)) for share in range(THREADS)] + [count]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(part, bounds[:-1], bounds[1:]))
    return batch


def _compile_if_worth(points: int) -> None:
    """Compile when as many points were judged as the time of compiling is worth."""
    global _judged
    _judged += points
    if _judged > MANY and (_judged > COLD or compiler.is_kept()):
        compiler.compiled()


@cache
def _weights() -> tuple[Any, ...]:
    with np.load(str(files("stallhorn.changes") / "weights.npz")) as kept:
        return kept["hindsight"].astype(float), kept["tonight"].astype(float), kept["roots"]


def interval(x: Floats, start: int, place: int, stop: int) -> tuple[float, float]:
    """The 99 % interval of a change's size: of the difference of the two medians, in logarithms.

    The error of a median is 1.2533 standard deviations over the root of the count; correlated noise (a lag-1 estimate,
    on clipped residuals) widens it by sqrt((1 + rho) / (1 - rho)).
    """
    left, right = x[start:place], x[place:stop]
    centers = np.median(left), np.median(right)
    rest = np.concatenate([left - centers[0], right - centers[1]])
    sigma = max(
        order.SIGMAS * float(np.median(np.abs(rest))),
        order.noise(np.ascontiguousarray(x[start:stop]), np.empty(stop - start)),
    )
    clipped = np.clip(rest, -3 * sigma, 3 * sigma)
    rho = min(max(float(clipped[1:] @ clipped[:-1]) / max(float(clipped @ clipped), 1e-18), 0.0), 0.9)
    error = 1.2533 * sigma * math.sqrt((1 + rho) / (1 - rho) * (1 / len(left) + 1 / len(right)))
    shift = float(centers[1] - centers[0])
    return shift - Z99 * error, shift + Z99 * error
