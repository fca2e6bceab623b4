"""What the parameters of a benchmark stand for."""

from __future__ import annotations

import pytest

from stallhorn.model import Benchmark, Parameters, SeriesKey
from stallhorn.sweeps.roles import Family, Roles, copies_of, families, number, roles, roles_of_family


def benchmark(name="rbf.Rbf.measure", **params):
    names, values = tuple(params), tuple(tuple(each) for each in params.values())
    return Benchmark(name, "time", "seconds", "1", names, values)


def test_a_benchmark_without_parameters_has_no_roles():
    assert roles(benchmark()) == Roles()


def test_names_say_what_parameters_are():
    found = roles(benchmark(n=["50", "100", "500"], backend=["'numpy'"], variant=["'x'"], threads=["1", "2"]))
    assert found == Roles("n", "backend", "variant", "threads")


@pytest.mark.parametrize("values", [["1", "2"], ["'a'", "'b'", "'c'"], ["0", "1", "2"], ["nan", "1", "2", "3"]])
def test_a_size_needs_three_positive_numbers(values):
    assert roles(benchmark(n=values)).size == ""


def test_the_only_parameter_with_many_numbers_is_the_size_whatever_its_name():
    assert roles(benchmark(mesh=["1e3", "1e4", "1e5"])).size == "mesh"
    assert roles(benchmark(mesh=["1e3", "1e4", "1e5"], order=["1", "2", "3"])).size == ""


def test_what_a_project_says_goes_before_what_is_guessed():
    found = roles(benchmark(n=["1", "2", "3"], mesh=["1", "2", "3"]), {"size": ["mesh"]})
    assert found.size == "mesh"


def test_threads_are_a_number_or_a_named_setting():
    of = Roles(threads="threads")
    assert of.threads_of(Parameters((("threads", "4"),))) == 4
    named = Parameters((("threads", "'numba=2 blas=1'"),))
    assert of.threads_of(named) is None
    assert of.setting_of(named) == "numba=2 blas=1"


@pytest.mark.parametrize(("setting", "copies"), [("", 1), ("numba=1 copies=4", 4), ("copies=x", 1)])
def test_copies_are_said_in_the_setting(setting, copies):
    assert copies_of(setting) == copies


@pytest.mark.parametrize(
    ("text", "value"), [("100000", 1e5), ("1e5", 1e5), ("'500'", 500.0), ("inf", None), ("", None)]
)
def test_numbers_are_read_however_they_are_written(text, value):
    assert number(text) == value


def test_series_that_differ_in_one_role_share_a_place():
    of = roles(benchmark(n=["1", "2", "3"], backend=["'numpy'"]))
    small, large = (SeriesKey("a", Parameters((("n", text), ("backend", "'numpy'"))), "py", "m") for text in ("1", "2"))
    assert of.place_of(small, "size") == of.place_of(large, "size")
    assert of.place_of(small) != of.place_of(large)


def test_classes_for_single_backends_are_of_the_family_whose_name_they_begin_with():
    params = {"n": ["1", "2", "3"], "backend": ["'numpy'"]}
    names = ["rbf.Rbf.measure", "rbf.RbfJax.measure", "rbf.Solve.measure", "fma.Rbf.measure"]
    found = families({name: benchmark(name, **params) for name in names})
    assert found == (
        Family("fma.Rbf.measure", ("fma.Rbf.measure",)),
        Family("rbf.Rbf.measure", ("rbf.Rbf.measure", "rbf.RbfJax.measure")),
        Family("rbf.Solve.measure", ("rbf.Solve.measure",)),
    )


def test_benchmarks_without_a_backend_are_alone():
    found = families({name: benchmark(name, n=["1"]) for name in ("a.B.time_x", "a.BC.time_x")})
    assert [each.benchmarks for each in found] == [("a.B.time_x",), ("a.BC.time_x",)]


def test_a_family_has_the_roles_of_all_its_values_together():
    whole = benchmark("a.B.c", mesh=["1", "2", "3"], solver=["'x'"])
    small = benchmark("a.BJax.c", mesh=["1"], solver=["'y'"])
    assert roles_of_family([small]) == Roles()
    assert roles_of_family([whole, small]).size == "mesh"
    assert roles_of_family([small, whole], {"backend": ["solver"]}) == Roles("mesh", "solver")


def test_a_family_whose_members_list_too_few_values_has_those_that_are_there():
    torn = Benchmark("a.B.c", "time", "seconds", "1", ("n", "backend"), (("1", "2", "3"),))
    assert roles_of_family([torn, benchmark("a.BJax.c", n=["4"], backend=["'jax'"])]) == Roles("n", "backend")
