"""The roofs of this machine: the most that it does of each thing that `work` counts, with one thread and with all.

    python benchmarks/_roofs.py [THREADS ...]

prints a line of JSON for each number of threads (default: 1 and all cores). `stallhorn roofs` runs it in a benchmark
environment and keeps the lines; docs/measuring.md says what they are for. Nothing but the compiler and this checkout's
elementary functions is used, so that the roofs do not move with the commit that is measured.
"""

import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

SCHEMA, METHOD = 1, 1
# The best window counts. Windows are shorter than what a scheduler gives a neighbour, so that some are undisturbed, and
# there are more of them until three in which every thread had its core to itself agree.
WINDOW = 0.003  # seconds
LEAST, MOST = 12, 150
ALONE, AGREEMENT = 0.9, 1.02
BEYOND, LEAST_BEYOND = 8, 3  # arrays of so many times the last cache are read from memory
ELEMENTS = 1024  # of the arithmetic loops: two arrays are in any first cache
CHAIN = 4  # multiply-adds for each load and store; more would wait for one another, fewer for the store
PATTERNS = {"read": 1, "copy": 2, "triad": 3}  # arrays that each goes through
CPUS = Path("/sys/devices/system/cpu")


def main(arguments):
    checkout = Path(__file__).resolve().parents[1]
    # In place of this folder, whose modules have the names of kernels.
    sys.path[:1] = [str(checkout / "src" / "kernels"), str(checkout / "src" / "probe")]
    from asv_bench_stallhorn import process, threads

    process.die_with_parent()
    cores = threads.cores_available()
    for count in sorted({int(text) for text in arguments} or {1, cores}):
        print(json.dumps({"cores": cores, **roof(count)}), flush=True)


def roof(threads):
    """Everything with so many threads: bytes and flops a second, and seconds for each element of a function."""
    import numba
    import numpy as np
    from asv_bench_stallhorn import process

    started, before = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()), process.read()
    streams, fma, functions = _streams(), _fma(), _functions()
    sizes = cache_sizes(threads)
    found = {
        "schema": SCHEMA,
        "method": METHOD,
        "threads": threads,
        "caches": [{"level": level, "bytes": size, **_traffic(streams, size // 2, threads)} for level, size in sizes],
        "memory": _traffic(streams, beyond(sizes[-1][1], process.memory_free()), threads),
        "flops": _best(threads, 2 * CHAIN * ELEMENTS, lambda: partial(fma, np.full(ELEMENTS, 1.0), 0.5, 0.5)),
        "seconds": {name: 1.0 / _best(threads, ELEMENTS, partial(_elements, f)) for name, f in functions.items()},
        "started": started,
        "versions": {"python": sys.version.split()[0], "numpy": np.__version__, "numba": numba.__version__},
    }
    return {**found, "foreign_load": process.between(before, process.read())["foreign_load"]}


def cache_sizes(threads, folder=CPUS):
    """(level, bytes) of the caches that so many threads have to themselves, the first level first."""
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    found = {}
    for place in (place for cpu in sorted(usable) for place in sorted(folder.glob(f"cpu{cpu}/cache/index*"))):
        try:
            level, kind, size, shared = (
                (place / name).read_text().strip() for name in ("level", "type", "size", "shared_cpu_list")
            )
            if kind != "Instruction":
                found.setdefault(int(level), {})[shared] = int(size.rstrip("K")) * 1024
        except (OSError, ValueError):
            continue
    if not found:
        raise SystemExit(f"{folder} does not say how large the caches are")
    return [(level, sum(sorted(each.values())[-threads:])) for level, each in sorted(found.items())]


def beyond(last_cache, free):
    """Bytes to go through so that next to none are found in a cache."""
    size = BEYOND * last_cache if free is None else min(BEYOND * last_cache, free // 4)
    if size < LEAST_BEYOND * last_cache:
        raise SystemExit(f"memory cannot be told from the caches: only {free // 2**20} MiB are free")
    return size


# What is timed. Each loop is told how often to go through its arrays, and changes something before every repetition,
# so that no compiler may take one for another.

FLAGS = {"error_model": "numpy", "nogil": True, "fastmath": {"contract"}}


def _streams():
    import numpy as np
    from numba import njit

    @njit(**{**FLAGS, "fastmath": {"contract", "reassoc", "nsz"}})
    def read(a, repetitions):
        total = 0.0
        for _ in range(repetitions):
            a[0] = 0.5 * total
            total = 0.0
            for i in range(a.size):
                total += a[i]
        return total

    @njit(**FLAGS)
    def copy(a, b, repetitions):
        for repetition in range(repetitions):
            a[0] = repetition
            for i in range(a.size):
                b[i] = a[i]

    @njit(**FLAGS)
    def triad(a, b, c, repetitions):
        for repetition in range(repetitions):
            factor = np.float64(repetition)
            for i in range(a.size):
                a[i] = b[i] + factor * c[i]

    return {"read": read, "copy": copy, "triad": triad}


def _fma():
    from numba import njit

    @njit(**FLAGS)
    def fma(a, factor, summand, repetitions):
        for _ in range(repetitions):
            for i in range(a.size):
                value = a[i]
                for _ in range(CHAIN):
                    value = value * factor + summand
                a[i] = value

    return fma


def _functions():
    import numpy as np
    from numba import njit
    from refkernels import _numba_functions as functions

    def elementwise(function):
        @njit(**FLAGS)
        def loop(a, out, repetitions):
            for repetition in range(repetitions):
                a[0] = 1.0 + 1e-9 * repetition
                for i in range(a.size):
                    out[i] = function(a[i])

        return loop

    named = {"cos": functions.cos2pi, "log": functions.log, "exp": functions.exp}
    named |= {"div": njit(**FLAGS)(lambda x: 1.5 / x), "sqrt": njit(**FLAGS)(lambda x: np.sqrt(x))}
    return {name: elementwise(function) for name, function in named.items()}


def _elements(loop):
    import numpy as np

    return partial(loop, np.linspace(0.5, 3.0, ELEMENTS), np.full(ELEMENTS, 0.0))


def _traffic(streams, size, threads):
    """Bytes a second, read and written, for each way to go through `size` bytes that the threads share out."""
    import numpy as np

    def arrays(loop, count, elements):
        return partial(loop, *(np.full(elements, 1.0) for _ in range(count)))

    found = {"through": size}
    for name, count in PATTERNS.items():
        elements = size // (8 * count * threads)
        found[name] = _best(threads, 8 * count * elements, partial(arrays, streams[name], count, elements))
    return found


def _best(threads, amount, make):
    """The most a second that all threads reach together, each with its own loop, which does `amount` a repetition."""
    repetitions = _repetitions(make())
    taken = [[] for _ in range(threads)]

    def windows(mine):
        loop = make()  # here, so that its memory is near this thread
        loop(1)
        gate.wait()
        while not _enough(taken):
            start, before = time.perf_counter(), time.thread_time()
            loop(repetitions)
            ended = Ended(start, time.perf_counter(), time.thread_time() - before)
            gate.wait()
            mine.append(ended)
            gate.wait()

    gate = threading.Barrier(threads, timeout=60)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(windows, taken))
    return threads * amount * repetitions / min(_span(window) for window in zip(*taken, strict=True))


class Ended(NamedTuple):
    """One thread's part of a window, in seconds."""

    start: float
    end: float
    cpu: float


def _span(window):
    """From the first start to the last end."""
    return max(each.end for each in window) - min(each.start for each in window)


def _enough(taken):
    windows = sorted(zip(*taken, strict=True), key=_span)
    alone = [window for window in windows if min(each.cpu for each in window) > ALONE * _span(window)]
    agreed = len(alone) >= 3 and _span(alone[2]) < AGREEMENT * _span(windows[0])
    return len(windows) >= MOST or (len(windows) >= LEAST and agreed)


def _repetitions(loop):
    """How many fill a window. The first call compiles."""
    loop(1)
    count = 1
    while True:
        start = time.perf_counter()
        loop(count)
        took = time.perf_counter() - start
        if took > WINDOW / 2:
            return max(1, round(count * WINDOW / took))
        count *= 2


if __name__ == "__main__":
    main(sys.argv[1:])
