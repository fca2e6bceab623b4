"""Nights for the tests of alarms: series of a few commits, and what was found in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from builders import commit, key, point, revision, series

from stallhorn.changes.alarms import Night
from stallhorn.model import Change, ChangePoint, Direction, Kind, Level, Measurement, SeriesKey, Suspicion
from stallhorn.model.identity import series_id
from stallhorn.model.visits import round_of
from stallhorn.store.interval import measured

SLOWER, FASTER = Direction.SLOWER, Direction.FASTER
A, B, C = key("suite.Case.a"), key("suite.Case.b"), key("suite.Case.c")
FLAT = 1.0


def visited(position: int, value: float, visits: int, of: SeriesKey = A) -> Measurement:
    """A point that was measured again so many times; each visit shows about the same."""
    rounds = {0: [value], 1: [value]}
    rounds |= {round_of(visit): [value * (1 + 0.001 * (visit % 3))] for visit in range(1, visits + 1)}
    return measured(of, commit(position), value, rounds, 1, "1", None)


def change(
    last: int,
    first: int,
    *keys: SeriesKey,
    ratio: float = 1.2,
    confidence: float = 0.999,
    kind: Kind = Kind.CODE,
    reason: str = "",
    bounds: tuple[float, float] | None = None,
) -> Change:
    """A change of these series (A by default); its new level lasts to the end."""
    before, after = Level(0, first, 1.0, 1.0, 1.0), Level(first, 99, ratio, ratio, ratio)
    points = tuple(ChangePoint(each, before, after, commit(last), commit(first)) for each in keys or (A,))
    low, high = bounds or (None, None)
    untested = tuple(revision(position) for position in range(last + 1, first))
    direction = SLOWER if ratio > 1 else FASTER
    return Change(
        *(revision(last), revision(first), untested, direction, points),
        **{"kind": kind, "ratio": ratio, "low": low, "high": high, "confidence": confidence, "reason": reason},
    )


def suspicion(last: int, first: int, of: SeriesKey = A, ratio: float = 1.2) -> Suspicion:
    direction = SLOWER if ratio > 1 else FASTER
    return Suspicion(of, commit(last), commit(first), direction, ratio, 0.8, "One night shows it.")


def night(
    newest: int,
    *found: Change | Suspicion,
    levels: Mapping[SeriesKey, Sequence[float | Measurement]] | None = None,
    gone: Sequence[SeriesKey] = (),
) -> Night:
    """The night at which the commit at `newest` was measured; series that are not given are flat."""
    given = {A: (), B: (), C: ()} | dict(levels or {})
    made = {}
    for of, values in given.items():
        filled = [*values, *([FLAT] * (newest + 1 - len(values)))][: newest + 1]
        points = [
            value if isinstance(value, Measurement) else point(place, value, value, of=of)
            for place, value in enumerate(filled)
        ]
        if of not in gone:
            made[series_id(of)] = series(*points)
    return Night(
        machine="box",
        newest=commit(newest),
        when=f"2026-01-{newest + 1:02}T03:00:00+00:00",
        commits=tuple(commit(position) for position in range(newest + 1)),
        changes=tuple(each for each in found if isinstance(each, Change)),
        suspicions=tuple(each for each in found if isinstance(each, Suspicion)),
        series=made,
    )
