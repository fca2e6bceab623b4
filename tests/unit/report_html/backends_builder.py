"""Reports whose backends cross where it was planted: numba is faster below, jax above, and the crossover moves once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from report_builder import key, missing, ok, project, report, revision

from stallhorn.model import Benchmark, Observation, Report, Revision, Series, SeriesKey, Status

SIZES = ("100", "1000", "10000")
COMMITS = 6
MOVED = 3  # from this commit on jax takes twice as long

Times = Mapping[tuple[str, str], Callable[[float, int], float]]

# By backend and variant, the time at a size and commit. numba and jax cross at 100 ** (1 / 0.6) = 2154, later at 6840.
TIMES: Times = {
    ("numpy", "default"): lambda n, at: 2e-6 * n,
    ("numba", "default"): lambda n, at: 1e-8 * n**1.2,
    ("jax", "default"): lambda n, at: 1e-6 * n**0.6 * (2 if at >= MOVED else 1),
    ("jax", "grad"): lambda n, at: 4e-6 * n**0.6,
}
COMPILING = {"numba": 1.0, "jax": 0.1}


def backends(
    times: Times = TIMES,
    *,
    name: str = "rbf.Rbf.measure",
    settings: Sequence[str] = ("1", "2"),
    sizes: Sequence[str] = SIZES,
    record: str = "cold",
    spread: float = 0.02,
    specimen: tuple[str, str] | None = None,
) -> Report:
    """A history of six commits. `record`: what the probe saw at the newest one, "" nothing, "warm" Numba's files."""
    revisions = [revision(position) for position in range(COMMITS)]
    benchmark = suite(name, times, settings, sizes, specimen)
    series, seen = [], []
    for (backend, variant), time in times.items():
        for setting in settings:
            for size in sizes:
                of = place(name, backend, variant, setting, size)
                points = [ok(of, at, time(float(size), at.position) / int(setting), spread) for at in revisions]
                series.append(Series(of, "seconds", tuple(points)))
                if record:
                    seen += records(
                        of, revisions[-1], backend, points[-1].value or 0.0, size == sizes[0], record == "warm"
                    )
    return report(series, revisions=revisions, benchmarks=[benchmark], observations=tuple(seen))


def place(name: str, backend: str, variant: str, setting: str, size: str) -> SeriesKey:
    return key(name, n=size, backend=f"'{backend}'", variant=f"'{variant}'", threads=setting)


def suite(
    name: str, times: Times, settings: Sequence[str], sizes: Sequence[str], specimen: tuple[str, str] | None
) -> Benchmark:
    libraries = tuple(f"'{each}'" for each in dict.fromkeys(backend for backend, _ in times))
    variants = tuple(f"'{each}'" for each in dict.fromkeys(variant for _, variant in times))
    specimens = tuple(
        "large-temporaries" if specimen == (library[1:-1], variant[1:-1]) else None
        for _ in sizes
        for library in libraries
        for variant in variants
        for _ in settings
    )
    names = ("n", "backend", "variant", "threads")
    return Benchmark(
        name, "time", "seconds", "1", names, (tuple(sizes), libraries, variants, tuple(settings)), specimens=specimens
    )


def records(of: SeriesKey, at: Revision, backend: str, steady: float, first: bool, warm: bool) -> list[Observation]:
    """Two processes. Numba compiles at the first size alone; jax at each; numpy never."""
    spent = COMPILING.get(backend)
    compiles = spent is not None and (first or backend == "jax")
    found = []
    for number in range(2):
        seconds = spent * (0.02 if warm and number else 1.0) if compiles and spent else None
        hits = {"cache_hits": 1, "cache_misses": 0} if warm and number else {"cache_hits": 0, "cache_misses": 1}
        facts: dict[str, object] = {
            "first_call": {
                "seconds": (seconds or 0.0) + steady,
                "compile_seconds": seconds,
                "run_seconds": steady,
                "compiles": int(compiles),
                "compiles_in_setup": 0,
            },
            "code": {"dispatchers": [{"cache": warm, **hits}] if backend == "numba" else []},
            "jax": {"backend": "cpu" if backend == "jax" else None, "x64": True if backend == "jax" else None},
            "result": {"dtype": "float64"},
        }
        found.append(Observation(of, at.commit, Status.OK, facts, "0.1", 1, round=number))
    return found


def two_families() -> Report:
    """A second problem with backends that tie, one with a single backend, one without a size, and counted limits."""
    rbf = backends()
    tie: Times = {("numpy", "default"): lambda n, at: 1e-6 * n, ("cpp", "default"): lambda n, at: 1.01e-6 * n}
    others = [
        backends(tie, name="fma.Fma.measure", settings=("1",), spread=0.05),
        backends({("numba", "default"): lambda n, at: n}, name="one.Only.measure", settings=("1",)),
        backends(tie, name="none.NoSize.measure", settings=("1",), sizes=SIZES[:2]),
    ]
    limit = key("limits.track_compiles", example="'jax-per-shape'")
    newest = rbf.history.revisions[-1]
    counted = Series(limit, "compiles (counted)", (ok(limit, newest, 3.0, 0.0),))
    histories = [rbf.history, *(each.history for each in others)]
    tracked = Benchmark(
        "limits.track_compiles", "track", "compiles (counted)", "1", ("example",), (("'jax-per-shape'",),)
    )
    history = replace(
        rbf.history,
        project=project(),
        benchmarks={name: each for one in histories for name, each in one.benchmarks.items()} | {tracked.name: tracked},
        series=(*(each for one in histories for each in one.series), counted),
        observations=tuple(each for one in histories for each in one.observations),
    )
    return replace(rbf, history=history)


def never_together() -> Report:
    """Two backends that were never measured at one commit."""
    made = backends({("a", "default"): lambda n, at: n, ("b", "default"): lambda n, at: n}, settings=("1",))
    revisions = made.history.revisions
    series = []
    for each in made.history.series:
        odd = each.key.parameters.get("backend") == "a"
        points = [
            ok(each.key, at, 1.0)
            if (at.position % 2 == 1) is odd
            else missing(each.key, at, Status.SKIPPED, "not here")
            for at in revisions
        ]
        series.append(replace(each, points=tuple(points)))
    return replace(made, history=replace(made.history, series=tuple(series)))
