"""When points lie on another level: the rule, on logarithms of the measured values. Pure.

A new point is slower than a level when all of this holds, and faster in the same way with the signs turned:

1. Separate. Every one of its processes is beyond every process of the level (with many of them, the outermost 10 %
   are dropped); where the processes are not known, its 99 % interval is beyond every value of the level.
2. Relevant. Its value differs by `RELEVANT` or more.
3. Not explained by scatter. Its best process differs from the level's typical best process by more than `CERTAINTY`
   times what the series itself scatters between measurements, and its fastest sample from the level's typical fastest
   by as much. Best and fastest, because whatever disturbs a timing makes it slower: one process that was disturbed, or
   one that swung between two speeds, moves the medians but not these.
4. Not explained by other processes. Processes that ran beside others are left out if one ran alone. If none did, the
   others can have slowed it by a factor of 1 + 2 cores at the most, and, where there were more threads than cores, by
   `SLICES` a call: a thread that waits for another one that was put aside loses whole time slices.

Two or more points in a row are judged by their median; then their best processes must be beyond the level's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stallhorn.changes.base import Disturbance
from stallhorn.model import DISTURBED, Direction, Measurement
from stallhorn.stats import mad, median, median_interval, trimmed_range

RELEVANT = 1.10  # smaller differences are not reported, however certain
CERTAINTY = 4.5  # standard deviations; 100 series are judged at every commit
PRIOR = 0.05  # what measurements scatter on a virtual machine with neighbours (standard deviation of the logarithm),
PRIOR_ALONE = 0.10  # ... where nothing is known about processes,
PRIOR_WEIGHT = 3  # ... believed like so many points of the series itself
PLAIN = 1.6  # more than this is never put down to scatter, if the processes are known and all lie apart
DOUBT = 0.8  # beyond this share of what it takes, but not beyond all of it, is too noisy to say
UNSTEADY = 10.0  # where only more than that can be told, there is nothing to say
SLICES = 0.05  # seconds; calls of 4 microseconds on two threads were seen to take 4 to 22 ms beside one busy core
_LOG_RELEVANT = math.log(RELEVANT)
_LARGEST = 700.0  # of a logarithm whose number can be written
_SIGMA = 1.4826  # of a normal distribution, in median absolute deviations
_SPREAD = 0.87  # standard deviation of the better of two processes, in medians of the difference between two

# What the compiled rule (`loops.scan`) asks for, in its order.
LIMITS = (_LOG_RELEVANT, CERTAINTY, PRIOR_ALONE, PRIOR_WEIGHT, math.log(PLAIN), DOUBT, _SIGMA)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One measured point in logarithms."""

    value: float
    low: float  # the best process, or the lower bound where processes are not known
    high: float
    processes: tuple[float, ...]  # the median of each; only the value where they are not known
    fastest: float  # the smallest sample; the value where samples are not known
    foreign: Disturbance | None = None  # of the least disturbed process; None: one was left alone

    @property
    def by_process(self) -> bool:
        return len(self.processes) > 1

    @property
    def bounded(self) -> bool:
        return self.high > self.low or self.by_process

    @property
    def best(self) -> float:
        return min(self.processes)

    def explained(self, undisturbed: float, slices: float) -> float:
        """What other processes can have added at the most, if it took this long (a logarithm) without them."""
        if self.foreign is None:
            return 0.0
        waited = slices / math.exp(undisturbed) if self.foreign.crowded else 0.0
        return math.log(1 + 2 * self.foreign.cores + waited)


_ALONE: Mapping[int, Disturbance] = {}


def sight(point: Measurement, disturbances: Mapping[int, Disturbance] = _ALONE) -> Sighting:
    """A measurement with a positive value, as the rule sees it; `disturbances` are those of its processes."""
    if point.value is None or point.value <= 0:
        raise ValueError("only a positive value has a logarithm")
    rounds: dict[int, list[float]] = {}
    for sample in point.samples:
        if sample.value > 0:
            rounds.setdefault(sample.round, []).append(sample.value)
    disturbed = {index: known for index, known in disturbances.items() if known.cores > DISTURBED}
    alone = {index: taken for index, taken in rounds.items() if index not in disturbed}
    if disturbed and alone:
        return _sighting(median([sample for taken in alone.values() for sample in taken]), alone, None)
    bounds = point.low or point.value, point.high or point.value
    least = min(disturbed.values(), key=lambda known: known.cores, default=None)
    foreign = least if len(disturbed) == len(disturbances) else None
    return _sighting(point.value, rounds, bounds, foreign)


def _sighting(
    value: float,
    rounds: Mapping[int, Sequence[float]],
    bounds: tuple[float, float] | None,
    foreign: Disturbance | None = None,
) -> Sighting:
    """`bounds` are used with fewer than two processes; None: those of the samples."""
    center = math.log(value)
    fastest = math.log(min((min(taken) for taken in rounds.values()), default=value))
    if len(rounds) > 1:
        processes = tuple(math.log(median(taken)) for taken in rounds.values())
        return Sighting(center, min(processes), max(processes), processes, fastest, foreign)
    if bounds is None:
        bounds = median_interval([sample for taken in rounds.values() for sample in taken]) or (value, value)
    low = math.log(bounds[0]) if bounds[0] > 0 else center
    high = math.log(bounds[1]) if bounds[1] > 0 else center
    return Sighting(center, low, high, (center,), fastest, foreign)


@dataclass(frozen=True, slots=True)
class Ground:
    """A level to judge against: its newest points, and how much the whole series scatters."""

    points: tuple[Sighting, ...]
    scatter: float  # standard deviation of one point's best process
    slices: float = SLICES  # 0 for what is not measured in seconds

    @property
    def center(self) -> float:
        return median([point.value for point in self.points])

    @property
    def best(self) -> float:
        return median([point.best for point in self.points])

    @property
    def fastest(self) -> float:
        return median([point.fastest for point in self.points])

    @property
    def bounds(self) -> tuple[float, float]:
        """The range of its processes without the outermost 10 % at each end."""
        return trimmed_range([process for point in self.points for process in point.processes])


def undisturbed(points: Sequence[Sighting]) -> list[Sighting]:
    """Those that other processes left alone; all of them if none was."""
    return [point for point in points if point.foreign is None] or list(points)


def scatter(levels: Sequence[Sequence[Sighting]]) -> float:
    """How much the points of a series scatter about their levels, taken together with what is usual.

    The larger of two robust estimates, between points and between the processes of a point, counts as many points as
    there are; the usual scatter counts as `PRIOR_WEIGHT` points.
    """
    known = [list(level) for level in levels if level]
    deviations = [point.best - median([each.best for each in level]) for level in known for point in level]
    spreads = [point.high - point.low for level in known for point in level if point.by_process]
    between = _SIGMA * mad(deviations) if len(deviations) > 2 else 0.0
    within = _SPREAD * median(spreads) if spreads else 0.0
    usual = PRIOR if spreads else PRIOR_ALONE
    count, spread = len(deviations), max(between, within)
    return math.sqrt((PRIOR_WEIGHT * (usual * usual) + count * (spread * spread)) / (PRIOR_WEIGHT + count))


@dataclass(frozen=True, slots=True)
class Judgement:
    direction: Direction
    certain: bool  # False with a direction: it looks like a change, and too little speaks for it
    needed: float  # the ratio that can be told from noise here
    leans: bool = False  # even the best processes differ by as much as is relevant
    reason: str = ""


def judge(ground: Ground, points: Sequence[Sighting]) -> Judgement:
    """Whether these points, in a row, lie on another level."""
    shift = median([point.value for point in points]) - ground.center
    direction = Direction.SLOWER if shift > 0 else Direction.FASTER
    best = median([point.best for point in points]) - ground.best
    fastest = median([point.fastest for point in points]) - ground.fastest
    effect = min(best, fastest) if direction is Direction.SLOWER else min(-best, -fastest)
    noise = _noise(ground, points)
    foreign = _foreign(ground, points, direction)
    least = max(_LOG_RELEVANT, noise, foreign)
    needed = ratio_of(least)
    leans = effect >= _LOG_RELEVANT
    if abs(shift) < _LOG_RELEVANT or effect <= max(DOUBT * noise, _LOG_RELEVANT):
        return Judgement(Direction.SAME, True, needed, leans)
    if effect >= least and _apart(ground, points, direction):
        return Judgement(direction, True, needed, leans)
    return Judgement(direction, False, needed, leans, _why(effect, noise, foreign, ground, points))


def _noise(ground: Ground, points: Sequence[Sighting]) -> float:
    noise = CERTAINTY * ground.scatter * math.sqrt(1 / len(points) + 1 / len(ground.points))
    known = all(point.bounded for point in (*points, *ground.points))
    return min(noise, math.log(PLAIN)) if known else noise


def _foreign(ground: Ground, points: Sequence[Sighting], direction: Direction) -> float:
    """What other processes explain: they slowed the new points down, or else the level."""
    if direction is Direction.SLOWER:
        return min(point.explained(ground.best, ground.slices) for point in points)
    best = median([point.best for point in points])
    return min(point.explained(best, ground.slices) for point in ground.points)


def _apart(ground: Ground, points: Sequence[Sighting], direction: Direction) -> bool:
    low, high = ground.bounds
    if len(points) > 1:
        low, high = trimmed_range([point.best for point in ground.points])
        lowest, highest = trimmed_range([point.best for point in points])
        return lowest > high if direction is Direction.SLOWER else highest < low
    return points[0].low > high if direction is Direction.SLOWER else points[0].high < low


def _why(effect: float, noise: float, foreign: float, ground: Ground, points: Sequence[Sighting]) -> str:
    if foreign > 0 and effect <= foreign:
        known = [point.foreign for point in (*points, *ground.points) if point.foreign is not None]
        beside = f"other processes used {max(each.cores for each in known):.1f} cores"
        if any(each.crowded for each in known):
            return f"{beside}, more than were free: its threads can have waited for them"
        return f"{beside}, which can explain up to {ratio_of(foreign):.2f}x"
    return too_little(effect, noise, len(ground.points))


def too_little(effect: float, noise: float, earlier: int) -> str:
    """Why a change is not believed that nothing but its own noise speaks against."""
    if effect < noise:
        return f"{telling(ratio_of(noise))}, {_points(earlier)}"
    return "its processes overlap with those measured before"


def ratio_of(logarithm: float) -> float:
    return math.exp(min(logarithm, _LARGEST))


def telling(ratio: float) -> str:
    """Which changes can be told from noise, in words; a huge ratio would only look like a finding."""
    if ratio >= UNSTEADY:
        return "too unsteady to be compared"
    return f"noise hides changes below {ratio:.2f}x"


def _points(count: int) -> str:
    return "with one earlier measurement" if count == 1 else f"with {count} earlier measurements"
