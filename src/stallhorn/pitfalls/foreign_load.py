"""Other programs used the machine while this was measured, so its time says less than it seems to.

Detected by the cores that all other processes used during the samples: the machine's CPU time less this process's own.
Live child processes are its own too. Beyond a quarter of a core (the limit above which a cell is measured once more)
verdicts that rest on times are held back; counted facts stand.

Cannot tell where the system does not say how busy its cores are (macOS, some containers), nor what a neighbour on the
same host does outside a virtual machine: that shows as noise alone. In windows below 0.1 s it is good to 0.2 cores.

Source: the reference measurements, in which a busy neighbour made a call with two spinning threads cost a whole slice
of the scheduler, 15 ms in place of 3 µs.
"""

from __future__ import annotations

from stallhorn.model import DISTURBED, Finding
from stallhorn.pitfalls.base import CONTEXT, Case, detectors, observed

TITLE = "Other programs used the machine"
NEEDS = ("sampling.foreign_load",)


def detect(case: Case) -> Finding | None:
    load = case.facts.number("sampling.foreign_load")
    if load is None:
        return None
    foreign = load - (case.facts.number("activity.children_demand") or 0.0)
    if foreign <= DISTURBED:
        return None
    of_how_many = f" of {case.cores}" if case.cores else ""
    withheld = ", ".join(name for name, detector in detectors().items() if getattr(detector, "NOISY", False))
    return case.finding(
        __name__,
        CONTEXT,
        f"Other programs used {foreign:.2f}{of_how_many} cores while this was measured. "
        f"Verdicts that rest on times alone are withheld: {withheld or 'none'}.",
        (observed("cores used by others", f"{foreign:.2f}", f"at most {DISTURBED:g}"),),
        "Measure again on a quiet machine: stop other programs (`top` names them), or reserve cores for the "
        "measurement, e.g. `taskset -c 2,3 stallhorn run` with everything else kept off these cores.",
    )
