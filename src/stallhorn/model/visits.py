"""How often one commit was measured: its visits.

The rounds of one run are minutes apart and count as one visit, the first. Each round that `stallhorn run --recheck`
adds is a visit of its own, because the other commit is installed and measured before the next. The number of a round
says which visit it belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping

from stallhorn.model.measured import Measurement, Status

VISIT = 1000  # rounds: the first visit has those below, the others one each, at the multiples


def visit_of(round_: int) -> int:
    """Which visit took this round; 0 is the run that measured the commit first."""
    return round_ // VISIT


def round_of(visit: int) -> int:
    """The number of the round that a later visit adds."""
    return visit * VISIT


def by_visit(measurement: Measurement) -> Mapping[int, tuple[float, ...]]:
    """The samples of each visit; nothing where the samples are not known."""
    found: dict[int, list[float]] = {}
    for sample in measurement.samples:
        found.setdefault(visit_of(sample.round), []).append(sample.value)
    return {visit: tuple(found[visit]) for visit in sorted(found)}


def repeats(measurement: Measurement) -> int:
    """How many times, far apart, this point was measured: one, and one more for each later visit; 0 without a value."""
    if measurement.status is not Status.OK or measurement.value is None:
        return 0
    if not measurement.samples or measurement.samples[-1].round < VISIT:  # samples stand in the order of rounds
        return 1
    return len({visit_of(sample.round) for sample in measurement.samples})
