"""The alarms of a night: what was told before is read, what is told now is remembered and put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from stallhorn.model.alarm import Alarm, State
from stallhorn.model.measured import Direction
from stallhorn.model.points import measured_commits

if TYPE_CHECKING:
    from stallhorn.model import Report

SHOWN = 10  # alarms in words
RECENT = 15  # measured commits: what began before them is no news, even where nobody looked
RECHECK = "`stallhorn run --recheck` measures exactly what would settle it"


@dataclass(frozen=True, slots=True)
class Told:
    """The alarms of one machine after a night."""

    machine: str
    alarms: tuple[Alarm, ...]  # all that are remembered
    news: tuple[Alarm, ...]  # those of which something new is said
    is_first: bool = False  # nothing was remembered before
    remarks: tuple[str, ...] = ()  # what could not be read or written, as sentences
    nights: tuple[str, ...] = ()  # the newest measured commits, the newest one last

    @property
    def raised(self) -> tuple[Alarm, ...]:
        """What became slower in the last nights and is told for the first time at the newest commit.

        In a young history the commit that did it was judged itself.
        """
        if len(self.nights) < RECENT:
            return ()
        return tuple(alarm for alarm in self.alarms if self._is_raised(alarm))

    def _is_raised(self, alarm: Alarm) -> bool:
        since = [entry.newest for entry in alarm.history if entry.state is State.RAISED]
        is_new = bool(since) and since[-1:] == [*self.nights[-1:]] and alarm.first in self.nights
        return is_new and alarm.is_open and not alarm.in_doubt and alarm.direction is Direction.SLOWER

    @property
    def shown(self) -> tuple[Alarm, ...]:
        """What people are told: the news, and what is in doubt; on the first night only what is not sure yet."""
        if self.is_first:
            return tuple(alarm for alarm in self.news if not alarm.was_confirmed)
        news = {alarm.id for alarm in (*self.news, *self.raised)}
        return tuple(alarm for alarm in self.alarms if alarm.id in news or alarm.in_doubt)


def tell(report: Report, machine: str, relevant: float) -> Told:
    """Compare a report about the whole history of one machine with what was told before, and remember it.

    A file that cannot be read or written gives remarks and never an error. The reference history is not remembered.
    """
    from stallhorn.changes.alarms import judged, night_of
    from stallhorn.store import REFERENCE
    from stallhorn.store.alarms import append_alarms, read_alarms

    night = night_of(report, machine, datetime.now(UTC).isoformat(timespec="seconds"), relevant)
    if night is None or machine == REFERENCE:
        return Told(machine, (), ())
    results = report.history.project.results
    known, problems = read_alarms(results, machine)
    now = judged(known, night)
    before = {alarm.id: alarm for alarm in known}
    news = tuple(alarm for alarm in now if before.get(alarm.id) != alarm)
    failure = append_alarms(results, machine, news)
    remarks = [str(problem) for problem in problems] + [failure] * bool(failure)
    return Told(machine, now, news, not known, tuple(remarks), _nights(report))


def _nights(report: Report) -> tuple[str, ...]:
    measured = measured_commits(report.history.series, ok=True)
    on_branch = [each.commit for each in report.history.revisions if each.commit in measured and not each.aside]
    return tuple(on_branch[-RECENT:])


def in_words(told: Told, of_several: bool = False) -> list[str]:
    """Lines for people; none where there is nothing to say."""
    from stallhorn.console import safe

    shown = sorted(told.shown, key=lambda alarm: _ORDER.index(alarm.state))
    lines = [f"  {safe(alarm.id)}: {_said(alarm)}" for alarm in shown[:SHOWN]]
    if len(shown) > SHOWN:
        lines.append(f"  and {len(shown) - SHOWN} more (--json has all)")
    unsure = sum(alarm.is_open and not alarm.was_confirmed for alarm in told.alarms)
    if unsure:
        many = "alarm is" if unsure == 1 else "alarms are"
        lines.append(f"  {unsure} {many} not confirmed yet: {RECHECK}.")
    if told.raised:
        lines.append("  What is raised makes the exit code 1 at this commit, and not again.")
    heading = [f"Alarms on {safe(told.machine)}" if of_several else "Alarms"] if lines else []
    return [*heading, *lines, *(safe(remark) for remark in told.remarks)]


_ORDER = (State.RAISED, State.SUSPECTED, State.REVISED, State.CONFIRMED, State.WITHDRAWN)


def _said(alarm: Alarm) -> str:
    from stallhorn.console import safe

    return safe(f"{alarm.state}: {alarm.told}")


def as_json(told: Told) -> list[dict[str, Any]]:
    """For scripts: what is open, and what is new, with its whole history."""
    from stallhorn.store.alarms import as_json as as_line

    news = {alarm.id for alarm in told.news}
    return [as_line(alarm) | {"new": alarm.id in news} for alarm in told.alarms if alarm.is_open or alarm.id in news]
