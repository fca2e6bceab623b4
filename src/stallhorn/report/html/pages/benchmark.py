"""A page for each benchmark: its history in every environment on every machine, and what the probe saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from stallhorn.model import BuildFailure, Change, ChangePoint, Measurement, Observation, Revision, SeriesKey, plain
from stallhorn.report.html import facts, words
from stallhorn.report.html.charts.axes import CommitAxis, commit_axis
from stallhorn.report.html.charts.history import Line, Mark, history_chart, swatch
from stallhorn.report.html.facets import Facet, constant, facets
from stallhorn.report.html.pages.base import Page
from stallhorn.report.html.view import Row, Site, distinct, parameter_order
from stallhorn.report.sentence import Standing

LINK = None


@dataclass(frozen=True, slots=True)
class LegendLine:
    swatch: Markup
    label: str
    row: Row


@dataclass(frozen=True, slots=True)
class TableRow:
    """One commit of a chart's data table: for each line its measurement, or None."""

    revision: Revision
    cells: tuple[Measurement | None, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    title: str
    svg: Markup
    legend: tuple[LegendLine, ...]
    table: tuple[TableRow, ...]  # newest first


@dataclass(frozen=True, slots=True)
class Section:
    """One environment on one machine."""

    anchor: str
    machine: str
    environment: str
    label: str
    constant: str
    figures: tuple[Figure, ...]
    versions: str
    facts_commit: Revision | None
    facts: tuple[facts.FactRow, ...]
    failures: tuple[BuildFailure, ...]


def pages(site: Site) -> Iterable[Page]:
    rows: dict[str, list[Row]] = {}
    for row in site.rows:
        rows.setdefault(row.key.benchmark, []).append(row)
    for name in site.benchmark_names:
        yield _page(name, rows[name], site)


def _page(name: str, rows: Sequence[Row], site: Site) -> Page:
    benchmark = site.benchmark(name)
    ordered = sorted(rows, key=lambda row: parameter_order(row.key.parameters, benchmark))
    keys = {row.key for row in rows}
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in ordered:
        groups.setdefault((row.key.machine, row.key.environment), []).append(row)
    content = {
        "benchmark": benchmark,
        "counts": [
            (each, words.SIGNS[each], sum(row.standing is each for row in rows))
            for each in Standing
            if any(row.standing is each for row in rows)
        ],
        "changes": [(change, hit) for change in site.report.changes if (hit := _hits(change, keys, site))],
        "sections": [
            _section(number, group, site) for number, (_, group) in enumerate(sorted(groups.items()), start=1)
        ],
        "parameters": {
            name: ", ".join(plain(text) for text in texts)
            for name, texts in distinct(row.key.parameters for row in ordered).items()
        },
        "fact_columns": facts.COLUMNS,
    }
    return Page(f"benchmark/{words.identifier(name)}.html", "benchmark.html.j2", name, content)


def _hits(change: Change, keys: set[SeriesKey], site: Site) -> list[tuple[ChangePoint, str]]:
    return [(point, site.in_words(point)) for point in change.points if point.key in keys]


def _section(number: int, rows: Sequence[Row], site: Site) -> Section:
    machine, environment = rows[0].key.machine, rows[0].key.environment
    measured = {point.commit for row in rows for point in row.series.points}
    commits = commit_axis(site.report.history.revisions, measured)
    observed, revision = _newest_facts(rows, commits, site)
    order = {row.key: index for index, row in enumerate(rows)}
    return Section(
        anchor=f"env{number}",
        machine=machine,
        environment=environment,
        label=site.labels.get(environment, environment),
        constant=constant(rows),
        figures=tuple(_figure(facet, commits, site) for facet in facets(rows)),
        versions=facts.versions(observed),
        facts_commit=revision,
        facts=tuple(sorted(facts.fact_rows(observed), key=lambda each: order[each.key])),
        failures=tuple(
            failure
            for failure in site.report.history.build_failures
            if (failure.machine, failure.environment) == (machine, environment)
        ),
    )


def _newest_facts(rows: Sequence[Row], commits: CommitAxis, site: Site) -> tuple[list[Observation], Revision | None]:
    """What the probe saw at the newest commit at which it saw anything here."""
    found = [each for row in rows for each in site.observed.get(row.key, ())]
    seen = {each.commit for each in found}
    revision = next((each for each in reversed(commits.revisions) if each.commit in seen), None)
    if revision is None:
        return [], None
    return [each for each in found if each.commit == revision.commit], revision


def _figure(facet: Facet, commits: CommitAxis, site: Site) -> Figure:
    lines = [Line(label, row.series.points) for label, row in zip(facet.labels, facet.rows, strict=True)]
    unit = facet.rows[0].series.unit
    name = facet.rows[0].key.benchmark
    title = f"History of {name}" + (f" at {facet.title}" if facet.title else "")
    return Figure(
        title=facet.title,
        svg=history_chart(lines, commits, _marks(facet, site), unit, title),
        legend=tuple(
            LegendLine(swatch(index), label, row)
            for index, (label, row) in enumerate(zip(facet.labels, facet.rows, strict=True))
        ),
        table=_table(facet, commits),
    )


def _marks(facet: Facet, site: Site) -> list[Mark]:
    """One mark for each change that hit a line of the chart, oldest first."""
    keys = {row.key for row in facet.rows}
    marks = []
    for change in reversed(site.report.changes):
        hit = _hits(change, keys, site)
        places = Counter((point.last, point.first) for point, _ in hit)
        for last, first in places:
            texts = [text for point, text in hit if (point.last, point.first) == (last, first)]
            several = (f"{len(texts)} lines, up to {texts[0]}", f"up to {texts[0]}")
            short = texts[0].split(" ")[0]
            spoken = (texts[0], short) if len(texts) == 1 else (*several, short)
            marks.append(Mark(last, first, change.direction, spoken))
    return marks


def _table(facet: Facet, commits: CommitAxis) -> tuple[TableRow, ...]:
    found = [{point.commit: point for point in row.series.points} for row in facet.rows]
    return tuple(
        TableRow(revision, tuple(points.get(revision.commit) for points in found))
        for revision in reversed(commits.revisions)
        if any(revision.commit in points for points in found)
    )
