"""Sheets that were read before, kept in the user's cache folder (docs/storage.md).

They are never needed and never believed when in doubt: a sheet counts only while its file has the size, the times and
the inode that it had when it was read. Whatever cannot be read or written here is as if it were not there. The files
hold numbers and JSON; nothing in them is run.

One file holds some sheets: a line that says what it is, a header of JSON, the columns, a checksum. What is new goes
into a file of its own; many files become one.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from stallhorn import __version__
from stallhorn.model import Environment, Status
from stallhorn.model.points import CODES, STATUSES
from stallhorn.store._sheets import Sheet
from stallhorn.store.files import Stamp, stamp_of
from stallhorn.store.forms import Form, Forms, Head, Odd

SCHEMA = 1
SUFFIX = ".sheets"
_MAGIC = b"results as stallhorn keeps them\n"
_COLUMNS = (("values", "<f8"), ("lows", "<f8"), ("highs", "<f8"), ("statuses", "u1"))
_MOST_FILES = 16  # of one machine; beyond, they become one
_LARGEST = 2 * 2**30  # bytes, of all machines together
_ABANDONED = 3600  # seconds: nobody writes a file for so long
_SETTLED = 2_000_000_000  # nanoseconds: a file changed more lately may change once more without a sign of it


def folder_for(machine: Path) -> Path | None:
    """Where the sheets of a machine's folder are kept; None if they are not, as `STALLHORN_CACHE=off` asks for."""
    told = os.environ.get("STALLHORN_CACHE", "")
    if told == "off":
        return None
    try:
        base = Path(told or os.environ.get("XDG_CACHE_HOME", "") or Path.home() / ".cache")
        name = hashlib.sha256(os.fsencode(machine.resolve())).hexdigest()[:20]
    except (OSError, RuntimeError):  # no home, or a link that leads to itself
        return None
    return base / "stallhorn" / "results" / name if base.is_absolute() else None


@dataclass(slots=True)
class _Part:
    """One of the files."""

    path: Path
    count: int  # of its sheets
    used: int = 0


class Kept:
    """The sheets of one machine."""

    def __init__(self, folder: Path | None, forms: Forms) -> None:
        self._folder = folder
        self._forms = forms
        self._parts: list[_Part] = []
        self._sheets: dict[str, tuple[Stamp, Sheet, _Part]] = {}
        self._used: list[tuple[str, Stamp, Sheet]] = []
        self._new: list[tuple[str, Stamp, Sheet]] = []
        for path in sorted(folder.glob(f"*{SUFFIX}")) if folder is not None and folder.is_dir() else ():
            found = _read(path, forms)
            part = _Part(path, len(found))
            self._parts.append(part)
            self._sheets.update((name, (stamp, sheet, part)) for name, stamp, sheet in found)

    def get(self, path: Path, stamp: Stamp) -> Sheet | None:
        known = self._sheets.get(path.name)
        if known is None or known[0] != stamp:
            return None
        known[2].used += 1
        self._used.append((path.name, stamp, known[1]))
        return known[1]

    def add(self, path: Path, stamp: Stamp, sheet: Sheet) -> None:
        """Keep this sheet of a file that had this stamp before it was read, if it still has and is to last."""
        regular = len(sheet.head.odd) <= 20 + len(sheet.forms) // 10  # odd rows are kept as they are, and gain nothing
        if self._folder is None or not regular or max(stamp[1:3]) + _SETTLED > time.time_ns():
            return
        if stamp_of(path) == stamp:
            self._new.append((path.name, stamp, sheet))

    def save(self) -> None:
        """Write what is new, and everything anew where much of what is kept is of no use any more."""
        if self._folder is None:
            return
        stale = [part for part in self._parts if part.used * 2 < part.count or part.count == 0]
        if not stale and not self._new and len(self._parts) <= _MOST_FILES:
            return
        whole = bool(stale) or len(self._parts) >= _MOST_FILES
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make_room(self._folder)
            _write(self._folder, [*self._used, *self._new] if whole else self._new, self._forms)
            for part in self._parts if whole else ():
                part.path.unlink(missing_ok=True)


def _make_room(folder: Path) -> None:
    """Drop what was never finished, and the machines written longest ago while there is too much of all of them."""
    for path in folder.iterdir():
        if path.suffix != SUFFIX and path.stat().st_mtime + _ABANDONED < time.time():
            path.unlink()
    sizes = []
    for each in (each for each in folder.parent.iterdir() if each.is_dir()):
        files = [path.stat() for path in each.iterdir()]
        sizes.append((max((seen.st_mtime for seen in files), default=0.0), sum(seen.st_size for seen in files), each))
    total = sum(size for _, size, _ in sizes)
    for _, size, each in sorted(sizes):
        if total > _LARGEST and each != folder:
            shutil.rmtree(each, ignore_errors=True)
            total -= size


def _write(folder: Path, sheets: Sequence[tuple[str, Stamp, Sheet]], forms: Forms) -> None:
    if not sheets or sum(sheet.values.nbytes * 4 for *_, sheet in sheets) > _LARGEST:
        return
    header, numbers = _header(sheets, forms)
    path = folder / secrets.token_hex(8)
    try:
        with path.open("xb") as file:
            file.write(_MAGIC + len(header).to_bytes(8, "little") + header)
            check = zlib.crc32(header)
            for column in _bytes_of([sheet for *_, sheet in sheets], numbers):
                file.write(column)
                check = zlib.crc32(column, check)
            file.write(check.to_bytes(4, "little"))
        path.replace(path.with_suffix(SUFFIX))
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _bytes_of(sheets: Sequence[Sheet], numbers: NDArray[np.int32]) -> Iterator[memoryview]:
    """The columns as they stand in the file; `numbers` has the number there of each form."""
    for name, kind in (("started", "<f8"), *_COLUMNS):
        yield from (np.ascontiguousarray(getattr(sheet, name), kind).view(np.uint8).data for sheet in sheets)
    yield from (numbers[sheet.forms].view(np.uint8).data for sheet in sheets)


def _header(sheets: Sequence[tuple[str, Stamp, Sheet]], forms: Forms) -> tuple[bytes, NDArray[np.int32]]:
    """The header, with the forms that these sheets have, and the number there of each form."""
    used = np.unique(np.concatenate([sheet.forms for *_, sheet in sheets]))
    numbers = np.zeros(len(forms.all), "<i4")
    numbers[used] = np.arange(len(used))
    listed = [(form.benchmark, form.version, form.params) for form in map(forms.all.__getitem__, used.tolist())]
    described = [
        {
            "file": name,
            "stamp": stamp,
            "rows": len(sheet.forms),
            "values": len(sheet.values),
            "commit": sheet.head.commit,
            "date": sheet.head.date,
            "columns": sheet.head.columns,
            "odd": [(odd.place, odd.benchmark, odd.cells) for odd in sheet.head.odd],
            "environment": _as_json(sheet.head.environment),
        }
        for name, stamp, sheet in sheets
    ]
    whole = {"schema": SCHEMA, "version": __version__, "forms": listed, "sheets": described}
    return json.dumps(whole).encode(), numbers


def _as_json(environment: Environment) -> list[Any]:
    return [environment.name, environment.python, environment.requirements, environment.variables]


def _read(path: Path, forms: Forms) -> list[tuple[str, Stamp, Sheet]]:
    """The sheets in a file; none if anything about it is not as it was written."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if file.read(len(_MAGIC)) != _MAGIC:
                return []
            length = int.from_bytes(file.read(8), "little")
            if length > size:
                return []
            header = file.read(length)
            data = json.loads(header)
            if (data["schema"], data["version"]) != (SCHEMA, __version__):
                return []
            rows, values = (sum(each[name] for each in data["sheets"]) for name in ("rows", "values"))
            if size != file.tell() + rows * 12 + values * 25 + 4:
                return []
            return _sheets(data, _columns(file, header, rows, values), forms)
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError):
        return []


def _columns(file: IO[bytes], header: bytes, rows: int, values: int) -> Mapping[str, NDArray[Any]]:
    """Raises `ValueError` unless the checksum is right."""
    kinds = (("started", "<f8", rows), *((name, kind, values) for name, kind in _COLUMNS), ("forms", "<i4", rows))
    columns, check = {}, zlib.crc32(header)
    for name, kind, count in kinds:
        columns[name] = np.fromfile(file, kind, count)
        check = zlib.crc32(columns[name].view(np.uint8).data, check)
    if file.read() != check.to_bytes(4, "little"):
        raise ValueError
    return columns


def _sheets(
    data: Mapping[str, Any], columns: Mapping[str, NDArray[Any]], forms: Forms
) -> list[tuple[str, Stamp, Sheet]]:
    """Raises what `_read` expects if something does not fit together."""
    listed = [
        Form(str(name), version, tuple(tuple(texts) for texts in params)) for name, version, params in data["forms"]
    ]
    counts = np.array([form.count for form in listed], np.int64)
    numbers = np.array([forms.number_of(form) for form in listed], np.int32)
    ids, statuses = columns["forms"], columns["statuses"]
    if len(ids) and not 0 <= ids.min() <= ids.max() < len(listed):
        raise ValueError
    if not np.array_equal(statuses == CODES[Status.OK], np.isfinite(columns["values"])) or (
        len(statuses) and statuses.max() >= len(STATUSES)
    ):
        raise ValueError
    found, row, value = [], 0, 0
    for each in data["sheets"]:
        of_rows, of_values = slice(row, row + each["rows"]), slice(value, value + each["values"])
        if counts[ids[of_rows]].sum() != each["values"]:
            raise ValueError
        sheet = Sheet(
            head=_head(each),
            forms=numbers[ids[of_rows]],
            started=columns["started"][of_rows],
            statuses=statuses[of_values],
            values=columns["values"][of_values],
            lows=columns["lows"][of_values],
            highs=columns["highs"][of_values],
        )
        size, changed, created, inode = each["stamp"]
        found.append((str(each["file"]), (size, changed, created, inode), sheet))
        row, value = of_rows.stop, of_values.stop
    return found


def _head(data: Mapping[str, Any]) -> Head:
    name, python, *pairs = data["environment"]
    requirements, variables = (tuple((str(one), str(other)) for one, other in some) for some in pairs)
    return Head(
        commit=str(data["commit"]),
        environment=Environment(str(name), str(python), requirements, variables),
        date=float(data["date"]),
        columns=tuple(data["columns"]),
        odd=tuple(Odd(place, benchmark, cells) for place, benchmark, cells in data["odd"]),
    )
