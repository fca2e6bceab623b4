"""Values from outside that a jitted function froze when it was traced, and whether they are others by now."""

from __future__ import annotations

import dis
import hashlib
import types
import weakref
from typing import Any, Dict, Iterable, Iterator, List, Optional, Set, Tuple

_LARGEST = 1 << 20  # bytes of an array that is hashed
_MOST_ITEMS = 100  # of a list, tuple or dict
_SCALARS = (bool, int, float, complex, str, bytes, type(None))


class Captured:
    """Remembers, at its first tracing, what each jitted function had captured. Holds no function alive."""

    def __init__(self) -> None:
        self._traced: "weakref.WeakKeyDictionary[Any, Dict[str, str]]" = weakref.WeakKeyDictionary()

    def remember(self, function: Any) -> None:
        """Costs a look-up if `function` is known."""
        try:
            if function not in self._traced and not _of_jax(function):
                self._traced[function] = captured(function)
        except Exception:  # neither hashable nor weakly referable, or values that cannot be read
            pass

    def jitted(self, objects: Iterable[Any]) -> List[Dict[str, Any]]:
        """The `jax.jit` functions among `objects`, JAX's own left out.

        `captured_changed` is None for a function whose tracing was not seen.
        """
        return [
            {"name": _name(function), "captured_changed": self._changed(function)}
            for function in (_jitted_function(one) for one in objects)
            if function is not None and not _of_jax(function)
        ]

    def _changed(self, function: Any) -> Optional[List[str]]:
        try:
            before, now = self._traced[function], captured(function)
        except Exception:
            return None
        return sorted(name for name, value in before.items() if now.get(name) != value)


def _jitted_function(one: Any) -> Any:
    if type(one).__name__ != "PjitFunction":
        return None
    return getattr(one, "_fun", None) or getattr(one, "__wrapped__", None)


def _of_jax(function: Any) -> bool:
    return (getattr(function, "__module__", None) or "").split(".")[0] in ("jax", "jaxlib")


def _name(function: Any) -> str:
    function = getattr(function, "func", function)  # functools.partial
    return str(getattr(function, "__qualname__", None) or type(function).__name__)


def captured(function: Any) -> Dict[str, str]:
    """Name -> hash of the numbers and small arrays that `function` reads from outside.

    Followed into functions of the same package that it calls ("G in helper"), and, for a method, into the attributes
    of its object ("self.dt"): tracing froze those as well.
    """
    found: Dict[str, str] = {}
    seen: Set[int] = set()
    pending: List[Tuple[Any, str]] = [(function, "")]
    while pending:
        one, suffix = pending.pop(0)
        plain = _plain(one)
        if plain is None or id(plain) in seen:
            continue
        seen.add(id(plain))
        for name, value in _outside(one, plain):
            digest = _digest(value)
            if digest is not None:
                found[name + suffix] = digest
            elif _related(_plain(value), plain):
                pending.append((value, " in " + _name(_plain(value))))
    return found


def _plain(one: Any) -> Optional[types.FunctionType]:
    """The Python function inside a partial, a method or a jitted function."""
    for _ in range(10):
        if isinstance(one, types.FunctionType):
            return one
        inner = getattr(one, "func", None) or getattr(one, "__func__", None)
        if inner is None and type(one).__name__ == "PjitFunction":
            inner = getattr(one, "_fun", None)
        if inner is None:
            return None
        one = inner
    return None


def _related(helper: Optional[types.FunctionType], function: types.FunctionType) -> bool:
    return helper is not None and str(helper.__module__).split(".")[0] == str(function.__module__).split(".")[0]


def _outside(one: Any, function: types.FunctionType) -> Iterator[Tuple[str, Any]]:
    """Names and values that the function, or one defined inside it, reads: closure, globals, and of objects and modules
    of the user's among them the attributes that it reads."""
    found: Dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not filled yet
            pass
    globals_read, attributes = _reads(function.__code__)
    found.update((name, function.__globals__[name]) for name in sorted(globals_read & set(function.__globals__)))
    yield from found.items()
    if getattr(one, "__self__", None) is not None:
        found["self"] = one.__self__
    for name, value in found.items():
        if _has_settings(value, function):
            held = vars(value)
            for attribute in sorted(attributes & set(held)):
                yield "%s.%s" % (name, attribute), held[attribute]


def _has_settings(value: Any, function: types.FunctionType) -> bool:
    """An object with attributes of its own, or a module of the function's package; no function, class or library."""
    if isinstance(value, types.ModuleType):
        return value.__name__.split(".")[0] == str(function.__module__).split(".")[0]
    return not callable(value) and isinstance(getattr(value, "__dict__", None), dict) and not _is_array(value)


def _reads(code: types.CodeType) -> Tuple[Set[str], Set[str]]:
    globals_read, attributes = set(), set()
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            globals_read.add(instruction.argval)
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            attributes.add(instruction.argval)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            inner_globals, inner_attributes = _reads(inner)
            globals_read |= inner_globals
            attributes |= inner_attributes
    return globals_read, attributes


def _digest(value: Any) -> Optional[str]:
    text = _frozen(value)
    return None if text is None else hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _frozen(value: Any) -> Optional[str]:
    """Text that two values share only if they are the same; None for what is no number, text or small array."""
    if isinstance(value, _SCALARS):
        return "%s %r" % (type(value).__name__, value)
    if isinstance(value, (list, tuple)) and len(value) <= _MOST_ITEMS:
        return _all_frozen(type(value).__name__, value)
    if isinstance(value, dict) and len(value) <= _MOST_ITEMS:
        return _all_frozen("dict", [part for item in value.items() for part in item])
    if _is_array(value) and value.nbytes <= _LARGEST and value.dtype.kind != "O":
        content = hashlib.blake2b(value.tobytes(), digest_size=16).hexdigest()
        return "array %s %s %s" % (value.dtype, tuple(value.shape), content)
    return None


def _is_array(value: Any) -> bool:
    """Of NumPy (its numbers too) or JAX; no tracer, which has no value."""
    kind = type(value)
    known = kind.__module__.split(".")[0] == "numpy" or kind.__name__ == "ArrayImpl"
    return known and hasattr(value, "tobytes") and hasattr(value, "dtype")


def _all_frozen(kind: str, items: Iterable[Any]) -> Optional[str]:
    parts = [_frozen(item) for item in items]
    return None if None in parts else "%s(%s)" % (kind, ", ".join(str(part) for part in parts))
