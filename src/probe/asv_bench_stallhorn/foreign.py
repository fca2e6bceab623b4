"""Benchmarks that were not written for the probe, measured by it: asv's own types, and plain functions.

`stallhorn diagnose` uses them; a run leaves asv's types to asv's runner, which times them as ever. Both classes answer
what a `measure` benchmark answers (see `benchmarks/measure.py`), which is all that `cell.measure` asks.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from typing import Any, Callable, Dict, List, Optional


class AsvBenchmark:
    """A benchmark of asv's: `time_`, `track_`, `mem_`, `peakmem_`. Nobody waits for its result, as asv does not."""

    waits = False
    oversubscribe = True

    def __init__(self, benchmark: Any) -> None:
        self._benchmark = benchmark
        self.skipped_by_suite = tuple(benchmark._current_params) in benchmark._skip_tuples

    @property
    def values(self) -> Dict[str, Any]:
        return dict(zip(self._benchmark.param_names, self._benchmark._current_params))

    def choices(self, name: str) -> List[Any]:
        return [self.values[name]]

    def predicted_bytes(self) -> Optional[int]:
        return None

    def prepare(self) -> None:
        benchmark = self._benchmark
        if benchmark.setup_cache_key is not None and benchmark._current_cache is None:
            benchmark.set_cache(benchmark.do_setup_cache())
        for setup in benchmark._setups:  # not do_setup: it turns what the suite skips into a printed line
            setup(*benchmark._build_params())

    def finish(self) -> None:
        self._benchmark.do_teardown()

    @property
    def renew(self) -> Optional[Callable[[], None]]:
        """Tear down and set up again, as asv does before every call that it times; None without a set-up."""
        if not self._benchmark._setups or self._benchmark.type != "time":
            return None

        def again() -> None:
            self.finish()
            self.prepare()

        return again

    @property
    def first_call_timed(self) -> bool:
        """Whether the suite turns warm-up and calibration off: the first call is then in the timing."""
        benchmark = self._benchmark
        return bool(
            benchmark.type == "time" and getattr(benchmark, "number", 0) and getattr(benchmark, "warmup_time", -1) == 0
        )

    def plan(self, wanted: Any) -> Any:
        number = getattr(self._benchmark, "number", 0) if self._benchmark.type == "time" else 1
        return wanted._replace(number=int(number or 0))

    @property
    def holder(self) -> Any:
        func = self._benchmark.func
        return getattr(func, "__self__", None) or sys.modules[func.__module__]

    @property
    def arguments(self) -> Any:
        return tuple(self._benchmark._build_params())

    def bound(self) -> Callable[[], Any]:
        func, params = self._benchmark.func, self._benchmark._build_params()
        return (lambda: func(*params)) if params else func


class Function:
    """A function of somebody's module, called without arguments; its result is waited for."""

    waits = True
    renew = None
    oversubscribe = True
    skipped_by_suite = False
    first_call_timed = False
    arguments: Any = ()

    def __init__(self, target: str, values: Dict[str, Any]) -> None:
        """`target`: "module:function", or "module:attribute.method". The module is imported here."""
        module, _, name = target.partition(":")
        sys.path.insert(0, os.environ.get("STALLHORN_FOLDER") or os.getcwd())
        self.holder = importlib.import_module(module)
        self._function: Any = self.holder
        for part in name.split("."):
            self._function = getattr(self._function, part)
        if not callable(self._function):
            raise TypeError("%s is not a function: it is a %s" % (target, type(self._function).__name__))
        needed = [one for one in _parameters(self._function) if one.default is one.empty]
        if needed:
            raise TypeError(
                "%s needs the argument %s; write a function without arguments that calls it" % (target, needed[0].name)
            )
        self.values = values

    def choices(self, name: str) -> List[Any]:
        return [self.values[name]]

    def predicted_bytes(self) -> Optional[int]:
        return None

    def prepare(self) -> None:
        return None

    def finish(self) -> None:
        return None

    def plan(self, wanted: Any) -> Any:
        return wanted

    def bound(self) -> Callable[[], Any]:
        function: Callable[[], Any] = self._function
        return function


def _parameters(function: Any) -> List[inspect.Parameter]:
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # compiled functions may not tell
        return []
    return [one for one in found if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
