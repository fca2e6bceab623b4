"""What the words on the pages mean, how to read the charts, and a page for each pitfall."""

from __future__ import annotations

from collections.abc import Iterable

from stallhorn.report.handbook import chapters
from stallhorn.report.html import causes, words
from stallhorn.report.html.pages.base import Link, Page
from stallhorn.report.html.prose import prose
from stallhorn.report.html.view import Site
from stallhorn.report.sentence import Standing

LINK = Link("Help", "help.html", 90)


def pages(site: Site) -> Iterable[Page]:
    signs = {each.name: words.SIGNS[each] for each in Standing}
    index = [(each, causes.page(each.pitfall)) for each in chapters().values()]
    yield Page("help.html", "help.html.j2", "Help", {"signs": signs, "pitfalls": index})
    for each in chapters().values():
        _, _, below = each.text.partition("\n")  # the first line is the page's heading
        content = {"chapter": each, "body": prose(below, chapters())}
        yield Page(causes.page(each.pitfall), "pitfall.html.j2", each.pitfall, content)
