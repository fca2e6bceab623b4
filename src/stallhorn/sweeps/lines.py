"""The series of a suite as problems: what is solved, by which backends and variants, at which sizes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stallhorn.model import History, Series, SeriesKey, plain
from stallhorn.model.points import OK, Columns, columns_of
from stallhorn.sweeps.crossover import Curve, Estimate, curve
from stallhorn.sweeps.roles import Roles, families, roles, roles_of_family

# Variants that solve another problem than their neighbours: a gradient takes longer than its function, and is no rival.
_OTHER_TASKS = {
    "gradient": re.compile(r"(?:^|[\W_])(?:grad|grads|gradient|vjp|jvp|jacobian|hessian|backward|adjoint)(?:$|[\W_])"),
    "batch": re.compile(r"(?:^|[\W_])(?:vmap|batch|batched)(?:$|[\W_])"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One way to solve a problem: a backend and variant, over all sizes, through all commits."""

    backend: str
    variant: str
    label: str  # "numba default"; with the benchmark's class where two lines would be called the same
    specimen: str | None  # the pitfall that it is kept sick for, on purpose
    task: str  # what else it solves: "gradient", "batch"; "" = the same as the others
    sweep: Mapping[float, Series]  # by size

    @property
    def competes(self) -> bool:
        """Whether it can be called the fastest."""
        return self.specimen is None and not self.task


@dataclass(frozen=True, slots=True)
class Problem:
    """The lines that can be compared: one family, environment, machine and thread setting."""

    family: str
    rest: tuple[tuple[str, str], ...]  # parameters that have no role
    environment: str
    machine: str
    setting: str  # of threads, as written; "" = there is no such parameter
    size: str  # the name of the parameter
    lines: tuple[Line, ...]

    @property
    def backends(self) -> frozenset[str]:
        return frozenset(line.backend for line in self.lines if line.competes)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A family with a backend that no picture can be drawn of, and why."""

    family: str
    reason: str


@dataclass(frozen=True, slots=True)
class Problems:
    found: tuple[Problem, ...]
    left_out: tuple[LeftOut, ...]


def problems(history: History, said: Mapping[str, Sequence[str]] | None = None) -> Problems:
    """Every problem that at least two backends solve; the others of a family with a backend are named with a reason."""
    timed = {
        name: each for name, each in history.benchmarks.items() if each.unit == "seconds" and roles(each, said).backend
    }
    if not timed:
        return Problems((), ())
    of: dict[str, tuple[str, Roles]] = {}
    left_out = []
    for family in families(timed, said):
        of_family = roles_of_family([timed[name] for name in family.benchmarks], said)
        if not of_family.size:
            left_out.append(LeftOut(family.name, "no parameter is a size: numbers, three or more"))
        else:
            of |= {name: (family.name, of_family) for name in family.benchmarks}
    found = list(_problems(history, of))
    alone = {each.family for each in found} - {each.family for each in found if len(each.backends) > 1}
    for name in sorted(alone):
        backends = {backend for each in found if each.family == name for backend in each.backends}
        only = (
            f"only {next(iter(backends))} is measured" if len(backends) == 1 else "no thread setting has two backends"
        )
        left_out.append(LeftOut(name, only if backends else "only specimens and other tasks are measured"))
    compared = tuple(each for each in found if len(each.backends) > 1)
    return Problems(compared, tuple(sorted(left_out, key=lambda each: each.family)))


_Where = tuple[str, tuple[tuple[str, str], ...], str, str, str]  # family, rest, environment, machine, thread setting
_Who = tuple[str, str, str]  # backend, variant, benchmark


def _problems(history: History, of: Mapping[str, tuple[str, Roles]]) -> Iterable[Problem]:
    groups: dict[_Where, dict[_Who, dict[float, Series]]] = {}
    for series in history.series:
        known = of.get(series.key.benchmark)
        if known is None or series.key.fact:
            continue
        family, by = known
        parameters = series.key.parameters
        size = by.size_of(parameters)
        if size is None or size <= 0 or OK not in columns_of(series.points).statuses:
            continue
        taken = {by.size, by.backend, by.variant, by.threads}
        rest = tuple((name, plain(text)) for name, text in parameters.values if name not in taken)
        where = (family, rest, series.key.environment, series.key.machine, by.setting_of(parameters))
        variant = (parameters.get(by.variant) or "") if by.variant else ""
        who = (parameters.get(by.backend) or "", variant, series.key.benchmark)
        groups.setdefault(where, {}).setdefault(who, {})[size] = series
    for where, lines in sorted(groups.items()):
        family, rest, environment, machine, setting = where
        yield Problem(family, rest, environment, machine, setting, of[family][1].size, _lines(lines, history))


def _lines(found: Mapping[_Who, Mapping[float, Series]], history: History) -> tuple[Line, ...]:
    names = [(backend, variant) for backend, variant, _ in found]
    made = []
    for (backend, variant, benchmark), sweep in sorted(found.items()):
        label = f"{backend} {variant}".strip()
        if names.count((backend, variant)) > 1:
            label += f" ({benchmark.rsplit('.', 2)[-2] if benchmark.count('.') > 1 else benchmark})"
        specimens = {history.specimen_of(series.key) for series in sweep.values()}
        specimen = next((each for each in specimens if each is not None), None)
        made.append(Line(backend, variant, label, specimen, _task(variant), dict(sorted(sweep.items()))))
    return tuple(made)


def _task(variant: str) -> str:
    return next((task for task, pattern in _OTHER_TASKS.items() if pattern.search(variant.lower())), "")


# --- a problem at its commits -----------------------------------------------------------------------------------------


class Through:
    """The curves of a problem at the newest commits of its series: `most` of each; columns are looked through once."""

    def __init__(self, problem: Problem, most: int = 60) -> None:
        self.problem = problem
        self._columns: list[dict[float, tuple[Columns, dict[str, int]]]] = []
        for line in problem.lines:
            by_size = {}
            for size, series in line.sweep.items():
                columns = columns_of(series.points)
                first = max(0, len(columns.commits) - most)
                newest = enumerate(columns.commits[first:], first)
                places = {commit: at for at, commit in newest if columns.statuses[at] == OK}
                by_size[size] = (columns, places)
            self._columns.append(by_size)

    def commits(self, positions: Mapping[str, int]) -> list[str]:
        """The commits at which two backends or more were measured at the same size, oldest first."""
        backends: dict[tuple[str, float], set[str]] = {}
        for line, by_size in zip(self.problem.lines, self._columns, strict=True):
            if line.competes:
                for size, (_, places) in by_size.items():
                    for commit in places:
                        backends.setdefault((commit, size), set()).add(line.backend)
        found = {commit for (commit, _), names in backends.items() if len(names) > 1}
        return sorted((commit for commit in found if commit in positions), key=lambda commit: positions[commit])

    def curve(self, line: int, commit: str) -> Curve:
        """A line at a commit; what failed there, or took no time, is not on it."""
        points = []
        for size, (columns, places) in self._columns[line].items():
            at = places.get(commit)
            if at is not None:
                low, high = columns.lows[at], columns.highs[at]
                bounded = low == low and high == high
                estimate = Estimate(columns.values[at], low, high) if bounded else Estimate(columns.values[at])
                points.append((size, estimate))
        return curve(points)

    def ever_cross(self, one: int, other: int) -> bool:
        """Whether two lines change places between sizes at any commit: quickly, before anything is interpolated."""
        signs: dict[str, bool] = {}
        for size, (columns, places) in self._columns[one].items():
            others = self._columns[other].get(size)
            if others is None:
                continue
            for commit, at in places.items():
                place = others[1].get(commit)
                if place is not None:
                    faster = columns.values[at] < others[0].values[place]
                    if signs.setdefault(commit, faster) is not faster:
                        return True
        return False

    def curves(self, commit: str) -> list[Curve]:
        return [self.curve(place, commit) for place in range(len(self.problem.lines))]

    def keys(self, line: int) -> dict[float, SeriesKey]:
        return {size: series.key for size, series in self.problem.lines[line].sweep.items()}
