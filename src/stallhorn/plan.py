"""What to measure: cells, presets, groups, and how long it will take. Pure."""

from __future__ import annotations

import difflib
import itertools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stallhorn.errors import UsageError
from stallhorn.model import Benchmark, Parameters, plain

# What a cell costs beside its calls: set-up, calibration, collecting facts. And what a process costs before its first
# cell: interpreter, imports and compiling. Only for estimates, which are corrected by what is measured.
CELL_OVERHEAD = 0.05
PROCESS_OVERHEAD = 1.0
UNKNOWN_CALL = 0.05  # seconds, for benchmarks that do not say what to expect
QUICK_CELL = 1.0  # seconds: the quick preset takes the cells that stay below

# How the probe samples (its `clock.Plan`), again for estimates only.
SAMPLES = 5
LEAST_SAMPLES = 2
SAMPLE_TIME = 0.01
BUDGET = 1.0  # seconds after which it takes no more than the least
ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """One benchmark at one combination of its parameters: what one process measures once."""

    benchmark: str
    index: int  # of the combination, in asv's order
    parameters: Parameters
    version: str
    group: tuple[tuple[str, str], ...]  # cells of one group may share a process
    probed: bool  # measured by the probe's own type; the others are left to asv's runner
    timeout: float | None
    rounds: int
    seconds: float | None = None  # expected, of one call
    memory: int | None = None  # expected, bytes
    quick: bool = True  # whether the quick preset may take it

    @property
    def expected(self) -> float:
        """Seconds that one process spends on it."""
        call = UNKNOWN_CALL if self.seconds is None else self.seconds
        sample = max(call, SAMPLE_TIME)
        samples = min(SAMPLES, max(LEAST_SAMPLES, math.ceil(BUDGET / sample)))
        return CELL_OVERHEAD + 2 * call + samples * sample

    def __str__(self) -> str:
        return f"{self.benchmark} [{self.parameters}]" if self.parameters.values else self.benchmark


def cells(benchmarks: Mapping[str, Benchmark], probed: frozenset[str], rounds: Mapping[str, int]) -> tuple[Cell, ...]:
    """Every cell of a suite, in the suite's order. `probed` names the benchmarks of the probe's own type."""
    return tuple(
        _cell(benchmark, index, values, benchmark.name in probed, rounds.get(benchmark.name, ROUNDS))
        for benchmark in benchmarks.values()
        for index, values in enumerate(itertools.product(*benchmark.params))
    )


def _cell(benchmark: Benchmark, index: int, values: tuple[str, ...], probed: bool, rounds: int) -> Cell:
    named = tuple(zip(benchmark.param_names, values, strict=True))
    # A thread setting holds for a whole process, whatever the suite says.
    shared = tuple((name, value) for name, value in named if name in benchmark.group_by or name == "threads")
    return Cell(
        benchmark=benchmark.name,
        index=index,
        parameters=Parameters(named),
        version=benchmark.version,
        # A probe benchmark shares a process with cells of the same group, of any benchmark that groups by the same
        # parameters; any other has each process to itself.
        group=shared if probed else (("benchmark", benchmark.name), ("index", str(index))),
        probed=probed,
        timeout=benchmark.timeout,
        rounds=rounds,
        seconds=next(iter(benchmark.expected_seconds[index : index + 1]), None),
        memory=next(iter(benchmark.expected_bytes[index : index + 1]), None),
        quick=next(iter(benchmark.quick[index : index + 1]), True),
    )


def matching(wanted: Iterable[Cell], regex: str | None) -> tuple[Cell, ...]:
    """The cells whose name matches, as asv matches: in "name(value, value)", or in the name if there are no values."""
    wanted = tuple(wanted)
    if regex is None:
        return wanted
    try:
        pattern = re.compile(regex)
    except re.error as error:
        raise UsageError(
            f"--bench {regex!r} is not a regular expression: {error}.", "Quote special characters with a backslash."
        ) from None
    found = tuple(cell for cell in wanted if pattern.search(_asv_name(cell)))
    if not found:
        names = sorted({cell.benchmark for cell in wanted})
        close = difflib.get_close_matches(regex, names, n=3, cutoff=0.4) or names[:5]
        raise UsageError(
            f"No benchmark matches --bench {regex!r}.",
            f"There are {len(names)}, for example: {', '.join(close)}." if names else "The suite has no benchmarks.",
        )
    return found


def _asv_name(cell: Cell) -> str:
    values = ", ".join(value for _, value in cell.parameters.values)
    return f"{cell.benchmark}({values})" if cell.parameters.values else cell.benchmark


def preset(wanted: Iterable[Cell], name: str) -> tuple[Cell, ...]:
    """The cells of a preset: "full" takes all, "quick" those below a second that the suite does not keep out of it.

    It selects and never changes a benchmark's parameters: asv would drop the history of what is missing there.
    """
    if name == "full":
        return tuple(wanted)
    return tuple(cell for cell in wanted if cell.quick and cell.expected < QUICK_CELL)


def groups(wanted: Iterable[Cell]) -> tuple[tuple[Cell, ...], ...]:
    """Cells that may share a process, together; groups and cells keep the order in which they first appear."""
    found: dict[tuple[tuple[str, str], ...], list[Cell]] = {}
    for cell in wanted:
        found.setdefault(cell.group, []).append(cell)
    return tuple(tuple(members) for members in found.values())


def label(group: tuple[Cell, ...]) -> str:
    """What the cells of a group have in common, for people."""
    first = group[0]
    if not first.probed:
        return str(first)
    return ", ".join(f"{name} {plain(value)}" for name, value in first.group) or first.benchmark


def seconds(wanted: Iterable[Cell]) -> float:
    """How long one round over these cells will take."""
    return sum(PROCESS_OVERHEAD + sum(cell.expected for cell in group) for group in groups(wanted))
