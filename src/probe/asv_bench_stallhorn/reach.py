"""What a call reaches: Python functions, and the objects that they name.

Found by reading, not by running: names in the bytecode are looked up where Python would (globals, closures, attributes
of instances and modules, defaults, `functools.partial`, `__wrapped__`, containers). Libraries are not entered. What a
call reaches in other ways (a function returned by another) is missing; what runs in the extra call is added to it.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sys
import sysconfig
import types
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, Set

_LIBRARIES = tuple(
    os.path.normpath(path) + os.sep
    for path in {sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
_MOST = 2000  # objects; a suite that reaches more is cut there
_OWN = "asv_bench_stallhorn"
_ARRAY_LIBRARIES = {"numpy", "scipy", "numba", "llvmlite", "jax", "jaxlib"}  # libraries, though somebody built them


def is_users(file: str) -> bool:
    """Whether a source file is somebody's own code: not of a library, the standard library, or the probe.

    Among installed packages those count that pip took from a folder or a file of this machine, as asv installs the
    package that it measures; what came from an index is a library.
    """
    path = os.path.normpath(file)
    if path.startswith("<") or _OWN in path:
        return False
    _, installed, inside = path.rpartition(os.sep + "site-packages" + os.sep)
    if installed:
        return inside.partition(os.sep)[0] in local_packages(path[: len(path) - len(inside) - 1])
    return not path.startswith(_LIBRARIES)


@functools.lru_cache(maxsize=None)
def local_packages(folder: str) -> FrozenSet[str]:
    """Top-level names in a `site-packages` folder that were installed from this machine (PEP 610), not an index."""
    names: Set[str] = set()
    try:
        entries = [name for name in os.listdir(folder) if name.endswith(".dist-info")]
    except OSError:
        return frozenset()
    for entry in entries:
        try:
            with open(os.path.join(folder, entry, "direct_url.json"), encoding="utf-8") as file:
                if not str(json.load(file).get("url", "")).startswith("file:"):
                    continue
            with open(os.path.join(folder, entry, "RECORD"), encoding="utf-8") as file:
                tops = {line.partition(",")[0].partition("/")[0] for line in file}
        except (OSError, ValueError, AttributeError):  # the usual case: it has no such file
            continue
        names |= {top for top in tops if not top.endswith((".dist-info", "..", ".pth"))}
    return frozenset(names - _ARRAY_LIBRARIES)


def reached(roots: Iterable[Any]) -> List[Any]:
    """Everything of interest that the roots lead to, roots included, in the order of discovery."""
    found: List[Any] = []
    seen: Set[int] = set()
    waiting: List[Any] = list(roots)
    while waiting and len(found) < _MOST:
        thing = waiting.pop(0)
        if id(thing) in seen:
            continue
        try:
            if _is_dull(thing):
                continue
            seen.add(id(thing))
            found.append(thing)
            waiting.extend(_next(thing))
        except Exception:  # an object whose attributes raise: what it hides is not known
            continue
    return found


def functions(things: Iterable[Any]) -> List[types.FunctionType]:
    """The Python functions among what was reached that are the user's own."""
    return [one for one in things if isinstance(one, types.FunctionType) and is_users(one.__code__.co_filename)]


def python_hash(things: Iterable[Any]) -> str:
    """A hash of the bytecode reached: the same for the same code on the same Python, wherever its files lie."""
    parts = sorted(_code_text(one.__code__) + _constants(one) for one in functions(things))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _constants(function: types.FunctionType) -> str:
    """The module's constants that the function names; by custom they are written in capitals, and do not change."""
    known = function.__globals__
    named = sorted(name for name in set(function.__code__.co_names) if name.isupper() and name in known)
    return "".join("|%s=%r" % (name, known[name]) for name in named if isinstance(known[name], (int, float, str)))


def _code_text(code: types.CodeType) -> str:
    constants = [_constant_text(one) for one in code.co_consts[:200]]
    if _has_docstring(code):
        constants[0] = "None"  # it changes nothing
    return "%s|%s|%s|%s" % (code.co_name, code.co_code.hex(), code.co_names, constants)


def _constant_text(constant: Any) -> str:
    if isinstance(constant, types.CodeType):
        return _code_text(constant)
    if isinstance(constant, frozenset):  # `x in {"a", "b"}`: its order is another in each process
        return "{%s}" % ", ".join(sorted(repr(one) for one in constant))
    return repr(constant)


def _has_docstring(code: types.CodeType) -> bool:
    if not code.co_consts or not isinstance(code.co_consts[0], str):
        return False
    if sys.version_info >= (3, 13):
        return bool(code.co_flags & 0x4000000)
    return bool(code.co_flags & 0x2) and not code.co_name.startswith("<")  # a function, and no comprehension


def _is_dull(thing: Any) -> bool:
    return thing is None or isinstance(thing, (str, bytes, int, float, complex, bool)) or hasattr(thing, "__array__")


def _next(thing: Any) -> Iterator[Any]:
    if isinstance(thing, types.MethodType):
        yield thing.__func__
        yield from _named(thing.__func__.__code__, vars_of(thing.__self__), type(thing.__self__).__dict__)
    elif isinstance(thing, types.FunctionType):
        yield from _of_function(thing)
    elif isinstance(thing, (list, tuple, set, frozenset)):
        yield from list(thing)[:50]
    elif isinstance(thing, dict):
        yield from list(thing.values())[:50]
    elif isinstance(thing, types.ModuleType):
        return
    else:
        yield from _of_object(thing)


def vars_of(thing: Any) -> Dict[str, Any]:
    return dict(getattr(thing, "__dict__", {}))


def _of_function(function: types.FunctionType) -> Iterator[Any]:
    file = function.__code__.co_filename
    if not (is_users(file) or _OWN in file or hasattr(function, "__wrapped__")):
        return
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
    if _OWN not in file:  # of the probe's own wrapper only what it wraps
        yield from function.__defaults__ or ()
        yield from (function.__kwdefaults__ or {}).values()
        yield from _named(function.__code__, function.__globals__)
    if hasattr(function, "__wrapped__"):
        yield function.__wrapped__


def _named(code: types.CodeType, *spaces: Any) -> Iterator[Any]:
    """The values of the names that the code uses, in these name spaces; names of a module's are looked up in it."""
    names = set(_all_names(code))
    values = [space[name] for space in spaces for name in sorted(names) if space.get(name) is not None]
    modules = [one for one in values if isinstance(one, types.ModuleType)]
    modules += [sys.modules[name] for name in sorted(names) if name in sys.modules]
    for module in modules:
        if is_users(getattr(module, "__file__", None) or "<built-in>"):
            values += [vars(module)[name] for name in sorted(names) if name in vars(module)]
    return iter([one for one in values if not isinstance(one, types.ModuleType)])


def _all_names(code: types.CodeType) -> Iterator[str]:
    """Names that the code uses, and the functions, comprehensions and classes inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _all_names(constant)


def _of_object(thing: Any) -> Iterator[Any]:
    for attribute in ("func", "args", "py_func", "__wrapped__", "_dispatcher", "__func__"):
        value = getattr(thing, attribute, None)
        if value is not None:
            yield value
    kind = type(thing)
    module = sys.modules.get(kind.__module__)
    if module is not None and is_users(getattr(module, "__file__", None) or "<built-in>"):
        yield from vars_of(thing).values()
        for value in vars(kind).values():
            if isinstance(value, (types.FunctionType, staticmethod, classmethod)):
                yield value
