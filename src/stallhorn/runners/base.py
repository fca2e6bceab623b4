"""What a runner is given and what it gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from stallhorn.plan import Cell

Parts = dict[str, Any]  # the keys of a probe record that a measurement fills in


@dataclass(frozen=True, slots=True)
class Job:
    """Cells that one process measures, one after the other."""

    python: str  # the environment's interpreter
    variables: Mapping[str, str]  # the process's whole environment
    suite: Path
    cells: tuple[Cell, ...]
    plan: Mapping[str, float] = field(default_factory=dict)  # overrides of the probe's clock.Plan
    how: Mapping[str, Any] = field(default_factory=dict)  # overrides of the probe's cell.How
    function: str = ""  # "module:function" to call instead of the suite's benchmarks


class Runner(Protocol):
    """Measures a job's cells, and yields each with its parts as soon as it is done.

    Nothing is measured while the caller holds the generator: what it saves then disturbs no timing. A cell that
    raises, hangs or dies is yielded with the status that says so, and the rest of the job goes on.
    """

    def measure(self, job: Job) -> Iterator[tuple[Cell, Parts]]: ...
