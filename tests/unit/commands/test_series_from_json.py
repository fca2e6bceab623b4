"""The input of `stallhorn detect`: what is right becomes clean series, what is wrong is named with its place."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stallhorn.commands._series import checked, decoded, parsed
from stallhorn.errors import ExitCode, UsageError


def read(text: str | bytes) -> list[dict[str, Any]]:
    return checked(parsed(decoded(text if isinstance(text, bytes) else text.encode())))


def one(series: str) -> dict[str, Any]:
    (only,) = read(f'{{"series": [{series}]}}')
    return only


def refused(text: str | bytes) -> str:
    with pytest.raises(UsageError) as error:
        read(text)
    assert error.value.exit_code == ExitCode.USAGE
    assert error.value.remedy
    return error.value.what


# what is right


def test_a_series_with_everything():
    given = '{"values": [1.5, null, 2], "weights": [1, 2, 3], "group": "rbf", "project": "night"}'
    assert one(given) == {"values": [1.5, None, 2.0], "weights": [1.0, 2.0, 3.0], "group": "rbf", "project": "night"}


def test_only_values_must_be_there():
    assert one('{"values": [1]}') == {"values": [1.0], "weights": None, "group": None, "project": None}


def test_whole_numbers_are_floats():
    assert all(type(value) is float for value in one('{"values": [1, -0, 12345678901234567890]}')["values"])


def test_unknown_keys_are_ignored():
    (only,) = read('{"schema": 7, "series": [{"values": [], "name": "x", "points": {"a": []}}]}')
    assert only == {"values": [], "weights": None, "group": None, "project": None}


def test_no_series_is_no_error():
    assert read('{"series": []}') == []


def test_nan_and_infinity_count_as_not_measured():
    given = one('{"values": [1, NaN, Infinity, -Infinity, null, 0], "weights": [NaN, 1, 1, 1, null, 2]}')
    assert given["values"] == [1.0, None, None, None, None, 0.0]
    assert given["weights"] == [None, 1.0, 1.0, 1.0, None, 2.0]


def test_a_byte_order_mark_is_no_mistake():
    assert read(b'\xef\xbb\xbf{"series": []}') == []


def test_names_are_any_text():
    given = one(r'{"values": [], "group": "\ud83d\ude00 µ", "project": ""}')
    assert (given["group"], given["project"]) == ("😀 µ", "")


def test_values_that_are_well_are_not_copied():
    document = parsed('{"series": [{"values": [1, null], "weights": [1, 2]}]}')
    (only,) = checked(document)
    assert only["values"] is document["series"][0]["values"]
    assert only["weights"] is document["series"][0]["weights"]


# what is wrong, and where


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "The input is empty."),
        (" \n\t", "The input is empty."),
        ("hello", 'The input is not JSON: Expecting value at line 1, column 1, found "hello".'),
        ("{'series': []}", "The input is not JSON: Expecting property name"),
        ('{"series": [{"values": [1,, 2]}]}', 'at line 1, column 27, found ", 2]}]}".'),
        ('{"series": []} {"series": []}', "After the JSON, more follows at line 1, column 16."),
        ('{"series": [{"values": [1, 2', "The JSON is cut off: it ends after 28 characters"),
        ('{"series": [{"values": [1]}', "The JSON is cut off"),
        ('{"series": [{"values": [1.', "The JSON is cut off"),
        ('{"series": [{"values": [nul', "The JSON is cut off"),
        ('{"series": [{"group": "ab\n', "cut off"),
        ("[1, 2", "cut off"),
        (b'{"series": ["\xff"]}', "The input is not UTF-8: byte 13 is 0xff"),
        ('{"series": []}'.encode("utf-16"), "The input is not UTF-8: byte 0 is 0xff"),
        ("[" * 100_000, "nests lists or objects too deeply"),
        ('{"series": [{"values": ' + '{"a":' * 100_000, "nests lists or objects too deeply"),
    ],
)
def test_text_that_is_no_json(text: str | bytes, what: str):
    assert what in refused(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[]", "The input is a list, not an object."),
        ("null", "The input is null, not an object."),
        ("3", "The input is a number, not an object."),
        ("{}", 'The input has no "series".'),
        ('{"series": {}}', '"series" is an object, not a list.'),
        ('{"series": null}', '"series" is null, not a list.'),
        ('{"series": [{"values": []}, [1, 2]]}', "series[1] is a list, not an object."),
        ('{"series": [NaN]}', "series[0] is a number, not an object."),
        ('{"series": [{"value": [1]}]}', 'series[0] has no "values".'),
        ('{"series": [{"values": null}]}', "series[0].values is null, not a list of numbers and nulls."),
        ('{"series": [{"values": "1 2"}]}', 'series[0].values is the text "1 2", not a list of numbers and nulls.'),
        ('{"series": [{"values": {"0": 1}}]}', "series[0].values is an object, not"),
    ],
)
def test_another_shape(text: str, what: str):
    assert what in refused(text)


@pytest.mark.parametrize("place", ["values", "weights"])
@pytest.mark.parametrize(
    ("item", "what"),
    [
        ('"1.5"', 'is the text "1.5", not a number or null.'),
        ('"' + "x" * 1000 + '"', f'is the text "{"x" * 30}...", not'),
        ("true", "is true, not a number or null."),
        ("false", "is false, not"),
        ("[1]", "is a list, not"),
        ("{}", "is an object, not"),
        ("1" + "0" * 309, "is too large: a float64 ends at 1.8e308."),
        ("-" + "9" * 5000, "is too large"),
        ("1e999", "is too large"),
    ],
)
def test_a_number_that_is_none_is_told_with_its_series_and_position(place: str, item: str, what: str):
    lists = {"values": "[1, null, 3]", "weights": "[1, 2, 3]", place: f"[1, NaN, {item}]"}
    text = f'{{"values": {lists["values"]}, "weights": {lists["weights"]}}}'
    assert f"series[1].{place}[2] {what}" in refused(f'{{"series": [{{"values": []}}, {text}]}}')


def test_weights_of_another_length():
    what = refused('{"series": [{"values": [1, 2, 3], "weights": [1, 2]}]}')
    assert what == "series[0].weights has 2 numbers, and series[0].values has 3."


def test_weights_that_are_no_list():
    assert "series[0].weights is a number, not a list" in refused('{"series": [{"values": [1], "weights": 1}]}')


@pytest.mark.parametrize("key", ["group", "project"])
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("3", "is a number, not a text or null."),
        ("true", "is true, not a text or null."),
        ('["a"]', "is a list, not a text or null."),
        ('{"a": 1}', "is an object, not a text or null."),
        (r'"ab\ud800"', "has half a surrogate pair (character 2)"),
    ],
)
def test_a_name_that_is_none(key: str, name: str, what: str):
    assert f"series[0].{key} {what}" in refused(f'{{"series": [{{"values": [], "{key}": {name}}}]}}')


# anything at all: clean series or a clear error

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()))
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
NUMBERS = st.lists(st.none() | st.floats() | st.integers(-(10**400), 10**400), max_size=5)
NEARLY = st.fixed_dictionaries(
    {"values": NUMBERS | ANYTHING},
    optional={"weights": NUMBERS | ANYTHING, "group": ANYTHING, "project": ANYTHING, "other": ANYTHING},
)
DOCUMENTS = st.fixed_dictionaries({"series": st.lists(NEARLY | ANYTHING, max_size=4) | ANYTHING}) | ANYTHING


def holds(raw: bytes) -> None:
    """Either each series has what the change detection counts on, or the error says what to do."""
    try:
        series = read(raw)
    except UsageError as error:
        assert error.what and error.remedy
        return
    for each in series:
        assert set(each) == {"values", "weights", "group", "project"}
        assert each["weights"] is None or len(each["weights"]) == len(each["values"])
        assert all(isinstance(each[key], str | None) for key in ("group", "project"))
        for number in each["values"] + (each["weights"] or []):
            assert number is None or (type(number) is float and math.isfinite(number))


@given(DOCUMENTS)
def test_any_json_gives_clean_series_or_a_clear_error(document: Any):
    holds(json.dumps(document).encode())


@given(st.binary() | st.text('{}[]":,-+.0123456789eEnultrsfavi \\\n').map(str.encode))
@example(b"\x00")
@example(b'{"series": [{"values": [1e99999999999999999999]}]}')
def test_any_bytes_give_clean_series_or_a_clear_error(raw: bytes):
    holds(raw)


@given(st.lists(NEARLY, min_size=1, max_size=2), st.data())
def test_input_that_ends_early_is_an_error(series: list[Any], data: st.DataObject):
    text = json.dumps({"series": series})
    with pytest.raises(UsageError):
        read(text[: data.draw(st.integers(0, len(text) - 1))])


@given(st.lists(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False))))
def test_numbers_arrive_as_they_were_written(every: list[list[float | None]]):
    written = json.dumps({"series": [{"values": values} for values in every]})
    assert [each["values"] for each in read(written)] == every
