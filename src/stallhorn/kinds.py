"""What a change is a change of: the code, the machine, or the way it was measured. Pure.

A timing that was wrong before and is right now has moved without any code becoming slower, and one that is wrong now
has not become faster. A slow-down is never excused by what is wrong with the newer timing: people wait for a compiler
as well, and of an un-waited result they see even less than there is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stallhorn.fingerprint import ELSEWHERE, SAME
from stallhorn.model import ChangePoint, Comparison, Direction, Explanation, Finding, Kind
from stallhorn.pitfalls.base import BLOCKING

REPAIRED, BROKE = "measurement repaired", "measurement broke"

# What makes a time too long. A slow-down in spite of its going is one of the code.
_TOO_LONG = frozenset({"compile-in-timing", "recompilation"})


@dataclass(frozen=True, slots=True)
class Nature:
    """A kind with its reason, and the pitfalls that made one of the two timings wrong."""

    kind: Kind = Kind.CODE
    reason: str = ""
    gone: frozenset[str] = frozenset()  # wrong before
    new: frozenset[str] = frozenset()  # wrong since
    came: frozenset[str] = frozenset()  # pitfalls that slowed the code down here
    went: frozenset[str] = frozenset()  # those that are not there any more, of whatever kind the change is


def nature(why: Explanation, direction: Direction, by_code: frozenset[str] = frozenset()) -> Nature:
    """What a change is, by what came and went with it.

    `by_code` are pitfalls that came as slow-downs of the code before: that they go is an improvement, and no repair.
    """
    gone, new = _blocking(why.gone), _blocking(why.causes)
    told = Nature(came=new & _TOO_LONG if direction is Direction.SLOWER else frozenset(), went=gone)
    gone -= by_code
    if direction is Direction.SLOWER:
        gone, new = gone - _TOO_LONG, frozenset()
    if gone:
        reason = f"{REPAIRED}: {_names(gone)} gone; earlier points are set aside"
        return replace(told, kind=Kind.MEASUREMENT, reason=reason, gone=gone, new=new)
    if new and direction is Direction.FASTER and not new <= _TOO_LONG:
        reason = f"{BROKE}: {_names(new)} new; its points are not comparable with earlier ones"
        return replace(told, kind=Kind.MEASUREMENT, reason=reason, gone=gone, new=new)
    if why.code == f"{SAME}{ELSEWHERE}":
        return replace(told, kind=Kind.MACHINE, reason=f"{SAME}, and so is what is counted")
    return told


def come_by_code(earlier: Iterable[Nature]) -> frozenset[str]:
    """Pitfalls that came as slow-downs of the code and have not gone; natures are oldest first."""
    there: frozenset[str] = frozenset()
    for each in earlier:
        there = (there - each.went) | each.came
    return there


def wrong_before(points: Sequence[tuple[ChangePoint, Nature]]) -> frozenset[str]:
    """Pitfalls of a series' first points: those that went before they came. Points are oldest first."""
    first: dict[str, bool] = {}
    for _, found in points:
        first |= {name: True for name in found.gone if name not in first}
        first |= {name: False for name in found.new if name not in first}
    return frozenset(name for name, was_there in first.items() if was_there)


def set_aside(points: Sequence[tuple[ChangePoint, Nature]], commits: Sequence[str], head: str) -> tuple[set[str], str]:
    """Commits of a series whose timing is wrong in another way than at `head`, and why they are not comparable.

    `points` are the series' changes of measurement, oldest first, `commits` its points'.
    """
    if not points or head not in commits:
        return set(), ""
    places = {commit: place for place, commit in enumerate(commits)}
    wrong, start, stretches, here, reason = wrong_before(points), 0, [], frozenset[str](), ""
    for point, found in points:
        stop = places[point.first]
        stretches.append((start, stop, wrong))
        wrong, start = (wrong - found.gone) | found.new, stop
        if stop <= places[head]:
            reason = found.reason
    stretches.append((start, len(commits), wrong))
    here = next(each for first, stop, each in stretches if first <= places[head] < stop)
    return {commits[place] for first, stop, each in stretches if each != here for place in range(first, stop)}, reason


def of_machine(comparison: Comparison, common: Iterable[ChangePoint], places: Mapping[str, int]) -> str | None:
    """Why a comparison's move is the machine's: its events between the two commits explain it. None where none do.

    What is left beside them may be `ROOM`, which alone would be no change of one series.
    """
    last, head, moved = places.get(comparison.last or "", -1), places[comparison.after.commit], _log(comparison.ratio)
    between = [point for point in common if last < places[point.first] <= head]
    events = sum(_log(point.ratio) for point in between)
    is_explained = moved * events > 0 and abs(moved) <= abs(events) + math.log(ROOM)
    return (between[-1].reason or EVENT) if between and is_explained else None


EVENT = "many series of this machine moved together"
ROOM = 1.1


def with_installed(reason: str, told: Iterable[Explanation]) -> str:
    """The reason for an event, with the libraries that were another version for most of its series."""
    explanations = list(told)
    seen = Counter(each.installed for each in explanations if each.installed)
    name, count = seen.most_common(1)[0] if seen else ("", 0)
    return f"{reason or EVENT}; {name}" if name and 2 * count > len(explanations) else reason or EVENT


def _log(ratio: float | None) -> float:
    return math.log(ratio) if ratio is not None and 0 < ratio < math.inf else 0.0


def _blocking(findings: Iterable[Finding]) -> frozenset[str]:
    return frozenset(one.pitfall for one in findings if one.severity == BLOCKING)


def _names(pitfalls: frozenset[str]) -> str:
    return f"{', '.join(sorted(pitfalls))} {'is' if len(pitfalls) == 1 else 'are'}"
