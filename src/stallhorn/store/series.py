"""Measurements, records and revisions into series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import itemgetter

from stallhorn.model import Benchmark, BuildFailure, Measurement, Revision, Series, SeriesKey, Status
from stallhorn.stats import median
from stallhorn.store.interval import measured
from stallhorn.store.records import Record, Records

_SAME_VALUE = 1e-3  # relative; records whose median is further from asv's value belong to another run
_CAPPED = 300  # characters of a process's error output that serve as a reason


def completed(measurements: Iterable[Measurement], records: Records) -> list[Measurement]:
    """The measurements with what the records know about each: samples by process, how and why it ended."""
    failures = records.build_failures
    if not records.by_cell and not failures:
        return list(measurements)
    recorded = {(key.machine, key.environment, commit) for key, commit in records.by_cell}
    return [
        _completed(each, rounds, failures)
        for each in measurements
        if (rounds := records.by_cell.get((each.key, each.commit), {})) or not _never_tried(each, recorded)
    ]


def _never_tried(measurement: Measurement, recorded: set[tuple[str, str, str]]) -> bool:
    """Whether a "not applicable" of asv only means that it was not selected.

    asv writes the same for both; where there are records, whatever was skipped has one, with its reason.
    """
    key = measurement.key
    return measurement.status is Status.SKIPPED and (key.machine, key.environment, measurement.commit) in recorded


def build_series(
    measurements: Iterable[Measurement],
    records: Records,
    benchmarks: Mapping[str, Benchmark],
    revisions: Sequence[Revision],
) -> tuple[Series, ...]:
    """One series per key, in the suite's order; its points oldest first, one per revision (the one that started last).

    Points that the probe took by another method than the newest one are left out: they do not compare.
    """
    positions = {revision.commit: revision.position for revision in revisions}
    groups: dict[int, tuple[SeriesKey, list[tuple[int, Measurement]]]] = {}
    for each in measurements:
        groups.setdefault(id(each.key), (each.key, []))[1].append((positions[each.commit], each))
    merged: dict[SeriesKey, list[tuple[int, Measurement]]] = {}
    for key, points in groups.values():
        merged.setdefault(key, []).extend(points)
    return tuple(
        Series(key, benchmarks[key.benchmark].unit, _of_one_method(_one_per_revision(merged[key]), records))
        for key in sorted(merged, key=lambda key: _place(key, benchmarks[key.benchmark]))
    )


def _place(key: SeriesKey, benchmark: Benchmark) -> tuple[str, tuple[int, ...], SeriesKey]:
    """Where a series stands among others: parameter values as the suite lists them, so that 100 comes before 1000."""
    listed = zip(key.parameters.values, benchmark.params, strict=False)
    places = tuple(values.index(text) if text in values else len(values) for (_, text), values in listed)
    return key.benchmark, places, key


def _one_per_revision(points: list[tuple[int, Measurement]]) -> tuple[Measurement, ...]:
    points.sort(key=itemgetter(0))
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
