"""Numba functions: which ones a call runs, and what the compiler made of them."""

from __future__ import annotations

import dis
import hashlib
import inspect
import re
import sys
import types
import weakref
from typing import Any, Dict, Iterable, List, Optional

_FUSED = r"call [^@\n]*@\"?llvm\.(?:fma|fmuladd)\."
_PACKED = re.compile(
    r"= (?:tail )?(?:" + _FUSED + r"v\d+f|(f(?:add|sub|mul|div)) [^<\n]*<(?:vscale x )?\d+ x (?:double|float)>)"
)
_SCALAR = re.compile(r"= (?:tail )?(?:" + _FUSED + r"f|(f(?:add|sub|mul|div)) (?:[a-z]+ )*(?:double|float) )")
_REGION = re.compile(r"call void @\"?numba_parallel_for\"?\(")
_DEFINED = re.compile(r"^define [^@\n]*@(\"[^\"]*\"|[\w.$]+)[^\n]*\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_BLAS = re.compile(r"@\"?numba_(?:xxgemm|xxgemv|xxdot|xx\w*|gemm|gesv|ez_\w+)\"?\(")
_DECLARED = re.compile(r"(?m)^declare [^@\n]*@([A-Za-z_]\w*)\(")
_PICKLED = re.compile(r"(?m)^@\S*\.const\.picklebuf.*$")
_SYMBOL = re.compile(r"@(\"[^\"]*\"|[\w.$]+)")
_CAPTURED_LIMIT = 1_000_000  # bytes of an array that is hashed


class Functions:
    """Remembers what every Numba function had captured when it was compiled, and counts calls from Python."""

    def __init__(self) -> None:
        self._captured: Any = weakref.WeakKeyDictionary()  # dispatcher -> {name: hash}
        self._read: Any = weakref.WeakKeyDictionary()  # dispatcher -> (signatures, facts): reading LLVM code takes time
        self.called: Dict[int, Any] = {}
        self.calls = 0
        self.arrays = 0  # handed over in those calls
        self._saved: Any = None

    def compiling(self, dispatcher: Any) -> None:
        """To be called when a compilation begins: global and closed-over values are frozen now."""
        function = getattr(dispatcher, "py_func", None)
        if isinstance(function, types.FunctionType) and dispatcher not in self._captured:
            self._captured[dispatcher] = captured(function)

    def seen_before(self, dispatcher: Any) -> bool:
        """Whether this function has a compiled signature already."""
        return bool(getattr(dispatcher, "overloads", None))

    def __enter__(self) -> "Functions":
        """Count calls of Numba functions from Python. Compiled code that calls compiled code does not pass here."""
        self.called, self.calls, self.arrays = {}, 0, 0
        module = sys.modules.get("numba.core.dispatcher")
        self._saved = None
        if module is not None:
            kind = module.Dispatcher
            real = kind.__call__
            functions = self

            def counting(dispatcher: Any, *args: Any, **kwargs: Any) -> Any:
                functions.calls += 1
                functions.arrays += _arrays_in((*args, *kwargs.values()))
                functions.called[id(dispatcher)] = dispatcher
                return real(dispatcher, *args, **kwargs)

            try:
                kind.__call__ = counting
                self._saved = kind
            except TypeError:  # a version whose type cannot be changed
                pass
        return self

    def __exit__(self, *_: Any) -> None:
        if self._saved is not None:
            del self._saved.__call__  # the inherited one is back

    def facts(self, things: Iterable[Any]) -> List[Dict[str, Any]]:
        """What is known of the Numba functions among these objects, and of those that were called."""
        return [self._facts(one) for one in self.compiled(things)]

    def compiled(self, things: Iterable[Any]) -> List[Any]:
        """The compiled Numba functions among these objects and those that were called, each once."""
        module = sys.modules.get("numba.core.dispatcher")
        if module is None:
            return []
        found = dict(self.called)
        found.update((id(one), one) for one in things if isinstance(one, module.Dispatcher))
        return [one for one in found.values() if one.overloads]

    def _facts(self, dispatcher: Any) -> Dict[str, Any]:
        signatures = tuple(str(one) for one in dispatcher.signatures)
        known = self._read.get(dispatcher)
        if known is None or known[0] != signatures:
            known = (signatures, _read(dispatcher))
            self._read[dispatcher] = known
        now, then = captured(dispatcher.py_func), self._captured.get(dispatcher, {})
        stats = getattr(dispatcher, "stats", None)
        return {
            **known[1],
            "captured": then,
            "captured_changed": sorted(name for name, value in then.items() if now.get(name) != value),
            "cache_hits": sum(stats.cache_hits.values()) if stats else None,
            "cache_misses": sum(stats.cache_misses.values()) if stats else None,
        }


def _arrays_in(arguments: Iterable[Any]) -> int:
    """NumPy arrays among arguments, in tuples too: Numba's runtime makes an entry for each."""
    array = getattr(sys.modules.get("numpy"), "ndarray", ())
    return sum(_arrays_in(one) if isinstance(one, tuple) else isinstance(one, array) for one in arguments)


def _read(dispatcher: Any) -> Dict[str, Any]:
    function, options = dispatcher.py_func, dispatcher.targetoptions
    overloads = list(dispatcher.overloads.values())
    llvm = "\n".join(_llvm(one) for one in overloads)
    last = overloads[-1].signature.args
    arrays = [one for one in last if hasattr(one, "layout") and hasattr(one, "dtype")]
    packed = [match.group(1) or "fma" for match in _PACKED.finditer(llvm)]
    return {
        "name": function.__name__,
        "file": function.__code__.co_filename.rpartition("/")[2],
        "line": function.__code__.co_firstlineno,
        "signatures": [str(one.signature) for one in overloads][:20],
        "layouts": [one.layout for one in arrays],
        "dtypes": [str(one.dtype) for one in arrays],
        "parallel": _is_on(options.get("parallel")),
        "nogil": bool(options.get("nogil")),
        "cache": type(getattr(dispatcher, "_cache", None)).__name__ == "FunctionCache",
        "object_mode": any(one.objectmode for one in overloads),
        "lifted": sum(len(one.lifted or ()) for one in overloads),
        "loops": _loops(function.__code__),
        "uses_prange": "prange" in _all_names(function.__code__),
        "lexical_regions": len(_REGION.findall(llvm)) if llvm else None,
        "blas_in_region": _blas_in_region(llvm),
        "fastmath": bool(options.get("fastmath")),
        "error_model": str(options.get("error_model") or "python"),
        "packed": len(packed) if llvm else None,
        "scalar": len(_SCALAR.findall(llvm)) if llvm else None,
        "packed_by": {name: packed.count(name) for name in sorted(set(packed))},
        "llvm": normalised_hash(llvm) if llvm else None,
    }


def _is_on(option: Any) -> bool:
    enabled = getattr(option, "enabled", option)
    return bool(enabled)


def _llvm(overload: Any) -> str:
    try:
        return str(overload.library.get_llvm_str())
    except Exception:  # object mode, or code whose module is not kept
        return ""


def _all_names(code: types.CodeType) -> List[str]:
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names += _all_names(constant)
    return names


def _blas_in_region(llvm: str) -> bool:
    """Whether what a parallel region runs calls BLAS, itself or through functions that it calls."""
    bodies = {name: body for name, body in _DEFINED.findall(llvm)}
    waiting = [name for name in bodies if "parfor" in name]
    seen = set(waiting)
    while waiting:
        body = bodies[waiting.pop()]
        if _BLAS.search(body):
            return True
        for called in set(_SYMBOL.findall(body)) - seen:
            if called in bodies:
                seen.add(called)
                waiting.append(called)
    return False


def _loops(code: types.CodeType) -> bool:
    """Whether the source has a loop of its own; without one the work is in calls and array expressions."""
    return any(one.opname == "FOR_ITER" or "JUMP_BACKWARD" in one.opname for one in dis.get_instructions(code))


def normalised_hash(llvm: str) -> str:
    """A hash that two processes agree on: names by the order of their appearance, no addresses, no metadata.

    Names from other libraries remain (`tanh` is not `sinh`). Texts go, with their lengths: messages, the function's own
    name, and where in which file it stands.
    """
    order: Dict[str, str] = {}
    foreign = set(_DECLARED.findall(llvm))

    def numbered(match: "re.Match[str]") -> str:
        name = match.group(1)
        if name.startswith(("llvm.", "numba_", "NRT_")) or (name in foreign and not name.startswith("_ZN")):
            return match.group(0)
        return order.setdefault(name, "@%d" % len(order))

    text = re.sub(r"inttoptr \(i64 \d+", "inttoptr (i64 0", llvm)
    text = re.sub(r"(?m)^(?:source_filename|target |;|!|attributes ).*$", "", text)
    text = re.sub(r", ?![\w.]+ ![\w{}]+|#\d+|!\d+", "", text)
    text = _PICKLED.sub(lambda line: re.sub(r"i32 \d+", "i32", line.group()), text)
    text = re.sub(r"\[\d+ x i8\]", "[i8]", re.sub(r"c\"(?:[^\"\\]|\\.)*\"", "c", text))
    return hashlib.sha256(_SYMBOL.sub(numbered, text).encode()).hexdigest()[:16]


def captured(function: types.FunctionType) -> Dict[str, str]:
    """Numbers and arrays that the function takes from outside, by name, each as a hash of its value."""
    try:
        found = inspect.getclosurevars(function)
    except (TypeError, ValueError):
        return {}
    values = {**found.globals, **found.nonlocals}
    package = str(function.__module__).split(".")[0]
    for module in [one for one in values.values() if isinstance(one, types.ModuleType)]:
        if module.__name__.split(".")[0] == package:  # settings kept in a module of the user's are frozen, too
            values.update(
                (module.__name__.rpartition(".")[2] + "." + name, vars(module)[name])
                for name in found.unbound
                if name in vars(module)
            )
    hashed = {name: _hash(value) for name, value in values.items()}
    return {name: value for name, value in hashed.items() if value is not None}


def _hash(value: Any) -> Optional[str]:
    if isinstance(value, (bool, int, float, complex, str, bytes)) or (
        isinstance(value, tuple) and all(isinstance(one, (bool, int, float, complex, str)) for one in value)
    ):
        content = repr(value).encode()
    elif hasattr(value, "__array_interface__") and getattr(value, "nbytes", _CAPTURED_LIMIT + 1) <= _CAPTURED_LIMIT:
        content = b"%s %s" % (str(value.dtype).encode(), value.tobytes())
    else:
        return None
    return hashlib.sha256(content).hexdigest()[:12]


class Allocations:
    """Counts the arrays that compiled code allocates, inside a `with`; `count` is None where Numba cannot tell."""

    def __init__(self) -> None:
        self.count: Optional[int] = None
        self._native: Any = None
        self._before = 0

    def __enter__(self) -> "Allocations":
        native = sys.modules.get("numba.core.runtime._nrt_python")
        try:
            if native is not None and not native.memsys_stats_enabled():  # else somebody else counts
                native.memsys_enable_stats()
                self._native = native
                self._before = native.memsys_get_stats_mi_alloc()
        except Exception:  # another version of Numba, or its runtime has not started
            self._native = None
        return self

    def __exit__(self, *_: Any) -> None:
        if self._native is not None:
            self.count = self._native.memsys_get_stats_mi_alloc() - self._before
            self._native.memsys_disable_stats()
