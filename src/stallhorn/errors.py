"""The one error family.

Every error that a person can cause, or the machine can, is a `StallhornError`: its message says what happened, what
was found, what was expected and what to do. `__main__` is the only place that prints one. Anything else that escapes
is a bug in stallhorn and ends with `ExitCode.BUG`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit code means. Scripts lean on these numbers."""

    FINE = 0
    REGRESSION = 1
    USAGE = 2
    NOTHING_MEASURED = 3
    BENCHMARK_FAILED = 4
    INCONCLUSIVE = 5
    BUG = 70
    INTERRUPTED = 130

    @classmethod
    def worst(cls, codes: Iterable[ExitCode]) -> ExitCode:
        """The one code that stands for several: the first of 130, 70, 2, 4, 1, 5, 3, 0 that occurred."""
        seen = set(codes)
        return next((code for code in _SEVEREST_FIRST if code in seen), cls.FINE)


_SEVEREST_FIRST = (
    ExitCode.INTERRUPTED,
    ExitCode.BUG,
    ExitCode.USAGE,
    ExitCode.BENCHMARK_FAILED,
    ExitCode.REGRESSION,
    ExitCode.INCONCLUSIVE,
    ExitCode.NOTHING_MEASURED,
)


class StallhornError(Exception):
    """What happened (with what was found and what was expected), and the remedy on a line of its own."""

    exit_code = ExitCode.USAGE

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}\n  {self.remedy}" if self.remedy else self.what


class UsageError(StallhornError):
    """The command line, the configuration or the folder is not what is needed."""


class NothingMeasured(StallhornError):
    """There is nothing measured, or nothing to compare with."""

    exit_code = ExitCode.NOTHING_MEASURED


class StorageError(StallhornError):
    """A file could not be written: a full disk, a read-only folder."""


class BenchmarkFailed(StallhornError):
    """A benchmark, or everything at a commit, failed otherwise than it declares."""

    exit_code = ExitCode.BENCHMARK_FAILED
