"""What was found in one night, in the form that alarms are compared with. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from stallhorn.changes.base import is_usable
from stallhorn.changes.remeasured import Outcome, Settled, settle
from stallhorn.model import Change, ChangePoint, Direction, Kind, Measurement, Report, Series, Suspicion
from stallhorn.model.alarm import Alarm
from stallhorn.model.identity import series_id
from stallhorn.model.visits import repeats
from stallhorn.stats import median

NEAR = 3  # measured commits that a change may move between two nights and still be the same event
TOLD = (Direction.SLOWER, Direction.FASTER)


@dataclass(frozen=True)
class Night:
    """One machine's results, with what was found in them: the newest measured commit names the night."""

    machine: str
    newest: str
    when: str  # ISO
    commits: tuple[str, ...]  # at which something has a point on this machine, oldest first
    changes: tuple[Change, ...]
    suspicions: tuple[Suspicion, ...]
    series: Mapping[str, Series]  # of this machine, by id
    relevant: float = 0.02
    _remeasured: dict[str, tuple[Measurement, ...]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Commits by their order."""
        return {commit: place for place, commit in enumerate(self.commits)}

    def first_at(self, series: Series, commit: str) -> int:
        """Position of the series' first point at this commit or after it; its length if there is none."""
        start = self.places.get(commit, len(self.commits))
        return bisect_left(series.points, start, key=lambda point: self.places[point.commit])

    def settled(
        self, ids: Iterable[str], last: str, first: str, direction: Direction, ratio: float | None
    ) -> Settled | None:
        """What measuring again says of a change between two commits; None where too little was measured again."""
        size = factor(ratio or 1.0)
        found = [
            self._settled(each, last, first, size if self.series[each].rising is direction else 1 / size)
            for each in ids
            if each in self.series
        ]
        votes = [each for each in found if each is not None and each.outcome is not Outcome.OPEN]
        changed = [each for each in votes if each.outcome is Outcome.CHANGED]
        same = [each for each in votes if each.outcome is Outcome.SAME]
        if len(changed) == len(same):
            return None
        return max(changed if len(changed) > len(same) else same, key=lambda each: each.visits)

    def _settled(self, identity: str, last: str, first: str, ratio: float) -> Settled | None:
        """Between the newest points on both sides that were measured again."""
        again = self._again(identity)
        if len(again) < 2:
            return None
        start, end = self.places.get(first, len(self.commits)), self.places.get(last, -1)
        old = [point for point in again if self.places[point.commit] <= end]
        new = [point for point in again if self.places[point.commit] >= start]
        return settle(old[-1], new[-1], ratio, self.relevant) if old and new else None

    def _again(self, identity: str) -> tuple[Measurement, ...]:
        """The points of a series that were measured again."""
        if identity not in self._remeasured:
            points = self.series[identity].points
            self._remeasured[identity] = tuple(point for point in points if repeats(point) > 1)
        return self._remeasured[identity]


def night_of(report: Report, machine: str, when: str, relevant: float = 0.02) -> Night | None:
    """The night of one machine, from a report about its whole history; None where nothing is measured."""
    series = {series_id(each.key): each for each in report.history.series if each.key.machine == machine}
    tried = {point.commit for each in series.values() for point in each.points}
    measured = {point.commit for each in series.values() for point in each.points if point.value is not None}
    commits = tuple(each.commit for each in report.history.revisions if each.commit in tried)
    newest = next((commit for commit in reversed(commits) if commit in measured), None)
    if newest is None:
        return None
    return Night(machine, newest, when, commits, report.changes, report.suspicions, series, relevant)


@dataclass(frozen=True, slots=True)
class Sight:
    """A change, or a suspicion, of one night on one machine."""

    direction: Direction
    last: str
    first: str
    ratio: float | None
    low: float | None
    high: float | None
    series: tuple[str, ...]
    confidence: float
    behind: int
    reason: str = ""  # of a suspicion: what is missing
    is_told: bool = True
    settled: Settled | None = None

    @property
    def is_proven(self) -> bool:
        """Whether it is told as a change, or measuring again has shown that it is one."""
        return self.is_told or self.is_remeasured

    @property
    def is_remeasured(self) -> bool:
        return self.settled is not None and self.settled.outcome is Outcome.CHANGED

    @property
    def is_refuted(self) -> bool:
        return self.settled is not None and self.settled.outcome is Outcome.SAME


def sights(night: Night) -> tuple[Sight, ...]:
    """Changes of code, then suspicions that are not part of one, without those that measuring again refutes."""
    changes = [
        found
        for change in night.changes
        if change.kind is Kind.CODE and change.direction in TOLD and (found := _of_change(change, night)) is not None
    ]
    known = {(each.first, each.direction) for each in changes}
    pools: dict[tuple[str, Direction], list[Suspicion]] = {}
    for each in night.suspicions:
        at = each.first, each.direction
        if each.key.machine == night.machine and each.direction in TOLD and at not in known:
            pools.setdefault(at, []).append(each)
    both = [*changes, *(_of_suspicions(each, night) for each in pools.values())]
    return tuple(each for each in both if not each.is_refuted)


def factor(ratio: float) -> float:
    """How much it is, whichever way."""
    return max(ratio, 1 / ratio) if ratio > 0 else 1.0


def _toward(size: float, direction: Direction) -> float:
    """As a ratio that is above 1 where it became worse."""
    return size if direction is Direction.SLOWER else 1 / size


def points_of(change: Change, machine: str) -> tuple[ChangePoint, ...]:
    return tuple(point for point in change.points if point.key.machine == machine)


def _of_change(change: Change, night: Night) -> Sight | None:
    """None for a change of another machine."""
    points = points_of(change, night.machine)
    if not points:
        return None
    ids = tuple(sorted(series_id(point.key) for point in points))
    last, first = change.last.commit, change.first.commit
    sizes = [factor(point.ratio) for point in points if point.ratio]
    ratio = change.ratio
    if ratio is None and sizes:
        ratio = _toward(median(sizes), change.direction)
    behind = max(_behind(point, night) for point in points)
    settled = night.settled(ids, last, first, change.direction, ratio)
    return Sight(
        change.direction,
        *(last, first, ratio, change.low, change.high, ids, change.confidence, behind),
        settled=settled,
    )


def _of_suspicions(group: Sequence[Suspicion], night: Night) -> Sight:
    best = max(group, key=lambda each: (each.confidence, each.key))
    ids = tuple(sorted({series_id(each.key) for each in group}))
    last = max((each.last for each in group), key=lambda commit: night.places.get(commit, -1))
    ratio = _toward(median([factor(each.ratio) for each in group]), best.direction)
    behind = max(_measured(night, each, best.first, None) for each in ids)
    settled = night.settled(ids, last, best.first, best.direction, ratio)
    return Sight(
        best.direction,
        *(last, best.first, ratio, None, None, ids, best.confidence, behind, best.reason, False, settled),
    )


def _behind(point: ChangePoint, night: Night) -> int:
    length = point.after.stop - point.after.start
    return _measured(night, series_id(point.key), point.first, length)


def _measured(night: Night, identity: str, first: str, length: int | None) -> int:
    """How many times the new level was measured."""
    series = night.series.get(identity)
    if series is None:
        return 0
    start = night.first_at(series, first)
    level: Sequence[Measurement] = series.points[start : None if length is None else start + length]
    return sum(repeats(point) for point in level if is_usable(point, series.is_counted))


def matched(known: Sequence[Alarm], found: Sequence[Sight], night: Night) -> dict[int, int]:
    """Which alarm each of the sights is, by their places; what belongs to none is left out.

    The same machine, direction and a common series are needed, and commit ranges that share a commit, or lie at most
    `NEAR` measured commits apart. Changes choose before suspicions, the same range before a moved one, open alarms
    before withdrawn ones.
    """
    candidates = sorted(
        (*rank, -len(set(alarm.series) & set(sight.series)), place, index)
        for place, sight in enumerate(found)
        for index, alarm in enumerate(known)
        if (rank := _rank(alarm, sight, night)) is not None
    )
    pairs: dict[int, int] = {}
    for *_, place, index in candidates:
        if place not in pairs and index not in pairs.values():
            pairs[place] = index
    return pairs


def _rank(alarm: Alarm, sight: Sight, night: Night) -> tuple[bool, int, int] | None:
    """How well the two fit, the best first; None if they are not the same event."""
    if alarm.machine != night.machine or alarm.direction is not sight.direction:
        return None
    if set(alarm.series).isdisjoint(sight.series):
        return None
    apart = distance((alarm.last, alarm.first), (sight.last, sight.first), night.places)
    if apart is None or apart > (NEAR if alarm.is_open else 0):
        return None
    same = (alarm.last, alarm.first) == (sight.last, sight.first)
    quality = 0 if same and alarm.is_open else 1 if alarm.is_open and apart == 0 else 2 if apart == 0 else 3
    return not sight.is_told, quality, apart


def distance(one: tuple[str, str], other: tuple[str, str], places: Mapping[str, int]) -> int | None:
    """Measured commits between two ranges (last with the old level, first with the new); 0 where they share one.

    None where a commit of them is no longer measured, unless they are the same.
    """
    if one == other:
        return 0
    if not {*one, *other} <= places.keys():
        return None
    last, first = max(places[one[0]], places[other[0]]), min(places[one[1]], places[other[1]])
    return max(0, last - first)
