"""What the probe saw at both sides of changes, looked up once for a whole report. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stallhorn.model import DISTURBED, Change, ChangePoint, Observation, Report, SeriesKey, Status
from stallhorn.pitfalls.base import Facts

LOOKED = 12  # series of a change, the worst, whose records are compared


@dataclass(frozen=True, slots=True)
class Sides:
    """One series of a change: what was seen at the last commit with the old level, and at the first with the new."""

    point: ChangePoint
    before: Facts | None  # None: no record
    after: Facts | None


class SeenAt:
    """The records of the series and commits that changes are about."""

    def __init__(self, report: Report, changes: Iterable[Change]) -> None:
        wanted: dict[str, set[SeriesKey]] = {}
        for change in changes:
            for point in change.points[:LOOKED]:
                for commit in (point.last, point.first):
                    wanted.setdefault(commit, set()).add(point.key)
        self._found: dict[tuple[SeriesKey, str], list[Observation]] = {}
        for each in report.history.observations:
            if each.commit in wanted and each.key in wanted[each.commit]:
                self._found.setdefault((each.key, each.commit), []).append(each)

    def at(self, key: SeriesKey, commit: str) -> Facts | None:
        """The record that stands for all: it went well, has made the extra call, and was left alone."""
        chosen = min(self._found.get((key, commit), ()), key=_rank, default=None)
        return None if chosen is None or chosen.status is Status.SKIPPED else Facts(chosen.facts)

    def sides(self, change: Change) -> Sequence[Sides]:
        """The worst series of a change, as far as they are looked at."""
        return [
            Sides(point, self.at(point.key, point.last), self.at(point.key, point.first))
            for point in change.points[:LOOKED]
        ]


def is_disturbed(facts: Facts) -> bool:
    """Whether other programs used the machine meanwhile."""
    return (facts.number("sampling.foreign_load") or 0.0) > DISTURBED


def _rank(each: Observation) -> tuple[bool, bool, float]:
    load = Facts(each.facts).number("sampling.foreign_load") or 0.0
    return (each.status is not Status.OK, not each.facts.get("calls"), load)
