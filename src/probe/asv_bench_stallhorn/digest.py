"""A short account of an array's values, to tell whether two runs computed the same; and its size and dtypes.

Nothing here imports NumPy: where it is not loaded there are no arrays. An account is plain JSON without NaN: values
that are not finite show in `finite`, are left out of the sums, and are null among the sampled values.
"""

from __future__ import annotations

import math
import sys
from dataclasses import fields, is_dataclass
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

PLACES = 32  # values that are sampled
WHOLE = 64 * 2**20  # bytes: of larger arrays only so many entries are read, evenly spread
SPREAD = 2**20  # entries that are read of such an array
ITEMS = 4096  # of a longer list or dict so many are looked at, evenly spread
DEPTH = 8  # lists in lists
_AT_A_TIME = 65536  # entries converted to float64 at once


def of(value: Any) -> Optional[Dict[str, Any]]:
    """The account of all numbers in a value: arrays and scalars, in tuples, lists, dicts and data classes too.

    A complex number counts as two. None where there is no number, or no array could be read.
    """
    return _account([part for part in map(_part, _leaves(value, DEPTH)) if part is not None])


def of_benchmark(instance: Any, params: Sequence[Any] = ()) -> Optional[Dict[str, Any]]:
    """The account of the arrays that a benchmark holds: what it computed, if it returns nothing."""
    return _account([part for part in map(_part, held(instance, params)) if part is not None])


def held(instance: Any, params: Sequence[Any] = ()) -> List[Any]:
    """The arrays among a benchmark's attributes (in the order of their names) and parameters, each once."""
    owners = [vars(one) for one in reversed(type(instance).__mro__) if one.__module__ != "builtins"]
    owners.append(getattr(instance, "__dict__", {}))
    attributes: Dict[str, Any] = {}
    for owner in owners:
        attributes.update(owner)
    attributes.pop("params", None)  # asv's list of all that the parameters can be
    values = [attributes[name] for name in sorted(attributes) if not name.startswith("__")]
    return list(_arrays([values, list(params)]))


def bytes_of(value: Any) -> Optional[int]:
    """The size of all arrays in a value, each once; None where there is none."""
    sizes = [getattr(array, "nbytes", None) for array in _arrays(value)]
    known = [int(size) for size in sizes if isinstance(size, int)]
    return sum(known) if known else None


def dtypes_of(value: Any, floating: bool = False) -> List[str]:
    """The dtypes of all arrays in a value, in the order in which they come; `floating` leaves out integers and such."""
    found = {str(array.dtype): None for array in _arrays(value)}
    return [name for name in found if not floating or "float" in name or "complex" in name]


def _arrays(value: Any) -> Iterator[Any]:
    seen = set()
    for leaf in _leaves(value, DEPTH + 1):
        if _is_array(leaf) and id(leaf) not in seen:
            seen.add(id(leaf))
            yield leaf


def _is_array(value: Any) -> bool:
    """NumPy's and JAX's arrays and scalars, and what calls itself one; a class that has such a property does not."""
    return not isinstance(value, type) and all(hasattr(value, name) for name in ("dtype", "shape", "__array__"))


def _leaves(value: Any, depth: int, inside: Tuple[int, ...] = ()) -> Iterator[Any]:
    """The arrays and Python numbers in a value, in a fixed order. A list that holds itself is not entered again."""
    if isinstance(value, (bool, int, float, complex)) or _is_array(value):
        yield value
        return
    if isinstance(value, (list, tuple)):
        items: Sequence[Any] = value
    elif isinstance(value, dict):
        items = list(value.values())
    elif is_dataclass(value) and not isinstance(value, type):
        items = [getattr(value, one.name, None) for one in fields(value)]
    else:
        return
    if depth > 0 and id(value) not in inside:
        for place in _spread(len(items), ITEMS):
            for leaf in _leaves(items[place], depth - 1, (*inside, id(value))):
                yield leaf


def _spread(count: int, most: int) -> List[int]:
    """Up to `most` of `count` places, evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return [place * (count - 1) // (most - 1) for place in range(most)]


class _Part(NamedTuple):
    """One array or number: `values` has `len` and an index, and holds real numbers."""

    values: Any
    finite: bool
    total: float
    norm: float


def _part(leaf: Any) -> Optional[_Part]:
    try:
        return _of_array(leaf) if _is_array(leaf) else _of_number(leaf)
    except Exception:  # a deleted buffer, an array that lives elsewhere, entries that are not numbers
        return None


def _of_number(number: Any) -> _Part:
    try:
        values = [number.real, number.imag] if isinstance(number, complex) else [float(number)]
    except OverflowError:  # an integer beyond every float
        values = [math.inf]
    sound = [value for value in values if math.isfinite(value)]
    return _Part(values, len(sound) == len(values), math.fsum(sound), math.hypot(*sound))


def _of_array(leaf: Any) -> Optional[_Part]:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    array = numpy.asarray(leaf)
    if array.dtype.kind in "OSUT" or array.dtype.names is not None:  # objects, text, records; bfloat16 is of kind "V"
        return None
    if array.dtype.kind in "mM":
        array = array.view("int64")
    if array.nbytes > WHOLE:
        array = _thinned(array)
    if array.dtype.kind == "c":
        parts = [_of_reals(numpy, array.real), _of_reals(numpy, array.imag)]
        values: Any = _Pairs(array)
    else:
        parts = [_of_reals(numpy, array)]
        values = array.flat
    finite = all(part[0] for part in parts)
    return _Part(values, finite, sum(part[1] for part in parts), math.hypot(*(part[2] for part in parts)))


def _thinned(array: Any) -> Any:
    step = -(-array.size // SPREAD)
    line = array.reshape(-1) if array.flags.c_contiguous else array.flat
    return line[::step]


class _Pairs:
    """The entries of a complex array as real and imaginary parts in turn."""

    def __init__(self, array: Any) -> None:
        self._flat = array.flat

    def __len__(self) -> int:
        return 2 * len(self._flat)

    def __getitem__(self, place: int) -> float:
        entry = self._flat[place // 2]
        return float(entry.imag if place % 2 else entry.real)


def _of_reals(numpy: Any, array: Any) -> Tuple[bool, float, float]:
    """Whether all entries are finite, and the sum and the norm of those that are."""
    finite, total, norm = True, 0.0, 0.0
    with numpy.errstate(all="ignore"):  # what overflows is seen by its result
        for chunk in _chunks(numpy, array):
            squares = float(numpy.multiply(chunk, chunk).sum())
            if not math.isfinite(squares) or squares < 1e-250:  # not finite, or not safe to be squared
                sound = numpy.isfinite(chunk)
                if not sound.all():
                    finite, chunk = False, chunk[sound]
                largest = float(numpy.abs(chunk).max()) if chunk.size else 0.0
                length = largest * math.sqrt(float(numpy.square(chunk / largest).sum())) if largest else 0.0
            else:
                length = math.sqrt(squares)
            total += float(chunk.sum())
            norm = math.hypot(norm, length)
    return finite, total, norm


def _chunks(numpy: Any, array: Any) -> Iterator[Any]:
    """All entries as float64, some at a time, in the order in which they lie in memory."""
    flags = ["external_loop", "buffered", "zerosize_ok"]
    with numpy.nditer(
        array,
        flags=flags,
        op_flags=[["readonly"]],
        op_dtypes=["float64"],
        order="K",
        casting="unsafe",
        buffersize=_AT_A_TIME,
    ) as chunks:
        for chunk in chunks:
            if chunk.size:
                yield chunk


def _account(parts: List[_Part]) -> Optional[Dict[str, Any]]:
    if not parts:
        return None
    return {
        "finite": all(part.finite for part in parts),
        "sum": _plain(sum(part.total for part in parts)),
        "norm": _plain(math.hypot(*(part.norm for part in parts))),
        "sample": _sample(parts),
    }


def _sample(parts: List[_Part]) -> List[Optional[float]]:
    """Values at places that are evenly spread over all parts, laid end to end."""
    sampled = []
    position, begin = 0, 0
    for place in _spread(sum(len(part.values) for part in parts), PLACES):
        while place - begin >= len(parts[position].values):
            begin += len(parts[position].values)
            position += 1
        sampled.append(_plain(float(parts[position].values[place - begin])))
    return sampled


def _plain(value: float) -> Optional[float]:
    """A number that JSON has; None for the others."""
    return value if math.isfinite(value) else None
