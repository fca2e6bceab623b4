"""The nouns. Frozen data, standard library only, no I/O; docs/glossary.md explains each word.

`None` means "not measured" everywhere; a NaN never enters the model. Times are seconds, memory is bytes, and
revisions are ordered oldest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from pathlib import Path

# Cores that other processes used while something was measured. Beside more it counts as disturbed: it is measured once
# more, explains a slow-down, and is marked on the pages.
DISTURBED = 0.25

# The largest share of a floor that a measurement may reach: roofs and times are good to some percent.
BELIEVABLE = 1.05

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


class Kind(StrEnum):
    """What a change is a change of."""

    CODE = "code"  # of the measured code, as far as is known
    MACHINE = "machine"  # of the machine or its software: many unrelated benchmarks moved together, or code did not
    MEASUREMENT = "measurement"  # of how it was measured: a timing that was wrong before was repaired


class Verdict(Enum):
    """What a comparison says as a whole, ordered as a lattice by `join`."""

    CLEAN = "clean"
    REGRESSION = "regression"
    INCONCLUSIVE = "inconclusive"  # too noisy to say
    NOTHING = "nothing"  # nothing measured, or nothing to compare with

    @staticmethod
    def join(verdicts: Iterable[Verdict]) -> Verdict:
        """The verdict over several series: one regression outweighs doubt, doubt outweighs a clean bill."""
        seen = set(verdicts)
        for verdict in (Verdict.REGRESSION, Verdict.INCONCLUSIVE, Verdict.CLEAN):
            if verdict in seen:
                return verdict
        return Verdict.NOTHING


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

    def __str__(self) -> str:
        inside = f"[{self.parameters}] " if self.parameters.values else " "
        fact = f"# {self.fact} " if self.fact else ""
        return f"{self.benchmark} {inside}{fact}@ {self.environment}".replace("  ", " ")


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
    """The history of one key: at most one measurement for each revision, oldest first."""

    key: SeriesKey
    unit: str
    points: tuple[Measurement, ...]
    rising: Direction = Direction.SLOWER  # what a larger value means; SAME: neither better nor worse

    @property
    def is_counted(self) -> bool:
        """Whether the values are exact: its unit ends so."""
        return self.unit.endswith(COUNTED)


@dataclass(frozen=True, slots=True)
class Level:
    """A flat stretch of a series: `[start, stop)` in positions of the series' points, and its centre and bounds."""

    start: int
    stop: int
    center: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A place in one series where its level changed: after `last` (measured), at `first` (measured) at the latest.

    Commits between the two were not measured; any of them may have done it.
    """

    key: SeriesKey
    before: Level
    after: Level
    last: str  # commit, the newest with the old level
    first: str  # commit, the oldest with the new level
    rising: Direction = Direction.SLOWER  # as its series has it
    low: float | None = None  # 99 % interval of the ratio; None where it is not known
    high: float | None = None
    confidence: float = 1.0  # how probable it is that the level changed here, by what is known so far
    kind: Kind = Kind.CODE
    reason: str = ""  # why it is of that kind, as a sentence; "" for code

    @property
    def ratio(self) -> float | None:
        """New over old level; None from zero, as a counted fact can have it."""
        return self.after.center / self.before.center if self.before.center > 0 else None

    @property
    def direction(self) -> Direction:
        """Whether it became worse (SLOWER) or better; SAME for a fact of which neither can be said."""
        if self.after.center > self.before.center:
            return self.rising
        return {Direction.SLOWER: Direction.FASTER, Direction.FASTER: Direction.SLOWER}.get(self.rising, self.rising)


@dataclass(frozen=True, slots=True)
class Change:
    """One commit range, one direction, and every series that it hit: the unit people read."""

    last: Revision
    first: Revision
    untested: tuple[Revision, ...]  # the commits between the two
    direction: Direction
    points: tuple[ChangePoint, ...]  # largest effect first
    kind: Kind = Kind.CODE
    ratio: float | None = None  # the typical one of all series that it hit; None from zero
    low: float | None = None  # 99 % interval of the typical ratio
    high: float | None = None
    confidence: float = 1.0  # that something changed here
    reason: str = ""  # why it is of its kind; "" for code

    @property
    def id(self) -> str:
        kind = "" if self.kind is Kind.CODE else f"-{self.kind}"
        return f"{self.first.short}-{self.direction}{kind}"

    @property
    def worst(self) -> ChangePoint:
        return self.points[0]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A series whose newest points look changed with too little evidence to say so: measuring once more would tell."""

    key: SeriesKey
    last: str  # commit, the newest that is plainly on the old level
    first: str  # commit, the oldest that looks changed
    direction: Direction
    ratio: float
    confidence: float  # that it is a change, by what is known so far
    reason: str  # what is missing, as a sentence


@dataclass(frozen=True, slots=True)
class Evidence:
    fact: str
    value: str
    expected: str
    kind: str  # "observed", "counted" or "proven"


@dataclass(frozen=True, slots=True)
class Switch:
    """What can be changed from outside to see whether a cause is one: the experiment behind `--prove`."""

    text: str  # what a person would write, such as "OPENBLAS_NUM_THREADS=1"
    variables: Mapping[str, str] = field(default_factory=dict)  # of the measuring process
    treatment: str = ""  # what the probe does around the call: "wait", "warm", "float64", "device" or "contiguous"


@dataclass(frozen=True, slots=True)
class Finding:
    """A pitfall seen in one series, with the numbers that prove it and what to do about it."""

    pitfall: str
    severity: str  # "blocking", "cause" or "context"
    about: SeriesKey
    commit: str
    claim: str
    evidence: tuple[Evidence, ...]
    remedy: str
    switch: Switch | None = None  # None: only a change of the code can show it


@dataclass(frozen=True, slots=True)
class Explanation:
    """What else changed in one series between two commits, between which its value did."""

    causes: tuple[Finding, ...] = ()  # at the newer and not at the older; of what became faster only the blocking ones
    gone: tuple[Finding, ...] = ()  # at the older and not at the newer
    counted: tuple[ChangePoint, ...] = ()  # facts with another value
    code: str = ""  # what the fingerprints say; "" where one is missing


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


@dataclass(frozen=True, slots=True)
class Comparison:
    """One series, judged at one commit against its predecessors."""

    key: SeriesKey
    before: Level | None  # None: no predecessor was measured
    after: Measurement
    last: str | None  # commit of the newest predecessor
    verdict: Verdict
    direction: Direction
    reason: str = ""  # why it is inconclusive or incomparable

    @property
    def ratio(self) -> float | None:
        if self.before is None or self.after.value is None or self.before.center <= 0:
            return None
        return self.after.value / self.before.center


@dataclass(frozen=True, slots=True)
class Report:
    """What the analysis says: the input of every page and format."""

    history: History
    newest: Revision | None  # the newest measured revision
    changes: tuple[Change, ...]  # newest first, over the whole history
    comparisons: tuple[Comparison, ...]  # the newest revision of each series against its predecessors
    findings: tuple[Finding, ...]  # at the judged commits, and of each series where it changed
    verdict: Verdict
    floors: Mapping[SeriesKey, Floor] = field(default_factory=dict)  # of series whose work and machine are known
    facts: tuple[Series, ...] = ()  # counted facts, each a series; those that are zero throughout are left out
    counted: tuple[Change, ...] = ()  # where facts changed, newest first; they are notes and make no verdict
    explanations: Mapping[tuple[SeriesKey, str, str], Explanation] = field(default_factory=dict)  # by last and first
    suspicions: tuple[Suspicion, ...] = ()  # of the newest points, the most probable first

    def explanation_of(self, moved: ChangePoint | Comparison) -> Explanation:
        """What is known about why a series moved; nothing for one that did not."""
        first = moved.first if isinstance(moved, ChangePoint) else moved.after.commit
        return self.explanations.get((moved.key, moved.last or "", first), Explanation())

    def causes_of(self, change: Change) -> tuple[Finding, ...]:
        """Causes that came with a change, of all its series, the most affected series first."""
        return tuple(finding for point in change.points for finding in self.explanation_of(point).causes)

    @property
    def judged(self) -> Mapping[str, str]:
        """The commit that was judged on each machine."""
        return {comparison.key.machine: comparison.after.commit for comparison in self.comparisons}
