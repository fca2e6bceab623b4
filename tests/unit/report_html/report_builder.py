"""Reports made by hand for the tests of the site: small ones piece by piece, and one that is like a real project."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stallhorn.model import (
    Benchmark,
    BuildFailure,
    Change,
    ChangePoint,
    Comparison,
    Direction,
    Environment,
    History,
    Level,
    Machine,
    Measurement,
    Observation,
    Parameters,
    Problem,
    Project,
    Report,
    Revision,
    Sample,
    Series,
    SeriesKey,
    Status,
    Verdict,
)

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
START = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


def project(root: Path = Path("/nowhere"), name: str = "demo", commit_url: str | None = None) -> Project:
    return Project(
        name=name,
        root=root,
        repository=root,
        subfolder="",
        branch="main",
        benchmarks=root / "benchmarks",
        results=root / "results",
        html=root / "html",
        commit_url=commit_url,
    )


def revision(position: int, subject: str = "", tags: tuple[str, ...] = ()) -> Revision:
    commit = f"{random.Random(position).getrandbits(160):040x}"
    when = START + timedelta(days=position, hours=position % 5)
    return Revision(commit, position, when, "Ada", subject or f"Commit number {position}", (), tags)


def key(
    benchmark: str = "suite.Case.time_it", environment: str = "py3.11", machine: str = "m1", **values: str
) -> SeriesKey:
    return SeriesKey(benchmark, Parameters(tuple(values.items())), environment, machine)


def ok(of: SeriesKey, at: Revision, value: float, spread: float = 0.03) -> Measurement:
    samples = tuple(Sample(value, 10, index) for index in range(3))
    low, high = value * (1 - spread), value * (1 + spread)
    return Measurement(of, at.commit, Status.OK, value, low, high, samples, "", "v1", at.committed)


def missing(of: SeriesKey, at: Revision, status: Status, reason: str) -> Measurement:
    return Measurement(of, at.commit, status, reason=reason, started=at.committed)


def level(start: int, stop: int, center: float) -> Level:
    return Level(start, stop, center, center * 0.98, center * 1.02)


def compare(
    after: Measurement, before: float | None, verdict: Verdict, direction: Direction = Direction.SAME, reason: str = ""
) -> Comparison:
    old = None if before is None else level(0, 1, before)
    return Comparison(after.key, old, after, None if before is None else "0" * 40, verdict, direction, reason)


def report(
    series: Iterable[Series] = (),
    *,
    revisions: Sequence[Revision] = (),
    comparisons: Iterable[Comparison] = (),
    changes: Iterable[Change] = (),
    verdict: Verdict = Verdict.NOTHING,
    benchmarks: Iterable[Benchmark] = (),
    **history: object,
) -> Report:
    """A report over these series; benchmarks, machines and environments that are not given are made up."""
    series = tuple(series)
    environments = {each.key.environment: Environment(each.key.environment, "3.11") for each in series}
    made = History(
        **{  # type: ignore[arg-type]
            "project": project(),
            "revisions": tuple(revisions),
            "benchmarks": {each.name: each for each in benchmarks},
            "machines": {each.key.machine: Machine(each.key.machine) for each in series},
            "environments": environments,
            "series": series,
            **history,
        }
    )
    commits = {point.commit for each in series for point in each.points}
    measured = [each for each in revisions if each.commit in commits]
    newest = measured[-1] if measured else None
    return Report(made, newest, tuple(changes), tuple(comparisons), (), verdict)


def one_series(values: Sequence[float | None], of: SeriesKey | None = None) -> tuple[list[Revision], Series]:
    """One series over consecutive commits; None = that commit was not measured."""
    of = of or key()
    revisions = [revision(position) for position in range(len(values))]
    points = tuple(ok(of, at, value) for at, value in zip(revisions, values, strict=True) if value is not None)
    return revisions, Series(of, "seconds", points)


# --- a report that is like a real project's ---------------------------------------------------------------------------

SUBJECTS = {
    0: "Evaluate the kernel block by block",
    1: "Say which radial functions there are",
    2: "Fuse the polynomial term into the loop",
    3: "Reject empty point sets with a clear error",
    4: "Tests for degenerate shifts",
    5: "Parallelise over evaluation points instead of centres",
    6: "Docs: accuracy against the reference",
    7: "Shorter names in the reader",
    8: 'Revert "Parallelise over evaluation points instead of centres"',
    9: "Type annotations",
    10: "Allocate the result once",
    11: "Release notes",
}
OLD, NEW = "virtualenv-py3.11-jax0.4.35-numba0.61.2", "virtualenv-py3.11-jax-numba"
MEASURED = (0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13)
CODE = '''class Rbf:
    """Evaluate a thin-plate spline on a square grid."""

    param_names = ["n", "backend", "threads"]
    params = [[50, 100, 500], ["numpy", "numba", "jax"], ["1", "numba=2 blas=1"]]

    def measure(self, n, backend, threads):
        if n < 1 and backend > "":
            return None
        return self.kernel(*self.inputs)
'''


def demo(root: Path = Path("/nowhere")) -> Report:
    """42 series in two environments over 12 measured commits: a slow-down and its revert, a failure, skips, a gap."""
    history = _demo_revisions()
    noise = random.Random(7)
    series = [*_demo_rbf(history, noise), *_demo_quadratic(history, noise), *_demo_memory(history, noise)]
    changes = _demo_changes(series, history)
    comparisons = [_demo_comparison(each) for each in series]
    base = report(
        series,
        revisions=history,
        comparisons=[each for each in comparisons if each],
        changes=changes,
        verdict=Verdict.REGRESSION,
        benchmarks=_demo_benchmarks(),
        project=project(root, "refkernels", "https://example.org/refkernels/commit/"),
        machines={"workbench": Machine("workbench", "Linux 6.1", "AMD EPYC 9554", "2", "8 GiB")},
        environments={
            OLD: Environment(OLD, "3.11", (("numba", "0.61.2"), ("jax", "0.4.35"), ("numpy", ""))),
            NEW: Environment(NEW, "3.11", (("numba", ""), ("jax", ""), ("numpy", ""))),
        },
        observations=tuple(_demo_observations(series)),
        build_failures=(
            BuildFailure(
                history[7].commit,
                NEW,
                "workbench",
                "error: subprocess-exited-with-error\n  × Getting requirements to build wheel did not run.\n"
                "  SyntaxError: '(' was never closed (setup.py, line 12)\n",
            ),
        ),
        problems=(
            Problem(
                "results/workbench/1f2e3d4c-virtualenv-py3.11.json",
                "not valid JSON (line 1, column 2041)",
                "Measure that commit again; the file is left as it is.",
            ),
        ),
    )
    return base


def _demo_revisions() -> list[Revision]:
    subjects = [*SUBJECTS.values(), "Store weights in single precision", "Name the grid's side n"]
    return [revision(index, subject, ("v1.0",) if index == 2 else ()) for index, subject in enumerate(subjects)]


def _history_of(
    of: SeriesKey, revisions: Sequence[Revision], value: Callable[[int], float | None], noise: random.Random
) -> Series:
    points = []
    for index in MEASURED:
        base = value(index)
        if base is None:
            continue
        points.append(ok(of, revisions[index], base * noise.gauss(1, 0.012), noise.uniform(0.015, 0.04)))
    unit = "bytes" if "peakmem" in of.benchmark else "seconds"
    return Series(of, unit, tuple(points))


def _demo_rbf(revisions: Sequence[Revision], noise: random.Random) -> list[Series]:
    found = []
    costs = {"numpy": 4.0, "numba": 0.55, "jax": 1.1}
    for environment in (OLD, NEW):
        for n in (50, 100, 500):
            for backend, cost in costs.items():
                for threads in ("1", "numba=2 blas=1"):
                    of = key(
                        "rbf.Rbf.measure",
                        environment,
                        "workbench",
                        n=str(n),
                        backend=repr(backend),
                        threads=repr(threads),
                    )
                    base = cost * 2.6e-8 * n * n * (0.62 if "2" in threads and backend != "numpy" else 1)

                    def at(index: int, base: float = base, backend: str = backend, of: SeriesKey = of) -> float | None:
                        if of.environment == NEW and index < 4:
                            return None
                        slow = 2.1 if backend == "numba" and 5 <= index < 8 else 1.0
                        slow *= 1.62 if backend == "numba" and index >= 12 else 1.0
                        return base * slow

                    made = _history_of(of, revisions, at, noise)
                    if backend == "jax" and n == 500 and environment == NEW:
                        reason = "MemoryError: Unable to allocate 7.45 GiB for an array with shape (250000, 4000)"
                        made = _replace(made, revisions[4], Status.FAILED, reason)
                        if "2" in threads:
                            made = _replace(made, revisions[13], Status.FAILED, reason)
                    if backend == "jax" and "2" in threads and n == 50:
                        made = _replace(made, None, Status.SKIPPED, "jax has no setting for 2 threads on this machine")
                    found.append(made)
    return found


def _demo_quadratic(revisions: Sequence[Revision], noise: random.Random) -> list[Series]:
    found = []
    for n, base in (("10000", 8.2e-6), ("1000000", 1.3e-3)):
        for backend, cost in (("'numpy'", 1.0), ("'numba'", 0.7)):
            of = key("quadratic.Quadratic.time_evaluate", OLD, "workbench", n=n, backend=backend)
            wide = 0.35 if n == "10000" and backend == "'numba'" else 0.0

            def at(index: int, base: float = base * cost, wide: float = wide) -> float:
                return base * (1 + wide * noise.random()) * (0.8 if index >= 10 and not wide else 1)

            found.append(_history_of(of, revisions, at, noise))
    return found


def _demo_memory(revisions: Sequence[Revision], noise: random.Random) -> list[Series]:
    return [
        _history_of(key("rbf.peakmem_evaluate", environment, "workbench"), revisions, lambda _: 412e6, noise)
        for environment in (OLD, NEW)
    ]


def _replace(series: Series, at: Revision | None, status: Status, reason: str) -> Series:
    points = tuple(
        Measurement(series.key, point.commit, status, reason=reason, started=point.started)
        if at is None or point.commit == at.commit
        else point
        for point in series.points
    )
    return Series(series.key, series.unit, points)


def _demo_changes(series: Sequence[Series], revisions: Sequence[Revision]) -> list[Change]:
    found = []
    for last, first, direction, wanted in (
        (11, 12, Direction.SLOWER, "numba"),
        (9, 10, Direction.FASTER, "quadratic"),
        (5, 8, Direction.FASTER, "numba"),
        (4, 5, Direction.SLOWER, "numba"),
    ):
        points = []
        for each in series:
            values = {point.commit: point.value for point in each.points}
            old, new = values.get(revisions[last].commit), values.get(revisions[first].commit)
            meant = wanted in str(each.key) and (wanted == "quadratic") == ("quadratic" in str(each.key))
            moved = bool(old and new) and ((new / old > 1.15) if direction is Direction.SLOWER else (new / old < 0.88))
            if meant and moved:
                points.append(
                    ChangePoint(
                        each.key,
                        level(0, 1, old),
                        level(1, 2, new),
                        revisions[last].commit,
                        revisions[first].commit,
                    )
                )
        points.sort(key=lambda point: -max(point.ratio, 1 / point.ratio))
        found.append(
            Change(revisions[last], revisions[first], tuple(revisions[last + 1 : first]), direction, tuple(points))
        )
    return found


def _demo_comparison(series: Series) -> Comparison | None:
    newest = series.points[-1]
    before = [point.value for point in series.points[-4:-2] if point.value is not None]
    if newest.status is not Status.OK or not before:
        return compare(newest, None, Verdict.NOTHING)
    centre = sum(before) / len(before)
    if "quadratic" in str(series.key) and "10000," in str(series.key) and "numba" in str(series.key):
        return compare(newest, centre, Verdict.INCONCLUSIVE, reason="predecessors differ by 31 % among themselves")
    share = (newest.value or 0) / centre
    if share > 1.15:
        return compare(newest, centre, Verdict.REGRESSION, Direction.SLOWER)
    if share < 0.88:
        return compare(newest, centre, Verdict.CLEAN, Direction.FASTER)
    return compare(newest, centre, Verdict.CLEAN)


def _demo_benchmarks() -> list[Benchmark]:
    threads = ("'1'", "'numba=2 blas=1'")
    return [
        Benchmark(
            "rbf.Rbf.measure",
            "time",
            "seconds",
            "v1",
            ("n", "backend", "threads"),
            (("50", "100", "500"), ("'numpy'", "'numba'", "'jax'"), threads),
            CODE,
        ),
        Benchmark(
            "quadratic.Quadratic.time_evaluate", "time", "seconds", "v1", ("n", "backend"), (("10000", "1000000"),)
        ),
        Benchmark("rbf.peakmem_evaluate", "peakmemory", "bytes", "v1"),
        Benchmark("w_tilde.WTilde.measure", "time", "seconds", "v1"),
    ]


def _demo_observations(series: Sequence[Series]) -> Iterable[Observation]:
    for each in series:
        if "rbf.Rbf" not in each.key.benchmark or each.points[-1].status is not Status.OK:
            continue
        backend, threads = each.key.parameters.get("backend"), each.key.parameters.get("threads") or ""
        compiled = backend != "numpy"
        facts = {
            "versions": {"python": "3.11.7", "numpy": "2.2.6", "numba": "0.61.2", "jax": "0.4.35", "scipy": None},
            "threads": {
                "setting": threads,
                "asked": {"numba": 2 if "2" in threads else 1, "blas": 1},
                "used": {"numba": 2 if "2" in threads else 1, "blas": 1, "jax": None},
                "layer": "workqueue" if backend == "numba" else None,
            },
            "first_call": {
                "seconds": 1.31 if compiled else 0.004,
                "import_seconds": 0.41,
                "compile_seconds": 0.87 if compiled else None,
                "run_seconds": 0.03,
            },
            "sampling": {"foreign_load": 0.04},
            "memory": {"peak_bytes": 182_000_000},
            "result": {"type": "ndarray", "dtype": "float64", "shape": [2500, 1], "device": None},
        }
        noisy = "NumbaPerformanceWarning: 'parallel=True' was specified\nbut no transformation was possible\n"
        stderr = noisy if backend == "numba" and threads == "1" else ""
        yield Observation(each.key, each.points[-1].commit, Status.OK, facts, "0.1.0", 1, stderr)
