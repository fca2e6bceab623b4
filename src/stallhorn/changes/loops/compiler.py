"""Compile the loops with Numba, once a process, and keep the result for the next one."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from stallhorn.changes.loops import cuts, eliminate, evidence, order, scan

PLAIN = ("space",)  # makes arrays
MODULES = (order, cuts, evidence, eliminate, scan)  # each calls those before it
ENTRANCES = ("noise", "judge_all", "visited", "scan_all")
_LOCK = threading.Lock()
_done = False


def compiled() -> bool:
    """Put compiled functions in the places of the plain ones. False where Numba is missing or cannot be used.

    Takes a fifth of a second, and some seconds where nothing was kept: the code is kept in a folder named after the
    sources of all loops, because Numba itself notices only a change of the file that a function is in.
    """
    global _done
    with _LOCK:
        if not _done:
            try:
                import numba
            except ImportError:
                return False
            functions = [(module, *each) for module in MODULES for each in _functions(module)]
            with _kept_in(numba.config):
                try:
                    _replace(functions, numba.njit, keep=True)
                except (OSError, EOFError, UnpicklingError):  # a full disk, no folder to write, a file that was cut off
                    _replace(functions, numba.njit, keep=False)
            _done = True
    return True


def _replace(functions: Sequence[tuple[ModuleType, str, FunctionType]], njit: Callable[..., Any], keep: bool) -> None:
    for module, name, function in functions:
        setattr(module, name, _compiled(njit, function, keep))
    _use_once()


def _functions(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    for name, value in vars(module).items():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__ and name not in PLAIN:
            yield name, value


def _compiled(njit: Callable[..., Any], function: FunctionType, keep: bool) -> object:
    """Only what Python calls gets an entrance for it: those of the others would take half of the time of compiling."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    if function.__name__ not in ENTRANCES:
        return njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)(function)
    try:
        return njit(cache=keep, **options)(function)
    except RuntimeError:  # there is no folder that can be written
        return njit(cache=False, **options)(function)


def _use_once() -> None:
    """Compile now, with what Python gives them: the settings of Numba are those of the others again afterwards."""
    x, none, trees = np.zeros(20), np.zeros(1, np.int64), np.zeros((0, 6))
    x[10:] = 1.0
    eliminate.judge_all(
        x, none + 20, np.zeros((1, 5)), trees, trees, np.zeros(2), np.zeros(20, np.int64), np.zeros(20),
        none, np.zeros((1, 2)), *eliminate.space(20),
    )  # fmt: skip
    scan.scan_all(
        x + 1.0, x, x, none + 20, none - 1, none, np.ones(scan.LIMITS), none, np.zeros((20, 3)),
        np.zeros((1, scan.ASKED)), *scan.space(20),
    )  # fmt: skip


@contextmanager
def steady() -> Iterator[None]:
    """While the loops run as plain Python, nobody may put compiled ones in their places: they do not mix.

    Plain loops hold the interpreter anyway, so that those of another thread lose nothing by waiting.
    """
    if _done:
        yield
        return
    with _LOCK:
        yield


def is_compiled() -> bool:
    return _done


def is_kept() -> bool:
    """Whether an earlier process left compiled code behind."""
    return any(_folder().rglob("*.nbc"))


@contextmanager
def _kept_in(config: Any) -> Iterator[None]:  # noqa: ANN401 - numba.config, untyped
    """Numba's folder for what it compiles, while the functions are made; no vector instructions, which gain nothing."""
    ours = {"CACHE_DIR": str(_folder()), "LOOP_VECTORIZE": 0, "SLP_VECTORIZE": 0}
    before = {name: getattr(config, name) for name in ours}
    vars(config).update(ours)
    try:
        yield
    finally:
        vars(config).update(before)


def _folder() -> Path:
    """Where Numba was told to keep code, beside the sources as Python does, or where the user's caches are."""
    sources = hashlib.sha256(b"".join(Path(str(module.__file__)).read_bytes() for module in MODULES)).hexdigest()[:12]
    name = f"stallhorn-{sources}"
    told = os.environ.get("NUMBA_CACHE_DIR")
    if told:
        return Path(told) / name
    beside = Path(__file__).parent / "__pycache__"
    if os.access(beside if beside.exists() else beside.parent, os.W_OK):
        return beside / name
    return Path.home() / ".cache" / name
