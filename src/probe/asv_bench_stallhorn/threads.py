"""Thread settings: the values of a suite's `threads` parameter.

A setting is a number (every pool gets it), "all" (every pool gets all cores), or a list of named pools such as
"numba=2 blas=1 jax=2 layer=omp wait=passive". A pool that is not named keeps its library's default. Every library
reads its setting when it starts, so a setting holds for a whole process. "copies=4" among them is so many processes at
once, each with these pools: one is measured, the others do the same work beside it.
"""

from __future__ import annotations

import math
import os
import sys
from typing import Dict, List, NamedTuple, Optional, Union

from . import cgroup

# What each named pool sets. JAX's CPU client reads NPROC when it starts and nothing else (jax 0.10; XLA_FLAGS and
# OMP_NUM_THREADS have no effect on it).
POOLS = {
    "numba": ("NUMBA_NUM_THREADS",),
    "blas": ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
    "omp": ("OMP_NUM_THREADS",),
    "jax": ("NPROC",),
}
CHOICES = {
    "layer": ("NUMBA_THREADING_LAYER", ("omp", "tbb", "workqueue")),
    "wait": ("OMP_WAIT_POLICY", ("active", "passive")),
}


class BadSetting(ValueError):
    """A thread setting that does not say what it means."""


class Setting(NamedTuple):
    """A thread setting, understood."""

    text: str
    environment: Dict[str, str]
    asked: Dict[str, int]  # pool -> threads
    copies: int = 1  # processes that do the same at the same time

    @property
    def most(self) -> int:
        """Threads of the largest pool that was asked for, of all copies; 0 if neither was named."""
        return self.copies * max(self.asked.values(), default=1 if self.copies > 1 else 0)


def parse(value: Union[int, str], cores: int) -> Setting:
    """Read one value of the `threads` parameter; `cores` is what "all" means here."""
    text = str(value).strip()
    if text == "all":
        return _every_pool(text, cores)
    if _count(text):
        return _every_pool(text, _count(text))
    environment: Dict[str, str] = {}
    asked: Dict[str, int] = {}
    copies = 0
    for word in text.split():
        name, _, wanted = word.partition("=")
        if name == "copies" and not copies and _count(wanted):
            copies = _count(wanted)
        elif name in POOLS and name not in asked and _count(wanted):
            asked[name] = _count(wanted)
            environment.update(dict.fromkeys(POOLS[name], str(asked[name])))
        elif name in CHOICES and CHOICES[name][0] not in environment and wanted in CHOICES[name][1]:
            environment[CHOICES[name][0]] = wanted
        else:
            raise BadSetting(_explain(word, text))
    if not environment and not copies:
        raise BadSetting(_explain("", text))
    if environment.get("NUMBA_THREADING_LAYER") == "tbb":
        environment.update(_tbb_variables())
    return Setting(text, environment, asked, max(1, copies))


def _tbb_variables() -> Dict[str, str]:
    """Where pip puts TBB the loader does not look: `libtbb.so.12` lies in the environment's own lib folder."""
    folder = os.path.join(sys.prefix, "lib")
    if not any(os.path.exists(os.path.join(folder, name)) for name in ("libtbb.so.12", "libtbb.12.dylib")):
        return {}
    name = "DYLD_LIBRARY_PATH" if sys.platform == "darwin" else "LD_LIBRARY_PATH"
    known = os.environ.get(name, "")
    return {name: folder if not known else folder + os.pathsep + known}


def _count(text: str) -> int:
    """A positive number as it is written in plain digits; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() else 0


def _every_pool(text: str, count: int) -> Setting:
    environment = {variable: str(count) for variables in POOLS.values() for variable in variables}
    return Setting(text, environment, dict.fromkeys(POOLS, count))


def _explain(word: str, text: str) -> str:
    choices = ["%s=%s" % (name, "|".join(values)) for name, (_, values) in sorted(CHOICES.items())]
    names = ", ".join(["%s=COUNT" % name for name in ["copies", *sorted(POOLS)]] + choices)
    return "threads=%r: %r is not understood. Expected a positive number, 'all', or words out of: %s." % (
        text,
        word,
        names,
    )


def cores_available() -> int:
    """Cores that this process may use: its affinity, and no more than its container's quota, rounded up."""
    limit = cgroup.quota()
    return affinity() if limit is None else max(1, min(affinity(), math.ceil(limit)))


def affinity() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1


def redundant(value: Union[int, str], values: List[Union[int, str]], cores: int) -> Optional[str]:
    """Why this setting need not be measured beside the others of the same parameter, or None.

    "all" means a number on each machine; where the suite lists that number too, both would measure the same.
    """
    if str(value) == "all" and str(cores) in [str(other) for other in values]:
        return "all cores are %d here: measured as threads=%d" % (cores, cores)
    return None
