"""More threads want to compute than there are cores: they take turns, and wait for each other while switched off.

Detected by the mean number of own threads that wanted a core (a neighbour hardly moves it, unlike waiting times), and
by pools that are larger than the cores. Neither proves harm: a coarse Numba loop on 8 threads and 2 cores loses
nothing. So it is a cause where the same run with pools cut to the cores is clearly faster, where the suite has such a
run, or where it became slower as the pool grew; and without any of these, where the pool is that of BLAS, whose
threads spin (44 to 164 times slower with 8 threads on 2 cores). Else it is context. Child processes count with their
parent when each wants more than one core.

It cannot be told from demand in windows below 50 ms, nor where the kernel does not account for waiting threads; then
only a faster run with fewer threads tells. Processes that are not children of this one are foreign load.

Source: measured; threadpoolctl, https://github.com/joblib/threadpoolctl; joblib, "Avoiding over-subscription of CPU
resources", https://joblib.readthedocs.io/en/stable/parallel.html
"""

from __future__ import annotations

from stallhorn.model import Finding, Switch
from stallhorn.pitfalls._threads import POOL_VARIABLES, Comparison, compare, demand
from stallhorn.pitfalls.base import (
    CAUSE,
    CONTEXT,
    FITTED,
    ONE_BLAS_THREAD,
    ONE_THREAD,
    Case,
    Facts,
    Run,
    counted,
    dispatchers,
    observed,
)

TITLE = "more threads than cores"
NEEDS = ("host.affinity",)
YIELDS_TO = ("blas-in-parallel-region", "nested-parallel", "cpu-quota")

CROWDED = 1.25  # threads that want a core, over the cores: 80 of 80 sick runs, 0 of 80 healthy ones
# Of a child. Children with one thread each take turns without harm; 4 with pools of 2 on 2 cores took 10 times as long.
SEVERAL, SURELY_SEVERAL = 1.25, 1.5
SURELY_CROWDED = 2.0


def detect(case: Case) -> Finding | None:
    if case.cores is None:
        return None
    return _pools(case, case.cores) or _children(case, case.cores)


def _pools(case: Case, cores: int) -> Finding | None:
    wide = _wide(case.run, cores)
    wanted = demand(case.facts)
    crowded = wanted is not None and wanted > CROWDED * cores
    stubborn = _stubborn(case, cores)
    better = _better(case, cores, bool(wide) and not stubborn, crowded)
    proven = better is not None and better[1].faster
    if not (proven or crowded) or not (wide or _at_once(case)):
        return None
    harmful = proven or (crowded and _surely(case, cores, wide) and not (better is not None and better[1].alike))
    evidence = [counted(f"threads of the {name} pool", used, f"at most {cores}") for name, used in wide.items()]
    if wanted is not None:
        evidence.append(observed("threads that wanted a core", f"{wanted:.1f}", f"at most {cores}"))
    if better is not None:
        evidence.append(observed(f"time over that with {better[0]}", f"{better[1].ratio:.2f}", "about 1 or below"))
    who = " and ".join(f"{name} has {used} threads" for name, used in wide.items()) or "several pools run at once"
    much = f"; {wanted:.1f} threads wanted a core" if wanted is not None else ""
    gained = f"; with {better[0]} it is {better[1].ratio:.1f} times as fast" if proven and better is not None else ""
    switch = _switch({name: cores for name in wide} or dict.fromkeys(POOL_VARIABLES, 1))
    return case.finding(
        __name__,
        CAUSE if harmful else CONTEXT,
        f"{who} on {cores} core{'s' * (cores != 1)}{much}{gained}{'' if harmful else '; no harm is seen'}",
        tuple(evidence),
        (
            f"The code sets the size itself: {_IN_CODE}"
            if stubborn
            else f"{switch.text}, set before Python starts: {_MEANT}"
        )
        if harmful
        else f"Nothing needs to be done; to use only the cores that there are, set {switch.text}.",
        None if stubborn else switch,
    )


def _at_once(case: Case) -> bool:
    """Whether several pools, or threads with a pool each, can be at work at the same time."""
    facts = case.facts
    several = (facts.count("calls.python_threads") or 0) > 1
    pools = (facts.count("calls.regions") or 0, facts.count("calls.dispatches") or 0)
    return several or all(pools) or (any(pools) and (facts.count("threads.used.blas") or 0) > 1 and _calls_blas(facts))


def _calls_blas(facts: Facts) -> bool:
    return any(one.flag("blas_in_region") for one in dispatchers(facts))


_MEANT = "no pool has more threads than there are cores."
_IN_CODE = (
    "look for threadpoolctl.threadpool_limits and set_num_threads, and give them no more than "
    "len(os.sched_getaffinity(0))."
)


def _stubborn(case: Case, cores: int) -> bool:
    """Whether a pool stayed too large where the settings asked for less: the code itself sets it, or pinned later."""
    rerun = case.reruns.get(FITTED)
    return rerun is not None and bool(_wide(rerun, cores))


def _wide(run: Run, cores: int) -> dict[str, int]:
    """Pools with more threads than cores; OpenMP's is only named where no other is, for it may be the same."""
    used = {name: run.facts.count(f"threads.used.{name}") or 0 for name in POOL_VARIABLES}
    if run.facts.count("calls.regions") == 0:
        used["numba"] = 0
    if run.facts.count("calls.dispatches") == 0:
        used["jax"] = 0
    wide = {name: count for name, count in used.items() if count > cores}
    return {name: count for name, count in wide.items() if name != "omp" or len(wide) == 1}


def _better(case: Case, cores: int, wide: bool, crowded: bool) -> tuple[str, Comparison] | None:
    """The comparison that says most: the fastest of the same runs with fewer threads."""
    others: list[tuple[str, Run | None]] = []
    if wide:
        others += [("no more threads than cores", case.reruns.get(FITTED))]
        others += [(f"threads={one.parameters.get('threads')}", one) for one in _fitting(case, cores)]
    if crowded:
        others += [("one BLAS thread", _single(case, ONE_BLAS_THREAD)), ("one thread", _single(case, ONE_THREAD))]
    found = [(name, comparison) for name, one in others if (comparison := compare(case.run, one)) is not None]
    return max(found, key=lambda pair: pair[1].ratio, default=None)


def _single(case: Case, name: str) -> Run | None:
    """The rerun with one BLAS thread, unless the code gave BLAS more all the same."""
    rerun = case.reruns.get(name)
    return None if rerun is None or (rerun.facts.count("threads.used.blas") or 1) > 1 else rerun


def _fitting(case: Case, cores: int) -> list[Run]:
    """Siblings with another thread setting and no pool that is too large."""
    return [one for one in case.along("threads") if one is not case.run and not _wide(one, cores)]


def _surely(case: Case, cores: int, wide: dict[str, int]) -> bool:
    """Whether harm can be taken for granted without a comparison."""
    earlier = case.baseline
    grew = earlier is not None and bool(wide) and not _wide(earlier, cores)
    return "blas" in wide or (case.slowdown is not None and case.slowdown > 1 and grew)


def _children(case: Case, cores: int) -> Finding | None:
    children, theirs = case.facts.count("activity.children") or 0, case.facts.number("activity.children_demand") or 0.0
    total = theirs + (demand(case.facts) or 0.0)
    if not children or theirs <= SEVERAL * children or total <= CROWDED * cores:
        return None
    one = compare(case.run, case.with_one_thread)
    surely = children > 1 and theirs >= SURELY_SEVERAL * children and theirs >= SURELY_CROWDED * cores
    harmful = one.faster or (surely and not one.alike) if one is not None else surely
    evidence = [
        counted("child processes", children, f"children x threads at most {cores}"),
        observed("their threads that wanted a core", f"{theirs:.1f}", f"at most {cores}"),
    ]
    if one is not None:
        evidence.append(observed("time over that with one thread each", f"{one.ratio:.2f}", "about 1 or below"))
    switch = _switch(dict.fromkeys(POOL_VARIABLES, 1))
    return case.finding(
        __name__,
        CAUSE if harmful else CONTEXT,
        f"{children} child processes with {theirs / children:.1f} busy threads each share {cores} "
        f"core{'s' * (cores != 1)}{'' if harmful else '; no harm is seen'}",
        tuple(evidence),
        f"Give each process one thread: {switch.text}, set before the processes start; or start fewer processes.",
        switch,
    )


def _switch(threads: dict[str, int]) -> Switch:
    variables = {name: str(count) for pool, count in threads.items() for name in POOL_VARIABLES[pool]}
    return Switch(" ".join(f"{name}={value}" for name, value in variables.items()), variables)
