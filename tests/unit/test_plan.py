"""What to measure: cells, presets, groups, and the estimate of how long it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.errors import UsageError
from stallhorn.model import Benchmark
from stallhorn.plan import (
    CELL_OVERHEAD,
    PROCESS_OVERHEAD,
    QUICK_CELL,
    ROUNDS,
    UNKNOWN_CALL,
    cells,
    groups,
    label,
    matching,
    preset,
    seconds,
)

THREADS = Benchmark(
    name="rbf.Rbf.measure",
    kind="time",
    unit="seconds",
    version="1-m1",
    param_names=("n", "backend", "threads"),
    params=(("50", "2000"), ("'numpy'", "'numba'"), ("1", "2")),
    timeout=120.0,
    expected_seconds=(0.001,) * 4 + (3.0,) * 4,
    expected_bytes=(1000,) * 4 + (10**9,) * 4,
    group_by=("backend", "threads"),
)
OTHER = Benchmark(
    name="quadratic.Quadratic.measure",
    kind="time",
    unit="seconds",
    version="1-m1",
    param_names=("n", "backend", "threads"),
    params=(("10",), ("'numpy'",), ("1",)),
    group_by=("backend", "threads"),
)
BARE = Benchmark(name="rbf.time_import", kind="time", unit="seconds", version="abc")


def suite(*benchmarks, probed=(THREADS.name, OTHER.name), rounds=None):
    return cells({one.name: one for one in benchmarks}, frozenset(probed), rounds or {})


# --- cells


def test_a_suite_without_benchmarks_has_no_cells():
    assert suite() == ()


def test_a_benchmark_without_parameters_is_one_cell():
    (cell,) = suite(BARE)
    assert (cell.benchmark, cell.index, cell.parameters.values) == (BARE.name, 0, ())
    assert str(cell) == BARE.name
    assert cell.rounds == ROUNDS


def test_cells_are_numbered_in_asvs_order_with_their_expectations():
    found = suite(THREADS)
    assert [cell.index for cell in found] == list(range(8))
    assert found[1].parameters.values == (("n", "50"), ("backend", "'numpy'"), ("threads", "2"))
    assert (found[4].seconds, found[4].memory) == (3.0, 10**9)
    assert str(found[1]) == "rbf.Rbf.measure [n=50, backend=numpy, threads=2]"


def test_expectations_that_are_too_few_are_unknown_and_not_an_error():
    found = suite(Benchmark(**{**_fields(THREADS), "expected_seconds": (0.5,), "expected_bytes": ()}))
    assert [cell.seconds for cell in found] == [0.5] + [None] * 7
    assert {cell.memory for cell in found} == {None}


def test_a_benchmark_says_how_many_rounds_it_wants():
    assert {cell.rounds for cell in suite(THREADS, rounds={THREADS.name: 5})} == {5}


@given(sizes=st.lists(st.integers(0, 4), max_size=4))
def test_there_are_as_many_cells_as_combinations(sizes):
    names = tuple(f"p{i}" for i in range(len(sizes)))
    params = tuple(tuple(map(str, range(size))) for size in sizes)
    found = suite(Benchmark("a.time_b", "time", "seconds", "1", names, params))
    expected = 1
    for size in sizes:
        expected *= size
    assert len({cell.parameters for cell in found}) == len(found) == expected


# --- groups


def test_no_cells_make_no_groups():
    assert groups(()) == ()


def test_cells_of_the_probe_share_a_process_by_what_they_group_by_across_benchmarks():
    found = groups(suite(THREADS, OTHER))
    assert [len(group) for group in found] == [3, 2, 2, 2]
    assert {cell.benchmark for cell in found[0]} == {THREADS.name, OTHER.name}
    assert all(len({cell.group for cell in group}) == 1 for group in found)


def test_any_other_benchmark_has_each_process_to_itself():
    assert [len(group) for group in groups(suite(THREADS, BARE, probed=()))] == [1] * 9


def test_cells_that_group_by_nothing_share_one_process_for_each_thread_setting():
    ungrouped = Benchmark(**{**_fields(THREADS), "group_by": ()})
    assert [{cell.parameters.get("threads") for cell in group} for group in groups(suite(ungrouped))] == [{"1"}, {"2"}]
    no_threads = Benchmark("a.B.measure", "time", "seconds", "1", ("n",), (("1", "2", "3"),))
    assert [len(group) for group in groups(suite(no_threads, probed=("a.B.measure",)))] == [3]


def test_groups_keep_every_cell_and_their_order():
    found = suite(THREADS, OTHER, BARE)
    grouped = groups(found)
    assert sorted(cell for group in grouped for cell in map(str, group)) == sorted(map(str, found))
    assert [group[0] for group in grouped] == sorted((group[0] for group in grouped), key=found.index)


def test_a_group_is_named_by_what_its_cells_have_in_common():
    first = groups(suite(THREADS, OTHER))[0]
    assert label(first) == "backend numpy, threads 1"
    (alone,) = groups(suite(BARE))
    assert label(alone) == BARE.name
    no_parameters = Benchmark("a.B.measure", "time", "seconds", "1")
    assert label(groups(suite(no_parameters, probed=("a.B.measure",)))[0]) == "a.B.measure"


# --- presets


def test_the_full_preset_takes_everything():
    assert preset(suite(THREADS, BARE), "full") == suite(THREADS, BARE)


def test_the_quick_preset_selects_cells_by_their_time():
    quick = preset(suite(THREADS, BARE), "quick")
    assert [cell.index for cell in quick if cell.benchmark == THREADS.name] == [0, 1, 2, 3]
    assert all(cell.expected < QUICK_CELL for cell in quick)


def test_a_preset_never_changes_a_cell():
    # asv drops the history of parameters that a suite no longer lists: indexes stay those of the whole suite.
    whole = suite(OTHER, THREADS)
    assert set(preset(whole, "quick")) <= set(whole)
    slow_first = Benchmark(**{**_fields(THREADS), "expected_seconds": (3.0,) * 4 + (0.001,) * 4})
    assert [cell.index for cell in preset(suite(slow_first), "quick")] == [4, 5, 6, 7]


def test_the_suite_may_keep_cells_out_of_the_quick_preset():
    half = suite(Benchmark(**{**_fields(THREADS), "quick": (True, False) * 4}))
    assert [cell.index for cell in preset(half, "quick")] == [0, 2]
    assert preset(half, "full") == half


@given(st.lists(st.floats(0, 1000), max_size=8))
def test_quick_is_the_part_of_full_that_stays_below_the_limit(times):
    params = (tuple(map(str, range(len(times)))),)
    found = suite(Benchmark("a.time_b", "time", "s", "1", ("n",), params, expected_seconds=tuple(times)))
    assert preset(found, "quick") == tuple(cell for cell in preset(found, "full") if cell.expected < QUICK_CELL)


# --- matching


@pytest.mark.parametrize(
    ("regex", "count"),
    [
        (None, 9),
        ("", 9),
        ("rbf", 9),
        ("^rbf.Rbf.measure", 8),
        (r"Rbf\.measure\(50", 4),
        (r"\(2000, 'numba', 2\)$", 1),
        ("time_import$", 1),
        ("numba", 4),
    ],
)
def test_a_regex_is_searched_in_the_name_and_its_values_as_asv_does(regex, count):
    assert len(matching(suite(THREADS, BARE), regex)) == count


@pytest.mark.parametrize(
    "regex", ["rbf", "^rbf.Rbf.measure", r"measure$", r"measure\(50", r"\(2000, 'numba', 2\)$", "t$"]
)
def test_the_selection_is_asvs_own(regex):
    from asv.benchmarks import Benchmarks
    from asv.config import Config

    raw = [{"name": one.name, "params": [list(values) for values in one.params]} for one in (THREADS, BARE)]
    theirs = Benchmarks(Config(), raw, regex)
    expected = {
        (name, index) for name in theirs for index in (theirs.benchmark_selection[name] if name != BARE.name else [0])
    }
    try:
        ours = {(cell.benchmark, cell.index) for cell in matching(suite(THREADS, BARE), regex)}
    except UsageError:
        ours = set()
    assert ours == expected


def test_an_unknown_benchmark_is_answered_with_those_that_are_close():
    with pytest.raises(UsageError) as caught:
        matching(suite(THREADS, OTHER, BARE), "rbf.Rbf.mesure")
    assert caught.value.what == "No benchmark matches --bench 'rbf.Rbf.mesure'."
    assert caught.value.remedy.startswith("There are 3, for example: rbf.Rbf.measure")


def test_an_unknown_benchmark_of_an_empty_suite_is_answered_with_that():
    with pytest.raises(UsageError) as caught:
        matching((), "anything")
    assert caught.value.remedy == "The suite has no benchmarks."


@pytest.mark.parametrize("regex", ["(", "[", "*"])
def test_what_is_not_a_regular_expression_is_said(regex):
    with pytest.raises(UsageError) as caught:
        matching(suite(THREADS), regex)
    assert "is not a regular expression" in caught.value.what


# --- estimates


def test_nothing_takes_no_time():
    assert seconds(()) == 0


def test_a_round_takes_its_processes_and_its_cells():
    found = suite(THREADS)
    assert seconds(found) == pytest.approx(4 * PROCESS_OVERHEAD + sum(cell.expected for cell in found))


def test_a_cell_takes_its_calls_and_an_unknown_one_a_guess():
    fast, slow = suite(THREADS)[0], suite(THREADS)[7]
    assert fast.expected == pytest.approx(CELL_OVERHEAD + 0.002 + 5 * 0.01)
    assert slow.expected == pytest.approx(CELL_OVERHEAD + 4 * 3.0)  # the budget leaves the least samples
    (unknown,) = suite(BARE)
    assert unknown.expected == pytest.approx(CELL_OVERHEAD + 7 * UNKNOWN_CALL)


def _fields(benchmark):
    return {name: getattr(benchmark, name) for name in benchmark.__dataclass_fields__}
