"""Everything that the charts of one benchmark's page need, as one block of JSON.

Values are integers: a series has one power of ten for all its values, bounds are distances from the value. A series
that lacks commits of its machine's axis has a list of the places where it is, or where it is not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
from numpy.typing import NDArray

from stallhorn.model import Benchmark, ChangePoint, Floor, Measurement, Observation, Parameters, Roofs, Status, plain
from stallhorn.model.points import STATUSES, columns_of
from stallhorn.report.html import words
from stallhorn.report.html.data.axis import Block, Floats, Line, Whole
from stallhorn.report.html.data.records import facts_of, samples_of
from stallhorn.report.sentence import floor_in_words
from stallhorn.sweeps.roles import Roles

SCHEMA = 1
DIGITS = 4  # of the smallest value of a series that are kept
_FAILURES = 12  # of one series that are told, the newest
_REASON = 160  # characters
_FINE = bytes(code for code, status in enumerate(STATUSES) if status in (Status.OK, Status.SKIPPED))
_IS_BAD = np.array([status not in (Status.OK, Status.SKIPPED) for status in STATUSES])  # by code


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says of one series besides its points."""

    parameters: Parameters
    environment: int  # place in the page's list
    machine: int
    standing: int
    verdict: str
    changes: tuple[ChangePoint, ...]
    floor: Floor | None
    specimen: str | None
    observed: tuple[Observation, ...]
    start: Mapping[str, object] | None = None  # of the first call


@dataclass(frozen=True, slots=True)
class Numbers:
    """The points of one series as they are written; `power` is that of ten of their last digit."""

    power: int
    written: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Mark:
    """A change of the report that hit series of the page."""

    id: str
    page: str  # of the change, from the top of the site; "" where it has none
    tone: str
    text: str
    last: str  # commits
    first: str
    machine: int
    series: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a page's charts are made of."""

    benchmark: Benchmark
    roles: Roles
    lines: Sequence[Line]
    numbers: Sequence[Numbers]  # of each line
    told: Sequence[Told]  # of each line
    machines: Sequence[Mapping[str, object]]
    environments: Sequence[Mapping[str, object]]
    standings: Sequence[Mapping[str, object]]
    marks: Sequence[Mark]
    tabs: Mapping[str, str]  # for each tab that has nothing to show, why


def block(sheet: Sheet) -> bytes:
    """The JSON of a page, fit to stand inside its HTML."""
    names = _names(sheet.told, sheet.benchmark)
    listed = list(names)
    series = sheet.lines[0].series if sheet.lines else None
    content = {
        "schema": SCHEMA,
        "name": words.clean(sheet.benchmark.name),
        "unit": words.clean(series.unit if series else sheet.benchmark.unit),
        "rising": series.rising.value if series else "slower",
        "machines": sheet.machines,
        "environments": sheet.environments,
        "parameters": [words.clean(name) for name in listed],
        "texts": [[words.clean(plain(text)) for text in texts] for texts in names.values()],
        "roles": {
            role: listed.index(name) if (name := getattr(sheet.roles, role)) in names else None
            for role in ("size", "backend", "variant", "threads")
        },
        "standings": sheet.standings,
        "tabs": sheet.tabs,
        "marks": [_mark(each) for each in sheet.marks],
        "series": _series(sheet, {name: {text: at for at, text in enumerate(texts)} for name, texts in names.items()}),
    }
    return escaped(orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY))


def escaped(json: bytes) -> bytes:
    """JSON that nothing in it can end or change where it stands inside a page or a script."""
    if b"<" in json:
        json = json.replace(b"<", b"\\u003c")
    if b"\xe2\x80" in json:
        json = json.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return json


def roofs_of(roofs: Roofs | None) -> dict[str, object] | None:
    """What a machine can do, for the roofline; None where it was not measured."""
    if roofs is None:
        return None
    by_threads = {
        str(threads): {
            "memory": roof.memory,
            "flops": roof.flops,
            "caches": [[cache.level, cache.size, cache.bandwidth] for cache in roof.caches],
        }
        for threads, roof in sorted(roofs.by_threads.items())
    }
    return {"threads": by_threads, "cores": roofs.cores, "disturbed": roofs.disturbed}


def _names(told: Sequence[Told], benchmark: Benchmark) -> dict[str, list[str]]:
    """Parameter names with the texts that occur, as the suite lists them, so that a backend keeps its colour."""
    found: dict[str, dict[str, None]] = {}
    for each in told:
        for name, text in each.parameters.values:
            found.setdefault(name, {})[text] = None
    for name, listed in zip(benchmark.param_names, benchmark.params, strict=False):
        if name in found:
            found[name] = dict.fromkeys([*(text for text in listed if text in found[name]), *found[name]])
    return {name: list(texts) for name, texts in found.items()}


def _mark(mark: Mark) -> dict[str, object]:
    return {
        "id": mark.id,
        "page": mark.page,
        "tone": mark.tone,
        "text": mark.text,
        "last": mark.last[:10],
        "first": mark.first[:10],
        "machine": mark.machine,
        "series": mark.series,
    }


def _series(sheet: Sheet, places: Mapping[str, Mapping[str, int]]) -> list[dict[str, object]]:
    named = list(places.items())
    made = []
    for line, each, numbers in zip(sheet.lines, sheet.told, sheet.numbers, strict=True):
        values = dict(each.parameters.values)
        made.append(
            {
                "p": [texts.get(values.get(name, ""), -1) for name, texts in named],
                "w": (each.machine, each.environment, each.standing),
                "t": words.clean(each.verdict),
                **numbers.written,
                **_seldom(line, each, sheet.benchmark, numbers.power),
            }
        )
    return made


def numbers_of(block: Block) -> list[Numbers]:
    """The points of series that share an axis: power of ten, values, and how far below and above its bounds are."""
    known = ~np.isnan(block.values)
    powers = _powers(block.values, known)
    scales = 10.0 ** -powers.astype(np.float64)[:, np.newaxis]
    scaled = np.rint(np.where(known, block.values, 0.0) * scales)
    below = _distance(scaled - np.rint(block.lows * scales))
    above = _distance(np.rint(block.highs * scales) - scaled)
    whole, commits = scaled.astype(np.int64), known.shape[1]
    found = []
    for line, power, here, *columns in zip(block.lines, powers.tolist(), known, whole, below, above, strict=True):
        written: dict[str, object] = {"s": power}
        if line.count < commits:
            # What is shorter: the places that it has, or those that it lacks.
            few = 2 * line.count < commits
            written["at" if few else "no"] = (here if few else ~here).nonzero()[0]
            columns = [column[here] for column in columns]
        written["v"], written["l"], written["h"] = columns
        found.append(Numbers(power, written))
    return found


def _powers(values: Floats, known: NDArray[np.bool_]) -> Whole:
    """For each row the power of ten of its last digit: its smallest value has `DIGITS` of them, as far as they fit."""
    sizes = np.abs(values)
    least = np.where(known & (sizes > 0), sizes, np.inf).min(axis=1, initial=np.inf)
    most = np.where(known, sizes, 0.0).max(axis=1, initial=0.0)
    found = np.zeros(len(values), np.int64)
    some = np.isfinite(least) & (most > 0)
    finest = np.floor(np.log10(least[some])) - (DIGITS - 1)
    coarsest = np.ceil(np.log10(most[some])) - 15  # the scripts' integers are exact to 2^53
    found[some] = np.maximum(finest, coarsest).astype(np.int64)
    return np.clip(found, -300, 300)


def _distance(found: Floats) -> Whole:
    """Distances as integers; -1 where there is no bound."""
    return np.where(np.isnan(found), -1.0, np.clip(found, 0.0, 2.0**53)).astype(np.int64)


def _seldom(line: Line, told: Told, benchmark: Benchmark, power: int) -> dict[str, object]:
    """What only some series have."""
    found: dict[str, object] = {}
    if levels := _levels(line, told.changes, power):
        found["levels"] = levels
    if failures := _failures(line):
        found["bad"] = failures
    if told.observed and (facts := facts_of(told.observed, line)):
        found["facts"] = facts
    if samples := samples_of(line, power):
        found["raw"] = samples
    if floor := told.floor:
        found["floor"] = [float(f"{floor.seconds:.4g}"), words.clean(floor_in_words(floor))]
    if benchmark.work and (work := benchmark.work_of(told.parameters)):
        found["work"] = [work.get("flops", 0.0), work.get("bytes", 0.0)]
    if told.start:
        found["start"] = told.start
    if told.specimen:
        found["specimen"] = words.clean(told.specimen)
    return found


def _levels(line: Line, changes: Sequence[ChangePoint], power: int) -> list[list[int]]:
    """Flat stretches: from and to which place on the axis, and how high."""
    if not changes:
        return []
    ordered = sorted(changes, key=lambda each: each.after.start)
    stretches = [ordered[0].before, *(each.after for each in ordered)]
    found, points = [], len(line.index)
    for level in stretches:
        here = [place for place in line.index[level.start : min(level.stop, points)].tolist() if place >= 0]
        if here and math.isfinite(level.center):
            found.append([here[0], here[-1], round(level.center * 10.0**-power)])
    return found


def _failures(line: Line) -> list[list[object]]:
    """The newest failures: place on the axis, how it ended, and why."""
    columns = columns_of(line.series.points)
    if not columns.statuses.translate(None, _FINE):
        return []
    bad = _IS_BAD[np.frombuffer(columns.statuses, np.uint8)]
    failed = np.flatnonzero(bad & (line.index >= 0))[-_FAILURES:]
    found: list[list[object]] = []
    for place in failed.tolist():
        point: Measurement = line.series.points[place]
        found.append([int(line.index[place]), point.status.value, words.clean(point.reason[:_REASON])])
    return found
