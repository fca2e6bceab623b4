"""The rows of a benchmark page's table of series, as HTML. Pure.

Pages have thousands of rows together, so that they are written here and not by a template; every text is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from stallhorn.report.sentence import Standing, floor_in_words

MOST = 100  # rows of a page
_POINTS = 32  # of a sparkline
_WIDTH, _HEIGHT, _EDGE = 132, 24, 3
_LOG_FROM = 8.0
_LEAST_SPAN = 0.1
_REASON = 160
_BELOW_ALL = frozenset({Standing.NEW, Standing.FAILED, Standing.SKIPPED, Standing.OLD})


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
    known: Named,
    findings: Mapping[SeriesKey, Sequence[Finding]],
) -> Markup:
    """A table row for each series, `data-series` being its place in the data; no cell of causes where nothing is."""
    has_causes = any(findings.values())
    alone = _bars(rows) if all(np.count_nonzero(~np.isnan(line.values)) <= 1 for line in lines) else None
    made = []
    for place, (row, line) in enumerate(zip(rows, lines, strict=True)):
        name = known.parameters(row.key) or ("the only series" if len(rows) == 1 else "no parameters")
        where = known.place(row.key)
        picture = _bar(row, alone) if alone else _sparkline(line)
        made.append(
            f'<tr data-series="{place}"><td class="pick"></td>'
            f'<th scope="row"><span class="params">{words.breakable(name)}</span>'
            f"{_muted(where)}{_specimen(row)}</th>"
            f'<td class="latest">{_measured(row)}{_reach(row)}</td><td class="against">{_verdict(row)}</td>'
            f"{_causes(findings.get(row.key, ())) if has_causes else ''}"
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
    if unit not in ("seconds", "bytes"):
        value, interval = str(escape(words.clean(value))), str(escape(words.clean(interval)))
    taken = words.rounds(point) if point.samples else None
    rounds = f' <span class="muted">{taken} round{"s" * (taken != 1)}</span>' if taken else ""
    return f'<span class="number">{value}</span> <span class="interval">{interval}</span>{rounds}'


def _verdict(row: Row) -> str:
    text = row.verdict
    if row.series.unit not in ("seconds", "bytes"):
        text = str(escape(words.clean(text)))
    return (
        f'<span class="standing {row.standing.name.lower()}"><span aria-hidden="true">{words.SIGNS[row.standing]}'
        f"</span> {text}</span>"
    )


def _causes(found: Sequence[Finding]) -> str:
    """Links to the panels of a series: each pitfall once."""
    told: dict[str, Finding] = {}
    for each in found:
        told.setdefault(each.pitfall, each)
    links = " ".join(
        f'<a class="severity {each.severity if each.severity in words.SEVERITIES else "context"}" '
        f'href="#{causes.anchor(each.about)}"><span aria-hidden="true">{words.severity(each.severity)[0]}</span> '
        f"{words.breakable(name)}</a>"
        for name, each in told.items()
    )
    return f'<td class="cause">{links}</td>'


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


def _sparkline(line: Line) -> str:
    """The newest values as one path: as high as they are large, broken where a commit is missing."""
    places = np.flatnonzero(~np.isnan(line.values))[-_POINTS:]
    if len(places) < 2:
        return ""
    values = line.values[places]
    heights = _heights(values).tolist()
    if places[-1] - places[0] == len(places) - 1:
        drawn = _template(len(places)) % tuple(heights)
    else:
        drawn = _broken(places, heights)
    first, last = (units.quantity(float(values[place]), line.series.unit) for place in (0, -1))
    spoken = escape(words.clean(f"{len(places)} commits: from {first} to {last}"))
    return (
        f'<svg class="spark" role="img" aria-label="{spoken}" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}"><path d="{drawn}"/></svg>'
    )


def _heights(values: Floats) -> Floats:
    low, high = float(values.min()), float(values.max())
    if low > 0 and high / low >= _LOG_FROM:
        values, low, high = np.log(values), float(np.log(low)), float(np.log(high))
        span = high - low
    else:
        span = max(high - low, abs(high) * _LEAST_SPAN) or 1.0
    middle = (low + high) / 2
    share = (values - middle) / span + 0.5
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
