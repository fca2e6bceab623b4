"""JAX: compile events, waiting for results, device, work that nobody waited for."""

from __future__ import annotations

import functools
import os
import sys
import time
from typing import Any, Callable, Dict, List, Optional, Sequence

from . import jax_calls

_COMPILE = "/jax/core/compile/"


class Compiles:
    """Counts back-end compilations, and the seconds spent tracing, lowering and compiling."""

    def __init__(self) -> None:
        self.calls = jax_calls.Calls()
        self.count = 0
        self.seconds = 0.0

    def listen(self) -> None:
        """Register with jax.monitoring; call it right after `import jax`."""
        from jax import monitoring  # only ever called when jax is loaded already

        def on_duration(event: str, seconds: float, **_: Any) -> None:
            if event.startswith(_COMPILE):
                self.seconds += seconds
                self.count += event.endswith("backend_compile_duration")

        monitoring.register_event_duration_secs_listener(on_duration)
        self.calls.listen()


def waiter(result: Any) -> Optional[Callable[[Any], Any]]:
    """How to wait for results like this one, or None if they are there when the call returns."""
    if hasattr(result, "block_until_ready"):
        return type(result).block_until_ready  # the shortest way for a single array
    jax = sys.modules.get("jax")
    if jax is not None and any(hasattr(leaf, "block_until_ready") for leaf in jax.tree_util.tree_leaves(result)):
        return jax.block_until_ready
    return None


def wait_for_any(result: Any) -> None:
    """Wait for whatever in it needs waiting."""
    wait = waiter(result)
    if wait is not None:
        wait(result)


def is_ready(result: Any) -> Optional[bool]:
    """Whether every JAX array in it is there already; None if there is no such array."""
    jax = sys.modules.get("jax")
    leaves = [] if jax is None else jax.tree_util.tree_leaves(result)
    answers = [bool(leaf.is_ready()) for leaf in leaves if hasattr(leaf, "is_ready")]
    return all(answers) if answers else None


def started() -> bool:
    """Whether JAX has a running back end. Asking JAX itself would start one."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    if bridge is None:
        return False
    try:
        return bool(bridge.backends_are_initialized())
    except AttributeError:  # not a public function: a JAX that lacks it is taken as started
        return True


def drain() -> Callable[[], float]:
    """A function that waits for all dispatched CPU work and returns the seconds it took.

    A trivial computation queues behind what is outstanding; jax.effects_barrier does not wait for it. The trivial
    computation is compiled here, so call this before the work that is to be waited for.
    """
    from jax import numpy  # only ever called when jax is started

    def wait() -> float:
        begun = time.perf_counter()
        (numpy.zeros(1) + 1).block_until_ready()
        return time.perf_counter() - begun

    wait()
    return wait


def with_left(seen: Dict[str, Any], left: Optional[float]) -> Dict[str, Any]:
    """What JAX was left to do: by the extra call, or by calls without counters (`left`), which hide less of it."""
    known = [one for one in (seen.get("unfinished_seconds"), left) if one is not None]
    return {**seen, "unfinished_seconds": max(known, default=None)}


def numbers_lost(arrays: Sequence[Any]) -> Optional[int]:
    """Numbers that were float64 in NumPy and are float32 in JAX, among the arrays that a benchmark holds.

    With x64 off JAX narrows what it is given without a word. An array counts when its like is held too: NumPy's, of the
    same shape and, rounded, the same values at a few places. None without JAX.
    """
    jax = sys.modules.get("jax")
    numpy = sys.modules.get("numpy")
    if jax is None or numpy is None or not started():
        return None
    if jax.config.jax_enable_x64:
        return 0
    narrow = [one for one in arrays if isinstance(one, jax.Array) and str(one.dtype) in ("float32", "complex64")]
    wide = [one for one in arrays if isinstance(one, numpy.ndarray) and str(one.dtype) in ("float64", "complex128")]
    return sum(int(one.size) for one in narrow if any(_is_rounded(numpy, one, other) for other in wide))


def _is_rounded(numpy: Any, narrow: Any, wide: Any) -> bool:
    if narrow.shape != wide.shape or not wide.size:
        return False
    few = numpy.linspace(0, wide.size - 1, min(16, wide.size)).astype(int)
    rounded = wide.ravel()[few].astype(str(narrow.dtype))
    return bool(numpy.array_equal(numpy.asarray(narrow).ravel()[few], rounded, equal_nan=True))


SETTINGS = ("x64", "backend", "platforms", "plugins", "asked_device")


def facts(result: Any = None) -> Dict[str, Any]:
    """x64 switch, back ends that run, plug-ins that are installed, device that was asked for, and the result's device.

    None where JAX is not loaded.
    """
    jax = sys.modules.get("jax")
    if jax is None or not started():
        return dict.fromkeys((*SETTINGS, "device"))
    device = None
    leaves = jax.tree_util.tree_leaves(result)
    if leaves and hasattr(leaves[0], "devices"):
        device = ", ".join(sorted(str(one) for one in leaves[0].devices()))
    return {
        "x64": bool(jax.config.jax_enable_x64),
        "backend": jax.default_backend(),
        "platforms": sorted({one.platform for one in jax.devices()}),
        "plugins": plugins(),
        "asked_device": jax.config.jax_platforms or os.environ.get("JAX_PLATFORMS"),
        "device": device,
    }


@functools.lru_cache(maxsize=None)
def plugins() -> List[str]:
    """Names under which device plug-ins of JAX are installed."""
    from importlib import metadata

    try:
        points: Any = metadata.entry_points()
        group = points.select(group="jax_plugins") if hasattr(points, "select") else points.get("jax_plugins", ())
        return sorted({point.name for point in group})
    except Exception:  # a broken installation of something else
        return []
