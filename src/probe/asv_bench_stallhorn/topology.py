"""Which of the machine's logical processors share a core."""

from __future__ import annotations

import os
from typing import Any, Collection, Dict, Optional, Set

CPUS = "/sys/devices/system/cpu"


def topology(folder: str = CPUS, allowed: Optional[Collection[int]] = None) -> Dict[str, Any]:
    """Two of the host's facts, about the processors that this process may use: None where the system does not tell.

    `physical_cores`: how many cores these are; `smt`: the most of them that share one core.
    """
    if allowed is None:
        try:
            allowed = os.sched_getaffinity(0)
        except AttributeError:  # macOS
            allowed = ()
    cores: Dict[Any, int] = {}
    for cpu in allowed:
        siblings = _siblings("%s/cpu%d/topology/thread_siblings_list" % (folder, cpu))
        if siblings is None:
            return {"physical_cores": None, "smt": None}
        core = min(siblings | {cpu})
        cores[core] = cores.get(core, 0) + 1
    return {"physical_cores": len(cores) or None, "smt": max(cores.values(), default=None)}


def _siblings(path: str) -> Optional[Set[int]]:
    """The numbers in a list like "0,64" or "0-1,8"."""
    found: Set[int] = set()
    try:
        with open(path) as file:
            for part in file.read().strip().split(","):
                first, _, last = part.partition("-")
                found.update(range(int(first), int(last or first) + 1))
    except (OSError, ValueError):
        return None
    return found
