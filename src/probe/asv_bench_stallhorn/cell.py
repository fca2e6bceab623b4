"""Measure one benchmark at one combination of parameters, in this process: a cell."""

from __future__ import annotations

import gc
import importlib.util
import time
import traceback
from typing import Any, Dict, NamedTuple, Optional

from . import clock, facts, process, threads
from .backends import jax_, numba_
from .imports import Watch

LIBRARIES = {"numpy": "numpy", "numba": "numba", "jax": "jax", "scipy": "scipy"}
HEADROOM = 0.9  # of the free memory, at most this share is planned for


class Instruments(NamedTuple):
    """What counts events for the whole life of the process; installed before the suite is imported."""

    watch: Watch
    numba: numba_.Compiles
    jax: jax_.Compiles

    @classmethod
    def install(cls) -> "Instruments":
        instruments = cls(Watch(), numba_.Compiles(), jax_.Compiles())
        instruments.watch.install()
        instruments.watch.after("numba", instruments.numba.listen)
        instruments.watch.after("jax", instruments.jax.listen)
        return instruments

    def compile_seconds(self) -> float:
        return self.numba.seconds + self.jax.seconds

    def compiles(self) -> int:
        return self.numba.count + self.jax.count


def unfit(benchmark: Any, cores: int) -> Optional[str]:
    """Why this cell cannot run here, found without running any of it; None if it can."""
    values = benchmark.values
    if benchmark.skipped_by_suite:
        return "the suite's skip_params leaves it out"
    backend = values.get("backend")
    if backend in LIBRARIES and importlib.util.find_spec(LIBRARIES[backend]) is None:
        return "%s is not installed in this environment" % backend
    reason = _unfit_threads(benchmark, values, cores)
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


def measure(benchmark: Any, plan: clock.Plan, instruments: Instruments) -> Dict[str, Any]:
    """The parts of a probe record that this cell fills in. Never raises for what the measured code does."""
    cores = threads.cores_available()
    begun = time.perf_counter()
    try:
        reason = unfit(benchmark, cores)
        if reason is not None:
            parts: Dict[str, Any] = {"status": "skipped", "reason": reason}
        else:
            parts = _prepare_and_run(benchmark, plan, instruments, cores)
    except Exception as error:
        last = traceback.format_exception_only(type(error), error)[-1].strip()
        traceback.print_exc()  # the child's stderr is kept with the record
        parts = {"status": "failed", "reason": last}
    if parts["status"] != "skipped":
        _collect_garbage()
    parts["seconds"] = time.perf_counter() - begun
    return parts


def _collect_garbage() -> None:
    """Free what is left of this cell, and let later collections look only at what is new.

    With Numba and JAX loaded a full collection takes 80 ms; after `freeze` the next one does not see those objects.
    """
    gc.collect()
    gc.freeze()


def _prepare_and_run(benchmark: Any, plan: clock.Plan, instruments: Instruments, cores: int) -> Dict[str, Any]:
    before = _Events.of(instruments)
    try:
        benchmark.prepare()
    except NotImplementedError as skip:  # asv's way to skip a combination
        return {"status": "skipped", "reason": str(skip) or "the suite skips it"}
    prepared = _Events.of(instruments)
    try:
        return _run(benchmark, plan, instruments, cores, prepared.since(before))
    finally:
        benchmark.finish()


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
    benchmark: Any, plan: clock.Plan, instruments: Instruments, cores: int, preparation: _Events
) -> Dict[str, Any]:
    values = benchmark.values
    call = benchmark.bound()
    _collect_garbage()
    memory = facts.Memory()
    events = _Events.of(instruments)
    start = process.read()

    first = clock.first_call(call, _wait_for_any)
    during = _Events.of(instruments).since(events)
    first_seconds = first.seconds
    result = facts.result_facts(first.result)
    wait = jax_.waiter(first.result)
    first = None  # type: ignore[assignment]  # its memory is not part of what follows
    timing = clock.steady(call, wait, plan)

    spent = process.between(start, process.read())
    compile_seconds = min(during.compile_seconds, first_seconds)
    return {
        "status": "ok",
        "samples": timing.samples,
        "number": timing.number,
        "facts": {
            "versions": facts.versions(),
            "threads": facts.thread_facts(threads.parse(values["threads"], cores) if "threads" in values else None),
            "first_call": {
                "seconds": first_seconds,
                "import_seconds": instruments.watch.take() or None,  # None: imported before, in this process
                "compile_seconds": compile_seconds if during.compiles else None,  # None: nothing was compiled
                "run_seconds": first_seconds - compile_seconds,
                "compiles": during.compiles,
                "compiles_in_setup": preparation.compiles,
            },
            "sampling": spent,
            "host": facts.host_facts(),
            "memory": memory.facts(benchmark.predicted_bytes()),
            "result": result,
            "jax": {"x64": jax_.facts()["x64"], "backend": jax_.facts()["backend"], "unfinished_seconds": None},
        },
    }


def _wait_for_any(result: Any) -> None:
    wait = jax_.waiter(result)
    if wait is not None:
        wait(result)
