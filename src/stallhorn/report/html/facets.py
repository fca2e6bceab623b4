"""Which series share a chart: at most six lines each, told apart by as few parameters as possible. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from stallhorn.model import Benchmark, Parameters, plain
from stallhorn.report.html import words
from stallhorn.report.html.charts.history import MOST_LINES
from stallhorn.report.html.view import Row, distinct, parameter_order

# What people compare at the same size: these parameters become lines; any other only where none of these varies.
_LINES_FIRST = ("backend", "variant", "threads")


@dataclass(frozen=True, slots=True)
class Facet:
    """One chart: what all its lines have in common, and for each line what it is called."""

    place: Parameters  # what tells this chart from the others; empty when it is the only one
    rows: tuple[Row, ...]
    labels: tuple[str, ...]
    styles: tuple[int, ...]  # how each line is drawn: a label looks the same in all charts, as long as styles suffice
    skipped: tuple[tuple[str, Row], ...] = ()  # lines that would belong here and were never measured, with their labels

    @property
    def title(self) -> str:
        """`n = 500, threads = 1`; "" when nothing tells this chart from the others."""
        return ", ".join(f"{name} = {plain(text)}" for name, text in self.place.values)


def facets(rows: Sequence[Row], benchmark: Benchmark | None = None) -> list[Facet]:
    """Charts for the series of one benchmark, environment and machine: numbers ascending, else the suite's order.

    Series that were only ever skipped are named at the chart whose other lines they would join; those without such a
    chart are in none.
    """
    tried = [row for row in rows if row.tried]
    values = {name: texts for name, texts in distinct(row.key.parameters for row in tried).items() if len(texts) > 1}
    lines = _line_parameters(values)
    groups: dict[Parameters, list[Row]] = {}
    for row in tried:
        groups.setdefault(_without(row, lines), []).append(row)
    never: dict[Parameters, list[tuple[str, Row]]] = {}
    for row in rows:
        if not row.tried:
            never.setdefault(_without(row, lines), []).append((_label(row, lines), row))
    names = list(dict.fromkeys(_label(row, lines) for row in tried))
    found = []
    for common in sorted(groups, key=lambda each: parameter_order(each, benchmark)):
        group = groups[common]
        place = Parameters(tuple(pair for pair in common.values if pair[0] in values))
        for start in range(0, len(group), MOST_LINES):
            part = group[start : start + MOST_LINES]
            last = start + MOST_LINES >= len(group)
            labels = tuple(_label(row, lines) for row in part)
            styles = tuple(names.index(each) if len(names) <= MOST_LINES else at for at, each in enumerate(labels))
            found.append(Facet(place, tuple(part), labels, styles, tuple(never.get(common, ())) if last else ()))
    return found


def constant(rows: Sequence[Row]) -> dict[str, str]:
    """The parameters that have one value in all rows: {"variant": "default"}."""
    values = distinct(row.key.parameters for row in rows)
    return {name: plain(texts[0]) for name, texts in values.items() if len(texts) == 1}


def _without(row: Row, lines: tuple[str, ...]) -> Parameters:
    return Parameters(tuple(pair for pair in row.key.parameters.values if pair[0] not in lines))


def _line_parameters(values: dict[str, list[str]]) -> tuple[str, ...]:
    """The parameters whose combinations become the lines of one chart."""
    wanted = [name for name in _LINES_FIRST if name in values] or list(reversed(values))
    chosen: list[str] = []
    for name in wanted:
        if prod(len(values[each]) for each in [*chosen, name]) <= MOST_LINES:
            chosen.append(name)
    return tuple(name for name in values if name in chosen)


def _label(row: Row, names: tuple[str, ...]) -> str:
    if not names:
        return str(row.key.parameters) or row.key.benchmark.rsplit(".", 1)[-1]
    text = words.parameters(row.key.parameters, names)
    return text.removeprefix("backend = ").replace(", backend = ", ", ")
