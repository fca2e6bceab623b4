"""Which series can be compared: problems with their lines, and what is left out with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from stallhorn.model import Benchmark, History, Measurement, Parameters, Project, Revision, Series, SeriesKey, Status
from stallhorn.sweeps.crossover import Estimate
from stallhorn.sweeps.lines import LeftOut, Through, problems

ROOT = Path("/nowhere")
PROJECT = Project("p", ROOT, None, "", "main", ROOT, ROOT, ROOT, None)
SIZES = ("10", "100", "1000")


def benchmark(name, specimens=(), unit="seconds", **params):
    return Benchmark(
        name, "time", unit, "1", tuple(params), tuple(tuple(each) for each in params.values()), specimens=specimens
    )


def one(benchmark, values, status=Status.OK, **parameters):
    """A series with a value at each commit; None = it was skipped there."""
    key = SeriesKey(benchmark, Parameters(tuple(parameters.items())), "py", "m")
    points = tuple(
        Measurement(key, commit, Status.OK, value, value * 0.9, value * 1.1)
        if value is not None
        else Measurement(key, commit, Status.SKIPPED)
        for commit, value in zip("abcdef", values, strict=False)
    )
    return Series(key, "seconds", points)


def history(benchmarks, series=()):
    revisions = tuple(Revision(commit, place, None, "", "") for place, commit in enumerate("abcdef"))
    return History(PROJECT, revisions, {each.name: each for each in benchmarks}, {}, {}, tuple(series))


POSITIONS = {commit: place for place, commit in enumerate("abcdef")}


def rbf(backends=("numpy", "numba"), sizes=SIZES, **more):
    texts = [f"'{each}'" for each in backends]
    suite = [benchmark("rbf.Rbf.measure", n=sizes, backend=texts, **more)]
    rest = {name: values[0] for name, values in more.items()}
    found = [
        one("rbf.Rbf.measure", [float(n) * (place + 1)], n=n, backend=text, **rest)
        for place, text in enumerate(texts)
        for n in sizes
    ]
    return history(suite, found)


def test_an_empty_history_has_no_problems():
    assert problems(history([])) == problems(history([benchmark("a.B.time")]))
    assert problems(history([])).found == ()


def test_a_benchmark_with_backends_and_sizes_is_a_problem():
    found = problems(rbf())
    (problem,) = found.found
    assert (problem.family, problem.environment, problem.machine, problem.setting) == ("rbf.Rbf.measure", "py", "m", "")
    assert [(line.label, list(line.sweep)) for line in problem.lines] == [
        ("numba", [10.0, 100.0, 1000.0]),
        ("numpy", [10.0, 100.0, 1000.0]),
    ]
    assert problem.backends == {"numpy", "numba"} and found.left_out == ()


def test_two_sizes_are_no_axis_and_one_backend_no_comparison():
    assert problems(rbf(sizes=("10", "100"))).left_out == (
        LeftOut("rbf.Rbf.measure", "no parameter is a size: numbers, three or more"),
    )
    assert problems(rbf(backends=("numba",))).left_out == (LeftOut("rbf.Rbf.measure", "only numba is measured"),)


def test_what_a_project_says_is_the_size():
    with_mesh = history(
        [benchmark("a.B.c", mesh=SIZES, order=SIZES, solver=["'x'", "'y'"])],
        [one("a.B.c", [1.0], mesh=n, order="10", solver=each) for n in SIZES for each in ("'x'", "'y'")],
    )
    assert problems(with_mesh).found == ()
    (problem,) = problems(with_mesh, {"size": ["mesh"], "backend": ["solver"]}).found
    assert (problem.size, problem.rest) == ("mesh", (("order", "10"),))


def test_other_units_than_seconds_are_no_race():
    made = rbf()
    counted = {name: benchmark(name, unit="bytes", n=SIZES, backend=["'a'", "'b'"]) for name in made.benchmarks}
    assert problems(history(counted.values(), made.series)).found == ()


def test_every_thread_setting_is_a_problem_of_its_own():
    params = {"n": SIZES, "backend": ["'a'", "'b'"], "threads": ["1", "'numba=2 blas=1'"]}
    series = [
        one("a.B.c", [1.0], n=n, backend=each, threads=threads)
        for n in SIZES
        for each in params["backend"]
        for threads in params["threads"]
    ]
    found = problems(history([benchmark("a.B.c", **params)], series)).found
    assert [each.setting for each in found] == ["1", "numba=2 blas=1"]


def test_members_of_a_family_are_lines_of_one_problem_and_each_may_have_few_sizes():
    variants = ["'default'"]
    suite = [
        benchmark("a.Solve.run", n=SIZES, backend=["'numpy'"], variant=variants),
        benchmark("a.SolveJax.run", n=SIZES[:2], backend=["'jax'"], variant=[*variants, "'grad'", "'vmap'"]),
    ]
    series = [one("a.Solve.run", [1.0], n=n, backend="'numpy'", variant="'default'") for n in SIZES]
    series += [
        one("a.SolveJax.run", [1.0], n=n, backend="'jax'", variant=variant)
        for n in SIZES[:2]
        for variant in ("'default'", "'grad'", "'vmap'")
    ]
    (problem,) = problems(history(suite, series)).found
    assert [(line.label, line.task, line.competes) for line in problem.lines] == [
        ("jax default", "", True),
        ("jax grad", "gradient", False),
        ("jax vmap", "batch", False),
        ("numpy default", "", True),
    ]


@pytest.mark.parametrize("variant", ["gradual", "upgrade", "batchelor", "default"])
def test_a_variant_is_not_taken_for_another_task_by_a_part_of_its_name(variant):
    made = rbf(variant=[f"'{variant}'"])
    assert {line.task for line in problems(made).found[0].lines} == {""}


def test_lines_that_would_be_called_the_same_name_their_class():
    suite = [benchmark(f"a.{name}.run", n=SIZES, backend=["'x'", "'y'"]) for name in ("Solve", "SolveFast")]
    series = [one(each.name, [1.0], n=n, backend=text) for each in suite for n in SIZES for text in ("'x'", "'y'")]
    (problem,) = problems(history(suite, series)).found
    assert [line.label for line in problem.lines] == ["x (Solve)", "x (SolveFast)", "y (Solve)", "y (SolveFast)"]


def test_specimens_do_not_compete():
    sick = benchmark("a.B.c", specimens=("gil-held",) * 3 + (None,) * 3, backend=["'x'", "'y'"], n=SIZES)
    series = [one("a.B.c", [1.0], backend=text, n=n) for text in ("'x'", "'y'") for n in SIZES]
    found = problems(history([sick], series))
    assert found.found == () and found.left_out == (LeftOut("a.B.c", "only y is measured"),)


def test_what_was_never_measured_is_no_line():
    made = rbf()
    skipped = [one("rbf.Rbf.measure", [None], n=n, backend="'jax'") for n in SIZES]
    (problem,) = problems(history(made.benchmarks.values(), (*made.series, *skipped))).found
    assert problem.backends == {"numpy", "numba"}


# --- at a commit


def through(values):
    """`values`: for each backend and size, what was measured at each commit."""
    series = [one("a.B.c", each, backend=backend, n=n) for (backend, n), each in values.items()]
    backends = list(dict.fromkeys(backend for backend, _ in values))
    (problem,) = problems(history([benchmark("a.B.c", backend=backends, n=SIZES)], series)).found
    return Through(problem)


def test_a_commit_counts_where_two_backends_were_measured_at_the_same_size():
    made = through({
        ("x", "10"): [1.0, 1.0, None, 1.0],
        ("x", "100"): [1.0, None, 1.0, None],
        ("y", "10"): [None, 2.0, None, 2.0],
        ("y", "100"): [None, 2.0, None, None],
    })  # fmt: skip
    assert made.commits(POSITIONS) == ["b", "d"]
    assert made.commits({"b": 0}) == ["b"]


def test_the_curve_at_a_commit_has_what_was_measured_there():
    made = through({("x", "10"): [1.0, 0.0, 3.0], ("x", "100"): [2.0, 2.5, None], ("y", "10"): [1.0, 1.0, 1.0]})
    assert made.curve(0, "a").sizes == (10.0, 100.0)
    assert made.curve(0, "a").times[0] == Estimate(1.0, 0.9, 1.1)
    assert made.curve(0, "b").sizes == (100.0,)  # a time of zero has no place on it
    assert made.curve(0, "c").sizes == (10.0,)
    assert not made.curve(0, "f")
    assert [each.sizes for each in made.curves("c")] == [(10.0,), (10.0,)]
    assert made.keys(1)[10.0].parameters.get("backend") == "y"
