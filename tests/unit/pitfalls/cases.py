"""Small cases for the tests of detectors: facts by dotted path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stallhorn.model import Parameters, SeriesKey, Status
from stallhorn.pitfalls.base import Case, Facts, Run

QUIET = {"host.affinity": 2, "host.cores": 2, "sampling.foreign_load": 0.0}


def facts(given: Mapping[str, Any]) -> Facts:
    """Facts from {"calls.regions": 4, ...}; two quiet cores unless they say otherwise."""
    tree: dict[str, Any] = {}
    for path, value in {**QUIET, **given}.items():
        *above, name = path.split(".")
        place = tree
        for part in above:
            place = place.setdefault(part, {})
        place[name] = value
    return Facts(tree)


def run(
    given: Mapping[str, Any] | None = None,
    *,
    seconds: float | None = 1e-3,
    status: Status = Status.OK,
    reason: str = "",
    stderr: str = "",
    **params: str,
) -> Run:
    """One run; its interval is a percent on either side."""
    low, high = (None, None) if seconds is None else (seconds * 0.99, seconds * 1.01)
    values = Parameters(tuple(params.items()))
    return Run(values, status, seconds, low, high, facts(given or {}), reason, stderr, "c" * 40)


def case(this: Run, **more: Any) -> Case:
    """A case around one run. `more`: siblings, reruns, repeats, baseline, slowdown."""
    return Case(SeriesKey("suite.Case.time_run", this.parameters, "env", "box"), this, **more)
