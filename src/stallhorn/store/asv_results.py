"""asv's results: `results/<machine>/<commit8>-<environment>.json` (format 2), beside `machine.json`.

Read strictly and without asv. A file's `results` hold one row per benchmark, named by `result_columns`, with trailing
nulls cut off. In a row, `result` has one value per combination of the row's own `params`, which can differ from the
suite's: a number, NaN (skipped or not selected) or null (failed); a null in place of the list means that all failed.
Rows of another version of the benchmark, and of benchmarks that the suite no longer has, are left out, as asv does.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from stallhorn.model import Benchmark, Machine, Measurement, Problem, Project, SeriesKey, Status
from stallhorn.store.asv_suite import is_texts_list, read_suite
from stallhorn.store.base import REFERENCE, Reader, Reading, Selection
from stallhorn.store.files import (
    UnreadableFileError,
    decoded,
    load_object,
    parse_object,
    read_bytes,
    stamp_of,
    timestamp,
)
from stallhorn.store.forms import MOST_COMBINATIONS, Form, Forms, Head, Keys, Odd, fits, frame, head_of, short
from stallhorn.store.interval import measured

_NOT_RESULTS = ("machine.json", "benchmarks.json")
# Bytes of a machine's results: with fewer, arrays take longer to load than to do without; with many, what was read is
# kept for the next time.
FEW, MANY = 4 * 2**20, 20 * 2**20
_REMEDY = "The other results were read. Delete the file and measure that commit again."


def read(project: Project, selection: Selection) -> Reading:
    """All results below the project's results folder: few one by one, many as columns."""
    reading = Reading()
    folders = _machine_folders(project.results)
    if folders:
        suites = [project.results / "benchmarks.json", *(folder / "benchmarks.json" for folder in folders)]
        reading.benchmarks, problems = read_suite(suites)
        reading.problems += problems
    for folder in _selected(folders, selection):
        reading.machines[folder.name] = _read_machine(folder, reading.problems)
        files = _result_files(folder)
        size = sum(stamp_of(path)[0] for path in files)
        rows = _Rows(reading, Keys(folder.name, selection.wants))
        if size < FEW:
            _read_one_by_one(files, rows)
        else:
            _read_columns(files, rows, folder if size >= MANY else None)
    return reading


READER: Reader = read


def _read_one_by_one(files: Iterable[Path], rows: _Rows) -> None:
    for path in files:
        try:
            data = load_object(path)
            columns, results = frame(data)
        except UnreadableFileError as error:
            rows.refuse(path, error)
            continue
        head = head_of(data, columns, (Odd(place, name, cells) for place, (name, cells) in enumerate(results.items())))
        rows.reading.measurements += rows.take(path, head)


def _read_columns(files: Iterable[Path], rows: _Rows, keep: Path | None) -> None:
    """`keep`: the machine's folder, if its sheets are to be kept."""
    from stallhorn.store._kept import Kept, folder_for
    from stallhorn.store._sheets import quick_sheet, sheet_of  # these load NumPy; small results are read without
    from stallhorn.store._tables import Table

    forms = Forms()
    table = Table(forms.all, rows.reading.benchmarks, rows.keys)
    kept = Kept(None if keep is None else folder_for(keep), forms)
    for path in files:
        try:
            stamp = stamp_of(path)
            sheet = kept.get(path, stamp)
            if sheet is None:
                content = read_bytes(path)
                sheet = quick_sheet(content, forms) or sheet_of(parse_object(decoded(content)), forms)
                kept.add(path, stamp, sheet)
        except UnreadableFileError as error:
            rows.refuse(path, error)
            continue
        table.sheets.append(sheet)
        table.single += [(len(table.sheets) - 1, each) for each in rows.take(path, sheet.head, table.unfit(sheet))]
    kept.save()
    rows.reading.tables.append(table)


class _BadRowError(Exception):
    """Why one benchmark's row cannot be used."""


class _Rows:
    """What the files of one machine say beside their regular rows, and what is wrong with them."""

    def __init__(self, reading: Reading, keys: Keys) -> None:
        self.reading = reading
        self.keys = keys

    def refuse(self, path: Path, error: UnreadableFileError) -> None:
        self.reading.problems.append(Problem(str(path), str(error), _REMEDY))

    def take(self, path: Path, head: Head, unfit: Iterable[tuple[int, Form, Benchmark]] = ()) -> list[Measurement]:
        """The measurements of the odd rows; `unfit` are regular ones, with their places, that do not fit the suite."""
        found: list[Measurement] = []
        bad = [(place + 0.5, f"{form.benchmark} ({_unlike(form, benchmark)})") for place, form, benchmark in unfit]
        for odd in head.odd:
            benchmark = self.reading.benchmarks.get(odd.benchmark)
            try:
                found += () if benchmark is None else self._measurements(benchmark, odd.cells, head)
            except _BadRowError as error:
                bad.append((odd.place, f"{odd.benchmark} ({error})"))
        self._tell(path, head, [text for _, text in sorted(bad, key=itemgetter(0))])
        return found

    def _tell(self, path: Path, head: Head, bad: Sequence[str]) -> None:
        reading, problems = self.reading, self.reading.problems
        if bad:
            more = f" and {len(bad) - 3} more" if len(bad) > 3 else ""
            problems.append(Problem(str(path), f"cannot be read for {', '.join(bad[:3])}{more}", _REMEDY))
        reading.environments.setdefault(head.environment.name, head.environment)
        date = None if math.isnan(head.date) else timestamp(head.date)
        if date is None:
            what = "does not say when its commit was made (`date`)"
            problems.append(Problem(str(path), what, "git is asked instead."))
        if reading.dates.get(head.commit) is None:
            reading.dates[head.commit] = date

    def _measurements(self, benchmark: Benchmark, cells: object, head: Head) -> list[Measurement]:
        """The measurements of a row, none of another version's. Raises `_BadRowError` if anything is wrong."""
        if not isinstance(cells, list):
            raise _BadRowError("its row is not a list")
        row = dict(zip(head.columns, cells, strict=False))
        if row.get("version") not in (None, benchmark.version):
            return []
        params = row.get("params") or []
        if not is_texts_list(params):
            raise _BadRowError("its parameters are not lists of texts")
        form = Form(benchmark.name, benchmark.version, tuple(tuple(values) for values in params))
        if not fits(form, benchmark):
            raise _BadRowError(_unlike(form, benchmark))
        if form.count > MOST_COMBINATIONS:
            raise _BadRowError(f"it has more than {MOST_COMBINATIONS} parameter combinations")
        return _of_row(row, self.keys.of(form, benchmark, head.environment.name), head.commit, benchmark.version)


def _of_row(row: dict[str, Any], keys: Sequence[SeriesKey | None], commit: str, version: str) -> list[Measurement]:
    """The measurements of a row at these series. Raises `_BadRowError`."""
    values = row.get("result")
    values = [None] * len(keys) if values is None else values if isinstance(values, list) else [values]
    if len(values) != len(keys):
        raise _BadRowError(f"it has {len(values)} values for {len(keys)} parameter combinations")
    lows, highs, samples, numbers = (
        _column(row.get(name), len(keys)) for name in ("stats_ci_99_a", "stats_ci_99_b", "samples", "stats_number")
    )
    started = timestamp(row.get("started_at"))
    return [
        _measurement(key, commit, value, (low, high, taken, number), version, started)
        for key, value, low, high, taken, number in zip(keys, values, lows, highs, samples, numbers, strict=True)
        if key is not None
    ]


def _unlike(form: Form, benchmark: Benchmark) -> str:
    return f"it has {len(form.params)} parameters, the suite has {len(benchmark.param_names)}"


def _measurement(
    key: SeriesKey,
    commit: str,
    value: object,
    details: tuple[object, object, object, object],
    version: str,
    started: datetime | None,
) -> Measurement:
    if value is None:
        return Measurement(key, commit, Status.FAILED, version=version, started=started)
    number = _float(value)
    if number is None:
        raise _BadRowError(f"its value is {short(value)}, expected a number")
    if math.isnan(number):
        return Measurement(key, commit, Status.SKIPPED, version=version, started=started)
    if math.isinf(number):
        raise _BadRowError("its value is infinite")
    low, high, taken, calls = details
    samples = _samples(taken)
    if samples:
        count = calls if isinstance(calls, int) and calls > 0 else 1
        return measured(key, commit, number, {0: samples}, count, version, started)
    bounds = _finite(low), _finite(high)
    if bounds[0] is None or bounds[1] is None or not bounds[0] <= number <= bounds[1]:
        bounds = None, None
    return Measurement(key, commit, Status.OK, number, bounds[0], bounds[1], (), "", version, started)


def _samples(taken: object) -> list[float] | None:
    """Stored samples, or None unless every one is a finite number."""
    if not isinstance(taken, list):
        return None
    values = [_finite(value) for value in taken]
    return None if None in values else [value for value in values if value is not None]


def _float(value: object) -> float | None:
    """A JSON number as a float; None for another type and for one too large."""
    if type(value) is float:
        return value
    if not isinstance(value, int):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _finite(value: object) -> float | None:
    number = _float(value)
    return number if number is not None and math.isfinite(number) else None


def _column(value: object, length: int) -> Iterable[Any]:
    """A row's list of details, or as many Nones if it is absent or does not fit."""
    return value if isinstance(value, list) and len(value) == length else itertools.repeat(None, length)


def _read_machine(folder: Path, problems: list[Problem]) -> Machine:
    """The machine of a folder; its name is the folder's, as asv has it."""
    path = folder / "machine.json"
    try:
        data = load_object(path)
    except UnreadableFileError as error:
        what = str(error) if path.exists() else "is missing, and asv skips a folder without it"
        problems.append(Problem(str(path), what, "`asv machine` describes a machine anew; the results were read."))
        return Machine(folder.name)
    texts = {name: str(data.get(name) or "") for name in ("os", "cpu", "num_cpu", "ram")}
    return Machine(folder.name, os=texts["os"], cpu=texts["cpu"], cores=texts["num_cpu"], ram=texts["ram"])


def _machine_folders(results: Path) -> list[Path]:
    """Every folder that holds results, by name."""
    if not results.is_dir():
        return []
    return sorted(path for path in results.iterdir() if path.is_dir() and next(iter(_result_files(path)), None))


def _result_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if path.name not in _NOT_RESULTS and path.is_file())


def _selected(folders: Sequence[Path], selection: Selection) -> list[Path]:
    """The folders of the machine asked for; all but the reference's while another machine has results."""
    if selection.machine is not None:
        return [folder for folder in folders if folder.name == selection.machine]
    own = [folder for folder in folders if folder.name != REFERENCE]
    return own or list(folders)
