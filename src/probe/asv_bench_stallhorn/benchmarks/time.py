"""Facts for every `time_*` benchmark of any suite, with no change to it.

asv_runner asks the first type in its list whose name pattern fits, and external types join that list at the end; this
module puts its own at the front. Samples and their number stay asv's own: what is added happens before the first call
and after the last sample.
"""

from __future__ import annotations

import datetime
import sys
from typing import Any, Dict, Optional

from asv_runner.benchmarks import benchmark_types
from asv_runner.benchmarks.time import TimeBenchmark

from .. import activity, cell, evidence, facts, process, record
from ..backends import jax_


class TimeWithFacts(TimeBenchmark):
    """asv's timing benchmark, and a probe record beside it."""

    def __init__(self, name: str, func: Any, attr_sources: Any) -> None:
        super().__init__(name, func, attr_sources)
        self.probe = "facts"

    def run(self, *param: Any) -> Any:
        started = datetime.datetime.now(datetime.timezone.utc)
        memory = facts.Memory()
        drain = jax_.drain() if jax_.started() else None
        idle = min(drain(), drain()) if drain else 0.0
        before, opened = process.read(), activity.read()
        result = super().run(*param)
        left = max(0.0, drain() - idle) if drain else None
        window = activity.between(opened, activity.read(), result["number"] * len(result["samples"]))
        spent = process.between(before, process.read())
        try:
            seen = {
                "versions": facts.versions(),
                "threads": facts.thread_facts(None),
                "first_call": None,
                "sampling": {**spent, "waited": False, "first_call_timed": bool(self.number) and self.warmup_time == 0},
                "activity": window,
                "host": facts.host_facts(),
                "memory": memory.facts(None),
                **self._evidence(param, left),
            }
            self._write(result, seen, started)
        except Exception as error:  # a fact that cannot be had must never cost the timing
            print("stallhorn: no facts for %s: %r" % (self.name, error), file=sys.stderr)
        return result

    def _write(self, result: Dict[str, Any], seen: Dict[str, Any], started: datetime.datetime) -> None:
        texts = [str(value) for value in self._current_params]
        if self.params:
            texts = [
                options[next(i for i, value in enumerate(values) if value is current)]
                for options, values, current in zip(self.params, self._params, self._current_params)
            ]
        record.append(
            record.build(
                self.name,
                dict(zip(self.param_names, texts)),
                "ok",
                version=self.version,
                started=started.isoformat(),
                seconds=seen["sampling"]["wall_seconds"],
                samples=result["samples"],
                number=result["number"],
                facts=seen,
            )
        )

    def _evidence(self, param: Any, left: Optional[float]) -> Dict[str, Any]:
        """One more call, after the samples and a fresh set-up, with the counters on.

        It also shows how long JAX works on after the call has returned. A benchmark that waits for its results leaves
        nothing; one that does not leaves nearly all of its work, and its samples are the time to dispatch it.
        """
        if self._setups:
            self.do_teardown()
            self.do_setup()
        holder = getattr(self.func, "__self__", None) or sys.modules[self.func.__module__]
        func = self.func
        sections = evidence.gather(
            (lambda: func(*param)) if param else func, jax_.wait_for_any, _INSTRUMENTS, holder, param
        )
        known, seen = jax_.facts(), sections.pop("jax", None) or {}
        sections["jax"] = (
            None
            if known["backend"] is None
            else {**{name: known[name] for name in jax_.SETTINGS}, **jax_.with_left(seen, left)}
        )
        return sections


# In place before the suite is imported: kernels with explicit signatures compile while it is.
_INSTRUMENTS = cell.Instruments.install()
benchmark_types.insert(0, TimeWithFacts)

export_as_benchmark: list = []
