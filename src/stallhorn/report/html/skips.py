"""Series that were only ever skipped, said in few words: why, and which they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from stallhorn.model import plain
from stallhorn.report.html.view import Row, distinct

NO_REASON = "no run selected them so far, or they were skipped without a reason"


@dataclass(frozen=True, slots=True)
class Skips:
    """All series that were skipped for one reason."""

    reason: str  # untrusted text
    rows: tuple[Row, ...]

    @property
    def places(self) -> tuple[str, ...]:
        """Which series these are, a text for each block of combinations: `n = 30, 100; threads = all`."""
        blocks = _blocks([row.key.parameters.values for row in self.rows])
        return tuple("; ".join(f"{name} = {', '.join(texts)}" for name, texts in block.items()) for block in blocks)


def by_reason(rows: Sequence[Row]) -> list[Skips]:
    """One entry for each reason, the one with the most series first.

    Reasons that differ only in a word that is the series' own parameter value are one: "numpy kernels have none" and
    "jax kernels have none" become "numpy and jax kernels have none".
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(_open(row), []).append(row)
    found = [Skips(_filled(reason, group), tuple(group)) for reason, group in groups.items()]
    return sorted(found, key=lambda each: -len(each.rows))


def _open(row: Row) -> str:
    """The reason with a slot in place of each word that is a value of the series' parameters."""
    reason = row.reason or NO_REASON
    for name, text in row.key.parameters.values:
        word = plain(text)
        if word != text and re.fullmatch(r"[^\W\d]\w+", word):
            reason = _slot(name).join(re.split(rf"\b{word}\b", reason))
    return reason


def _filled(reason: str, rows: Sequence[Row]) -> str:
    for name, texts in distinct(row.key.parameters for row in rows).items():
        values = [plain(text) for text in texts]
        joined = " and ".join([", ".join(values[:-1]), values[-1]] if len(values) > 1 else values)
        reason = reason.replace(_slot(name), joined)
    return reason


def _slot(name: str) -> str:
    return f"\x00{name}\x00"


Combination = tuple[tuple[str, str], ...]


def _blocks(combinations: Sequence[Combination]) -> list[dict[str, list[str]]]:
    """Parameter combinations as few full products: for each, the values of every parameter."""
    values: dict[str, list[str]] = {}
    for combination in combinations:
        for name, text in combination:
            texts = values.setdefault(name, [])
            if plain(text) not in texts:
                texts.append(plain(text))
    if len(combinations) <= 1 or len(set(combinations)) == prod(len(texts) for texts in values.values()):
        return [values]
    splits = [split for name in values if len(split := _split(combinations, name)) > 1]
    if not splits:
        return [{name: [plain(text)] for name, text in each} for each in combinations]
    best = min(splits, key=len)
    return [block for part in best for block in _blocks(part)]


def _split(combinations: Sequence[Combination], name: str) -> list[list[Combination]]:
    """Parts by the value of one parameter; values with which the other parameters go alike share a part."""
    parts: dict[str | None, list[Combination]] = {}
    for combination in combinations:
        parts.setdefault(dict(combination).get(name), []).append(combination)
    alike: dict[frozenset[Combination], list[Combination]] = {}
    for part in parts.values():
        others = frozenset(tuple(pair for pair in each if pair[0] != name) for each in part)
        alike.setdefault(others, []).extend(part)
    return list(alike.values())
