"""What environments consist of, when that changed, and which series differ between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stallhorn import units
from stallhorn.contrast import Contrast, Facts, Outcome, Side, completed, contrast
from stallhorn.model import Environment, History, Machine, Revision
from stallhorn.report.environments import Difference, changed, declared, described, installed, newest
from stallhorn.report.environments import Facts as Told
from stallhorn.report.html.pages.base import Link, Page
from stallhorn.report.html.pages.compare import SIGNS
from stallhorn.report.html.view import Row, Site

LINK = Link("Environments", "environments.html", 60)

_COLUMNS = 12  # environments beside each other
_ROWS = 30  # series with the largest differences
_CHANGES = 100  # of what is installed


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing, in every environment."""

    what: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Column:
    """One environment against the reference."""

    name: str
    label: str
    series: int
    newest: Revision | None  # the newest commit with a value
    found: Contrast | None  # None: of the reference itself, or where both never met
    counts: tuple[tuple[Outcome, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    name: str  # of its outcome, as a class; "" where there is no pair
    sign: str
    ratio: str
    interval: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """One series in every environment but the reference, whose value and interval stand before them."""

    row: Row
    value: str
    interval: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A commit at which something else was installed than at the measured commit before it."""

    revision: Revision
    where: tuple[tuple[str, str], ...]  # labels of environments with their machines, in which it was the same
    differences: tuple[Difference, ...]


def pages(site: Site) -> Iterable[Page]:
    history = site.report.history
    seen = installed(history)
    facts = Facts(history)
    names = _ordered(history, site.labels)[:_COLUMNS]
    columns = [_column(name, names[0], facts, site) for name in names]
    lines, compared = _lines(columns, site)
    content = {
        "columns": columns,
        "left_out": max(0, len(site.labels) - len(names)),
        "rows": _facts(names, seen, history),
        "lines": lines,
        "compared": compared,
        "moments": list(_moments(seen, site))[:_CHANGES],
        "recorded": bool(seen),
        "machines": [(name, described(history.machines.get(name) or Machine(name))) for name in site.machines],
    }
    scripts, styles = ("static/environments.js",), ("static/environments.css",)
    yield Page("environments.html", "environments.html.j2", "Environments", content, scripts, styles)


def _ordered(history: History, labels: Mapping[str, str]) -> list[str]:
    """The environments that were measured, the one with most series first: it is the reference."""
    counts: dict[str, int] = {}
    for series in history.series:
        counts[series.key.environment] = counts.get(series.key.environment, 0) + 1
    return sorted((name for name in labels if name in counts), key=lambda name: (-counts[name], name))


def _column(name: str, reference: str, facts: Facts, site: Site) -> Column:
    history = facts.history
    measured = facts.measured(Side(environment=name))
    at = next((each for each in reversed(history.revisions) if each.commit in measured), None)
    count = len(facts.chosen(Side(environment=name)))
    label = site.labels.get(name, name)
    if name == reference:
        return Column(name, label, count, at, None)
    one, other = completed(history, Side(environment=reference), Side(environment=name))
    if not one.commit:
        return Column(name, label, count, at, None)
    found = contrast(history, one, other)
    return Column(
        name, label, count, at, found, tuple((each, SIGNS[each], found.summary.counts[each]) for each in Outcome)
    )


def _facts(names: Sequence[str], seen: Mapping[tuple[str, str], Mapping[str, Told]], history: History) -> list[Fact]:
    """What each environment has: as it was seen at its newest commit, else as it was asked for."""
    found: list[dict[str, str]] = []
    for name in names:
        told = dict(declared(history.environments.get(name) or Environment(name, "")))
        for (environment, _), commits in sorted(seen.items()):
            if environment == name:
                told |= dict(newest(commits, history))
        found.append(told)
    every = sorted({what for told in found for what in told}, key=str.lower)
    return [Fact(what, tuple(told.get(what, "") for told in found)) for what in every]


def _lines(columns: Sequence[Column], site: Site) -> tuple[list[Line], int]:
    """The series that differ most between environments, and how many have a value in two."""
    against = [column.found for column in columns[1:] if column.found is not None]
    places = {id(found): _by_place(found) for found in against}
    every = sorted({place for found in places.values() for place in found})

    def size(place: int) -> tuple[int, float]:
        """Slower or faster in some environment, and by how much at most."""
        told, most = 0, 0.0
        for found in against:
            pair = places[id(found)].get(place)
            if pair is not None and found.outcome(pair) is not Outcome.NONE:
                told = max(told, int(found.outcome(pair) in (Outcome.SLOWER, Outcome.FASTER)))
                most = max(most, abs(float(np.log(found.ratios[pair]))))
        return told, most

    worst = sorted(every, key=lambda place: (*(-each for each in size(place)), place))[:_ROWS]
    lines = [
        Line(
            site.indexed[place],
            *_reference(site.indexed[place], place, against, places),
            tuple(
                _cell(column.found, None if column.found is None else places[id(column.found)].get(place))
                for column in columns[1:]
            ),
        )
        for place in worst
    ]
    return lines, len(every)


def _reference(
    row: Row, place: int, against: Sequence[Contrast], places: Mapping[int, Mapping[int, int]]
) -> tuple[str, str]:
    """The value of a series in the reference, and its interval, as the first environment is compared with it."""
    found = next(found for found in against if place in places[id(found)])
    value, low, high = found.before[places[id(found)][place]].tolist()
    known = low == low and high == high
    interval = units.interval(low if known else None, high if known else None, row.series.unit)
    return units.quantity(value, row.series.unit), interval


def _by_place(found: Contrast) -> dict[int, int]:
    """The pairs that can be compared, by the place of the reference's series."""
    known = ~np.isnan(found.ratios)
    return {int(found.firsts[pair]): int(pair) for pair in np.flatnonzero(known)}


def _cell(found: Contrast | None, pair: int | None) -> Cell:
    if found is None or pair is None:
        return Cell("", "", "", "", "")
    outcome = found.outcome(pair)
    low, high = float(found.lows[pair]), float(found.highs[pair])
    ratio = float(found.ratios[pair])
    if outcome is Outcome.FASTER:
        ratio, low, high = 1 / ratio, 1 / high, 1 / low
    interval = "no interval" if low != low or high != high else f"{_times(low)} to {_times(high)}"
    return Cell(outcome.name.lower(), SIGNS[outcome], _times(ratio), interval, outcome.value)


def _times(ratio: float) -> str:
    return f"{ratio:#.3g}x" if 1e-3 <= ratio < 100 else f"{ratio:.3g}x"


def _moments(seen: Mapping[tuple[str, str], Mapping[str, Told]], site: Site) -> Iterable[Moment]:
    """Where something else was installed than before, newest first."""
    history = site.report.history
    found: dict[tuple[str, tuple[Difference, ...]], list[tuple[str, str]]] = {}
    for (environment, machine), commits in sorted(seen.items()):
        before: dict[str, str] = {}
        for revision in history.revisions:
            told = commits.get(revision.commit)
            if told is None:
                continue
            if differences := tuple(changed(tuple(before.items()), told)):
                label = site.labels.get(environment, environment)
                found.setdefault((revision.commit, differences), []).append((label, machine))
            before |= dict(told)
    moments = [Moment(site.revision(commit), tuple(where), what) for (commit, what), where in found.items()]
    return sorted(moments, key=lambda each: -each.revision.position)
