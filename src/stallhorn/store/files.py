"""Read JSON files that anything may have happened to: cut off, corrupt, huge, or written by someone hostile."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LARGEST = 512 * 2**20  # bytes; asv's own result files of the largest projects have a few megabytes
_LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


Stamp = tuple[int, int, int, int]  # size, times of change in nanoseconds, inode
_UNKNOWN = (0, 2**62, 2**62, 0)  # changed in a far future


class UnreadableFileError(Exception):
    """Why a file cannot be used, as the middle of a sentence."""


def stamp_of(path: Path) -> Stamp:
    """What changes when a file does."""
    try:
        seen = path.stat()
    except OSError:
        return _UNKNOWN
    return seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino


def read_bytes(path: Path) -> bytes:
    """What is in the file. Raises `UnreadableFileError`."""
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise UnreadableFileError(f"is too large ({size} bytes, at most {LARGEST} are read)")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"cannot be read ({error.strerror or error})") from error


def decoded(content: bytes) -> str:
    """The text of a file. Raises `UnreadableFileError`."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableFileError(f"is not UTF-8 text (byte {error.start})") from error
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def read_text(path: Path) -> str:
    """The file's text. Raises `UnreadableFileError`."""
    return decoded(read_bytes(path))


def parse_object(text: str, *, strict_numbers: bool = False) -> dict[str, Any]:
    """A JSON object. Bare NaN and Infinity stay floats, or become None with `strict_numbers`.

    Raises `UnreadableFileError` for anything else. Halves of surrogate pairs, which no file can be written with, are
    replaced by question marks.
    """
    try:
        data = json.loads(text, parse_constant=(lambda _: None) if strict_numbers else None)
    except json.JSONDecodeError as error:
        raise UnreadableFileError(
            f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}; it may have been cut off"
        ) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableFileError(f"is not usable JSON ({_first_sentence(error)})") from error
    if not isinstance(data, dict):
        raise UnreadableFileError(f"holds a JSON {type(data).__name__}, not an object")
    return _without_surrogates(data) if _LONE_SURROGATE.search(text) else data


def load_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises `UnreadableFileError`."""
    return parse_object(read_text(path))


def timestamp(milliseconds: object) -> datetime | None:
    """asv's times are milliseconds since 1970; None for anything that is not one."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _first_sentence(error: BaseException) -> str:
    return str(error).split("\n")[0].split(";")[0]


def _without_surrogates(data: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(data, str):
        return data.encode("utf-8", "replace").decode("utf-8")
    if isinstance(data, list):
        return [_without_surrogates(item) for item in data]
    if isinstance(data, dict):
        return {_without_surrogates(key): _without_surrogates(value) for key, value in data.items()}
    return data
