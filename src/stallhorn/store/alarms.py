"""The alarms of machines: `results/<machine>/alarms.jsonl`, a line for each alarm of each night that changed it.

The last line of an alarm holds. Lines are appended in one write and never changed. Not `.json`: asv takes every such
file in a machine's folder for a result.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from stallhorn.model import Direction, Problem
from stallhorn.model.alarm import Alarm, Entry, State
from stallhorn.store.files import UnreadableFileError, parse_object, read_text

SCHEMA = 1
NAME = "alarms.jsonl"
_Word = TypeVar("_Word", State, Direction)
_LONGEST = 200  # characters of an id, a commit or a series
_REMEDY = "The other lines were read. An alarm that is lost is raised anew; move the file away to begin anew."


def path_of(results: Path, machine: str) -> Path:
    return results / machine / NAME


def read_alarms(results: Path, machine: str) -> tuple[tuple[Alarm, ...], list[Problem]]:
    """The alarms of one machine, those raised first at the beginning, and what is wrong with the file."""
    path = path_of(results, machine)
    if not path.exists():
        return (), []
    try:
        text = read_text(path)
    except UnreadableFileError as error:
        return (), [Problem(str(path), str(error), _REMEDY)]
    found: dict[str, Alarm] = {}
    bad: list[str] = []
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            alarm = _parse(line, machine)
            found[alarm.id] = alarm
        except UnreadableFileError as error:
            bad.append(f"line {number} was cut off" if number == len(lines) else f"line {number} {error}")
    more = f", and {len(bad) - 2} more" if len(bad) > 2 else ""
    problems = [Problem(str(path), "; ".join(bad[:2]) + more, _REMEDY)] if bad else []
    return tuple(found.values()), problems


def append_alarms(results: Path, machine: str, alarms: Iterable[Alarm]) -> str:
    """Add a line for each of these, in one write; returns what prevented it, as a sentence, "" if nothing did.

    Nothing is written for no alarms. A last line that was cut off, by a kill or a full disk, goes.
    """
    content = "".join(
        json.dumps({"schema": SCHEMA, **as_json(alarm)}, sort_keys=True, allow_nan=False) + "\n" for alarm in alarms
    )
    if not content:
        return ""
    path = path_of(results, machine)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            _write_whole(descriptor, content.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        return (
            f"{path} could not be written: {error.strerror or error}. "
            "What is told of alarms is not remembered for the next night."
        )
    return ""


def _write_whole(descriptor: int, content: bytes) -> None:
    """Append after the last whole line, all of it or nothing."""
    before = _end_of_lines(descriptor)
    if before < os.fstat(descriptor).st_size:
        os.ftruncate(descriptor, before)
    try:
        written = 0
        while written < len(content):
            written += os.write(descriptor, content[written:])
    except OSError:
        os.ftruncate(descriptor, before)
        raise


def _end_of_lines(descriptor: int, step: int = 65536) -> int:
    """Where the last line that ends with a line break ends; 0 without one."""
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - step)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def as_json(alarm: Alarm) -> dict[str, Any]:
    """An alarm for scripts, as a line of the file has it but for the schema."""
    return {
        "id": alarm.id,
        "machine": alarm.machine,
        "direction": alarm.direction.value,
        "last": alarm.last,
        "first": alarm.first,
        "ratio": alarm.ratio,
        "low": alarm.low,
        "high": alarm.high,
        "series": list(alarm.series),
        "confidence": alarm.confidence,
        "state": alarm.state.value,
        "behind": alarm.behind,
        "doubt": alarm.doubt,
        "absent": list(alarm.absent),
        "history": [
            {"newest": each.newest, "when": each.when, "state": each.state.value, "reason": each.reason}
            for each in alarm.history
        ],
    }


def _parse(line: str, machine: str) -> Alarm:
    """Raises `UnreadableFileError` for a line that is no alarm of this machine."""
    data = parse_object(line)
    schema = data.get("schema")
    if schema != SCHEMA:
        newer = type(schema) is int and schema > SCHEMA
        raise UnreadableFileError(f"has schema {schema}, written by a newer stallhorn" if newer else "has no schema 1")
    if data.get("machine") != machine:
        raise UnreadableFileError("is about another machine")
    history = tuple(_entry(each) for each in _list(data, "history"))
    state = _one_of(State, data, "state")
    if not history or history[-1].state is not state:
        raise UnreadableFileError("has no history that ends with its state")
    direction = _one_of(Direction, data, "direction")
    if direction is Direction.SAME:
        raise UnreadableFileError("has a direction in which nothing changed")
    return Alarm(
        id=_name(data.get("id"), "id"),
        machine=machine,
        direction=direction,
        last=_name(data.get("last"), "last"),
        first=_name(data.get("first"), "first"),
        ratio=_positive(data, "ratio"),
        low=_positive(data, "low"),
        high=_positive(data, "high"),
        series=tuple(_name(each, "series") for each in _list(data, "series")),
        confidence=_share(data.get("confidence")),
        state=state,
        behind=_count(data.get("behind")),
        doubt=_text(data.get("doubt"), "doubt"),
        absent=tuple(_name(each, "absent") for each in _list(data, "absent")),
        history=history,
    )


def _entry(data: object) -> Entry:
    if not isinstance(data, dict):
        raise UnreadableFileError("has a history that is no list of objects")
    return Entry(
        newest=_name(data.get("newest"), "newest"),
        when=_text(data.get("when"), "when"),
        state=_one_of(State, data, "state"),
        reason=_text(data.get("reason"), "reason"),
    )


def _one_of(words: type[_Word], data: dict[str, Any], name: str) -> _Word:
    try:
        return words(str(data.get(name)))
    except ValueError:
        raise UnreadableFileError(f"has no usable `{name}`") from None


def _list(data: dict[str, Any], name: str) -> list[Any]:
    value = data.get(name)
    if not isinstance(value, list):
        raise UnreadableFileError(f"has no usable `{name}`")
    return value


def _name(value: object, name: str) -> str:
    text = _text(value, name)
    if not text or len(text) > _LONGEST or not text.isprintable():
        raise UnreadableFileError(f"has no usable `{name}`")
    return text


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise UnreadableFileError(f"has no usable `{name}`")
    return value


def _positive(data: dict[str, Any], name: str) -> float | None:
    """A ratio, or None where it is not known."""
    value = data.get(name)
    if value is None:
        return None
    if type(value) not in (int, float) or not 1e-300 < value < 1e300 or not math.isfinite(value):
        raise UnreadableFileError(f"has no usable `{name}`")
    return float(value)


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UnreadableFileError("has no usable `confidence`")
    return float(value)


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**31:
        raise UnreadableFileError("has no usable `behind`")
    return value
