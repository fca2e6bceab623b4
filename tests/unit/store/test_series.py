"""Series: in the suite's order, and only of what was tried."""

from __future__ import annotations

import math
from pathlib import Path

from builders import Results, benchmark, commit

from stallhorn import store
from stallhorn.model import Status

NAME = "suite.Case.time_it"
SIZES = ["1000", "100", "20"]


def results(folder: Path, *values: float | None) -> Results:
    """One commit at which these values were stored, one for each size."""
    made = Results(folder)
    made.suite(benchmark(NAME, param_names=["n"], params=[SIZES]))
    made.machine("box")
    made.result(commit(0), {NAME: {"result": list(values), "params": [SIZES], "version": "1"}})
    return made


def statuses(made: Results) -> dict[str | None, Status]:
    history = store.load(made.project)
    return {series.key.parameters.get("n"): series.points[-1].status for series in history.series}


def test_series_stand_in_the_suites_order(tmp_path: Path) -> None:
    assert list(statuses(results(tmp_path, 1.0, 2.0, 3.0))) == SIZES


def test_not_applicable_without_records_is_a_skip(tmp_path: Path) -> None:
    assert statuses(results(tmp_path, 1.0, math.nan, math.nan))["100"] is Status.SKIPPED


def test_beside_records_only_what_has_one_was_skipped_the_rest_was_not_selected(tmp_path: Path) -> None:
    made = results(tmp_path, 1.0, math.nan, math.nan)
    made.record(commit(0), NAME, params={"n": "100"}, status="skipped", reason="not in this commit", samples=None)
    assert statuses(made) == {"1000": Status.OK, "100": Status.SKIPPED}
