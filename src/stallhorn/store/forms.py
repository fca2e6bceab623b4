"""What result files say beside their numbers: what their rows are of, and which series that is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stallhorn.model import Benchmark, Environment, Parameters, SeriesKey
from stallhorn.store.asv_suite import is_texts_list
from stallhorn.store.files import UnreadableFileError, timestamp

_FORMAT = 2
MOST_COMBINATIONS = 100_000  # of one benchmark's parameters; beyond, the file is damaged or hostile
_SURELY_A_TIME = 250_000_000_000_000  # milliseconds: before the year 9892


@dataclass(frozen=True, slots=True)
class Form:
    """What a row is about. Rows of one form line up: their values are of the same parameter combinations."""

    benchmark: str
    version: str | None  # None: the row does not say
    params: tuple[tuple[str, ...], ...]

    @property
    def count(self) -> int:
        return math.prod(len(values) for values in self.params)


class Forms:
    """The forms of many files, numbered in the order in which they are met."""

    def __init__(self, known: Iterable[Form] = ()) -> None:
        self.all: list[Form] = list(known)
        self._numbers = {form: number for number, form in enumerate(self.all)}
        self._last: dict[str, tuple[object, object, int, int]] = {}

    def number_of(self, form: Form) -> int:
        number = self._numbers.setdefault(form, len(self.all))
        if number == len(self.all):
            self.all.append(form)
        return number

    def find(self, name: str, version: object, params: object) -> tuple[int, int] | None:
        """Number and count of a row's form; None for a version or parameters of an odd kind."""
        last = self._last.get(name)
        if last is not None and last[0] == version and last[1] == params:  # as in the file before
            return last[2], last[3]
        listed = params or []
        if not (version is None or isinstance(version, str)) or not is_texts_list(listed):
            return None
        form = Form(name, version, tuple(tuple(values) for values in listed))  # type: ignore[attr-defined]
        if form.count > MOST_COMBINATIONS:
            return None
        number = self.number_of(form)
        self._last[name] = (version, params, number, form.count)
        return number, form.count


@dataclass(frozen=True, slots=True)
class Odd:
    """A row as it was written, to be looked at value by value; `place`: how many regular rows come before."""

    place: int
    benchmark: str
    cells: Any


@dataclass(frozen=True, slots=True)
class Head:
    """One file but for its regular rows."""

    commit: str
    environment: Environment
    date: float  # milliseconds since 1970; NaN = not said
    columns: tuple[str, ...]  # the names of the cells of odd rows
    odd: tuple[Odd, ...]


def head_of(data: Mapping[str, Any], columns: Sequence[str], odd: Iterable[Odd]) -> Head:
    return Head(data["commit_hash"], _environment(data), milliseconds(data.get("date")), tuple(columns), tuple(odd))


def frame(data: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """The column names and the rows, once everything around them is what format 2 says."""
    version = data.get("version")
    if version != _FORMAT:
        raise UnreadableFileError(f"has format {short(version)}, expected {_FORMAT}")
    for name in ("commit_hash", "env_name"):
        if not isinstance(data.get(name), str) or not data[name]:
            raise UnreadableFileError(f"has no usable `{name}` (got {short(data.get(name))})")
    columns, results = data.get("result_columns"), data.get("results")
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise UnreadableFileError(f"has no usable `result_columns` (got {short(columns)})")
    if not isinstance(results, dict):
        raise UnreadableFileError(f"has no usable `results` (got {short(results)})")
    return columns, results


def fits(form: Form, benchmark: Benchmark) -> bool:
    """Whether a row has as many parameters as the suite says, or none at all."""
    return not form.params or len(form.params) == len(benchmark.param_names)


class Keys:
    """The keys of a machine's series: one object for each series, however many rows it has points in."""

    def __init__(self, machine: str, wants: Callable[[str, Sequence[str]], bool]) -> None:
        self._machine = machine
        self._wants = wants
        self._lists: dict[tuple[str, str, tuple[tuple[str, ...], ...]], list[SeriesKey | None]] = {}
        self._keys: dict[tuple[str, str], dict[Parameters, SeriesKey]] = {}

    def of(self, form: Form, benchmark: Benchmark, environment: str) -> list[SeriesKey | None]:
        """The key of each combination in asv's order (the last parameter runs fastest); None = not selected."""
        name = benchmark.name, environment, form.params
        if name not in self._lists:
            known = self._keys.setdefault((benchmark.name, environment), {})
            self._lists[name] = [
                self._key(texts, benchmark, environment, known) for texts in itertools.product(*form.params)
            ]
        return self._lists[name]

    def _key(
        self, texts: tuple[str, ...], benchmark: Benchmark, environment: str, known: dict[Parameters, SeriesKey]
    ) -> SeriesKey | None:
        if not self._wants(benchmark.name, texts):
            return None
        parameters = Parameters(tuple(zip(benchmark.param_names, texts, strict=False)))
        return known.setdefault(parameters, SeriesKey(benchmark.name, parameters, environment, self._machine))


def milliseconds(value: object) -> float:
    """A time of asv as a float; NaN for anything that is none."""
    if type(value) is int and 0 <= value < _SURELY_A_TIME:
        return value
    return math.nan if timestamp(value) is None else float(value)  # type: ignore[arg-type]


def _environment(data: Mapping[str, Any]) -> Environment:
    return Environment(
        name=data["env_name"],
        python=str(data.get("python") or ""),
        requirements=_pairs(data.get("requirements")),
        variables=_pairs(data.get("env_vars")),
    )


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    return tuple(sorted((name, "" if text is None else str(text)) for name, text in value.items()))


def short(value: object) -> str:
    if value is None:
        return "nothing"
    text = repr(value) if isinstance(value, str | int | float) and not _is_huge(value) else type(value).__name__
    return text if len(text) <= 40 else f"{text[:37]}..."


def _is_huge(value: object) -> bool:
    return isinstance(value, int) and value.bit_length() > 1000
