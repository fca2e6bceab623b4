"""What is told: where values changed, what was found, and what that means."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from stallhorn.model.asked import Floor, Revision, SeriesKey
from stallhorn.model.measured import Direction, History, Measurement, Series


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


_UNSAFE = re.compile("[^A-Za-z0-9]+")  # in an address


def _in_address(text: str) -> str:
    """Letters, digits and single dashes; what lost a sign has a hash of all, so that no two texts become one."""
    safe = _UNSAFE.sub("-", text)
    return safe if safe == text else f"{safe}-{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:6]}"


@dataclass(frozen=True, slots=True)
class Change:
    """One commit range, one direction, one kind, and every series that it hit: the unit people read.

    An event of a machine has one entry, whichever way its series moved; its direction is that of most.
    """

    last: Revision
    first: Revision
    untested: tuple[Revision, ...]  # the commits between the two
    direction: Direction
    points: tuple[ChangePoint, ...]  # largest effect first
    kind: Kind = Kind.CODE
    ratio: float | None = None  # the typical one of all series, above 1 where it became worse; None from zero
    low: float | None = None  # 99 % interval of the typical ratio; None where it is not known
    high: float | None = None
    confidence: float = 1.0  # that something changed here
    reason: str = ""  # why it is of its kind; "" for code

    @property
    def id(self) -> str:
        kind = "" if self.kind is Kind.CODE else f"-{self.kind}"
        where = _in_address(f"-{self.worst.key.machine}") if self.kind is Kind.MACHINE else ""
        return f"{self.first.short}-{self.direction}{kind}{where}"

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
    installed: str = ""  # libraries of another version in the same environment; "" where none is, or it is not known


@dataclass(frozen=True, slots=True)
class Comparison:
    """One series, judged at one commit against its predecessors."""

    key: SeriesKey
    before: Level | None  # None: no predecessor was measured
    after: Measurement
    last: str | None  # commit of the newest predecessor
    verdict: Verdict
    direction: Direction
    reason: str = ""  # why it is inconclusive or incomparable, or of its kind
    kind: Kind = Kind.CODE  # of what moved it; what is not of the code makes no regression

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
