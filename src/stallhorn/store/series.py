"""Measurements, records and revisions into series."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from stallhorn.model import Benchmark, BuildFailure, Measurement, Revision, Series, SeriesKey, Status
from stallhorn.model.points import CODES, Columns, Numbers, Points, points_of
from stallhorn.stats import median
from stallhorn.store.axis import Axis
from stallhorn.store.base import Reading
from stallhorn.store.interval import measured
from stallhorn.store.records import Record, Records

if TYPE_CHECKING:
    from stallhorn.store._tables import Part

_SAME_VALUE = 1e-3  # relative; records whose median is further from asv's value belong to another run
_CAPPED = 300  # characters of a process's error output that serve as a reason


def build_series(reading: Reading, records: Records, revisions: Sequence[Revision]) -> tuple[Series, ...]:
    """One series per key, in the suite's order; its points oldest first, one per revision (the one that started last).

    Points that the probe took by another method than the newest one are left out: they do not compare.
    """
    axis, told, benchmarks = Axis(revisions), _Told(records), reading.benchmarks
    parts: dict[SeriesKey, list[Part]] = {}
    for table in reading.tables:
        for part in table.parts(axis):
            parts.setdefault(part.key, []).append(part)
    single: dict[SeriesKey, list[_Single]] = {}
    for order, each in (
        *chain.from_iterable(table.single for table in reading.tables),
        *enumerate(reading.measurements),
    ):
        single.setdefault(each.key, []).append((axis.positions[each.commit], order, each))
    found = []
    for key in sorted(parts.keys() | single.keys(), key=lambda key: _place(key, benchmarks[key.benchmark])):
        some = parts.get(key, [])
        if key in single:
            points = _completed_points(key, some, single[key], told, axis)
        else:
            points = _completed_part(some[0] if len(some) == 1 else _joined(some, axis), told, axis)
        if points:
            found.append(Series(key, benchmarks[key.benchmark].unit, points))
    return tuple(found)


_Single = tuple[int, int, Measurement]  # the place of its commit, when it was read, and what it is


class _Told:
    """What records tell, by the place where it was seen."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.cells = {(key.machine, key.environment, commit) for key, commit in records.by_cell}
        self._commits: dict[tuple[str, str], set[str]] = {}
        for machine, environment, commit in self.cells:
            self._commits.setdefault((machine, environment), set()).add(commit)
        for commit, environment, machine in records.build_failures:
            self._commits.setdefault((machine, environment), set()).add(commit)
        self._places: dict[tuple[str, str, int], list[int]] = {}  # the last: the identity of a tuple of commits

    def places(self, part: Part) -> list[int]:
        """The points of which something may be told."""
        key, commits = part.key, part.columns.commits
        told = self._commits.get((key.machine, key.environment))
        if told is None:
            return []
        name = key.machine, key.environment, id(commits)
        if name not in self._places:
            self._places[name] = [place for place, commit in enumerate(commits) if commit in told]
        return self._places[name]

    def of(self, point: Measurement) -> tuple[Measurement | None, int | None]:
        """The point with what is told of it, and the method that it was measured by; None if it was never tried."""
        rounds = self.records.by_cell.get((point.key, point.commit), {})
        if not rounds and _never_tried(point, self.cells):
            return None, None
        return _completed(point, rounds, self.records.build_failures), _method(rounds)


def _joined(parts: Sequence[Part], axis: Axis) -> Part:
    from stallhorn.store._tables import joined  # loads NumPy; small results are read without

    return joined(parts, axis)


def _points(part: Part) -> Points:
    return Points(part.key, part.columns, part.version, part.started)


def _completed_part(part: Part, told: _Told, axis: Axis) -> Points:
    """Columns, changed where something is told."""
    points, columns = _points(part), part.columns
    completed = {place: told.of(points[place]) for place in told.places(part)}
    if not completed:
        return points
    newest = next((method for _, method in reversed(completed.values()) if method is not None), None)
    known, statuses = {}, bytearray(columns.statuses)
    lows, highs = (_copy(numbers) for numbers in (columns.lows, columns.highs))
    left_out = set()
    for place, (point, method) in completed.items():
        if point is None or method not in (None, newest):
            left_out.add(place)
            continue
        statuses[place] = CODES[point.status]
        lows[place], highs[place] = (math.nan if one is None else one for one in (point.low, point.high))
        if point.samples or point.reason:
            known[place] = point
    if not left_out:
        changed = replace(columns, lows=lows, highs=highs, statuses=bytes(statuses))
        return replace(points, columns=changed, known=known)
    kept = [place for place in range(len(points)) if place not in left_out]
    values, lows, highs, started = (
        array("d", [numbers[place] for place in kept]) for numbers in (columns.values, lows, highs, part.started)
    )
    commits = axis.commits(axis.positions[columns.commits[place]] for place in kept)
    changed = Columns(commits, values, lows, highs, bytes(statuses[place] for place in kept))
    known = {new: known[old] for new, old in enumerate(kept) if old in known}
    return Points(part.key, changed, part.version, started, known)


def _copy(numbers: Numbers) -> array[float]:
    copied = array("d")
    copied.frombytes(memoryview(numbers).cast("B"))  # type: ignore[arg-type]
    return copied


def _completed_points(
    key: SeriesKey, parts: Sequence[Part], single: Sequence[_Single], told: _Told, axis: Axis
) -> Sequence[Measurement]:
    """Points of which more may be known than numbers, one by one."""
    every = [
        each for part in parts for each in zip(part.places.tolist(), part.files.tolist(), _points(part), strict=True)
    ]
    every += single
    every.sort(key=itemgetter(0, 1))
    completed = []
    for place, _, each in every:
        point, _ = told.of(each)
        if point is not None:
            completed.append((place, point))
    measurements = _of_one_method(_one_per_revision(completed), told.records)
    commits = axis.commits(axis.positions[point.commit] for point in measurements)
    return points_of(key, measurements, commits)


def _never_tried(measurement: Measurement, recorded: set[tuple[str, str, str]]) -> bool:
    """Whether a "not applicable" of asv only means that it was not selected.

    asv writes the same for both; where there are records, whatever was skipped has one, with its reason.
    """
    key = measurement.key
    return measurement.status is Status.SKIPPED and (key.machine, key.environment, measurement.commit) in recorded


def _place(key: SeriesKey, benchmark: Benchmark) -> tuple[str, tuple[int, ...], SeriesKey]:
    """Where a series stands among others: parameter values as the suite lists them, so that 100 comes before 1000."""
    listed = zip(key.parameters.values, benchmark.params, strict=False)
    places = tuple(values.index(text) if text in values else len(values) for (_, text), values in listed)
    return key.benchmark, places, key


def _one_per_revision(points: Sequence[tuple[int, Measurement]]) -> tuple[Measurement, ...]:
    """Of points in the order of their places."""
    if all(before[0] != after[0] for before, after in pairwise(points)):
        return tuple(measurement for _, measurement in points)
    kept: dict[int, Measurement] = {}
    for position, measurement in points:
        other = kept.get(position)
        if other is None or not _later(other, measurement):
            kept[position] = measurement
    return tuple(kept.values())


def _later(one: Measurement, other: Measurement) -> bool:
    return one.started is not None and other.started is not None and one.started > other.started


def _of_one_method(points: tuple[Measurement, ...], records: Records) -> tuple[Measurement, ...]:
    if not records.by_cell:
        return points
    methods = [_method(records.by_cell.get((point.key, point.commit), {})) for point in points]
    newest = next((method for method in reversed(methods) if method is not None), None)
    if newest is None or all(method in (None, newest) for method in methods):
        return points
    return tuple(point for point, method in zip(points, methods, strict=True) if method in (None, newest))


def _method(rounds: Mapping[int, Record]) -> int | None:
    return max((record.method for record in rounds.values()), default=None)


def _completed(
    measurement: Measurement,
    rounds: Mapping[int, Record],
    failures: Mapping[tuple[str, str, str], BuildFailure],
) -> Measurement:
    if measurement.status is Status.OK:
        return _with_samples(measurement, rounds)
    told = [record for _, record in sorted(rounds.items()) if record.status is not Status.OK]
    if told:
        return replace(measurement, status=told[-1].status, reason=_reason(told[-1]))
    key = measurement.key
    if measurement.status is Status.FAILED and (measurement.commit, key.environment, key.machine) in failures:
        return replace(measurement, reason="does not build")
    return measurement


def _with_samples(measurement: Measurement, rounds: Mapping[int, Record]) -> Measurement:
    """The samples of the records, if they are those that asv's value was made of."""
    taken = {index: record.samples for index, record in rounds.items() if record.samples}
    value = measurement.value
    if not taken or value is None:
        return measurement
    center = median([sample for samples in taken.values() for sample in samples])
    if abs(center - value) > _SAME_VALUE * abs(value):
        return measurement
    number = next(rounds[index].number for index in taken)
    key, commit = measurement.key, measurement.commit
    return measured(key, commit, value, taken, number, measurement.version, measurement.started)


def _reason(record: Record) -> str:
    """The record's own reason, else the last line of what the process said."""
    if record.reason:
        return record.reason
    lines = [line for line in record.stderr.splitlines() if line.strip()]
    return lines[-1].strip()[:_CAPPED] if lines else ""
