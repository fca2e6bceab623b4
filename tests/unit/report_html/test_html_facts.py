"""Observations as a table: unknown is said, and odd shapes of facts do no harm."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_builder import NOW, demo, key

from stallhorn.model import Environment, Observation, Status
from stallhorn.report.html.facets import facets
from stallhorn.report.html.facts import COLUMNS, UNKNOWN, fact_rows, versions
from stallhorn.report.html.view import arrange
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
    assert (cells["first call"], cells["load by others"], cells["peak memory"]) == ("2.00 s", "0.70 cores", "2.00 MiB")


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


def test_charts_compare_backends_at_one_size() -> None:
    rows = [row for row in arrange(demo(), NOW).rows if row.key.benchmark.startswith("quadratic")]
    found = facets(rows)
    assert {facet.title for facet in found} == {"n = 10000", "n = 1000000"}
    assert all(set(facet.labels) == {"numpy", "numba"} for facet in found)


def test_a_chart_never_has_more_than_six_lines() -> None:
    rows = [row for row in arrange(demo(), NOW).rows if row.key.benchmark == "rbf.Rbf.measure"]
    found = facets(rows)
    assert all(1 <= len(facet.rows) <= 6 for facet in found)
    assert sum(len(facet.rows) for facet in found) == len(rows)
