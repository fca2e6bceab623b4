"""What a detector is, and what it is given.

A detector is a module of this package; its file name with dashes is the pitfall's id, which never changes. It has

* a docstring: the trap in one sentence (the first line), then how it is detected and when it cannot be;
* `TITLE`: a few words for headings;
* `NEEDS`: facts (docs/evidence.md) without which it cannot tell; it is then not asked, and its silence is explained;
* `detect(case) -> Finding | None`: pure. It returns `case.finding(...)` or None;
* optionally `YIELDS_TO`: ids whose finding on the same case says the same thing better;
* optionally `NOISY = True`: it judges by times that neighbours distort; it is not asked while others use the machine.

Severities: "blocking", the timing itself is wrong; "cause", the code or a setting should be changed; "context", true
but harmless, or nothing can be done about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType

from stallhorn import pitfalls
from stallhorn.discovery import modules
from stallhorn.model import DISTURBED, Evidence, Finding, Parameters, SeriesKey, Status, Switch

BLOCKING, CAUSE, CONTEXT = "blocking", "cause", "context"
COUNTED, OBSERVED, PROVEN = "counted", "observed", "proven"

# Names of reruns: the same case in a fresh process with one thing changed.
ONE_THREAD = "one thread"  # every pool has one thread
FITTED = "no more threads than cores"  # every pool that has more is cut to the cores
ONE_BLAS_THREAD = "one BLAS thread"
PASSIVE = "passive waiting"  # OMP_WAIT_POLICY=passive
INTERPRETED = "without compiling"  # NUMBA_DISABLE_JIT=1; cut off when it takes 30 times as long
CONTIGUOUS = "contiguous inputs"  # the benchmark's NumPy arrays copied into C order
ON_DEVICE = "inputs on the device"  # the benchmark's NumPy arrays handed to JAX beforehand
OTHER_ORDER = "inputs in Fortran order"  # those of them that have several axes and are in C order
AGAIN = "once more"  # nothing changed; its digests are of several calls, each after a fresh set-up


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a record by path, such as "calls.regions". Anything missing or of another type is None or empty."""

    values: Mapping[str, object] = field(default_factory=dict)

    def _at(self, path: str) -> object:
        value: object = self.values
        for name in path.split("."):
            if not isinstance(value, Mapping):
                return None
            value = value.get(name)
        return value

    def has(self, path: str) -> bool:
        return self._at(path) is not None

    def number(self, path: str) -> float | None:
        value = self._at(path)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def count(self, path: str) -> int | None:
        value = self.number(path)
        return None if value is None else int(value)

    def flag(self, path: str) -> bool | None:
        value = self._at(path)
        return value if isinstance(value, bool) else None

    def text(self, path: str) -> str | None:
        value = self._at(path)
        return value if isinstance(value, str) else None

    def texts(self, path: str) -> tuple[str, ...]:
        value = self._at(path)
        return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list | tuple) else ()

    def numbers(self, path: str) -> tuple[float, ...]:
        value = self._at(path)
        if not isinstance(value, list | tuple):
            return ()
        return tuple(float(one) for one in value if isinstance(one, int | float) and not isinstance(one, bool))

    def entries(self, path: str) -> tuple[Facts, ...]:
        """The objects of a list."""
        value = self._at(path)
        return tuple(Facts(one) for one in value if isinstance(one, Mapping)) if isinstance(value, list | tuple) else ()

    def within(self, path: str) -> Mapping[str, object]:
        value = self._at(path)
        return value if isinstance(value, Mapping) else {}


@dataclass(frozen=True, slots=True)
class Run:
    """One benchmark at one combination of parameters, measured at one commit, in one way."""

    parameters: Parameters
    status: Status
    seconds: float | None = None  # median time of one call; None for what is no time
    low: float | None = None
    high: float | None = None
    facts: Facts = field(default_factory=Facts)
    reason: str = ""  # why it failed; untrusted text
    stderr: str = ""  # untrusted text
    commit: str = ""

    @property
    def disturbed(self) -> bool:
        """Whether other processes used the machine meanwhile; False where that is not known."""
        return (self.facts.number("sampling.foreign_load") or 0.0) > DISTURBED


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that is known about one benchmark at one combination of parameters and one commit."""

    key: SeriesKey
    run: Run
    siblings: tuple[Run, ...] = ()  # the same benchmark, environment and commit; other parameter values
    reruns: Mapping[str, Run] = field(default_factory=dict)  # by name: this one with one thing changed
    repeats: tuple[Run, ...] = ()  # other processes that measured exactly this
    baseline: Run | None = None  # this series before its last change, or at its newest earlier commit
    slowdown: float | None = None  # time over the baseline's, where the change is significant; else None

    @property
    def facts(self) -> Facts:
        return self.run.facts

    @property
    def cores(self) -> int | None:
        """Cores that the process may use: its affinity, no more than the container's quota rounded up."""
        affinity = self.facts.count("host.affinity") or self.facts.count("host.cores")
        quota = self.facts.number("host.quota")
        if affinity is None or quota is None:
            return affinity
        return max(1, min(affinity, -int(-quota // 1)))

    def along(self, name: str) -> tuple[Run, ...]:
        """This run and its siblings that differ in parameter `name` alone and were measured, in that parameter's order.

        Numbers come in their order, other values in the suite's.
        """
        others = _without(self.run.parameters, name)
        runs = [
            one
            for one in (self.run, *self.siblings)
            if one.status is Status.OK
            and one.parameters.get(name) is not None
            and _without(one.parameters, name) == others
        ]
        return tuple(sorted(runs, key=lambda one: _as_number(one.parameters.get(name) or "")))

    def at(self, name: str, value: str) -> Run | None:
        """The sibling (or this run) whose parameter `name` is `value` and nothing else differs."""
        return next((one for one in self.along(name) if one.parameters.get(name) == value), None)

    @property
    def with_one_thread(self) -> Run | None:
        """The same with one thread: a rerun, or the suite's own series."""
        rerun = self.reruns.get(ONE_THREAD)
        if rerun is not None and rerun.status is Status.OK:
            return rerun
        return next(
            (self.at("threads", text) for text in ("1", "numba=1", "jax=1", "blas=1") if self.at("threads", text)), None
        )

    def finding(
        self,
        detector: str,
        severity: str,
        claim: str,
        evidence: tuple[Evidence, ...],
        remedy: str,
        switch: Switch | None = None,
    ) -> Finding:
        """A finding about this case. `detector` is the module's `__name__`."""
        return Finding(id_of(detector), severity, self.key, self.run.commit, claim, evidence, remedy, switch)


def _without(parameters: Parameters, name: str) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in parameters.values if pair[0] != name)


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


@dataclass(frozen=True, slots=True)
class Silence:
    """A detector that was not asked, and why."""

    pitfall: str
    why: str
    lacking: tuple[str, ...] = ()  # facts that are not known


@dataclass(frozen=True, slots=True)
class Judgement:
    findings: tuple[Finding, ...]  # blocking first, then causes, then context
    silences: tuple[Silence, ...]


def id_of(module: str) -> str:
    """The id of a detector from its module's name."""
    return module.rpartition(".")[2].replace("_", "-")


def detectors() -> dict[str, ModuleType]:
    """All detectors by id, in alphabetical order."""
    return {id_of(name): module for name, module in modules(pitfalls).items()}


def judge(case: Case, among: Mapping[str, ModuleType] | None = None) -> Judgement:
    """Ask every detector about one case."""
    asked = detectors() if among is None else among
    found: dict[str, Finding] = {}
    silences = []
    for name, detector in asked.items():
        lacking = tuple(path for path in detector.NEEDS if not case.facts.has(path))
        if lacking:
            silences.append(Silence(name, f"not known: {', '.join(lacking)}", lacking))
            continue
        if getattr(detector, "NOISY", False) and case.run.disturbed:
            silences.append(Silence(name, "other processes used the machine: times say too little"))
            continue
        finding = detector.detect(case)
        if finding is not None:
            found[name] = finding
    kept = [finding for name, finding in found.items() if not _explained(asked[name], found)]
    return Judgement(tuple(sorted(kept, key=lambda one: _RANK[one.severity])), tuple(silences))


_RANK = {BLOCKING: 0, CAUSE: 1, CONTEXT: 2}


def _explained(detector: ModuleType, found: Mapping[str, Finding]) -> bool:
    """Whether a better finding says the same. One that is only context explains nothing but context."""
    mine = found[id_of(detector.__name__)]
    return any(
        name in found and _RANK[found[name].severity] <= max(_RANK[mine.severity], _RANK[CAUSE])
        for name in getattr(detector, "YIELDS_TO", ())
    )


def counted(fact: str, value: object, expected: object) -> Evidence:
    return Evidence(fact, str(value), str(expected), COUNTED)


def observed(fact: str, value: object, expected: object) -> Evidence:
    return Evidence(fact, str(value), str(expected), OBSERVED)


def dispatchers(facts: Facts) -> Iterator[Facts]:
    """The Numba functions that the benchmark reaches."""
    yield from facts.entries("code.dispatchers")
