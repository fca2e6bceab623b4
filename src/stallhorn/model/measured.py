"""What was measured: values, what the probe saw beside them, and everything of a project together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from stallhorn.model.asked import Benchmark, Environment, Machine, Project, Revision, Roofs, SeriesKey

# How the unit of a series ends whose values are exact: "compiles (counted)".
COUNTED = "counted)"


class Status(StrEnum):
    """How one measurement ended."""

    OK = "ok"
    SKIPPED = "skipped"  # it cannot run here, with a reason: missing backend, too few cores, not in this commit
    FAILED = "failed"  # it raised, or its commit did not build
    ABORTED = "aborted"  # its process died: abort(), a segmentation fault, the out-of-memory killer
    TIMEOUT = "timeout"


class Direction(StrEnum):
    SLOWER = "slower"
    FASTER = "faster"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Sample:
    """One timing: `number` calls in a row took `number * value` seconds."""

    value: float
    number: int
    round: int  # which process took it, from 0; 0 when that is not known


@dataclass(frozen=True, slots=True)
class Measurement:
    """One series at one commit.

    `value` is asv's: the median of all samples. `low` and `high` bound it: the 99 % interval of the median, widened
    until it holds the median of every process, because processes differ by more than the samples inside one.
    All three are None unless the status is OK.
    """

    key: SeriesKey
    commit: str
    status: Status
    value: float | None = None
    low: float | None = None
    high: float | None = None
    samples: tuple[Sample, ...] = ()
    reason: str = ""  # why it was skipped or failed; untrusted text
    version: str = ""
    started: datetime | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """What the probe saw while one process measured one series: a line of the probe record."""

    key: SeriesKey
    commit: str
    status: Status
    facts: Mapping[str, object]  # JSON values; None = unknown
    probe: str  # the probe's version
    method: int  # how it measured; measurements of different methods do not share a series
    stderr: str = ""  # untrusted text
    round: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """The history of one key: at most one measurement for each revision, oldest first.

    `points` of a history that was read are columns (`points.Points`); a loop over them makes a measurement each time.
    """

    key: SeriesKey
    unit: str
    points: Sequence[Measurement]
    rising: Direction = Direction.SLOWER  # what a larger value means; SAME: neither better nor worse

    @property
    def is_counted(self) -> bool:
        """Whether the values are exact: its unit ends so."""
        return self.unit.endswith(COUNTED)


@dataclass(frozen=True, slots=True)
class BuildFailure:
    """A commit that could not be built or installed into an environment."""

    commit: str
    environment: str
    machine: str
    log: str  # the end of the tool's output; untrusted text


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read; the rest was. Shown to people, never swallowed."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.remedy}"


@dataclass(frozen=True, slots=True)
class History:
    """Everything that was read from a project's results: the input of all analysis."""

    project: Project
    revisions: tuple[Revision, ...]  # oldest first; all first-parent commits of the branch, and measured ones besides
    benchmarks: Mapping[str, Benchmark]
    machines: Mapping[str, Machine]
    environments: Mapping[str, Environment]
    series: tuple[Series, ...]
    observations: tuple[Observation, ...] = ()
    build_failures: tuple[BuildFailure, ...] = ()
    problems: tuple[Problem, ...] = ()
    roofs: Mapping[str, Roofs] = field(default_factory=dict)  # of machines; none where they were not measured

    def revision(self, commit: str) -> Revision | None:
        """The revision with this full hash, or None."""
        return next((revision for revision in self.revisions if revision.commit == commit), None)

    def specimen_of(self, key: SeriesKey) -> str | None:
        """The pitfall that a series is kept sick for, on purpose; None for everything healthy or unknown."""
        benchmark = self.benchmarks.get(key.benchmark)
        return None if benchmark is None else benchmark.specimen_of(key.parameters)
