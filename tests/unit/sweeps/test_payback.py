"""After how many calls compiling pays, and which first calls the probe's records hold."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallhorn.model import Observation, Parameters, SeriesKey, Status
from stallhorn.sweeps.crossover import Estimate
from stallhorn.sweeps.payback import Cache, Costs, Outcome, firsts, payback, total

KEY = SeriesKey("a.B.measure", Parameters(), "py", "m")


def seen(seconds=None, compile_seconds=None, compiles=0, in_setup=0, hits=0, misses=0, **more):
    call = {
        "seconds": seconds,
        "compile_seconds": compile_seconds,
        "run_seconds": None if seconds is None else seconds - (compile_seconds or 0.0),
        "compiles": compiles,
        "compiles_in_setup": in_setup,
    }
    code = {"dispatchers": [{"cache": True, "cache_hits": hits, "cache_misses": misses}]}
    return Observation(KEY, "c", Status.OK, {"first_call": call, "code": code, **more}, "0", 1)


def costs(first, steady, spread=0.0):
    wide = [Estimate(each, each * (1 - spread), each * (1 + spread)) for each in (first, steady)]
    return Costs(*wide)


# --- what the records hold


def test_nothing_observed_gives_no_first_calls():
    assert firsts({}, "numba") == {}


@pytest.mark.parametrize("facts", [{}, {"first_call": None}, {"first_call": "x"}, {"first_call": {"seconds": "1"}}])
def test_a_record_without_first_call_is_unknown_and_says_how_to_have_one(facts):
    (found,) = firsts({10.0: [Observation(KEY, "c", Status.OK, facts, "0", 1)]}, "numba").values()
    assert found.by_cache == {} and "stallhorn run" in found.reason
    assert found.at_start is None and found.with_cache is None


def test_a_backend_that_compiles_nothing_has_one_first_call_for_cold_and_warm():
    (found,) = firsts({10.0: [seen(0.01), seen(0.03)]}, "numpy").values()
    assert found.at_start is found.with_cache
    assert found.at_start.time == Estimate(0.02, 0.01, 0.03) and found.at_start.recorded == 2


def test_one_recording_has_no_interval():
    (found,) = firsts({10.0: [seen(0.01)]}, "numpy").values()
    assert found.at_start.time == Estimate(0.01)


def test_a_call_that_compiled_is_cold_and_none_is_warm():
    (found,) = firsts({10.0: [seen(2.0, 1.9, compiles=3)]}, "jax").values()
    assert list(found.by_cache) == [Cache.COLD] and found.at_start.time.value == 2.0
    assert found.with_cache is None


def test_functions_that_came_out_of_numbas_files_are_warm():
    group = [seen(2.0, 1.9, compiles=3, misses=3), seen(0.1, 0.09, compiles=3, hits=3)]
    (found,) = firsts({10.0: group}, "numba").values()
    assert (found.at_start.time.value, found.with_cache.time.value) == (2.0, 0.1)


def test_sizes_after_the_first_of_a_process_borrow_what_that_one_compiled():
    found = firsts({10.0: [seen(2.0, 1.9, compiles=3)], 100.0: [seen(0.5)]}, "numba")
    assert found[10.0].at_start.lent_by is None
    lent = found[100.0].at_start
    assert lent.lent_by == 10.0 and lent.time.value == pytest.approx(1.9 + 0.5)


def test_a_backend_that_compiles_but_was_never_seen_doing_so_is_unknown():
    (found,) = firsts({10.0: [seen(0.01)]}, "numba").values()
    assert found.by_cache == {} and "earlier in the same process" in found.reason


def test_compiling_in_setup_is_not_in_the_first_call():
    (found,) = firsts({10.0: [seen(0.01, in_setup=2)]}, "numba").values()
    assert found.by_cache == {} and "setup" in found.reason


# --- the break-even


def test_the_planted_break_even():
    """1 s of compiling against 1 ms less per call: 1,000 calls after the first."""
    found = payback(costs(1.001, 0.001), costs(0.002, 0.002))
    assert found.outcome is Outcome.PAYS
    assert found.calls == pytest.approx(1 + 0.999 / 0.001)
    assert found.low == found.high == pytest.approx(found.calls)
    assert found.seconds == pytest.approx(0.002 * found.calls)


def test_the_interval_is_between_the_extremes_of_the_four_times():
    found = payback(costs(1.0, 0.001, 0.1), costs(0.01, 0.01, 0.1))
    assert found.low == pytest.approx(1 + (0.9 - 0.011) / (0.011 - 0.0009))
    assert found.high == pytest.approx(1 + (1.1 - 0.009) / (0.009 - 0.0011))


def test_faster_with_an_equal_first_call_pays_at_once():
    assert payback(costs(0.01, 0.001), costs(0.01, 0.01)).outcome is Outcome.AT_ONCE
    assert payback(costs(0.009, 0.001), costs(0.01, 0.01)).outcome is Outcome.AT_ONCE
    assert payback(costs(0.0105, 0.001, 0.1), costs(0.01, 0.01, 0.1)).outcome is Outcome.AT_ONCE


def test_slower_and_compiling_never_pays():
    assert payback(costs(1.0, 0.02), costs(0.01, 0.01)).outcome is Outcome.NEVER


def test_slower_with_the_shorter_first_call_leads_only_until():
    found = payback(costs(0.01, 0.01), costs(1.0, 0.001))
    turned = payback(costs(1.0, 0.001), costs(0.01, 0.01))
    assert found.outcome is Outcome.UNTIL and found.calls == turned.calls > 1


def test_calls_that_cannot_be_told_apart_are_alike():
    assert payback(costs(1.0, 0.01, 0.1), costs(0.01, 0.0105, 0.1)).outcome is Outcome.ALIKE


def test_an_unknown_first_call_is_unknown_with_its_reason():
    unknown = Costs(None, Estimate(0.001), "not recorded")
    for pair in ((unknown, costs(1, 1)), (costs(1, 1), unknown)):
        found = payback(*pair)
        assert (found.outcome, found.reason) == (Outcome.UNKNOWN, "not recorded")


positive = st.floats(1e-9, 1e3)


@given(positive, positive, positive, positive, st.floats(0, 0.4))
def test_at_the_break_even_both_have_taken_the_same(first_one, steady_one, first_other, steady_other, spread):
    one, other = costs(first_one, steady_one, spread), costs(first_other, steady_other, spread)
    found = payback(one, other)
    if found.outcome is Outcome.PAYS:
        assert found.calls >= 1
        assert found.low <= found.calls * (1 + 1e-9)
        assert found.high is None or found.calls <= found.high * (1 + 1e-9)
        sums = [total(each, found.calls).value for each in (one, other)]
        assert math.isclose(*sums, rel_tol=1e-6)
        assert math.isclose(found.seconds, sums[0], rel_tol=1e-6)
        assert total(one, 2 * found.calls + 1).value < total(other, 2 * found.calls + 1).value
    if found.outcome is Outcome.NEVER:
        assert total(one, 1e6).value >= total(other, 1e6).value


def test_the_total_begins_with_the_first_call():
    made = costs(1.0, 0.1, 0.1)
    assert total(made, 1).value == total(made, 0).value == 1.0
    assert total(made, 11) == Estimate(*(pytest.approx(each) for each in (2.0, 1.8, 2.2)))
    assert total(Costs(None, Estimate(1.0)), 5) is None
    assert not total(Costs(Estimate(1.0), Estimate(0.1)), 5).is_bounded
