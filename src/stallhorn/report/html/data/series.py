"""The index of all series, from which the tables of the site are made in the browser.

`data/series.js` is `(window.stallhornData ||= {}).series = {...}` with `schema: 1`. Its columns have one entry for each
series, in the order of `Site.indexed`, by whose places other data files name series. static/series.js reads it.

    benchmarks, pages        names of benchmarks; ten hexadecimal digits of each one's page, in one text
    benchmark                column: place in `benchmarks`
    shapes, combinations     lists of parameter names; [place in `shapes`, text of each value]
    parameters               column: place in `combinations`
    roles, role              [size, backend, variant, threads]: names of parameters or ""; place for each benchmark
    environments             [name, short label]; column `environment`
    machines, units          texts; columns `machine`, `unit`
    standings                [name, words, sign]; column `standing`; the most urgent first
    statuses                 words; column `status`: how the newest measurement ended
    scale                    column: exponents of ten, see `numbers`; data files of single commits have the same
    value                    column: the newest value as an integer, on ten times that scale; null for none
    ratio                    column: (ratio - 1) * 1000, rounded as it is shown where nothing changed; null for none
    reasons, reason          texts; column: place in `reasons`, -1 for none, as for all that is within noise
    changes, change          [id, page, words]; column: place in `changes` of the newest one, -1 for none
    causes, caused           [pitfall, severity, title, page]; [[series, ...], [place in `causes`, ...]]
    specimens                series that are kept sick on purpose
    everywhere               [[name, value], ...] of parameters with one value in the whole project

What takes most room is apart, and read when the reader goes on: `data/series-rest.js`, as `series-rest`, has

    below, above             columns: how far the interval reaches below and above the value; null for none
    reason                   column, of what is within noise too
    points, spark            how many characters a history has; the histories of all series, see `spark`

`data/series-top.js`, as `series-top`, has the same of the series in `rows` alone: those with which a table begins.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np

from stallhorn.model import Benchmark, Finding, SeriesKey, plain
from stallhorn.report.html import causes, words
from stallhorn.report.html.cards import newest_of_series
from stallhorn.report.html.data.numbers import Floats, Integers, listed, scaled
from stallhorn.report.html.data.spark import length, sparks, top
from stallhorn.report.html.view import Row, Site
from stallhorn.report.sentence import Standing
from stallhorn.sweeps.roles import roles

Item = TypeVar("Item", bound=Hashable)

SCHEMA = 1
_REASONS = 300  # different texts that are kept
_REASON = 160  # characters of each
_TOLD = frozenset({Standing.SLOWER, Standing.FASTER, Standing.MACHINE, Standing.MEASURED})


def series_index(site: Site, found: Mapping[SeriesKey, Sequence[Finding]], exponents: Integers) -> dict[str, object]:
    """The index; `found` are the findings of each series at the judged commits that something should be done about.

    `exponents` are the scales of the series, see `numbers`.
    """
    rows = site.indexed
    return {
        "schema": SCHEMA,
        "count": len(rows),
        **_names(rows, site),
        **_standings(rows),
        **_values(rows, exponents),
        **_reasons(rows),
        **_causes(rows, found),
        **_changes(rows, site),
        "specimens": [place for place, row in enumerate(rows) if row.specimen],
        "everywhere": [[words.clean(name), words.clean(plain(text))] for name, text in site.everywhere.items()],
    }


def series_rest(site: Site, exponents: Integers) -> tuple[dict[str, object], dict[str, object]]:
    """What is read later: of the rows with which a table begins, and of all."""
    rows, drawn, first = site.indexed, sparks(site), top(site)
    _, below, above = _intervals(rows, exponents + 1)
    columns: dict[str, Sequence[int | None]] = {
        "below": listed(below),
        "above": listed(above),
        "reason": _explained(rows)[1],
    }
    about = {"schema": SCHEMA, "points": length(site)}
    begin = {name: [column[place] for place in first] for name, column in columns.items()}
    return (
        {**about, "rows": first, **begin, "spark": "".join(drawn[place] for place in first)},
        {**about, **columns, "spark": "".join(drawn)},
    )


class _Places(Generic[Item]):
    """Different items, numbered as they come."""

    def __init__(self) -> None:
        self._known: dict[Item, int] = {}

    def __call__(self, item: Item) -> int:
        return self._known.setdefault(item, len(self._known))

    @property
    def items(self) -> list[Item]:
        return list(self._known)


def _names(rows: Sequence[Row], site: Site) -> dict[str, object]:
    benchmarks, environments, machines, units = (_Places[str]() for _ in range(4))
    shapes, combinations = _Places[tuple[str, ...]](), _Places[tuple[object, ...]]()
    columns: dict[str, list[int]] = {name: [] for name in ("benchmark", "parameters", "environment", "machine", "unit")}
    known: dict[tuple[tuple[str, str], ...], int] = {}  # the same parameters are those of many series
    for row in rows:
        key = row.series.key
        columns["benchmark"].append(benchmarks(key.benchmark))
        values = key.parameters.values
        place = known.get(values)
        if place is None:
            shape = shapes(tuple(words.clean(name) for name, _ in values))
            place = combinations((shape, *(words.clean(plain(text)) for _, text in values)))
            known[values] = place
        columns["parameters"].append(place)
        columns["environment"].append(environments(key.environment))
        columns["machine"].append(machines(key.machine))
        columns["unit"].append(units(row.series.unit))
    return {
        "benchmarks": [words.clean(name) for name in benchmarks.items],
        "pages": "".join(words.identifier(name) for name in benchmarks.items),
        **_roles([site.benchmark(name) for name in benchmarks.items], site.report.history.project.roles),
        "shapes": shapes.items,
        "combinations": combinations.items,
        "environments": [[words.clean(name), words.clean(site.labels.get(name, name))] for name in environments.items],
        "machines": [words.clean(name) for name in machines.items],
        "units": [words.clean(unit) for unit in units.items],
        **columns,
    }


def _roles(benchmarks: Iterable[Benchmark], said: Mapping[str, Sequence[str]]) -> dict[str, object]:
    known = _Places[tuple[str, ...]]()
    column = []
    for each in benchmarks:
        found = roles(each, said)
        names = (found.size, found.backend, found.variant, found.threads)
        column.append(known(tuple(words.clean(name) for name in names)))
    return {"roles": known.items, "role": column}


def _standings(rows: Sequence[Row]) -> dict[str, object]:
    codes = {each: code for code, each in enumerate(Standing)}
    statuses = _Places[str]()
    statuses("ok")
    return {
        "standings": [[each.name.lower(), each.value, words.SIGNS[each]] for each in Standing],
        "standing": [codes[row.standing] for row in rows],
        "status": [statuses(row.measured.status.value if row.measured else "not measured") for row in rows],
        "statuses": statuses.items,
    }


def _values(rows: Sequence[Row], exponents: Integers) -> dict[str, object]:
    value, _, _ = _intervals(rows, exponents + 1)
    return {"scale": exponents.tolist(), "value": listed(value), "ratio": [_ratio(row) for row in rows]}


def _intervals(rows: Sequence[Row], exponents: Integers) -> tuple[Floats, Floats, Floats]:
    """The value of each row, and how far its interval reaches below and above it."""
    columns = np.array(
        [(row.measured.value, row.measured.low, row.measured.high) if row.measured else (None,) * 3 for row in rows],
        np.float64,
    ).reshape(len(rows), 3)
    value, low, high = (scaled(columns[:, place], exponents) for place in range(3))
    return value, value - low, high - value


def _ratio(row: Row) -> float | None:
    ratio = row.ratio
    if ratio is None or not math.isfinite(ratio):
        return None
    if row.standing in _TOLD or not 0.501 < ratio < 1.999:  # beyond, another form is shown from 0.5 and 2 on
        return float(f"{(ratio - 1) * 1000:.6g}")
    return round((ratio - 1) * 1000)


def _reasons(rows: Sequence[Row]) -> dict[str, object]:
    texts, column = _explained(rows)
    early = [-1 if row.standing is Standing.SAME else place for row, place in zip(rows, column, strict=True)]
    return {"reasons": texts, "reason": early}


def _explained(rows: Sequence[Row]) -> tuple[list[str], list[int]]:
    """Different reasons, and the place of each row's; -1 for none."""
    texts, column = _Places[str](), []
    known = {"": -1}
    for row in rows:
        reason = row.reason
        place = known.get(reason)
        if place is None:
            text = " ".join(words.clean(reason).split())
            place = texts(text if len(text) <= _REASON else text[: _REASON - 1] + "…") if text else -1
            known[reason] = place
        column.append(place if place < _REASONS else -1)
    return texts.items[:_REASONS], column


def _causes(rows: Sequence[Row], found: Mapping[SeriesKey, Sequence[Finding]]) -> dict[str, object]:
    known = _Places[tuple[str, str, str, str]]()
    caused: tuple[list[int], list[int]] = ([], [])
    for place, row in enumerate(rows) if found else ():
        for each in found.get(row.key, ()):
            title = words.clean(causes.title(each.pitfall))
            caused[0].append(place)
            caused[1].append(known((words.clean(each.pitfall), each.severity, title, causes.page(each.pitfall))))
    return {"causes": known.items, "caused": caused}


def _changes(rows: Sequence[Row], site: Site) -> dict[str, object]:
    newest, told = newest_of_series(site), _Places[tuple[str, str, str]]()
    found = (newest.get(row.key) for row in rows)
    column = [-1 if each is None else told(each) for each in found]
    return {"changes": [[name, page, words.clean(text)] for name, page, text in told.items], "change": column}
