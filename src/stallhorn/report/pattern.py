"""What the series that a change hit have in common, if one parameter explains it: "numba only", "n >= 100000". Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from stallhorn.model import Change, History, Measurement, Series, SeriesKey, Status, plain

ENOUGH = 0.8  # of the series with such a value are hit: the others can hide behind noise
_NAMED = 3  # values that are listed


@dataclass(frozen=True, slots=True)
class Pattern:
    """A property that all hit series have, and hardly any other."""

    words: str
    hit: int
    of: int  # series with the property

    def __str__(self) -> str:
        return self.words if self.hit == self.of else f"{self.words} ({self.hit} of {self.of})"


class Patterns:
    """Looks for patterns among the series of one history; what they have in common is looked up once."""

    def __init__(self, history: History) -> None:
        self._places = {revision.commit: revision.position for revision in history.revisions}
        self._groups: dict[tuple[str, str], list[Series]] = {}
        for series in history.series:
            self._groups.setdefault((series.key.benchmark, series.key.machine), []).append(series)

    def of(self, change: Change) -> Pattern | None:
        """What one parameter, or the environment, says about which series were hit; None if all were, or none does."""
        hit = {point.key for point in change.points}
        others = {series.key for series in self._candidates(change)} - hit
        if not others:
            return None
        found = []
        for name in _names(hit):
            theirs, rest = ([_values(key).get(name) for key in keys] for keys in (hit, others))
            if one := _by_value(name, theirs, rest):
                found.append(one)
        return max(found, key=lambda one: (one.hit / one.of, -one.of, one.words), default=None)

    def _candidates(self, change: Change) -> Iterable[Series]:
        """Series that a change could have hit: of its benchmarks and machines, with values on both sides of it."""
        for group in dict.fromkeys((point.key.benchmark, point.key.machine) for point in change.points):
            for series in self._groups.get(group, ()):
                oldest, newest = self._measured(series.points), self._measured(reversed(series.points))
                if oldest is None or newest is None:
                    continue
                if oldest <= change.last.position and newest >= change.first.position:
                    yield series

    def _measured(self, points: Iterable[Measurement]) -> int | None:
        """The position of the first of these points that has a value."""
        return next((self._places[point.commit] for point in points if point.status is Status.OK), None)


def _values(key: SeriesKey) -> Mapping[str, str]:
    return {**{name: plain(text) for name, text in key.parameters.values}, "environment": key.environment}


def _names(keys: Iterable[SeriesKey]) -> list[str]:
    """Parameters that all of these series have."""
    names: dict[str, None] | None = None
    for key in sorted(keys):
        mine = _values(key)
        names = dict.fromkeys(mine) if names is None else {name: None for name in names if name in mine}
    return list(names or {})


def _by_value(name: str, hit: Sequence[str | None], others: Sequence[str | None]) -> Pattern | None:
    values = {text for text in hit if text is not None}
    covered = [text for text in others if text in values]
    if len(covered) == len(others) or len(hit) < ENOUGH * (len(hit) + len(covered)):
        return None
    left = {text for text in others if text is not None and text not in values}
    words = _bound(name, values, left) or _listed(name, values)
    return Pattern(words, len(hit), len(hit) + len(covered)) if words else None


def _bound(name: str, values: Set[str], left: Set[str]) -> str:
    """A limit that parts numbers: "n >= 1000"; "" where none does, or where there is but one value."""
    numbers, rest = [_number(text) for text in values], [_number(text) for text in left]
    if None in numbers or None in rest or len(left) + len(values) < 3:
        return ""
    known, beyond = [each for each in numbers if each is not None], [each for each in rest if each is not None]
    if not beyond:
        return ""
    if min(known) > max(beyond):
        return f"{name} >= {_written(min(values, key=_order))}"
    return f"{name} <= {_written(max(values, key=_order))}" if max(known) < min(beyond) else ""


def _listed(name: str, values: Set[str]) -> str:
    if len(values) > _NAMED:
        return ""
    shown = " or ".join(_written(text) for text in sorted(values, key=_order))
    numeric = all(_number(text) is not None for text in values)
    return f"{name} = {shown} only" if numeric or name == "environment" else f"{shown} only"


def _written(text: str) -> str:
    number = _number(text)
    return (
        f"{number:.0e}".replace("e+0", "e") if number and number >= 1e4 and float(f"{number:.0e}") == number else text
    )


def _order(text: str) -> tuple[float, str]:
    number = _number(text)
    return (float("inf") if number is None else number, text)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number else None
