"""What the words on the pages mean, and how to read the charts."""

from __future__ import annotations

from collections.abc import Iterable

from stallhorn.report.html import words
from stallhorn.report.html.pages.base import Link, Page
from stallhorn.report.html.view import Site
from stallhorn.report.sentence import Standing

LINK = Link("Help", "help.html", 90)


def pages(site: Site) -> Iterable[Page]:
    signs = {each.name: words.SIGNS[each] for each in Standing}
    yield Page("help.html", "help.html.j2", "Help", {"signs": signs})
