"""The limits that Linux control groups set on this process, in both versions. What cannot be read sets no limit.

A limit holds for a group and everything below it, so the tightest one on the way up is what counts. Inside a container
the process's own group is usually the top of what it can see.
"""

from __future__ import annotations

import os
from typing import Dict, List, NamedTuple, Optional

ROOT = "/sys/fs/cgroup"
MEMBERSHIP = "/proc/self/cgroup"


def quota(root: str = ROOT, membership: str = MEMBERSHIP) -> Optional[float]:
    """CPUs that may be used on average, e.g. 1.5; None = no quota, or not known."""
    found = [_quota_v2(folder) for folder in _groups(root, membership, "")]
    found += [_quota_v1(folder) for folder in _groups(os.path.join(root, "cpu"), membership, "cpu")]
    return min((one for one in found if one is not None), default=None)


def memory_left(root: str = ROOT, membership: str = MEMBERSHIP) -> Optional[int]:
    """Bytes until a memory limit is reached; None = no limit, or not known."""
    pairs = [(folder, "memory.max", "memory.current") for folder in _groups(root, membership, "")]
    pairs += [
        (folder, "memory.limit_in_bytes", "memory.usage_in_bytes")
        for folder in _groups(os.path.join(root, "memory"), membership, "memory")
    ]
    left = []
    for folder, limit, used in pairs:
        most, now = _numbers(os.path.join(folder, limit)), _numbers(os.path.join(folder, used))
        if most and now:
            left.append(max(0, int(most[0] - now[0])))
    return min(left, default=None)


class Throttling(NamedTuple):
    """How often, and how long in all its CPUs together, this process's groups were stopped by their quota."""

    periods: int
    seconds: float


def throttled(root: str = ROOT, membership: str = MEMBERSHIP) -> Optional[Throttling]:
    """Counted since the groups exist, so a difference of two readings is what tells; None = not counted here."""
    folders = _groups(root, membership, "") + _groups(os.path.join(root, "cpu"), membership, "cpu")
    found = [one for one in map(_throttled, folders) if one is not None]
    if not found:
        return None
    return Throttling(sum(one.periods for one in found), sum(one.seconds for one in found))


def _throttled(folder: str) -> Optional[Throttling]:
    """One group's cpu.stat; without the CPU controller the file is not there, or does not speak of a quota."""
    counts: Dict[str, int] = {}
    try:
        with open(os.path.join(folder, "cpu.stat")) as file:
            for line in file:
                name, _, number = line.partition(" ")
                counts[name] = int(number)
    except (OSError, ValueError):
        return None
    if "nr_throttled" not in counts:
        return None
    in_seconds = counts.get("throttled_usec", 0) / 1e6 + counts.get("throttled_time", 0) / 1e9  # version 2, version 1
    return Throttling(counts["nr_throttled"], in_seconds)


def _groups(root: str, membership: str, controller: str) -> List[str]:
    """The folders of this process's group and of all above it; `controller` is "" in version 2."""
    path = ""
    try:
        with open(membership) as file:
            for line in file:
                _, controllers, group = line.rstrip("\n").split(":", 2)
                if controller in controllers.split(","):
                    path = group.strip("/")
    except (OSError, ValueError):
        pass
    parts = path.split("/") if path else []
    return [os.path.join(root, *parts[:depth]) for depth in range(len(parts), -1, -1)]


def _quota_v2(folder: str) -> Optional[float]:
    limit = _numbers(os.path.join(folder, "cpu.max"))  # "max 100000" or "150000 100000"
    return limit[0] / limit[1] if len(limit) == 2 and limit[1] > 0 else None


def _quota_v1(folder: str) -> Optional[float]:
    allowed = _numbers(os.path.join(folder, "cpu.cfs_quota_us"))
    period = _numbers(os.path.join(folder, "cpu.cfs_period_us"))
    if allowed and period and allowed[0] > 0 and period[0] > 0:
        return allowed[0] / period[0]
    return None


def _numbers(path: str) -> List[float]:
    """The numbers in a file; none if it cannot be read, or says "max"."""
    try:
        with open(path) as file:
            return [float(word) for word in file.read().split()]
    except (OSError, ValueError):
        return []
