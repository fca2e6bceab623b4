"""Notice libraries as they are imported: how long it took, and whom to tell.

The probe never imports NumPy, Numba or JAX itself: that would start their thread pools and hide the import's cost.
A finder at the front of `sys.meta_path` lets the normal machinery find the module and wraps its execution.
"""

from __future__ import annotations

import importlib.machinery
import sys
import time
from types import ModuleType
from typing import Any, Callable, Dict, List, Optional

WATCHED = ("numpy", "scipy", "numba", "jax")


class Watch:
    """Times the import of the watched libraries and calls listeners right after each, once."""

    def __init__(self) -> None:
        self.seconds = 0.0  # spent importing watched libraries; one inside another counts once
        self._listeners: Dict[str, List[Callable[[], None]]] = {}
        self._depth = 0
        self._taken = 0.0

    def install(self) -> None:
        sys.meta_path.insert(0, self)  # type: ignore[arg-type]

    def take(self) -> float:
        """Seconds of importing since this was last asked: each import is told once.

        The first to ask hears of NumPy even if the suite never names it: asv_runner loads it (through pympler).
        """
        fresh = self.seconds - self._taken
        self._taken = self.seconds
        return fresh

    def after(self, name: str, listener: Callable[[], None]) -> None:
        """Call `listener` when `name` has been imported: now, if it has been already."""
        if name in sys.modules:
            listener()
        else:
            self._listeners.setdefault(name, []).append(listener)

    def find_spec(self, name: str, path: Any = None, target: Optional[ModuleType] = None) -> Any:
        if name not in WATCHED:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Timed(spec.loader, self, name)  # type: ignore[assignment]
        return spec

    def _executed(self, name: str) -> None:
        for listener in self._listeners.pop(name, []):
            try:
                listener()
            except Exception as error:  # a library without the hook we know: its facts are lost, its import is not
                print("stallhorn: no compile events of %s: %r" % (name, error), file=sys.stderr)


class _Timed:
    """A loader that tells the watch how long executing the module took. Everything else is the real loader's."""

    def __init__(self, loader: Any, watch: Watch, name: str) -> None:
        self._loader = loader
        self._watch = watch
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._loader, attribute)

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        watch = self._watch
        # The module must not keep this wrapper: resources and pickling ask the real loader.
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        watch._depth += 1
        begun = time.perf_counter()
        try:
            self._loader.exec_module(module)
        finally:
            watch._depth -= 1
            if watch._depth == 0:
                watch.seconds += time.perf_counter() - begun
        watch._executed(self._name)
