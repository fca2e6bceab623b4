"""The histories of all series in the height of a line of text, for the browser to draw.

A history has one character for each commit of its machine, oldest first: "0" to "v" are heights from 0 to 31, "." is
nothing measured. With more than 24 commits it has 24 characters: the last one is the newest commit alone, each other
one the median of as many neighbouring commits. All histories are of one length; shorter ones begin with dots. The
height runs from the lowest to the highest of these values, logarithmically from a ratio of 8 on, and is at least a
tenth of the value, so that noise is not blown up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stallhorn.model import Series
from stallhorn.model.points import columns_of
from stallhorn.report.html.charts.axes import LEAST_SPAN, LOG_FROM, CommitAxis
from stallhorn.report.html.data.numbers import Floats
from stallhorn.report.html.view import Row, Site
from stallhorn.report.sentence import Standing, size

_MOST = 24  # characters
TOP = 200  # rows whose histories are there at once
_LEVELS = 32
_LETTERS = np.frombuffer(b"0123456789abcdefghijklmnopqrstuv.", np.uint8)
_BLOCK = 2000  # series at a time: memory stays small


def length(site: Site) -> int:
    """How many characters each history has."""
    return min(_MOST, max((len(axis.revisions) for axis in site.axes.values()), default=0))


def sparks(site: Site, rows: Sequence[Row] | None = None) -> list[str]:
    """The history of each row; of all series in the order of the index by default."""
    rows, width = site.indexed if rows is None else rows, length(site)
    found = [""] * len(rows)
    for machine, axis in site.axes.items():
        mine = [place for place, row in enumerate(rows) if row.key.machine == machine]
        for start in range(0, len(mine), _BLOCK):
            block = mine[start : start + _BLOCK]
            texts = _texts(_binned(_matrix([rows[place].series for place in block], axis)), width)
            for place, text in zip(block, texts, strict=True):
                found[place] = text
    return found


def top(site: Site) -> list[int]:
    """The places of the rows that the table begins with: the most urgent, then the largest change."""
    urgency = {each: code for code, each in enumerate(Standing)}
    moved = (Standing.SLOWER, Standing.FASTER)

    def order(place: int) -> tuple[int, float, int]:
        row = site.indexed[place]
        return urgency[row.standing], -size(row.ratio) if row.standing in moved else 0.0, place

    return sorted(range(len(site.indexed)), key=order)[:TOP]


def _matrix(series: Sequence[Series], axis: CommitAxis) -> Floats:
    """The values of each series at every commit of its machine; NaN for none."""
    places = {revision.commit: place for place, revision in enumerate(axis.revisions)}
    known: dict[int, tuple[Sequence[str], NDArray[np.intp]]] = {}  # many series share one list of commits
    matrix = np.full((len(series), len(axis.revisions)), np.nan)
    for line, each in enumerate(series):
        columns = columns_of(each.points)
        if id(columns.commits) not in known:
            at = np.array([places[commit] for commit in columns.commits], np.intp)
            known[id(columns.commits)] = columns.commits, at
        matrix[line, known[id(columns.commits)][1]] = columns.values
    return matrix


def _binned(matrix: Floats) -> Floats:
    """At most so many columns, the last of which is the last."""
    count = matrix.shape[1]
    if count <= _MOST:
        return matrix
    edges = np.linspace(0, count - 1, _MOST).round().astype(int)
    found = np.empty((len(matrix), _MOST))
    found[:, -1] = matrix[:, -1]
    for column in range(_MOST - 1):
        part = np.sort(matrix[:, edges[column] : edges[column + 1]], axis=1)  # NaN comes last
        middle = np.maximum(0, (~np.isnan(part)).sum(axis=1) - 1) // 2
        found[:, column] = part[np.arange(len(part)), middle]
    return found


def _texts(values: Floats, width: int) -> list[str]:
    if not values.shape[1]:
        return [""] * len(values)
    empty = np.isnan(values)
    lowest = np.where(empty, np.inf, values).min(axis=1, keepdims=True)
    highest = np.where(empty, -np.inf, values).max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        is_log = (lowest > 0) & (highest >= LOG_FROM * lowest)
        least = LEAST_SPAN * np.abs(highest)
        pad = np.maximum(0.0, least - (highest - lowest)) / 2
        linear = (values - lowest + pad) / np.maximum(highest - lowest, least)
        share = np.where(is_log, np.log(values / lowest) / np.log(highest / lowest), linear)
        share = np.where(np.isfinite(share), share, 0.5)
    codes = np.where(empty, _LEVELS, np.clip(np.rint(share * (_LEVELS - 1)), 0, _LEVELS - 1)).astype(np.intp)
    drawn = _LETTERS[codes]
    blank = np.full((len(values), width - values.shape[1]), ord("."), np.uint8)
    whole = np.hstack([blank, drawn])
    return [line.tobytes().decode("ascii") for line in whole]
