"""What was recorded beside the values of a series: facts of the probe by commit, and single samples. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from stallhorn.model import Measurement, Observation, Sample, Status
from stallhorn.model.points import Points
from stallhorn.report.html.data.axis import Line
from stallhorn.report.html.facts import dig

SAMPLED = 10  # commits whose samples are shown, the newest
SAMPLES = 100  # of one commit at most

# Names for the scripts, and where the probe has it.
_SECONDS = {
    "first": ("first_call", "seconds"),
    "import": ("first_call", "import_seconds"),
    "compile": ("first_call", "compile_seconds"),
    "run": ("first_call", "run_seconds"),
}
_MOST = {"peak": ("memory", "peak_bytes"), "load": ("sampling", "foreign_load")}


def facts_of(observed: Sequence[Observation], line: Line) -> dict[str, list[float | int | None]]:
    """By commit: the first call of its first process, the largest memory and load of all, threads had and asked for."""
    by_commit: dict[str, list[Observation]] = {}
    for each in observed:
        if each.status is not Status.SKIPPED:
            by_commit.setdefault(each.commit, []).append(each)
    places = _places(line, by_commit)
    found: dict[str, list[float | int | None]] = {"at": list(places.values())}
    columns: dict[str, list[float | None]] = {}
    for commit in places:
        for name, value in _facts(sorted(by_commit[commit], key=lambda each: each.round)).items():
            columns.setdefault(name, []).append(value)
    found |= {name: values for name, values in columns.items() if any(value is not None for value in values)}
    return found if len(found) > 1 else {}


def samples_of(line: Line, power: int) -> list[list[object]]:
    """Of the newest commits that have them: place on the axis, the samples, and which process took each."""
    known = _with_samples(line.series.points)
    found: list[list[object]] = []
    for place, samples in known[:SAMPLED]:
        if line.index[place] < 0:
            continue
        chosen = _spread(samples)
        rounds = list(dict.fromkeys(each.round for each in chosen))
        values = [round(each.value * 10.0**-power) if math.isfinite(each.value) else None for each in chosen]
        processes = [rounds.index(each.round) for each in chosen] if len(rounds) > 1 else []
        found.append([int(line.index[place]), values, processes, len(samples)])
    return found[::-1]


def _places(line: Line, commits: Iterable[str]) -> dict[str, int]:
    """The places on the axis of those commits of a series, oldest first."""
    wanted = set(commits)
    if not wanted:
        return {}
    listed = line.series.points
    named = listed.columns.commits if isinstance(listed, Points) else [point.commit for point in listed]
    return {
        commit: place
        for commit, place in zip(named, line.index.tolist(), strict=True)
        if commit in wanted and place >= 0
    }


def _facts(group: Sequence[Observation]) -> dict[str, float | None]:
    first = group[0].facts
    found = {name: _short(dig(first, *path)) for name, path in _SECONDS.items()}
    for name, path in _MOST.items():
        numbers = [value for each in group if (value := _short(dig(each.facts, *path))) is not None]
        found[name] = max(numbers, default=None)
    for name, part in (("threads", "used"), ("asked", "asked")):
        pools = dig(first, "threads", part)
        counts = [_short(count) for count in pools.values()] if isinstance(pools, Mapping) else [_short(pools)]
        found[name] = max((count for count in counts if count is not None), default=None)
    return found


def _with_samples(points: Sequence[Measurement]) -> list[tuple[int, tuple[Sample, ...]]]:
    """The newest places with samples, newest first."""
    if isinstance(points, Points):
        known = ((place, points.known[place].samples) for place in sorted(points.known, reverse=True))
    else:
        known = ((place, points[place].samples) for place in range(len(points) - 1, -1, -1))
    found = []
    for place, samples in known:
        if samples:
            found.append((place, samples))
            if len(found) == SAMPLED:
                break
    return found


def _spread(samples: Sequence[Sample]) -> Sequence[Sample]:
    """At most `SAMPLES`, taken evenly."""
    if len(samples) <= SAMPLES:
        return samples
    return [samples[place] for place in np.linspace(0, len(samples) - 1, SAMPLES).astype(int)]


def _short(value: object) -> float | None:
    """A finite number in five digits; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(f"{value:.5g}")
