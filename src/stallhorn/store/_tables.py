"""The sheets of one machine into the columns of its series."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stallhorn.model import Benchmark, Measurement, SeriesKey
from stallhorn.model.points import Columns
from stallhorn.store._sheets import Floats, Sheet
from stallhorn.store.axis import Axis
from stallhorn.store.files import timestamp
from stallhorn.store.forms import Form, Keys, fits

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """Points of one series, in the order of the commits: all of them, unless its rows were of several forms."""

    key: SeriesKey
    places: Places  # of the commits
    files: Places  # which file each is from, in the order of reading
    columns: Columns
    started: memoryview
    version: str


def joined(parts: Sequence[Part], axis: Axis) -> Part:
    """The parts of one series as one."""
    places = np.concatenate([part.places for part in parts])
    files = np.concatenate([part.files for part in parts])
    started = np.concatenate([np.asarray(part.started) for part in parts])
    order = np.lexsort((files, places))
    if (np.diff(places[order]) == 0).any():
        order = order[one_for_each(places[order].tolist(), started[order])]
    values, lows, highs = (
        np.concatenate([np.asarray(getattr(part.columns, name)) for part in parts])[order].data
        for name in ("values", "lows", "highs")
    )
    statuses = np.frombuffer(b"".join(part.columns.statuses for part in parts), np.uint8)[order].tobytes()
    columns = Columns(axis.commits(places[order].tolist()), values, lows, highs, statuses)
    return Part(parts[0].key, places[order], files[order], columns, started[order].data, parts[-1].version)


@dataclass(slots=True)
class Table:
    """The results of one machine."""

    forms: Sequence[Form]  # may grow while sheets are added
    benchmarks: Mapping[str, Benchmark]
    keys: Keys
    sheets: list[Sheet] = field(default_factory=list)
    single: list[tuple[int, Measurement]] = field(default_factory=list)  # read one by one, with the file's number
    _unfit: dict[int, Benchmark] = field(default_factory=dict)
    _checked: int = 0

    def unfit(self, sheet: Sheet) -> list[tuple[int, Form, Benchmark]]:
        """Regular rows with another number of parameters than the suite has: their places in the file."""
        for number in range(self._checked, len(self.forms)):
            benchmark = self._benchmark(self.forms[number])
            if benchmark is not None and not fits(self.forms[number], benchmark):
                self._unfit[number] = benchmark
        self._checked = len(self.forms)
        if not self._unfit:
            return []
        rows = enumerate(sheet.forms.tolist())
        return [(place, self.forms[number], self._unfit[number]) for place, number in rows if number in self._unfit]

    def all_keys(self) -> Iterator[SeriesKey]:
        """The key of every series that has a point here."""
        seen = {
            (sheet.head.environment.name, number) for sheet in self.sheets for number in np.unique(sheet.forms).tolist()
        }
        for environment, number in sorted(seen):
            yield from (key for key in self._keys_of(number, environment) if key is not None)
        yield from (each.key for _, each in self.single)

    def parts(self, axis: Axis) -> Iterator[Part]:
        """The points of all regular rows. The sheets are used up: their columns are gone afterwards."""
        rows = _Rows(self.sheets, self.forms, axis)
        groups = []
        for environment, number, taken in rows.groups():
            keys = self._keys_of(number, environment)
            if any(key is not None for key in keys):
                groups.append((keys, self.forms[number], taken))
        order = rows.order([(len(keys), taken) for keys, _, taken in groups])
        statuses = rows.column("statuses", order).tobytes()
        values, lows, highs = (rows.column(name, order).data for name in ("values", "lows", "highs"))
        start = 0
        for keys, form, taken in groups:
            places, files, started = rows.places[taken], rows.files[taken], rows.started[taken].data
            commits, version = axis.commits(places.tolist()), self.benchmarks[form.benchmark].version
            for key in keys:
                stop = start + len(commits)
                if key is not None:
                    span = slice(start, stop)
                    columns = Columns(commits, values[span], lows[span], highs[span], statuses[span])
                    yield Part(key, places, files, columns, started, version)
                start = stop

    def _keys_of(self, number: int, environment: str) -> list[SeriesKey | None]:
        form = self.forms[number]
        benchmark = self._benchmark(form)
        return [] if benchmark is None or number in self._unfit else self.keys.of(form, benchmark, environment)

    def _benchmark(self, form: Form) -> Benchmark | None:
        """What a row is about; None for a benchmark that the suite no longer has, or has in another version."""
        benchmark = self.benchmarks.get(form.benchmark)
        return benchmark if benchmark is not None and form.version in (None, benchmark.version) else None


class _Rows:
    """The regular rows of all sheets in the order of reading: where their values stand and when they were taken."""

    def __init__(self, sheets: Sequence[Sheet], forms: Sequence[Form], axis: Axis) -> None:
        self._sheets = sheets
        lengths = [len(sheet.forms) for sheet in sheets]
        environments = {sheet.head.environment.name: number for number, sheet in enumerate(sheets)}
        self._environments = {number: name for name, number in environments.items()}
        self.files = np.repeat(np.arange(len(sheets)), lengths)
        self.places = np.repeat(np.array([axis.positions[sheet.head.commit] for sheet in sheets], np.int64), lengths)
        self.started = _joined([sheet.started for sheet in sheets])
        self._forms = _joined([sheet.forms for sheet in sheets], np.int32).astype(np.int64)
        of_file = np.repeat(
            np.array([environments[sheet.head.environment.name] for sheet in sheets], np.int64), lengths
        )
        self._count = len(forms)
        self._groups = of_file * self._count + self._forms
        counts = np.array([form.count for form in forms], np.int64)[self._forms]
        self._starts = np.cumsum(counts) - counts

    def groups(self) -> Iterator[tuple[str, int, Places]]:
        """Environment, form, and the rows of that form there, one for each commit, in the order of the commits."""
        order = np.lexsort((self.places, self._groups))  # equal ones stay in the order of reading
        groups = self._groups[order]
        for taken in np.split(order, np.flatnonzero(np.diff(groups)) + 1) if len(order) else ():
            environment, number = divmod(int(self._groups[taken[0]]), self._count)
            places = self.places[taken]
            twice = bool((places[1:] == places[:-1]).any())
            rows = taken[one_for_each(places.tolist(), self.started[taken])] if twice else taken
            yield self._environments[environment], number, rows

    def order(self, groups: Sequence[tuple[int, Places]]) -> Places:
        """Where in the columns of the sheets the values stand, series after series, of so many series of such rows."""
        found = np.empty(sum(count * len(rows) for count, rows in groups), np.int64)
        start = 0
        for count, rows in groups:
            stop = start + count * len(rows)
            np.add.outer(np.arange(count), self._starts[rows], out=found[start:stop].reshape(count, len(rows)))
            start = stop
        return found

    def column(self, name: str, order: Places) -> NDArray[np.float64]:
        """One column of all sheets in this order; it is taken out of the sheets, to have it in memory once."""
        whole = _joined([getattr(sheet, name) for sheet in self._sheets])
        for sheet in self._sheets:
            setattr(sheet, name, getattr(sheet, name)[:0].copy())
        return whole[order]


def _joined(parts: Sequence[NDArray[np.generic]], kind: type[np.generic] = np.float64) -> NDArray[np.float64]:
    return np.concatenate(parts) if parts else np.empty(0, kind)


def one_for_each(places: Iterable[int], started: Floats) -> list[int]:
    """Of rows in the order of their places, one for each place: the one that started last, else the one read last."""
    kept: dict[int, int] = {}
    for row, place in enumerate(places):
        other = kept.get(place)
        if other is None or not _later(float(started[other]), float(started[row])):
            kept[place] = row
    return list(kept.values())


def _later(one: float, other: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return False
    first, second = timestamp(one), timestamp(other)
    return first is not None and second is not None and first > second
