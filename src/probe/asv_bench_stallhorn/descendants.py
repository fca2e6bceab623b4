"""The processes that this one has started, and those that they have started; from /proc."""

from __future__ import annotations

import os
from typing import Dict, List, NamedTuple, Optional

PROC = "/proc"
_TICKS = os.sysconf("SC_CLK_TCK")


class Stat(NamedTuple):
    """What /proc says of one process."""

    parent: int
    ended: bool  # nobody has asked for its exit status yet
    cpu: float  # seconds, with those of the children that it has waited for


def may_exist() -> bool:
    """Whether this process has a child, asked in a microsecond; True where the system does not tell."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)  # WNOWAIT: nobody's exit status is taken away
    except ChildProcessError:
        return False
    except (AttributeError, OSError):
        pass
    return True


def stats(proc: str = PROC, root: Optional[int] = None) -> Optional[Dict[int, Stat]]:
    """Every descendant of process `root` (this one) by its number; None without /proc."""
    root = os.getpid() if root is None else root
    found: Dict[int, Stat] = {}
    pending = _children(proc, root)
    if pending is None:
        return _search(proc, root)
    while pending:
        child = pending.pop()
        stat = _stat(proc, child)
        if stat is not None and child not in found:
            found[child] = stat
            pending += _children(proc, child) or []
    return found


def _children(proc: str, process: int) -> Optional[List[int]]:
    """The children of all threads of a process; None where the kernel keeps no such list."""
    folder = "%s/%d/task" % (proc, process)
    found: List[int] = []
    lists = 0
    try:
        tasks = os.listdir(folder)
    except OSError:
        return None
    for task in tasks:
        try:
            with open("%s/%s/children" % (folder, task)) as file:
                found += [int(word) for word in file.read().split()]
        except OSError:  # the thread has ended, or no thread has such a file
            continue
        lists += 1
    return found if lists else None


def _search(proc: str, root: int) -> Optional[Dict[int, Stat]]:
    """Descendants by everybody's parent: for kernels without lists of children."""
    try:
        entries = os.listdir(proc)
    except OSError:
        return None
    everybody = {}
    for entry in entries:
        stat = _stat(proc, int(entry)) if entry.isdigit() else None
        if stat is not None:
            everybody[int(entry)] = stat
    if not everybody:
        return None
    family = {root}
    grown = True
    while grown:
        new = {number for number, stat in everybody.items() if stat.parent in family} - family
        family |= new
        grown = bool(new)
    return {number: everybody[number] for number in sorted(family - {root}) if number in everybody}


def _stat(proc: str, process: int) -> Optional[Stat]:
    try:
        with open("%s/%d/stat" % (proc, process), errors="replace") as file:
            return parse(file.read())
    except OSError:
        return None


def parse(text: str) -> Optional[Stat]:
    """One /proc/PID/stat. The name comes second, in parentheses, and may hold anything, parentheses too."""
    words = text.rpartition(")")[2].split()
    try:
        return Stat(int(words[1]), words[0] in "ZX", sum(int(word) for word in words[11:15]) / _TICKS)
    except (IndexError, ValueError):
        return None
