"""The roofs of machines: `results/<machine>/roofs.jsonl`, one line for each number of threads that was measured.

Not `.json`: asv takes every such file in a machine's folder for a result.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from stallhorn.model import Cache, Problem, Project, Roof, Roofs
from stallhorn.store.files import UnreadableFileError, parse_object, read_text

SCHEMA = 1
NAME = "roofs.jsonl"
_PATTERNS = ("read", "copy", "triad")  # ways to go through memory; the quickest is the roof
_REMEDY = "No time on this machine stands beside its floor until `stallhorn roofs --again` writes it anew."


def path_of(results: Path, machine: str) -> Path:
    return results / machine / NAME


def read_roofs(project: Project, machines: Iterable[str]) -> tuple[dict[str, Roofs], list[Problem]]:
    """The roofs of these machines, as far as they were measured, and what is wrong with the files."""
    found, problems = {}, []
    for machine in machines:
        path = path_of(project.results, machine)
        if not path.exists():
            continue
        try:
            found[machine] = parse(read_text(path))
        except UnreadableFileError as error:
            problems.append(Problem(str(path), str(error), _REMEDY))
    return found, problems


def parse(text: str) -> Roofs:
    """The roofs in a file's text; a line that is wrong makes all of it wrong. Raises `UnreadableFileError`."""
    lines = [_Line.read(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise UnreadableFileError("is empty")
    last = lines[-1]
    loads = [line.foreign_load for line in lines if line.foreign_load is not None]
    return Roofs(
        by_threads={line.roof.threads: line.roof for line in lines},
        cores=last.cores,
        measured=last.started,
        environment=last.environment,
        versions=last.versions,
        foreign_load=max(loads, default=None),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    roof: Roof
    cores: int
    started: datetime | None
    environment: str
    versions: tuple[tuple[str, str], ...]
    foreign_load: float | None

    @classmethod
    def read(cls, number: int, text: str) -> _Line:
        try:
            return cls._of(parse_object(text, strict_numbers=True))
        except UnreadableFileError as error:
            raise UnreadableFileError(f"cannot be used: line {number} {error}") from error

    @classmethod
    def _of(cls, data: dict[str, Any]) -> _Line:
        if data.get("schema") != SCHEMA:
            raise UnreadableFileError(f"has no schema {SCHEMA}")
        caches, seconds = data.get("caches"), data.get("seconds")
        if not isinstance(caches, list):
            raise UnreadableFileError("has no usable `caches`")
        if not isinstance(seconds, dict):
            raise UnreadableFileError("has no usable `seconds`")
        roof = Roof(
            threads=_count(data.get("threads"), "threads"),
            memory=_bandwidth(data.get("memory"), "memory"),
            caches=tuple(sorted((_cache(each) for each in caches), key=lambda cache: cache.size)),
            flops=_positive(data.get("flops"), "flops"),
            seconds={name: _positive(value, name) for name, value in seconds.items()},
        )
        versions, environment, load = data.get("versions"), data.get("environment"), data.get("foreign_load")
        return cls(
            roof=roof,
            cores=_count(data.get("cores"), "cores"),
            started=_moment(data.get("started")),
            environment=environment if isinstance(environment, str) else "",
            versions=tuple(sorted((name, str(text)) for name, text in versions.items()))
            if isinstance(versions, dict)
            else (),
            foreign_load=_number(load),
        )


def _cache(data: object) -> Cache:
    if not isinstance(data, dict):
        raise UnreadableFileError("has a cache that is no object")
    level = _count(data.get("level"), "level")
    return Cache(level, int(_positive(data.get("bytes"), "bytes")), _bandwidth(data, f"level {level}"))


def _bandwidth(data: object, name: str) -> float:
    """The quickest of the ways to go through memory."""
    if not isinstance(data, dict):
        raise UnreadableFileError(f"has no usable `{name}`")
    return max(_positive(data.get(pattern), f"{name}: {pattern}") for pattern in _PATTERNS)


def _count(value: object, name: str) -> int:
    if type(value) is not int or not 0 < value < 10**6:
        raise UnreadableFileError(f"has no usable `{name}`")
    return value


def _positive(value: object, name: str) -> float:
    """A count or a time. Nothing that a machine can do is beyond 10^30, or its reciprocal."""
    number = _number(value)
    if number is None or not 1e-30 < number < 1e30:
        raise UnreadableFileError(f"has no usable `{name}`")
    return number


def _number(value: object) -> float | None:
    if type(value) is float:
        return value if math.isfinite(value) and value >= 0 else None
    return float(value) if type(value) is int and 0 <= value < 10**30 else None


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
