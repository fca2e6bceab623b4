"""JSON of results read by orjson, which is quicker than Python's own reader, but knows no NaN and no Infinity.

Both are written over with a number that nobody measures and nobody can guess; whoever takes the numbers counts how
often that one comes, and where it is not as often as NaN stood in the file (there may be a NaN in a text), the file is
read by Python's reader.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# With a sign of its own, so that "-NaN" and "1NaN" stay what they are: wrong.
_NAN_TEXT = b"-1.%015de301" % secrets.randbelow(10**15)
_INFINITY_TEXT = b"1.%015de302" % secrets.randbelow(10**15)
_NAN, _INFINITY = float(_NAN_TEXT), float(_INFINITY_TEXT)


@dataclass(frozen=True, slots=True)
class Marks:
    """How many NaN and Infinity a file has, each of which is a number in what was read of it."""

    nans: int = 0
    infinities: int = 0

    def resolved(self, *columns: Floats) -> bool:
        """Put them back in place; False unless all of them were in these columns."""
        nans = infinities = 0
        for numbers in columns:
            if self.nans:
                found = numbers == _NAN
                nans += int(np.count_nonzero(found))
                numbers[found] = np.nan
            if self.infinities:
                found = np.abs(numbers) == _INFINITY
                infinities += int(np.count_nonzero(found))
                numbers[found] *= np.inf
        return nans == self.nans and infinities == self.infinities


def parse(content: bytes) -> tuple[dict[str, Any], Marks] | None:
    """The JSON object, and what has to be put back into it; None if Python's reader has to say what this is."""
    content, nans = _replaced(content, b"NaN", _NAN_TEXT)
    content, infinities = _replaced(content, b"Infinity", _INFINITY_TEXT)
    try:
        data = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return (data, Marks(nans, infinities)) if isinstance(data, dict) else None


def _replaced(content: bytes, old: bytes, new: bytes) -> tuple[bytes, int]:
    """And how often; searching takes time, so that it is not done once more to count."""
    after = content.replace(old, new)
    return after, (len(after) - len(content)) // (len(new) - len(old))
