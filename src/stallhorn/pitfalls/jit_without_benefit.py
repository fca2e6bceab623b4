"""A function is compiled by Numba or JAX and is no faster for it: NumPy's own compiled loops do the work as well.

How it is detected: the benchmark is run once more with compiling switched off (`NUMBA_DISABLE_JIT=1`). It is a cause
when that is clearly faster, by half or more, than every way in which it ran compiled (as it is, with one thread, with
waiting passive), so that no thread setting explains it. Where both take the same, it is a remark: compiling takes time
in each process, and gains nothing. Where the suite has the same case for NumPy (a parameter `backend`), that is
compared as well: a cause when NumPy takes at most half the time, in calls long enough for dispatch not to matter.

When it cannot be: calls of some microseconds, or of many small functions, where Numba's dispatch is most of the time;
that is call-overhead. Ufuncs by `@vectorize` are compiled all the same. It compares times, so it is not asked while
others use the machine.

Source: measured (argsort 7 times, sort 26 times, a sum along the last axis 13 times slower than NumPy's), and
https://numba.readthedocs.io/en/stable/user/performance-tips.html
"""

from __future__ import annotations

from stallhorn import units
from stallhorn.model import Finding, Status
from stallhorn.pitfalls.base import CAUSE, CONTEXT, INTERPRETED, Case, Run, counted, dispatchers, observed

TITLE = "Compiled, and no faster for it"
NEEDS = ("code.dispatchers",)
NOISY = True
YIELDS_TO = (
    "blas-in-parallel-region",
    "call-overhead",
    "compile-in-timing",
    "cpu-quota",
    "fork-join-per-iteration",
    "nested-parallel",
    "object-mode",
    "oversubscription",
    "recompilation",
    "too-little-work",
)

# Faster without compiling by so much: separate processes differ by some 10 to 20 %, and a wrapper around one BLAS call
# or one array expression is as fast either way.
FASTER = 1.5
SAME = 1.1

# From Python, Numba's dispatch and unboxing take 0.2 to 1 µs: of shorter calls, and of calls that are mostly that, they
# say nothing about the compiled code.
LEAST_SECONDS = 10e-6
DISPATCH = 0.5e-6
MOSTLY = 0.3


# Beside the suite's series for NumPy: other code, so more must lie between the two, and calls be long.
HALF, LONG = 2.0, 100e-6


def detect(case: Case) -> Finding | None:
    return _without_compiling(case) or _beside_numpy(case)


def _beside_numpy(case: Case) -> Finding | None:
    backend, mine = case.run.parameters.get("backend"), _quickest(case)
    numpys = case.at("backend", "numpy") if backend in ("numba", "jax") else None
    if numpys is None or mine is None or numpys.disturbed or not _measured(numpys) or not _measured(case.run):
        return None
    now, theirs = mine.seconds or 0.0, numpys.seconds or 0.0
    if now < LONG or now < HALF * theirs or (mine.low or now) <= (numpys.high or theirs):
        return None
    return case.finding(
        __name__,
        CAUSE,
        f"With {backend} a call takes {units.seconds(now)}, with NumPy {units.seconds(theirs)}: "
        f"compiling makes it {now / theirs:.1f} times slower.",
        (observed("time of the same case with NumPy", units.seconds(theirs), f"well above {units.seconds(now)}"),),
        "Leave this step to NumPy (it sorts and searches faster), or find an algorithm that suits the compiler: "
        "`jax.lax.top_k`, `jnp.partition`, loops over numbers in Numba.",
    )


def _without_compiling(case: Case) -> Finding | None:
    plain, compiled = case.reruns.get(INTERPRETED), _quickest(case)
    if plain is None or compiled is None or not _measured(plain) or not _measured(case.run):
        return None
    functions = [one.text("name") or "?" for one in dispatchers(case.facts) if one.texts("signatures")]
    if not functions or _is_dispatch(case.run):
        return None
    now, without = compiled.seconds or 0.0, plain.seconds or 0.0
    names = ", ".join(list(dict.fromkeys(functions))[:3])
    if now >= FASTER * without and (compiled.low or now) > (plain.high or without):
        severity = CAUSE
        claim = f"Compiled ({names}) a call takes {units.seconds(now)}, without compiling {units.seconds(without)}: "
        claim += f"compiling makes it {now / without:.1f} times slower."
        remedy = (
            "Remove `@njit` here and let NumPy do it (Numba's own sort, argsort and sums along an axis are slower), or "
            "write the loops out, with numbers in place of temporary arrays: that is what Numba is good at."
        )
    elif SAME * now >= without:
        severity = CONTEXT
        claim = f"Compiled ({names}) a call takes {units.seconds(now)}, without compiling {units.seconds(without)}: "
        claim += "compiling gains nothing."
        remedy = "`@njit` can go: libraries do the work, and each process compiles first."
    else:
        return None
    evidence = (
        counted("compiled functions", len(set(functions)), "as many as gain from it"),
        observed("time without compiling", units.seconds(without), f"well above {units.seconds(now)}"),
    )
    return case.finding(__name__, severity, claim, evidence, remedy)


def _measured(run: Run) -> bool:
    return run.status is Status.OK and bool(run.seconds)


def _quickest(case: Case) -> Run | None:
    """The best that the compiled code did, whatever its threads: a sick thread setting is another pitfall."""
    ways = [case.run, *(run for name, run in case.reruns.items() if name != INTERPRETED), *case.repeats]
    if case.with_one_thread is not None:
        ways.append(case.with_one_thread)
    return min((run for run in ways if _measured(run)), key=lambda run: run.seconds or 0.0, default=None)


def _is_dispatch(run: Run) -> bool:
    """Whether getting into compiled code is most of the time, or much of it."""
    seconds = run.seconds or 0.0
    entries = run.facts.count("calls.library_calls") or 0
    return seconds < LEAST_SECONDS or entries * DISPATCH >= MOSTLY * seconds
