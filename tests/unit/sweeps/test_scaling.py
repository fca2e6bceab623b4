"""How times depend on threads: speed-up, efficiency, Amdahl's law, and where more threads hurt."""

from __future__ import annotations

from pathlib import Path

import pytest

from stallhorn.model import (
    Benchmark,
    History,
    Measurement,
    Observation,
    Parameters,
    Project,
    Revision,
    Series,
    SeriesKey,
    Status,
)
from stallhorn.sweeps.crossover import Estimate
from stallhorn.sweeps.scaling import Cores, Serial, amdahl, best_serial, judge, sweeps

ROOT = Path("/nowhere")
PROJECT = Project("p", ROOT, None, "", "main", ROOT, ROOT, ROOT, None)
NAME = "rbf.Rbf.measure"


def key(threads, backend="numba", n="100", name=NAME):
    values = (("n", n), ("backend", repr(backend)), ("threads", repr(threads)))
    return SeriesKey(name, Parameters(values), "py", "m")


def one(of, values, spread=0.01):
    """A series with a value at each commit; None = it failed there."""
    points = tuple(
        Measurement(of, commit, Status.FAILED)
        if value is None
        else Measurement(of, commit, Status.OK, value, value * (1 - spread), value * (1 + spread))
        for commit, value in zip("abcdef", values, strict=False)
    )
    return Series(of, "seconds", points)


def suite(settings, backends=("numba",), specimens=(), name=NAME):
    params = (("100", "1000", "10000"), tuple(repr(each) for each in backends), tuple(repr(each) for each in settings))
    return Benchmark(name, "time", "seconds", "1", ("n", "backend", "threads"), params, specimens=specimens)


def history(benchmarks=(), series=()):
    revisions = tuple(Revision(commit, place, None, "", "") for place, commit in enumerate("abcdef"))
    return History(PROJECT, revisions, {each.name: each for each in benchmarks}, {}, {}, tuple(series))


def sweep(times, spread=0.01, observed=None, **more):
    """The one sweep of times by thread setting."""
    series = [one(key(setting, **more), [time], spread) for setting, time in times.items()]
    (found,) = sweeps(history([suite(list(times))], series), observed or {})
    return found


def seen(of, commit="a", **facts):
    return Observation(of, commit, Status.OK, facts, "0.1", 1)


def test_without_series_or_threads_there_is_no_sweep():
    assert sweeps(history(), {}) == ()
    plain = Benchmark("a.B.time_it", "time", "seconds", "1", ("n",), (("1", "2", "3"),))
    assert (
        sweeps(history([plain], [one(SeriesKey("a.B.time_it", Parameters((("n", "1"),)), "py", "m"), [1.0])]), {}) == ()
    )


def test_one_thread_setting_is_no_sweep():
    assert sweeps(history([suite([1])], [one(key(1), [1.0])]), {}) == ()


def test_numbers_are_in_order_and_named_settings_stand_beside_them():
    found = sweep({"numba=2 blas=1": 0.6, 4: 0.3, 1: 1.0, 2: 0.5})
    assert [point.threads for point in found.points] == [1, 2, 4]
    assert [point.setting for point in found.named] == ["numba=2 blas=1"]
    assert (found.backend, found.size, found.rest) == ("numba", "100", ())


def test_the_commit_is_the_newest_with_two_settings():
    series = [one(key(1), [1.0, 1.1, 1.2]), one(key(2), [0.5, 0.6, None]), one(key(4), [0.3])]
    (found,) = sweeps(history([suite([1, 2, 4])], series), {})
    assert found.commit == "b"
    assert [point.time.value for point in found.points] == [1.1, 0.6]


def test_settings_that_were_never_measured_at_one_commit_are_no_sweep():
    series = [one(key(1), [1.0, None]), one(key(2), [None, 0.5])]
    assert sweeps(history([suite([1, 2])], series), {}) == ()


def test_specimens_are_left_out():
    series = [one(key(1), [1.0]), one(key(2), [0.5])]
    assert sweeps(history([suite([1, 2], specimens=("race", "race"))], series), {}) == ()


def test_speedup_and_efficiency_have_worst_case_intervals():
    found = sweep({1: 1.0, 2: 0.5}, spread=0.1)
    one_thread, two = found.speedups()
    assert one_thread == Estimate(1.0, 1.0, 1.0)
    assert (two.value, two.low, two.high) == pytest.approx((2.0, 0.9 / 0.55, 1.1 / 0.45))
    share = found.share(found.points[1], two)
    assert (share.value, share.low) == pytest.approx((1.0, 0.9 / 1.1))


def test_without_one_thread_the_fewest_are_the_base():
    found = sweep({2: 1.0, 8: 0.25})
    assert found.speedups()[-1].value == pytest.approx(4.0)
    assert found.share(found.points[-1], found.speedups()[-1]).value == pytest.approx(1.0)
    assert judge(found).serial is None


def test_amdahl_finds_the_serial_fraction_that_made_the_times():
    made = {n: 0.2 + 0.8 / n for n in (1, 2, 4, 8)}
    serial = amdahl(sweep(made).points)
    assert serial.fraction == pytest.approx(0.2)
    assert serial.low < 0.2 < serial.high
    assert serial.speedup(1e9) == pytest.approx(5.0)


def test_amdahl_stays_between_zero_and_one_and_needs_one_thread_and_another():
    assert amdahl(sweep({1: 1.0, 2: 0.4}, spread=0.0).points) == Serial(0.0, 0.0, 0.0)
    assert amdahl(sweep({1: 1.0, 2: 1.5}, spread=0.0).points).fraction == 1.0
    assert amdahl(sweep({2: 1.0, 4: 0.5}).points) is None
    assert amdahl(()) is None


def test_times_without_intervals_give_values_without_intervals():
    found = sweep({1: 1.0, 2: 0.6}, spread=float("nan"))
    judged = judge(found)
    assert (judged.speedup.low, judged.serial.low) == (None, None)


def test_a_good_sweep_has_no_flags():
    judged = judge(sweep({1: 1.0, 2: 0.52, 4: 0.28}))
    assert (judged.best.threads, judged.enough.threads, judged.falls, judged.flags) == (4, 4, None, ())


def test_a_fall_is_flagged_only_beyond_the_intervals():
    falls = judge(sweep({1: 1.0, 2: 0.5, 4: 0.3, 8: 0.45}))
    assert falls.falls.threads == 8
    assert falls.flags == ("falls after 4: oversubscription?",)
    assert judge(sweep({1: 1.0, 2: 0.5, 4: 0.3, 8: 0.33}, spread=0.1)).falls is None


def test_the_serial_fraction_is_of_the_points_before_the_fall():
    judged = judge(sweep({1: 1.0, 2: 0.5, 4: 0.25, 8: 0.9}))
    assert judged.serial.fraction == pytest.approx(0.0, abs=0.01)


def test_threads_that_only_cost_are_called_so():
    judged = judge(sweep({1: 1.0, 2: 1.3}))
    assert judged.best.threads == 1
    assert judged.flags == ("slower with more than 1: threads cost more than they bring",)


def test_fewer_threads_that_are_as_good_are_named():
    judged = judge(sweep({1: 1.0, 2: 0.500, 4: 0.495}, spread=0.02))
    assert (judged.best.threads, judged.enough.threads) == (4, 2)


def test_flat_is_told_from_too_noisy():
    assert judge(sweep({1: 1.0, 2: 0.99})).flags == ("flat: not parallel",)
    assert judge(sweep({1: 1.0, 2: 0.99}, spread=0.3)).flags == ("too noisy to say whether threads help",)


def test_more_than_ideal_is_doubted():
    (flag,) = judge(sweep({1: 1.0, 2: 0.3})).flags
    assert flag.startswith("more than ideal at 2: caches")


def test_what_the_probe_saw_of_threads_and_cores():
    times = {1: 1.0, 4: 0.5}
    observed = {
        key(1): [seen(key(1), sampling={"cpu_seconds": 1.0, "wall_seconds": 1.0})],
        key(4): [
            seen(
                key(4),
                threads={"asked": {"blas": 4, "numba": 4}, "used": {"blas": 1, "numba": 2, "jax": None}},
                sampling={"cpu_seconds": 3.0, "wall_seconds": 2.0},
                host={"cores": 8, "affinity": 4, "quota": 1.5, "physical_cores": 4},
            ),
            seen(key(4), sampling={"cpu_seconds": 5.0, "wall_seconds": 2.0}),
            seen(key(4), commit="b", sampling={"cpu_seconds": 900.0, "wall_seconds": 1.0}),
        ],
    }
    found = sweep(times, observed=observed)
    assert [point.use.cores for point in found.points] == [1.0, 2.0]
    use = found.points[1].use
    assert (use.pool, use.asked, use.has, use.differs) == ("numba", 4, 2, True)
    assert not found.points[0].use.differs
    assert found.cores == Cores(4, 8, 4, 1.5)
    assert "numba: asked 4, has 2" in judge(found).flags


def test_facts_of_another_shape_are_not_believed():
    observed = {key(2): [seen(key(2), threads={"asked": 2, "used": "two"}, sampling=3, host=None)]}
    found = sweep({1: 1.0, 2: 0.5}, observed=observed)
    assert found.points[1].use.cores is None
    assert found.cores == Cores()


def test_cores_that_are_busy_for_nothing_are_flagged():
    observed = {key(2): [seen(key(2), sampling={"cpu_seconds": 2.0, "wall_seconds": 1.0})]}
    flags = judge(sweep({1: 1.0, 2: 1.0}, observed=observed)).flags
    assert flags == ("flat: not parallel", "2.0 cores busy for 1.00x: threads that wait keep their cores busy")


def test_copies_are_a_throughput():
    found = sweep({1: 1.0, "copies=2": 1.0, "copies=4 numba=1": 2.0, "copies=2 numba=2": 1.0})
    assert [(point.copies, point.rate.value) for point in found.copies()] == [(1, 1.0), (2, 2.0), (4, 2.0)]
    two = found.copies()[1].rate
    assert (two.low, two.high) == pytest.approx((2 / 1.01, 2 / 0.99))


def test_only_named_settings_are_a_sweep_without_a_judgement():
    found = sweep({"numba=2": 1.0, "numba=4": 0.5})
    assert (found.points, found.base, found.speedups(), judge(found)) == ((), None, (), None)
    assert found.copies() == ()


def test_the_best_serial_time_is_of_any_backend():
    backends = ("numpy", "numba")
    times = {("numpy", 1): 0.4, ("numpy", 2): 0.4, ("numba", 1): 1.0, ("numba", 2): 0.5}
    series = [one(key(threads, backend), [time]) for (backend, threads), time in times.items()]
    found = sweeps(history([suite([1, 2], backends)], series), {})
    (rival, time) = best_serial(found)[found[1].problem]
    assert (rival.backend, time.value) == ("numpy", 0.4)
    numba = next(each for each in found if each.backend == "numba")
    assert [each.value for each in numba.speedups(time)] == pytest.approx([0.4, 0.8])
    assert best_serial([]) == {}


def test_members_of_a_family_share_their_roles():
    small = Benchmark(
        "rbf.RbfJax.measure", "time", "seconds", "1", ("n", "backend", "threads"), (("100",), ("'jax'",), ("1", "2"))
    )
    series = [one(key(threads, "jax", name="rbf.RbfJax.measure"), [1.0 / threads]) for threads in (1, 2)]
    (found,) = sweeps(history([suite([1, 2]), small], series), {})
    assert (found.family, found.size) == (NAME, "100")
