"""Whatever a history holds, there is an answer in every form, and what it says agrees with itself."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from builders import bare, commit, key, project, revision
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from stallhorn.changes.settings import Override, Settings
from stallhorn.diagnose import diagnose, restricted
from stallhorn.model import Benchmark, Direction, History, Kind, Machine, Series, Verdict
from stallhorn.report.changes import changes_text
from stallhorn.report.json import changes_json
from stallhorn.report.terminal import check_text

COMMITS = 7
VALUES = st.none() | st.sampled_from([-1.0, 0.0, 1e-300, 1.0, 1.02, 2.0, 4.0, 1e300])
UNITS = st.sampled_from(["seconds", "bytes", "rows (higher is better)", "compiles (counted)"])
SERIES = st.lists(st.tuples(UNITS, st.lists(VALUES, max_size=COMMITS)), max_size=4)
OVERRIDE = st.builds(
    Override,
    pattern=st.just(re.compile("suite")),
    relevant=st.sampled_from([None, 0.0, 0.5]),
    first=st.sampled_from([None, commit(2), "f" * 40]),
    ignored=st.booleans(),
)


def history(drawn: list[tuple[str, list[float | None]]], aside: set[int]) -> History:
    revisions = tuple(replace(revision(place), aside=place in aside) for place in range(COMMITS))
    series, benchmarks = [], {}
    for place, (unit, values) in enumerate(drawn):
        of = key(f"suite.Case{place}.time_it")
        benchmarks[of.benchmark] = Benchmark(of.benchmark, "time", unit, "1")
        points = tuple(replace(bare(at, value), key=of) for at, value in enumerate(values))
        series.append(Series(of, unit, points))
    return History(project(Path("/nowhere")), revisions, benchmarks, {"box": Machine("box")}, {}, tuple(series))


@given(
    SERIES,
    st.sets(st.integers(0, COMMITS - 1), max_size=3),
    st.none() | st.integers(0, COMMITS),
    st.none() | st.integers(0, COMMITS),
    st.lists(OVERRIDE, max_size=2),
)
@hypothesis_settings(max_examples=150, deadline=None)
def test_every_history_has_an_answer_that_agrees_with_itself(
    drawn: list[tuple[str, list[float | None]]],
    aside: set[int],
    base: int | None,
    head: int | None,
    overrides: list[Override],
) -> None:
    made = history(drawn, aside)
    names = [None if place is None else commit(place) for place in (base, head)]
    report = diagnose(made, *names, Settings(overrides=tuple(overrides)))
    assert report.verdict is Verdict.join(each.verdict for each in report.comparisons)
    for comparison in report.comparisons:
        if comparison.verdict is Verdict.REGRESSION:
            assert (comparison.direction, comparison.kind) == (Direction.SLOWER, Kind.CODE)
    for change in report.changes:
        assert change.last.position < change.first.position
        assert not (change.last.aside or change.first.aside)
        assert change.low is None or change.ratio is None or change.low <= change.ratio
        assert change.high is None or change.ratio is None or change.ratio <= change.high
        assert 0 < change.confidence < 1
    check_text(report)
    changes_text(report)
    json.loads(changes_json(report, since=None, reference=False), parse_constant=lambda text: 1 / 0)
    kept = {each.key for each in report.history.series[:1]}
    part = restricted(report, kept.__contains__)
    assert {point.key for change in part.changes for point in change.points} <= kept
