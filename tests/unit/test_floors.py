"""The least time of a call: the slower of moving its bytes and doing its arithmetic, at its number of threads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from builders import key, point, project, series
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.diagnose import diagnose, only_machine
from stallhorn.floors import floor, roof_for
from stallhorn.model import Benchmark, Cache, Floor, History, Parameters, Roof, Roofs

# Round figures: 1 GB/s from memory, 10 from a cache of 1 MB, 1 Gflop/s, 1 ns for a cosine.
ONE = Roof(1, 1e9, (Cache(1, 10**6, 1e10),), 1e9, {"cos": 1e-9, "log": 2e-9})
ALL = replace(ONE, threads=4, memory=2e9, flops=4e9, seconds={"cos": 0.25e-9, "log": 0.5e-9})
ROOFS = Roofs({1: ONE, 4: ALL}, cores=4)

counts = st.dictionaries(
    st.sampled_from(["flops", "bytes", "cos", "log"]), st.floats(0, 1e300, allow_nan=False), max_size=4
)


@pytest.mark.parametrize(
    ("work", "seconds", "bound"),
    [
        ({"bytes": 101e6}, 1e-4 + 0.1, "memory"),
        ({"bytes": 1e6}, 1e-4, "cache"),
        ({"flops": 1e9}, 1.0, "flops"),
        ({"flops": 1e9, "cos": 2e9}, 3.0, "cos"),
        ({"flops": 3e9, "cos": 2e9, "log": 1e9}, 7.0, "flops"),
        ({"flops": 1e8, "bytes": 1.001e9}, 1e-4 + 1.0, "memory"),
        ({"flops": 1e9, "bytes": 1e6, "log": 0}, 1.0, "flops"),
    ],
)
def test_the_slower_of_memory_and_arithmetic_is_the_floor(work: dict[str, float], seconds: float, bound: str) -> None:
    found = floor(work, ONE)
    assert found is not None
    assert (found.seconds, found.bound, found.threads) == (pytest.approx(seconds), bound, 1)


def test_bytes_that_fit_into_a_cache_cost_what_it_takes_and_the_rest_what_the_next_takes() -> None:
    levels = replace(ONE, caches=(Cache(1, 1000, 4e9), Cache(2, 3000, 2e9)))
    times = [floor({"bytes": size}, levels) for size in (500, 1000, 2000, 3000, 13_000)]
    assert [time.seconds for time in times if time] == pytest.approx([125e-9, 250e-9, 750e-9, 1250e-9, 11250e-9])


def test_without_caches_everything_comes_from_memory() -> None:
    assert floor({"bytes": 1e6}, replace(ONE, caches=())) == Floor(1e-3, "memory", 1)


@pytest.mark.parametrize("work", [{}, {"flops": 0}, {"sqrt": 5.0}, {"flops": 1e9, "sqrt": 1.0}])
def test_there_is_no_floor_of_nothing_or_of_what_no_roof_was_measured_for(work: dict[str, float]) -> None:
    assert floor(work, ONE) is None


def test_a_count_of_zero_needs_no_roof() -> None:
    assert floor({"flops": 1e9, "sqrt": 0}, ONE) == Floor(1.0, "flops", 1)


@given(counts, counts)
def test_more_work_never_has_a_lower_floor(one: dict[str, float], more: dict[str, float]) -> None:
    both = {name: one.get(name, 0.0) + more.get(name, 0.0) for name in {*one, *more}}
    lower, higher = floor(one, ONE), floor(both, ONE)
    if lower is not None and higher is not None:
        assert higher.seconds >= lower.seconds * (1 - 1e-12)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("1", ONE),
        ("4", ALL),
        ("'all'", ALL),
        ("2", None),
        ("16", ALL),  # more threads than cores do no more than the cores
        ("'numba=4 blas=1'", ALL),
        ("'numba=1 layer=omp wait=passive'", ONE),
        ("'numba=2 blas=1'", None),
        ("'layer=omp'", None),
        ("'many'", None),
        ("'0'", None),
        (f"'{'9' * 6000}'", None),
    ],
)
def test_the_roof_is_that_of_the_largest_pool_and_in_between_there_is_none(setting: str, expected: Roof | None) -> None:
    assert roof_for(Parameters((("threads", setting),)), ROOFS) == expected


def test_without_a_thread_setting_the_number_of_threads_is_not_known() -> None:
    assert roof_for(Parameters((("n", "5"),)), ROOFS) is None


def test_without_the_line_for_all_cores_all_has_no_roof() -> None:
    assert roof_for(Parameters((("threads", "'all'"),)), Roofs({1: ONE}, cores=4)) is None


def test_a_share_is_the_floor_over_the_time_and_more_than_one_is_not_believed() -> None:
    found = Floor(1.0, "memory", 1)
    assert (found.share(1.25), found.is_above(1.25)) == (0.8, False)
    assert not found.is_above(0.96)
    assert found.is_above(0.95)


# --- floors of series

SUITE = Benchmark(
    name="suite.Case.time_it",
    kind="time",
    unit="seconds",
    version="1",
    param_names=("n", "threads"),
    params=(("1", "2"), ("1", "2", "'all'")),
    work=({"flops": 1e9}, {"flops": 1e9}, {"flops": 1e9}, {"flops": 2e9}, None, {"flops": 2e9}),
    specimens=(None, None, "too-little-work", None, None, None),
)


def history(*parameters: tuple[str, str], unit: str = "seconds", **changes: object) -> History:
    found = tuple(
        series(point(0, 1.0, of=key(n=n, threads=threads)), unit=unit) for n, threads in parameters or [("2", "1")]
    )
    made = History(project(Path("/nowhere")), (), {SUITE.name: SUITE}, {}, {}, found, roofs={"box": ROOFS})
    return replace(made, revisions=(), **changes)


def floors_of(made: History) -> list[float]:
    from stallhorn.floors import floors

    return [each.seconds for each in floors(made).values()]


def test_every_combination_has_the_floor_of_its_own_work() -> None:
    assert floors_of(history(("1", "1"), ("1", "'all'"), ("2", "1"), ("2", "'all'"))) == [1.0, 0.25, 2.0, 0.5]


@pytest.mark.parametrize("parameters", [("1", "2"), ("2", "2"), ("3", "1")])
def test_no_floor_in_between_without_work_and_for_combinations_that_the_suite_no_longer_has(
    parameters: tuple[str, str],
) -> None:
    assert floors_of(history(parameters)) == []


def test_no_floor_without_roofs_of_the_machine_without_work_and_for_other_units() -> None:
    assert floors_of(history(roofs={})) == []
    assert floors_of(history(roofs={"tower": ROOFS})) == []
    assert floors_of(history(benchmarks={})) == []
    assert floors_of(history(benchmarks={SUITE.name: replace(SUITE, work=())})) == []
    assert floors_of(history(unit="bytes")) == []


def test_specimens_are_told_by_combination() -> None:
    assert SUITE.specimen_of(Parameters((("n", "1"), ("threads", "'all'")))) == "too-little-work"
    assert SUITE.specimen_of(Parameters((("n", "2"), ("threads", "'all'")))) is None
    assert SUITE.specimen_of(Parameters((("n", "gone"), ("threads", "1")))) is None
    assert SUITE.specimen_of(Parameters()) is None
    assert replace(SUITE, params=(), specimens=("race",)).specimen_of(Parameters()) == "race"


def test_a_report_has_them_and_a_machine_keeps_its_own_roofs() -> None:
    made = history()
    assert [each.seconds for each in diagnose(replace(made, series=())).floors.values()] == []
    assert only_machine(made, "box").roofs == {"box": ROOFS}
    assert only_machine(made, "tower").roofs == {}
