"""What the first page says of each change that still costs something: why, how sure, by how much, what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from stallhorn.model import Change, ChangePoint, Direction, Finding, Kind, Revision, SeriesKey
from stallhorn.pitfalls.base import BLOCKING, COUNTED, PROVEN
from stallhorn.report.change_words import (
    confidence_in_words,
    headline,
    interval_in_words,
    kind_in_words,
    reason_in_words,
)
from stallhorn.report.html import causes, words
from stallhorn.report.html.causes import Cause, Why
from stallhorn.report.html.change_page import paths
from stallhorn.report.html.view import Site
from stallhorn.report.openness import Openness
from stallhorn.report.pattern import Patterns
from stallhorn.report.sentence import size
from stallhorn.sweeps.roles import roles
from stallhorn.units import quantity

MOST = 8  # cards; the page of all changes has the others
ELSEWHERE = "changes.html"  # for a change without a page of its own
_BACKENDS = 4  # that are named


@dataclass(frozen=True, slots=True)
class Chip:
    """How sure the cause is: a name for the colour, a sign, and words."""

    tone: str
    sign: str
    words: str


PROVED = Chip("found", "✓", "cause proven")
FOUND = Chip("found", "✓", "cause found")
LIKELY = Chip("likely", "~", "cause likely")
UNKNOWN = Chip("unknown", "?", "cause unknown")


@dataclass(frozen=True, slots=True)
class Card:
    """One open change."""

    change: Change
    page: str  # from the top of the site
    title: str  # the cause in words
    pitfall: str  # "" where no detector found one
    chip: Chip
    confidence: str  # that something changed
    evidence: str  # one sentence with numbers
    slow: int  # series that are slow to this day
    worst: ChangePoint  # of them
    ratio: str  # "2.01x slower"
    interval: str  # "99 % interval 1.95x to 2.08x", or ""
    moved: str  # "from 1.20 ms to 2.41 ms"
    benchmarks: tuple[str, ...]
    backends: str  # "numba, jax"
    pattern: str  # what the series have in common
    advice: str  # what to do, in one line

    @property
    def first(self) -> Revision:
        return self.change.first


def open_changes(site: Site) -> list[tuple[Change, tuple[ChangePoint, ...]]]:
    """Changes that nothing has undone, with the series that are slow to this day: that with the worst one first."""
    openness = Openness(site.report)
    found = [(change, still) for change in site.report.changes if (still := openness.still(change))]
    found.sort(key=lambda each: (-max(size(point.ratio) for point in each[1]), -len(each[1]), each[0].id))
    return found


def cards(found: Sequence[tuple[Change, tuple[ChangePoint, ...]]], site: Site) -> list[Card]:
    patterns = site.patterns
    where = paths(site)
    return [_card(change, still, site, patterns, where.get(change.id, ELSEWHERE)) for change, still in found[:MOST]]


@dataclass(frozen=True, slots=True)
class Total:
    """All open changes together."""

    changes: int
    explained: int  # that have a known cause
    series: int  # that are slow to this day


def total(found: Sequence[tuple[Change, tuple[ChangePoint, ...]]], site: Site) -> Total:
    explained = sum(any(site.report.explanation_of(point).causes for point in still) for _, still in found)
    return Total(len(found), explained, len({point.key for _, still in found for point in still}))


def _card(change: Change, still: Sequence[ChangePoint], site: Site, patterns: Patterns, page: str) -> Card:
    why = causes.why(change, site)
    worst = max(still, key=lambda point: size(point.ratio))
    unit = site.units.get(worst.key, "seconds")
    title, pitfall, chip, evidence = _reason(change, why, site)
    moved = f"from {quantity(worst.before.center, unit)} to {quantity(worst.after.center, unit)}"
    return Card(
        change=change,
        page=page,
        title=title,
        pitfall=pitfall,
        chip=chip,
        confidence=confidence_in_words(change.confidence),
        evidence=evidence,
        slow=len(still),
        worst=worst,
        ratio=site.in_words(worst),
        interval=interval_in_words(replace(change, ratio=worst.ratio, low=worst.low, high=worst.high)),
        moved=moved,
        benchmarks=tuple(dict.fromkeys(point.key.benchmark for point in still)),
        backends=_backends(still, site),
        pattern=str(patterns.of(change) or ""),
        advice=_advice(change, worst, why, site),
    )


def _reason(change: Change, why: Why, site: Site) -> tuple[str, str, Chip, str]:
    """The cause in words, its pitfall, how sure it is, and the evidence."""
    if why.causes:
        cause = why.causes[0]
        return cause.title, cause.pitfall, _chip(cause), f"{cause.worst.claim}{_strongest(cause.worst)}"
    if wrong := [cause for cause in why.gone if cause.severity == BLOCKING]:
        evidence = f"What was wrong then: {wrong[0].worst.claim}"
        return f"The time before was wrong: {wrong[0].title}", wrong[0].pitfall, FOUND, evidence
    told = [site.report.explanation_of(point) for point in change.points]
    notes = "; ".join(f"{note}{_share(count, change)}" for note, count in why.notes[:2])
    if installed := [each.installed for each in told if each.installed]:
        share = _share(len(installed), change)
        return "Libraries of another version", "", LIKELY, f"{installed[0]}{share}{f'; {notes}' if notes else ''}"
    nothing = "No pitfall came with it" if why.asked else ""
    return f"Slower since {change.first.short}", "", UNKNOWN, "; ".join(each for each in (nothing, notes) if each)


def _chip(cause: Cause) -> Chip:
    kinds = {evidence.kind for evidence in cause.worst.evidence}
    return PROVED if PROVEN in kinds else FOUND if COUNTED in kinds else LIKELY


def _strongest(finding: Finding) -> str:
    """The number behind a claim that has none."""
    if any(letter.isdigit() for letter in finding.claim):
        return ""
    rank = {PROVEN: 0, COUNTED: 1}
    best = min(finding.evidence, key=lambda each: rank.get(each.kind, 2), default=None)
    return "" if best is None else f" ({best.fact}: {best.value}; expected {best.expected})"


def _share(count: int, change: Change) -> str:
    return f" ({count} of {len(change.points)} series)" if len(change.points) > 1 else ""


def _backends(points: Iterable[ChangePoint], site: Site) -> str:
    known: dict[str, str] = {}  # by benchmark, the parameter that names the backend
    found: dict[str, None] = {}
    for point in points:
        key = point.key
        if key.benchmark not in known:
            known[key.benchmark] = roles(site.benchmark(key.benchmark), site.report.history.project.roles).backend
        name = known[key.benchmark]
        if text := key.parameters.get(name) if name else None:
            found[text] = None
    more = len(found) - _BACKENDS
    return ", ".join([*list(found)[:_BACKENDS], *([f"and {more} more"] if more > 0 else [])])


def _advice(change: Change, worst: ChangePoint, why: Why, site: Site) -> str:
    if why.causes:
        return why.causes[0].worst.remedy
    if site.report.history.project.repository is None:  # nothing can be measured from here
        after = f"look at what was changed after {change.last.short}"
        return f"{after}; these results hold times alone, `stallhorn run` in the project itself records why"
    if change.untested:
        return (
            f"`stallhorn run {change.last.short}..{change.first.short}` measures the {len(change.untested)} "
            f"commit{'' if len(change.untested) == 1 else 's'} between, so that one is left"
        )
    if not why.asked:
        return (
            f"`stallhorn run {change.last.short}` and `stallhorn run {change.first.short}` record what both did; "
            "these results hold times alone"
        )
    return f"`stallhorn show {worst.key.benchmark}` has what was counted at {change.first.short} and before"


@dataclass(frozen=True, slots=True)
class Line:
    """A change that asks for nothing, in a line."""

    change: Change
    page: str
    sign: str
    tone: str
    headline: str
    reason: str  # why it is of its kind, what is gone with it, or that it was taken back


def lines(changes: Iterable[Change], site: Site) -> list[Line]:
    """Changes of the machine, of the measurement, what became faster, and what was taken back since."""
    where = paths(site)
    return [
        Line(
            change,
            where.get(change.id, ELSEWHERE),
            words.change_sign(change.kind, change.direction),
            words.change_tone(change.kind, change.direction),
            headline(change),
            _besides(change, site),
        )
        for change in changes
    ]


def _besides(change: Change, site: Site) -> str:
    if change.kind is not Kind.CODE:
        end = "; no regression, since the code did not do it" if change.kind is Kind.MACHINE else ""
        return f"{reason_in_words(change)}{end}"
    if change.direction is Direction.SLOWER:
        return "taken back since"
    gone = causes.why(change, site).gone
    return f"gone with it: {', '.join(cause.pitfall for cause in gone)}" if gone else ""


def newest_of_series(site: Site) -> dict[SeriesKey, tuple[str, str, str]]:
    """The newest change of each series that has one: its id, its page, and what it was: "slower since 5a141dcf"."""
    where = paths(site)
    found: dict[SeriesKey, tuple[str, str, str]] = {}
    for change in site.report.changes:
        since = "since" if change.kind is Kind.CODE else "at"
        told = f"{kind_in_words(change)} {since} {change.first.short}"
        for point in change.points:
            found.setdefault(point.key, (change.id, where.get(change.id, ELSEWHERE), told))
    return found
