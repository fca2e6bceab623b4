"""The rows of a benchmark page's table of series, as HTML. Pure.

Pages have thousands of rows together, so that they are written here and not by a template; every text is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from stallhorn import units
from stallhorn.model import Finding, Parameters, SeriesKey, plain
from stallhorn.report.html import causes, words
from stallhorn.report.html.charts.axes import ValueAxis, value_axis
from stallhorn.report.html.charts.intervals import interval_bar
from stallhorn.report.html.data.axis import Floats, Line
from stallhorn.report.html.view import Row, distinct
from stallhorn.report.sentence import floor_in_words

MOST = 100  # rows of a page
_POINTS = 32  # of a sparkline
_WIDTH, _HEIGHT, _EDGE = 132, 24, 3
_LOG_FROM = 8.0
_LEAST_SPAN = 0.1
_REASON = 160
_PLAIN = ("seconds", "bytes")  # units that need no escaping


@dataclass(frozen=True, slots=True)
class Named:
    """How the series of a page are told apart."""

    same: Mapping[str, str]  # parameters that have one value in all rows
    environments: Mapping[str, str]  # labels; empty when there is but one
    machines: bool  # whether there are several

    def parameters(self, key: SeriesKey) -> str:
        """The parameters that tell a series from others: `n=500, backend=numba`."""
        return str(Parameters(tuple(pair for pair in key.parameters.values if pair[0] not in self.same)))

    def place(self, key: SeriesKey) -> str:
        """The environment and the machine, where there are several."""
        label = self.environments.get(key.environment, "")
        return " on ".join(each for each in (label, key.machine if self.machines else "") if each)


def named(rows: Sequence[Row], labels: Mapping[str, str]) -> Named:
    """What tells these rows apart."""
    environments = {row.key.environment for row in rows}
    several = len({row.key.machine for row in rows}) > 1
    shown = {name: labels.get(name, name) for name in environments} if len(environments) > 1 else {}
    return Named(constant(rows) if len(rows) > 1 else {}, shown, several)


def constant(rows: Sequence[Row]) -> dict[str, str]:
    """The parameters that have one value in all rows: {"variant": "default"}."""
    values = distinct(row.key.parameters for row in rows)
    return {name: plain(texts[0]) for name, texts in values.items() if len(texts) == 1}


def series_rows(
    rows: Sequence[Row],
    lines: Sequence[Line],
    verdicts: Sequence[str],
    known: Named,
    findings: Mapping[SeriesKey, Sequence[Finding]],
    anchors: Set[str] = frozenset(),
) -> Markup:
    """A table row for each series, `data-series` being its place in the data; no cell of causes where nothing is.

    `anchors` are the panels of findings that the page has, to which a cause is a link.
    """
    has_causes = any(findings.values())
    alone = _bars(rows) if all(np.count_nonzero(~np.isnan(line.values)) <= 1 for line in lines) else None
    made = []
    pictures = [_bar(row, alone) for row in rows] if alone else _sparklines(lines)
    for place, (row, verdict, picture) in enumerate(zip(rows, verdicts, pictures, strict=True)):
        name = known.parameters(row.key) or ("the only series" if len(rows) == 1 else "no parameters")
        where = known.place(row.key)
        made.append(
            f'<tr data-series="{place}"><td class="pick"></td>'
            f'<th scope="row"><span class="params">{words.breakable(name)}</span>'
            f"{_muted(where)}{_specimen(row)}</th>"
            f'<td class="latest">{_measured(row)}{_reach(row)}</td><td class="against">{_verdict(row, verdict)}</td>'
            f"{_causes(findings.get(row.key, ()), anchors) if has_causes else ''}"
            f'<td class="past">{picture}</td></tr>\n'
        )
    return Markup("".join(made))


def _muted(text: str) -> str:
    return f'<span class="muted where">{words.breakable(text)}</span>' if text else ""


def _measured(row: Row) -> str:
    point, unit = row.measured, row.series.unit
    if point is None:
        return '<span class="unknown">not measured</span>'
    if point.value is None:
        reason = escape(words.clean(_cut(point.reason)))
        return f'<span class="unknown">{point.status.value}</span>' + (
            f' <span class="reason">{reason}</span>' if reason else ""
        )
    value, interval = units.quantity(point.value, unit), units.interval(point.low, point.high, unit)
    if unit not in _PLAIN:
        value, interval = str(escape(words.clean(value))), str(escape(words.clean(interval)))
    taken = words.rounds(point) if point.samples else None
    rounds = f' <span class="muted">{taken} round{"s" * (taken != 1)}</span>' if taken else ""
    return f'<span class="number">{value}</span> <span class="interval">{interval}</span>{rounds}'


def _verdict(row: Row, text: str) -> str:
    if row.series.unit not in _PLAIN:
        text = str(escape(words.clean(text)))
    return (
        f'<span class="standing {row.standing.name.lower()}"><span aria-hidden="true">{words.SIGNS[row.standing]}'
        f"</span> {text}</span>"
    )


def _causes(found: Sequence[Finding], anchors: Set[str]) -> str:
    """Each pitfall once, as a link to the panel of the series if there is one."""
    told: dict[str, Finding] = {}
    for each in found:
        told.setdefault(each.pitfall, each)
    return f'<td class="cause">{" ".join(_cause(each, anchors) for each in told.values())}</td>'


def _cause(each: Finding, anchors: Set[str]) -> str:
    kind = each.severity if each.severity in words.SEVERITIES else "context"
    text = f'<span aria-hidden="true">{words.severity(each.severity)[0]}</span> {words.breakable(each.pitfall)}'
    anchor = causes.anchor(each.about)
    if anchor in anchors:
        return f'<a class="severity {kind}" href="#{anchor}">{text}</a>'
    return f'<span class="severity {kind}">{text}</span>'


def _specimen(row: Row) -> str:
    return f'<span class="specimen">specimen of {words.breakable(row.specimen)}</span>' if row.specimen else ""


def _reach(row: Row) -> str:
    """Its floor, and what it reaches of that."""
    if row.floor is None:
        return ""
    text = ", ".join(each for each in (floor_in_words(row.floor), row.reach) if each)
    return f'<span class="floor{" doubtful" * row.below_floor}">{escape(words.clean(text))}</span>'


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _REASON else line[: _REASON - 1] + "…"


def _bars(rows: Sequence[Row]) -> ValueAxis | None:
    """The scale on which single values stand beside each other."""
    points = [row.measured for row in rows if row.measured is not None and row.measured.value is not None]
    values = [value for point in points for value in (point.value, point.low, point.high) if value is not None]
    return value_axis(values, [], rows[0].series.unit, "") if values else None


def _bar(row: Row, axis: ValueAxis) -> str:
    return str(interval_bar(row.measured, axis, 0)) if row.measured is not None else ""


def _sparklines(lines: Sequence[Line]) -> list[str]:
    """The newest values of each series as one path: high where they are large, broken where a commit is missing."""
    drawn: list[str] = [""] * len(lines)
    whole: dict[int, list[int]] = {}  # by number of points: series that lack none of the newest commits
    for place, line in enumerate(lines):
        newest = line.values[-_POINTS:]
        if np.isnan(newest).any():
            drawn[place] = _torn(line)
        elif len(newest) > 1:
            whole.setdefault(len(newest), []).append(place)
    for count, places in whole.items():
        values = np.stack([lines[place].values[-count:] for place in places])
        template = _template(count)
        for place, heights, ends in zip(places, _heights(values).tolist(), values[:, [0, -1]].tolist(), strict=True):
            drawn[place] = _picture(template % tuple(heights), count, ends, lines[place].series.unit)
    return drawn


def _torn(line: Line) -> str:
    """The picture of a series that lacks commits."""
    places = np.flatnonzero(~np.isnan(line.values))[-_POINTS:]
    if len(places) < 2:
        return ""
    values = line.values[places]
    heights = _heights(values[np.newaxis])[0].tolist()
    return _picture(_broken(places, heights), len(places), (values[0], values[-1]), line.series.unit)


def _picture(path: str, count: int, ends: Sequence[float], unit: str) -> str:
    first, last = (units.quantity(float(value), unit) for value in ends)
    spoken = f"{count} commits: from {first} to {last}"
    if unit not in _PLAIN:
        spoken = str(escape(words.clean(spoken)))
    return (
        f'<svg class="spark" role="img" aria-label="{spoken}" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}"><path d="{path}"/></svg>'
    )


def _heights(values: Floats) -> Floats:
    """Of each row: how far from the top, on an axis of its own that is logarithmic where the values are far apart."""
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    far = (low > 0) & (high >= _LOG_FROM * low)
    values, low, high = (np.where(far, np.log(np.where(far, each, 1.0)), each) for each in (values, low, high))
    span = np.where(far, high - low, np.maximum(high - low, np.abs(high) * _LEAST_SPAN))
    share = (values - (low + high) / 2) / np.where(span > 0, span, 1.0) + 0.5
    return np.rint(_HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE))


_TEMPLATES: dict[int, str] = {}


def _template(count: int) -> str:
    """The path of so many neighbouring points, with a slot for the height of each."""
    found = _TEMPLATES.get(count)
    if found is None:
        step = (_WIDTH - 2 * _EDGE) / (count - 1)
        found = "M" + "L".join(f"{round(_EDGE + place * step)} %d" for place in range(count))
        _TEMPLATES[count] = found
    return found


def _broken(places: NDArray[np.intp], heights: Sequence[float]) -> str:
    first, last = int(places[0]), int(places[-1])
    step, drawn, before = (_WIDTH - 2 * _EDGE) / (last - first), [], -2
    for place, height in zip(places.tolist(), heights, strict=True):
        x = round(_EDGE + (place - first) * step)
        drawn.append(f"{'L' if place == before + 1 else f'M{x - 1} {height:.0f}L'}{x} {height:.0f}")
        before = place
    return "".join(drawn)
