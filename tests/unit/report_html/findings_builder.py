"""The demo of `report_builder` with invented findings: at its changes, at its newest commit, and in a specimen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from report_builder import MEASURED, NEW, demo, level

from stallhorn.model import (
    ChangePoint,
    Direction,
    Evidence,
    Explanation,
    Finding,
    Measurement,
    Observation,
    Report,
    Series,
    SeriesKey,
    Status,
    Switch,
)


def finding(
    about: SeriesKey,
    commit: str,
    pitfall: str = "nested-parallel",
    severity: str = "cause",
    claim: str = "enters 301 parallel regions per call, 300 of them inside another one",
    switch: Switch | None = None,
) -> Finding:
    evidence = (
        Evidence("nested regions per call", "300", "0", "counted"),
        Evidence("time over that with one thread", "2.10", "below 1", "observed"),
        Evidence("time with `NUMBA_NUM_THREADS=1`", "1/2.1 [1/2.3, 1/1.9]", "unchanged", "proven"),
    )
    remedy = "Keep `parallel=True` and `prange` on the outermost loop only; write `@numba.njit` on what it calls."
    return Finding(pitfall, severity, about, commit, claim, evidence, remedy, switch)


def counted_series(of: Series, fact: str, unit: str, values: Iterable[float]) -> Series:
    key = replace(of.key, fact=fact)
    points = (
        Measurement(key, point.commit, Status.OK, value, value, value)
        for point, value in zip(of.points, values, strict=False)
    )
    return Series(key, unit, tuple(points))


FACTS = {
    "activity": {"demand": 3.9, "cores_used": 1.4},
    "calls": {"regions": 301, "nested_regions": 300, "compiles": 0, "temporary_bytes": 2_000_000},
    "result": {"dtype": "float64", "shape": [500, 500]},
    "versions": {"python": "3.11.7", "numpy": "2.2.6", "numba": "0.61.2", "jax": None},
}


def sick_demo(root: Path = Path("/nowhere")) -> Report:
    """Numba's series nest regions from the first slow-down on; JAX is not waited for; one benchmark is a specimen."""
    made = demo(root)
    revisions = made.history.revisions
    newest = revisions[MEASURED[-1]].commit
    numba = [each for each in made.history.series if each.key.parameters.get("backend") == "numba"]
    rbf = [each for each in numba if each.key.benchmark.startswith("rbf") and each.key.environment == NEW]
    quadratic = [each.key for each in numba if each.key.benchmark.startswith("quadratic")]
    jax = [each.key for each in made.history.series if each.key.parameters.get("backend") == "jax"]
    switch = Switch("NUMBA_NUM_THREADS=1 OMP_WAIT_POLICY=passive", {"NUMBA_NUM_THREADS": "1"})
    nested = [finding(each.key, newest, switch=switch) for each in rbf]
    waits = "A call reads as 3.37 ms, but JAX works on for 1.85 ms after it has returned"
    findings = [
        *nested,
        finding(jax[2], newest, "unsynchronised", "blocking", waits),
        finding(quadratic[0], newest, claim="enters 41 parallel regions per call, 40 of them inside another one"),
        finding(jax[3], newest, "foreign-load", "context", "other programs used 0.9 cores"),
    ]
    facts = [counted_series(each, "nested regions", "nested regions (counted)", [0, 0, 0, *[300] * 9]) for each in rbf]
    facts += [counted_series(each, "compilations", "compilations (counted)", [1] * 12) for each in rbf]
    benchmarks = dict(made.history.benchmarks)
    specimens = tuple(
        "nested-parallel" if backend == "numba" else None for _ in range(2) for backend in ("numpy", "numba")
    )
    benchmarks["quadratic.Quadratic.time_evaluate"] = replace(
        benchmarks["quadratic.Quadratic.time_evaluate"],
        params=(("10000", "1000000"), ("'numpy'", "'numba'")),
        specimens=specimens,
    )
    observations = [
        Observation(each.key, newest, Status.OK, {**FACTS, "threads": {"layer": "omp"}}, "0.1.0", 1) for each in rbf
    ]
    others = tuple(each for each in made.history.observations if each.key not in {one.key for one in observations})
    explanations = dict(_explanations(made, facts))
    return replace(
        made,
        history=replace(made.history, benchmarks=benchmarks, observations=(*others, *observations)),
        findings=(*findings, *(each for told in explanations.values() for each in told.causes)),
        facts=tuple(facts),
        explanations=explanations,
    )


def _explanations(made: Report, facts: Iterable[Series]) -> Iterable[tuple[tuple[SeriesKey, str, str], Explanation]]:
    fact = {replace(each.key, fact=""): each for each in facts if each.key.fact == "nested regions"}
    for change in made.changes:
        slower = change.direction is Direction.SLOWER
        for point in change.points:
            if "numba" not in str(point.key.parameters):
                continue
            before, after = (0.0, 300.0) if slower else (300.0, 0.0)
            counted = (
                (ChangePoint(fact[point.key].key, level(0, 1, before), level(1, 2, after), point.last, point.first),)
                if point.key in fact
                else ()
            )
            told = (finding(point.key, point.first),)
            code = "`evaluate` lost 12 packed multiplications"
            yield (
                (point.key, point.last, point.first),
                Explanation(told if slower else (), () if slower else told, counted, code),
            )
