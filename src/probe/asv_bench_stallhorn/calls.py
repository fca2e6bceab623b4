"""One extra call of a benchmark with every counter on: exact facts that need no statistics.

It is made after the samples, so that nothing of it is in the timing. A counter that fails leaves its facts None, and a
benchmark that raises when it is called once more keeps everything that was measured before.
"""

from __future__ import annotations

import sys
import threading
import time
import tracemalloc
from contextlib import ExitStack
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set

from . import digest, reach
from .backends import jax_, numba_code

MOST_LINES = 1_000_000
WORKED, WORKS = 1e-3, 5e-5  # CPU seconds of a thread that has done something, in its life and in one call
_BLOCK = 65_536  # bytes; what Python's own small objects take is rounded away


class Extra(NamedTuple):
    """What the extra call told."""

    facts: Dict[str, Any]  # the section `calls`
    result: Any
    functions: List[Any]  # what the user's functions that ran had in local variables and could call
    computations: Optional[List[Dict[str, Any]]]
    unfinished: Optional[float]  # seconds that JAX worked on after the call had returned; None without JAX
    ready: Optional[bool]  # whether all returned JAX arrays were there by then; None if there are none


class Lines:
    """Counts interpreted lines of the user's own Python in the calling thread, and remembers the functions in use."""

    def __init__(self) -> None:
        self.count = 0
        self.functions: List[Any] = []
        self._seen: Set[int] = set()
        self._files: Dict[str, bool] = {}
        self._saved: Any = None

    def __enter__(self) -> "Lines":
        self._saved = sys.gettrace()
        if self._saved is None:  # a debugger or a coverage tool keeps its place, and lines are not known
            sys.settrace(self._enter)
        return self

    def __exit__(self, *_: Any) -> None:
        if self._saved is None:
            sys.settrace(None)

    @property
    def known(self) -> bool:
        return self._saved is None

    def _enter(self, frame: Any, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        users = self._files.get(file)
        if users is None:
            users = self._files[file] = reach.is_users(file)
        return self._line if users else None

    def _line(self, frame: Any, event: str, argument: Any) -> Any:
        if event == "line":
            self.count += 1
            if self.count >= MOST_LINES:
                sys.settrace(None)
                frame.f_trace = None
                return None
        elif event == "return" and id(frame.f_code) not in self._seen:
            self._seen.add(id(frame.f_code))
            self.functions += [value for value in frame.f_locals.values() if callable(value)][:50]
        return self._line


class PythonThreads:
    """Counts Python threads that are started, or that work, inside a `with`."""

    def __init__(self) -> None:
        self.count = 0
        self._real: Any = None
        self._before: Dict[int, float] = {}

    def __enter__(self) -> "PythonThreads":
        self._before = {one.native_id: _thread_seconds(one.native_id) for one in _others()}
        self._real = threading.Thread.start
        counter = self

        def start(thread: threading.Thread) -> None:
            counter.count += 1
            counter._real(thread)

        threading.Thread.start = start  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: Any) -> None:
        threading.Thread.start = self._real  # type: ignore[method-assign]
        # A thread of a pool counts if it has worked in this process: in one call another may have taken its turn.
        for native, before in self._before.items():
            now = _thread_seconds(native)
            self.count += now > WORKED or now - before > WORKS


def _others() -> List[Any]:
    main = threading.main_thread()
    return [one for one in threading.enumerate() if one is not main and getattr(one, "native_id", None) is not None]


def _thread_seconds(native: int) -> float:
    """CPU seconds of one thread of this process; 0 where that is not known or the thread has ended."""
    try:
        with open("/proc/self/task/%d/schedstat" % native) as file:
            return int(file.read().split()[0]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def make(call: Callable[[], Any], wait: Callable[[Any], Any], instruments: Any) -> Extra:
    """Call once more, with all counters on, and see how long JAX works on after the call has returned."""
    numba, jax = instruments.numba, instruments.jax
    del numba.outermost[:]
    before = (numba.count, numba.seconds)
    lines, threads, arrays, memory = Lines(), PythonThreads(), numba_code.Allocations(), _Memory()
    drain, idle = (jax_.drain() if jax_.started() else None), 0.0
    with ExitStack() as stack:
        for counter in (instruments.regions, numba.functions, arrays, threads, memory):
            stack.enter_context(counter)
        with jax.calls.counting() as counted:
            if drain:  # while calls are counted they take JAX's long way: so do these
                with jax.calls.paused:
                    idle = min(drain(), drain())
            with lines:
                begun = time.perf_counter()
                result = call()
                returned = time.perf_counter()
            ready = jax_.is_ready(result)  # inside: to leave the counting takes time in which work may end
            wait(result)
            if drain:
                with jax.calls.paused:
                    drain()
            finished = time.perf_counter()
        memory.stop(_traced_bytes(result))
    seen = counted.facts()
    computations = seen.pop("computations", None)
    facts = {
        **instruments.regions.facts(),
        **seen,
        **_compiles(numba, before, seen),
        "python_lines": lines.count if lines.known else None,
        "library_calls": numba.functions.calls + (seen.get("dispatches") or 0),
        "python_threads": threads.count,
        "allocations": None if arrays.count is None else max(0, arrays.count - numba.functions.arrays),
        "temporary_bytes": memory.temporary,
        "result_bytes": digest.bytes_of(result) or 0,
        "seconds": returned - begun,
    }
    unfinished = max(0.0, finished - returned - idle) if drain else None
    return Extra(facts, result, lines.functions, computations, unfinished, ready)


def _traced_bytes(result: Any) -> int:
    """Bytes of the result that tracemalloc saw: those of NumPy arrays, not of JAX's."""
    leaves = result if isinstance(result, (tuple, list)) else (result,)
    return sum(int(one.nbytes) for one in leaves if type(one).__module__ == "numpy")


def _compiles(numba: Any, before: Any, jax: Dict[str, Any]) -> Dict[str, Any]:
    """Numba's and JAX's compilations together."""
    count, seconds = numba.count - before[0], numba.seconds - before[1]
    return {
        "compiles": count + (jax.get("compiles") or 0),
        "compile_seconds": seconds + (jax.get("compile_seconds") or 0.0),
        "compiled": (numba.outermost + (jax.get("compiled") or []))[:10],
    }


class _Memory:
    """The peak of what NumPy and Numba allocate, by tracemalloc; JAX's memory is not in it."""

    def __init__(self) -> None:
        self.temporary: Optional[int] = None
        self._ours = False

    def __enter__(self) -> "_Memory":
        if not tracemalloc.is_tracing():
            tracemalloc.start(1)
            self._ours = True
        return self

    def stop(self, result: int) -> None:
        if self._ours:
            peak = tracemalloc.get_traced_memory()[1]
            self.temporary = max(0, peak - result) // _BLOCK * _BLOCK

    def __exit__(self, *_: Any) -> None:
        if self._ours:
            tracemalloc.stop()
