"""Which series share a chart: at most six lines each, told apart by as few parameters as possible. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from stallhorn.model import plain
from stallhorn.report.html import words
from stallhorn.report.html.charts.history import MOST_LINES
from stallhorn.report.html.view import Row, distinct

# What people compare at the same size: these parameters become lines; any other only where none of these varies.
_LINES_FIRST = ("backend", "variant", "threads")


@dataclass(frozen=True, slots=True)
class Facet:
    """One chart: what all its lines have in common, and for each line what it is called."""

    title: str  # "" when nothing tells this chart from the others
    rows: tuple[Row, ...]
    labels: tuple[str, ...]


def facets(rows: Sequence[Row]) -> list[Facet]:
    """Charts for the series of one benchmark, environment and machine, in the order of the rows."""
    values = {name: texts for name, texts in distinct(row.key.parameters for row in rows).items() if len(texts) > 1}
    lines = _line_parameters(values)
    charts = tuple(name for name in values if name not in lines)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(words.parameters(row.key.parameters, charts), []).append(row)
    found = []
    for title, group in groups.items():
        for start in range(0, len(group), MOST_LINES):
            part = group[start : start + MOST_LINES]
            found.append(Facet(title, tuple(part), tuple(_label(row, lines) for row in part)))
    return found


def constant(rows: Sequence[Row]) -> str:
    """The parameters that have one value in all rows: `threads = 1, variant = default`."""
    values = distinct(row.key.parameters for row in rows)
    return ", ".join(f"{name} = {plain(texts[0])}" for name, texts in values.items() if len(texts) == 1)


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
