"""How series stand, and whether anything was measured, be their points measurements or columns."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import bare, key, series
from records import history

from stallhorn.diagnose import diagnose
from stallhorn.model import Report, Series
from stallhorn.model.points import Points, columns_of
from stallhorn.report.sentence import Standing, is_measured, standings


def in_columns(of: Series) -> Series:
    return replace(of, points=Points(of.key, columns_of(of.points)))


@pytest.fixture(params=[False, True], ids=["measurements", "columns"])
def report(request: pytest.FixtureRequest) -> Report:
    found = diagnose(history([1.0, 1.0]))
    if not request.param:
        return found
    return replace(found, history=replace(found.history, series=tuple(map(in_columns, found.history.series))))


def only(report: Report, *of: Series) -> Report:
    return replace(report, history=replace(report.history, series=of), comparisons=())


def test_without_series_nothing_is_measured(report: Report) -> None:
    assert not is_measured(only(report))
    assert standings(only(report)) == {}


def test_one_value_is_a_measurement_and_a_failure_is_none(report: Report) -> None:
    assert is_measured(report)
    for failed in (series(bare(0, None)), series()):
        assert not is_measured(only(report, failed, in_columns(failed)))
    assert is_measured(only(report, series(), in_columns(series(bare(0, None), bare(1, 2.0)))))


def test_a_series_that_was_not_compared_stands_by_its_newest_measurement(report: Report) -> None:
    assert set(standings(report).values()) == {Standing.SAME}
    failed = in_columns(series(bare(0, 1.0), bare(1, None)))
    assert standings(only(report, failed)) == {key(): Standing.FAILED}
    assert set(standings(only(report, *report.history.series)).values()) == {Standing.OLD}
