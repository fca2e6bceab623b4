"""Facts for every `time_*` benchmark of any suite, with no change to it.

asv_runner asks the first type in its list whose name pattern fits, and external types join that list at the end; this
module puts its own at the front. Samples and their number stay asv's own: what is added happens before the first call
and after the last sample.
"""

from __future__ import annotations

import datetime
import sys
import time
from typing import Any, Dict, Optional

from asv_runner.benchmarks import benchmark_types
from asv_runner.benchmarks.time import TimeBenchmark

from .. import facts, process, record
from ..backends import jax_


class TimeWithFacts(TimeBenchmark):
    """asv's timing benchmark, and a probe record beside it."""

    def __init__(self, name: str, func: Any, attr_sources: Any) -> None:
        super().__init__(name, func, attr_sources)
        self.probe = "facts"

    def run(self, *param: Any) -> Any:
        started = datetime.datetime.now(datetime.timezone.utc)
        memory = facts.Memory()
        before = process.read()
        result = super().run(*param)
        spent = process.between(before, process.read())
        try:
            seen = {
                "versions": facts.versions(),
                "threads": facts.thread_facts(None),
                "first_call": None,
                "sampling": spent,
                "host": facts.host_facts(),
                "memory": memory.facts(None),
                "result": None,
                "jax": self._jax(param),
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

    def _jax(self, param: Any) -> Optional[Dict[str, Any]]:
        """One more call, after the samples: how long JAX works on after it has returned.

        A benchmark that waits for its results leaves nothing; one that does not leaves nearly all of its work, and its
        samples are the time to dispatch it.
        """
        known = jax_.facts()
        if known["backend"] is None:
            return None
        unfinished, returned = None, None
        drain = jax_.drain()
        try:
            if self._setups:
                self.do_teardown()
                self.do_setup()
            idle = drain()
            begun = time.perf_counter()
            kept = self.func(*param)
            returned = time.perf_counter() - begun
            unfinished = max(0.0, drain() - idle)
            del kept
        except Exception:
            pass  # a benchmark that cannot be called once more keeps its samples; this fact stays unknown
        return {
            "x64": known["x64"],
            "backend": known["backend"],
            "returned_seconds": returned,
            "unfinished_seconds": unfinished,
        }


benchmark_types.insert(0, TimeWithFacts)

export_as_benchmark: list = []
