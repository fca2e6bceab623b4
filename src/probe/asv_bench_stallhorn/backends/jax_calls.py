"""What one call asks of JAX: computations started, arrays moved, callbacks, compilations with their reasons.

In its normal course JAX starts a known computation without any Python. For the one call that is counted, that short
way is closed: what it remembers is dropped (nothing is traced or compiled again for that), and nothing is put there
until the call has ended. All of this rests on JAX's inside, looked at in 0.6 and 0.10; what is not found is None.
"""

from __future__ import annotations

import sys
import threading
from typing import Any, Callable, Dict, Iterable, List, Tuple

from . import jax_computations
from .jax_captured import Captured
from .jax_compiled import Explained, Reasons
from .jax_reads import Reads

_COMPILE = "/jax/core/compile/"
_COUNTS = ("dispatches", "arrays_in", "bytes_in", "bytes_copied_in", "arrays_out", "bytes_out", "callbacks")
_ALIGNED = 64  # bytes: the CPU client takes an array that begins at such an address as it is
_FACTS = (*_COUNTS, "jax_temporary_bytes", "compiles", "compile_seconds", "compiled", "computations")


class Quiet:
    """Nested `with` blocks of a thread in which something is not counted."""

    def __init__(self) -> None:
        self._local = threading.local()

    @property
    def now(self) -> bool:
        return bool(getattr(self._local, "depth", 0))

    def __enter__(self) -> None:
        self._local.depth = getattr(self._local, "depth", 0) + 1

    def __exit__(self, *error: Any) -> None:
        self._local.depth -= 1


class Calls:
    """The instruments of one process. Outside of `counting` they cost something only when JAX traces or compiles."""

    # Of the process, not of an instance: where two listen, one must not count what the other reads.
    quiet = Quiet()  # no arrays
    paused = Quiet()  # what the probe itself starts while it counts

    def __init__(self) -> None:
        self.compiles = 0
        self.compile_seconds = 0.0  # tracing and lowering included
        self.reasons = Reasons()
        self.captured = Captured()
        self.listens = False

    def listen(self) -> None:
        """Call it right after `import jax`."""
        from jax import monitoring  # only ever called when jax is loaded already

        def on_duration(event: str, duration_secs: float, **named: Any) -> None:
            if event.startswith(_COMPILE):
                self.compile_seconds += duration_secs
            if event == _COMPILE + "backend_compile_duration":
                self.compiles += 1
                self.reasons.note(str(named.get("fun_name", "")))

        monitoring.register_event_duration_secs_listener(on_duration)
        self.listens = True
        _attempt(self._watch_tracing)

    def _watch_tracing(self) -> None:
        """`debug_info` is asked for each function about to be traced, and is left before the tracing begins: nothing
        of the probe is on the stack from which JAX takes source lines."""
        module = _inside("jax._src.pjit")
        original = module.debug_info
        captured, quiet = self.captured, self.quiet

        def debug_info(*arguments: Any, **named: Any) -> Any:  # what for, the function, what it is called with
            if len(arguments) > 1:
                with quiet:
                    captured.remember(arguments[1])
            return original(*arguments, **named)

        module.debug_info = debug_info

    def counting(self) -> "Counting":
        """Around one call. Then ask `facts` of what this returned.

        Computations that call back into Python are waited for at the end, no others.
        """
        return Counting(self)

    def jitted(self, objects: Iterable[Any]) -> List[Dict[str, Any]]:
        """`{"name", "captured_changed"}` of each `jax.jit` function among `objects`."""
        return self.captured.jitted(objects)


class Counting:
    """One counted call: a context manager, and afterwards its facts. It raises nothing, and puts everything back."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._patches = Patches()
        self._closers: List[Callable[[], Any]] = []
        self._counts = dict.fromkeys(_COUNTS, 0)
        self._started: Dict[int, List[Any]] = {}  # by the executable: itself, its name, runs
        self._calling_back: List[Any] = []  # results of computations that have callbacks
        self._unknown = set(_FACTS)
        self._facts: Dict[str, Any] = {}

    def __enter__(self) -> "Counting":
        if "jax" not in sys.modules:
            return self
        calls = self._calls
        calls.reasons.forget()
        self._before = (calls.compiles, calls.compile_seconds)
        if calls.listens:
            self._install(self._explain, "compiles", "compile_seconds", "compiled")
        self._install(self._count_transfers, "arrays_in", "bytes_in", "bytes_copied_in")
        self._install(self._count_reads, "arrays_out", "bytes_out")
        self._install(self._count_callbacks, "callbacks")
        self._install(self._count_dispatches, "dispatches", "jax_temporary_bytes", "computations")
        return self

    def __exit__(self, *error: Any) -> None:
        if "jax" not in sys.modules:
            return
        for result in self._calling_back:
            _attempt(result.block_until_ready)
        _attempt(sys.modules["jax"].effects_barrier)
        compiles, seconds = self._before
        self._spent = (self._calls.compiles - compiles, self._calls.compile_seconds - seconds)
        self._compiled = list(self._calls.reasons.compiled)
        for close in reversed(self._closers):
            _attempt(close)
        self._patches.undo()
        _attempt(_forget_short_ways)

    def facts(self) -> Dict[str, Any]:
        """The part of `calls` that JAX answers for, and `computations`. Reads the code of what ran: milliseconds."""
        if not self._facts:
            self._facts = {name: None if name in self._unknown else self._fact_or_none(name) for name in _FACTS}
            self._started.clear()
            self._calling_back.clear()
        return self._facts

    def started(self) -> List[Tuple[str, Any, int]]:
        """Name, XLA's executable and runs of each computation that ran; to be asked before the facts."""
        return [
            (jax_computations.plain_name(name), executable, runs) for executable, name, runs in self._started.values()
        ]

    def _fact_or_none(self, name: str) -> Any:
        try:
            return self._fact(name)
        except Exception:  # of XLA, or of a JAX that was left in the middle of something
            return None

    def _fact(self, name: str) -> Any:
        started = list(self._started.values())
        if name == "computations":
            return [jax_computations.describe(*one) for one in started[: jax_computations.LISTED]]
        if name == "jax_temporary_bytes":
            plans = [jax_computations.memory_plan(executable).get("temp") for executable, _, _ in started]
            return None if None in plans else max(plans, default=0)  # type: ignore[type-var]
        if name == "compiled":
            return self._compiled
        if name in ("compiles", "compile_seconds"):
            return self._spent[name == "compile_seconds"]
        return self._counts[name]

    def _install(self, instrument: Callable[[], None], *facts: str) -> None:
        try:
            instrument()
        except Exception:  # another JAX than those that were looked at
            return
        self._unknown.difference_update(facts)

    def _explain(self) -> None:
        config = sys.modules["jax"].config
        before = config.jax_explain_cache_misses
        explaining = [
            module
            for module in map(sys.modules.get, ("jax._src.pjit", "jax._src.interpreters.partial_eval"))
            if module is not None and "logger" in vars(module)
        ]
        for module in explaining:
            self._patches.put(module, "logger", Explained(vars(module)["logger"], self._calls.reasons.misses))
        # Part of no key under which JAX remembers what it has traced: turning it on has nothing traced again.
        self._closers.append(lambda: config.update("jax_explain_cache_misses", before))
        config.update("jax_explain_cache_misses", True)

    def _count_dispatches(self) -> None:
        started = self._started

        def begin(original: Any, execute: Any, *arguments: Any) -> Any:
            if self._calls.paused.now:
                return original(execute, *arguments)
            self._counts["dispatches"] += 1
            executable = getattr(execute, "xla_executable", None)
            started.setdefault(id(executable), [executable, str(getattr(execute, "name", "")), 0])[2] += 1
            results = original(execute, *arguments)
            if getattr(execute, "has_host_callbacks", False):
                self._calling_back.extend(results)
            return results

        pxla = _inside("jax._src.interpreters.pxla")
        _cache_of_short_ways().clear_all  # noqa: B018  # without it nothing below would hold
        self._patches.wrap(pxla.ExecuteReplicated, "__call__", begin)
        self._patches.put(pxla, "MeshExecutableFastpathData", lambda *_, **__: None)
        _forget_short_ways()

    def _count_transfers(self) -> None:
        """Numbers, and NumPy arrays without axes, do not count: eager operations hand over one for each constant.

        Nor do empty arrays: JAX orders effects with them.
        """
        array_kind = _inside("jax._src.array").ArrayImpl

        def put(original: Any, aval: Any, sharding: Any, shards: Any, *arguments: Any, **named: Any) -> Any:
            from_numpy = [one for one in shards if not isinstance(one, array_kind) and getattr(one, "ndim", None)]
            size = sum(one.nbytes for one in from_numpy)
            if size and not self._calls.quiet.now:
                self._counts["arrays_in"] += 1
                self._counts["bytes_in"] += size
                self._counts["bytes_copied_in"] += sum(one.nbytes for one in from_numpy if _is_copied(one))
            return original(aval, sharding, shards, *arguments, **named)

        self._patches.wrap(_inside("jax._src.interpreters.pxla"), "batched_device_put", put)

    def _count_reads(self) -> None:
        def seen(array: Any) -> None:
            if not self._calls.quiet.now:
                self._counts["arrays_out"] += 1
                self._counts["bytes_out"] += array.nbytes

        reads = Reads(_inside("jax._src.array").ArrayImpl, seen)
        reads.start()
        self._closers.append(reads.stop)
        # Lowering reads the arrays that the code captured: part of compiling it.
        self._patches.wrap(_inside("jax._src.interpreters.pxla"), "lower_sharding_computation", self._quietly)

    def _quietly(self, original: Any, *arguments: Any, **named: Any) -> Any:
        with self._calls.quiet:
            return original(*arguments, **named)

    def _count_callbacks(self) -> None:
        """Compiled code holds the wrapper around the user's function, and that looks these up when it is entered.

        What a callback is given and returns are its own arrays, not arrays that the call moved. Computations that it
        starts itself do count as started.
        """

        def enter(original: Any, *arguments: Any, **named: Any) -> Any:
            self._counts["callbacks"] += 1
            return self._quietly(original, *arguments, **named)

        for name in ("pure_callback_impl", "io_callback_impl"):
            self._patches.wrap(_inside("jax._src.callback"), name, enter)
        debugging = _inside("jax._src.debugging")
        for name in ("debug_callback_p", "debug_print_p"):
            if name in vars(debugging):  # the latter is younger than 0.6
                self._patches.wrap(vars(debugging)[name], "impl", enter)


class Patches:
    """Attributes replaced for a while."""

    def __init__(self) -> None:
        self._originals: List[Tuple[Any, str, Any]] = []

    def put(self, owner: Any, name: str, value: Any) -> None:
        original = vars(owner)[name]  # as it stands there: of a class, not what `getattr` makes of it
        setattr(owner, name, value)
        self._originals.append((owner, name, original))

    def wrap(self, owner: Any, name: str, around: Callable[..., Any]) -> None:
        """Have calls go to `around(original, ...)`."""
        original = vars(owner)[name]
        self.put(owner, name, lambda *arguments, **named: around(original, *arguments, **named))

    def undo(self) -> None:
        while self._originals:
            owner, name, original = self._originals.pop()
            _attempt(lambda: setattr(owner, name, original))  # noqa: B023  # called at once


def _inside(name: str) -> Any:
    """A module of JAX that `import jax` has loaded; KeyError if this version has none of that name."""
    return sys.modules[name]


def _cache_of_short_ways() -> Any:
    """Knows every function of `jax.jit`, those made inside JAX and those compiled ahead of time included."""
    for name in ("jaxlib._jax", "jaxlib.xla_extension"):
        if name in sys.modules:
            return sys.modules[name].PjitFunctionCache
    raise KeyError("PjitFunctionCache")


def _forget_short_ways() -> None:
    """The next call of each jitted function goes through Python once; traced and compiled code stays."""
    _cache_of_short_ways().clear_all()


def _is_copied(array: Any) -> bool:
    """Whether the back end must copy a NumPy array that a computation is given: the CPU's does not if it is aligned."""
    on_cpu = sys.modules["jax"].default_backend() == "cpu"
    return not (on_cpu and array.flags.c_contiguous and array.ctypes.data % _ALIGNED == 0)


def _attempt(action: Callable[[], Any]) -> None:
    try:
        action()
    except Exception:
        pass
