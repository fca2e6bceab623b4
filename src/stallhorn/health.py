"""How far the measurements can be trusted: noise, gaps, failures, and nights at which the machine itself was odd. Pure.

Noise is the standard deviation of the logarithm from one measurement to the next, from the median absolute difference
of neighbours, so that steps and drifts count little. The smallest change that can be seen is three times that: of
such steps the detector tells 86 % within three nights and 98.7 % in hindsight (docs/changes.md); what is below the
relevant size is never told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stallhorn.model import History, Measurement, Series, SeriesKey, Status
from stallhorn.model.points import CODES, columns_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RECENT = 60  # newest commits that say how noisy a series is
SIGMAS = 3.0  # of the noise; the change that is told within three nights in most cases
RELEVANT = 0.02  # smaller changes are never told by default
LEAST = 5  # differences that make a noise estimate
SHARE = 0.2  # of the benchmarks that move one way in one night: the machine, not the code
BENCHMARKS = 5  # that have to, at least
SIDE = 3  # nights before and after that a night is held against
_TO_SIGMA = 1.4826 / 2**0.5  # median absolute difference of neighbours to standard deviation


@dataclass(frozen=True, slots=True)
class Noise:
    """How much one series scatters."""

    key: SeriesKey
    sigma: float | None  # of the logarithm; None: too few measurements
    detectable: float | None  # the smallest share of change that can be seen
    jumps: int  # how often it goes between two speeds; 0 where it has but one


@dataclass(frozen=True, slots=True)
class Night:
    """One commit on one machine in one environment."""

    commit: str
    machine: str
    environment: str
    counts: Mapping[Status, int]
    missing: int  # series that the nights before and after have, and this one has not
    started: datetime | None
    slower: float = 0.0  # share of the benchmarks that were slower in this night alone
    faster: float = 0.0

    @property
    def is_suspicious(self) -> bool:
        """Whether so much of it moved together, for a night, that the machine did it."""
        return max(self.slower, self.faster) >= SHARE


@dataclass(frozen=True, slots=True)
class Failure:
    """A series whose newest measurement did not end well."""

    point: Measurement
    since: str  # the first commit of the failures in a row


@dataclass(frozen=True, slots=True)
class Health:
    noise: tuple[Noise, ...]  # in the order of the history's series
    nights: tuple[Night, ...]  # newest first
    failures: tuple[Failure, ...]
    observed: int  # series that the probe saw at least once
    median: float | None  # the detectable change of the middle series
    worst: float | None

    @property
    def suspicious(self) -> tuple[Night, ...]:
        return tuple(night for night in self.nights if night.is_suspicious)


def examine(history: History) -> Health:
    """Everything about the quality of a history. About 0.3 s for ten thousand series of two hundred commits."""
    places = {revision.commit: revision.position for revision in history.revisions}
    groups: dict[tuple[str, str], list[Series]] = {}
    for series in history.series:
        if not series.is_counted and series.points:
            groups.setdefault((series.key.machine, series.key.environment), []).append(series)
    noise: dict[SeriesKey, Noise] = {}
    nights: list[Night] = []
    for (machine, environment), rows in groups.items():
        table = _table(rows, places)
        sigmas, jumps = _sigmas(table.logs), _jumps(table.logs)
        for series, sigma, jump in zip(rows, sigmas, jumps, strict=True):
            noise[series.key] = _noise(series.key, sigma, jump)
        nights += _nights(table, rows, sigmas, machine, environment)
    nights.sort(key=lambda night: (-places.get(night.commit, -1), night.machine, night.environment))
    known = sorted(each.detectable for each in noise.values() if each.detectable is not None)
    return Health(
        noise=tuple(noise[series.key] for series in history.series if series.key in noise),
        nights=tuple(nights),
        failures=tuple(_failures(history.series)),
        observed=len(noise.keys() & {each.key for each in history.observations}),
        median=known[len(known) // 2] if known else None,
        worst=known[-1] if known else None,
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """Series by commits of one machine and environment."""

    commits: Sequence[str]  # oldest first
    logs: Floats  # of the values; NaN = no value
    codes: Any  # statuses; 255 = no measurement


def _table(rows: Sequence[Series], places: Mapping[str, int]) -> _Table:
    import numpy as np

    columns = [columns_of(series.points) for series in rows]
    shared = {id(each.commits): each.commits for each in columns}
    commits = sorted({one for each in shared.values() for one in each}, key=lambda one: places.get(one, -1))
    at = {commit: place for place, commit in enumerate(commits)}
    where = {name: np.array([at[one] for one in each], dtype=np.intp) for name, each in shared.items()}
    values = np.full((len(rows), len(commits)), np.nan)
    codes = np.full(values.shape, 255, np.uint8)
    for line, code, each in zip(values, codes, columns, strict=True):
        taken = where[id(each.commits)]
        line[taken] = np.asarray(each.values)
        code[taken] = np.frombuffer(each.statuses, np.uint8)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(values)
    logs[~np.isfinite(logs)] = np.nan
    return _Table(commits, logs, codes)


def _sigmas(logs: Floats) -> Floats:
    """The noise of each row; NaN where too few neighbours are known."""
    import numpy as np

    steps = np.sort(np.abs(np.diff(logs[:, -RECENT:], axis=1)), axis=1)  # NaN last
    counts = np.count_nonzero(~np.isnan(steps), axis=1)
    found = np.full(len(logs), np.nan)
    enough = np.flatnonzero(counts >= LEAST)
    lower, upper = (counts[enough] - 1) // 2, counts[enough] // 2
    found[enough] = _TO_SIGMA * (steps[enough, lower] + steps[enough, upper]) / 2
    return found


def _jumps(logs: Floats) -> list[int]:
    """How often each row goes to and fro between two speeds, at least four times; 0 for any other.

    Two speeds are two halves with a gap between them that is wider than both, and a fifth of the points on each side.
    """
    import numpy as np

    recent = logs[:, -RECENT:]
    ordered = np.sort(recent, axis=1)
    counts = np.count_nonzero(~np.isnan(ordered), axis=1)
    found = [0] * len(logs)
    gaps = np.diff(ordered, axis=1)
    gaps[np.isnan(gaps)] = -1.0
    for row in np.flatnonzero(counts >= 4 * LEAST):
        few, count = int(counts[row]) // 5, int(counts[row])
        inside = gaps[row, few - 1 : count - few]
        cut = few - 1 + int(inside.argmax())
        low, high = ordered[row, cut] - ordered[row, 0], ordered[row, count - 1] - ordered[row, cut + 1]
        if gaps[row, cut] <= max(low, high, RELEVANT):
            continue
        known = recent[row][~np.isnan(recent[row])]
        switches = int(np.count_nonzero(np.diff(known > ordered[row, cut])))
        found[row] = switches if switches >= 4 else 0
    return found


def _noise(key: SeriesKey, sigma: float, jumps: int) -> Noise:
    import math

    if math.isnan(sigma):
        return Noise(key, None, None, jumps)
    return Noise(key, float(sigma), max(RELEVANT, math.expm1(SIGMAS * float(sigma))), jumps)


def _nights(table: _Table, rows: Sequence[Series], sigmas: Floats, machine: str, environment: str) -> Iterable[Night]:
    import numpy as np

    slower, faster = _moved(table.logs, sigmas, [series.key.benchmark for series in rows])
    there = table.codes != 255
    missing = np.zeros_like(there)
    missing[:, 1:-1] = ~there[:, 1:-1] & there[:, :-2] & there[:, 2:]
    for place, commit in enumerate(table.commits):
        codes = np.bincount(table.codes[:, place], minlength=256)
        yield Night(
            commit,
            machine,
            environment,
            {status: int(codes[code]) for status, code in CODES.items() if codes[code]},
            int(missing[:, place].sum()),
            _started(rows, commit),
            slower[place],
            faster[place],
        )


def _started(rows: Sequence[Series], commit: str) -> datetime | None:
    """When the first series that has this commit was measured there."""
    for series in rows[:1]:
        commits = columns_of(series.points).commits
        if commit in commits:
            return series.points[list(commits).index(commit)].started
    return None


def _moved(logs: Floats, sigmas: Floats, benchmarks: Sequence[str]) -> tuple[list[float], list[float]]:
    """For each night the share of benchmarks that were slower, and faster, than the nights around it.

    A benchmark moved if half of its series did, by three times their noise and by what is relevant; a step moves one
    side of a night alone, so that both sides are asked.
    """
    import numpy as np

    names, of = np.unique(np.asarray(benchmarks), return_inverse=True)
    order = np.argsort(of, kind="stable")
    starts = np.searchsorted(of[order], np.arange(len(names)))
    sizes = np.diff(np.append(starts, len(of)))
    nights = np.ascontiguousarray(logs[order].T)
    limit = np.maximum(SIGMAS * np.nan_to_num(sigmas[order], nan=np.inf), np.log1p(RELEVANT))
    sides = np.minimum(np.arange(len(nights)), SIDE), np.minimum(np.arange(len(nights))[::-1], SIDE)
    shares: list[list[float]] = []
    for sign in (1.0, -1.0):
        before, after = np.zeros(nights.shape, np.uint8), np.zeros(nights.shape, np.uint8)
        for apart in range(1, min(SIDE, len(nights) - 1) + 1):
            grown = sign * (nights[apart:] - nights[:-apart])
            before[apart:] += grown > limit
            after[:-apart] += -grown > limit
        alone = (2 * before > sides[0][:, None]) & (2 * after > sides[1][:, None])
        hit = (2 * np.add.reduceat(alone, starts, axis=1, dtype=np.intp) >= sizes).sum(axis=1)
        least = BENCHMARKS if len(names) >= BENCHMARKS else len(names) if len(names) > 1 else 2
        shares.append([float(count / len(names)) if count >= least else 0.0 for count in hit.tolist()])
    return shares[0], shares[1]


def _failures(series: Iterable[Series]) -> Iterable[Failure]:
    bad = {CODES[status] for status in (Status.FAILED, Status.ABORTED, Status.TIMEOUT)}
    for each in series:
        columns = columns_of(each.points)
        if not columns.statuses or columns.statuses[-1] not in bad:
            continue
        since = len(columns.statuses) - 1
        while since > 0 and columns.statuses[since - 1] in bad:
            since -= 1
        yield Failure(each.points[-1], columns.commits[since])
