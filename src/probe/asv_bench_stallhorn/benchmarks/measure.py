"""The `measure` benchmark type: first call apart, then calibrated samples, every result waited for.

A suite class with a method `measure` (or `measure_*`) may also define

* `expect(*params) -> (seconds, bytes)`: predicted time of one call and peak memory, for presets and the memory guard;
  it must not import array libraries, because asv calls it while it discovers the suite (nor may the next three);
* `work(*params) -> {"flops": ..., "bytes": ..., "cos": ..., "log": ..., "exp": ...}`: what one call cannot avoid, for
  the floor that its time stands beside;
* `specimen(*params) -> id of a pitfall, or None`: that a combination is kept sick on purpose;
* `quick(*params) -> bool`: whether the quick preset may take it;
* `group_by`: names of parameters that each need a process of their own (default: every combination does);
* `oversubscribe = True`: threads beyond the cores are meant, and not skipped.

Under plain `asv run` each combination is measured in a child of asv's process, started with the environment that its
thread setting asks for. Under `stallhorn run` the host starts those children itself, one for a whole group.
"""

from __future__ import annotations

import itertools
import math
import os
import re
import sys
from typing import Any, Callable, Dict, List

from asv_runner.benchmarks._base import Benchmark, _get_first_attr

from .. import METHOD


class MeasureBenchmark(Benchmark):
    """Time of one call, in seconds."""

    name_regex = re.compile(r"^(Measure[A-Z_].+)|(measure(_.+)?)$")

    def __init__(self, name: str, func: Any, attr_sources: List[Any]) -> None:
        super().__init__(name, func, attr_sources)
        self.type = "time"
        self.unit = "seconds"
        self.rounds = int(_get_first_attr(attr_sources, "rounds", 2))
        self.version = "%s-m%d" % (self.version, METHOD)
        # What follows reaches benchmarks.json, where the host reads it.
        self.probe = "measure"
        self.group_by = list(_get_first_attr(attr_sources, "group_by", self.param_names))
        expected = self._for_each_combination("expect")
        self.expected_seconds = [seconds for seconds, _ in expected]
        self.expected_bytes = [size for _, size in expected]
        self.work = self._for_each_combination("work")
        self.specimens = self._for_each_combination("specimen")
        self.quick = [bool(value) for value in self._for_each_combination("quick")]

    def _for_each_combination(self, name: str) -> List[Any]:
        """What the suite's method says of every combination, in asv's order; [] without such a method."""
        method = _get_first_attr(self._attr_sources, name, None)
        if method is None:
            return []
        return [method(*values) for values in itertools.product(*self._params)]

    # What a session needs of a benchmark; asv_runner's own names stay behind this file.

    def set_param_idx(self, param_idx: int) -> None:
        super().set_param_idx(param_idx)
        positions = itertools.product(*(range(len(values)) for values in self._params))
        self._index = param_idx
        self._positions = next(itertools.islice(positions, param_idx, None))

    @property
    def values(self) -> Dict[str, Any]:
        """The current parameters by name."""
        return dict(zip(self.param_names, self._current_params))

    @property
    def texts(self) -> Dict[str, str]:
        """The current parameters by name, as asv writes them."""
        if not self.params:
            return {}
        return {name: self.params[i][position] for i, (name, position) in enumerate(self._named_positions())}

    def _named_positions(self) -> List[Any]:
        return list(zip(self.param_names, self._positions))

    def choices(self, name: str) -> List[Any]:
        """All values of one parameter."""
        return list(self._params[self.param_names.index(name)])

    @property
    def skipped_by_suite(self) -> bool:
        return tuple(self._current_params) in self._skip_tuples

    @property
    def oversubscribe(self) -> bool:
        return bool(_get_first_attr(self._attr_sources, "oversubscribe", False))

    def predicted_bytes(self) -> Any:
        expect = _get_first_attr(self._attr_sources, "expect", None)
        return None if expect is None else expect(*self._current_params)[1]

    def prepare(self) -> None:
        """Run the suite's setup; what it raises is the caller's to judge."""
        if self.setup_cache_key is not None and self._current_cache is None:
            self.set_cache(self.do_setup_cache())
        for setup in self._setups:
            setup(*self._build_params())

    def finish(self) -> None:
        """Run the suite's teardown."""
        for teardown in self._teardowns:
            teardown(*self._build_params())

    # How it is timed: as the probe does it, every result waited for.
    waits = True
    renew = None
    first_call_timed = False

    def plan(self, wanted: Any) -> Any:
        """The suite does not say how often to call; the probe finds out."""
        return wanted

    @property
    def holder(self) -> Any:
        """What the measured function belongs to: an instance of the suite's class, or its module."""
        return getattr(self.func, "__self__", None) or sys.modules[self.func.__module__]

    @property
    def arguments(self) -> Any:
        return tuple(self._build_params())

    def bound(self) -> Callable[[], Any]:
        """The measured call without arguments, by the shortest way."""
        params = self._build_params()
        if not params:
            return self.func
        func = self.func
        return lambda: func(*params)

    # asv's protocol: asv's process prepares nothing, its child does, in the environment that the threads ask for.

    def do_setup(self) -> bool:
        return False

    def do_teardown(self) -> None:
        return None

    def do_run(self) -> Any:
        from ..parent import measure_in_child

        record = measure_in_child(suite_of(self.func), self)
        if record["stderr"]:
            sys.stderr.write(record["stderr"])
        if record["status"] == "ok":
            return {"samples": record["samples"], "number": record["number"]}
        if record["status"] == "skipped":
            print("asv: skipped: %s" % record["reason"])
            return math.nan
        sys.stderr.write("stallhorn: %s: %s\n" % (record["status"], record["reason"]))
        raise SystemExit(1)

    @property
    def index(self) -> int:
        """Which combination of parameters is current; 0 for a benchmark without parameters."""
        return getattr(self, "_index", 0)


def suite_of(func: Any) -> str:
    """The folder of the suite that a benchmark's function belongs to."""
    package = sys.modules[func.__module__.split(".")[0]]
    return os.path.abspath(next(iter(package.__path__)))


export_as_benchmark = [MeasureBenchmark]
