"""Counted facts of the records become series of their own, where all processes agree."""

from __future__ import annotations

from typing import Any

import pytest
from builders import commit, key
from records import history, old, seen

from stallhorn.cases import observed
from stallhorn.changes.levels import detect
from stallhorn.counted import BLOCK, facts_of
from stallhorn.model import Direction, History, Series


def facts(of: History) -> dict[str, Series]:
    return {each.key.fact: each for each in facts_of(of.series, observed(of.observations))}


def values(fact: str, *each: dict[str, Any]) -> list[float | None]:
    """The values of a fact whose commits saw this."""
    made = facts(history([1.0] * len(each), *(seen(place, **told) for place, told in enumerate(each))))
    return [point.value for point in made[fact].points] if fact in made else []


def test_each_fact_is_a_series_with_its_own_key_and_an_exact_unit():
    made = facts(history([1.0], seen(0, calls__regions=3, calls__compiles=1, calls__dispatches=2)))
    assert set(made) == {"parallel regions", "compilations", "JAX computations"}
    regions = made["parallel regions"]
    assert (regions.key.benchmark, regions.key.fact) == (key().benchmark, "parallel regions")
    assert regions.key != key() and str(regions.key) == "suite.Case.time_it # parallel regions @ env"
    assert all(each.is_counted for each in made.values())


def test_one_more_compilation_is_a_change_at_the_first_commit_that_has_it():
    told = (seen(0, calls__compiles=1), seen(1, calls__compiles=2))
    (change,) = detect(facts(history([1.0, 1.0], *told))["compilations"])
    assert (change.last, change.first, change.direction) == (commit(0), commit(1), Direction.SLOWER)


def test_zero_is_a_value_like_any_other():
    told = (seen(0, calls__compiles=0), seen(1, calls__compiles=3), seen(2, calls__compiles=0))
    up, down = detect(facts(history([1.0] * 3, *told))["compilations"])
    assert (up.before.center, up.after.center, up.ratio, up.direction) == (0, 3, None, Direction.SLOWER)
    assert (down.after.center, down.ratio, down.direction) == (0, 0.0, Direction.FASTER)


def test_what_is_zero_throughout_has_no_series():
    assert facts(history([1.0, 1.0], seen(0, calls__regions=0), seen(1, calls__regions=0))) == {}


def test_records_without_the_extra_call_have_no_facts():
    assert facts(history([1.0, 1.0], old(0), old(1))) == {}
    made = facts(history([1.0, 1.0], old(0), seen(1, calls__regions=2)))
    assert [point.commit for point in made["parallel regions"].points] == [commit(1)]


def test_where_processes_disagree_it_is_no_fact_of_the_code():
    both = (seen(0, calls__regions=2), seen(1, calls__regions=2), seen(1, 1, calls__regions=3))
    made = facts(history([1.0, 1.0], *both))
    assert [point.commit for point in made["parallel regions"].points] == [commit(0)]


def test_memory_that_nearly_agrees_is_the_same_and_does_not_drift_unseen():
    told = [{"calls__temporary_bytes": step * BLOCK} for step in (10, 11, 10, 11, 12, 40)]
    assert values("temporary memory", *told) == [10 * BLOCK] * 4 + [12 * BLOCK, 40 * BLOCK]


def test_memory_of_jax_is_a_plan_and_exact():
    told = [{"calls__jax_temporary_bytes": size} for size in (1000, 1008)]
    assert values("temporary memory of JAX", *told) == [1000, 1008]


def function(name: str, packed: int | None, signatures: int = 1) -> dict[str, Any]:
    return {"name": name, "packed": packed, "signatures": ["(f8)"] * signatures}


def test_fewer_packed_operations_are_worse():
    before = seen(0, code__dispatchers=[function("a", 12), function("b", 4)])
    (change,) = detect(
        facts(history([1.0, 1.0], before, seen(1, code__dispatchers=[function("a", 12)])))["packed operations"]
    )
    assert (change.before.center, change.after.center, change.direction) == (16, 12, Direction.SLOWER)


def test_packed_operations_are_those_of_one_signature_and_unknown_if_one_function_is():
    assert values("packed operations", {"code__dispatchers": [function("a", 24, 2)]}) == [12]
    assert values("packed operations", {"code__dispatchers": [function("a", 24), function("b", None)]}) == []
    assert values("packed operations", {"code__dispatchers": []}) == []


@pytest.mark.parametrize(
    ("told", "threads"),
    [
        ({"calls__region_threads": 2, "threads__used": {"numba": 4}}, 2),
        ({"calls__region_threads": None, "threads__used": {"numba": 1, "blas": 4, "jax": None}}, 4),
    ],
)
def test_threads_are_those_of_the_regions_else_of_the_largest_pool(told: dict[str, Any], threads: int):
    assert values("threads", told) == [threads]


def test_more_or_fewer_threads_are_neither_better_nor_worse():
    told = (seen(0, threads__used={"numba": 2}), seen(1, threads__used={"numba": 8}))
    (change,) = detect(facts(history([1.0, 1.0], *told))["threads"])
    assert change.direction is Direction.SAME
