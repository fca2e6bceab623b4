"""What else was different between the two sides of a change: versions, machine, probe. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stallhorn.pitfalls.base import Facts
from stallhorn.report.seen_at import Sides

_MOST = 20  # rows
_MOVING = frozenset({"load_average"})  # of the host; differs from minute to minute


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was otherwise: numpy 2.1.3 -> 2.2.0."""

    what: str
    before: str  # "none" where it was not there
    after: str
    series: int  # in which it was seen


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known about it."""

    differences: tuple[Difference, ...]
    compared: int  # series with a record on both sides
    more: int = 0  # differences that are not listed

    @property
    def heading(self) -> str:
        """The title of the section, which says what is in it."""
        if not self.compared:
            return "Environment: not recorded on both sides"
        if not self.differences:
            return "Environment: the same before and after"
        names = ", ".join(each.what for each in self.differences[:3])
        return f"Environment: {names}{' and more' if len(self.differences) > 3 else ''} changed too"


def surroundings(sides: Sequence[Sides]) -> Surroundings:
    """What differs between the records of the two sides, what most series have first."""
    both = [(each.before, each.after) for each in sides if each.before is not None and each.after is not None]
    seen: Counter[tuple[str, str, str]] = Counter()
    for before, after in both:
        old, new = dict(_settings(before)), dict(_settings(after))
        for what in old.keys() | new.keys():
            if old.get(what) != new.get(what) and (what in old or what in new):
                seen[what, old.get(what, "none"), new.get(what, "none")] += 1
    ordered = sorted(seen.items(), key=lambda item: (-item[1], item[0]))
    told = tuple(Difference(what, before, after, count) for (what, before, after), count in ordered[:_MOST])
    return Surroundings(told, len(both), max(0, len(ordered) - _MOST))


def _settings(facts: Facts) -> Iterator[tuple[str, str]]:
    """Everything that stays as it is while nobody changes it; what is not known is left out."""
    for name, version in facts.within("versions").items():
        if version is not None:
            yield "Python" if name == "python" else str(name), str(version)
    yield from _flat("host", facts.within("host"))
    for name, value in (
        ("threading layer", facts.text("threads.layer")),
        ("JAX's back end", facts.text("jax.backend")),
    ):
        if value is not None:
            yield name, value
    pools: dict[str, set[str]] = {}
    for pool in facts.entries("threads.pools"):
        told = [pool.text(name) for name in ("version", "threading_layer", "architecture")]
        pools.setdefault(pool.text("internal_api") or "a pool", set()).add(" ".join(each for each in told if each))
    for name, kinds in pools.items():
        yield f"{name} that is loaded", ", ".join(sorted(kinds)) or "unknown"


def _flat(head: str, values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if name in _MOVING or value is None:
            continue
        if isinstance(value, Mapping):
            yield from _flat(f"{head}: {name}", value)
        else:
            yield f"{head}: {name}", str(value)
