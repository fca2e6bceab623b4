"""The quicker reader of JSON says what Python's says, or nothing."""

from __future__ import annotations

import json
from dataclasses import astuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallhorn.store import _quick
from stallhorn.store._sheets import Sheet, quick_sheet, sheet_of
from stallhorn.store.files import UnreadableFileError, decoded, parse_object
from stallhorn.store.forms import Forms

COLUMNS = '["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b"]'


def file(rows: str, more: str = "") -> bytes:
    head = f'"version": 2, "commit_hash": "ab", "env_name": "e", "result_columns": {COLUMNS}'
    return f'{{{head}, "results": {{{rows}}}, "date": 7{more}}}'.encode()


def row(values: str, params: str = '[["1", "2"]]', lows: str = "[1, 1]", highs: str = "[3, 3]") -> str:
    return f'"a": [{values}, {params}, "1", 5, 1.5, {lows}, {highs}]'


def slowly(content: bytes) -> Sheet | None:
    try:
        return sheet_of(parse_object(decoded(content)), Forms())
    except UnreadableFileError:
        return None


def plain(sheet: Sheet | None) -> Any:
    """Something that compares: columns as texts, NaN like NaN."""
    if sheet is None:
        return None
    columns = (sheet.forms, sheet.started, sheet.statuses, sheet.values, sheet.lows, sheet.highs)
    return repr(astuple(sheet.head)), [each.tolist().__repr__() for each in columns]


def test_a_file_without_results_is_empty() -> None:
    sheet = quick_sheet(file(""), Forms())
    assert sheet is not None
    assert len(sheet.values) == 0


@pytest.mark.parametrize(
    "content",
    [
        file(row("[1, 2.5]")),
        file(row("[NaN, 2]")),
        file(row("[NaN,NaN]", lows="[NaN, -Infinity]", highs="[Infinity, Infinity]")),
        file(row("[null, NaN]", lows="[null, null]")),
        file(row("[2, 1e-300]", lows="[-0, 0.1]")),
        file(row("[2, 2]", highs="[3, " + _quick._INFINITY_TEXT.decode() + "]")),
    ],
)
def test_what_asv_writes_is_read_quickly_and_alike(content: bytes) -> None:
    found = quick_sheet(content, Forms())
    assert found is not None
    assert plain(found) == plain(slowly(content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        file(row("[1, 2]"), more=', "env_vars": {"A": NaN}'),
        file(row("[1, 2]", params='[["1", "a, NaN, b"]]')),
        file(row("[NaN, 2]", params='[["1", "a, NaN, b"]]')),
        file(row("[NaN, 2]", params='[["1", NaN]]')),
        file(row("[Infinity, 2]")),
        file(row("[[NaN], NaN]")),
        file(row("NaN", params="[]")),
        file(row("[NaN, 2]"), more=", NaN: 1"),
        file(row("[NaN, 2]"), more=', "NaN": 1'),
        file(row("[NaN, 2]"), more=', "a\\NaN": 1'),
        file(row("[-NaN, 2]")),
        file(row("[1NaN, 2]")),
        file(row("[NaN5, 2]")),
        file(row("[NaNNaN, 2]")),
        file(row("[2, 2]", highs="[Infinity5, 7]")),
        file(row("[2, 2]", highs="[5Infinity, 7]")),
        file(row("[2, 2]", highs="[1.Infinity, 7]")),
        file(row("[NaN, " + _quick._NAN_TEXT.decode() + "]")),
        file(row("[1e999, 2]")),
        file(row("[1, 2]"), more=', "python": "\\ud800"'),
        file(row("[NaN, 2]") + ", " + row("[NaN, 3]")),
    ],
)
def test_where_it_cannot_be_sure_it_says_nothing(content: bytes) -> None:
    assert quick_sheet(content, Forms()) is None


PIECES = [
    "NaN",
    "Infinity",
    "-Infinity",
    "-",
    "1",
    "2.5",
    ".",
    "e5",
    "null",
    ",",
    " ",
    "[",
    "]",
    '"',
    "\\",
    "{",
    ":",
    "x",
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.sampled_from(["values", "params", "highs"]))
def test_it_never_says_anything_else(text: str, where: str) -> None:
    given_ = {"values": "[NaN, 2]"} | {where: text if where == "values" else f'[["1", "{text}"]]'}
    if where == "highs":
        given_[where] = f"[{text}]"
    content = file(row(**given_))
    found = quick_sheet(content, Forms())
    assert found is None or plain(found) == plain(slowly(content))


def test_marks_that_are_elsewhere_are_noticed() -> None:
    parsed = _quick.parse(json.dumps({"a": float("nan"), "b": 1.0}).encode())
    assert parsed is not None
    data, marks = parsed
    assert not marks.resolved(np.array([data["b"]]))
    numbers = np.array([data["a"], data["b"]])
    assert marks.resolved(numbers)
    assert np.isnan(numbers[0])
