"""Everything that is known about a benchmark beside its timing: the sections of a record that detectors read.

docs/evidence.md says what each fact is. Nothing here may cost the timing: what fails is None.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
import traceback
from typing import Any, Callable, Dict, List, Optional

from . import calls, digest, installation, reach
from .backends import jax_

_HASHED = ("numpy", "scipy", "numba", "llvmlite", "jax", "jaxlib")


def gather(
    call: Callable[[], Any], wait: Callable[[Any], Any], instruments: Any, holder: Any, arguments: Any
) -> Dict[str, Any]:
    """The sections `calls`, `code`, `result` and `installation`. It calls the benchmark once.

    `holder` is the instance (or module) that the benchmark belongs to, `arguments` its parameters.
    """
    begun = time.perf_counter()
    extra: Optional[calls.Extra] = None
    sections: Dict[str, Any] = {"calls": None, "code": None, "installation": None}
    try:
        extra = calls.make(call, wait, instruments)
        sections["calls"] = {**extra.facts, "input_bytes": digest.bytes_of(digest.held(holder, arguments)) or 0}
        sections["result"] = result_facts(extra.result, holder, arguments)
        sections["jax"] = {
            "ready": extra.ready,
            "returned_seconds": extra.facts["seconds"],
            "unfinished_seconds": extra.unfinished,
            "numbers_lost": jax_.numbers_lost(digest.held(holder, arguments)),
        }
    except Exception:  # a benchmark that cannot be called once more keeps its timing
        _tell("the extra call")
    for name, make in (
        ("code", lambda: code_facts(call, instruments, extra, holder, arguments)),
        ("installation", installation.loaded),
    ):
        try:
            sections[name] = make()
        except Exception:
            _tell(name)
    in_call = (extra.facts["seconds"] or 0.0) + (extra.unfinished or 0.0) if extra else 0.0
    sections["evidence_seconds"] = time.perf_counter() - begun - in_call
    return sections


def _tell(what: str) -> None:
    print("stallhorn: no facts from %s: %s" % (what, traceback.format_exc(limit=3)), file=sys.stderr)


def result_facts(result: Any, holder: Any = None, arguments: Any = ()) -> Dict[str, Any]:
    """Type, dtype, shape and digest of what the benchmark returned; of its first array where it returned several.

    Where it returned nothing, the digest is of the benchmark's own arrays, which it may have written into.
    """
    first = result[0] if isinstance(result, (tuple, list)) and result else result
    shape = getattr(first, "shape", None)
    dtype = getattr(first, "dtype", None)
    return {
        "type": "%s.%s" % (type(first).__module__, type(first).__qualname__),
        "dtype": None if dtype is None else str(dtype),
        "shape": list(shape) if isinstance(shape, tuple) else None,
        "device": jax_.facts(result)["device"],
        "digest": digest_of(result, holder, arguments),
        "bytes": digest.bytes_of(result),
        "dtypes": digest.dtypes_of(result),
        "input_layouts": layouts(digest.held(holder, arguments)),
        "input_dtypes": digest.dtypes_of(digest.held(holder, arguments), floating=True),
    }


def layouts(arrays: List[Any]) -> List[str]:
    """The orders of the NumPy arrays that a benchmark holds: "C", "F", or "A" for a view with gaps; those it keeps in
    C order are told as one."""
    found = set()
    for one in arrays:
        flags = getattr(one, "flags", None)
        if flags is not None and hasattr(flags, "c_contiguous"):
            found.add("C" if flags.c_contiguous else "F" if flags.f_contiguous else "A")
    return sorted(found)


def digest_of(result: Any, holder: Any, arguments: Any) -> Optional[Dict[str, Any]]:
    return digest.of_benchmark(holder, arguments) if result is None else digest.of(result)


def code_facts(
    call: Callable[[], Any], instruments: Any, extra: Optional[calls.Extra], holder: Any, arguments: Any
) -> Dict[str, Any]:
    """What the call reaches, and one hash of all of it."""
    roots: List[Any] = [call, *arguments, *(extra.functions if extra else ())]
    things = reach.reached([*roots, *instruments.numba.functions.called.values()])
    found: Dict[str, Any] = {
        "python": reach.python_hash(things),
        "dispatchers": instruments.numba.functions.facts(things),
        "computations": extra.computations if extra else None,
        "jitted": instruments.jax.calls.jitted(things),
        "libraries": libraries(),
    }
    parts = [
        found["python"],
        sorted((one["name"], one["llvm"] or "") for one in found["dispatchers"]),
        sorted(str(one.get("hlo")) for one in found["computations"] or ()),
        found["libraries"],
    ]
    found["fingerprint"] = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
    return found


_libraries: Dict[str, str] = {}


def libraries() -> Dict[str, str]:
    """Loaded array libraries: version, and a hash of the list of files that their distribution installed.

    That list (RECORD) has the hash of every file, so two builds of one version differ.
    """
    from importlib import metadata

    for name in _HASHED:
        if name in _libraries or name not in sys.modules:
            continue
        try:
            distribution = metadata.distribution(name)
            listed = distribution.read_text("RECORD") or ""
            kept = sorted(line for line in listed.splitlines() if ".pyc," not in line and "INSTALLER" not in line)
            _libraries[name] = "%s %s" % (
                distribution.version,
                hashlib.sha256("\n".join(kept).encode()).hexdigest()[:12],
            )
        except Exception:  # not installed by pip: what it is cannot be told by a list
            _libraries[name] = str(getattr(sys.modules[name], "__version__", "?"))
    return dict(_libraries)
