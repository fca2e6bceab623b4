"""What the probe saw, as tables: versions, threads, first call, load, memory. Unknown is said, never guessed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stallhorn import units
from stallhorn.model import Observation, SeriesKey

UNKNOWN = "unknown"
COLUMNS = (
    "threads asked",
    "threads used",
    "threading layer",
    "first call",
    "import",
    "compile",
    "first run",
    "load by others",
    "peak memory",
    "result",
)


@dataclass(frozen=True, slots=True)
class FactRow:
    """The facts of one series, a text for each of `COLUMNS`."""

    key: SeriesKey
    cells: tuple[str, ...]
    stderr: str


def fact_rows(observations: Iterable[Observation]) -> list[FactRow]:
    """One row for each series, of its processes together: the first one's first call, the largest load and memory."""
    grouped: dict[SeriesKey, list[Observation]] = {}
    for observation in observations:
        grouped.setdefault(observation.key, []).append(observation)
    return [_row(key, sorted(group, key=lambda each: each.round)) for key, group in grouped.items()]


def versions(observations: Iterable[Observation]) -> str:
    """All versions seen: `numba 0.61.2, numpy 2.1.3, python 3.11.7`; two versions of one thing are both there."""
    seen: set[str] = set()
    for observation in observations:
        found = dig(observation.facts, "versions")
        if isinstance(found, Mapping):
            seen |= {f"{name} {version}" for name, version in found.items() if version}
    return ", ".join(sorted(seen))


def dig(facts: object, *names: str) -> object:
    """A fact inside facts; None when it, or anything on the way, is missing or of another shape."""
    for name in names:
        if not isinstance(facts, Mapping):
            return None
        facts = facts.get(name)
    return facts


def _row(key: SeriesKey, group: Sequence[Observation]) -> FactRow:
    first = group[0].facts
    cells = (
        _threads(dig(first, "threads", "asked")) or _text(dig(first, "threads", "setting")) or UNKNOWN,
        _threads(dig(first, "threads", "used")) or UNKNOWN,
        _text(dig(first, "threads", "layer")) or UNKNOWN,
        _seconds(dig(first, "first_call", "seconds")),
        _seconds(dig(first, "first_call", "import_seconds")),
        _seconds(dig(first, "first_call", "compile_seconds")),
        _seconds(dig(first, "first_call", "run_seconds")),
        _load(_largest(group, "sampling", "foreign_load")),
        _size(_largest(group, "memory", "peak_bytes")),
        _result(dig(first, "result")),
    )
    stderr = next((each.stderr for each in group if each.stderr.strip()), "")
    return FactRow(key, cells, stderr)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _largest(group: Sequence[Observation], *names: str) -> float | None:
    numbers = [_number(dig(each.facts, *names)) for each in group]
    return max((number for number in numbers if number is not None), default=None)


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, Mapping) else str(value)


def _threads(value: object) -> str:
    """`{"numba": 2, "blas": None}` -> "numba 2, blas unknown"; a bare number stands for all pools."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {UNKNOWN if count is None else count}" for name, count in value.items())
    return _text(value)


def _seconds(value: object) -> str:
    number = _number(value)
    return UNKNOWN if number is None else units.seconds(number)


def _size(value: float | None) -> str:
    return UNKNOWN if value is None else units.size(value)


def _load(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2f} cores"


def _result(value: object) -> str:
    parts = [_text(dig(value, name)) for name in ("type", "dtype", "shape", "device")]
    return " ".join(part for part in parts if part) or UNKNOWN
