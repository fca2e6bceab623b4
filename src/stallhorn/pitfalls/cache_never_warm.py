"""A Numba function with `cache=True` finds nothing in its file, and every process compiles it again.

How it is detected: Numba counts hits and misses of its cache files. Two processes that ran the same benchmark both
missed and never hit: at most one of them can have been the first. In a rerun straight after, it is a cause. Processes
of a series' rounds may be hours apart, with other commits installed in between, which empties the cache as well: there
it is a cause only if another cached function was found in its file.

When it cannot be: with one process alone; it may be the first that ever ran.

Source: https://numba.readthedocs.io/en/stable/developer/caching.html
"""

from __future__ import annotations

from stallhorn import units
from stallhorn.model import Evidence, Finding, Status
from stallhorn.pitfalls.base import (
    CAUSE,
    CONTEXT,
    INTERPRETED,
    Case,
    Facts,
    Run,
    counted,
    dispatchers,
    observed,
)

TITLE = "The compiler's cache never hits"
NEEDS = ("code.dispatchers",)

_Place = tuple[str | None, str | None, int | None]


def detect(case: Case) -> Finding | None:
    again = [run for name, run in case.reruns.items() if name != INTERPRETED and run.status is Status.OK]
    rounds = [run for run in case.repeats if run.status is Status.OK]
    cold = _cold(case.run)
    warm = {_place(one) for run in (case.run, *again, *rounds) for one in _cached(run) if one.count("cache_hits")}
    for one in cold:
        misses_again = [run for run in (*again, *rounds) if _place(one) in map(_place, _cold(run))]
        if misses_again and _place(one) not in warm:
            straight_after = any(run in again for run in misses_again)
            return _finding(case, one, 1 + len(misses_again), CAUSE if straight_after or warm else CONTEXT)
    return None


def _cached(run: Run) -> list[Facts]:
    return [one for one in dispatchers(run.facts) if one.flag("cache") is True]


def _cold(run: Run) -> list[Facts]:
    """Cached functions that this process looked for in vain."""
    return [one for one in _cached(run) if (one.count("cache_misses") or 0) > 0 and one.count("cache_hits") == 0]


def _place(one: Facts) -> _Place:
    return one.text("name"), one.text("file"), one.count("line")


def _finding(case: Case, one: Facts, processes: int, severity: str) -> Finding:
    name = one.text("name")
    claim = (
        f"{name} ({one.text('file')}:{one.count('line')}) has cache=True, but {processes} processes in a row found "
        f"nothing in its file and compiled it{_cost(case)}."
    )
    evidence: list[Evidence] = [
        counted("processes that missed in the cache", processes, "1, the first"),
        counted("hits in this process", 0, "1 for each signature"),
    ]
    spent = case.facts.number("first_call.compile_seconds")
    if spent:
        evidence.append(observed("compiling in the first call", units.seconds(spent), "0 s"))
    remedy = (
        f"Make {name} the same in every process: define it at the top of a module that lies in a file and is not "
        "written anew, and pass as arguments what changes (a process id, a time, a function made on the spot, what "
        "it closes over). `NUMBA_CACHE_DIR` must name one folder that stays and can be written. "
        "`NUMBA_DEBUG_CACHE=1` shows what Numba looks for."
    )
    return case.finding(__name__, severity, claim, tuple(evidence), remedy)


def _cost(case: Case) -> str:
    spent = case.facts.number("first_call.compile_seconds")
    return f": {units.seconds(spent)} of the first call" if spent else ""
