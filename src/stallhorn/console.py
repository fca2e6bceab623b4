"""Text for a terminal or a pipe. Names, reasons and logs come from the measured code: nothing in them may steer it."""

from __future__ import annotations

import sys
from typing import TextIO

_INVISIBLE = frozenset(
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
)
_ISOLATES = frozenset("\u2066\u2067\u2068\u2069")


def safe(text: str) -> str:
    """Untrusted text on one line: what a terminal would act on, or would not show, is written as an escape.

    That is control characters (so that no escape sequence survives), line breaks, characters that turn the direction
    of text or have no width, and halves of surrogate pairs, which cannot be encoded.
    """
    return "".join(character if _is_harmless(character) else _escaped(character) for character in text)


def safe_lines(text: str) -> str:
    """Untrusted text of several lines, each made safe."""
    return "\n".join(safe(line.expandtabs()) for line in text.splitlines())


def _is_harmless(character: str) -> bool:
    return character == " " or (character.isprintable() and character not in _INVISIBLE and character not in _ISOLATES)


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def write(text: str, stream: TextIO | None = None, end: str = "\n") -> None:
    """Print text also where the terminal's encoding has no µ or no arrow: such characters become escapes there."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), end=end, file=stream, flush=True)
