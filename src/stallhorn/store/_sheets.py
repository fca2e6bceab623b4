"""One result file of asv as columns.

A file has thousands of values of which nothing is known but a number and its bounds: they are gathered into arrays
benchmark by benchmark, and never become an object each. A row in which anything is out of the ordinary (samples, a
value that is no number, parameters that do not fit) is left as it was written, for somebody who looks at each value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stallhorn.model import Status
from stallhorn.model.points import CODES
from stallhorn.store._quick import Marks, parse
from stallhorn.store.files import UnreadableFileError
from stallhorn.store.forms import Forms, Head, Odd, frame, head_of, milliseconds

Floats = NDArray[np.float64]

_NAMES = ("result", "params", "version", "started_at", "stats_ci_99_a", "stats_ci_99_b", "samples")
_NUMBERS = frozenset((float, int, bool, type(None)))  # what JSON has where a value is a number or missing


@dataclass(slots=True)
class Sheet:
    """One file. `forms` and `started` have an entry for each regular row; the others have the values row after row."""

    head: Head
    forms: NDArray[np.int32]
    started: Floats
    statuses: NDArray[np.uint8]  # `model.points.CODES`
    values: Floats
    lows: Floats
    highs: Floats


def sheet_of(data: dict[str, Any], forms: Forms) -> Sheet:
    """The sheet of a file's JSON. Raises `UnreadableFileError` if that is no result."""
    sheet = _sheet(data, forms, Marks())
    assert sheet is not None
    return sheet


def quick_sheet(content: bytes, forms: Forms) -> Sheet | None:
    """The same of the file itself, in half the time; None if only `sheet_of` can tell."""
    parsed = parse(content)
    try:
        return None if parsed is None else _sheet(parsed[0], forms, parsed[1])
    except UnreadableFileError:
        return None


def _sheet(data: dict[str, Any], forms: Forms, marks: Marks) -> Sheet | None:
    """None if a mark is where it cannot be resolved."""
    columns, results = frame(data)
    gathered = _Gathered(columns, results, forms, frozenset())
    values = _numbers(gathered.values)
    if values is None:
        refused = frozenset(name for name, some in gathered.named_values() if _numbers(some) is None)
        gathered = _Gathered(columns, results, forms, refused)
        values = _numbers(gathered.values)
    assert values is not None
    lows, highs = _bounds(gathered.lows), _bounds(gathered.highs)
    if not marks.resolved(values, lows, highs) or np.isinf(values).any():
        return None
    statuses = np.full(len(values), CODES[Status.OK], np.uint8)
    statuses[np.isnan(values)] = CODES[Status.SKIPPED]
    if type(None) in set(map(type, gathered.values)):
        statuses[[place for place, value in enumerate(gathered.values) if value is None]] = CODES[Status.FAILED]
    with np.errstate(invalid="ignore"):
        unusable = ~(np.isfinite(lows) & np.isfinite(highs) & (lows <= values) & (values <= highs))
    lows[unusable] = highs[unusable] = math.nan
    return Sheet(
        head=head_of(data, columns, gathered.odd),
        forms=np.array(gathered.forms, np.int32),
        started=np.array(gathered.started, np.float64),
        statuses=statuses,
        values=values,
        lows=lows,
        highs=highs,
    )


class _Gathered:
    """The regular rows of a file as flat lists, and the odd ones as they are."""

    def __init__(self, columns: Sequence[str], results: dict[str, Any], forms: Forms, refused: frozenset[str]) -> None:
        self.forms: list[int] = []
        self.started: list[float] = []
        self.values: list[Any] = []
        self.lows: list[Any] = []
        self.highs: list[Any] = []
        self.odd: list[Odd] = []
        self._names: list[tuple[str, int]] = []
        places = {name: place for place, name in enumerate(columns)}
        self._width = width = len(columns) if len(places) == len(columns) else -1  # a name twice: every row is odd
        self._missing = [None] * (len(columns) + 1)
        pick = itemgetter(*(places.get(name, width) for name in _NAMES))
        for name, cells in results.items():
            if name in refused or not self._take(name, cells, pick, forms):
                self.odd.append(Odd(len(self.forms), name, cells))

    def named_values(self) -> Iterable[tuple[str, list[Any]]]:
        start = 0
        for name, count in self._names:
            yield name, self.values[start : start + count]
            start += count

    def _take(self, name: str, cells: object, pick: itemgetter[Any], forms: Forms) -> bool:
        """Gather one row; False, and nothing done, if it is odd."""
        if not isinstance(cells, list) or len(cells) > self._width:
            return False
        result, params, version, started, lows, highs, samples = pick(cells + self._missing)
        form = forms.find(name, version, params)
        if form is None:
            return False
        number, count = form
        if result is None:
            result = [None] * count
        elif not isinstance(result, list) or len(result) != count:
            return False
        if samples is not None and _has_samples(samples, count):
            return False
        self.forms.append(number)
        self.started.append(milliseconds(started))
        self._names.append((name, count))
        self.values += result
        self.lows += lows if isinstance(lows, list) and len(lows) == count else [None] * count
        self.highs += highs if isinstance(highs, list) and len(highs) == count else [None] * count
        return True


def _has_samples(samples: object, count: int) -> bool:
    return isinstance(samples, list) and len(samples) == count and any(isinstance(one, list) and one for one in samples)


def _numbers(values: list[Any]) -> Floats | None:
    """As floats, with NaN for None; None if one is no number or not finite."""
    if not set(map(type, values)) <= _NUMBERS:
        return None
    try:
        numbers = np.array(values, np.float64)
    except OverflowError:
        return None
    return None if np.isinf(numbers).any() else numbers


def _bounds(values: list[Any]) -> Floats:
    """As floats, with NaN for whatever is no number."""
    if set(map(type, values)) <= _NUMBERS:
        try:
            return np.array(values, np.float64)
        except OverflowError:
            pass
    return np.array([_number(value) for value in values], np.float64)


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return math.nan
