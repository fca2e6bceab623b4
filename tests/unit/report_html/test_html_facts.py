"""Observations as a table: unknown is said, and odd shapes of facts do no harm."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_builder import key

from stallhorn.model import Environment, Observation, Status
from stallhorn.report.html.facts import COLUMNS, UNKNOWN, fact_rows, versions
from stallhorn.report.html.words import environment_labels


def seen(facts: dict[str, object], number: int = 0) -> Observation:
    return Observation(key(), "a" * 40, Status.OK, facts, "0.1.0", 1, "", number)


def test_no_observations() -> None:
    assert fact_rows([]) == []
    assert versions([]) == ""


def test_what_was_not_recorded_is_unknown() -> None:
    assert fact_rows([seen({})])[0].cells == (UNKNOWN,) * len(COLUMNS)


def test_processes_are_taken_together() -> None:
    first = {"first_call": {"seconds": 2.0}, "sampling": {"foreign_load": 0.1}, "memory": {"peak_bytes": 2**20}}
    second = {"first_call": {"seconds": 0.5}, "sampling": {"foreign_load": 0.7}, "memory": {"peak_bytes": 2**21}}
    rows = fact_rows([seen(second, 1), seen(first, 0)])
    cells = dict(zip(COLUMNS, rows[0].cells, strict=True))
    assert (cells["first call"], cells["load by others"], cells["peak memory"]) == (
        "2.00 s",
        "0.70 cores, not alone",
        "2.00 MiB",
    )


@pytest.mark.parametrize(
    ("memory", "shown"),
    [
        ({"peak_bytes": 2**21, "before_bytes": 2**20, "peak_of": "this measurement"}, "2.00 MiB, 1.00 MiB of it new"),
        ({"peak_bytes": 2**21, "before_bytes": 2**20, "peak_of": "the whole process"}, "2.00 MiB"),
        ({"peak_bytes": 2**21, "before_bytes": 2**22, "peak_of": "this measurement"}, "2.00 MiB"),
        ({"peak_bytes": 2**21, "before_bytes": None, "peak_of": "this measurement"}, "2.00 MiB"),
        ({"before_bytes": 2**20, "peak_of": "this measurement"}, UNKNOWN),
    ],
    ids=["since this measurement began", "of the whole process", "fell", "unknown before", "unknown peak"],
)
def test_how_much_memory_came_with_the_calls(memory, shown) -> None:
    assert shown in fact_rows([seen({"memory": memory})])[0].cells


@pytest.mark.parametrize(
    ("threads", "expected", "as_asked"),
    [
        ({}, UNKNOWN, True),
        ({"setting": "'all'"}, "asked all", True),
        ({"asked": 2, "used": 1}, "asked 2, has 1", False),
        ({"asked": {}, "used": {"omp": 2}}, "omp: has 2", True),
        (
            {"asked": {"blas": 2, "jax": 2, "numba": 2}, "used": {"numba": 2, "blas": 2, "jax": None}},
            "numba, blas: asked 2, has 2; not seen: jax",
            True,
        ),
        (
            {"asked": {"blas": 1, "numba": 2}, "used": {"numba": 1, "blas": 1}},
            "numba: asked 2, has 1; blas: asked 1, has 1",
            False,
        ),
    ],
)
def test_threads_are_told_as_asked_and_had(threads: dict[str, object], expected: str, as_asked: bool) -> None:
    row = fact_rows([seen({"threads": threads})])[0]
    assert row.cells[COLUMNS.index("threads")] == expected
    assert ("threads" in row.marked) is not as_asked


@pytest.mark.parametrize(("load", "marked"), [(None, False), (0.25, False), (0.26, True)])
def test_a_row_is_marked_where_others_were_busy(load: float | None, marked: bool) -> None:
    assert fact_rows([seen({"sampling": {"foreign_load": load}})])[0].disturbed is marked


def test_nothing_imported_or_compiled_is_told_from_unknown() -> None:
    call = {"seconds": 0.1, "import_seconds": None, "compile_seconds": None, "compiles": 0, "run_seconds": 0.1}
    facts = {"first_call": call, "versions": {"numba": None}}
    cells = dict(zip(COLUMNS, fact_rows([seen(facts)])[0].cells, strict=True))
    assert (cells["import"], cells["compile"], cells["threading layer"]) == ("before", "nothing", "no Numba")


def test_a_row_repeats_no_parameter_that_is_the_same_in_all() -> None:
    observation = Observation(key(n="5", variant="'default'"), "a" * 40, Status.OK, {}, "0.1.0", 1)
    assert fact_rows([observation], {"variant"})[0].parameters == "n=5"


def test_two_versions_of_one_library_are_both_shown() -> None:
    both = [seen({"versions": {"numba": version}}) for version in ("0.61.2", "0.62.0")]
    assert versions(both) == "numba 0.61.2, numba 0.62.0"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["asked", "seconds", "x"]), inner),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(["versions", "threads", "first_call", "sampling", "memory", "result"]), json_values)
)
def test_facts_of_any_shape_make_a_row(facts: dict[str, object]) -> None:
    assert len(fact_rows([seen(facts)])[0].cells) == len(COLUMNS)
    versions([seen(facts)])


def test_environments_are_called_by_what_tells_them_apart() -> None:
    known = {
        "a": Environment("a", "3.11", (("numba", "0.61.2"), ("numpy", "2.2"))),
        "b": Environment("b", "3.11", (("numba", ""), ("numpy", "2.2"))),
    }
    assert environment_labels(known, {"a", "b"}) == {"a": "numba 0.61.2", "b": "numba (newest)"}
    assert environment_labels(known, {"a"}) == {"a": "Python 3.11"}
    assert environment_labels({}, {"gone"}) == {"gone": "gone"}
    twins = {name: Environment(name, "3.11") for name in ("a", "b")}
    assert environment_labels(twins, {"a", "b"}) == {"a": "a", "b": "b"}
