"""After how many calls a backend that compiles has earned its first call. Pure.

What k calls take is `first + (k - 1) * steady`, where the first call compiles and runs once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from stallhorn.model import Observation
from stallhorn.sweeps.crossover import Estimate

_COMPILERS = ("numba", "jax")  # in a backend's name: their first call compiles, also where a record saw no compiling
HOW_TO_RECORD = "`stallhorn run` records it; asv's own results have no first call"


class Cache(StrEnum):
    """What a first call found."""

    PLAIN = "nothing to compile"
    COLD = "cold"  # it compiled everything
    WARM = "warm"  # it read what an earlier process had compiled


@dataclass(frozen=True, slots=True)
class First:
    """What the first call of a series takes, imports apart.

    The interval is from the least to the most of what was recorded, which are few: no confidence stands behind it.
    """

    time: Estimate
    recorded: int  # processes
    lent_by: float | None = None  # the size whose process compiled; later sizes in the same process find it done


@dataclass(frozen=True, slots=True)
class Firsts:
    """The first calls of a series, by what they found; with the reason where there is none."""

    by_cache: Mapping[Cache, First]
    reason: str = ""

    @property
    def at_start(self) -> First | None:
        """With nothing compiled yet."""
        return self.by_cache.get(Cache.PLAIN) or self.by_cache.get(Cache.COLD)

    @property
    def with_cache(self) -> First | None:
        """With everything in a cache on disk."""
        return self.by_cache.get(Cache.PLAIN) or self.by_cache.get(Cache.WARM)


def firsts(observed: Mapping[float, Sequence[Observation]], backend: str) -> dict[float, Firsts]:
    """The first calls of one line at one commit, by size.

    Cells share a process, and Numba compiles once for all sizes: the first size of a process compiles for those after
    it. What it spent counts for them as well, since each would have spent it alone.
    """
    seen = {size: [_seen(each) for each in group] for size, group in observed.items()}
    lent: dict[Cache, list[tuple[float, float]]] = {}
    for size in sorted(seen):
        for one in seen[size]:
            if one.compile_seconds and one.cache is not None:
                lent.setdefault(one.cache, []).append((one.compile_seconds, size))
    compiles = bool(lent) or any(name in backend.lower() for name in _COMPILERS)
    return {size: _firsts(group, lent, compiles, size) for size, group in seen.items()}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one process recorded of its first call; None: it did not."""

    seconds: float | None = None
    run_seconds: float | None = None
    compile_seconds: float | None = None
    compiles: float | None = None
    in_setup: float = 0.0
    cache: Cache | None = None


def _seen(observation: Observation) -> _Seen:
    call = observation.facts.get("first_call")
    if not isinstance(call, Mapping):
        return _Seen()
    numbers = {name: _number(call.get(name)) for name in ("seconds", "run_seconds", "compile_seconds", "compiles")}
    cache = _cache(observation.facts) if numbers["compiles"] else None
    return _Seen(**numbers, in_setup=_number(call.get("compiles_in_setup")) or 0.0, cache=cache)


def _cache(facts: Mapping[str, object]) -> Cache:
    """Warm where functions came out of Numba's files and none had to be compiled for them.

    Of JAX's persistent cache the record says nothing; its calls count as cold, which they are unless it is switched on.
    """
    code = facts.get("code")
    functions = code.get("dispatchers") if isinstance(code, Mapping) else None
    hits, misses = 0.0, 0.0
    for function in functions if isinstance(functions, Sequence) else ():
        if isinstance(function, Mapping):
            hits += _number(function.get("cache_hits")) or 0.0
            misses += _number(function.get("cache_misses")) or 0.0
    return Cache.WARM if hits and not misses else Cache.COLD


def _firsts(
    group: Sequence[_Seen], lent: Mapping[Cache, list[tuple[float, float]]], compiles: bool, size: float
) -> Firsts:
    known = [each for each in group if each.seconds is not None]
    if not known:
        return Firsts({}, f"the first call is not recorded ({HOW_TO_RECORD})")
    if any(each.in_setup for each in known):
        return Firsts({}, "it compiles in `setup`, whose seconds are not recorded")
    found: dict[Cache, list[float]] = {}
    for each in known:
        if each.compiles and each.cache is not None and each.seconds is not None:
            found.setdefault(each.cache, []).append(each.seconds)
        elif not compiles and each.seconds is not None:
            found.setdefault(Cache.PLAIN, []).append(each.seconds)
    made = {cache: First(_spread(times), len(times)) for cache, times in found.items()}
    runs = [each.run_seconds for each in known if not each.compiles and each.run_seconds is not None]
    for cache, spent in lent.items():
        if cache not in made and runs:
            run = min(runs)
            lender = spent[0][1]
            times = [seconds + run for seconds, _ in spent if seconds]
            made[cache] = First(_spread(times), len(times), None if lender == size else lender)
    if not made:
        return Firsts({}, "its code was compiled earlier in the same process, so that no record has the compiling")
    return Firsts(made)


def _spread(times: Sequence[float]) -> Estimate:
    """The middle of some recorded times; a single one has no interval."""
    ordered = sorted(times)
    half = len(ordered) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return Estimate(middle, ordered[0], ordered[-1]) if len(ordered) > 1 else Estimate(middle)


def _number(value: object) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and value == value
    return float(value) if good and isinstance(value, int | float) else None


# --- the break-even ---------------------------------------------------------------------------------------------------


class Outcome(StrEnum):
    PAYS = "pays"  # from some number of calls on
    AT_ONCE = "at once"  # faster, and its first call takes no longer
    UNTIL = "until"  # its first call is the shorter one: it leads only up to some number of calls
    NEVER = "never"  # slower from the first call on
    ALIKE = "alike"  # the calls cannot be told apart
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Costs:
    """What one line costs: `first` is None where it was not recorded."""

    first: Estimate | None
    steady: Estimate
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Payback:
    """After how many calls one line has taken less time in all than another.

    `calls` is a real number: it pays from the next whole one on. `high` is None where a number of calls that is never
    reached cannot be excluded. `seconds` is what both have taken by then.
    """

    outcome: Outcome
    calls: float | None = None
    low: float | None = None
    high: float | None = None
    seconds: float | None = None
    reason: str = ""


def payback(one: Costs, other: Costs) -> Payback:
    """When `one` pays against `other`.

    k = 1 + (first of one - first of other) / (steady of other - steady of one). Its interval is between the extremes of
    all four times: those of first calls are too few for anything finer.
    """
    if one.first is None or other.first is None:
        return Payback(Outcome.UNKNOWN, reason=one.reason if one.first is None else other.reason)
    if one.steady.overlaps(other.steady):
        return Payback(Outcome.ALIKE)
    if one.steady.value > other.steady.value:
        if one.first.value >= other.first.value or one.first.overlaps(other.first):
            return Payback(Outcome.NEVER)
        turned = payback(other, one)
        return replace(turned, outcome=Outcome.UNTIL) if turned.outcome is Outcome.PAYS else Payback(Outcome.NEVER)
    if one.first.value <= other.first.value or one.first.overlaps(other.first):
        return Payback(Outcome.AT_ONCE)
    extra, gain = one.first.value - other.first.value, other.steady.value - one.steady.value
    calls = 1 + extra / gain
    low = 1 + max(0.0, one.first.least - other.first.most) / (other.steady.most - one.steady.least)
    most_gain = other.steady.least - one.steady.most
    high = 1 + (one.first.most - other.first.least) / most_gain if most_gain > 0 else None
    seconds = one.first.value + (calls - 1) * one.steady.value
    return Payback(Outcome.PAYS, calls, low, high, seconds)


def total(costs: Costs, calls: float) -> Estimate | None:
    """What so many calls take, the first among them; None where the first call was not recorded."""
    if costs.first is None:
        return None
    more = max(0.0, calls - 1)
    bounds: Iterable[float | None] = (
        (costs.first.least + more * costs.steady.least, costs.first.most + more * costs.steady.most)
        if costs.steady.is_bounded
        else (None, None)
    )
    return Estimate(costs.first.value + more * costs.steady.value, *bounds)
