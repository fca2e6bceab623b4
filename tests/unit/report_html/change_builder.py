"""The demo with findings, and probe records on both sides of its newest slow-down: other versions, other facts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from findings_builder import finding, sick_demo

from stallhorn.model import Change, Direction, Explanation, Kind, Observation, Report, Status

BEFORE: dict[str, Any] = {
    "versions": {"python": "3.11.7", "numpy": "2.1.3", "numba": "0.61.2", "jax": None},
    "host": {"cores": 4, "affinity": 4, "load_average": 0.3, "governor": "performance"},
    "threads": {
        "asked": {"numba": 4},
        "used": {"numba": 4},
        "layer": "omp",
        "pools": [{"internal_api": "openblas", "version": "0.3.29", "threading_layer": "pthreads"}],
    },
    "activity": {"demand": 1.2, "cores_used": 1.1, "throttled_periods": 0},
    "calls": {"regions": 1, "nested_regions": 0, "compiles": 0, "compiled": [], "input_bytes": 80_000},
    "sampling": {"foreign_load": 0.01},
    "result": {"dtype": "float64", "shape": [500, 500]},
}
AFTER: dict[str, Any] = {
    **BEFORE,
    "versions": {**BEFORE["versions"], "numpy": "2.2.0"},
    "host": {**BEFORE["host"], "load_average": 1.7, "governor": "powersave"},
    "activity": {"demand": 3.9, "cores_used": 1.4, "throttled_periods": 0},
    "calls": {**BEFORE["calls"], "regions": 301, "nested_regions": 300},
}


def seen(change: Change, before: dict[str, Any] = BEFORE, after: dict[str, Any] = AFTER) -> tuple[Observation, ...]:
    """Records of every series of a change, at the last commit with the old level and the first with the new."""
    return tuple(
        Observation(point.key, commit, Status.OK, facts, "0.1", 1)
        for point in change.points
        for commit, facts in ((point.last, before), (point.first, after))
    )


def rich() -> Report:
    """Records at the newest change, which is of 12 series and has nested regions as its cause."""
    made = sick_demo()
    newest = made.changes[0]
    sized = replace(newest, ratio=1.61, low=1.55, high=1.66, confidence=0.9991)
    beside = finding(newest.worst.key, newest.first.commit, "memory-bound", claim="moves 12 GB/s")
    history = replace(made.history, observations=(*made.history.observations, *seen(newest)))
    return replace(made, history=history, changes=(sized, *made.changes[1:]), findings=(*made.findings, beside))


def bare(change: Change, report: Report) -> Report:
    """The report with this change alone, of which nothing but times is known."""
    history = replace(report.history, observations=())
    return replace(report, history=history, changes=(change,), explanations={}, findings=(), facts=())


def of_machine(report: Report) -> Report:
    """The newest change as an event of the machine."""
    reason = "many series of this machine moved together; other versions are installed: numpy 2.1.3 -> 2.2.0"
    newest = report.changes[0]
    points = tuple(replace(point, kind=Kind.MACHINE, reason=reason) for point in newest.points)
    event = replace(newest, kind=Kind.MACHINE, reason=reason, points=points)
    return replace(report, changes=(event, *report.changes[1:]))


def repaired(report: Report) -> Report:
    """The newest change as a repair of the measurement."""
    reason = "measurement repaired: unsynchronised is gone; earlier points are set aside"
    newest = report.changes[0]
    why = {
        (point.key, point.last, point.first): Explanation(
            gone=(finding(point.key, point.last, "unsynchronised", "blocking", "JAX works on for 1.85 ms"),)
        )
        for point in newest.points
    }
    points = tuple(replace(point, kind=Kind.MEASUREMENT, reason=reason) for point in newest.points)
    change = replace(newest, kind=Kind.MEASUREMENT, reason=reason, points=points, direction=Direction.SLOWER)
    return replace(report, changes=(change, *report.changes[1:]), explanations={**report.explanations, **why})
