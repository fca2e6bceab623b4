"""The benchmark types that asv_runner loads: the only place of the probe that imports asv_runner."""

from __future__ import annotations

from typing import Any


def load(suite: str, name: str, index: int) -> Any:
    """One benchmark of a suite at one combination of its parameters; a fresh instance of its class.

    A `measure` benchmark as it is, any other in the clothes of one. asv_runner must be imported before this package's
    types: it imports them itself while it starts, and a type that is half imported by then is left out without a word.
    """
    from asv_runner.benchmarks.timeraw import TimerawBenchmark
    from asv_runner.discovery import get_benchmark_from_name

    from ..foreign import AsvBenchmark
    from .measure import MeasureBenchmark

    benchmark = get_benchmark_from_name(suite, "%s-%d" % (name, index))
    if isinstance(benchmark, MeasureBenchmark):
        return benchmark
    if not hasattr(benchmark, "func") or isinstance(benchmark, TimerawBenchmark):
        raise TypeError("%s runs its code in processes of its own, where nothing can be seen" % name)
    return AsvBenchmark(benchmark)
