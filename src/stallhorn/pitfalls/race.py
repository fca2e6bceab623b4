"""Threads write to the same place without taking turns: the result differs from call to call.

Detected by results, not by code. `stallhorn diagnose` makes several calls, each after a fresh set-up, in a process with
all threads and in one with a single thread, and takes the sum and the norm of every result. A race is named where
the results with one thread agree with each other, and those with all threads
(1) differ among themselves by more than the rounding of a sum in another order, or
(2) agree, but on something else (by a percent or more) than one thread: the last thread's write always wins. Then the
    first measurement must have had that result too, so that it is not inputs that differ between processes.

Not taken for a race: random inputs without a seed (then the calls with one thread differ too), rounding, results whose
order alone differs (sum and norm stay), results of another shape for another number of threads, values so small that
they may be what rounding left over.

Cannot tell without those calls, and proves nothing where it is silent: a histogram with lost updates was wrong in none
of 12 calls at 2,000 elements and in 3 of 12 at 200,000. Random numbers that are drawn inside the threads, with a seed
in the first thread alone, look the same: each thread needs its own seed.

Source: `hist[idx[i]] += ...` in a `prange` (Numba's documentation, "Explicit parallel loops").
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from stallhorn.model import Evidence, Finding, Status
from stallhorn.pitfalls.base import AGAIN, CAUSE, Case, Facts, Run, dispatchers, observed

TITLE = "Results differ with the number of threads"
NEEDS = ("result.digest",)

# Relative differences up to which two results are the same but for rounding: sums of up to 1e8 numbers in another
# order, with room for a factor of 1e3 that later steps magnify it by. One lost update of 200,000 is 5e-6.
EXACT, DOUBLE, SINGLE = 1e-12, 1e-7, 1e-3
GROSS = 1e-2  # (2) rests on one thread against many, in which an iteration may take another path
LEFT_OVER = 1e-9  # a norm below this may be all cancellation, as the residual of a solution is

_WHOLE = ("int", "uint", "bool")
_COARSE = ("float32", "float16", "bfloat16", "complex64")


@dataclass(frozen=True, slots=True)
class _Digest:
    finite: bool
    sum: float | None  # None where it is not a number: it then compares with nothing but itself
    norm: float | None


def detect(case: Case) -> Finding | None:
    single = case.with_one_thread
    many = [run for run in (case.reruns.get(AGAIN), case.run, *case.repeats) if run is not None and _comparable(run)]
    if single is None or not _comparable(single) or any(_shape(run) != _shape(single) for run in many):
        return None
    ones, alls = _digests(single), [digest for run in many for digest in _digests(run)]
    if len(ones) < 2 or len(alls) < 2 or _is_left_over([*ones, *alls]):
        return None
    rounding = _rounding(case.facts)
    if _spread(ones) > rounding:
        return None  # the benchmark itself is random
    # Calls of one process are compared: two processes may have different inputs.
    spread = max((_spread(_digests(run)) for run in many), default=0.0)
    if spread > rounding:
        how = f"{len(alls)} equal calls with {_threads(case)} threads gave results that differ by {_share(spread)}"
        return _finding(case, ones, alls, how, spread)
    away = min(_difference(digest, ones[0]) for digest in alls)
    first = _digest(case.facts)
    if away > GROSS and first is not None and _difference(first, alls[0]) <= rounding:
        how = f"{len(alls)} equal calls with {_threads(case)} threads gave a result that is off by {_share(away)}"
        return _finding(case, ones, alls, how, away)
    return None


def _finding(case: Case, ones: list[_Digest], alls: list[_Digest], how: str, difference: float) -> Finding:
    names = ", ".join(
        f"`{one.text('name')}`" for one in dispatchers(case.facts) if one.flag("parallel") and one.text("name")
    )
    where = f" in {names}" if names else ""
    evidence: tuple[Evidence, ...] = (
        observed(
            "relative difference of results, all threads", _share(difference), f"at most {_rounding(case.facts):g}"
        ),
        observed("sums of the results, all threads", _sums(alls), _sums(ones)),
        observed("results that differ, one thread", 0, 0),
    )
    return case.finding(
        __name__,
        CAUSE,
        f"{how}; {len(ones)} calls with one thread agree.",
        evidence,
        f"Let no two iterations of a `numba.prange`{where} write to the same element: loop in parallel over what is "
        "written, add into a scalar or a whole array (`total += x`, which Numba reduces for each thread), or give each "
        "thread a row of its own and add the rows afterwards. Where random numbers are drawn in the loop, seed each "
        "iteration.",
    )


def _digests(run: Run) -> list[_Digest]:
    return [_read(one) for one in run.facts.entries("result.digests")]


def _digest(facts: Facts) -> _Digest | None:
    """That of the first measurement."""
    values = facts.within("result.digest")
    return _read(Facts(values)) if values else None


def _read(facts: Facts) -> _Digest:
    return _Digest(facts.flag("finite") is not False, _number(facts, "sum"), _number(facts, "norm"))


def _number(facts: Facts, name: str) -> float | None:
    value = facts.number(name)
    return value if value is not None and math.isfinite(value) else None


def _spread(digests: list[_Digest]) -> float:
    """The largest relative difference between any of them and the first."""
    return max((_difference(digests[0], other) for other in digests[1:]), default=0.0)


def _difference(one: _Digest, other: _Digest) -> float:
    """Relative to the size of the result: a sum may be near zero where the values are not."""
    if one.finite != other.finite:
        return math.inf
    size = max(abs(value) for digest in (one, other) for value in (digest.sum or 0.0, digest.norm or 0.0))
    pairs = ((one.sum, other.sum), (one.norm, other.norm))
    apart = max((abs(mine - theirs) for mine, theirs in pairs if mine is not None and theirs is not None), default=0.0)
    return apart / size if size else 0.0


def _is_left_over(digests: Iterable[_Digest]) -> bool:
    return all((digest.norm or 0.0) < LEFT_OVER for digest in digests)


def _rounding(facts: Facts) -> float:
    """How far the coarsest type in use lets equal results differ."""
    types = [*facts.texts("result.dtypes"), *facts.texts("result.input_dtypes"), facts.text("result.dtype") or ""]
    types += [dtype for one in dispatchers(facts) for dtype in one.texts("dtypes")]
    if any(dtype.startswith(_COARSE) for dtype in types):
        return SINGLE
    known = [dtype for dtype in types if dtype]
    return EXACT if known and all(dtype.startswith(_WHOLE) for dtype in known) else DOUBLE


def _comparable(run: Run) -> bool:
    return run.status is Status.OK


def _shape(run: Run) -> object:
    return run.facts.numbers("result.shape"), run.facts.text("result.type")


def _threads(case: Case) -> str:
    used = [case.facts.count(f"threads.used.{pool}") for pool in ("numba", "blas", "omp", "jax")]
    most = case.facts.count("calls.region_threads") or max((count for count in used if count), default=0)
    return str(most) if most > 1 else "all"


def _share(difference: float) -> str:
    if math.isinf(difference):
        return "infinity or not-a-number against a number"
    return f"{100 * difference:.3g} %"


def _sums(digests: Iterable[_Digest]) -> str:
    """Up to four different sums."""
    written = dict.fromkeys("not a number" if one.sum is None else f"{one.sum:.10g}" for one in digests)
    shown = list(written)[:4]
    return ", ".join(shown) + (f", and {len(written) - 4} more" if len(written) > 4 else "")
