"""What is told of a change, put together once for its page, the text to paste, the feed and the comment. Pure.

Texts are as they come from repositories and records; whoever writes them out makes them safe for where they go.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from stallhorn.model import Change, ChangePoint, Direction, Finding, Kind, Report, Revision, Series, SeriesKey
from stallhorn.model.points import columns_of
from stallhorn.report.change_words import confidence_in_words, headline, kind_in_words, reason_in_words
from stallhorn.report.evidence import Told, told
from stallhorn.report.openness import Openness, is_slower
from stallhorn.report.pattern import Pattern, Patterns
from stallhorn.report.rejected import Rejected, findings_of, rejected
from stallhorn.report.reproduce import Command, narrowing, reproducing
from stallhorn.report.seen_at import LOOKED, SeenAt
from stallhorn.report.sentence import Standing, sentence, tallied, units_of_series
from stallhorn.report.surroundings import Surroundings, surroundings

_NEIGHBOURS = 3  # measured commits on either side that are named
_NAMED = 2  # benchmarks, machines or causes that a sentence names


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A measured commit beside a change."""

    revision: Revision
    is_new: bool  # since the change; a later one may have moved it again
    gap: int  # commits after it, up to the next of these, that were not measured


@dataclass(frozen=True, slots=True)
class Brief:
    """One change in some lines."""

    change: Change
    kind: str  # "slower", "machine event", "measurement repaired"
    headline: str  # "34 series slower, typically 2.01x (99 % interval 1.95x to 2.08x)"
    where: str  # "of rbf.Rbf.measure, on m1"
    cause: str  # "nested-parallel", or why there is none
    causes: tuple[str, ...]  # pitfalls that came with it, the gravest first
    gone: tuple[str, ...]  # those that went with it
    confidence: str
    is_open: bool

    @property
    def sentence(self) -> str:
        """What, how much, where, since when, why, and how sure it is."""
        since = f"since {self.change.first.short}"
        return f"{self.headline}, {self.where}, {since}. {self.cause}. Confidence {self.confidence}."


@dataclass(frozen=True, slots=True)
class Account:
    """One change as its page tells it."""

    brief: Brief
    reason: str  # why it is of its kind; "" for code
    told: Told
    rejected: tuple[Rejected, ...]
    looked: int  # series whose records were looked at, the worst
    around: Surroundings
    pattern: Pattern | None
    neighbours: tuple[Neighbour, ...]
    narrowing: tuple[Command, ...]
    reproducing: tuple[Command, ...]
    still: int  # series that are on the new level to this day

    @property
    def change(self) -> Change:
        return self.brief.change


class Accounts:
    """The changes of one report; what several of them need is looked up once."""

    def __init__(
        self,
        report: Report,
        changes: Iterable[Change] | None = None,
        units: Mapping[SeriesKey, str] | None = None,
        patterns: Patterns | None = None,
        tally: Counter[Standing] | None = None,
    ) -> None:
        """`changes` are those that `of` will be asked for; all by default. The rest is what the caller knows already.

        `units` are those of all series and facts, `patterns` those of the history, `tally` is how many series stand
        how.
        """
        self._report = report
        self._changes = tuple(report.changes if changes is None else changes)
        self._units = units
        self.patterns = Patterns(report.history) if patterns is None else patterns
        self._tally = tally
        self.openness = Openness(report)
        self._briefs: dict[tuple[str, SeriesKey], Brief] = {}
        self._told: dict[tuple[str, SeriesKey], Account] = {}

    def brief(self, change: Change) -> Brief:
        """What a list says of it."""
        name = _name(change)
        if name not in self._briefs:
            self._briefs[name] = self._brief(change)
        return self._briefs[name]

    def _brief(self, change: Change) -> Brief:
        came, gone = _pitfalls(change, self._report)
        return Brief(
            change=change,
            kind=kind_in_words(change),
            headline=headline(change),
            where=_where(change),
            cause=self._cause(change, came, gone),
            causes=came,
            gone=gone,
            confidence=confidence_in_words(change.confidence),
            is_open=self.openness.is_open(change),
        )

    def _cause(self, change: Change, came: Sequence[str], gone: Sequence[str]) -> str:
        """Why, in a few words that stand as a sentence."""
        if change.kind is not Kind.CODE:
            return reason_in_words(change) or "Why is not known"
        if came:
            return f"Cause: {_listed(came)}"
        if gone:
            faster = change.direction is Direction.FASTER
            return f"{'Gone with it' if faster else 'The time before was wrong; gone'}: {_listed(gone)}"
        why = [self._report.explanation_of(point) for point in change.points]
        installed = next((each.installed for each in why if each.installed), "")
        if installed:
            return f"No pitfall came with it; {installed}"
        if change.first.commit in self._recorded or any(each.code or each.counted for each in why):
            return "Cause unknown: no pitfall came with it"
        return "Cause unknown: nothing but times is recorded"

    def of(self, change: Change) -> Account:
        """What its page says of it."""
        name = _name(change)
        if name not in self._told:
            self._told[name] = self._account(change)
        return self._told[name]

    def _account(self, change: Change) -> Account:
        sides = self._records.sides(change)
        why = told(change, self._report, self._records, self.units)
        return Account(
            brief=self.brief(change),
            reason=reason_in_words(change),
            told=why,
            rejected=rejected(sides, self._findings, {each.pitfall for each in why.came}),
            looked=sum(each.after is not None for each in sides),
            around=surroundings(sides),
            pattern=self.patterns.of(change),
            neighbours=self._neighbours(change),
            narrowing=narrowing(change, self._report.history) if is_slower(change) else (),
            reproducing=reproducing(change, self._report.history),
            still=len(self.openness.still(change)),
        )

    @cached_property
    def sentence(self) -> str:
        """The verdict for people."""
        return sentence(self._report, self.tally)

    @cached_property
    def tally(self) -> Counter[Standing]:
        """How many series stand how."""
        return tallied(self._report) if self._tally is None else self._tally

    @cached_property
    def units(self) -> Mapping[SeriesKey, str]:
        return units_of_series(self._report) if self._units is None else self._units

    @cached_property
    def series(self) -> Mapping[SeriesKey, Series]:
        """The history's, by their keys."""
        return {series.key: series for series in self._report.history.series}

    @cached_property
    def _records(self) -> SeenAt:
        return SeenAt(self._report, self._changes)

    @cached_property
    def _recorded(self) -> frozenset[str]:
        """Commits of which there are records of the probe."""
        return frozenset(each.commit for each in self._report.history.observations)

    @cached_property
    def _findings(self) -> dict[tuple[SeriesKey, str], list[Finding]]:
        return findings_of(self._report)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {revision.commit: revision.position for revision in self._report.history.revisions}

    @cached_property
    def _beside(self) -> list[int]:
        """The positions of commits beside the branch, which are between no two commits of it."""
        return sorted(each.position for each in self._report.history.revisions if each.aside)

    def _neighbours(self, change: Change) -> tuple[Neighbour, ...]:
        """The measured commits on both sides, oldest first, and how many between them were not measured."""
        history, positions = self._report.history, self._positions
        places: set[int] = set()
        for point in change.points[:LOOKED]:
            if (series := self.series.get(point.key)) is not None:
                near = _near(columns_of(series.points).commits, point)
                places |= {positions[each] for each in near if each in positions}
        on_branch = sorted(place for place in places if not history.revisions[place].aside)
        before = [place for place in on_branch if place <= change.last.position][-_NEIGHBOURS:]
        after = [place for place in on_branch if place >= change.first.position][:_NEIGHBOURS]
        shown = [*before, *after]
        following = [*shown[1:], shown[-1] + 1] if shown else []
        return tuple(
            Neighbour(history.revisions[place], place >= change.first.position, self._gap(place, then))
            for place, then in zip(shown, following, strict=True)
        )

    def _gap(self, place: int, then: int) -> int:
        """How many commits of the branch lie between two."""
        return then - place - 1 - (bisect_left(self._beside, then) - bisect_right(self._beside, place))


def _name(change: Change) -> tuple[str, SeriesKey]:
    """What no other change of the report is called; machines of different names can have one id."""
    return change.id, change.worst.key


def _near(commits: Sequence[str], point: ChangePoint) -> Sequence[str]:
    """The measured commits of a series around its change."""
    try:
        old, new = commits.index(point.last), commits.index(point.first)
    except ValueError:
        return ()
    return [*commits[max(0, old - _NEIGHBOURS + 1) : old + 1], *commits[new : new + _NEIGHBOURS]]


def _pitfalls(change: Change, report: Report) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What came with a change and what went, the gravest and most frequent first."""
    why = [report.explanation_of(point) for point in change.points]
    faster = change.direction is Direction.FASTER
    came = [one for each in why for one in each.causes]
    went = [one for each in why for one in each.gone if faster or one.severity == "blocking"]
    return _by_weight(came), _by_weight(went)


def _by_weight(findings: Sequence[Finding]) -> tuple[str, ...]:
    counts: dict[str, list[int]] = {}
    for one in findings:
        weight = counts.setdefault(one.pitfall, [0, 0])
        weight[0] += one.severity == "blocking"
        weight[1] += 1
    return tuple(sorted(counts, key=lambda name: (-counts[name][0], -counts[name][1], name)))


def _where(change: Change) -> str:
    benchmarks = list(dict.fromkeys(point.key.benchmark for point in change.points))
    machines = list(dict.fromkeys(point.key.machine for point in change.points))
    what = " and ".join(benchmarks) if len(benchmarks) <= _NAMED else f"{len(benchmarks)} benchmarks"
    on = " and ".join(machines) if len(machines) <= _NAMED else f"{len(machines)} machines"
    return f"of {what}, on {on}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return f"{', '.join(names[:_NAMED])}{f' and {more} more' if more > 0 else ''}"
