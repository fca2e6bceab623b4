"""Backends against each other for the pages: every problem at its newest commit, with what is said about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from stallhorn.model import Observation, Revision, SeriesKey
from stallhorn.report.html import fairness, words
from stallhorn.report.html.fairness import Competitor
from stallhorn.report.html.view import Site
from stallhorn.sweeps import crossover, payback
from stallhorn.sweeps.crossover import Crossing, Crossover, Curve, Fastest, Move, Stretch
from stallhorn.sweeps.lines import Line, Problem, Through
from stallhorn.sweeps.payback import Cache, Costs, Firsts, Outcome, Payback

_DRIFT_COMMITS = 30  # of the history, the newest ones
_DRIFT_PAIRS = 4
_CROSSOVERS = 12
_PAIRS = 8  # rows of the table of break-evens, for each kind of cache
_LIBRARIES = ("numpy", "numba", "jax", "scipy", "cpp")  # have the same colour in every project


@dataclass(frozen=True, slots=True)
class LineView:
    line: Line
    curve: Curve
    firsts: Mapping[float, Firsts]
    place: str  # its page

    def costs(self, size: float, cache: Cache) -> Costs | None:
        """What it costs at a measured size; `cache` is COLD or WARM."""
        steady, known = self.curve.measured(size), self.firsts.get(size)
        if steady is None:
            return None
        if known is None:
            return Costs(None, steady, f"{self.line.label}: the first call is not recorded ({payback.HOW_TO_RECORD})")
        first = known.with_cache if cache is Cache.WARM else known.at_start
        reason = known.reason or f"no {'warm cache' if cache is Cache.WARM else 'first call'} was recorded"
        return Costs(first.time if first else None, steady, f"{self.line.label}: {reason}")


@dataclass(frozen=True, slots=True)
class CrossView:
    one: int
    other: int
    found: Crossover
    leads: bool  # whether it decides who is the fastest of all


@dataclass(frozen=True, slots=True)
class PayRow:
    """One line against another at all sizes."""

    one: int
    other: int
    cache: Cache  # COLD or WARM
    cells: tuple[tuple[float, Payback], ...]


@dataclass(frozen=True, slots=True)
class DriftView:
    one: int
    other: int
    history: tuple[Crossing, ...]
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class ProblemView:
    """One problem at its newest commit."""

    problem: Problem
    id: str
    revision: Revision
    is_newest: bool  # of all commits that were measured on its machine
    lines: tuple[LineView, ...]
    sizes: tuple[float, ...]
    stretches: tuple[Stretch, ...]  # of the lines that compete
    all_stretches: tuple[Stretch, ...]
    crossings: tuple[CrossView, ...]
    paybacks: tuple[PayRow, ...]
    drifts: tuple[DriftView, ...]
    warnings: tuple[str, ...]

    @property
    def competing(self) -> list[int]:
        return [place for place, each in enumerate(self.lines) if each.line.competes]

    @property
    def title(self) -> str:
        rest = ", ".join(f"{name} = {text}" for name, text in self.problem.rest)
        return f"{self.problem.family} [{rest}]" if rest else self.problem.family

    def fastest(self, size: float) -> Fastest | None:
        """The fastest of the lines that were measured at this very size."""
        return fastest_of(self.lines, self.competing, size)


def fastest_of(lines: Sequence[LineView], among: Sequence[int], size: float) -> Fastest | None:
    measured = [place for place in among if lines[place].curve.measured(size) is not None]
    found = crossover.fastest_at(
        [lines[place].curve for place in measured], size, [lines[place].line.backend for place in measured]
    )
    if found is None:
        return None
    rival = None if found.rival is None else measured[found.rival]
    return Fastest(measured[found.first], tuple(measured[each] for each in found.tied), rival, found.ratio)


def view(problem: Problem, site: Site, newest: Mapping[str, int]) -> ProblemView | None:
    """A problem at the newest commit at which two backends can be compared; None where there is no such commit.

    `newest` is the position of the newest measured commit of each machine.
    """
    positions = _positions(site)
    through = Through(problem, _DRIFT_COMMITS)
    commits = through.commits(positions)
    if not commits:
        return None
    commit = commits[-1]
    curves = through.curves(commit)
    lines = tuple(_line(through, place, curves[place], commit, site) for place in range(len(curves)) if curves[place])
    kept = [place for place in range(len(curves)) if curves[place]]
    competing = [place for place, each in enumerate(lines) if each.line.competes]
    everybody = list(range(len(lines)))
    return ProblemView(
        problem=problem,
        id=_id(problem),
        revision=site.revision(commit),
        is_newest=positions[commit] >= newest.get(problem.machine, 0),
        lines=lines,
        sizes=tuple(sorted({size for each in lines for size in each.curve.sizes})),
        stretches=_stretches(lines, competing),
        all_stretches=_stretches(lines, everybody) if len(competing) < len(lines) else (),
        crossings=_crossings(lines, competing),
        paybacks=_paybacks(lines, competing),
        drifts=_drifts(through, kept, lines, competing, commits[-_DRIFT_COMMITS:]),
        warnings=fairness.warnings(_competitors(through, lines, kept), commit, site),
    )


def _positions(site: Site) -> dict[str, int]:
    return {each.commit: each.position for each in site.revisions.values() if not each.aside}


def _id(problem: Problem) -> str:
    parts = (problem.family, problem.rest, problem.environment, problem.machine, problem.setting)
    return words.identifier(repr(parts))


def _line(through: Through, place: int, curve: Curve, commit: str, site: Site) -> LineView:
    line, keys = through.problem.lines[place], through.keys(place)
    observed = {size: seen for size, key in keys.items() if (seen := _seen(key, commit, site))}
    benchmark = next(iter(keys.values())).benchmark
    firsts = payback.firsts(observed, line.backend)
    return LineView(line, curve, firsts, f"benchmark/{words.identifier(benchmark)}.html")


def _seen(key: SeriesKey, commit: str, site: Site) -> list[Observation]:
    return [each for each in site.observed.get(key, ()) if each.commit == commit]


def _competitors(through: Through, lines: Sequence[LineView], kept: Sequence[int]) -> list[Competitor]:
    return [
        Competitor(each.line.label, each.line.backend, tuple(through.keys(place).values()))
        for place, each in zip(kept, lines, strict=True)
        if each.line.competes
    ]


def _stretches(lines: Sequence[LineView], among: Sequence[int]) -> tuple[Stretch, ...]:
    found = crossover.stretches([lines[place].curve for place in among])
    return tuple(Stretch(each.start, each.end, tuple(among[line] for line in each.lines)) for each in found)


def _crossings(lines: Sequence[LineView], competing: Sequence[int]) -> tuple[CrossView, ...]:
    found = []
    for one, other in combinations(competing, 2):
        if lines[one].line.backend == lines[other].line.backend:
            continue
        for each in crossover.crossovers(lines[one].curve, lines[other].curve):
            found.append(CrossView(one, other, each, _leads(lines, competing, one, each.size)))
    found.sort(key=lambda each: (not each.leads, each.found.size))
    return tuple(found[:_CROSSOVERS])


def _leads(lines: Sequence[LineView], competing: Sequence[int], one: int, size: float) -> bool:
    """Whether nobody is faster than the two that cross there."""
    crossing = lines[one].curve.at(size)
    others = [time.value for place in competing if (time := lines[place].curve.at(size)) is not None]
    return crossing is not None and crossing.value <= min(others) * (1 + 1e-9)


# --- break-even -------------------------------------------------------------------------------------------------------


def _paybacks(lines: Sequence[LineView], competing: Sequence[int]) -> tuple[PayRow, ...]:
    compiled = [place for place in competing if _has(lines[place], Cache.COLD) or _has(lines[place], Cache.WARM)]
    base = _best(lines, [place for place in competing if _has(lines[place], Cache.PLAIN)])
    pairs = [(place, base) for place in compiled] if base is not None else []
    best = [
        found for backend in _backends(lines, compiled) if (found := _best_of(lines, compiled, backend)) is not None
    ]
    for one, other in combinations(best, 2):
        pairs.append((one, other) if _first(lines[one]) >= _first(lines[other]) else (other, one))
    rows = [_row(lines, one, other, Cache.COLD) for one, other in pairs[:_PAIRS]]
    rows += [_row(lines, one, other, Cache.WARM) for one, other in pairs[:_PAIRS] if _has(lines[one], Cache.WARM)]
    return tuple(row for row in rows if row.cells)


def _has(line: LineView, cache: Cache) -> bool:
    return any(cache in each.by_cache for each in line.firsts.values())


def _backends(lines: Sequence[LineView], among: Sequence[int]) -> list[str]:
    return sorted({lines[place].line.backend for place in among})


def _best_of(lines: Sequence[LineView], among: Sequence[int], backend: str) -> int | None:
    return _best(lines, [place for place in among if lines[place].line.backend == backend])


def _best(lines: Sequence[LineView], among: Sequence[int]) -> int | None:
    """The line that stands for others: measured at most sizes, then the fastest at the largest of them."""
    if not among:
        return None
    return min(among, key=lambda place: (-len(lines[place].curve.sizes), lines[place].curve.times[-1].value, place))


def _first(line: LineView) -> float:
    times = [first.time.value for each in line.firsts.values() if (first := each.at_start) is not None]
    return max(times, default=0.0)


def _row(lines: Sequence[LineView], one: int, other: int, cache: Cache) -> PayRow:
    cells = []
    for size in lines[one].curve.sizes:
        mine, others = lines[one].costs(size, cache), lines[other].costs(size, cache)
        if mine is not None and others is not None:
            cells.append((size, payback.payback(mine, others)))
    return PayRow(one, other, cache, tuple(cells))


# --- drift ------------------------------------------------------------------------------------------------------------


def _drifts(
    through: Through,
    kept: Sequence[int],
    lines: Sequence[LineView],
    competing: Sequence[int],
    commits: Sequence[str],
) -> tuple[DriftView, ...]:
    """How crossovers between the backends' best lines went through the history; only those that exist somewhere."""
    best = [
        found for backend in _backends(lines, competing) if (found := _best_of(lines, competing, backend)) is not None
    ]
    if len(commits) < 2:
        return ()
    pairs_of = [two for two in combinations(best, 2) if through.ever_cross(kept[two[0]], kept[two[1]])]
    drawn = {place for two in pairs_of for place in two}
    made = {place: [through.curve(kept[place], commit) for commit in commits] for place in sorted(drawn)}
    views = []
    for one, other in pairs_of:
        pairs = zip(commits, made[one], made[other], strict=True)
        history = [each for commit, *two in pairs if (each := crossover.crossing(commit, *two)) is not None]
        if any(each.crossover is not None for each in history) and len(history) > 1:
            views.append(DriftView(one, other, tuple(history), crossover.moves(history)))
    views.sort(key=lambda each: (not each.moves, each.one, each.other))
    return tuple(views[:_DRIFT_PAIRS])


def colours(views: Sequence[ProblemView]) -> dict[str, int]:
    """A colour for each backend, 0 to 5: the well-known ones always have theirs, from the sixth on all others share."""
    names = {each.line.backend for view in views for each in view.lines}
    known = {name: place for place, name in enumerate(_LIBRARIES) if name in names}
    free = [place for place in range(6) if place not in known.values()]
    for name in sorted(names - set(known)):
        known[name] = free.pop(0) if free else 5
    return known


def is_told(row: PayRow) -> bool:
    """Whether a row says more than that it does not know."""
    return any(each.outcome is not Outcome.UNKNOWN for _, each in row.cells)
