"""The least time that a call can take: what its work needs under the roofs of the machine. Pure.

Memory and arithmetic go on side by side, so the slower of the two is the floor. Kinds of arithmetic share the units
that do them, so their times are added. Of the bytes, as many as fit into each cache cost what that cache takes, and the
rest what memory takes: what the call before has left there need not be fetched again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from stallhorn.model import Floor, History, Parameters, Roof, Roofs, SeriesKey


def floors(history: History) -> dict[SeriesKey, Floor]:
    """The floor of every series that has one: a time, of work that the suite declares, on a machine with roofs."""
    found = {}
    for series in history.series:
        key = series.key
        benchmark, roofs = history.benchmarks.get(key.benchmark), history.roofs.get(key.machine)
        if benchmark is None or roofs is None or series.unit != "seconds":
            continue
        work, roof = benchmark.work_of(key.parameters), roof_for(key.parameters, roofs)
        lowest = None if work is None or roof is None else floor(work, roof)
        if lowest is not None:
            found[key] = lowest
    return found


def roof_for(parameters: Parameters, roofs: Roofs) -> Roof | None:
    """The roof for a thread setting: the threads of its largest pool, and no more than there are cores.

    None without a setting, and for a number of threads in between, at which no roof was measured.
    """
    setting = parameters.get("threads") or ""
    if setting == "all":
        return roofs.by_threads.get(roofs.cores)
    counts = [word.rpartition("=")[2] for word in setting.split()]
    threads = max((int(count) for count in counts if count.isascii() and count.isdigit() and len(count) < 9), default=0)
    return roofs.by_threads.get(min(threads, roofs.cores))


def floor(work: Mapping[str, float], roof: Roof) -> Floor | None:
    """What these counts take at least; None if there is nothing to count, or no roof for one of them."""
    counts = {name: count for name, count in work.items() if name != "bytes" and count > 0}
    if not counts.keys() <= {"flops", *roof.seconds}:
        return None
    arithmetic = {
        name: count / roof.flops if name == "flops" else count * roof.seconds[name] for name, count in counts.items()
    }
    moving = _moving(work.get("bytes", 0.0), roof)
    slower = max(moving, arithmetic, key=lambda parts: sum(parts.values()))
    seconds = sum(slower.values())
    if not 0 < seconds < math.inf:
        return None
    return Floor(seconds, max(slower, key=lambda name: slower[name]), roof.threads)


def _moving(size: float, roof: Roof) -> dict[str, float]:
    """The seconds that so many bytes take from the caches and from memory."""
    cached, held = 0.0, 0.0
    for cache in roof.caches:
        part = max(0.0, min(size, cache.size) - held)
        cached += part / cache.bandwidth
        held += part
    return {"memory": (size - held) / roof.memory, "cache": cached}
