"""The first page: the verdict, what still costs time and why, and a table of every series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from stallhorn.model import Environment, Finding, Machine, Parameters, Revision, plain
from stallhorn.pitfalls.base import detectors
from stallhorn.report.html import causes, words
from stallhorn.report.html.cards import cards, lines, newest_of_series, open_changes, total
from stallhorn.report.html.causes import Seen
from stallhorn.report.html.charts.small import small
from stallhorn.report.html.data.spark import sparks
from stallhorn.report.html.pages.base import Link, Page
from stallhorn.report.html.recency import nights_without, span
from stallhorn.report.html.view import Row, Site
from stallhorn.report.sentence import Standing, is_measured, sentence

LINK = Link("Overview", "index.html", 0)

_URGENT = 50  # series that are in the page itself, for readers without scripts
_LATELY = 6  # other changes that are told
_NAMED = 20  # rows of a list; what is longer says how many there are
_UNBUILT = 10  # logs of builds that failed


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table."""

    row: Row
    parameters: str  # those that are not the same everywhere
    svg: Markup
    findings: tuple[Finding, ...]  # that something should be done about
    change: tuple[str, str, str] | None  # the newest one: its id, its page, and what it was


def pages(site: Site) -> list[Page]:
    seen = causes.seen(site)
    content = {**_verdict(site, seen), **_changes(site), **_causes(site), **_table(site, seen), **_around(site)}
    scripts = ("data/series.js", "data/series-top.js", "static/series.js", "static/table.js", "static/overview.js")
    used = scripts if site.indexed else ()
    return [Page("index.html", "overview.html.j2", "Overview", content, used, ("static/overview.css",))]


def _verdict(site: Site, seen: Seen) -> dict[str, object]:
    report = site.report
    measured = span(row.series for row in site.indexed)
    commits, machines = _measured_revisions(site), site.machines
    return {
        "sentence": sentence(report, site.tally),
        "verdict": "failed" if seen.blocking else _tone(site),
        "measured": measured,
        "stale": nights_without(measured[1] if measured else None, site.generated),
        "machines": [report.history.machines.get(name) or Machine(name) for name in machines],
        "several": len(machines) > 1,
        "commits": commits,
        "any_value": is_measured(report),
        "seen": seen,
    }


def _changes(site: Site) -> dict[str, object]:
    found = open_changes(site)
    shown = {id(change) for change, _ in found}
    other = [change for change in site.report.changes if id(change) not in shown]
    doubts = site.report.suspicions
    return {
        "cards": cards(found, site),
        "open": total(found, site),
        "lately": lines(other[:_LATELY], site),
        "other": len(other),
        "doubts": doubts[:_NAMED],
        "doubtful": len(doubts),
    }


def _causes(site: Site) -> dict[str, object]:
    with_probe = bool(site.report.history.observations)
    return {
        "unable": causes.unable(site) if with_probe else (),
        "detectors": len(detectors()),
        "with_probe": with_probe,
    }


def _table(site: Site, seen: Seen) -> dict[str, object]:
    tallies = Counter(row.standing for row in site.rows)
    everywhere, newest = site.everywhere, newest_of_series(site)
    urgent = [row for row in site.rows if row.standing is not Standing.SKIPPED][:_URGENT] or site.rows[:_URGENT]
    return {
        "counts": [(each, words.SIGNS[each], tallies[each]) for each in Standing],
        "rows": [
            Entry(
                row,
                str(Parameters(tuple(pair for pair in row.key.parameters.values if pair[0] not in everywhere))),
                small(history, words.value(row.measured, row.series.unit) if row.measured else ""),
                seen.by_series.get(row.key, ()),
                newest.get(row.key),
            )
            for row, history in zip(urgent, sparks(site, urgent), strict=True)
        ],
        "tally": _tally(tallies),
        "everywhere": [(name, plain(text)) for name, text in everywhere.items()],
    }


def _around(site: Site) -> dict[str, object]:
    history, never = site.report.history, site.never_measured
    environments = _environments(site)
    return {
        "environments": environments[:_NAMED],
        "all_environments": len(environments),
        "failures": history.build_failures[:_UNBUILT],
        "unbuilt": len(history.build_failures),
        "problems": history.problems[:_NAMED],
        "unread": len(history.problems),
        "never": never[:_NAMED],
        "never_measured": len(never),
    }


def _tone(site: Site) -> str:
    """The colour of the verdict: that of the most urgent standing that anything has."""
    seen = {row.standing for row in site.rows}
    for each in (Standing.SLOWER, Standing.FAILED, Standing.UNCLEAR):
        if each in seen:
            return each.name.lower()
    compared = {Standing.SAME, Standing.FASTER, Standing.MACHINE, Standing.MEASURED}
    return "same" if seen & compared else "new"


def _measured_revisions(site: Site) -> Sequence[Revision]:
    """Every commit with a result, oldest first."""
    found = {each.commit: each for axis in site.axes.values() for each in axis.revisions}
    return sorted(found.values(), key=lambda each: (each.position, each.commit))


def _environments(site: Site) -> list[tuple[str, Environment]]:
    known = site.report.history.environments
    return [(label, known.get(name) or Environment(name, "")) for name, label in sorted(site.labels.items())]


def _tally(counts: Mapping[Standing, int]) -> str:
    """How many series there are: "144 measured, 1 failed, 246 skipped"."""
    failed, skipped = counts.get(Standing.FAILED, 0), counts.get(Standing.SKIPPED, 0)
    parts = [f"{sum(counts.values()) - failed - skipped:,} measured"]
    parts += [f"{failed:,} failed"] if failed else []
    parts += [f"{skipped:,} skipped"] if skipped else []
    return ", ".join(parts)
