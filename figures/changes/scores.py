"""What detectors found against what was planted."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from figures.changes.detectors import Detector
from figures.changes.planted import Planted, Project

MARGIN = 5  # a change told at most so many points away is the planted one
HORIZON = 25  # nights in which a change is waited for
NEVER = HORIZON + 1  # the delay of one that was not found
CLEAR = 3.0  # sigma of a step that has to be found
FIRST_NIGHT = 15  # a replayed series has at least so many points
LOOKS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20)  # nights on which a project is looked at

Scores = dict[str, float]


@dataclass
class Tally:
    """Planted changes that were found and missed, and changes told that were not planted."""

    found: int = 0
    missed: int = 0
    false: int = 0
    series: int = 0

    def add(self, planted: Sequence[int], told: Sequence[int]) -> list[tuple[int, int]]:
        pairs = match(planted, told)
        self.found += len(pairs)
        self.missed += len(planted) - len(pairs)
        self.false += len(told) - len(pairs)
        self.series += 1
        return pairs

    @property
    def f1(self) -> float:
        return _share(2 * self.found, 2 * self.found + self.missed + self.false)

    @property
    def recall(self) -> float:
        return _share(self.found, self.found + self.missed)

    @property
    def false_per_1000(self) -> float:
        return 1000 * _share(self.false, self.series)


def match(planted: Sequence[int], told: Sequence[int], margin: int = MARGIN) -> list[tuple[int, int]]:
    """Pairs of a planted and a told change, each in one pair at most, the closest first."""
    near = sorted((abs(one - other), one, other) for one in planted for other in told if abs(one - other) <= margin)
    pairs: list[tuple[int, int]] = []
    for _, one, other in near:
        if all(one != used and other != taken for used, taken in pairs):
            pairs.append((one, other))
    return pairs


def ask(detector: Detector, series: Iterable[Planted]) -> list[list[int]]:
    """What is told of each, in order, without repetitions."""
    asked = [one.asked() for one in series]
    answer = detector(asked) if asked else []
    if len(answer) != len(asked):
        raise ValueError(f"the detector was given {len(asked)} series and answered for {len(answer)}")
    return [sorted({int(place) for place in told}) for told in answer]


def of_histories(detector: Detector, series: Sequence[Planted]) -> Scores:
    """Whole histories, looked at once."""
    every, upward, clear = Tally(), Tally(), Tally()
    quiet = {"healthy": Tally(), "hard": Tally(), "drifting": Tally()}
    kinds = {"healthy": "healthy", "gaps": "healthy", "outliers": "hard", "bimodal": "hard", "drift": "drifting"}
    for one, told in zip(series, ask(detector, series), strict=True):
        planted = [place for place, _ in one.changes]
        if one.kind in kinds:
            quiet[kinds[one.kind]].add(planted, told)
        if one.kind != "drift":
            every.add(planted, told)
        if one.kind == "step" and one.sigmas >= CLEAR:
            clear.add(planted, told)
        if one.kind not in ("multi", "revert", "drift"):
            rises = [place for place in told if rising(one.values, told, place)]
            upward.add([place for place, jump in one.changes if jump > 0], rises)
    false = {f"false alarms, {name}": tally.false_per_1000 for name, tally in quiet.items()}
    return {"F1, all": every.f1, "F1, regressions": upward.f1, "recall, 3 sigma": clear.recall, **false}


def rising(values: Sequence[float | None], told: Sequence[int], place: int) -> bool:
    """Whether the level from this change on, up to the next one told, is above the level before it."""
    edges = [0, *told, len(values)]
    at = bisect_right(told, place)
    before, after = (_level(values[start:stop]) for start, stop in ((edges[at - 1], place), (place, edges[at + 1])))
    return before is not None and after is not None and after > before


def of_nights(detector: Detector, stepped: Sequence[Planted], healthy: Sequence[Planted]) -> Scores:
    """Series that grow by a point a night, and are judged anew each night."""
    delays = _delays(detector, stepped)
    clear = [delay for delay, one in zip(delays, stepped, strict=True) if one.sigmas >= CLEAR]
    return {
        "nightly false alarms": 1000 * _share(_alarms(detector, healthy), len(healthy)),
        "delay, median": float(statistics.median(delays)),
        "delay, mean": statistics.fmean(delays),
        "3 sigma within 3": _share(sum(delay <= 3 for delay in clear), len(clear)),
    }


def _delays(detector: Detector, stepped: Sequence[Planted]) -> list[int]:
    """The night on which each change is first told; the first is that of its first point."""
    nights = [(one, night) for one in stepped for night in range(1, HORIZON + 1)]
    told = ask(detector, (one.upto(one.changes[0][0] + night) for one, night in nights))
    delays = dict.fromkeys(range(len(stepped)), NEVER)
    for at, ((one, night), places) in enumerate(zip(nights, told, strict=True)):
        if match([one.changes[0][0]], places):
            delays[at // HORIZON] = min(night, delays[at // HORIZON])
    return list(delays.values())


def _alarms(detector: Detector, healthy: Sequence[Planted]) -> int:
    """Distinct false alarms: one that comes again at the same place of a series, within the margin, counts once."""
    nights = [
        (number, count) for number, one in enumerate(healthy) for count in range(FIRST_NIGHT, len(one.values) + 1)
    ]
    seen: list[list[int]] = [[] for _ in healthy]
    for (number, _), told in zip(nights, ask(detector, (healthy[at].upto(n) for at, n in nights)), strict=True):
        seen[number] += [place for place in told if all(abs(place - other) > MARGIN for other in seen[number])]
    return sum(map(len, seen))


def of_projects(detector: Detector, projects: Sequence[Project]) -> Scores:
    """Whole projects: code changes of one benchmark count, whatever else is told is a false alarm."""
    every, machine, small = Tally(), Tally(), Tally()
    delays: list[int] = []
    for project in projects:
        for one, told in zip(project.series, ask(detector, project.series), strict=True):
            planted = [place for place, _ in one.changes]
            every.add(planted, told)
            if project.machine is not None:
                machine.add(planted, told)
            if one.size == 0.03:
                small.add(planted, told)
        delays += _project_delays(detector, project)
    return {
        "projects, F1": every.f1,
        "projects, false alarms": machine.false_per_1000,
        "projects, delay": statistics.fmean(delays) if delays else math.nan,
        "projects, recall of 3 %": small.recall,
    }


def _project_delays(detector: Detector, project: Project) -> list[int]:
    """Of each series that the code change hit."""
    if project.code is None:
        return []
    delays = [NEVER if one.changes else 0 for one in project.series]
    for night in LOOKS:
        told = ask(detector, [one.upto(project.code + night) for one in project.series])
        for at, one in enumerate(project.series):
            if delays[at] == NEVER and match([place for place, _ in one.changes], told[at]):
                delays[at] = night
    return [delay for delay in delays if delay]


def _level(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
