"""One chart of a benchmark's page with all that belongs to it: lines, legend, table, and what is missing. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from stallhorn.model import (
    Change,
    ChangePoint,
    Direction,
    Floor,
    Kind,
    Measurement,
    Revision,
    SeriesKey,
    Status,
    plain,
)
from stallhorn.report.html.charts.axes import CommitAxis, ValueAxis, value_axis
from stallhorn.report.html.charts.history import Line, Mark, history_chart, swatch
from stallhorn.report.html.charts.intervals import interval_bar, ruler
from stallhorn.report.html.facets import Facet
from stallhorn.report.html.skips import by_reason
from stallhorn.report.html.view import Row, Site
from stallhorn.report.sentence import Standing


@dataclass(frozen=True, slots=True)
class LegendLine:
    drawn: Markup  # how it is drawn in the chart; its interval, where there is no chart
    label: str
    row: Row


@dataclass(frozen=True, slots=True)
class TableRow:
    """One commit of a chart's data table: for each line its measurement, or None."""

    revision: Revision
    cells: tuple[Measurement | None, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart over commits; with one commit, the values beside each other."""

    anchor: str
    facet: Facet
    svg: Markup  # "" while there is only one commit, or no value
    only: Revision | None  # the one commit that was measured
    axis_title: str  # of the values beside each other
    ruler: Markup
    legend: tuple[LegendLine, ...]
    table: tuple[TableRow, ...]  # newest first
    skipped: tuple[tuple[str, str], ...]  # (lines, why they were never measured)
    changed: Direction | None  # the direction of its newest change; slower where both
    floor: Floor | None  # of all its lines, where they have the same

    @property
    def title(self) -> str:
        return self.facet.title


@dataclass(frozen=True, slots=True)
class JumpLine:
    """Charts that differ in one parameter, for the list on top: `n = 30, threads =` and a link for each value."""

    common: str
    links: tuple[tuple[str, Figure], ...]


def figure(facet: Facet, anchor: str, commits: CommitAxis, site: Site) -> Figure:
    """A facet drawn; `commits` has every commit at which one of its lines was tried."""
    tried = {point.commit for row in facet.rows for point in row.series.points if point.status is not Status.SKIPPED}
    made = Figure(
        anchor=anchor,
        facet=facet,
        svg=Markup(""),
        only=None,
        axis_title="",
        ruler=Markup(""),
        legend=(),
        table=_table(facet, commits),
        skipped=tuple(
            (", ".join(label for label, row in facet.skipped if row in each.rows), each.reason)
            for each in by_reason([row for _, row in facet.skipped])
        ),
        changed=_changed(facet, site),
        floor=_floor(facet),
    )
    axis = _value_axis(facet) if len(tried) == 1 else None
    return _over_commits(made, commits, site) if axis is None else _side_by_side(made, axis, tried.pop(), site)


def jump_lines(figures: Sequence[Figure]) -> tuple[JumpLine, ...]:
    """The list of charts: one line for all that differ in their last parameter alone."""
    lines: dict[str, list[tuple[str, Figure]]] = {}
    for each in figures:
        values = each.facet.place.values
        if values:
            common = "".join(f"{name} = {plain(text)}, " for name, text in values[:-1]) + f"{values[-1][0]} ="
            lines.setdefault(common, []).append((plain(values[-1][1]), each))
    return tuple(JumpLine(common, tuple(links)) for common, links in lines.items())


def hits(change: Change, keys: set[SeriesKey], site: Site) -> list[tuple[ChangePoint, str]]:
    """The series among these that a change hit, each with the size of the change in words."""
    return [(point, site.in_words(point)) for point in change.points if point.key in keys]


def _over_commits(made: Figure, commits: CommitAxis, site: Site) -> Figure:
    facet = made.facet
    title = f"History of {facet.rows[0].key.benchmark}" + (f" at {facet.title}" if facet.title else "")
    lines = [Line(label, row.series.points, style) for label, row, style in _lines(facet)]
    svg = history_chart(lines, commits, _marks(facet, site), facet.rows[0].series.unit, title)
    return replace(made, svg=svg, legend=_legend(facet, [swatch(style) for style in facet.styles]))


def _side_by_side(made: Figure, axis: ValueAxis, commit: str, site: Site) -> Figure:
    drawn = [_bar(row, commit, axis, style) for _, row, style in _lines(made.facet)]
    return replace(
        made, only=site.revision(commit), axis_title=axis.title, ruler=ruler(axis), legend=_legend(made.facet, drawn)
    )


def _legend(facet: Facet, drawn: Sequence[Markup]) -> tuple[LegendLine, ...]:
    return tuple(LegendLine(*each) for each in zip(drawn, facet.labels, facet.rows, strict=True))


def _lines(facet: Facet) -> Iterator[tuple[str, Row, int]]:
    return zip(facet.labels, facet.rows, facet.styles, strict=True)


def _bar(row: Row, commit: str, axis: ValueAxis, style: int) -> Markup:
    return next((interval_bar(point, axis, style) for point in row.series.points if point.commit == commit), Markup(""))


def _value_axis(facet: Facet) -> ValueAxis | None:
    """The scale of all values of a chart and their bounds; None without a value."""
    points = [point for row in facet.rows for point in row.series.points]
    values = [point.value for point in points if point.value is not None]
    bounds = [bound for point in points for bound in (point.low, point.high) if bound is not None]
    unit = facet.rows[0].series.unit
    noun = "time per call" if unit == "seconds" else "value"
    return value_axis([*values, *bounds], [], unit, noun) if values else None


def _changed(facet: Facet, site: Site) -> Direction | None:
    """Which way the code took the lines of a chart: slower, if any is now or became so in its newest change."""
    standings = {row.standing for row in facet.rows}
    keys = {row.key for row in facet.rows}
    of_code = (each for each in site.report.changes if each.kind is Kind.CODE)
    newest = next((each for each in of_code if any(point.key in keys for point in each.points)), None)
    if Standing.SLOWER in standings:
        return Direction.SLOWER
    if newest is not None:
        return newest.direction
    return Direction.FASTER if Standing.FASTER in standings else None


def _floor(facet: Facet) -> Floor | None:
    floors = {row.floor for row in facet.rows}
    return floors.pop() if len(floors) == 1 else None


def _marks(facet: Facet, site: Site) -> list[Mark]:
    """One mark for each change that hit a line of the chart, oldest first."""
    keys = {row.key for row in facet.rows}
    marks = []
    for change in reversed(site.report.changes):
        hit = hits(change, keys, site)
        places = Counter((point.last, point.first) for point, _ in hit)
        for last, first in places:
            texts = [text for point, text in hit if (point.last, point.first) == (last, first)]
            several = (f"{len(texts)} lines, up to {texts[0]}", f"up to {texts[0]}")
            short = texts[0].split(" ")[0]
            spoken = (texts[0], short) if len(texts) == 1 else (*several, short)
            marks.append(Mark(last, first, change.direction, spoken, change.kind))
    return marks


def _table(facet: Facet, commits: CommitAxis) -> tuple[TableRow, ...]:
    found = [{point.commit: point for point in row.series.points} for row in facet.rows]
    return tuple(
        TableRow(revision, tuple(points.get(revision.commit) for points in found))
        for revision in reversed(commits.revisions)
        if any(revision.commit in points for points in found)
    )
