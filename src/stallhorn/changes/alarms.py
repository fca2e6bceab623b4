"""The verdict of a night, made stable: what was told before is confirmed, revised or withdrawn with a reason. Pure.

    suspected -> raised -> confirmed <-> revised        each of them -> withdrawn -> suspected or raised again

Raised is a change that is told for the first time; it is confirmed once more measurements stand behind it and its
confidence is `CERTAIN`, or when measuring again agrees. Revised is the same event with other commits or another size.
What was never confirmed is withdrawn as soon as it is not found; what was confirmed is in doubt for one night, and
withdrawn when a newer commit is measured and it is not found again. What comes back has its old name and history.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from stallhorn.changes._sights import Night, Sight, matched, night_of, sights
from stallhorn.changes._withdrawal import why
from stallhorn.model.alarm import Alarm, Entry, State

__all__ = ["Night", "judged", "night_of"]

CERTAIN = 0.99
PLENTY = 6  # measurements on the new level with which a change is confirmed in the night that it is told first
ABSENT = 2  # newest commits at which a confirmed alarm must be absent to be withdrawn
_LEAST_MOVE = math.log(1.02)  # a size that moves by less is the same


def judged(known: Sequence[Alarm], night: Night) -> tuple[Alarm, ...]:
    """All alarms after this night, those known first, in their order. The same night twice changes nothing more.

    Alarms of other machines come back as they are.
    """
    found = sights(night)
    pairs = matched(known, found, night)
    by_alarm = {index: found[place] for place, index in pairs.items()}
    after: list[Alarm] = []
    for index, alarm in enumerate(known):
        if alarm.machine != night.machine:
            after.append(alarm)
        elif index in by_alarm:
            after.append(_seen(alarm, by_alarm[index], night))
        else:
            after.append(_missed(alarm, night, found))
    taken = {alarm.id for alarm in known}
    for place, sight in enumerate(found):
        if place not in pairs:
            after.append(_opened(sight, night, taken))
            taken.add(after[-1].id)
    return tuple(after)


def _opened(sight: Sight, night: Night, taken: set[str]) -> Alarm:
    base = f"{sight.first[:8]}-{sight.direction}"
    numbers = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    alarm = Alarm(
        id=base if base not in taken else next(name for name in numbers if name not in taken),
        machine=night.machine,
        direction=sight.direction,
        last=sight.last,
        first=sight.first,
        ratio=sight.ratio,
        low=sight.low,
        high=sight.high,
        series=sight.series,
        confidence=sight.confidence,
        state=State.SUSPECTED,
        behind=sight.behind,
    )
    return _told(alarm, sight, night)


def _told(alarm: Alarm, sight: Sight, night: Night, again: str = "") -> Alarm:
    """Suspected or raised; and confirmed at once where much stands behind it."""
    if not sight.is_proven:
        return _with(alarm, night, State.SUSPECTED, f"{again}{_looks(sight)}")
    alarm = _with(alarm, night, State.RAISED, f"{again}{_size(sight)}, at {_range(sight)}")
    is_settled = sight.is_remeasured and sight.settled is not None
    if sight.behind >= PLENTY and sight.confidence >= CERTAIN and not is_settled:
        return _with(alarm, night, State.CONFIRMED, f"{sight.behind} measurements show it")
    return _confirmed(alarm, sight, night)


def _seen(alarm: Alarm, sight: Sight, night: Night) -> Alarm:
    if not alarm.is_open:
        return _told(_at(alarm, sight, anew=True), sight, night, "it is back: ")
    if alarm.state is State.SUSPECTED:
        return _still_suspected(alarm, sight, night)
    if not sight.is_proven:
        doubt = sight.reason.rstrip(".") or "it is only suspected"
        return alarm if alarm.doubt == doubt else _with(replace(alarm, doubt=doubt), night, alarm.state, _doubt(doubt))
    if alarm.in_doubt:
        alarm = _with(replace(alarm, doubt="", absent=()), night, alarm.state, "found again")
    if moved := _moved(alarm, sight):
        alarm = _with(_at(alarm, sight), night, State.REVISED, moved)
    else:
        alarm = _with_more_series(alarm, sight, night)
    return _confirmed(alarm, sight, night)


def _still_suspected(alarm: Alarm, sight: Sight, night: Night) -> Alarm:
    if sight.is_proven:
        return _told(_at(alarm, sight, anew=True), sight, night)
    if (alarm.last, alarm.first) == (sight.last, sight.first):
        return alarm
    return _with(_at(alarm, sight), night, State.SUSPECTED, _looks(sight))


def _confirmed(alarm: Alarm, sight: Sight, night: Night) -> Alarm:
    """Confirmed, where it is not yet and there is enough for it."""
    if alarm.state not in (State.RAISED, State.REVISED):
        return alarm
    if sight.is_remeasured and sight.settled is not None:
        settled = sight.settled
        bounds = f" [{settled.low:.3g}, {settled.high:.3g}]" if settled.low and settled.high else ""
        shown = f"measured again {settled.visits} times, in turns with the commit before: {settled.ratio:.3g}{bounds}"
        return _with(replace(alarm, behind=sight.behind), night, State.CONFIRMED, shown)
    if sight.behind > alarm.behind and sight.confidence >= CERTAIN:
        alarm = replace(alarm, behind=sight.behind, confidence=sight.confidence)
        return _with(alarm, night, State.CONFIRMED, f"seen again: {sight.behind} measurements show it")
    return alarm


def _missed(alarm: Alarm, night: Night, found: Sequence[Sight]) -> Alarm:
    if not alarm.is_open:
        return alarm
    reason = why(alarm, night, found)
    if not alarm.was_confirmed:
        return _with(replace(alarm, doubt="", absent=()), night, State.WITHDRAWN, reason)
    if alarm.absent and not _is_newer(night, alarm.absent[-1]):
        return alarm
    absent = (*alarm.absent, night.newest)
    if len(absent) >= ABSENT:
        return _with(replace(alarm, doubt="", absent=()), night, State.WITHDRAWN, reason)
    return _with(replace(alarm, doubt=reason, absent=absent), night, alarm.state, _doubt(reason))


def _is_newer(night: Night, commit: str) -> bool:
    return night.places[night.newest] > night.places.get(commit, -1)


def _moved(alarm: Alarm, sight: Sight) -> str:
    """From what to what its commits or its size moved; "" where they did not."""
    said = []
    if (alarm.last, alarm.first) != (sight.last, sight.first):
        said.append(f"commits from {_range(alarm)} to {_range(sight)}")
    if _is_other_size(alarm, sight.ratio):
        said.append(f"size from {_size(alarm)} to {_size(sight)}")
    return "; ".join(said)


def _is_other_size(alarm: Alarm, ratio: float | None) -> bool:
    if not alarm.ratio or not ratio:
        return (alarm.ratio is None) != (ratio is None)
    move = abs(math.log(ratio / alarm.ratio))
    if move <= max(_LEAST_MOVE, 0.2 * abs(math.log(alarm.ratio))):
        return False
    return alarm.low is None or alarm.high is None or not alarm.low <= ratio <= alarm.high


def _at(alarm: Alarm, sight: Sight, anew: bool = False) -> Alarm:
    """The alarm where the sight is; `anew` forgets what it hit before."""
    return replace(
        alarm,
        last=sight.last,
        first=sight.first,
        ratio=sight.ratio,
        low=sight.low,
        high=sight.high,
        series=sight.series if anew else _union(alarm, sight),
        confidence=sight.confidence,
        behind=sight.behind,
    )


def _with_more_series(alarm: Alarm, sight: Sight, night: Night) -> Alarm:
    both = _union(alarm, sight)
    more = len(both) - len(alarm.series)
    if not more:
        return alarm
    return _with(
        replace(alarm, series=both), night, alarm.state, f"{more} more series {'is' if more == 1 else 'are'} hit"
    )


def _union(alarm: Alarm, sight: Sight) -> tuple[str, ...]:
    return tuple(sorted({*alarm.series, *sight.series}))


def _with(alarm: Alarm, night: Night, state: State, reason: str) -> Alarm:
    entry = Entry(night.newest, night.when, state, reason)
    return replace(alarm, state=state, history=(*alarm.history, entry))


def _doubt(reason: str) -> str:
    return f"in doubt: {reason}"


def _looks(sight: Sight) -> str:
    missing = f"; {sight.reason.rstrip('.')}" if sight.reason else ""
    return f"looks {_size(sight)}, at {_range(sight)}{missing}"


def _range(of: Alarm | Sight) -> str:
    return f"{of.last[:8]}..{of.first[:8]}"


def _size(of: Alarm | Sight) -> str:
    """ "1.20x slower"; of a value for which higher is better, too."""
    if not of.ratio:
        return str(of.direction)
    factor = max(of.ratio, 1 / of.ratio)
    return f"{factor:.2f}x {of.direction}"
