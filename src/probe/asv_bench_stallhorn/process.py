"""Readings of this process and its machine, from /proc. A reading that this system does not have is None."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from typing import Dict, NamedTuple, Optional

from . import cgroup, descendants

_TICKS = os.sysconf("SC_CLK_TCK")
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Reading(NamedTuple):
    """Clocks at one moment; the difference of two says what went on between them."""

    wall: float
    own_cpu: float  # this process and all processes that it has started, seconds
    machine_cpu: Optional[float]  # all processes, seconds


def die_with_parent() -> None:
    """Let the kernel end this process when its parent ends, however that ends: nobody would wait for its result.

    Linux only; elsewhere a measuring process that lost its parent ends after the cell that it is in.
    """
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    except (ImportError, OSError, AttributeError):
        pass


def read() -> Reading:
    return Reading(time.perf_counter(), time.process_time() + _children_cpu(), _machine_cpu())


def between(before: Reading, after: Reading) -> Dict[str, Optional[float]]:
    """Wall and CPU seconds, and the mean number of cores that other processes used meanwhile.

    /proc/stat counts in ticks of 10 ms on each core: in a window of 0.1 s the foreign load is good to about 0.2 cores.
    """
    wall = after.wall - before.wall
    own = after.own_cpu - before.own_cpu
    foreign = None
    if before.machine_cpu is not None and after.machine_cpu is not None and wall > 0:
        foreign = max(0.0, (after.machine_cpu - before.machine_cpu - own) / wall)
    return {"wall_seconds": wall, "cpu_seconds": own, "foreign_load": foreign}


def _children_cpu() -> float:
    """Seconds of the children that were waited for, and of all that were not. A child that ends moves to the former."""
    waited_for = resource.getrusage(resource.RUSAGE_CHILDREN)
    alive = descendants.stats() if descendants.may_exist() else None
    return waited_for.ru_utime + waited_for.ru_stime + sum(stat.cpu for stat in (alive or {}).values())


def _machine_cpu(path: str = "/proc/stat") -> Optional[float]:
    try:
        with open(path) as file:
            ticks = [int(word) for word in file.readline().split()[1:9]]
    except (OSError, ValueError):
        return None
    if len(ticks) < 8:
        return None
    user, nice, system, _idle, _iowait, irq, softirq, _steal = ticks
    return (user + nice + system + irq + softirq) / _TICKS


def memory_now() -> Optional[int]:
    """Resident bytes."""
    return _status("VmRSS")


def forget_peak() -> bool:
    """Let the kernel count the peak of resident memory anew; False where that cannot be done."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        return True
    except OSError:
        return False


def return_free_memory() -> None:
    """Give memory that was freed back to the kernel, so that what is used next is seen as used (glibc only)."""
    try:
        import ctypes

        ctypes.CDLL(None).malloc_trim(0)
    except (ImportError, OSError, AttributeError):
        pass


def memory_peak() -> Optional[int]:
    """The peak of resident bytes since `forget_peak`, or of the whole process where that does not exist."""
    peak = _status("VmHWM")
    if peak is not None:
        return peak
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024


def memory_free() -> Optional[int]:
    """Bytes that can still be had: the machine's available memory, and no more than the container's limit leaves."""
    limits = [limit for limit in (_available(), cgroup.memory_left()) if limit is not None]
    return min(limits, default=None)


def threads_named(prefix: str) -> Optional[int]:
    """How many threads of this process have a name that begins so; None where /proc does not tell."""
    try:
        tasks = os.listdir("/proc/self/task")
    except OSError:
        return None
    count = 0
    for task in tasks:
        try:
            with open("/proc/self/task/%s/comm" % task) as file:
                count += file.read().startswith(prefix)
        except OSError:  # the thread has ended
            continue
    return count


def _available() -> Optional[int]:
    try:
        with open("/proc/meminfo") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return None
    return None


def _status(field: str) -> Optional[int]:
    try:
        with open("/proc/self/status") as file:
            for line in file:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return None
    return None
