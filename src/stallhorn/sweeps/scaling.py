"""How the time of one call depends on the number of threads, and on named thread settings. Pure.

Intervals of speed-ups are worst cases: the least of one time over the most of the other, so that two times whose
intervals overlap are never called different. Every sweep is of one commit, the newest at which two of its thread
settings were measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stallhorn.model import History, Observation, Series, SeriesKey, plain
from stallhorn.model.points import OK, columns_of
from stallhorn.sweeps.crossover import Estimate, ratio
from stallhorn.sweeps.roles import Roles, copies_of, families, roles, roles_of_family

GOOD = 0.7  # of the ideal: below, a thread more is mostly waiting
_FLAT = 1.1  # a speed-up below this is none
_NOISY = 1.3  # what could still be such a speed-up is not called flat
_BEYOND_IDEAL = 1.05
_IDLE = 0.7  # cores that are busy beyond the speed-up

Observed = Mapping[SeriesKey, Sequence[Observation]]
Said = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Use:
    """What the probe saw of the threads of one series; None and "" = not seen."""

    cores: float | None = None  # that were kept busy, on average: processor time over wall time
    pool: str = ""  # the pool of threads that has another number than was asked for
    asked: int | None = None
    has: int | None = None

    @property
    def differs(self) -> bool:
        return self.pool != ""


@dataclass(frozen=True, slots=True)
class Point:
    """One thread setting: a number of threads, or a named one such as `numba=2 blas=1`."""

    key: SeriesKey
    setting: str
    threads: int | None  # None = a named setting
    time: Estimate
    use: Use = Use()

    @property
    def copies(self) -> int:
        return copies_of(self.setting)

    @property
    def rate(self) -> Estimate:
        """Calls a second, of all copies together: the time is that of one copy while the others work too."""
        copies, time = self.copies, self.time
        if not time.is_bounded:
            return Estimate(copies / time.value)
        return Estimate(copies / time.value, copies / time.most, copies / time.least)


@dataclass(frozen=True, slots=True)
class Cores:
    """What a machine has, as far as it is known."""

    physical: int | None = None
    logical: int | None = None
    allowed: int | None = None  # the process may run on so many of them
    quota: float | None = None  # so much processor time a second, of a container


@dataclass(frozen=True, slots=True)
class Sweep:
    """One benchmark with everything but the threads held, at one commit."""

    benchmark: str
    family: str  # benchmarks that solve the same problem
    backend: str
    variant: str
    size: str  # as written; "" where there is none
    rest: tuple[tuple[str, str], ...]  # parameters without a role
    environment: str
    machine: str
    commit: str
    points: tuple[Point, ...]  # by number of threads, the fewest first
    named: tuple[Point, ...]  # in the suite's order
    cores: Cores = Cores()

    @property
    def problem(self) -> tuple[object, ...]:
        """What sweeps share that solve the same problem in the same place with other backends or variants."""
        return self.family, self.size, self.rest, self.environment, self.machine

    @property
    def base(self) -> Point | None:
        """What speed-ups are against: the fewest threads, one if that was measured."""
        return self.points[0] if self.points else None

    def speedups(self, against: Estimate | None = None) -> tuple[Estimate, ...]:
        """How many times faster each number of threads is than the fewest, or than another time."""
        if not self.points:
            return ()
        slow = against or self.points[0].time
        first = 0 if against is None else -1
        return tuple(
            Estimate(1.0, 1.0, 1.0) if place == first else ratio(slow, point.time)
            for place, point in enumerate(self.points)
        )

    def copies(self) -> tuple[Point, ...]:
        """One thread in so many processes at once, the fewest first; () where no such setting was measured."""
        alone = {point.copies: point for point in self.named if point.copies > 1 and _is_serial(point.setting)}
        if alone and self.base is not None and self.base.threads == 1:
            alone.setdefault(1, self.base)
        return tuple(alone[count] for count in sorted(alone))

    def share(self, point: Point, speedup: Estimate) -> Estimate:
        """Efficiency: the part of the ideal speed-up that is reached."""
        ideal = (point.threads or 1) / ((self.base.threads or 1) if self.base else 1)
        bounded = speedup.is_bounded
        return Estimate(
            speedup.value / ideal,
            speedup.least / ideal if bounded else None,
            speedup.most / ideal if bounded else None,
        )


def _is_serial(setting: str) -> bool:
    """Whether every word of a setting besides the copies is `pool=1`."""
    words = [word for word in setting.split() if not word.startswith("copies=")]
    return all(word.endswith("=1") for word in words)


# --- what a sweep says ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Serial:
    """Amdahl's law, time = one thread's x (serial + (1 - serial) / threads), fitted; with a worst-case interval."""

    fraction: float
    low: float | None
    high: float | None

    def speedup(self, threads: float) -> float:
        return 1.0 / (self.fraction + (1.0 - self.fraction) / threads)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a sweep says in a row of a table."""

    best: Point  # the fastest
    enough: Point  # the fewest threads that cannot be told from it
    speedup: Estimate  # of the best
    efficiency: Estimate  # at the most threads
    serial: Serial | None
    falls: Point | None  # the first number of threads beyond the best that is surely slower than it
    flags: tuple[str, ...]  # in words, the gravest first


def judge(sweep: Sweep) -> Judgement | None:
    """None where fewer than two numbers of threads were measured."""
    if len(sweep.points) < 2:
        return None
    speedups = sweep.speedups()
    best = min(sweep.points, key=lambda point: (point.time.value, point.threads))
    place = sweep.points.index(best)
    enough = next(point for point in sweep.points if point is best or point.time.overlaps(best.time))
    falls = next((point for point in sweep.points[place + 1 :] if point.time.least > best.time.most), None)
    last = sweep.points[-1]
    serial = amdahl(sweep.points[: max(place + 1, 2)])
    return Judgement(
        best,
        enough,
        speedups[place],
        sweep.share(last, speedups[-1]),
        serial,
        falls,
        tuple(_flags(sweep, best, falls, speedups)),
    )


def _flags(sweep: Sweep, best: Point, falls: Point | None, speedups: Sequence[Estimate]) -> Iterable[str]:
    if falls is not None and best is sweep.points[0]:
        yield f"slower with more than {best.threads}: threads cost more than they bring"
    elif falls is not None:
        yield f"falls after {best.threads}: oversubscription?"
    elif max(each.value for each in speedups) < _FLAT:
        noisy = max(each.most for each in speedups) >= _NOISY
        yield "too noisy to say whether threads help" if noisy else "flat: not parallel"
    beyond = [
        point
        for point, speedup in zip(sweep.points[1:], speedups[1:], strict=True)
        if sweep.share(point, speedup).least > _BEYOND_IDEAL
    ]
    if beyond:
        yield f"more than ideal at {beyond[0].threads}: caches, or the time of {sweep.points[0].threads} is too long"
    last, reached = sweep.points[-1], speedups[-1].most
    if falls is None and last.use.cores is not None and last.use.cores - max(1.0, reached) > _IDLE:
        yield f"{last.use.cores:.1f} cores busy for {speedups[-1].value:.2f}x: threads that wait keep their cores busy"
    differing = next((point for point in sweep.points if point.use.differs), None)
    if differing is not None:
        yield f"{differing.use.pool}: asked {differing.use.asked}, has {differing.use.has}"


def amdahl(points: Sequence[Point]) -> Serial | None:
    """The serial fraction of times over threads; None without a time of one thread and another.

    Least squares of relative times, each weighted by itself. The interval has all times at the bounds that make the
    fraction least, and most.
    """
    if len(points) < 2 or points[0].threads != 1:
        return None
    threads = [point.threads or 1 for point in points]
    middle = _fraction(threads, [point.time.value for point in points])
    if not all(point.time.is_bounded for point in points):
        return Serial(middle, None, None)
    first, others = points[0].time, [point.time for point in points[1:]]
    low = _fraction(threads, [first.most, *(time.least for time in others)])
    high = _fraction(threads, [first.least, *(time.most for time in others)])
    return Serial(middle, min(low, middle), max(high, middle))


def _fraction(threads: Sequence[int], times: Sequence[float]) -> float:
    above = below = 0.0
    for count, time in zip(threads[1:], times[1:], strict=True):
        relative = time / times[0]
        reach, weight = 1.0 - 1.0 / count, 1.0 / relative**2
        above += weight * reach * (relative - 1.0 / count)
        below += weight * reach * reach
    return min(1.0, max(0.0, above / below))


def best_serial(sweeps: Iterable[Sweep]) -> dict[tuple[object, ...], tuple[Sweep, Estimate]]:
    """For each problem the fastest time on one thread, of any backend and variant, and whose it is."""
    found: dict[tuple[object, ...], tuple[Sweep, Estimate]] = {}
    for sweep in sweeps:
        if sweep.base is None or sweep.base.threads != 1:
            continue
        known = found.get(sweep.problem)
        if known is None or sweep.base.time.value < known[1].value:
            found[sweep.problem] = (sweep, sweep.base.time)
    return found


# --- from series to sweeps --------------------------------------------------------------------------------------------


def sweeps(history: History, observed: Observed, said: Said | None = None) -> tuple[Sweep, ...]:
    """Every sweep with at least two thread settings, in the suite's order; specimens are left out."""
    known = _known(history, said)
    if not known:
        return ()
    groups: dict[tuple[object, ...], list[Series]] = {}
    for series in history.series:
        of = known.get(series.key.benchmark)
        if of is not None and not series.key.fact and history.specimen_of(series.key) is None:
            groups.setdefault(of[1].place_of(series.key, "threads"), []).append(series)
    positions = {revision.commit: revision.position for revision in history.revisions}
    found = []
    for group in groups.values():
        family, by = known[group[0].key.benchmark]
        sweep = _sweep(group, by, family, positions, observed) if len(group) > 1 else None
        if sweep is not None:
            found.append(sweep)
    return tuple(found)


def _known(history: History, said: Said | None) -> dict[str, tuple[str, Roles]]:
    """The family and the roles of each timed benchmark with threads."""
    timed = {
        name: each for name, each in history.benchmarks.items() if each.unit == "seconds" and roles(each, said).threads
    }
    found = {}
    for family in families(timed, said):
        by = roles_of_family([timed[name] for name in family.benchmarks], said)
        found.update({name: (family.name, by) for name in family.benchmarks})
    return found


def _sweep(
    group: Sequence[Series], of: Roles, family: str, positions: Mapping[str, int], observed: Observed
) -> Sweep | None:
    commit = _newest_shared(group, positions)
    if commit is None:
        return None
    key, taken = group[0].key, {of.size, of.backend, of.variant, of.threads}
    texts = key.parameters
    points = [point for series in group if (point := _point(series, commit, of, observed)) is not None]
    counted = {point.threads: point for point in points if point.threads is not None}
    return Sweep(
        key.benchmark,
        family,
        (texts.get(of.backend) or "") if of.backend else "",
        (texts.get(of.variant) or "") if of.variant else "",
        (texts.get(of.size) or "") if of.size else "",
        tuple((name, plain(text)) for name, text in texts.values if name not in taken),
        key.environment,
        key.machine,
        commit,
        tuple(counted[count] for count in sorted(counted)),
        tuple(point for point in points if point.threads is None),
        _cores(each for series in group for each in observed.get(series.key, ()) if each.commit == commit),
    )


def _newest_shared(group: Sequence[Series], positions: Mapping[str, int]) -> str | None:
    """The newest commit at which two of some series have a value."""
    last = []
    for series in group:
        columns = columns_of(series.points)
        place = columns.statuses.rfind(OK)
        if place >= 0:
            last.append(columns.commits[place])
    newest_first = sorted(set(last), key=lambda commit: positions.get(commit, -1), reverse=True)
    for commit in newest_first:
        if sum(_place(series, commit) is not None for series in group) > 1:
            return commit
    return None


def _place(series: Series, commit: str) -> int | None:
    """Where a commit is among the points of a series, from the newest; None if there is no value of it."""
    columns = columns_of(series.points)
    for place in range(len(columns.commits) - 1, -1, -1):
        if columns.commits[place] == commit:
            return place if columns.statuses[place] == OK and columns.values[place] > 0 else None
    return None


def _point(series: Series, commit: str, of: Roles, observed: Observed) -> Point | None:
    place = _place(series, commit)
    if place is None:
        return None
    columns, parameters = columns_of(series.points), series.key.parameters
    value, low, high = columns.values[place], columns.lows[place], columns.highs[place]
    bounded = 0 < low <= value <= high
    time = Estimate(value, low, high) if bounded else Estimate(value)
    seen = [each for each in observed.get(series.key, ()) if each.commit == commit]
    backend = (parameters.get(of.backend) or "") if of.backend else ""
    use = _use(seen, backend)
    return Point(series.key, of.setting_of(parameters), of.threads_of(parameters), time, use)


# --- what the probe saw -----------------------------------------------------------------------------------------------


def _use(seen: Sequence[Observation], backend: str) -> Use:
    """Of all processes together; the pool that is told is that of the backend, if it is among those that differ."""
    busy = [(_number(each, "sampling", "cpu_seconds"), _number(each, "sampling", "wall_seconds")) for each in seen]
    whole = [(cpu, wall) for cpu, wall in busy if cpu is not None and wall is not None and wall > 0]
    cores = sum(cpu for cpu, _ in whole) / sum(wall for _, wall in whole) if whole else None
    differing: dict[str, tuple[int, int]] = {}
    for each in seen:
        asked, used = _fact(each, "threads", "asked"), _fact(each, "threads", "used")
        if not isinstance(asked, Mapping) or not isinstance(used, Mapping):
            continue
        for pool, count in asked.items():
            has = used.get(pool)
            if isinstance(count, int) and isinstance(has, int) and count != has:
                differing.setdefault(str(pool), (count, has))
    if not differing:
        return Use(cores)
    pool = next((name for name in differing if name == backend), next(iter(differing)))
    return Use(cores, pool, *differing[pool])


def _cores(seen: Iterable[Observation]) -> Cores:
    each = next((each for each in seen if isinstance(each.facts.get("host"), Mapping)), None)
    if each is None:
        return Cores()
    physical, logical, allowed = (_whole(each, "host", name) for name in ("physical_cores", "cores", "affinity"))
    return Cores(physical, logical, allowed, _number(each, "host", "quota"))


def _fact(seen: Observation, *names: str) -> object:
    found: object = seen.facts
    for name in names:
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def _number(seen: Observation, *names: str) -> float | None:
    found = _fact(seen, *names)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _whole(seen: Observation, *names: str) -> int | None:
    found = _number(seen, *names)
    return int(found) if found is not None and found >= 1 else None
