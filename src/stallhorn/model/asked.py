"""What is measured, and where: what a suite, a configuration and git say before anything has run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

# Cores that other processes used while something was measured. Beside more it counts as disturbed: it is measured once
# more, explains a slow-down, and is marked on the pages.
DISTURBED = 0.25

# The largest share of a floor that a measurement may reach: roofs and times are good to some percent.
BELIEVABLE = 1.05


@dataclass(frozen=True, slots=True)
class Project:
    """What `asv.conf.json` says, with every path absolute."""

    name: str
    root: Path  # the folder of asv.conf.json
    repository: Path | None  # None: the configuration names a remote repository
    subfolder: str  # of the repository, where the subject's pyproject is; "" = its top
    branch: str
    benchmarks: Path
    results: Path
    html: Path  # where the site goes; asv's own site goes where asv.conf.json says
    commit_url: str | None  # prefix of a commit's page, or None
    configuration: str = "asv.conf.json"  # the file's name
    thresholds: Mapping[str, float] = field(default_factory=dict)  # asv's: by regex, the smallest change that counts
    first_commits: Mapping[str, str | None] = field(default_factory=dict)  # asv's: by regex; None: never look
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by role, names of parameters that play it


@dataclass(frozen=True, slots=True, order=True)
class Parameters:
    """The parameter values of one series, in the order of the benchmark's `param_names`.

    Values are asv's texts, i.e. the `repr` of each value: ("n", "50"), ("backend", "'numba'").
    """

    values: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """The value of a parameter without the quotes of its repr, or None if there is no such parameter."""
        for key, value in self.values:
            if key == name:
                return plain(value)
        return None

    def __str__(self) -> str:
        return ", ".join(f"{name}={plain(value)}" for name, value in self.values)


def plain(value: str) -> str:
    """A parameter's text as people write it: the repr of a string loses its quotes, anything else stays."""
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One asv benchmark, all its parameter combinations together."""

    name: str
    kind: str  # asv's type: "time", "track", "memory", "peakmemory"
    unit: str  # "seconds", "bytes", or whatever a track_ benchmark says
    version: str
    param_names: tuple[str, ...] = ()
    params: tuple[tuple[str, ...], ...] = ()  # for each name, the texts of its values
    code: str = ""  # source; untrusted text
    timeout: float | None = None
    expected_seconds: tuple[float | None, ...] = ()  # one call, for each combination; empty = the suite does not say
    expected_bytes: tuple[int | None, ...] = ()
    work: tuple[
        Mapping[str, float] | None, ...
    ] = ()  # what one call cannot avoid, as counts: "flops", "bytes", "cos"...
    specimens: tuple[str | None, ...] = ()  # the pitfall that a combination is kept sick for, on purpose
    quick: tuple[bool, ...] = ()  # whether the quick preset may take it; empty = all
    group_by: tuple[str, ...] = ()  # parameters that each need a process of their own; () = one for each combination

    def work_of(self, parameters: Parameters) -> Mapping[str, float] | None:
        """What one call at these parameters cannot avoid; None where the suite does not say."""
        place = self._place(parameters)
        return self.work[place] if place is not None and place < len(self.work) else None

    def specimen_of(self, parameters: Parameters) -> str | None:
        """The pitfall that these parameters are kept sick for; None for everything healthy."""
        if not self.specimens:  # as of most benchmarks
            return None
        place = self._place(parameters)
        return self.specimens[place] if place is not None and place < len(self.specimens) else None

    def _place(self, parameters: Parameters) -> int | None:
        """Which combination this is, in asv's order; None for one that the suite no longer has."""
        if len(parameters.values) != len(self.params):
            return None
        place = 0
        for (_, text), texts in zip(parameters.values, self.params, strict=True):
            if text not in texts:
                return None
            place = place * len(texts) + texts.index(text)
        return place


@dataclass(frozen=True, slots=True)
class Machine:
    name: str
    os: str = ""
    cpu: str = ""
    cores: str = ""
    ram: str = ""


@dataclass(frozen=True, slots=True)
class Cache:
    """One level of a machine's data caches, as much of it as so many threads have to themselves."""

    level: int
    size: int  # bytes
    bandwidth: float  # bytes a second


@dataclass(frozen=True, slots=True)
class Roof:
    """The most that a machine does with so many threads."""

    threads: int
    memory: float  # bytes a second
    caches: tuple[Cache, ...]  # the smallest first
    flops: float  # a second
    seconds: Mapping[str, float]  # of one "cos", "log", "exp", ...


@dataclass(frozen=True, slots=True)
class Roofs:
    """What was measured of a machine, once: its roofs for one thread and for all."""

    by_threads: Mapping[int, Roof]
    cores: int  # what "all" means
    measured: datetime | None = None
    environment: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    foreign_load: float | None = None  # cores that other programs used meanwhile: roofs are lower for it

    @property
    def disturbed(self) -> bool:
        return self.foreign_load is not None and self.foreign_load > DISTURBED


@dataclass(frozen=True, slots=True)
class Floor:
    """The least time that one call can take on a machine: its work under the roof for its number of threads."""

    seconds: float
    bound: str  # what takes most of it: "memory", "cache", or a count of the work, "flops", "cos", ...
    threads: int

    def share(self, seconds: float) -> float:
        """How much of what the machine can do such a time reaches; 1 is the floor itself."""
        return self.seconds / seconds

    def is_above(self, seconds: float) -> bool:
        """Whether a time is clearly below the floor: then the roofs or the declared work are wrong."""
        return self.share(seconds) > BELIEVABLE


@dataclass(frozen=True, slots=True)
class Environment:
    """One asv environment: a Python, requirements and environment variables."""

    name: str
    python: str
    requirements: tuple[tuple[str, str], ...] = ()  # "" = the newest version at the time it was created
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit of the measured history."""

    commit: str  # the full hash
    position: int  # 0 is the oldest
    committed: datetime | None
    author: str  # untrusted text, as is the subject
    subject: str
    parents: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    aside: bool = False  # measured, but not on the branch: of a side branch, or replaced by a later commit

    @property
    def short(self) -> str:
        return self.commit[:8]


@dataclass(frozen=True, slots=True, order=True)
class SeriesKey:
    """What makes two measurements belong to the same history."""

    benchmark: str
    parameters: Parameters
    environment: str
    machine: str
    fact: str = ""  # a counted fact beside the benchmark's own value: "parallel regions"

    @property
    def name(self) -> str:
        """The benchmark with its values as asv writes it, which its regular expressions are held against."""
        values = ", ".join(text for _, text in self.parameters.values)
        return f"{self.benchmark}({values})" if values else self.benchmark

    def __str__(self) -> str:
        inside = f"[{self.parameters}] " if self.parameters.values else " "
        fact = f"# {self.fact} " if self.fact else ""
        return f"{self.benchmark} {inside}{fact}@ {self.environment}".replace("  ", " ")
