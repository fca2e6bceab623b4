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


Values = Mapping[str, object]  # a part of a record


@dataclass(frozen=True, slots=True)
class Fact:
    """One counted fact. `name` stands in the keys of its series, `unit` says what its values are."""

    name: str
    unit: str
    read: Callable[[Values, Values], object]  # from `calls` and the whole record; anything but a number is unknown
    rising: Direction = Direction.SLOWER
    steady: bool = False  # whether values that nearly agree are the same


def _packed(_: Values, facts: Values) -> float | None:
    """Vector operations in the compiled code reached, for one signature of each function: a second one is no gain."""
    code = facts.get("code")
    functions = code.get("dispatchers") if isinstance(code, dict) else None
    if not functions:
        return None
    known = [one for one in dispatchers(Facts(facts)) if not one.flag("object_mode")]
    counts = [(one.number("packed"), max(1, len(one.texts("signatures")))) for one in known]
    each = [count / signatures for count, signatures in counts if count is not None]
    return float(round(sum(each))) if each and len(each) == len(counts) else None


def _threads(calls: Values, facts: Values) -> object:
    """Threads of the parallel regions; where there are none, of the largest pool."""
    threads = facts.get("threads")
    used = threads.get("used") if isinstance(threads, dict) else None
    pools = [count for count in used.values() if type(count) is int] if isinstance(used, dict) else []
    return calls.get("region_threads") or max(pools, default=None)


FACTS = (
    Fact("parallel regions", "parallel regions (counted)", lambda calls, _: calls.get("regions")),
    Fact("nested regions", "nested regions (counted)", lambda calls, _: calls.get("nested_regions")),
    Fact("compilations", "compilations (counted)", lambda calls, _: calls.get("compiles")),
    Fact("JAX computations", "JAX computations (counted)", lambda calls, _: calls.get("dispatches")),
    Fact(
        "temporary memory",
        "bytes of temporary memory (counted)",
        lambda calls, _: calls.get("temporary_bytes"),
        steady=True,
    ),
    Fact(
        "temporary memory of JAX",
        "bytes of temporary memory in JAX (counted)",
        lambda calls, _: calls.get("jax_temporary_bytes"),
    ),
    Fact("packed operations", "packed operations (counted)", _packed, Direction.FASTER),
    Fact("threads", "threads (counted)", _threads, Direction.SAME),
)


def facts_of(series: Sequence[Series], seen: Mapping[SeriesKey, Mapping[str, Sequence[Observation]]]) -> list[Series]:
    """The counted facts of each of these series. A fact that is zero throughout says nothing and has no series."""
    found = []
    for each in series:
        rounds = seen.get(each.key)
        if not rounds:
            continue
        known = [
            (point, told)
            for point in each.points
            if point.status is Status.OK and (told := _told(rounds.get(point.commit, ())))
        ]
        if known:
            found += [one for place in range(len(FACTS)) if (one := _series(each.key, place, known)) is not None]
    return found


def _told(rounds: Sequence[Observation]) -> list[list[float | None]]:
    """The values of all facts, for each process that made the extra call."""
    told = []
    for one in rounds:
        calls = one.facts.get("calls")
        if one.status is Status.OK and isinstance(calls, dict):
            told.append([_number(fact.read(calls, one.facts)) for fact in FACTS])
    return told


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _series(
    key: SeriesKey, place: int, known: Sequence[tuple[Measurement, Sequence[Sequence[float | None]]]]
) -> Series | None:
    fact, held = FACTS[place], None
    values: list[tuple[Measurement, float]] = []
    for point, told in known:
        value = _agreed([each[place] for each in told], fact)
        if value is None:
            continue
        # A value keeps until one clearly differs from it; compared with its neighbour alone it could drift unseen.
        held = held if held is not None and fact.steady and _alike(held, value) else value
        values.append((point, held))
    if not any(value for _, value in values):
        return None
    of = replace(key, fact=fact.name)
    points = [
        Measurement(of, point.commit, Status.OK, value, value, value, version=point.version, started=point.started)
        for point, value in values
    ]
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
