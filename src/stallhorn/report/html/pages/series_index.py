"""The data of all series, for the tables of the site."""

from __future__ import annotations

from collections.abc import Iterable

from stallhorn.report.html import causes
from stallhorn.report.html.data.numbers import scales
from stallhorn.report.html.data.script import script
from stallhorn.report.html.data.series import series_index, series_rest
from stallhorn.report.html.pages.base import File
from stallhorn.report.html.view import Site

LINK = None


def pages(site: Site) -> Iterable[File]:
    if not site.indexed:
        return
    exponents = scales([row.series for row in site.indexed])
    yield script("series", series_index(site, causes.seen(site).by_series, exponents))
    top, rest = series_rest(site, exponents)
    yield script("series-top", top)
    yield script("series-rest", rest)
