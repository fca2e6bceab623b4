"""Measure one benchmark at one combination of parameters, in this process: a cell."""

from __future__ import annotations

import gc
import importlib.util
import time
import traceback
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from . import activity, clock, evidence, facts, process, shown, threads, treatments
from .backends import jax_, numba_, numba_regions
from .imports import Watch

LIBRARIES = {"numpy": "numpy", "numba": "numba", "jax": "jax", "scipy": "scipy"}
HEADROOM = 0.9  # of the free memory, at most this share is planned for


class Instruments(NamedTuple):
    """What counts events for the whole life of the process; installed before the suite is imported."""

    watch: Watch
    numba: numba_.Compiles
    jax: jax_.Compiles
    regions: numba_regions.Regions

    @classmethod
    def install(cls) -> "Instruments":
        """Those of this process; a second call returns the first's."""
        if _installed:
            return _installed[0]
        instruments = cls(Watch(), numba_.Compiles(), jax_.Compiles(), numba_regions.Regions())
        instruments.watch.install()
        instruments.watch.after("numba", instruments.regions.listen)
        instruments.watch.after("numba", instruments.numba.listen)
        instruments.watch.after("jax", instruments.jax.listen)
        _installed.append(instruments)
        return instruments

    def compile_seconds(self) -> float:
        return self.numba.seconds + self.jax.seconds

    def compiles(self) -> int:
        return self.numba.count + self.jax.count


def unfit(benchmark: Any, cores: int, oversubscribe: bool = False) -> Optional[str]:
    """Why this cell cannot run here, found without running any of it; None if it can."""
    values = benchmark.values
    if benchmark.skipped_by_suite:
        return "the suite's skip_params leaves it out"
    backend = values.get("backend")
    if backend in LIBRARIES and importlib.util.find_spec(LIBRARIES[backend]) is None:
        return "%s is not installed in this environment" % backend
    reason = None if oversubscribe else _unfit_threads(benchmark, values, cores)
    if reason is not None:
        return reason
    needed, free = benchmark.predicted_bytes(), process.memory_free()
    if needed is not None and free is not None and needed > free * HEADROOM:
        return "needs about %s of memory, %s are free" % (_gigabytes(needed), _gigabytes(free))
    return None


def _unfit_threads(benchmark: Any, values: Dict[str, Any], cores: int) -> Optional[str]:
    if "threads" not in values:
        return None
    setting = threads.parse(values["threads"], cores)
    if setting.most > cores and not benchmark.oversubscribe:
        return "asks for %d threads, this machine has %d cores for it" % (setting.most, cores)
    return threads.redundant(values["threads"], benchmark.choices("threads"), cores)


def _gigabytes(size: int) -> str:
    return "%.1f GB" % (size / 1e9)


_installed: List[Instruments] = []


class How(NamedTuple):
    """How a cell is measured, beyond the plan of its samples."""

    treatment: str = ""  # what an experiment changes (treatments.NAMES); "" = nothing
    digests: int = 0  # how often the result is computed anew, each after a fresh set-up, to see whether it stays
    oversubscribe: bool = False  # measure more threads than cores, too
    show: str = ""  # what the compilers made of it (shown.KINDS), in place of a measurement
    ready: Optional[Callable[[], None]] = None  # waits for whatever shall run beside the samples
    still: Optional[Callable[[], None]] = None  # raises if that does not run any more


def measure(benchmark: Any, plan: clock.Plan, instruments: Instruments, how: How = How()) -> Dict[str, Any]:  # noqa: B008
    """The parts of a probe record that this cell fills in. Never raises for what the measured code does."""
    cores = threads.cores_available()
    begun = time.perf_counter()
    try:
        reason = unfit(benchmark, cores, how.oversubscribe)
        if reason is not None:
            parts: Dict[str, Any] = {"status": "skipped", "reason": reason}
        else:
            parts = _prepare_and_run(benchmark, plan, instruments, cores, how)
    except Exception as error:
        traceback.print_exc()  # the child's stderr is kept with the record
        parts = {"status": "failed", "reason": told(error)}
    if parts["status"] != "skipped":
        _collect_garbage()
    parts["seconds"] = time.perf_counter() - begun
    return parts


def told(error: BaseException) -> str:
    """An exception's own text, without the notes that libraries add to it."""
    lines = traceback.format_exception_only(type(error), error)
    return lines[-1 if isinstance(error, SyntaxError) else 0].strip()


def _collect_garbage() -> None:
    """Free what is left of this cell, and let later collections look only at what is new.

    With Numba and JAX loaded a full collection takes 80 ms; after `freeze` the next one does not see those objects.
    """
    gc.collect()
    gc.freeze()


def _prepare_and_run(
    benchmark: Any, plan: clock.Plan, instruments: Instruments, cores: int, how: How
) -> Dict[str, Any]:
    before = _Events.of(instruments)
    try:
        benchmark.prepare()
    except NotImplementedError as skip:  # asv's way to skip a combination
        return {"status": "skipped", "reason": str(skip) or "the suite skips it"}
    try:
        if not treatments.apply(how.treatment, benchmark.holder):
            return {"status": "skipped", "reason": "it holds no array that %r would change" % how.treatment}
        prepared = _Events.of(instruments)
        if how.show:
            pieces = shown.pieces(how.show, benchmark.bound(), jax_.wait_for_any, instruments)
            return {"status": "ok", "shown": pieces}
        parts = _run(benchmark, plan, instruments, cores, prepared.since(before), how)
        if how.digests:
            parts["facts"].setdefault("result", {})["digests"] = _digests(benchmark, how)
        return parts
    finally:
        benchmark.finish()


def _digests(benchmark: Any, how: How) -> List[Any]:
    """Results of several calls, each after a fresh set-up: whether they are always the same."""
    found = []
    for _ in range(how.digests):
        benchmark.finish()
        benchmark.prepare()
        treatments.apply(how.treatment, benchmark.holder)
        result = benchmark.bound()()
        jax_.wait_for_any(result)
        found.append(evidence.digest_of(result, benchmark.holder, benchmark.arguments))
    return found


class _Events(NamedTuple):
    """Counts of a process at one moment."""

    compile_seconds: float
    compiles: int

    @classmethod
    def of(cls, instruments: Instruments) -> "_Events":
        return cls(instruments.compile_seconds(), instruments.compiles())

    def since(self, earlier: "_Events") -> "_Events":
        return _Events(*(now - then for now, then in zip(self, earlier)))


def _run(
    benchmark: Any, plan: clock.Plan, instruments: Instruments, cores: int, preparation: _Events, how: How
) -> Dict[str, Any]:
    call = benchmark.bound()
    _collect_garbage()
    memory = facts.Memory()
    events = _Events.of(instruments)
    start = process.read()

    if how.treatment == "warm":
        jax_.wait_for_any(call())
    first = clock.first_call(call, jax_.wait_for_any)
    beginning = _first_call(first.seconds, _Events.of(instruments).since(events), preparation, instruments)
    wait = jax_.waiter(first.result) if benchmark.waits or how.treatment == "wait" else None
    first = None  # type: ignore[assignment]  # its memory is not part of what follows
    if how.ready is not None:
        how.ready()
    events, opened = _Events.of(instruments), activity.read()
    timing = clock.steady(call, wait, benchmark.plan(plan))
    if how.still is not None:
        how.still()
    window = activity.between(opened, activity.read(), timing.calls)
    sampled = _Events.of(instruments).since(events)
    alone = _alone(benchmark, wait, instruments)

    spent = process.between(start, process.read())
    used = memory.facts(benchmark.predicted_bytes())
    gathered = evidence.gather(call, jax_.wait_for_any, instruments, benchmark.holder, benchmark.arguments)
    known = jax_.facts()
    return {
        "status": "ok",
        "samples": alone.samples or timing.samples,
        "number": 1 if alone.samples else timing.number,
        "facts": {
            "versions": facts.versions(),
            "threads": facts.thread_facts(_setting(benchmark.values, cores)),
            "first_call": beginning,
            "sampling": {
                **spent,
                "compiles": sampled.compiles + alone.compiles,
                "compile_seconds": sampled.compile_seconds + alone.compile_seconds,
                "waited": benchmark.waits,
                "calls": timing.calls,
                "first_call_timed": benchmark.first_call_timed,
            },
            "activity": window,
            "host": facts.host_facts(),
            "memory": used,
            **gathered,
            "jax": {
                **{name: known[name] for name in jax_.SETTINGS},
                **jax_.with_left(gathered.get("jax") or {}, alone.left),
            },
        },
    }


def _first_call(seconds: float, during: _Events, preparation: _Events, instruments: Instruments) -> Dict[str, Any]:
    compile_seconds = min(during.compile_seconds, seconds)
    return {
        "seconds": seconds,
        "import_seconds": instruments.watch.take() or None,  # None: imported before, in this process
        "compile_seconds": compile_seconds if during.compiles else None,  # None: nothing was compiled
        "run_seconds": seconds - compile_seconds,
        "compiles": during.compiles,
        "compiles_in_setup": preparation.compiles,
    }


def copies(benchmark: Any) -> int:
    """How many processes its thread setting wants at once; 1 for a cell that is not to be measured here."""
    cores = threads.cores_available()
    try:
        setting = _setting(benchmark.values, cores)
        return 1 if setting is None or unfit(benchmark, cores) is not None else setting.copies
    except threads.BadSetting:
        return 1


def _setting(values: Dict[str, Any], cores: int) -> Optional[threads.Setting]:
    return threads.parse(values["threads"], cores) if "threads" in values else None


class _Alone(NamedTuple):
    """Single calls, each after a set-up, and what they leave to JAX."""

    samples: List[float]
    compiles: int = 0
    compile_seconds: float = 0.0
    left: Optional[float] = None  # seconds that JAX works on after such a call has returned: the least seen


def _alone(benchmark: Any, wait: Any, instruments: Instruments) -> _Alone:
    """Calls that follow a set-up at once, as asv (0.6.6) times them, where that makes a difference.

    A set-up that defines its functions anew leaves the compiling to the first call after it. And calls in a row, whose
    results nobody waits for, hold each other up; one alone is over as soon as its work is handed over.
    """
    lazy = wait is None and not benchmark.waits and jax_.started()
    if not lazy and benchmark.renew is None:
        return _Alone([])
    drain = jax_.drain() if lazy else None
    idle = min(drain(), drain()) if drain else 0.0
    samples: List[float] = []
    left: List[float] = []
    compiles, seconds = 0, 0.0
    for _ in range(3):
        if benchmark.renew is not None:
            benchmark.renew()
        if drain:
            drain()
        before = _Events.of(instruments)
        samples.append(clock.steady(benchmark.bound(), wait, clock.Plan(1, number=1)).samples[0])
        if drain:
            left.append(max(0.0, drain() - idle))
        seen = _Events.of(instruments).since(before)
        compiles, seconds = compiles + seen.compiles, seconds + seen.compile_seconds
        if not lazy and not compiles:
            return _Alone([])
    as_asv = samples if benchmark.renew is not None else []  # without a set-up asv calls many times in a row, too
    return _Alone(as_asv, compiles, seconds, min(left, default=None))
