"""The first page: the verdict, the changes, what could not be measured, and every series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from markupsafe import Markup

from stallhorn.model import Change, ChangePoint, Environment, Finding, Machine, Parameters, Revision, plain
from stallhorn.pitfalls.base import detectors
from stallhorn.report.change_words import confidence_in_words, kind_in_words, reason_in_words, size_in_words
from stallhorn.report.html import causes, words
from stallhorn.report.html.causes import Why
from stallhorn.report.html.charts.sparkline import sparkline
from stallhorn.report.html.pages.base import Link, Page
from stallhorn.report.html.view import Row, Site
from stallhorn.report.pattern import Patterns
from stallhorn.report.sentence import Standing, is_measured, sentence

LINK = Link("Overview", "index.html", 0)

_WORST = 3  # series of a change that are shown at once; the others are folded
_MOST_HIT = 200  # series of a change that are named at all


@dataclass(frozen=True, slots=True)
class ChangeView:
    change: Change
    sign: str
    tone: str
    kind: str  # "slower", "machine event", "measurement repaired"
    reason: str  # why it is of that kind; "" for code
    worst: str  # "2.01x slower"
    size: str  # the typical factor with its interval; "" where there is none
    confidence: str
    pattern: str  # what the series have in common; "" where nothing explains it
    hit: tuple[tuple[ChangePoint, str], ...]  # the worst
    folded: tuple[tuple[ChangePoint, str], ...]
    more: int  # that are not named
    why: Why


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table."""

    row: Row
    parameters: str  # those that are not the same everywhere
    svg: Markup
    findings: tuple[Finding, ...]  # that something should be done about


def pages(site: Site) -> Iterable[Page]:
    report = site.report
    measured = sorted(
        (point.started for row in site.rows for point in row.series.points if point.started is not None),
        key=words.utc,
    )
    tallies = Counter(row.standing for row in site.rows)
    everywhere = site.everywhere
    found, patterns = causes.seen(site), Patterns(report.history)
    entries = [_entry(row, found.by_series.get(row.key, ()), set(everywhere), site) for row in site.rows]
    content = {
        "sentence": sentence(report),
        "verdict": "failed" if found.blocking else _tone(site),
        "counts": [(each, words.SIGNS[each], tallies[each]) for each in Standing],
        "measured": (measured[0], measured[-1]) if measured else None,
        "machines": [report.history.machines.get(name) or Machine(name) for name in site.machines],
        "environments": _environments(site),
        "commits": _measured_revisions(site),
        "seen": found,
        "unable": causes.unable(site),
        "detectors": len(detectors()),
        "with_probe": bool(report.history.observations),
        "changes": [_change(change, site, patterns) for change in report.changes],
        "doubts": report.suspicions[:_MOST_HIT],
        "doubtful": len(report.suspicions),
        "failures": report.history.build_failures,
        "problems": report.history.problems,
        "rows": [each for each in entries if each.row.standing is not Standing.SKIPPED] or entries,
        "skipped": [each for each in entries if each.row.standing is Standing.SKIPPED]
        if tallies[Standing.SKIPPED] < len(entries)
        else [],
        "tally": _tally(tallies),
        "everywhere": [(name, plain(text)) for name, text in everywhere.items()],
        "any_value": is_measured(report),
    }
    yield Page("index.html", "overview.html.j2", "Overview", content, scripts=("static/filter.js",))


def _tone(site: Site) -> str:
    """The colour of the verdict: that of the most urgent standing that anything has."""
    seen = {row.standing for row in site.rows}
    for each in (Standing.SLOWER, Standing.FAILED, Standing.UNCLEAR):
        if each in seen:
            return each.name.lower()
    compared = {Standing.SAME, Standing.FASTER, Standing.MACHINE, Standing.MEASURED}
    return "same" if seen & compared else "new"


def _measured_revisions(site: Site) -> list[Revision]:
    """Every commit with a result, oldest first."""
    commits = {point.commit for row in site.rows for point in row.series.points}
    return sorted((site.revision(commit) for commit in commits), key=lambda each: (each.position, each.commit))


def _environments(site: Site) -> list[tuple[str, Environment]]:
    known = site.report.history.environments
    return [(label, known.get(name) or Environment(name, "")) for name, label in sorted(site.labels.items())]


def _change(change: Change, site: Site, patterns: Patterns) -> ChangeView:
    hit = tuple((point, site.in_words(point)) for point in change.points[:_MOST_HIT])
    return ChangeView(
        change,
        words.change_sign(change.kind, change.direction),
        words.change_tone(change.kind, change.direction),
        kind_in_words(change),
        reason_in_words(change),
        hit[0][1] if hit else "",
        size_in_words(change),
        confidence_in_words(change.confidence),
        str(patterns.of(change) or ""),
        hit[:_WORST],
        hit[_WORST:],
        max(0, len(change.points) - _MOST_HIT),
        causes.why(change, site),
    )


def _tally(counts: Mapping[Standing, int]) -> str:
    """How many series there are: "144 measured, 1 failed, 246 skipped"."""
    failed, skipped = counts.get(Standing.FAILED, 0), counts.get(Standing.SKIPPED, 0)
    parts = [f"{sum(counts.values()) - failed - skipped} measured"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{skipped} skipped"] if skipped else []
    return ", ".join(parts)


def _entry(row: Row, findings: tuple[Finding, ...], left_out: Set[str], site: Site) -> Entry:
    changed = frozenset(point.first for point in site.changed.get(row.key, ()))
    shown = Parameters(tuple(pair for pair in row.key.parameters.values if pair[0] not in left_out))
    return Entry(row, str(shown), sparkline(row.series, site.axes[row.key.machine], changed), findings)
