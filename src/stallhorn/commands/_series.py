"""Series from JSON text, each number checked: what `stallhorn detect` is given. Pure.

The input may be hostile, and may be hundreds of megabytes: nothing here looks at numbers one by one in Python unless
something is wrong with one of them.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from stallhorn.errors import UsageError

NUMBERS = frozenset({float, type(None)})
FORM = '{"series": [{"values": [1.5, null, 1.6]}]}'
_SHOWN = 30  # characters of a text that is not what it should be


def decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"The input is not UTF-8: byte {error.start} is 0x{raw[error.start]:02x} ({error.reason}).",
            "Write the JSON as UTF-8.",
        ) from None


def parsed(text: str) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """The document. Every number is a float, also a whole one: infinite if it is too large for one, and NaN where the
    text says NaN or Infinity, which is not JSON but which many programs write."""
    if not text or text.isspace():
        raise UsageError("The input is empty.", f"Expected: {FORM}")
    try:
        return json.loads(text, parse_int=float, parse_constant=lambda _: math.nan)
    except json.JSONDecodeError as error:
        raise _not_json(text, error) from None
    except RecursionError:
        raise UsageError(
            "The input nests lists or objects too deeply.", f"Nothing lies deeper than a list of numbers: {FORM}"
        ) from None


def checked(document: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - whatever the JSON holds
    """The series of a parsed document, each with "values", "weights", "group" and "project"; None = not known.

    The lists of the document are used, not copied. UsageError names the first place that is not as it should be.
    """
    if not isinstance(document, dict):
        _wrong("The input", document, "an object", f"Expected: {FORM}")
    if "series" not in document:
        raise UsageError('The input has no "series".', f"Expected: {FORM}")
    every = document["series"]
    if not isinstance(every, list):
        _wrong('"series"', every, "a list", f"Expected: {FORM}")
    return [_one(each, f"series[{number}]") for number, each in enumerate(every)]


def _one(given: Any, place: str) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(given, dict):
        _wrong(place, given, "an object", f"Expected: {FORM}")
    if "values" not in given:
        raise UsageError(f'{place} has no "values".', f"Expected: {FORM}")
    values, weights = _numbers(given["values"], f"{place}.values"), given.get("weights")
    if weights is not None:
        weights = _numbers(weights, f"{place}.weights")
        if len(weights) != len(values):
            raise UsageError(
                f"{place}.weights has {len(weights)} numbers, and {place}.values has {len(values)}.",
                "There is one weight for each value, or weights is null.",
            )
    return {
        "values": values,
        "weights": weights,
        "group": _name(given.get("group"), f"{place}.group"),
        "project": _name(given.get("project"), f"{place}.project"),
    }


def _numbers(given: Any, place: str) -> list[float | None]:  # noqa: ANN401
    if not isinstance(given, list):
        _wrong(place, given, "a list of numbers and nulls", f"Expected: {FORM}")
    if not NUMBERS.issuperset(map(type, given)):
        position, other = next((at, each) for at, each in enumerate(given) if type(each) not in NUMBERS)
        _wrong(f"{place}[{position}]", other, "a number or null", "Write null for what was not measured.")
    if all(map(math.isfinite, filter(None, given))):
        return given
    for position, each in enumerate(given):
        if each is not None and math.isinf(each):
            raise UsageError(
                f"{place}[{position}] is too large: a float64 ends at 1.8e308.",
                "Write it in a larger unit, or null for what was not measured.",
            )
    return [None if each is None or math.isnan(each) else each for each in given]


def _name(given: Any, place: str) -> str | None:  # noqa: ANN401
    if given is None:
        return None
    if not isinstance(given, str):
        _wrong(place, given, "a text or null", "Write names in quotes.")
    try:
        given.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{place} has half a surrogate pair (character {error.start}), which is no text.",
            "Write the character itself, or both halves of the pair.",
        ) from None
    return given


def _wrong(place: str, given: object, expected: str, remedy: str) -> NoReturn:
    raise UsageError(f"{place} is {_kind(given)}, not {expected}.", remedy)


def _kind(given: object) -> str:
    if given is None:
        return "null"
    if isinstance(given, str):
        return f"the text {json.dumps(given if len(given) <= _SHOWN else given[:_SHOWN] + '...', ensure_ascii=False)}"
    if isinstance(given, bool):
        return "true" if given else "false"
    return "a list" if isinstance(given, list) else "an object" if isinstance(given, dict) else "a number"


def _not_json(text: str, error: json.JSONDecodeError) -> UsageError:
    whole = text.rstrip()
    if error.msg == "Extra data":
        return UsageError(
            f"After the JSON, more follows at line {error.lineno}, column {error.colno}.",
            f"One document holds all series: {FORM}",
        )
    if error.pos >= len(whole) or (whole[0] == "{" and whole[-1] != "}"):
        return UsageError(
            f"The JSON is cut off: it ends after {len(whole)} characters, in the middle.",
            "See whether the program that writes it came to its end.",
        )
    found = json.dumps(text[error.pos : error.pos + _SHOWN], ensure_ascii=False)
    return UsageError(
        f"The input is not JSON: {error.msg} at line {error.lineno}, column {error.colno}, found {found}.",
        f"Expected: {FORM}",
    )
