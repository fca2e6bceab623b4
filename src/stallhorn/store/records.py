"""Probe records (schema 1): what the measuring processes saw, one JSON object a line.

They lie beside asv's result files, or, written under plain `asv run`, in `.stallhorn/records/` of the project's
folder, where the machine is not known: those belong to the machine that measures here.
"""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stallhorn.model import Benchmark, BuildFailure, Observation, Parameters, Problem, Project, SeriesKey, Status
from stallhorn.store.base import REFERENCE
from stallhorn.store.files import UnreadableFileError, parse_object, read_text

SCHEMA = 1
SUFFIX = ".probe.jsonl"
_STATUSES = frozenset(status.value for status in Status)
_REMEDY = "The other lines were read; measuring that commit again writes it anew."


@dataclass(frozen=True, slots=True)
class Record:
    """One line: one process that measured one series."""

    key: SeriesKey
    commit: str
    version: str | None
    status: Status
    reason: str
    stderr: str
    round: int
    started: datetime | None
    samples: tuple[float, ...]
    number: int
    probe: str
    method: int
    facts: Mapping[str, object]

    def observation(self) -> Observation:
        return Observation(
            self.key, self.commit, self.status, self.facts, self.probe, self.method, self.stderr, self.round
        )


@dataclass(slots=True)
class Records:
    """The newest record of each round, by series and commit."""

    by_cell: dict[tuple[SeriesKey, str], dict[int, Record]] = field(default_factory=dict)
    build_failures: dict[tuple[str, str, str], BuildFailure] = field(
        default_factory=dict
    )  # commit, environment, machine
    problems: list[Problem] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Keep this record unless one of the same round is known to have started later."""
        rounds = self.by_cell.setdefault((record.key, record.commit), {})
        known = rounds.get(record.round)
        if known is None or not _newer(known, record):
            rounds[record.round] = record


class _BadLineError(Exception):
    """Why a line cannot be used."""


def read_records(
    project: Project, machines: Sequence[str], benchmarks: Mapping[str, Benchmark], keys: Iterable[SeriesKey]
) -> Records:
    """All records of these machines that describe one of these series, and every build that failed.

    Without records nobody asks which series there are.
    """
    records = Records()
    files = list(_files(project, machines, records.problems))
    known = {(key.machine, key.environment, key.benchmark, key.parameters): key for key in keys} if files else {}
    for path, machine in files:
        _read_file(path, machine, benchmarks, known, records)
    return records


_Known = Mapping[tuple[str, str, str, Parameters], SeriesKey]


def _files(project: Project, machines: Sequence[str], problems: list[Problem]) -> Iterator[tuple[Path, str]]:
    for machine in machines:
        for path in sorted((project.results / machine).glob(f"*{SUFFIX}")):
            yield path, machine
    local = sorted((project.root / ".stallhorn" / "records").glob(f"*{SUFFIX}"))
    if not local:
        return
    home = _home(machines)
    if home is not None:
        yield from ((path, home) for path in local)
    elif any(machine != REFERENCE for machine in machines):
        what = f"cannot be told to belong to one of the machines {', '.join(machines)}, and were left out"
        problems.append(Problem(str(local[0].parent), what, "Select one with --machine NAME."))


def _home(machines: Sequence[str]) -> str | None:
    """The machine that measures here: the only one with results of its own, or the one with this computer's name."""
    own = [machine for machine in machines if machine != REFERENCE]
    if len(own) == 1:
        return own[0]
    return platform.node() if platform.node() in own else None


def _read_file(path: Path, machine: str, benchmarks: Mapping[str, Benchmark], known: _Known, records: Records) -> None:
    try:
        text = read_text(path)
    except UnreadableFileError as error:
        records.problems.append(Problem(str(path), str(error), _REMEDY))
        return
    bad: list[str] = []
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = parse_object(line, strict_numbers=True)
            schema = data.get("schema")
            if isinstance(schema, int) and schema > SCHEMA:
                what = f"was written by a newer probe (schema {schema}; this stallhorn reads {SCHEMA})"
                records.problems.append(Problem(str(path), what, "Update stallhorn to use these records."))
                return
            _take(data, machine, benchmarks, known, records)
        except UnreadableFileError as error:
            cut = number == len(lines)  # a complete line ends with a line break
            bad.append(f"line {number} was cut off" if cut else f"line {number} {error}")
        except _BadLineError as error:
            bad.append(f"line {number}: {error}")
    if bad:
        more = f", and {len(bad) - 2} more" if len(bad) > 2 else ""
        records.problems.append(Problem(str(path), "; ".join(bad[:2]) + more, _REMEDY))


def _take(
    data: dict[str, Any], machine: str, benchmarks: Mapping[str, Benchmark], known: _Known, records: Records
) -> None:
    """Add one line to the records. Raises `_BadLineError`; a series that is not known is left out."""
    if data.get("schema") != SCHEMA:
        raise _BadLineError(f"it has no schema {SCHEMA}")
    commit, environment, status = data.get("commit"), data.get("environment"), data.get("status")
    if not (isinstance(commit, str) and isinstance(environment, str)):
        raise _BadLineError("it names no commit or no environment")
    if not isinstance(status, str) or status not in _STATUSES:
        raise _BadLineError("its status is none of " + ", ".join(Status))
    name = data.get("benchmark")
    if name is None:
        records.build_failures.pop((commit, environment, machine), None)  # a later build may have succeeded
        if status != Status.OK:
            log = _text(data.get("stderr")) or _text(data.get("reason"))
            records.build_failures[commit, environment, machine] = BuildFailure(commit, environment, machine, log)
        return
    benchmark = benchmarks.get(name) if isinstance(name, str) else None
    if benchmark is None:
        return
    parameters = _parameters(data.get("params"), benchmark)
    key = known.get((machine, environment, benchmark.name, parameters))
    version = data.get("version")
    if key is not None and version in (None, benchmark.version):
        records.add(_record(data, key, Status(status)))


def _record(data: dict[str, Any], key: SeriesKey, status: Status) -> Record:
    samples = data.get("samples")
    taken = samples if isinstance(samples, list) else []
    facts = data.get("facts")
    return Record(
        key=key,
        commit=data["commit"],
        version=data.get("version"),
        status=status,
        reason=_text(data.get("reason")),
        stderr=_text(data.get("stderr")),
        round=_count(data.get("round"), 0),
        started=_moment(data.get("started")),
        samples=tuple(float(value) for value in taken) if all(_is_number(value) for value in taken) else (),
        number=max(1, _count(data.get("number"), 1)),
        probe=_text(data.get("probe")),
        method=_count(data.get("method"), 1),
        facts=facts if isinstance(facts, dict) else {},
    )


def _parameters(value: object, benchmark: Benchmark) -> Parameters:
    """In the suite's order where the names are the suite's, else in the record's."""
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise _BadLineError("its params are not texts by name")
    names = benchmark.param_names if value.keys() == set(benchmark.param_names) else tuple(value)
    return Parameters(tuple((name, value[name]) for name in names))


def _newer(one: Record, other: Record) -> bool:
    return one.started is not None and other.started is not None and one.started > other.started


def _is_number(value: object) -> bool:
    if type(value) is float:
        return math.isfinite(value)
    return type(value) is int and value.bit_length() < 1000


def _count(value: object, otherwise: int) -> int:
    return value if type(value) is int and 0 <= value < 2**31 else otherwise


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        return None
