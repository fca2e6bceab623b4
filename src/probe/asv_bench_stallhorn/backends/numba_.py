"""Numba: compile events, threading layer, threads in use."""

from __future__ import annotations

import sys
import time
from typing import Any, Dict, List, Optional

from . import numba_code

MOST = 10  # compilations that are told by name


class Compiles:
    """Counts compilations and the seconds spent in them. Compiling one function inside another counts once in time."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0
        self.functions = numba_code.Functions()
        self.outermost: List[Dict[str, str]] = []  # what was compiled since this list was last emptied
        self._open = 0
        self._begun = 0.0

    def listen(self) -> None:
        """Register with Numba's event system; call it right after `import numba`."""
        from numba.core import event  # only ever called when numba is loaded already

        compiles = self

        class Listener(event.Listener):  # type: ignore[misc, name-defined]
            def on_start(self, started: Any) -> None:
                compiles._remember(started.data or {})
                if compiles._open == 0:
                    compiles._begun = time.perf_counter()
                compiles._open += 1

            def on_end(self, _event: Any) -> None:
                compiles._open -= 1
                compiles.count += 1
                if compiles._open == 0:
                    compiles.seconds += time.perf_counter() - compiles._begun

        event.register("numba:compile", Listener())

    def _remember(self, data: Dict[str, Any]) -> None:
        dispatcher = data.get("dispatcher")
        if dispatcher is None:
            return
        if self._open == 0 and len(self.outermost) < MOST:
            known = self.functions.seen_before(dispatcher)
            self.outermost.append(
                {
                    "name": getattr(dispatcher, "__name__", "?"),
                    "reason": "new signature" if known else "new function",
                    "detail": str(data.get("args", ""))[:200],
                }
            )
        self.functions.compiling(dispatcher)


def facts() -> Dict[str, Any]:
    """Threads that a parallel region would use now, and the layer that runs it (None before the first region)."""
    numba = sys.modules.get("numba")
    if numba is None:
        return {"threads": None, "layer": None}
    layer: Optional[str] = None
    try:
        layer = numba.threading_layer()
    except ValueError:  # no parallel region has run yet
        pass
    return {"threads": numba.get_num_threads(), "layer": layer}
