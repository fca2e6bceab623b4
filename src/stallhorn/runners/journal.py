"""The journal of one commit in one environment: a line for every measured process, appended as it ends.

It is the truth that everything else is built from: what is in it is done, and a run that was killed goes on after its
last whole line.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stallhorn.errors import StorageError, UsageError
from stallhorn.plan import Cell

SCHEMA = 1
DONE = ("ok", "skipped")
Record = dict[str, Any]


def path_of(results: Path, machine: str, commit: str, environment: str) -> Path:
    """Beside asv's result file, and named like it."""
    if len(environment) >= 128:  # asv's own limit and replacement
        environment = "env-" + hashlib.md5(environment.encode()).hexdigest()
    return results / machine / f"{commit[:8]}-{environment}.probe.jsonl"


_Key = tuple[str | None, frozenset[tuple[str, str]]]


def _key(benchmark: str | None, params: Iterable[tuple[object, object]]) -> _Key:
    """What a record is about. A file does not keep the order of parameters."""
    return benchmark, frozenset((str(name), str(value)) for name, value in params)


@dataclass(slots=True)
class Journal:
    """The records of one file, by benchmark, parameters and round."""

    path: Path
    repaired: str = ""  # what was wrong with the file that was there
    _whole: int | None = None  # bytes of whole lines, when the last one was cut off
    _records: dict[_Key, dict[int, Record]] = field(default_factory=dict)  # by round
    _fresh: list[Record] = field(default_factory=list)  # what failed since the journal was opened

    @classmethod
    def open(cls, path: Path) -> Journal:
        """Read what is there; nothing is written. A last line that was cut off is no record, and goes with the next."""
        journal = cls(path)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return journal
        whole, _, rest = content.rpartition(b"\n")
        if rest:  # a process was killed while it wrote
            journal._whole = len(content) - len(rest)
            journal.repaired = f"{path.name}: the last line was cut off and is measured again"
        for line in whole.splitlines():
            journal._take(line)
        return journal

    def _take(self, line: bytes) -> None:
        try:
            self._keep(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            self.repaired = f"{self.path.name}: a line that is not a record was passed over"

    def _keep(self, record: Record) -> Record:
        if record.get("schema", SCHEMA) > SCHEMA:
            raise UsageError(
                f"{self.path} was written by a newer stallhorn (schema {record['schema']}; this one knows {SCHEMA}).",
                "Update stallhorn, or move that file away to measure anew.",
            )
        key = _key(record["benchmark"], record["params"].items())
        record = {**record, "status": str(record["status"]), "round": int(record.get("round") or 0)}
        self._records.setdefault(key, {})[record["round"]] = record
        return record

    def done(self, cell: Cell, round_: int, retry_failed: bool) -> bool:
        """Whether this round of a cell is measured, with the same version of the benchmark.

        With `retry_failed` the failures of earlier runs are not; those of this one are, so that each is tried once.
        """
        rounds = {record["round"]: record for record in self.of_cell(cell)}
        record = rounds.get(round_)
        if record is None:
            # A skip or a failure of the first round stands for all rounds.
            record = rounds.get(0)
            if record is None or record["status"] == "ok":
                return False
        return record["status"] in DONE or not retry_failed or any(record is one for one in self._fresh)

    def of_cell(self, cell: Cell) -> list[Record]:
        """All its records of the present version, in the order of rounds."""
        rounds = self._records.get(_key(cell.benchmark, cell.parameters.values), {})
        return [rounds[number] for number in sorted(rounds) if rounds[number].get("version") == cell.version]

    def of_round(self, cell: Cell, round_: int) -> Record | None:
        """Its record of one round, if that was measured."""
        return next((one for one in self.of_cell(cell) if one["round"] == round_ and one["status"] == "ok"), None)

    def failure(self, cell: Cell) -> Record | None:
        """The first of its records that says that it failed."""
        return next((record for record in self.of_cell(cell) if record["status"] not in DONE), None)

    @property
    def build_failure(self) -> Record | None:
        record = self._records.get(_key(None, ()), {}).get(0)
        return record if record is not None and record.get("status") == "failed" else None

    def append(self, record: Mapping[str, Any]) -> None:
        """Add a record, in one write. A later record of the same benchmark, parameters and round replaces it."""
        line = json.dumps(record, sort_keys=True, allow_nan=False) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                if self._whole is not None:
                    os.ftruncate(descriptor, self._whole)
                    self._whole = None
                _write_all(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            raise StorageError(
                f"{self.path} could not be written: {error.strerror or error}.",
                "Free some space (or make the folder writable) and run it again; what was saved before is still there.",
            ) from error
        kept = self._keep(dict(record))
        if kept["status"] not in DONE:
            self._fresh.append(kept)


def _write_all(descriptor: int, content: bytes) -> None:
    """Write it whole, or leave the file as it was: a full disk may take only a part."""
    before = os.fstat(descriptor).st_size
    try:
        written = 0
        while written < len(content):
            written += os.write(descriptor, content[written:])
    except OSError:
        os.ftruncate(descriptor, before)
        raise
