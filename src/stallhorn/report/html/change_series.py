"""The series that a change hit, as HTML: charts of the worst, and a row for each with the commits around it. Pure.

A change can have thousands of series, and a site hundreds of changes: rows are written here and not by a template;
every text is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from stallhorn import units
from stallhorn.model import Change, ChangePoint, Direction, Revision, Series, SeriesKey
from stallhorn.model.points import columns_of
from stallhorn.report.html import words
from stallhorn.report.html.charts.multiple import Look, Point, multiple
from stallhorn.report.html.charts.strip import in_words, strip
from stallhorn.report.html.view import Site
from stallhorn.report.sentence import change_point_in_words, series_name

MOST = 200  # series of a change that have a row
_STRIPS = 40  # of them with the commits around it
_CHARTS = 6
_AROUND = 20  # measured commits on either side

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Around:
    """The measured commits around a change: the columns of its strips and charts."""

    revisions: tuple[Revision, ...]
    boundary: int  # how many of them have the old level
    breaks: frozenset[int]  # places before which commits were not measured

    @property
    def places(self) -> Mapping[str, int]:
        return {revision.commit: place for place, revision in enumerate(self.revisions)}

    @property
    def edge(self) -> tuple[int, int]:
        return max(0, self.boundary - 1), min(self.boundary, len(self.revisions) - 1)


@dataclass(frozen=True, slots=True)
class ShownSeries:
    """The part of a change's page that is about its series."""

    around: Around
    charts: tuple[tuple[str, str, Markup], ...]  # of the worst: name, what changed, the chart
    rows: Markup  # with strips
    folded: Markup  # without
    shown: int
    more: int  # that are not listed


@dataclass(frozen=True, slots=True)
class _Line:
    """One series around a change."""

    point: ChangePoint
    unit: str
    places: Sequence[int]
    values: Floats
    lows: Floats
    highs: Floats


def shown_series(change: Change, naming: Naming, series: Mapping[SeriesKey, Series]) -> ShownSeries:
    """The worst series of a change; `series` are all of the history."""
    site = naming.site
    known = [point for point in change.points[:_STRIPS] if point.key in series]
    slices = [_near(series[point.key], point) for point in known]
    around = _around(change, site, (commit for commits, _, _, _ in slices for commit in commits))
    places = around.places
    lines = []
    for point, (commits, values, lows, highs) in zip(known, slices, strict=True):
        kept = [at for at, commit in enumerate(commits) if commit in places]
        chosen = np.array(kept, dtype=np.intp)
        at = [places[commits[each]] for each in kept]
        lines.append(
            _Line(point, site.units.get(point.key, "seconds"), at, values[chosen], lows[chosen], highs[chosen])
        )
    listed = change.points[:MOST]
    by_key = {line.point.key: line for line in lines}
    first = [_row(point, naming, by_key.get(point.key), around) for point in listed[:_STRIPS]]
    rest = [_row(point, naming, None, around) for point in listed[_STRIPS:]]
    return ShownSeries(
        around=around,
        charts=tuple(_chart(line, around, naming, change) for line in lines[:_CHARTS]),
        rows=Markup("\n".join(first)),
        folded=Markup("\n".join(rest)),
        shown=len(listed),
        more=len(change.points) - len(listed),
    )


def _near(series: Series, point: ChangePoint) -> tuple[Sequence[str], Floats, Floats, Floats]:
    """The commits of a series around its change, with values and bounds."""
    columns = columns_of(series.points)
    old, new = (
        _place(columns.commits, point.last, point.before.stop - 1),
        _place(columns.commits, point.first, point.after.start),
    )
    part = slice(max(0, old - _AROUND + 1), new + _AROUND)
    values, lows, highs = (
        np.frombuffer(each, dtype=np.float64)[part] if isinstance(each, bytes | bytearray) else np.asarray(each)[part]
        for each in (columns.values, columns.lows, columns.highs)
    )
    return columns.commits[part], values, lows, highs


def _place(commits: Sequence[str], commit: str, guess: int) -> int:
    if 0 <= guess < len(commits) and commits[guess] == commit:
        return guess
    return commits.index(commit) if commit in commits else len(commits) - 1


def _around(change: Change, site: Site, commits: Iterable[str]) -> Around:
    revisions = sorted(
        (site.revision(commit) for commit in {*commits, change.last.commit, change.first.commit}),
        key=lambda each: (each.position, each.commit),
    )
    old = [each for each in revisions if each.position <= change.last.position][-_AROUND:]
    new = [each for each in revisions if each.position > change.last.position][:_AROUND]
    shown = (*old, *new)
    breaks = frozenset(
        place
        for place in range(1, len(shown))
        if shown[place - 1].position >= 0 and shown[place].position - shown[place - 1].position > 1
    )
    return Around(shown, len(old), breaks)


@dataclass(frozen=True, slots=True)
class Naming:
    """What tells the series of a site apart."""

    site: Site
    environments: bool  # whether there are several
    machines: bool

    @classmethod
    def of(cls, site: Site) -> Naming:
        return cls(site, len(site.labels) > 1, len(site.machines) > 1)

    def place(self, key: SeriesKey) -> str:
        label = self.site.labels.get(key.environment, key.environment) if self.environments else ""
        return " on ".join(each for each in (label, key.machine if self.machines else "") if each)

    def name(self, key: SeriesKey) -> str:
        return " @ ".join(each for each in (series_name(key), self.place(key)) if each)


def _row(point: ChangePoint, naming: Naming, line: _Line | None, around: Around) -> str:
    key = point.key
    address = f"../benchmark/{words.identifier(key.benchmark)}.html"
    parameters = f' <span class="params">{_text(str(key.parameters))}</span>' if key.parameters.values else ""
    place = naming.place(key)
    beside = f' <span class="muted">{_text(place)}</span>' if place else ""
    unit = naming.site.units.get(key, "seconds")
    levels = f"{units.quantity(point.before.center, unit)} → {units.quantity(point.after.center, unit)}"
    tone = words.change_tone(point.kind, point.direction)
    sign = words.change_sign(point.kind, point.direction)
    drawn = _strip(line, around) if line is not None else ""
    return (
        f'<tr><th scope="row"><a href="{address}">{_text(key.benchmark)}</a>{parameters}{beside}</th>'
        f'<td class="standing {tone}">{sign} {_text(change_point_in_words(point, naming.site.units))}</td>'
        f'<td class="levels">{_text(levels)}</td><td class="cells">{drawn}</td></tr>'
    )


def _strip(line: _Line, around: Around) -> Markup:
    ratios: list[float | None] = [None] * len(around.revisions)
    center, worse = line.point.before.center, line.point.rising is not Direction.FASTER
    for place, value in zip(line.places, line.values.tolist(), strict=True):
        if not math.isnan(value):
            ratio = value / center if center > 0 else 1.0 if value == center else math.inf
            ratios[place] = ratio if worse else (1 / ratio if ratio else math.inf)
    return strip(ratios, around.boundary, in_words(ratios, around.boundary))


def _chart(line: _Line, around: Around, naming: Naming, change: Change) -> tuple[str, str, Markup]:
    points = [
        Point(place, value, value if math.isnan(low) else low, value if math.isnan(high) else high)
        for place, value, low, high in zip(
            line.places, line.values.tolist(), line.lows.tolist(), line.highs.tolist(), strict=True
        )
        if not math.isnan(value)
    ]
    name, moved = naming.name(line.point.key), change_point_in_words(line.point, naming.site.units)
    old, new = (units.quantity(each.center, line.unit) for each in (line.point.before, line.point.after))
    told = f"{old} before, {new} since"
    look = Look(line.unit, words.change_tone(change.kind, change.direction), f"{name}: {moved}, {told}")
    return name, moved, multiple(points, len(around.revisions), around.breaks, around.edge, look)


def _text(text: str) -> str:
    return str(escape(words.clean(text)))
