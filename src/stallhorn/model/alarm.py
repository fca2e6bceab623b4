"""Alarms: a change as it is told from night to night, so that the verdict does not flicker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stallhorn.model.measured import Direction


class State(StrEnum):
    """What is said of an alarm."""

    SUSPECTED = "suspected"  # it looks changed, with too little evidence to say so
    RAISED = "raised"  # told for the first time
    CONFIRMED = "confirmed"  # seen again with more behind it, or measured again
    REVISED = "revised"  # the same event; its commits or its size moved
    WITHDRAWN = "withdrawn"  # no longer found


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was said of an alarm."""

    newest: str  # the newest measured commit of that night
    when: str  # ISO
    state: State
    reason: str  # as a sentence without its full stop


@dataclass(frozen=True, slots=True)
class Alarm:
    """One event on one machine: a change, from the first suspicion on."""

    id: str  # of its first night; it stays when the commits move
    machine: str
    direction: Direction
    last: str  # commit, the newest with the old level
    first: str  # commit, the oldest with the new level
    ratio: float | None  # the typical one, above 1 where it became worse; None from zero
    low: float | None  # 99 % interval of the ratio; None where it is not known
    high: float | None
    series: tuple[str, ...]  # ids of all series that it was seen to hit
    confidence: float
    state: State
    behind: int  # measurements on the new level, of the series that has most, when it was told last
    doubt: str = ""  # why it is in doubt; "" while it is not
    absent: tuple[str, ...] = ()  # the newest commits of the nights at which it was not found, since it was last
    history: tuple[Entry, ...] = ()  # oldest first, one at least

    @property
    def is_open(self) -> bool:
        return self.state is not State.WITHDRAWN

    @property
    def in_doubt(self) -> bool:
        return bool(self.doubt)

    @property
    def was_confirmed(self) -> bool:
        """Whether it was confirmed since it was raised, or raised again."""
        for entry in reversed(self.history):
            if entry.state in (State.RAISED, State.WITHDRAWN, State.SUSPECTED):
                return False
            if entry.state is State.CONFIRMED:
                return True
        return False

    @property
    def told(self) -> str:
        """What was said of it last."""
        return self.history[-1].reason
