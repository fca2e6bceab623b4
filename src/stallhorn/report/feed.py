"""The changes as an Atom feed (RFC 4287), so that a reader tells people of them. Pure.

An entry's id is a name made of the project's name and the change's id: it stays when the site moves. The links are
relative, and a reader takes them from where the feed lies; there is no `xml:base`, because a site does not know its
own address. Times are those of commits, or of measurements where a commit has none: never of the moment of writing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree

from stallhorn import __version__
from stallhorn.console import safe
from stallhorn.model import Change, Report
from stallhorn.report.account import Accounts

MOST = 50  # entries, the newest; a reader has seen the older ones
_ATOM = "http://www.w3.org/2005/Atom"
_NAMES = uuid.UUID("6f0f7c52-6a3e-5b0a-9d3e-5a7a3c1f0f6d")  # the space of names of stallhorn's feeds
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def feed(report: Report, accounts: Accounts, page_of: Callable[[Change], str]) -> bytes:
    """The feed as a file; `page_of` gives a change's page from the top of the site, "" for none."""
    name = report.history.project.name
    shown = report.changes[:MOST]
    times = {change.id: _when(change, report) for change in shown}
    root = ElementTree.Element("feed", {"xmlns": _ATOM})
    _text(root, "id", _urn(name))
    _text(root, "title", f"{name}: changes of performance")
    _text(root, "updated", _stamp(max(times.values(), default=_newest(report))))
    _text(ElementTree.SubElement(root, "author"), "name", name)
    _text(root, "generator", "stallhorn").set("version", __version__)
    for relation, address in (("self", "feed.atom"), ("alternate", "changes.html")):
        ElementTree.SubElement(root, "link", {"rel": relation, "href": address})
    for change in shown:
        brief = accounts.brief(change)
        entry = ElementTree.SubElement(root, "entry")
        _text(entry, "id", _urn(name, change.id))
        _text(entry, "title", f"{brief.headline}: {change.first.subject or change.first.short}")
        _text(entry, "updated", _stamp(times[change.id]))
        address = page_of(change) or "changes.html"
        ElementTree.SubElement(entry, "link", {"rel": "alternate", "href": address})
        ElementTree.SubElement(entry, "category", {"term": change.kind.value})
        state = " It is still so." if brief.is_open else ""
        _text(entry, "summary", f"{brief.sentence}{state}").set("type", "text")
    ElementTree.indent(root, " ")
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _urn(*names: str) -> str:
    """A name that no two projects share as long as they are called differently."""
    text = "\n".join(names)
    return uuid.uuid5(_NAMES, text.encode("utf-8", "backslashreplace").decode()).urn


def _text(parent: ElementTree.Element, tag: str, text: str) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, tag)
    made.text = safe(text)  # what XML has no place for is an escape
    return made


def _when(change: Change, report: Report) -> datetime:
    """When the commit was made; of one without a date, when it was measured."""
    if change.first.committed is not None:
        return _utc(change.first.committed)
    keys = {point.key for point in change.points}
    measured: Iterable[datetime] = (
        point.started
        for series in report.history.series
        if series.key in keys
        for point in series.points
        if point.commit == change.first.commit and point.started is not None
    )
    return max(map(_utc, measured), default=_NEVER)


def _newest(report: Report) -> datetime:
    return _utc(report.newest.committed) if report.newest is not None and report.newest.committed else _NEVER


def _utc(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _stamp(when: datetime) -> str:
    return when.replace(microsecond=0).isoformat().replace("+00:00", "Z")
