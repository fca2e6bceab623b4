"""The rows of a benchmark page's table of series, as HTML. Pure.

Pages have thousands of rows together, so that they are written here and not by a template; every text is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from markupsafe import Markup

from stallhorn import units
from stallhorn.model import Finding, SeriesKey, plain
from stallhorn.report.html import causes, words
from stallhorn.report.html.charts.axes import ValueAxis, value_axis
from stallhorn.report.html.charts.intervals import interval_bar
from stallhorn.report.html.view import Row, distinct
from stallhorn.report.sentence import floor_in_words

MOST = 100  # rows of a page
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
        same = self.same
        return ", ".join([f"{name}={plain(text)}" for name, text in key.parameters.values if name not in same])

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
    pictures: Sequence[str],
    verdicts: Sequence[str],
    known: Named,
    findings: Mapping[SeriesKey, Sequence[Finding]],
    anchors: Set[str] = frozenset(),
) -> Markup:
    """A table row for each series, `data-series` being its place in the data; no cell of causes where nothing is.

    `pictures` are those of the histories; where no series has one, the single values stand beside each other.
    `anchors` are the panels of findings that the page has, to which a cause is a link.
    """
    has_causes = any(findings.values())
    alone = None if any(pictures) else _bars(rows)
    several = bool(known.environments) or known.machines
    made = []
    pictures = [_bar(row, alone) for row in rows] if alone else pictures
    for place, (row, verdict, picture) in enumerate(zip(rows, verdicts, pictures, strict=True)):
        key = row.series.key
        name = known.parameters(key) or ("the only series" if len(rows) == 1 else "no parameters")
        where = known.place(key) if several else ""
        made.append(
            f'<tr data-series="{place}"><td class="pick"></td>'
            f'<th scope="row"><span class="params">{words.breakable(name)}</span>'
            f"{_muted(where)}{_specimen(row)}</th>"
            f'<td class="latest">{_measured(row)}{_reach(row)}</td><td class="against">{_verdict(row, verdict)}</td>'
            f"{_causes(findings.get(key, ()), anchors) if has_causes else ''}"
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
        reason = words.escaped(_cut(point.reason))
        return f'<span class="unknown">{point.status.value}</span>' + (
            f' <span class="reason">{reason}</span>' if reason else ""
        )
    value, interval = units.quantity(point.value, unit), units.interval(point.low, point.high, unit)
    if unit not in _PLAIN:
        value, interval = words.escaped(value), words.escaped(interval)
    taken = words.rounds(point) if point.samples else None
    rounds = f' <span class="muted">{taken} round{"s" * (taken != 1)}</span>' if taken else ""
    return f'<span class="number">{value}</span> <span class="interval">{interval}</span>{rounds}'


def _verdict(row: Row, text: str) -> str:
    if row.series.unit not in _PLAIN:
        text = words.escaped(text)
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
    return f'<span class="floor{" doubtful" * row.below_floor}">{words.escaped(text)}</span>'


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
