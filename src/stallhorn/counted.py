"""Counted facts as series of their own: what the probe counted in one call, commit by commit. Pure.

The same code gives the same number, so that they are compared without statistics, and are notes beside the timings:
time is what people ask for, and what a fact does to it is for the detectors to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from stallhorn.model import Direction, Measurement, Observation, Series, SeriesKey, Status
from stallhorn.pitfalls.base import Facts, dispatchers

# What Python's own objects take moves a peak of memory by some of the blocks in which it is recorded.
BLOCK, SHARE = 65_536, 0.01


@dataclass(frozen=True, slots=True)
class Fact:
    """One counted fact. `name` stands in the keys of its series, `unit` says what its values are."""

    name: str
    unit: str
    read: Callable[[Facts], float | None]
    rising: Direction = Direction.SLOWER
    steady: bool = False  # whether values that nearly agree are the same


def _number(path: str) -> Callable[[Facts], float | None]:
    return lambda facts: facts.number(path)


def _packed(facts: Facts) -> float | None:
    """Vector operations in the compiled code reached, for one signature of each function: a second one is no gain."""
    counts = [
        (one.number("packed"), max(1, len(one.texts("signatures"))))
        for one in dispatchers(facts)
        if not one.flag("object_mode")
    ]
    known = [count / signatures for count, signatures in counts if count is not None]
    return float(round(sum(known))) if known and len(known) == len(counts) else None


def _threads(facts: Facts) -> float | None:
    """Threads of the parallel regions; where there are none, of the largest pool."""
    inside = facts.number("calls.region_threads")
    pools = [count for count in facts.within("threads.used").values() if type(count) is int]
    return inside or (float(max(pools)) if pools else None)


FACTS = (
    Fact("parallel regions", "parallel regions (counted)", _number("calls.regions")),
    Fact("nested regions", "nested regions (counted)", _number("calls.nested_regions")),
    Fact("compilations", "compilations (counted)", _number("calls.compiles")),
    Fact("JAX computations", "JAX computations (counted)", _number("calls.dispatches")),
    Fact("temporary memory", "bytes of temporary memory (counted)", _number("calls.temporary_bytes"), steady=True),
    Fact(
        "temporary memory of JAX",
        "bytes of temporary memory in JAX (counted)",
        _number("calls.jax_temporary_bytes"),
    ),
    Fact("packed operations", "packed operations (counted)", _packed, Direction.FASTER),
    Fact("threads", "threads (counted)", _threads, Direction.SAME),
)


def facts_of(series: Sequence[Series], seen: Mapping[SeriesKey, Mapping[str, Sequence[Observation]]]) -> list[Series]:
    """The counted facts of each of these series. A fact that is zero throughout says nothing and has no series."""
    found = []
    for each in series:
        rounds = seen.get(each.key, {})
        known = [
            (point, told)
            for point in each.points
            if point.status is Status.OK and (told := _told(rounds.get(point.commit, ())))
        ]
        if known:
            found += [one for fact in FACTS if (one := _series(each.key, fact, known)) is not None]
    return found


def _told(rounds: Sequence[Observation]) -> list[Facts]:
    """What those processes saw that made the extra call."""
    return [Facts(one.facts) for one in rounds if one.status is Status.OK and one.facts.get("calls")]


def _series(key: SeriesKey, fact: Fact, known: Sequence[tuple[Measurement, Sequence[Facts]]]) -> Series | None:
    of = replace(key, fact=fact.name)
    points: list[Measurement] = []
    held: float | None = None
    for point, told in known:
        value = _agreed([fact.read(facts) for facts in told], fact)
        if value is None:
            continue
        # A value keeps until one clearly differs from it; compared with its neighbour alone it could drift unseen.
        held = held if held is not None and fact.steady and _alike(held, value) else value
        points.append(
            Measurement(of, point.commit, Status.OK, held, held, held, version=point.version, started=point.started)
        )
    if not any(point.value for point in points):
        return None
    return Series(of, fact.unit, tuple(points), fact.rising)


def _agreed(values: Sequence[float | None], fact: Fact) -> float | None:
    """What all processes counted; None where they differ, since then it is no fact of the code."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    return low if low == high or (fact.steady and _alike(low, high)) else None


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= max(BLOCK, SHARE * max(one, other))
