"""Change points of all series into what people read: one commit range, one direction, and every series it hit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from stallhorn.model import Change, ChangePoint, Direction, Revision


def pool(points: Iterable[ChangePoint], revisions: Sequence[Revision]) -> tuple[Change, ...]:
    """Changes, newest first. Change points that share their first commit and direction are one change.

    Where their ranges differ, the narrowest holds: a series that was measured more often narrows it for the others.
    """
    places = {revision.commit: revision.position for revision in revisions}
    pools: dict[tuple[str, Direction], list[ChangePoint]] = {}
    for point in points:
        pools.setdefault((point.first, point.direction), []).append(point)
    changes = [_change(hit, places, revisions) for hit in pools.values()]
    changes.sort(key=lambda change: (-change.first.position, change.direction))
    return tuple(changes)


def _change(hit: Sequence[ChangePoint], places: dict[str, int], revisions: Sequence[Revision]) -> Change:
    last = max(places[point.last] for point in hit)
    first = places[hit[0].first]
    return Change(
        last=revisions[last],
        first=revisions[first],
        untested=tuple(revisions[last + 1 : first]),
        direction=hit[0].direction,
        points=tuple(sorted(hit, key=lambda point: (-_size(point), point.key))),
    )


def _size(point: ChangePoint) -> float:
    """How far apart the levels are, as a logarithm; from zero and to zero is farther than anything."""
    return abs(math.log(point.ratio)) if point.ratio else math.inf
