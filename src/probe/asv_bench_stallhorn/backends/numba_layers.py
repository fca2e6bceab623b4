"""Which of Numba's threading layers can be loaded. Asked by loading them: never in a process that measures."""

from __future__ import annotations

import importlib
import warnings
from typing import Dict

_MODULES = {"tbb": "tbbpool", "omp": "omppool", "workqueue": "workqueue"}


def problems() -> Dict[str, str]:
    """For each layer why it cannot be loaded, "" if it can. Numba itself says nothing and takes the next one."""
    return {name: _problem(name) for name in _MODULES}


def _problem(name: str) -> str:
    try:
        from numba.np.ufunc import parallel

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is too old; the exception says it too
            if name == "tbb":  # as Numba does before it loads this one
                getattr(parallel, "_check_tbb_version_compatible", lambda: None)()
            importlib.import_module("numba.np.ufunc." + _MODULES[name])
    except Exception as error:
        return (str(error).strip().splitlines() or [type(error).__name__])[0]
    return ""
