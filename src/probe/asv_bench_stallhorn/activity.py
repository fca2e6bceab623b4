"""What the threads of this process did between two moments: how many wanted a core, and how many ran.

The kernel keeps these accounts anyway, so nothing is paid while samples are taken. CPU time comes from each thread's
own clock, which is exact at the moment of asking; schedstat's is only brought up to date at the scheduler's ticks, up
to 10 ms late, and is used where that clock cannot be asked. Waiting for a core is in schedstat alone.
"""

from __future__ import annotations

import os
import resource
import time
from typing import Any, Dict, List, NamedTuple, Optional

from . import cgroup, descendants

BUSY = 0.05  # of the window: a thread that ran for more than this share is busy
LISTED = 16  # threads whose seconds are listed one by one
_TASKS = "/proc/self/task"
_OF_THREAD, _OF_PROCESS = 6, 2  # last bits of the number that Linux gives the CPU clock of a thread, of a process


class Account(NamedTuple):
    """Seconds since a thread or a process began."""

    ran: float
    waited: Optional[float]  # for a core, ready to run


class Reading(NamedTuple):
    """Clocks and counts at one moment."""

    wall: float
    cpu: float  # of all threads of this process, those that have ended too
    user: float
    system: float
    voluntary: int
    involuntary: int
    faults: int
    threads: Optional[Dict[int, Account]]
    throttled: Optional[cgroup.Throttling]
    children: Optional[Dict[int, Account]]  # all descendants that nobody has waited for yet
    live: Optional[int]  # how many of them have not ended
    waited_for: float  # CPU seconds of the children that were waited for


def read() -> Reading:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    finished = resource.getrusage(resource.RUSAGE_CHILDREN)
    family = descendants.stats() if descendants.may_exist() else {}
    children = None if family is None else {number: _child(number, stat) for number, stat in family.items()}
    throttled = cgroup.throttled()
    return Reading(
        wall=time.perf_counter(),
        cpu=time.process_time(),
        user=usage.ru_utime,
        system=usage.ru_stime,
        voluntary=usage.ru_nvcsw,
        involuntary=usage.ru_nivcsw,
        faults=usage.ru_minflt + usage.ru_majflt,
        threads=_threads(_TASKS, _OF_THREAD),
        throttled=throttled,
        children=children,
        live=None if family is None else sum(not stat.ended for stat in family.values()),
        waited_for=finished.ru_utime + finished.ru_stime,
    )


def between(before: Reading, after: Reading, calls: int) -> Dict[str, Any]:
    """The section `activity`, of a window in which `calls` calls were made. A fact that is not known is None."""
    wall, cpu = after.wall - before.wall, after.cpu - before.cpu
    facts: Dict[str, Any] = {"window_seconds": wall, "calls": calls, "cores_used": _over(cpu, wall)}
    facts.update(_of_threads(before.threads, after.threads, wall, cpu))
    for name, was, now in (
        ("voluntary_switches", before.voluntary, after.voluntary),
        ("involuntary_switches", before.involuntary, after.involuntary),
        ("faults", before.faults, after.faults),
    ):
        facts[name] = _over(now - was, calls)
    facts["user_seconds"] = after.user - before.user
    facts["system_seconds"] = after.system - before.system
    facts.update(_of_throttling(before.throttled, after.throttled))
    facts["children"] = after.live
    facts["children_demand"] = _children_demand(before, after, wall)
    return facts


def _of_threads(
    before: Optional[Dict[int, Account]], after: Optional[Dict[int, Account]], wall: float, cpu: float
) -> Dict[str, Any]:
    names = ("demand", "dead_cpu_share", "busy_threads", "threads", "thread_seconds")
    if before is None or after is None:
        return dict.fromkeys(names)
    spent = _spent(before, after)
    ran = [account.ran for account in spent]
    waited = _waited(spent)
    # Of a thread that has ended, the process's clock has the CPU time; what it waited is lost.
    demand = None if waited is None else _over(max(cpu, sum(ran)) + waited, wall)
    share = _over(cpu - sum(ran), cpu)
    return {
        "demand": demand,
        "dead_cpu_share": None if share is None else max(0.0, share),
        "busy_threads": sum(one > BUSY * wall for one in ran) if wall > 0 else None,
        "threads": len(after),
        "thread_seconds": [one for one in sorted(ran, reverse=True) if one > 0][:LISTED],
    }


def _of_throttling(before: Optional[cgroup.Throttling], after: Optional[cgroup.Throttling]) -> Dict[str, Any]:
    if before is None or after is None:
        return {"throttled_periods": None, "throttled_seconds": None}
    return {
        "throttled_periods": after.periods - before.periods,
        "throttled_seconds": after.seconds - before.seconds,
    }


def _children_demand(before: Reading, after: Reading, wall: float) -> Optional[float]:
    """Mean number of threads of children that wanted a core; of children that have ended, that ran."""
    if before.children is None or after.children is None:
        return None
    spent = _spent(before.children, after.children)
    waited = _waited(spent)
    if waited is None:
        return None
    ended = sum(account.ran for number, account in before.children.items() if number not in after.children)
    of_ended = max(0.0, after.waited_for - before.waited_for - ended)
    return _over(sum(account.ran for account in spent) + waited + of_ended, wall)


def _spent(before: Dict[int, Account], after: Dict[int, Account]) -> List[Account]:
    """What each of `after` spent since `before`. One that is new there began in between."""
    spent = []
    for number, now in after.items():
        was = before.get(number)
        if was is None or now.ran < was.ran:  # its number belonged to another that has ended
            was = Account(0.0, 0.0)
        waited = None if now.waited is None or was.waited is None else max(0.0, now.waited - was.waited)
        spent.append(Account(now.ran - was.ran, waited))
    return spent


def _waited(accounts: List[Account]) -> Optional[float]:
    """Seconds that all of them waited together; None if any is not known."""
    total = 0.0
    for account in accounts:
        if account.waited is None:
            return None
        total += account.waited
    return total


def _over(amount: float, of: float) -> Optional[float]:
    return amount / of if of > 0 else None


def _child(number: int, stat: descendants.Stat) -> Account:
    """A child process; its threads that have ended are in its CPU time, and not in what it waited."""
    ran = _clock(number, _OF_PROCESS)
    threads = {} if stat.ended else _threads("/proc/%d/task" % number, None)
    waited = None if threads is None else _waited(list(threads.values()))
    return Account(stat.cpu if ran is None else ran, waited)


def _threads(folder: str, clock: Optional[int]) -> Optional[Dict[int, Account]]:
    """Every thread below a `task` folder by its number; `clock` None: they are not ours, and have no clock for us."""
    try:
        tasks = os.listdir(folder)
    except OSError:
        return None
    found = {}
    for task in tasks:
        text = _text("%s/%s/schedstat" % (folder, task))
        ran = None if clock is None else _clock(int(task), clock)
        account = account_of(text, ran)
        if account is not None:
            found[int(task)] = account
    return found or None


def account_of(schedstat: Optional[str], ran: Optional[float]) -> Optional[Account]:
    """One thread's account from its schedstat (ns on a core, ns waiting, times on a core) and its own clock.

    Kernels that keep no such accounts lack the file, or write zeros for a thread that has certainly run.
    """
    try:
        on_core, waiting, times = [int(word) for word in (schedstat or "").split()]
    except ValueError:
        return None if ran is None else Account(ran, None)
    if times == 0 and ran:
        return Account(ran, None)
    return Account(on_core / 1e9 if ran is None else ran, waiting / 1e9)


def _clock(number: int, kind: int) -> Optional[float]:
    """CPU seconds of a thread of ours or of any process, from its clock; None where Linux does not give it."""
    try:
        return time.clock_gettime((~number << 3) | kind)
    except (OSError, OverflowError, AttributeError):
        return None


def _text(path: str) -> Optional[str]:
    """A short file, read without the layers of `open`: with 20 threads they cost more than the kernel does."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return os.read(descriptor, 200).decode("ascii", "replace")
    except OSError:
        return None
    finally:
        os.close(descriptor)
