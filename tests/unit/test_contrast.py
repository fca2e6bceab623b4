"""Two sides against each other: which series belong together, and what is said of a pair."""

from __future__ import annotations

import math
import random
from array import array
from dataclasses import replace
from pathlib import Path

import pytest
from builders import bare, commit, key, point, project, revision

from stallhorn.contrast import (
    Contrast,
    Facts,
    Outcome,
    Side,
    completed,
    contrast,
    differing,
    geometric_mean,
    scatter,
    student_99,
)
from stallhorn.model import Benchmark, Direction, History, Measurement, Series, SeriesKey, Status
from stallhorn.model.points import Columns, Points

A, B = Side(commit(0)), Side(commit(1))


def history(*series: Series, commits: int = 2, benchmarks: tuple[Benchmark, ...] = ()) -> History:
    named = {each.name: each for each in benchmarks}
    return History(project(Path("/nowhere")), tuple(revision(place) for place in range(commits)), named, {}, {}, series)


def measured(*values: float | None, of: SeriesKey | None = None, half: float = 0.01, unit: str = "seconds") -> Series:
    """A series over the commits 0, 1, ...; None: not measured there."""
    of = of or key()
    points = tuple(
        replace(bare(place, value, value * (1 - half), value * (1 + half)), key=of)
        for place, value in enumerate(values)
        if value is not None
    )
    return Series(of, unit, points)


def steady(
    level: float, count: int = 60, noise: float = 0.01, of: SeriesKey | None = None, seed: int = 0
) -> list[float]:
    rng = random.Random(seed)
    return [level * math.exp(rng.gauss(0, noise)) for _ in range(count)]


def pair(*values: float | None, **options: object) -> Contrast:
    """The last two commits of one series."""
    series = measured(*values, **options)  # type: ignore[arg-type]
    made = history(series, commits=len(values))
    return contrast(made, Side(commit(len(values) - 2)), Side(commit(len(values) - 1)))


# --- nothing to compare


def test_an_empty_history_has_no_pair_and_no_mean() -> None:
    found = contrast(history(), A, B)
    assert len(found) == 0
    assert found.summary.mean is None and found.summary.worst is None
    assert set(found.summary.counts.values()) == {0}


def test_a_series_that_neither_side_tried_is_no_pair() -> None:
    assert len(contrast(history(measured(1.0, 1.0), commits=4), Side(commit(2)), Side(commit(3)))) == 0


def test_a_series_that_both_sides_skipped_is_no_pair() -> None:
    points = tuple(Measurement(key(), commit(place), Status.SKIPPED) for place in range(2))
    assert len(contrast(history(Series(key(), "seconds", points)), A, B)) == 0


# --- what is not comparable, and why


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (1.0, None, "not measured in B"),
        (None, 1.0, "not measured in A"),
        (1.0, 0.0, "a value that is not positive has no ratio"),
    ],
)
def test_why_a_pair_is_not_comparable(first: float | None, second: float | None, reason: str) -> None:
    found = contrast(history(measured(first, second)), A, B)
    assert found.outcome(0) is Outcome.NONE
    assert found.reasons == {0: reason}
    assert math.isnan(found.ratios[0])


def test_a_failure_is_told_with_its_side() -> None:
    series = Series(key(), "seconds", (bare(0, 1.0), bare(1, None)))
    assert contrast(history(series), A, B).reasons == {0: "failed in B"}


def test_other_units_and_other_versions_are_not_compared() -> None:
    one, other = key(environment="np1"), key(environment="np2")
    sides = Side(commit(0), environment="np1"), Side(commit(0), environment="np2")
    made = history(measured(1.0, of=one), measured(1.0, of=other, unit="bytes"))
    assert contrast(made, *sides).reasons == {0: "the units differ: seconds and bytes"}
    points = tuple(replace(each, version="2") for each in measured(1.0, of=other).points)
    made = history(
        Series(one, "seconds", tuple(replace(each, version="1") for each in measured(1.0, of=one).points)),
        Series(other, "seconds", points),
    )
    assert contrast(made, *sides).reasons == {0: "another version of the benchmark"}


# --- what is said of a pair


def test_a_large_step_out_of_a_quiet_history_is_slower_and_its_revert_faster() -> None:
    levels = steady(1.0)
    assert pair(*levels, 1.3).outcome(0) is Outcome.SLOWER
    assert pair(*levels, 1 / 1.3).outcome(0) is Outcome.FASTER


def test_what_is_better_when_larger_turns_round() -> None:
    series = replace(measured(*steady(1.0), 1.3), rising=Direction.FASTER)
    found = contrast(history(series, commits=61), Side(commit(59)), Side(commit(60)))
    assert found.outcome(0) is Outcome.FASTER
    assert found.summary.mean is not None and found.summary.mean < 1


def test_a_lucky_pair_of_a_noisy_history_is_no_finding() -> None:
    found = pair(*steady(1.0, noise=0.1), 0.9, 1.3, half=0.001)
    assert found.outcome(0) is not Outcome.SLOWER
    assert found.lows[0] < 1 < found.highs[0]


@pytest.mark.parametrize(("count", "noises"), [(4, [0.01, 0.1]), (12, [0.01, 0.1, 0.3]), (60, [0.01, 0.1, 0.3])])
def test_among_many_noisy_series_none_is_a_finding_by_chance(count: int, noises: list[float]) -> None:
    rng = random.Random(4)
    series = [
        measured(*steady(1.0, count, rng.choice(noises), seed=place), of=key(n=str(place)), half=0.001)
        for place in range(300)
    ]
    found = contrast(history(*series, commits=count), Side(commit(count - 2)), Side(commit(count - 1)))
    assert found.summary.counts[Outcome.SLOWER] + found.summary.counts[Outcome.FASTER] == 0
    assert found.summary.counts[Outcome.SAME] > 290


def test_a_series_that_jumps_between_two_speeds_is_no_finding_when_it_jumps() -> None:
    rng = random.Random(1)
    values = [rng.choice([1.0, 1.0, 1.0, 1.5]) * math.exp(rng.gauss(0, 0.003)) for _ in range(60)]
    assert pair(*values, 1.0, 1.5, half=0.001).outcome(0) is not Outcome.SLOWER


def test_what_nearly_is_told_from_noise_is_too_noisy_to_say() -> None:
    values = steady(1.0, noise=0.1)
    needed = pair(*values, 1.0, 1.0).needed[0]
    found = pair(*values, 1.0, needed * 0.95, half=0.001)
    assert found.outcome(0) is Outcome.UNCLEAR
    assert found.relevant[0] and not found.significant[0]


def test_a_small_difference_can_be_significant_without_being_relevant() -> None:
    values = [*steady(1.0, count=100, noise=0.0), 1.09]
    points = tuple(point(place, value, value) for place, value in enumerate(values))
    found = contrast(history(Series(key(), "seconds", points), commits=101), Side(commit(99)), Side(commit(100)))
    assert found.significant[0] and not found.relevant[0]
    assert found.outcome(0) is Outcome.SAME


def test_the_step_that_is_asked_about_is_not_the_noise_of_a_short_history() -> None:
    assert pair(1.0, 1.0, 2.5).outcome(0) is Outcome.SLOWER
    assert pair(1.0, 1.0, 1.0, 1.0, 2.5).outcome(0) is Outcome.SLOWER


def test_without_a_history_only_a_plain_difference_is_told() -> None:
    assert pair(1.0, 1.3).outcome(0) is not Outcome.SLOWER
    assert pair(1.0, 1.7).outcome(0) is Outcome.SLOWER


def test_processes_that_are_known_tell_more_than_a_bare_interval() -> None:
    known = Series(key(), "seconds", (point(0, 1.0, 1.0), point(1, 1.5, 1.5)))
    assert contrast(history(known), A, B).outcome(0) is Outcome.SLOWER
    assert pair(1.0, 1.5).outcome(0) is Outcome.UNCLEAR


def test_intervals_that_overlap_are_no_difference_however_large_it_is() -> None:
    assert pair(*steady(1.0), 2.0, half=0.9).outcome(0) is not Outcome.SLOWER


def test_the_interval_of_a_ratio_comes_from_both_intervals() -> None:
    found = pair(1.0, 2.0, half=0.1)
    upper = math.hypot(math.log(1.1), math.log(1 / 0.9))
    assert found.ratios[0] == pytest.approx(2.0)
    assert found.highs[0] == pytest.approx(2.0 * math.exp(upper))
    assert found.lows[0] == pytest.approx(2.0 * math.exp(-upper))


def test_large_steps_of_a_short_history_are_not_taken_for_its_noise() -> None:
    steps = (246e-6, 214e-3, 7e-3, 16e-3, 400e-6)
    assert [pair(*steps).outcome(0), pair(*steps[:2]).outcome(0)] == [Outcome.FASTER, Outcome.SLOWER]
    assert pair(*steps[:-1], 14e-3).outcome(0) is Outcome.SAME
    unbounded = measured(*steps)
    bare_values = tuple(replace(each, low=None, high=None) for each in unbounded.points)
    made = history(replace(unbounded, points=bare_values), commits=5)
    assert contrast(made, Side(commit(3)), Side(commit(4))).outcome(0) is not Outcome.FASTER


def test_values_without_intervals_have_a_ratio_without_one_until_the_history_tells_noise() -> None:
    def last(count: int) -> Contrast:
        points = tuple(bare(place, 1.0) for place in range(count))
        return contrast(history(Series(key(), "seconds", points), commits=count), Side(commit(0)), Side(commit(1)))

    assert math.isnan(last(2).lows[0])
    assert last(30).lows[0] < 1 < last(30).highs[0]


def test_exact_values_differ_as_soon_as_they_differ() -> None:
    def counts(before: float, after: float) -> Outcome:
        series = measured(before, after, unit="compilations (counted)", half=0.0)
        return contrast(history(series), A, B).outcome(0)

    assert counts(300, 301) is Outcome.SLOWER
    assert counts(300, 300) is Outcome.SAME


def test_columns_are_judged_as_measurements_are() -> None:
    values = [*steady(1.0), 1.3]
    plain = measured(*values)
    arrays = (array("d", (scale * value for value in values)) for scale in (1.0, 0.99, 1.01))
    columns = Columns(tuple(commit(place) for place in range(61)), *arrays, bytes(61))
    sides = Side(commit(59)), Side(commit(60))
    one = contrast(history(plain, commits=61), *sides)
    other = contrast(history(Series(key(), "seconds", Points(key(), columns, "")), commits=61), *sides)
    assert one.outcomes.tolist() == other.outcomes.tolist()
    assert one.lows.tolist() == pytest.approx(other.lows.tolist())


# --- noise


def test_noise_is_what_neighbours_differ_by_whatever_steps_there_are() -> None:
    quiet = measured(*steady(1.0, 40), *steady(2.0, 40, seed=1))
    noise, long = scatter([quiet, measured(1.0, 1.0)])
    assert 0.01 < noise[0] < 0.04
    assert noise[1] > 0.07
    assert long.tolist() == [True, False]


# --- which series belong together


def test_series_that_differ_only_in_what_is_compared_are_a_pair() -> None:
    here, there = (measured(1.0, 2.0, of=key(environment=name)) for name in ("np1", "np2"))
    other = measured(1.0, of=key("suite.Case.time_that", environment="np1"))
    one, two = Side(commit(0), environment="np1"), Side(commit(0), environment="np2")
    found = contrast(history(here, there, other), one, two)
    assert list(zip(found.firsts.tolist(), found.seconds.tolist(), strict=True)) == [(0, 1), (2, -1)]
    assert found.reasons == {1: "no such series in B"}


def test_machines_are_compared_series_by_series() -> None:
    series = [measured(value, of=key(machine=name)) for name, value in (("old", 2.0), ("new", 1.0))]
    found = contrast(history(*series), Side(commit(0), machine="old"), Side(commit(0), machine="new"))
    assert found.ratios.tolist() == pytest.approx([0.5])


def benchmark(name: str, *backends: str) -> Benchmark:
    return Benchmark(name, "time", "seconds", "1", ("backend", "n"), (tuple(map(repr, backends)), ("1", "2", "3")))


def test_backends_are_compared_within_a_benchmark_and_its_family() -> None:
    benchmarks = benchmark("m.Rbf.measure", "numpy"), benchmark("m.RbfJax.measure", "jax")
    series = [
        measured(1.0, of=key("m.Rbf.measure", backend="'numpy'", n="1")),
        measured(0.5, of=key("m.RbfJax.measure", backend="'jax'", n="1")),
        measured(0.5, of=key("m.RbfJax.measure", backend="'jax'", n="2")),
    ]
    made = history(*series, benchmarks=benchmarks)
    found = contrast(made, Side(commit(0), backend="numpy"), Side(commit(0), backend="jax"))
    assert list(zip(found.firsts.tolist(), found.seconds.tolist(), strict=True)) == [(0, 1), (-1, 2)]


def test_a_parameter_that_the_project_calls_a_backend_is_one() -> None:
    names = ("m.Rbf.measure", "m.RbfJax.measure")
    suite = tuple(Benchmark(name, "time", "seconds", "1", ("solver",), (("'x'", "'y'"),)) for name in names)
    series = [measured(1.0, of=key(name, solver=repr(solver))) for name, solver in zip(names, ("x", "y"), strict=True)]
    silent = history(*series, benchmarks=suite)
    said = replace(silent, project=replace(silent.project, roles={"backend": ("solver",)}))
    sides = Side(commit(0), backend="x"), Side(commit(0), backend="y")
    assert len(contrast(silent, *sides)) == 0
    found = contrast(said, *sides)
    assert list(zip(found.firsts.tolist(), found.seconds.tolist(), strict=True)) == [(0, 1)]


def test_a_side_selects_what_it_names_alone() -> None:
    series = [measured(1.0, of=key(environment=name, machine=where)) for name in "xy" for where in "uv"]
    facts = Facts(history(*series))
    assert facts.chosen(Side(environment="x")) == [0, 1]
    assert facts.chosen(Side(environment="y", machine="v")) == [3]
    assert facts.chosen(Side()) == [0, 1, 2, 3]


def test_only_the_series_that_are_asked_for() -> None:
    series = [measured(1.0, 2.0, of=key(f"suite.Case.time_{name}")) for name in "ab"]
    assert contrast(history(*series), A, B, frozenset({1})).firsts.tolist() == [1]


# --- sides


def test_what_one_side_names_holds_for_both() -> None:
    one, other = completed(history(), Side(commit(0), environment="np1"), Side(environment="np2"))
    assert other == Side(commit(0), environment="np2")
    assert differing(one, other) == ("environment",)


def test_without_a_commit_the_newest_that_both_measured_is_taken() -> None:
    series = measured(1.0, 1.0, 1.0, of=key(environment="np1")), measured(1.0, 1.0, of=key(environment="np2"))
    one, other = completed(history(*series, commits=3), Side(environment="np1"), Side(environment="np2"))
    assert one.commit == other.commit == commit(1)


def test_sides_without_a_common_commit_have_none() -> None:
    series = measured(1.0, of=key(environment="np1")), measured(None, 1.0, of=key(environment="np2"))
    one, other = completed(history(*series), Side(environment="np1"), Side(environment="np2"))
    assert (one.commit, other.commit) == ("", "")


def test_a_side_is_written_as_it_is_asked_for() -> None:
    assert str(Side(commit(0), "np2", "numba", "box")) == f"{commit(0)[:8]},env:np2,backend:numba,machine:box"


# --- all pairs together


def test_the_summary_counts_and_names_the_extremes() -> None:
    values = {"a": (1.0, 3.0), "b": (1.0, 2.0), "c": (3.0, 1.0), "d": (1.0, 1.0), "e": (1.0, None)}
    series = [measured(*each, of=key(f"suite.Case.time_{name}")) for name, each in values.items()]
    found = contrast(history(*series), A, B)
    counts = [found.summary.counts[each] for each in (Outcome.SLOWER, Outcome.FASTER, Outcome.SAME, Outcome.NONE)]
    assert counts == [2, 1, 1, 1]
    assert (found.summary.worst, found.summary.best) == (0, 2)
    assert found.of(Outcome.SLOWER) == [0, 1]
    assert found.summary.mean == pytest.approx(2 ** (1 / 4))


def test_the_mean_has_an_interval_from_what_benchmarks_differ() -> None:
    import numpy as np

    effects = np.array([0.1, 0.1, 0.2, 0.2, 0.3, 0.3])
    alike, apart = geometric_mean(effects, list("aabbcc")), geometric_mean(effects, list("abcdef"))
    assert alike[0] == apart[0] == pytest.approx(0.2)
    assert alike[1] is not None and apart[1] is not None and alike[1] > apart[1]
    assert geometric_mean(effects, list("aaabbb")) == (pytest.approx(0.2), None)


@pytest.mark.parametrize(("degrees", "known"), [(1, 63.66), (10, 3.169), (20, 2.845), (60, 2.660), (1000, 2.581)])
def test_students_quantiles(degrees: int, known: float) -> None:
    assert student_99(degrees) == pytest.approx(known, rel=5e-3)
