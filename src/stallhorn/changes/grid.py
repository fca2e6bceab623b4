"""Series of one machine beside each other: a row of logarithms each, a column for each commit that any of them has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stallhorn.changes.row import Row
from stallhorn.changes.series import Floats, undisturbed

Places = np.ndarray[Any, np.dtype[np.int32]]

BLOCK = 1000  # series that are read at once: memory


@dataclass(frozen=True, slots=True)
class Grid:
    logarithms: Floats  # NaN where nothing was measured, or something disturbed it
    taken: Sequence[Places]  # the columns of each series' usable points; series with the same commits share them

    def number(self, row: int, column: int) -> int | None:
        """Which usable point of a row stands in a column."""
        taken = self.taken[row]
        number = int(np.searchsorted(taken, column))
        return number if number < len(taken) and taken[number] == column else None

    def starts(self, row: int, columns: Sequence[int]) -> list[int]:
        """The number of the first usable point in each of these columns, or behind it."""
        found: list[int] = np.searchsorted(self.taken[row], columns).tolist() if columns else []
        return found


def grid_of(rows: Sequence[Row], places: Mapping[str, int]) -> Grid:
    """`places` are the positions of commits in the history."""
    positions = _positions(rows, places)
    shared = {id(each): each for each in positions}
    columns = np.zeros(max((int(each[-1]) for each in positions if len(each)), default=-1) + 2, np.int32)
    for each in shared.values():
        columns[each] = 1
    numbers = (np.cumsum(columns) - 1).astype(np.int32)
    of_shared = {known: numbers[each] for known, each in shared.items()}
    taken = [of_shared[id(each)] for each in positions]
    found = np.full((len(rows), int(columns.sum())), np.nan)
    for some in _alike(rows):
        for row, line in zip(some, np.log(_values([rows[number] for number in some])), strict=True):
            found[row, taken[row]] = line
    return Grid(found, taken)


def _positions(rows: Sequence[Row], places: Mapping[str, int]) -> list[Places]:
    """Where the usable points of each row stand in the history."""
    known: dict[int, tuple[Sequence[str], Places]] = {}
    found = []
    for row in rows:
        commits = row.columns.commits
        if id(commits) not in known:  # the commits stay with what is known, so that no others get their id
            known[id(commits)] = commits, np.array([places[commit] for commit in commits], np.int32)
        at = known[id(commits)][1]
        found.append(at if row.is_whole else at[list(row.usable)])
    return found


def _alike(rows: Sequence[Row]) -> Iterator[list[int]]:
    """Rows with as many points."""
    found: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        found.setdefault(len(row.usable), []).append(number)
    for each in found.values():
        yield from (each[start : start + BLOCK] for start in range(0, len(each), BLOCK))


def _values(rows: Sequence[Row]) -> Floats:
    """The values of rows with as many points, without those that a wide interval marks as disturbed."""
    values, lows, highs = np.empty((3, len(rows), len(rows[0].usable)))
    for number, row in enumerate(rows):
        columns = (row.columns.values, row.columns.lows, row.columns.highs)
        for column, found in zip(columns, (values, lows, highs), strict=True):
            found[number] = column if row.is_whole else np.asarray(column)[np.asarray(row.usable)]
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.where((lows > 0) & (lows < highs), 1 / np.log(highs / lows), np.nan)
    return undisturbed(values, weights)
