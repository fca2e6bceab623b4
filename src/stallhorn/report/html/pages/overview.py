"""The first page: the verdict, the changes, what could not be measured, and every series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from stallhorn.model import Change, ChangePoint, Environment, Machine, Revision
from stallhorn.report.html import words
from stallhorn.report.html.charts.sparkline import sparkline
from stallhorn.report.html.pages.base import Link, Page
from stallhorn.report.html.view import Row, Site
from stallhorn.report.sentence import Standing, is_measured, sentence

LINK = Link("Overview", "index.html", 0)

_WORST = 3  # series of a change that are shown at once; the others are folded
_MOST_HIT = 200  # series of a change that are named at all


@dataclass(frozen=True, slots=True)
class ChangeView:
    change: Change
    worst: str  # "2.01x slower"
    hit: tuple[tuple[ChangePoint, str], ...]  # the worst
    folded: tuple[tuple[ChangePoint, str], ...]
    more: int  # that are not named


@dataclass(frozen=True, slots=True)
class Spark:
    row: Row
    svg: Markup


def pages(site: Site) -> Iterable[Page]:
    report = site.report
    measured = sorted(
        (point.started for row in site.rows for point in row.series.points if point.started is not None),
        key=words.utc,
    )
    content = {
        "sentence": sentence(report),
        "verdict": _tone(site),
        "counts": [(each, words.SIGNS[each], sum(row.standing is each for row in site.rows)) for each in Standing],
        "measured": (measured[0], measured[-1]) if measured else None,
        "machines": [report.history.machines.get(name) or Machine(name) for name in site.machines],
        "environments": _environments(site),
        "commits": _measured_revisions(site),
        "changes": [_change(change, site) for change in report.changes],
        "failures": report.history.build_failures,
        "problems": report.history.problems,
        "rows": [Spark(row, _spark(row, site)) for row in site.rows],
        "any_value": is_measured(report),
    }
    yield Page("index.html", "overview.html.j2", "Overview", content)


def _tone(site: Site) -> str:
    """The colour of the verdict: that of the most urgent standing that anything has."""
    seen = {row.standing for row in site.rows}
    for each in (Standing.SLOWER, Standing.FAILED, Standing.UNCLEAR):
        if each in seen:
            return each.name.lower()
    return "same" if seen & {Standing.SAME, Standing.FASTER} else "new"


def _measured_revisions(site: Site) -> list[Revision]:
    """Every commit with a result, oldest first."""
    commits = {point.commit for row in site.rows for point in row.series.points}
    return sorted((site.revision(commit) for commit in commits), key=lambda each: (each.position, each.commit))


def _environments(site: Site) -> list[tuple[str, Environment]]:
    known = site.report.history.environments
    return [(label, known.get(name) or Environment(name, "")) for name, label in sorted(site.labels.items())]


def _change(change: Change, site: Site) -> ChangeView:
    hit = tuple((point, site.in_words(point)) for point in change.points[:_MOST_HIT])
    return ChangeView(
        change, hit[0][1] if hit else "", hit[:_WORST], hit[_WORST:], max(0, len(change.points) - _MOST_HIT)
    )


def _spark(row: Row, site: Site) -> Markup:
    changed = frozenset(point.first for point in site.changed.get(row.key, ()))
    return sparkline(row.series, site.axes[row.key.machine], changed)
