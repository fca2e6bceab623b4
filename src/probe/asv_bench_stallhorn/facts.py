"""The facts of a probe record: what ran, with which libraries and threads, on what. Unknown is None."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any, Dict, List, Optional

from . import cgroup, process, threads, topology
from .backends import jax_, numba_

_VERSIONED = ("numpy", "scipy", "numba", "llvmlite", "jax", "jaxlib")


def versions() -> Dict[str, Optional[str]]:
    """Versions of the array libraries that are loaded; None for one that is not."""
    found: Dict[str, Optional[str]] = {"python": platform.python_version()}
    for name in _VERSIONED:
        found[name] = getattr(sys.modules.get(name), "__version__", None)
    return found


def thread_facts(setting: Optional[threads.Setting]) -> Dict[str, Any]:
    """What was asked of each pool and what it has. `pools` is threadpoolctl's view of BLAS and OpenMP."""
    numba = numba_.facts()
    pools = _pools()
    blas = [pool["num_threads"] for pool in pools or [] if pool.get("user_api") == "blas"]
    openmp = [pool["num_threads"] for pool in pools or [] if pool.get("user_api") == "openmp"]
    return {
        "setting": None if setting is None else setting.text,
        "asked": {} if setting is None else setting.asked,
        "used": {
            "numba": numba["threads"],
            "blas": max(blas) if blas else None,
            "omp": max(openmp) if openmp else None,
            # JAX has no call that tells; newer ones name their threads, and where none has the name it is not known.
            "jax": (process.threads_named("tf_XLAEigen") or None) if jax_.started() else None,
        },
        "layer": numba["layer"],
        "wait_policy": os.environ.get("OMP_WAIT_POLICY"),
        "pools": pools,
    }


def _pools() -> Optional[List[Dict[str, Any]]]:
    if "numpy" not in sys.modules:  # no BLAS is loaded that we could ask
        return None
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return None
    keep = ("user_api", "internal_api", "num_threads", "version", "threading_layer", "architecture")
    return [{key: pool[key] for key in keep if key in pool} for pool in threadpool_info()]


def host_facts() -> Dict[str, Any]:
    """Cores that may be used, and how busy the machine was."""
    try:
        load: Optional[float] = os.getloadavg()[0]
    except OSError:
        load = None
    return {
        "cores": os.cpu_count(),
        "affinity": threads.affinity(),
        "quota": cgroup.quota(),
        **topology.topology(),
        "load_average": load,
        "malloc": {name: os.environ[name] for name in sorted(os.environ) if name.startswith("MALLOC_")},
    }


class Memory:
    """Resident memory from now on: the peak is counted anew, where the kernel allows that.

    What earlier cells of this process have freed is returned first; else this one would use it and seem to need none.
    """

    def __init__(self) -> None:
        process.return_free_memory()
        self._peak_is_ours = process.forget_peak()
        self._before = process.memory_now()

    def facts(self, predicted: Optional[int]) -> Dict[str, Any]:
        return {
            "before_bytes": self._before,
            "peak_bytes": process.memory_peak(),
            "peak_of": "this measurement" if self._peak_is_ours else "the whole process",
            "predicted_bytes": predicted,
        }
