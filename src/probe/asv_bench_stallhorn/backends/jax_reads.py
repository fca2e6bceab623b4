"""Counts how often the values of JAX arrays are fetched, on the two ways that lead there.

`float(x)`, `x.tolist()`, `jax.device_get(x)` and, on an accelerator, NumPy read `ArrayImpl._value`. On the CPU, NumPy
takes a view of the memory through the buffer protocol of C, which asks no Python attribute: the type's slot for it is
replaced for as long as reads are counted. `__dlpack__` is not counted: it hands memory on, to whatever device.
"""

from __future__ import annotations

import ctypes
import sys
import sysconfig
from typing import Any, Callable, List, Optional

_WORD = ctypes.sizeof(ctypes.c_void_p)
# Places in CPython's PyTypeObject, in words: the same from 3.8 on. Two that Python shows prove the layout.
_BASICSIZE, _AS_BUFFER, _FLAGS = 4, 20, 21
_GET_BUFFER = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.c_void_p, ctypes.c_int)
_kept: List[Any] = []  # C may be inside a replacement while it is taken out: none is ever freed


def buffer_slot(kind: type) -> Optional[ctypes.c_void_p]:
    """Where the type keeps its function for the buffer protocol; None if this Python is laid out otherwise."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED") or _WORD != 8:
        return None
    if _word(id(kind), _BASICSIZE) != kind.__basicsize__ or _word(id(kind), _FLAGS) != kind.__flags__:
        return None
    table = _word(id(kind), _AS_BUFFER)
    slot = ctypes.c_void_p.from_address(table) if table else None
    return slot if slot is not None and slot.value else None


def _word(address: int, place: int) -> int:
    return ctypes.c_size_t.from_address(address + place * _WORD).value


class Reads:
    """`start` has `seen` called with each array that is read; `stop` puts everything back."""

    def __init__(self, kind: Any, seen: Callable[[Any], None]) -> None:
        self._kind = kind
        self._seen = seen
        self._value: Any = vars(kind)["_value"]
        self._slot = buffer_slot(kind)
        self._original: int = 0 if self._slot is None else self._slot.value or 0

    def start(self) -> None:
        if self._slot is None:
            raise NotImplementedError("this Python does not show where reads of the buffer can be counted")
        fetch, seen = self._value.fget, self._seen

        def value(array: Any) -> Any:
            seen(array)
            return fetch(array)

        self._kind._value = property(value)
        self._slot.value = self._counting()

    def _counting(self) -> Optional[int]:
        original, seen = _GET_BUFFER(self._original), self._seen

        def get_buffer(array: Any, view: Optional[int], flags: int) -> int:
            try:
                result: int = original(array, view, flags)
            except BaseException:  # it has no buffer (accelerator, bfloat16): NumPy goes on to `_value`
                return -1
            seen(array)
            return result

        replacement = _GET_BUFFER(get_buffer)
        _kept.append(replacement)
        return ctypes.cast(replacement, ctypes.c_void_p).value

    def stop(self) -> None:
        if self._slot is not None:
            self._slot.value = self._original
        self._kind._value = self._value
