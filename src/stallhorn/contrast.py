"""Two sides set against each other, series by series: commits, environments, backends or machines. Pure.

Series are matched by everything that the sides do not fix. What is said of a pair, on logarithms of its two values:

1. Its ratio has a 99 % interval: from the intervals of both values (Zou and Donner's way for a difference, Statistics
   in Medicine 27, 2008), and, where the history has `LONG` measurements or more, not narrower than what the series
   scatters from one measurement to the next: neighbouring nights differ by more than the samples of one.
2. It is relevant where the values differ by a factor of `RELEVANT` or more.
3. It is significant where the interval from both values excludes 1, and the difference is `CERTAINTY` times that
   scatter or more (`PLAIN` is always enough in a shorter history). Of ten thousand pairs, a hundred are outside of a
   99 % interval by chance: a lucky pair is no finding.
4. Slower or faster is what is both. What is relevant and nearly significant is too noisy to say. All else is the same.

This is the rule of `changes.rule` for a pair of points, without what is known about single processes; `stallhorn check`
judges a commit by all measurements around it. `static/contrast.js` is the same rule for the page, held to this one by
a test.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stallhorn.changes.rule import CERTAINTY, DOUBT, PRIOR, PRIOR_ALONE, PRIOR_WEIGHT, RELEVANT
from stallhorn.model import Benchmark, Direction, History, Series, Status
from stallhorn.model.points import STATUSES, Columns, Points, columns_of, measured_commits
from stallhorn.sweeps.roles import Roles, families, roles

LONG = 12  # measurements from which a history tells its own noise
PLAIN = 3.0  # more is never put down to the noise of a short history, which takes its own changes for noise
WINDOW = 100  # the newest measurements of a series, which its noise is taken from
NORMAL_99 = 2.5758  # standard deviations
_T_99 = (63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250)  # Student's, for 1 to 9 degrees of freedom
_FEW = 3  # benchmarks, from which it can be told how much benchmarks differ
_QUANTILES = ((0.5, 0.6745), (0.85, 1.4395), (0.95, 1.96))  # of sizes; the same of a normal distribution
_TELLING = 40  # differences, from which the outermost of these is more than one of them

RULE = {"certainty": CERTAINTY, "doubt": DOUBT, "relevant": RELEVANT, "normal": NORMAL_99, "plain": PLAIN}  # of a pair

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
Noise = tuple[Numbers, NDArray[np.bool_]]  # of series: `scatter`


class Outcome(StrEnum):
    """What is said of a pair, in the words of the standings of series."""

    SLOWER = "slower"
    FASTER = "faster"
    UNCLEAR = "too noisy to say"
    SAME = "within noise"
    NONE = "not comparable"


OUTCOMES = tuple(Outcome)  # arrays of outcomes hold places in this tuple
_PLACE = {outcome: place for place, outcome in enumerate(OUTCOMES)}


@dataclass(frozen=True, slots=True)
class Side:
    """What is compared; "" = not fixed."""

    commit: str = ""  # the full hash
    environment: str = ""
    backend: str = ""
    machine: str = ""

    def __str__(self) -> str:
        named = (("env", self.environment), ("backend", self.backend), ("machine", self.machine))
        return ",".join([self.commit[:8]] * bool(self.commit) + [f"{what}:{name}" for what, name in named if name])


AXES = ("commit", "environment", "backend", "machine")


@dataclass(frozen=True, slots=True)
class Summary:
    """The pairs together."""

    counts: Mapping[Outcome, int]
    mean: float | None  # geometric mean of the ratios, above 1 where the second side is worse; None of no pair
    low: float | None  # its 99 % interval, from what benchmarks differ among each other; None of one or two
    high: float | None
    worst: int | None  # the pair that became slower by most
    best: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """All pairs, as columns; a place in `history.series` of -1 stands for a series that the side does not have."""

    one: Side
    other: Side
    firsts: Places
    seconds: Places
    before: Numbers  # of the first side: value, low, high; NaN = not measured
    after: Numbers
    ratios: Numbers  # second over first side
    lows: Numbers
    highs: Numbers
    needed: Numbers  # the ratio from which a difference is significant here
    worse: NDArray[np.float64]  # 1.0 where a larger value is worse, -1.0 where it is better
    significant: NDArray[np.bool_]
    relevant: NDArray[np.bool_]
    outcomes: NDArray[np.uint8]
    reasons: Mapping[int, str]  # of pairs: why they are not comparable
    summary: Summary

    def __len__(self) -> int:
        return len(self.firsts)

    def place(self, pair: int) -> int:
        """The series that a pair is named after."""
        return int(self.firsts[pair] if self.firsts[pair] >= 0 else self.seconds[pair])

    def outcome(self, pair: int) -> Outcome:
        return OUTCOMES[int(self.outcomes[pair])]

    def effects(self) -> Numbers:
        """Logarithms of the ratios, above 0 where the second side is worse."""
        return np.asarray(np.log(self.ratios) * self.worse)

    def of(self, outcome: Outcome) -> list[int]:
        """The pairs of one outcome, the largest difference first."""
        found = np.flatnonzero(self.outcomes == _PLACE[outcome])
        sizes = np.nan_to_num(np.abs(self.effects()[found]))
        return [int(pair) for pair in found[np.argsort(-sizes, kind="stable")]]


def differing(one: Side, other: Side) -> tuple[str, ...]:
    """The axes in which two sides differ."""
    return tuple(axis for axis in AXES if getattr(one, axis) != getattr(other, axis))


def completed(history: History, one: Side, other: Side) -> tuple[Side, Side]:
    """Both sides with a commit, and with what only one of them named.

    What one side names and the other does not holds for both. Where neither names a commit, it is the newest at which
    both have values; a side has none where there is no such commit.
    """
    shared = {axis: getattr(one, axis) or getattr(other, axis) for axis in AXES}
    one, other = (
        replace(side, **{axis: name for axis, name in shared.items() if not getattr(side, axis)})
        for side in (one, other)
    )
    if shared["commit"]:
        return one, other
    facts = Facts(history)
    common = facts.measured(one) & facts.measured(other)
    newest = next((each.commit for each in reversed(history.revisions) if each.commit in common), "")
    return replace(one, commit=newest), replace(other, commit=newest)


class Facts:
    """What is looked up about the series of a history, once."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.roles: dict[str, Roles] = {}
        for series in history.series:
            name = series.key.benchmark
            if name not in self.roles:
                known = history.benchmarks.get(name) or Benchmark(name, "", "", "")
                self.roles[name] = roles(known, history.project.roles)
        self._families: dict[str, str] | None = None

    def backend(self, series: Series) -> str:
        """The backend of a series; "" where its benchmark has none."""
        name = self.roles[series.key.benchmark].backend
        return (series.key.parameters.get(name) or "") if name else ""

    def across_backends(self, series: Series) -> tuple[object, ...]:
        """What series share that differ in the backend alone, also where each backend has a benchmark of its own."""
        if self._families is None:
            self._families = family_of(self.history)
        benchmark, *rest = self.roles[series.key.benchmark].place_of(series.key, "backend")[:2]
        return self._families.get(str(benchmark), benchmark), *rest

    def chosen(self, side: Side) -> list[int]:
        """The places of the series that a side has."""
        return [
            place
            for place, series in enumerate(self.history.series)
            if (not side.environment or series.key.environment == side.environment)
            and (not side.machine or series.key.machine == side.machine)
            and (not side.backend or self.backend(series) == side.backend)
        ]

    def measured(self, side: Side) -> set[str]:
        """The commits at which a side has a value."""
        places = self.chosen(replace(side, commit=""))
        return measured_commits((self.history.series[place] for place in places), ok=True)

    def pairs(self, one: Side, other: Side) -> tuple[list[int], list[int]]:
        """Series of both sides that belong together; -1 for one that has no counterpart."""
        free = set(differing(one, other)) - {"commit"}
        firsts, seconds = self.chosen(one), self.chosen(other)
        if not free:
            return firsts, seconds
        name = self._naming(free)
        counterparts: dict[object, int] = {}
        for place in seconds:
            counterparts.setdefault(name(self.history.series[place]), place)
        left, right, seen = [], [], set()
        for place in firsts:
            key = name(self.history.series[place])
            seen.add(key)
            left.append(place)
            right.append(counterparts.get(key, -1))
        alone = [place for key, place in counterparts.items() if key not in seen]
        return [*left, *[-1] * len(alone)], [*right, *alone]

    def _naming(self, free: set[str]) -> Callable[[Series], object]:
        def name(series: Series) -> object:
            key = series.key
            what = self.across_backends(series) if "backend" in free else (key.benchmark, key.parameters)
            where = "" if "environment" in free else key.environment, "" if "machine" in free else key.machine
            return what, where

        return name


def family_of(history: History) -> dict[str, str]:
    """The family of each benchmark that has a backend."""
    alike: dict[tuple[object, ...], dict[str, Benchmark]] = {}
    said = history.project.roles
    for name, benchmark in history.benchmarks.items():
        if roles(benchmark, said).backend:
            place = name.partition(".")[0], name.rpartition(".")[2], benchmark.param_names
            alike.setdefault(place, {})[name] = benchmark
    return {
        name: family.name for group in alike.values() for family in families(group, said) for name in family.benchmarks
    }


def contrast(
    history: History, one: Side, other: Side, only: frozenset[int] | None = None, noise: Noise | None = None
) -> Contrast:
    """Both sides, each with its commit (`completed`), series by series; `only` these places in `history.series`.

    `noise` is the `scatter` of all series, where it is known already. A pair of which neither side was ever tried
    there, or both were skipped, is left out.
    """
    facts = Facts(history)
    firsts, seconds = facts.pairs(one, other)
    before, after = _Look(history.series, one.commit), _Look(history.series, other.commit)
    kept: list[tuple[int, int]] = []
    rows: list[tuple[float, ...]] = []
    reasons: dict[int, str] = {}
    for first, second in zip(firsts, seconds, strict=True):
        if only is not None and first not in only and second not in only:
            continue
        left, right = before.at(first), after.at(second)
        if left[0] is Status.OK is right[0]:
            why = _incomparable(history.series[first], history.series[second], left, right)
        elif {left[0], right[0]} <= {None, Status.SKIPPED}:
            continue
        else:
            why = _unmeasured(first, left[0], "A", "B") or _unmeasured(second, right[0], "B", "A")
        if why:
            reasons[len(kept)] = why
        kept.append((first, second))
        rows.append((*left[1:], *right[1:]))
    places = np.array(kept, dtype=np.int64).reshape(-1, 2)
    values = np.array(rows, dtype=np.float64).reshape(-1, 6)
    return _judged(history, one, other, places, values, reasons, noise)


_Found = tuple[Status | None, float, float, float]
_NOTHING: _Found = (None, math.nan, math.nan, math.nan)


class _Look:
    """The measurement of each series at one commit."""

    def __init__(self, series: Sequence[Series], commit: str) -> None:
        self._series = series
        self._commit = commit
        self._guess = 0  # where it was in the series before: most have the same commits

    def at(self, place: int) -> _Found:
        if place < 0:
            return _NOTHING
        columns = columns_of(self._series[place].points)
        commits, point = columns.commits, self._guess
        if point >= len(commits) or commits[point] != self._commit:
            try:
                self._guess = point = commits.index(self._commit)
            except ValueError:
                return _NOTHING
        return STATUSES[columns.statuses[point]], columns.values[point], columns.lows[point], columns.highs[point]


def _unmeasured(place: int, status: Status | None, side: str, opposite: str) -> str:
    """Why a side has no value; "" where it has one."""
    if place < 0:
        return f"no such series in {side}"
    if status is Status.OK:
        return ""
    return f"not measured in {side}" if status is None else f"{status.value} in {side}"


def _incomparable(first: Series, second: Series, left: _Found, right: _Found) -> str:
    """Why two values cannot be compared; "" where they can."""
    if first.unit != second.unit:
        return f"the units differ: {first.unit} and {second.unit}"
    if first.key.benchmark == second.key.benchmark and version_of(first) != version_of(second):
        return "another version of the benchmark"
    return "" if left[1] > 0 and right[1] > 0 else "a value that is not positive has no ratio"


def version_of(series: Series) -> str:
    """The version of the benchmark that a series was measured with: the newest that is known."""
    if isinstance(series.points, Points):
        return series.points.version
    return next((point.version for point in reversed(series.points) if point.version), "")


def _judged(
    history: History,
    one: Side,
    other: Side,
    places: Places,
    values: Numbers,
    reasons: Mapping[int, str],
    noise: Noise | None,
) -> Contrast:
    usable = np.ones(len(places), dtype=bool)
    usable[list(reasons)] = False
    scattered, long = noise or _scatter_of(history.series, places[usable])
    named = [history.series[max(pair)] for pair in places.tolist()]
    worse = np.array([-1.0 if each.rising is Direction.FASTER else 1.0 for each in named])
    exact = np.array([each.is_counted for each in named], dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = (np.log(values[:, start : start + 3]) for start in (0, 3))
        before[~usable], after[~usable] = math.nan, math.nan
        first, second = scattered[places[:, 0]], scattered[places[:, 1]]
        spread = np.where(exact, 0.0, np.hypot(first, second))
        known = long[places[:, 0]] & long[places[:, 1]] & ~exact
        effect, down, up, needed, separate = _apart(before, after, spread, known)
    needed = np.where(exact, 0.0, needed)
    least = np.where(exact, 1e-12, math.log(RELEVANT))
    size = np.abs(effect)
    relevant = usable & (size >= least)
    significant = usable & (size >= np.maximum(needed, 1e-12)) & (separate | exact)
    nearly = relevant & ~significant & (size > DOUBT * needed)
    outcomes = np.full(len(places), _PLACE[Outcome.NONE], dtype=np.uint8)
    outcomes[usable] = _PLACE[Outcome.SAME]
    outcomes[nearly] = _PLACE[Outcome.UNCLEAR]
    outcomes[relevant & significant & (effect * worse > 0)] = _PLACE[Outcome.SLOWER]
    outcomes[relevant & significant & (effect * worse < 0)] = _PLACE[Outcome.FASTER]
    names = [each.key.benchmark for each in named]
    return Contrast(
        one,
        other,
        places[:, 0],
        places[:, 1],
        values[:, :3],
        values[:, 3:],
        np.exp(effect),
        np.exp(effect - down),
        np.exp(effect + up),
        np.exp(needed),
        worse,
        significant,
        relevant,
        outcomes,
        reasons,
        _summary(effect * worse, outcomes, names),
    )


def _scatter_of(series: Sequence[Series], places: Places) -> Noise:
    """The scatter of the series at these places, 0 of all others."""
    involved = sorted({int(place) for place in places.ravel()})
    noise, long = np.zeros(len(series)), np.zeros(len(series), dtype=bool)
    noise[involved], long[involved] = scatter([series[place] for place in involved])
    return noise, long


def _apart(
    before: Numbers, after: Numbers, spread: Numbers, known: NDArray[np.bool_]
) -> tuple[Numbers, Numbers, Numbers, Numbers, NDArray[np.bool_]]:
    """The difference of logarithms, how far its interval reaches down and up, what is needed, and whether 0 is outside.

    The columns of `before` and `after` are value, low and high. A value without an interval adds nothing to it.
    """
    effect = after[:, 0] - before[:, 0]
    down = np.hypot(after[:, 0] - after[:, 1], before[:, 2] - before[:, 0])
    up = np.hypot(after[:, 2] - after[:, 0], before[:, 0] - before[:, 1])
    unbounded = np.isnan(down) | np.isnan(up)
    separate = unbounded | (effect - down > 0) | (effect + up < 0)
    usual = np.where(known, NORMAL_99 * spread, math.nan)
    needed = np.where(known | unbounded, CERTAINTY * spread, np.minimum(CERTAINTY * spread, math.log(PLAIN)))
    return effect, np.fmax(down, usual), np.fmax(up, usual), needed, separate


def scatter(series: Sequence[Series]) -> Noise:
    """What each series scatters from one measurement to the next, and whether its history is long enough to know that.

    Standard deviations of logarithms: the largest of some estimates from the differences of neighbours and of second
    neighbours, which changes of level hardly move, taken together with what is usual.
    """
    usual, own = np.empty(len(series)), np.zeros(len(series))
    counts = np.zeros(len(series))
    by_length: dict[int, list[tuple[int, Any]]] = {}
    for place, each in enumerate(series):
        columns = columns_of(each.points)
        values = usable_values(columns)
        counts[place] = len(values)
        usual[place] = PRIOR if len(values) >= LONG or _knows_processes(each) else PRIOR_ALONE
        by_length.setdefault(len(values), []).append((place, values))
    for length, group in by_length.items():
        if length > 2:
            logs = np.log(np.stack([values for _, values in group]))
            steps = [np.abs(logs[:, apart:] - logs[:, :-apart]) for apart in ((1, 2) if length >= LONG else (1,))]
            own[[place for place, _ in group]] = np.max([_deviation(each) for each in steps], axis=0)
    together = np.sqrt((PRIOR_WEIGHT * usual**2 + counts * own**2) / (PRIOR_WEIGHT + counts))
    return np.asarray(np.round(together, 5), dtype=np.float64), counts >= LONG


def _deviation(steps: Numbers) -> Numbers:
    """The standard deviation behind the sizes of differences (rows), by several of their quantiles.

    The median alone is blind for a series that jumps between two speeds now and then, and for wild nights. Of a few
    differences, one may be the change that is asked about: there it has to do.
    """
    count = steps.shape[1]
    quantiles = _QUANTILES[: 3 if count >= _TELLING else 2 if count >= LONG - 1 else 1]
    at = [int(share * (count - 1)) for share, _ in quantiles]
    ordered = np.partition(steps, sorted(set(at)), axis=1)
    widths = [ordered[:, place] / width for place, (_, width) in zip(at, quantiles, strict=True)]
    return np.asarray(np.max(widths, axis=0) / math.sqrt(2))


def usable_values(columns: Columns) -> Numbers:
    """The newest values that have a logarithm."""
    values = np.asarray(columns.values, dtype=np.float64)[-WINDOW:]
    return np.asarray(values[values > 0])  # NaN is not


def _knows_processes(series: Series) -> bool:
    if isinstance(series.points, Points):
        return bool(series.points.known)
    return any(point.samples for point in series.points[-1:])


def _summary(effects: Numbers, outcomes: NDArray[np.uint8], names: Sequence[str]) -> Summary:
    counts = np.bincount(outcomes, minlength=len(OUTCOMES))
    mean, reach = geometric_mean(effects, names)
    worst = _most(effects, outcomes == _PLACE[Outcome.SLOWER])
    best = _most(-effects, outcomes == _PLACE[Outcome.FASTER])
    return Summary(
        {outcome: int(counts[place]) for place, outcome in enumerate(OUTCOMES)},
        None if mean is None else math.exp(mean),
        None if mean is None or reach is None else math.exp(mean - reach),
        None if mean is None or reach is None else math.exp(mean + reach),
        worst,
        best,
    )


def geometric_mean(effects: Numbers, names: Sequence[str]) -> tuple[float | None, float | None]:
    """The mean of logarithms, and how far its 99 % interval reaches; the series of one benchmark move together."""
    known = np.flatnonzero(~np.isnan(effects))
    if not len(known):
        return None, None
    mean = float(effects[known].mean())
    sums: dict[str, float] = {}
    for place, each in zip(known.tolist(), (effects[known] - mean).tolist(), strict=True):
        sums[names[place]] = sums.get(names[place], 0.0) + each
    groups = len(sums)
    if groups < _FEW:
        return mean, None
    error = math.sqrt(sum(each**2 for each in sums.values()) * groups / (groups - 1)) / len(known)
    return mean, error * student_99(groups - 1)


def student_99(degrees: int) -> float:
    """Half of the 99 % interval of Student's distribution, to one part in two hundred."""
    if degrees <= len(_T_99):
        return _T_99[degrees - 1]
    z = NORMAL_99
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)


def _most(effects: Numbers, among: NDArray[np.bool_]) -> int | None:
    found = np.flatnonzero(among)
    return int(found[np.argmax(effects[found])]) if len(found) else None
