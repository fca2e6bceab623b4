"""Two sides against each other: commits, environments, backends or machines.

Without the script it shows the newest commit against the one before it; with it, whatever is chosen, from the files of
`data/commits.py` by the rule of `stallhorn.contrast`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from stallhorn import units
from stallhorn.contrast import Contrast, Outcome, Side, contrast
from stallhorn.report.compare import counts_in_words, mean_in_words, ratio_in_words
from stallhorn.report.environments import differences
from stallhorn.report.html.data import commits as values_at
from stallhorn.report.html.data.script import script
from stallhorn.report.html.data.sides import choices, sides_index
from stallhorn.report.html.pages.base import File, Link, Page
from stallhorn.report.html.view import Row, Site

LINK = Link("Compare", "compare.html", 40)

SIGNS = {Outcome.SLOWER: "▲", Outcome.FASTER: "▼", Outcome.UNCLEAR: "~", Outcome.SAME: "=", Outcome.NONE: "?"}
_MOST = 50  # series that are listed without the script
_SCRIPTS = ("data/series.js", "static/series.js", "static/table.js", "data/compare.js", "static/contrast.js")


@dataclass(frozen=True, slots=True)
class Line:
    """One series of the comparison."""

    row: Row
    name: str  # of its outcome, as a class
    sign: str
    words: str
    before: str
    before_interval: str
    after: str
    after_interval: str


def pages(site: Site) -> Iterable[Page | File]:
    if not site.indexed:
        yield Page(
            "compare.html", "compare.html.j2", "Compare", {"found": None, "pair": None}, (), ("static/compare.css",)
        )
        return
    known = choices(site)
    yield script("compare", sides_index(site, known))
    yield from values_at.files(site.report.history.series, [each.commit for each in known.commits])
    content: dict[str, object] = {"found": None, "pair": known.newest_pair}
    if known.newest_pair is not None:
        one, other = (Side(commit) for commit in known.newest_pair)
        found = contrast(site.report.history, one, other, noise=known.noise)
        content |= {
            "found": found,
            "answer": counts_in_words(found),
            "mean": mean_in_words(found.summary),
            "counts": [(each, SIGNS[each], found.summary.counts[each]) for each in Outcome],
            "differences": differences(site.report.history, one, other),
            "lines": list(_lines(site, found)),
            "reasons": Counter(found.reasons.values()).most_common(20),
        }
    scripts = (*_SCRIPTS, "static/compare.js")
    yield Page("compare.html", "compare.html.j2", "Compare", content, scripts, ("static/compare.css",))


def _lines(site: Site, found: Contrast) -> Iterable[Line]:
    """The largest differences, whichever way; those that are told go before those that are not."""
    sizes = np.nan_to_num(np.abs(found.effects()), nan=-1.0)
    told = (found.significant & found.relevant).astype(np.int8)
    order = np.lexsort((-sizes, -told))
    for pair in [int(each) for each in order if sizes[each] >= 0][:_MOST]:
        row, outcome = site.indexed[found.place(pair)], found.outcome(pair)
        unit = row.series.unit
        before, after = (_shown(values[pair].tolist(), unit) for values in (found.before, found.after))
        yield Line(row, outcome.name.lower(), SIGNS[outcome], ratio_in_words(found, pair, unit), *before, *after)


def _shown(bounds: Sequence[float], unit: str) -> tuple[str, str]:
    value, low, high = (None if each != each else each for each in bounds)
    return units.quantity(value, unit), units.interval(low, high, unit)
