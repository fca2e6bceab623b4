"""Series that share commits, judged together: the machine's part is taken off, and parameters of a benchmark help out.

What the machine did to all is no change of the code (`machine`). What changes in the pooled series of a benchmark
changed in the benchmark; which of its parameters follow, each one shows. A change of one series alone needs more
evidence than one that several parameters share.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stallhorn.changes import machine
from stallhorn.changes.base import BENCHMARKS, NEAR, USUAL, Demand, Event, Step, Steps
from stallhorn.changes.machine import MEDIAN_ERROR, Machine
from stallhorn.changes.series import Floats, Integers, logarithms, undisturbed
from stallhorn.changes.steps import THREADS, find, noises, prepare

ALONE, ALONE_NEWEST = 2.5, 3.0  # log odds of a change that one series shows on its own; the same near the ends
SHARED = 2.0  # log odds of a change in the pooled series of a benchmark: its parameters share some of their noise
SUPPORTED = 0.0  # the same where a parameter shows the change on its own
HINTED = -3.0  # the same where several parameters show something, each too little on its own
BOTH = 0.5  # of their log odds that count beside those of the pooled series: they share some of their noise
SHARED_SIZE = 0.012  # the smallest change of a pooled series; some of its members move by more
START, START_ODDS = 10, 3.0  # a level of so few first points may be a new history warming up: that takes so much more
BLOCK = 4000  # series that are judged at once: memory
MEMBERS, POINTS = 2, 12  # that a pooled series needs
USUAL_NOISE = 0.002  # a quieter member counts for no more, ...
WEIGHT = 4.0  # ... nor for more than so many usual ones
SAME = 8  # points between a member's own change and its benchmark's that make them one
SIDE = 40  # points on either side that tell how far a member moved
LEAST_LEFT, LEAST_RIGHT = 3, 2  # points with which it can be told
WANDER = 1.3  # the variance of a level over that of independent noise
FOLLOW = 0.4  # how unevenly members move with their benchmark: standard deviation, relative to its change
CAP_WITH, CAP_STILL = 8.0, 18.0  # the most that a strange step may speak against moving with it, and against rest

# Changes told by two points, where a whole benchmark moves and little else does.
PAIR_MEMBERS = 3  # all of them must move, and so many must be there
PAIR_BASE = 10  # points before that tell what is usual
PAIR_CLEAR = 3.0  # times the noise, that of the benchmark and that of each member
PAIR_RARE = 1.2  # times what any two points in a row did before in the benchmark
PAIR_SIZE = 0.02  # the smallest change worth the haste
PAIR_OTHERS = 3.0  # times what the machine does in these nights, and what all but the liveliest benchmarks do:
PAIR_QUIET = 0.8  # so large a share of them
PAIR_ODDS = 4.0  # what is said of such a change: 98 %


@dataclass(frozen=True, slots=True)
class Judged:
    """What happened to series with common commits; places are columns."""

    steps: tuple[Steps, ...]
    events: tuple[Event, ...]


def judge(series: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    """The contract of `stallhorn.changes.detect`."""
    prepare(sum(len(one["values"]) for one in series))
    found: list[list[int]] = [[] for _ in series]
    projects: dict[str, list[int]] = {}
    single = []
    for number, one in enumerate(series):
        if one.get("project") is None:
            single.append(number)
        else:
            projects.setdefault(one["project"], []).append(number)
    pairs = [logarithms(series[number]["values"], series[number].get("weights")) for number in single]
    batch = find([x for x, _ in pairs])
    for place, number in enumerate(single):
        found[number] = pairs[place][1][batch.of(place)[0]].tolist()
    with ThreadPoolExecutor(THREADS) as pool:  # the loops let go of the interpreter
        judged = pool.map(lambda members: _of_project([series[number] for number in members]), projects.values())
        for members, places in zip(projects.values(), judged, strict=True):
            for number, own in zip(members, places, strict=True):
                found[number] = own
    return found


def _of_project(series: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    judged = judge_project(_rows(series), _groups(series), USUAL)
    return [[step.place for step in steps.found] for steps in judged.steps]


def _rows(series: Sequence[Mapping[str, Any]]) -> Floats:
    """One row of logarithms for each series; NaN where nothing was measured, or nothing positive."""
    rows = np.full((len(series), max(len(one["values"]) for one in series)), np.nan)
    for row, one in zip(rows, series, strict=True):
        values = undisturbed(one["values"], one.get("weights"))
        known = np.isfinite(values) & (np.nan_to_num(values) > 0)
        row[: len(values)][known] = np.log(values[known])
    return rows


def _groups(series: Sequence[Mapping[str, Any]]) -> list[str]:
    """The benchmark of each; a series without one is on its own."""
    named = [one.get("group") for one in series]
    return [f"group {group}" if group is not None else f"series {place}" for place, group in enumerate(named)]


def judge_project(values: Floats, groups: Sequence[str], demands: Sequence[Demand] | Demand) -> Judged:
    """The changes of series with common commits: `values` are logarithms, a row each, NaN where nothing was measured.

    `groups` name the benchmark of each row. Works in place; about a microsecond a point.
    """
    prepare(values.size)
    names, group = np.unique(np.array(groups), return_inverse=True)
    in_order = np.argsort(group, kind="stable")
    members = np.split(in_order, np.searchsorted(group[in_order], np.arange(1, len(names))))
    values -= machine.medians(values)[:, None]
    noise = machine.noises(values)
    found = machine.remove(values, noise, members)
    if found.mode.any():
        noise = machine.noises(values)
    asked = [demands] * len(values) if isinstance(demands, Demand) else list(demands)
    alone = {one: replace(one, hindsight=ALONE, tonight=ALONE_NEWEST) for one in set(asked)}
    own = _steps(list(values), [alone[one] for one in asked])
    told = [_Told(row, [s for s in one.found if s.place >= START or s.odds >= ALONE_NEWEST + START_ODDS])
            for row, one in zip(values, own, strict=True)]  # fmt: skip
    pooled = [_pooled(values[rows], noise[rows, None]) for rows in members]
    benchmarks = _Benchmarks(values, noise, members, told, pooled, found, asked)
    benchmarks.tell_shared()
    benchmarks.tell_newest()
    steps = tuple(
        Steps(tuple(_without_residue(one, found.events)), each.doubt) for one, each in zip(told, own, strict=True)
    )
    return Judged(steps, found.events)


def _steps(rows: Sequence[Floats], demands: Sequence[Demand] | Demand) -> list[Steps]:
    """The steps of rows with gaps, each on its own; places are columns."""
    found: list[Steps] = []
    for start in range(0, len(rows), BLOCK):
        some = slice(start, start + BLOCK)
        found += _steps_of_block(rows[some], demands if isinstance(demands, Demand) else demands[some])
    return found


def _steps_of_block(rows: Sequence[Floats], demands: Sequence[Demand] | Demand) -> Iterator[Steps]:
    known = [np.flatnonzero(np.isfinite(row)) for row in rows]
    batch = find([row[at] for row, at in zip(rows, known, strict=True)], demands)
    for number, at in enumerate(known):
        one = batch.steps(number)
        steps = tuple(replace(step, place=int(at[step.place])) for step in one.found)
        yield Steps(steps, None if one.doubt is None else replace(one.doubt, place=int(at[one.doubt.place])))


class _Told:
    """What is told of one row so far."""

    def __init__(self, row: Floats, steps: Sequence[Step]) -> None:
        self.row = row
        self.steps = list(steps)

    def edges(self, place: int) -> tuple[int, int]:
        """The nearest other changes before and after a place, no farther than SIDE."""
        other = [step.place for step in self.steps if abs(step.place - place) > SAME]
        low = max([place - SIDE, 0, *(one for one in other if one < place)])
        return low, min([place + SIDE, len(self.row), *(one for one in other if one > place)])

    def near(self, place: int) -> Step | None:
        return next((step for step in self.steps if abs(step.place - place) <= SAME), None)

    def put(self, step: Step) -> None:
        """In place of what was told near it, at the place that the benchmark shows."""
        own = [one.odds for one in self.steps if abs(one.place - step.place) <= SAME]
        kept = [one for one in self.steps if abs(one.place - step.place) > SAME]
        self.steps = sorted([*kept, replace(step, odds=max([step.odds, *own]))], key=lambda one: one.place)


def _without_residue(told: _Told, events: Sequence[Event]) -> list[Step]:
    """The steps but those where an event of the machine was, and what is left of it may be all that there is."""
    if not any(abs(step.place - event.place) <= NEAR for step in told.steps for event in events):
        return told.steps
    edges = [0, *(step.place for step in told.steps), len(told.row)]
    kept = []
    for number, step in enumerate(told.steps):
        low, high = max(edges[number], step.place - SIDE), min(edges[number + 2], step.place + SIDE)
        moved, _, _ = _moved(told.row, low, step.place, high)
        if not any(event.hides(step.place, moved) for event in events):
            kept.append(step)
    return kept


def _moved(row: Floats, low: int, place: int, high: int) -> tuple[float, int, int]:
    """The median of row[place:high] less that of row[low:place]; the points on either side."""
    left, right = row[low:place], row[place:high]
    left, right = left[np.isfinite(left)], right[np.isfinite(right)]
    if not len(left) or not len(right):
        return 0.0, len(left), len(right)
    return float(np.median(right) - np.median(left)), len(left), len(right)


def _pooled(values: Floats, noise: Floats) -> Floats:
    """The mean of a benchmark's rows, weighted by their noise; each is cut where it goes far from their median."""
    if len(values) < MEMBERS:
        return np.full(values.shape[1], np.nan)
    weights = 1 / np.maximum(noise, USUAL_NOISE) ** 2
    known = np.isfinite(values)
    weights = np.where(known, np.minimum(weights, WEIGHT * np.median(weights)), 0.0)
    middle = machine.medians(np.ascontiguousarray(values.T))
    reach = 3 * noise + 0.01
    cut = np.where(known, np.clip(values, middle - reach, middle + reach), 0.0)
    total = weights.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(total > 0, (cut * weights).sum(0) / total, np.nan)
    return found


@dataclass(frozen=True, slots=True)
class _Benchmarks:
    """The benchmarks of a project, and what is told of their parameters."""

    values: Floats
    noise: Floats
    members: Sequence[Integers]
    told: Sequence[_Told]
    pooled: Sequence[Floats]  # of each benchmark; NaN where it has too few members
    found: Machine
    asked: Sequence[Demand]

    def tell_shared(self) -> None:
        """Tell the members of each benchmark the changes of its pooled series."""
        every = zip(self.members, self.pooled, strict=True)
        pooled = [(rows, row) for rows, row in every if np.isfinite(row).sum() >= POINTS]
        demand = Demand(relevant=SHARED_SIZE, hindsight=HINTED, tonight=HINTED)
        found = [one.found for one in _steps([row for _, row in pooled], demand)]
        unsettled = [
            rows for (rows, _), steps in zip(pooled, found, strict=True) if any(one.odds < SHARED for one in steps)
        ]
        hints = self._hints(unsettled)
        for (rows, row), steps in zip(pooled, found, strict=True):
            shown = [step for step in steps if self._is_shown(rows, step, hints)]
            edges = [0, *(step.place for step in shown), len(row)]
            for number, step in enumerate(shown):
                low, high = max(edges[number], step.place - SIDE), min(edges[number + 2], step.place + SIDE)
                self._tell(rows, step, _moved(row, low, step.place, high)[0])

    def _hints(self, groups: Sequence[Integers]) -> dict[int, Sequence[Step]]:
        """What the rows of these benchmarks show on their own, however weak."""
        rows = [int(row) for group in groups for row in group]
        found = _steps([self.values[row] for row in rows], Demand(hindsight=0.0, tonight=0.0))
        return {row: one.found for row, one in zip(rows, found, strict=True)}

    def _is_shown(self, rows: Integers, step: Step, hints: Mapping[int, Sequence[Step]]) -> bool:
        if step.odds >= SUPPORTED and any(self.told[row].near(step.place) for row in rows):
            return True
        weak = [
            max((one.odds for one in hints.get(int(row), ()) if abs(one.place - step.place) <= SAME), default=0.0)
            for row in rows
        ]
        return step.odds + BOTH * sum(weak) >= SHARED + START_ODDS * (step.place < START)

    def _tell(self, rows: Integers, step: Step, size: float) -> None:
        if any(event.hides(step.place, size) for event in self.found.events):
            return
        steps, errors = self._moves(rows, step.place)
        for row, follows, moved in zip(rows, _followers(steps, errors, size), steps.tolist(), strict=True):
            relevant = abs(moved) >= self.asked[row].relevant / 2
            measured = step.place + np.flatnonzero(np.isfinite(self.values[row, step.place :]))
            lasted = len(measured) >= max(self.asked[row].tail, 1)
            if (follows and relevant and lasted) or self.told[row].near(step.place):
                self.told[row].put(replace(step, place=int(measured[0]) if len(measured) else step.place))

    def _moves(self, rows: Integers, place: int) -> tuple[Floats, Floats]:
        """How far each member moved there, up to its other changes, and the standard error of it; inf: not known."""
        steps, errors = np.zeros(len(rows)), np.full(len(rows), np.inf)
        for number, row in enumerate(rows):
            low, high = self.told[row].edges(place)
            moved, left, right = _moved(self.values[row], low, place, high)
            if left >= LEAST_LEFT and right >= LEAST_RIGHT:
                steps[number] = moved
                errors[number] = MEDIAN_ERROR * self.noise[row] * math.sqrt(WANDER / left + WANDER / right)
        return steps, errors

    def tell_newest(self) -> None:
        """Tell a change by two points, where all members of a benchmark move and little else does."""
        mode, width = np.abs(self.found.mode), self.values.shape[1]
        if len(self.members) < BENCHMARKS:
            return
        since = [max((step.place for row in rows for step in self.told[row].steps), default=0) for rows in self.members]
        pairs = [_newest_pair(row, first) for row, first in zip(self.pooled, since, strict=True)]
        others = float(np.quantile([abs(pair.moved) for pair in pairs], PAIR_QUIET, method="lower"))
        for members, row, first, pair in zip(self.members, self.pooled, since, pairs, strict=True):
            if len(members) < PAIR_MEMBERS or pair.count < PAIR_BASE or pair.place < width - NEAR:
                continue
            if any(self.asked[row].tail > USUAL.tail for row in members):  # more patience was asked for
                continue
            outside = PAIR_OTHERS * max(others, float(mode[pair.place :].max()))
            (noise,) = noises([row[np.isfinite(row)]])
            if abs(pair.moved) < max(PAIR_SIZE, PAIR_RARE * pair.before, outside, PAIR_CLEAR * noise):
                continue
            each = [_newest_pair(self.values[one], first).moved * np.sign(pair.moved) for one in members]
            if all(own > PAIR_CLEAR * self.noise[one] for one, own in zip(members, each, strict=True)):
                for one in members:
                    if len(measured := pair.place + np.flatnonzero(np.isfinite(self.values[one, pair.place :]))):
                        self.told[one].steps.append(Step(int(measured[0]), PAIR_ODDS))


def _followers(steps: Floats, errors: Floats, size: float) -> list[bool]:
    """Which members moved with their benchmark: by what each shows, and by how many of them do.

    A member that moved did so by the benchmark's size, give or take FOLLOW; one at rest shows its error alone. So a
    noisy one, which shows neither, goes with most of the others (empirical Bayes).
    """
    known = np.isfinite(errors)
    rest = np.where(known, errors, 1.0)
    wide = np.hypot(rest, FOLLOW * size)
    moved = -np.minimum(0.5 * ((steps - size) / wide) ** 2, CAP_WITH) - np.log(wide)
    still = -np.minimum(0.5 * (steps / rest) ** 2, CAP_STILL) - np.log(rest)
    odds, share = np.exp(moved - still), 0.5
    chance = np.zeros(len(steps))
    for _ in range(10):
        chance = np.where(known, odds * share / (odds * share + 1 - share), 0.0)
        share = float(chance.sum() + 0.5) / (len(steps) + 1)
    return [bool(one) for one in chance > 0.5]


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two newest points of a row."""

    place: int = -1  # of the older
    moved: float = 0.0  # the smaller of their steps off the usual level; 0 where they disagree
    before: float = 0.0  # the largest such step of any two points in a row before
    count: int = 0  # points before


def _newest_pair(row: Floats, first: int) -> _Pair:
    known = first + np.flatnonzero(np.isfinite(row[first:]))
    if len(known) < 3:
        return _Pair()
    away = row[known] - np.median(row[known[:-2]])
    one, two = float(away[-2]), float(away[-1])
    smaller = np.where(away[1:-2] * away[:-3] > 0, np.minimum(np.abs(away[1:-2]), np.abs(away[:-3])), 0.0)
    moved = (one if abs(one) < abs(two) else two) if one * two > 0 else 0.0
    return _Pair(int(known[-2]), moved, float(smaller.max(initial=0.0)), len(known) - 2)
