"""What the series that a change hit have in common: "numba only", "n >= 1e5", or up to three such conditions. Pure.

A pattern that nothing forbids can always be found among few series, so each further condition asks for more of them,
and has to explain clearly more than fewer conditions do. Where none explains it, there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stallhorn.model import Change, History, SeriesKey, plain
from stallhorn.model.points import OK, columns_of

ENOUGH = 0.8  # of the series with such a property are hit: the others can hide behind noise
MOST = 0.9  # of the series that were hit have it, where there are `MANY`; of fewer all
MANY = 10
LEAST_HIT = (1, 3, 5)  # series that one, two and three conditions need
_GAIN = 0.03  # of the score, that one more condition has to bring
_NAMED = 3  # values that are listed
_AXIS = 3  # different numbers that a bound needs
_TRIED = 3  # bounds in each direction, and single values
_KEPT = 6  # combinations that another condition is added to

Mask = NDArray[np.bool_]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A property that the hit series have, and hardly any other."""

    words: str
    hit: int  # series with the property that were hit
    of: int  # series with the property
    total: int = 0  # series that were hit; 0: all of them have the property

    def __str__(self) -> str:
        beside = self.total - self.hit
        counts = [f"{self.hit} of {self.of}"] if self.hit < self.of else []
        counts += [f"{beside} hit without it"] if beside > 0 else []
        return f"{self.words} ({'; '.join(counts)})" if counts else self.words


@dataclass(frozen=True, slots=True)
class _Condition:
    """One parameter, and what it may be; `order` is the parameter's place."""

    order: int
    words: str
    is_text: bool  # of a name such as "numba", which stands first


@dataclass(frozen=True, slots=True)
class _Found:
    """Some conditions together, and how many series have that property."""

    conditions: tuple[_Condition, ...]
    hit: int
    of: int
    whole: tuple[int, int]  # series that were hit, and all that could have been
    parent: Mask
    column: _Column | None = None  # of the last condition
    chosen: Sequence[int] = ()  # what it may be there

    @property
    def total(self) -> int:
        return self.whole[0]

    @property
    def mask(self) -> Mask:
        return self.parent if self.column is None else self.parent & self.column.among(self.chosen)

    @property
    def score(self) -> float:
        """The harmonic mean of how many of such series are hit, and how many of those hit are such."""
        return 2 * self.hit / (self.of + self.total)

    @property
    def explains(self) -> bool:
        """Whether nearly all such series are hit, nearly all hit are such, and most that were spared are left out."""
        most = MOST if self.total >= MANY else 1.0
        spared = self.whole[1] - self.total
        return self.hit >= ENOUGH * self.of and self.hit >= most * self.total and 2 * (self.of - self.hit) <= spared

    @property
    def rank(self) -> tuple[float, int, str]:
        return (-self.score, len(self.conditions), self.words)

    @property
    def words(self) -> str:
        ordered = sorted(self.conditions, key=lambda each: (not each.is_text, each.order))
        if len(ordered) == 1:
            return ordered[0].words
        return ", ".join(each.words if each.is_text else each.words.removesuffix(" only") for each in ordered)


@dataclass(frozen=True, slots=True)
class _Column:
    """One parameter of some series: `codes` are places in `texts`, -1 where a series does not have it."""

    name: str
    order: int
    codes: Codes
    texts: Sequence[str]
    numbers: Codes  # places of its values in the order of their size; empty where they are no axis

    @classmethod
    def of(cls, name: str, order: int, codes: Codes, texts: Sequence[str]) -> _Column:
        known = sorted(
            (number, code) for code in set(codes.tolist()) if (number := _number_at(texts, code)) is not None
        )
        is_axis = len({number for number, _ in known}) == len(set(codes.tolist()) - {-1}) >= _AXIS
        return cls(name, order, codes, texts, np.array([code for _, code in known if is_axis], dtype=np.intp))

    def among(self, chosen: Sequence[int]) -> Mask:
        """The series with one of these values."""
        allowed = np.zeros(len(self.texts) + 1, dtype=np.bool_)  # one more, where -1 leads to
        allowed[list(chosen)] = True
        return allowed[self.codes]

    def longer(self, found: _Found, hit: Mask) -> Iterator[_Found]:
        """What can be asked of it besides: a bound on numbers, a value, a few values."""
        within = found.mask & (self.codes >= 0)
        of = np.bincount(self.codes[within], minlength=len(self.texts))
        hits = np.bincount(self.codes[within & hit], minlength=len(self.texts))
        told: set[tuple[int, int]] = set()  # a bound goes before a list that says the same
        for words, chosen in (*self._bounds(hits, of, found.total), *self._lists(hits, of)):
            counts = (int(hits[chosen].sum()), int(of[chosen].sum()))
            if counts[0] > 0 and counts[1] < found.of and counts not in told:
                told.add(counts)
                condition = _Condition(self.order, words, self._is_text(chosen))
                yield _Found((*found.conditions, condition), *counts, found.whole, found.mask, self, chosen)

    def _bounds(self, hits: Codes, of: Codes, total: int) -> list[tuple[str, list[int]]]:
        """The best limits from below and from above."""
        there = self.numbers[of[self.numbers] > 0] if len(self.numbers) else self.numbers
        if len(there) < 2:
            return []
        found = []
        for sign, ordered in ((">=", there[::-1]), ("<=", there)):
            scores = 2 * np.cumsum(hits[ordered]) / (np.cumsum(of[ordered]) + total)
            for last in np.argsort(-scores[:-1], kind="stable")[:_TRIED]:
                chosen = ordered[: last + 1].tolist()
                found.append((f"{self.name} {sign} {_written(self.texts[chosen[-1]])}", chosen))
        return found

    def _lists(self, hits: Codes, of: Codes) -> list[tuple[str, list[int]]]:
        struck = [int(code) for code in np.flatnonzero(hits)]
        most = [code for code in struck if 2 * hits[code] >= of[code]]
        best = sorted(struck, key=lambda code: (-int(hits[code]), int(of[code]), self.texts[code]))[:_TRIED]
        unique = {tuple(each): each for each in (struck, most, *([code] for code in best)) if 0 < len(each) <= _NAMED}
        return [(self._listed(each), each) for each in unique.values()]

    def _listed(self, chosen: Sequence[int]) -> str:
        shown = " or ".join(_written(text) for text in sorted((self.texts[code] for code in chosen), key=_order))
        return f"{shown} only" if self._is_text(chosen) else f"{self.name} = {shown} only"

    def _is_text(self, chosen: Sequence[int]) -> bool:
        return self.name != "environment" and any(_number(self.texts[code]) is None for code in chosen)


class Patterns:
    """Looks for patterns among the series of one history; what they have in common is looked up once."""

    def __init__(self, history: History) -> None:
        self._history = history

    def of(self, change: Change) -> Pattern | None:
        """What parameters and the environment say about which series were hit; None if all were, or none does."""
        places = [place for point in change.points if (place := self._places.get(point.key)) is not None]
        candidates = self._candidates(change)
        struck = np.zeros(len(self._history.series), dtype=np.bool_)
        struck[places] = True
        members = np.flatnonzero(candidates | struck)
        hit = struck[members]
        if hit.all() or not places:
            return None
        found = _best(hit, self._columns_of(members, places[0], hit))
        if found is None:
            return None
        return Pattern(found.words, found.hit, found.of, found.total)

    def _candidates(self, change: Change) -> Mask:
        """Series that a change could have hit: of its benchmarks and machines, with values on both sides of it."""
        groups = {
            self._groups[group]
            for group in dict.fromkeys((point.key.benchmark, point.key.machine) for point in change.points)
            if group in self._groups
        }
        wanted = np.zeros(len(self._groups) + 1, dtype=np.bool_)
        wanted[list(groups)] = True
        oldest, newest = self._measured
        measured = (oldest <= change.last.position) & (newest >= change.first.position)
        return wanted[self._group_codes] & measured

    def _columns_of(self, members: Codes, one: int, hit: Mask) -> list[_Column]:
        """The parameters that all hit series have, in the order of one of them, and the environment."""
        names = [name for name, _ in self._history.series[one].key.parameters.values]
        found: list[_Column] = []
        for name in dict.fromkeys((*names, "environment")):
            codes, texts = self._columns[name]
            mine = codes[members]
            if bool((mine[hit] >= 0).all()):
                found.append(_Column.of(name, len(found), mine, texts))
        return found

    @cached_property
    def _places(self) -> dict[SeriesKey, int]:
        return {series.key: place for place, series in enumerate(self._history.series)}

    @cached_property
    def _groups(self) -> dict[tuple[str, str], int]:
        keys = dict.fromkeys((series.key.benchmark, series.key.machine) for series in self._history.series)
        return {group: code for code, group in enumerate(keys)}

    @cached_property
    def _group_codes(self) -> Codes:
        groups = self._groups
        return np.array([groups[each.key.benchmark, each.key.machine] for each in self._history.series], dtype=np.intp)

    @cached_property
    def _measured(self) -> tuple[Codes, Codes]:
        """The positions of the first and the last value of each series; none has a place that nothing reaches."""
        positions = {revision.commit: revision.position for revision in self._history.revisions}
        never = len(positions) + 1
        oldest, newest = [], []
        for series in self._history.series:
            columns = columns_of(series.points)
            first = columns.statuses.find(OK)
            oldest.append(never if first < 0 else positions[columns.commits[first]])
            newest.append(-2 if first < 0 else positions[columns.commits[columns.statuses.rfind(OK)]])
        return np.array(oldest, dtype=np.intp), np.array(newest, dtype=np.intp)

    @cached_property
    def _columns(self) -> dict[str, tuple[Codes, list[str]]]:
        """For each parameter name the value of every series, as a place in a list of texts."""
        count = len(self._history.series)
        codes: dict[str, Codes] = {"environment": np.full(count, -1, dtype=np.intp)}
        texts: dict[str, dict[str, int]] = {"environment": {}}
        for place, series in enumerate(self._history.series):
            for name, text in (*series.key.parameters.values, ("environment", series.key.environment)):
                if name not in codes:
                    codes[name], texts[name] = np.full(count, -1, dtype=np.intp), {}
                known = texts[name]
                codes[name][place] = known.setdefault(text if name == "environment" else plain(text), len(known))
        return {name: (codes[name], list(texts[name])) for name in codes}


def _best(hit: Mask, columns: Sequence[_Column]) -> _Found | None:
    total = int(hit.sum())
    kept = [_Found((), total, len(hit), (total, len(hit)), np.ones(len(hit), dtype=np.bool_))]
    best: _Found | None = None
    for least in LEAST_HIT:
        if total < least:
            break
        longer = sorted((each for one in kept for each in _with_one_more(one, hit, columns)), key=lambda one: one.rank)
        kept = longer[:_KEPT]
        explaining = next((each for each in longer if each.explains), None)
        if explaining is not None and (best is None or explaining.score > best.score + _GAIN):
            best = explaining
    return best


def _with_one_more(found: _Found, hit: Mask, columns: Sequence[_Column]) -> Iterator[_Found]:
    used = {condition.order for condition in found.conditions}
    for column in columns:
        if column.order not in used:
            yield from column.longer(found, hit)


def _number_at(texts: Sequence[str], code: int) -> float | None:
    return _number(texts[code]) if code >= 0 else None


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
