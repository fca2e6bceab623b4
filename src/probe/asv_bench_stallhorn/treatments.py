"""What an experiment changes around a call, without touching the code that is measured.

The remedy of some pitfalls is not a variable of the process but a change of what the benchmark holds, or of what is
done with its result. A treatment makes that change in the measuring process; measured beside the untreated call it
shows whether the time goes with the cause.
"""

from __future__ import annotations

import sys
import types
from typing import Any, Callable, Dict

from .reach import vars_of

NAMES = ("wait", "warm", "float64", "device", "contiguous", "fortran")


def apply(name: str, holder: Any) -> bool:
    """Change the arrays that the benchmark holds, and those of its module; nothing for treatments of the call itself.

    Whether there was anything to change: where there was not, a measurement would say nothing about the cause.
    """
    change = {"float64": _float64, "device": _device, "contiguous": _contiguous, "fortran": _fortran}.get(name)
    if change is None:
        return True
    owners = [holder]
    if not isinstance(holder, types.ModuleType) and type(holder).__module__ != "builtins":
        owners.append(sys.modules.get(type(holder).__module__))
    return any([_treat(owner, change) for owner in owners])  # a list: all of them


def _treat(owner: Any, change: Callable[[Any], Any]) -> bool:
    any_changed = False
    for attribute, value in _attributes(owner).items():
        if isinstance(value, types.ModuleType) or attribute.startswith("__"):
            continue
        changed = _changed(value, change)
        if changed is not value:
            setattr(owner, attribute, changed)
            any_changed = True
    return any_changed


def _attributes(holder: Any) -> Dict[str, Any]:
    """What the benchmark holds: its own attributes, and those that its suite keeps in the class."""
    found: Dict[str, Any] = {}
    for owner in reversed(type(holder).__mro__):
        if owner.__module__ != "builtins":
            found.update(vars(owner))
    found.pop("params", None)  # asv's list of all that the parameters can be
    found.update(vars_of(holder))
    return found


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, tuple) and type(value) is tuple:
        parts = tuple(_changed(one, change) for one in value)
        return value if all(new is old for new, old in zip(parts, value)) else parts
    if isinstance(value, list):
        parts_ = [_changed(one, change) for one in value]
        return value if all(new is old for new, old in zip(parts_, value)) else parts_
    return change(value) if hasattr(value, "dtype") and hasattr(value, "shape") else value


def _is_numpy(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def _float64(value: Any) -> Any:
    kinds: Dict[str, str] = {"float32": "float64", "float16": "float64", "complex64": "complex128"}
    wanted = kinds.get(str(value.dtype))
    return value.astype(wanted) if wanted else value


def _device(value: Any) -> Any:
    jax = sys.modules.get("jax")
    return jax.device_put(value) if jax is not None and _is_numpy(value) else value


def _fortran(value: Any) -> Any:
    if not _is_numpy(value) or value.ndim < 2 or not value.flags.c_contiguous:
        return value
    return sys.modules["numpy"].asfortranarray(value)


def _contiguous(value: Any) -> Any:
    if not _is_numpy(value) or value.flags.c_contiguous:
        return value
    return sys.modules["numpy"].ascontiguousarray(value)
