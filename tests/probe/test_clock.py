"""The clock, on a clock that the test turns by hand: no test here waits, and none depends on the machine."""

import gc

import pytest
from asv_bench_stallhorn.clock import Plan, first_call, steady
from hypothesis import given
from hypothesis import strategies as st


class Hand:
    """A clock that stands still until something costs time."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Work:
    """A call with a cost for its first time and one for every other; `wait` costs too, and counts."""

    def __init__(self, clock, cost, first=None, waiting=0.0):
        self.clock, self.cost, self.first, self.waiting = clock, cost, cost if first is None else first, waiting
        self.calls = self.waits = 0

    def __call__(self):
        self.clock.now += self.first if self.calls == 0 else self.cost
        self.calls += 1
        return f"result {self.calls}"

    def wait(self, result):
        assert result == f"result {self.calls}"
        self.clock.now += self.waiting
        self.waits += 1


@pytest.fixture
def clock():
    return Hand()


def test_the_first_call_is_timed_until_its_result_is_there(clock):
    work = Work(clock, cost=1.0, first=5.0, waiting=2.0)
    first = first_call(work, work.wait, clock)
    assert first.seconds == 7.0
    assert first.result == "result 1"
    assert (work.calls, work.waits) == (1, 1)


def test_compilation_in_the_first_call_reaches_neither_calibration_nor_samples(clock):
    work = Work(clock, cost=1e-3, first=30.0)
    first_call(work, work.wait, clock)
    timing = steady(work, None, Plan(), clock)
    assert timing.samples == pytest.approx([1e-3] * 5)
    assert timing.number == 10


@given(cost=st.floats(2e-6, 20.0))
def test_a_sample_makes_as_many_calls_as_fill_its_time(cost):
    clock = Hand()
    timing = steady(Work(clock, cost), None, Plan(sample_time=0.01, warmup_time=0.02), clock)
    assert timing.number == pytest.approx(max(1, 0.01 / cost), abs=0.51, rel=1e-6)
    assert timing.samples == pytest.approx([cost] * len(timing.samples), rel=1e-6)


def test_calls_before_the_first_sample_fill_the_warm_up(clock):
    begun, work = clock.now, Work(clock, cost=1e-3)
    marks = []
    steady(lambda: (work(), marks.append(clock.now)), None, Plan(samples=1, sample_time=0.01, warmup_time=0.5), clock)
    sample = 10
    assert marks[-sample - 1] - begun >= 0.5


def test_one_long_call_is_warm_up_enough(clock):
    work = Work(clock, cost=0.05)
    timing = steady(work, None, Plan(samples=3, sample_time=0.01, warmup_time=1.0), clock)
    assert timing.number == 1
    assert work.calls == 1 + 3


def test_as_many_samples_as_planned_within_the_budget(clock):
    assert len(steady(Work(clock, 1e-3), None, Plan(samples=7, budget=10.0), clock).samples) == 7


@pytest.mark.parametrize("least", [1, 2, 4])
def test_the_budget_stops_it_once_the_least_samples_are_taken(clock, least):
    timing = steady(Work(clock, cost=2.0), None, Plan(samples=5, budget=1.0, least=least), clock)
    assert len(timing.samples) == least


def test_every_call_is_waited_for_and_the_wait_is_in_the_sample(clock):
    work = Work(clock, cost=1e-4, waiting=0.04)
    timing = steady(work, work.wait, Plan(), clock)
    assert work.waits == work.calls
    assert timing.samples == pytest.approx([0.0401] * 5)
    assert timing.number == 1


def test_a_call_that_costs_nothing_on_a_coarse_clock_still_gets_its_number(clock):
    calls = []

    def coarse():  # ticks of a millisecond, and a call of a microsecond
        return (len(calls) // 1000) * 1e-3

    timing = steady(lambda: calls.append(1), None, Plan(samples=1), coarse)
    assert timing.number == pytest.approx(10_000, rel=0.2)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_off_while_sampling_and_restored(clock, enabled):
    seen, work = set(), Work(clock, 1e-3)
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        steady(lambda: (work(), seen.add(gc.isenabled())), None, Plan(), clock)
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()
    assert seen == {False}


def test_the_garbage_collector_is_restored_after_an_error(clock):
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        steady(lambda: 1 / 0, None, Plan(), clock)
    assert gc.isenabled()
