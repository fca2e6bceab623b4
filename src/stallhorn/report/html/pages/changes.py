"""Every change of the history in a list, a page for each of the newest; and a feed, a summary and a report of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stallhorn.model import Change, Kind
from stallhorn.report.account import Accounts, Brief
from stallhorn.report.feed import feed
from stallhorn.report.html import words
from stallhorn.report.html.change_page import MOST, change_pages, paths, state_in_words
from stallhorn.report.html.pages.base import File, Link, Page
from stallhorn.report.html.view import Site
from stallhorn.report.markdown import report_text
from stallhorn.report.summary import summary
from stallhorn.sweeps.roles import roles

LINK = Link("Changes", "changes.html", 10)

_NAMED = 12  # values of a filter


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the list, with what it is found by."""

    brief: Brief
    page: str
    sign: str
    tone: str
    state: str
    causes: str  # ids, one blank between two
    backends: str
    machines: str  # one line each
    words: str  # lower case


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter of the list."""

    name: str  # in the address
    label: str
    values: tuple[str, ...]


_KINDS = ("slower", "faster", "machine", "measurement")


def pages(site: Site) -> Iterable[Page | File]:
    accounts, where = _accounts(site), paths(site)

    def page_of(change: Change) -> str:
        return where.get(change.id, "")

    shown = site.report.changes[:MOST]
    entries = [_entry(change, site, accounts, where[change.id]) for change in shown]
    content = {
        "entries": entries,
        "total": len(site.report.changes),
        "most": MOST,
        "choices": _choices(entries),
        "counts": _counts(site, accounts),
        "recorded": bool(site.report.history.observations) or any(each.causes for each in entries),
        "doubtful": len(site.report.suspicions),
        "measured": len({each.commit for axis in site.axes.values() for each in axis.revisions}),
    }
    scripts, styles = ("static/changes.js",), ("static/changes.css",)
    yield Page("changes.html", "changes.html.j2", "Changes", content, scripts=scripts, styles=styles)
    yield from change_pages(site, accounts, where)
    yield File("feed.atom", feed(site.report, accounts, page_of))
    yield File("summary.json", summary(site.report, accounts, page_of))
    yield File("report.md", report_text(site.report, accounts).encode("utf-8", "backslashreplace"))


def _accounts(site: Site) -> Accounts:
    return Accounts(site.report, site.report.changes[:MOST], site.units, site.patterns, site.tally)


def _entry(change: Change, site: Site, accounts: Accounts, page: str) -> Entry:
    brief = accounts.brief(change)
    backends = _backends(change, site)
    machines = dict.fromkeys(point.key.machine for point in change.points)
    benchmarks = list(dict.fromkeys(point.key.benchmark for point in change.points))[:_NAMED]
    found = (brief.sentence, *benchmarks, change.first.subject, change.first.commit, change.first.author)
    return Entry(
        brief=brief,
        page=page,
        sign=words.change_sign(change.kind, change.direction),
        tone=words.change_tone(change.kind, change.direction),
        state=state_in_words(change, is_open=brief.is_open),
        causes=" ".join((*brief.causes, *brief.gone)),
        backends="\n".join(backends),
        machines="\n".join(machines),
        words=" ".join(found).lower(),
    )


def _choices(entries: Sequence[Entry]) -> tuple[Choice, ...]:
    """What the list can be narrowed to; what all changes share is no choice."""
    kinds = [_kind(each) for each in entries]
    causes = sorted({cause for each in entries for cause in each.causes.split()})
    found = (
        Choice("what", "What", tuple(name for name in _KINDS if name in kinds)),
        Choice("state", "State", tuple(dict.fromkeys(sorted(each.state for each in entries)))),
        Choice("cause", "Cause", (*causes, "unknown") if causes else ()),
        Choice("backend", "Backend", tuple(sorted({name for each in entries for name in each.backends.splitlines()}))),
        Choice("machine", "Machine", tuple(sorted({name for each in entries for name in each.machines.splitlines()}))),
    )
    return tuple(each for each in found if len(each.values) > 1)


def _kind(entry: Entry) -> str:
    change = entry.brief.change
    return change.direction.value if change.kind is Kind.CODE else change.kind.value


def _backends(change: Change, site: Site) -> list[str]:
    """The backends of the series of a change, each once."""
    said = site.report.history.project.roles
    hit = {point.key.benchmark for point in change.points}
    names = {name: roles(site.benchmark(name), said).backend for name in hit}
    found = dict.fromkeys(point.key.parameters.get(names[point.key.benchmark]) for point in change.points)
    return [each for each in found if each]


def _counts(site: Site, accounts: Accounts) -> tuple[tuple[str, int], ...]:
    """How many changes are in which state, open ones first."""
    states = Counter(
        state_in_words(change, is_open=accounts.openness.is_open(change)) for change in site.report.changes
    )
    order = ("open", "over", "gain", "no regression", "not comparable")
    return tuple((state, states[state]) for state in order if states[state])
