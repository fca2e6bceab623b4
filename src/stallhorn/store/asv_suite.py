"""The suite as asv describes it: `benchmarks.json` (format 2) into `Benchmark`s."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stallhorn.model import Benchmark, Problem
from stallhorn.store.files import UnreadableFileError, load_object

_REMEDY = "`asv run --bench just-discover` writes it anew; no result is lost."


def read_suite(files: Sequence[Path]) -> tuple[dict[str, Benchmark], list[Problem]]:
    """The benchmarks of several files; an earlier file wins where two describe the same one.

    The first file is the suite's own; it may be missing as long as another exists, and a problem says so if none does.
    """
    benchmarks: dict[str, Benchmark] = {}
    problems: list[Problem] = []
    found = [path for path in files if path.is_file()]
    if not found and files:
        problems.append(
            Problem(str(files[0]), "this list of benchmarks is missing, so no result can be shown", _REMEDY)
        )
    for path in found:
        try:
            data = load_object(path)
        except UnreadableFileError as error:
            problems.append(Problem(str(path), str(error), _REMEDY))
            continue
        if data.pop("version", None) != 2:
            problems.append(Problem(str(path), "is not in format 2, the only one asv 0.4 and newer write", _REMEDY))
            continue
        bad = []
        for name, entry in data.items():
            benchmark = _benchmark(name, entry)
            if benchmark is None:
                bad.append(name)
            else:
                benchmarks.setdefault(name, benchmark)
        if bad:
            problems.append(Problem(str(path), f"describes {_some(bad)} in a way that cannot be used", _REMEDY))
    return benchmarks, problems


def _benchmark(name: str, entry: object) -> Benchmark | None:
    """None for an entry that is not a benchmark's."""
    if not isinstance(entry, dict):
        return None
    version, params, names = entry.get("version"), entry.get("params") or [], entry.get("param_names") or []
    if not isinstance(version, str) or not is_texts_list(params) or not is_texts(names):
        return None
    names = [*names, *(f"param{index + 1}" for index in range(len(names), len(params)))][: len(params)]
    combinations = math.prod(len(values) for values in params)
    return Benchmark(
        name=name,
        kind=_text(entry.get("type")),
        unit=_text(entry.get("unit")),
        version=version,
        param_names=tuple(names),
        params=tuple(tuple(values) for values in params),
        code=_text(entry.get("code")),
        timeout=_number(entry.get("timeout")),
        expected_seconds=_expected(entry.get("expected_seconds"), combinations),
        expected_bytes=tuple(
            None if value is None else int(value) for value in _expected(entry.get("expected_bytes"), combinations)
        ),
        group_by=tuple(entry["group_by"]) if is_texts(entry.get("group_by")) else (),
        work=tuple(_counts(one) for one in _each(entry.get("work"), combinations)),
        specimens=tuple(_text(one) or None for one in _each(entry.get("specimens"), combinations)),
        quick=tuple(one is not False for one in _each(entry.get("quick"), combinations)),
    )


def is_texts(value: object) -> bool:
    """Whether this is a list of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def is_texts_list(value: object) -> bool:
    """Whether this is a list of lists of strings."""
    return isinstance(value, list) and all(is_texts(item) for item in value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _expected(values: Any, combinations: int) -> tuple[float | None, ...]:  # noqa: ANN401 - any JSON value
    """One expectation per parameter combination; () unless there is exactly one for each."""
    return tuple(_number(value) for value in _each(values, combinations))


def _each(values: Any, combinations: int) -> list[Any]:  # noqa: ANN401 - any JSON value
    """The list, if it has one entry for each parameter combination; else []."""
    return values if isinstance(values, list) and len(values) == combinations else []


def _counts(value: object) -> dict[str, float] | None:
    """Names -> counts, all finite and not negative; None for anything else."""
    if not isinstance(value, dict):
        return None
    counts = {name: _number(count) for name, count in value.items()}
    usable = {name: count for name, count in counts.items() if count is not None and count >= 0}
    return usable if len(usable) == len(value) else None


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
