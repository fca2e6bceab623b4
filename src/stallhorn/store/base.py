"""What a result format gives, and what it is asked for.

A module of this package that defines `READER` is a result format: adding one file adds a format.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from stallhorn.model import Benchmark, Environment, Machine, Measurement, Problem, Project

if TYPE_CHECKING:
    from stallhorn.store._tables import Table

REFERENCE = "reference"  # the machine folder that is in git: a history for a clone that has measured nothing yet


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of the results is wanted; everything by default."""

    machine: str | None = None
    pattern: re.Pattern[str] | None = None

    def wants(self, benchmark: str, parameters: Sequence[str]) -> bool:
        """Whether the pattern is found in `name`, or in `name(value, value)` for a benchmark with parameters.

        That is what asv's `--bench` does, so an expression means the same everywhere.
        """
        if self.pattern is None:
            return True
        return self.pattern.search(f"{benchmark}({', '.join(parameters)})" if parameters else benchmark) is not None


@dataclass(slots=True)
class Reading:
    """What one reader found: measurements one by one, tables of many, or both."""

    benchmarks: dict[str, Benchmark] = field(default_factory=dict)
    machines: dict[str, Machine] = field(default_factory=dict)
    environments: dict[str, Environment] = field(default_factory=dict)
    measurements: list[Measurement] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    dates: dict[str, datetime | None] = field(default_factory=dict)  # measured commits, as the results date them
    problems: list[Problem] = field(default_factory=list)


class Reader(Protocol):
    """Reads one result format.

    Must not raise for anything a results folder can hold: what cannot be read becomes a `Problem`. With no machine
    selected it leaves out the reference history if any other machine has results.
    """

    def __call__(self, project: Project, selection: Selection) -> Reading: ...
