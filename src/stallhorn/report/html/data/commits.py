"""The values of all series at one commit: what a page reads that sets two commits against each other.

`data/commit/<n>.js` holds one commit, or several in a row where there are more than `FILES`:
`(window.stallhornData ||= {})["commit/<n>"] = {"schema": 1, "count": series, "values": {hash: text}}`. A text is base64
of six bytes for each series, in the order of `Site.indexed`: first three for each (the value, its lowest byte first),
then three for each (how far the interval reaches below it: 12 bits; above it: the next 12). Nothing depends on other
commits, so that the files of old commits stay as they are when a new one is measured.

    value    0 not measured; a status of `model.points.STATUSES` is its place + 1 (never "ok", which
             has a value); `NOT_POSITIVE` a value that has no ratio; else five digits and a power of ten:
             (power - LEAST) * 90000 + (digits - 10000) + FIRST
    reach    of logarithms: `UNIT` * (2 ** (code / STEPS) - 1); 0 = none; `NO_INTERVAL` = it is not known
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stallhorn.model import Series
from stallhorn.model.points import OK, columns_of
from stallhorn.report.html import words
from stallhorn.report.html.data.numbers import scaled
from stallhorn.report.html.data.script import script
from stallhorn.report.html.pages.base import File

SCHEMA = 1
FILES = 200
FIRST, NOT_POSITIVE, LEAST = 16, 8, -90
UNIT, STEPS, NO_INTERVAL = 0.0001, 232, 4095
_DIGITS = 10_000
_TOGETHER = 2_000  # series that are taken at a time, so that large histories need little memory

Codes = NDArray[np.uint32]
Floats = NDArray[np.float64]


def block_size(commits: int) -> int:
    """How many commits share a file."""
    return max(1, -(-commits // FILES))


def files(series: Sequence[Series], commits: Sequence[str]) -> Iterator[File]:
    """The data files of these commits, oldest first."""
    table, size = coded(series, commits), block_size(len(commits))
    for number, start in enumerate(range(0, len(commits), size)):
        texts = {
            words.clean(commits[place]): base64.b64encode(table[place].tobytes()).decode("ascii")
            for place in range(start, min(start + size, len(commits)))
        }
        yield script(f"commit/{number}", {"schema": SCHEMA, "count": len(series), "values": texts})


def coded(series: Sequence[Series], commits: Sequence[str]) -> NDArray[np.uint8]:
    """A row of six bytes a series for each commit."""
    count = len(series)
    places = {commit: place for place, commit in enumerate(commits)}
    table = np.zeros((len(commits), 2, count, 3), np.uint8)
    for start in range(0, count, _TOGETHER):
        part = series[start : start + _TOGETHER]
        for what, codes in enumerate(_codes(part, places)):
            lowest_first = np.asarray(codes, "<u4").view(np.uint8).reshape(len(commits), len(part), 4)
            table[:, what, start : start + len(part)] = lowest_first[:, :, :3]
    return table.reshape(len(commits), 6 * count)


def _codes(series: Sequence[Series], places: Mapping[str, int]) -> tuple[Codes, Codes]:
    """What stands for each value, and for its interval: commits by series."""
    columns = [columns_of(each.points) for each in series]
    found = np.zeros((2, len(places), len(series)), np.uint32)
    lengths = [len(each.commits) for each in columns]
    if sum(lengths):
        rows = np.concatenate(list(rows_of((each.commits for each in columns), places)))
        cells = rows * len(series) + np.repeat(np.arange(len(series)), lengths)
        values, lows, highs = (
            np.concatenate([np.asarray(part, np.float64) for part in parts])
            for parts in zip(*((each.values, each.lows, each.highs) for each in columns), strict=True)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            below, above = reach_codes(np.log(values / lows)), reach_codes(np.log(highs / values))
        statuses = np.frombuffer(b"".join(each.statuses for each in columns), np.uint8)
        found[0].reshape(-1)[cells] = value_codes(values, statuses)
        found[1].reshape(-1)[cells] = below | (above << 12)
    return found[0], found[1]


def rows_of(every: Iterable[Sequence[str]], places: Mapping[str, int]) -> Iterator[NDArray[np.int64]]:
    """The places of the commits of each series: most have the same as the one before."""
    before: Sequence[str] = ()
    found = np.zeros(0, np.int64)
    for commits in every:
        if commits != before:
            before, found = commits, np.array([places[commit] for commit in commits], np.int64)
        yield found


def value_codes(values: Floats, statuses: NDArray[np.uint8]) -> Codes:
    """What stands for each value, or for how it ended."""
    positive = (statuses == OK) & (values > 0) & np.isfinite(values)
    sizes = np.where(positive, values, 1.0)
    powers = np.floor(np.log10(sizes)).astype(np.int64) - 4
    digits = scaled(sizes, powers)
    over, under = digits >= 10 * _DIGITS, digits < _DIGITS  # of a logarithm that was rounded across a power of ten
    if (moved := over | under).any():
        powers = powers + over - under
        digits[moved] = scaled(sizes[moved], powers[moved])
    codes = (powers - LEAST) * (9 * _DIGITS) + (digits.astype(np.int64) - _DIGITS) + FIRST
    codes = np.where(positive & (codes >= FIRST) & (codes < 2**24), codes, NOT_POSITIVE)
    return np.asarray(np.where(statuses == OK, codes, statuses.astype(np.int64) + 1), np.uint32)


def reach_codes(reaches: Floats) -> Codes:
    """What stands for the reach of an interval."""
    with np.errstate(divide="ignore", invalid="ignore"):
        codes = np.rint(STEPS * np.log2(1 + np.maximum(reaches, 0.0) / UNIT))
    return np.asarray(np.where(np.isnan(codes), NO_INTERVAL, np.minimum(codes, NO_INTERVAL - 1)), np.uint32)
