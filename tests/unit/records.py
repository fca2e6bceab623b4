"""Histories with facts for the tests of what explains a change: observations by dotted path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from builders import commit, key, point, project, revision, series

from stallhorn.model import Benchmark, History, Machine, Observation, SeriesKey, Status

QUIET = {"host.affinity": 2, "host.cores": 2, "sampling.foreign_load": 0.0, "calls.compiles": 0}


def tree(given: Mapping[str, Any]) -> dict[str, Any]:
    """{"calls.regions": 4} as a record has it."""
    made: dict[str, Any] = {}
    for path, value in given.items():
        *above, name = path.split(".")
        place = made
        for part in above:
            place = place.setdefault(part, {})
        place[name] = value
    return made


def seen(position: int, index: int = 0, of: SeriesKey | None = None, **facts: Any) -> Observation:
    """One process; names of facts have two underscores for a dot. Two quiet cores, and an extra call without events."""
    given = {name.replace("__", "."): value for name, value in facts.items()}
    return Observation(of or key(), commit(position), Status.OK, tree({**QUIET, **given}), "0.1.0", 1, "", index)


def old(position: int, index: int = 0, of: SeriesKey | None = None) -> Observation:
    """A process of a probe that made no extra call yet."""
    facts = tree({"host.affinity": 2, "sampling.foreign_load": 0.0})
    return Observation(of or key(), commit(position), Status.OK, facts, "0.1.0", 1, "", index)


def history(
    times: Sequence[float] | Mapping[SeriesKey, Sequence[float]],
    *observations: Observation,
    specimens: Mapping[SeriesKey, str] | None = None,
) -> History:
    """One series (or several), measured at one commit after the other; specimens are series without parameters."""
    levels = times if isinstance(times, Mapping) else {key(): times}
    made = tuple(
        series(*(point(place, value, value, of=of) for place, value in enumerate(values)))
        for of, values in levels.items()
    )
    meant = {of.benchmark: pitfall for of, pitfall in (specimens or {}).items()}
    benchmarks = {
        of.benchmark: Benchmark(of.benchmark, "time", "seconds", "1", specimens=(meant.get(of.benchmark),))
        for of in levels
    }
    count = max(len(values) for values in levels.values())
    revisions = tuple(revision(place) for place in range(count))
    machines = {of.machine: Machine(of.machine) for of in levels}
    return History(project(Path("/nowhere")), revisions, benchmarks, machines, {}, made, observations)
