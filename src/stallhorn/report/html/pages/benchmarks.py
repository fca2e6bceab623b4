"""All benchmarks, by module: in the page itself as far as a page can hold them, and as a table that a script makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stallhorn.report.html import words
from stallhorn.report.html.pages.base import Link, Page
from stallhorn.report.html.view import Row, Site
from stallhorn.report.sentence import Standing

LINK = Link("Benchmarks", "benchmarks.html", 20)

_ELEMENTS = 2400  # of a list that a page can hold; with more, modules have pages of their own
_OF_ENTRY, _OF_MODULE = 3, 5  # elements
_ON_ONE_PAGE = _ELEMENTS // _OF_ENTRY
_TOLD = (Standing.SLOWER, Standing.FAILED, Standing.UNCLEAR, Standing.FASTER)


@dataclass(frozen=True, slots=True)
class Entry:
    """One benchmark in a list."""

    name: str
    page: str  # from the top of the site; "" for one that was never measured
    told: str  # "18 series, ▲ 2 slower"


@dataclass(frozen=True, slots=True)
class Module:
    name: str
    page: str  # from the top of the site; "" where its benchmarks are in the list itself
    told: str
    benchmarks: tuple[Entry, ...]
    part: int = 1  # of a module that fills several pages
    parts: int = 1


def pages(site: Site) -> Iterable[Page]:
    modules = _modules(site)
    count = sum(len(module.benchmarks) for module in modules)
    apart = _OF_ENTRY * count + _OF_MODULE * len(modules) > _ELEMENTS
    if apart:
        modules = [part for module in modules for part in _cut(module)]
        for module in modules:
            yield Page(module.page, "module.html.j2", module.name, {"module": module})
    content = {
        "modules": modules[:_ON_ONE_PAGE],
        "all_modules": len(modules),
        "count": count,
        "apart": apart,
        "never": len(site.never_measured),
    }
    scripts = ("data/series.js", "static/series.js", "static/table.js", "static/benchmarks.js") if site.indexed else ()
    yield Page("benchmarks.html", "benchmarks.html.j2", "Benchmarks", content, scripts, ("static/overview.css",))


def _modules(site: Site) -> list[Module]:
    rows: dict[str, list[Row]] = {name: [] for name in site.never_measured}
    for row in site.rows:
        rows.setdefault(row.key.benchmark, []).append(row)
    by_module: dict[str, list[str]] = {}
    for name in sorted(rows):
        by_module.setdefault(name.partition(".")[0] if "." in name else "", []).append(name)
    return [_module(name, names, rows) for name, names in sorted(by_module.items())]


def _module(name: str, names: Sequence[str], rows: Mapping[str, Sequence[Row]]) -> Module:
    benchmarks = tuple(
        Entry(each, f"benchmark/{words.identifier(each)}.html" if rows[each] else "", _told(rows[each]))
        for each in names
    )
    told = _told([row for each in names for row in rows[each]])
    return Module(name or "without a module", "", told, benchmarks)


def _cut(module: Module) -> Iterable[Module]:
    """The module as pages, each with as many benchmarks as a page can hold."""
    parts = -(-len(module.benchmarks) // _ON_ONE_PAGE)
    for part in range(1, parts + 1):
        some = module.benchmarks[(part - 1) * _ON_ONE_PAGE : part * _ON_ONE_PAGE]
        name = words.identifier(f"{module.name}\n{part}")
        yield Module(module.name, f"benchmarks/{name}.html", module.told, some, part, parts)


def _told(rows: Sequence[Row]) -> str:
    """How many series there are, and what is to be said of them."""
    if not rows:
        return "never measured"
    counts = Counter(row.standing for row in rows)
    parts = [f"{words.SIGNS[each]} {counts[each]:,} {each.value}" for each in _TOLD if counts[each]]
    return ", ".join([f"{len(rows):,} series", *parts])
