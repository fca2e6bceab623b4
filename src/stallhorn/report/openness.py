"""Which changes still cost something: slow-downs of code that nothing has undone since. Pure.

Only what the code did counts. A later event of the machine moves a series as well, and undoes nothing; what it did is
left out by multiplying the factors of the code's changes instead of comparing levels.
"""

from __future__ import annotations

import math

from stallhorn.model import Change, ChangePoint, Direction, Kind, Report, SeriesKey

# What may be left of a slow-down that counts as undone: a factor below this, and below half of the slow-down itself.
RELEVANT = 1.05


class Openness:
    """The changes of one report, looked up by series once."""

    def __init__(self, report: Report) -> None:
        places = {revision.commit: revision.position for revision in report.history.revisions}
        self._places = places
        self._points: dict[SeriesKey, list[ChangePoint]] = {}
        for change in report.changes:
            for point in change.points:
                if point.kind is Kind.CODE:
                    self._points.setdefault(point.key, []).append(point)
        for points in self._points.values():
            points.sort(key=lambda point: places.get(point.first, -1))

    def is_open(self, change: Change) -> bool:
        """Whether a change of code made something slower that is slow to this day."""
        return is_slower(change) and any(self._lasts(point) for point in change.points)

    def still(self, change: Change) -> tuple[ChangePoint, ...]:
        """The series of a slow-down of code that are on the new level at their newest commit; of others none."""
        return tuple(point for point in change.points if self._lasts(point)) if is_slower(change) else ()

    def _lasts(self, point: ChangePoint) -> bool:
        place, left = self._places.get(point.first, -1), _worse(point)
        if left is None:
            return not any(
                later.after.center <= point.before.center
                for later in self._points.get(point.key, ())
                if self._places.get(later.first, -1) > place
            )
        bound = min(math.log(RELEVANT), left / 2)
        for later in self._points.get(point.key, ()):
            if self._places.get(later.first, -1) > place:
                left += _worse(later) or 0.0
                if left <= bound:
                    return False
        return True


def is_slower(change: Change) -> bool:
    """Whether it is a change of code that made something worse."""
    return change.kind is Kind.CODE and change.direction is Direction.SLOWER


def _worse(point: ChangePoint) -> float | None:
    """The logarithm of how much worse it became; None from zero or to zero, which no factor leads back from."""
    if not point.ratio:
        return None
    return math.log(point.ratio) if point.rising is not Direction.FASTER else -math.log(point.ratio)
