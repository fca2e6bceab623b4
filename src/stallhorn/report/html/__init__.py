"""The static site: pages of HTML and SVG that open from disk and fetch nothing from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.resources import files
from itertools import chain
from pathlib import Path
from types import ModuleType

from stallhorn.discovery import modules
from stallhorn.model import Report
from stallhorn.report.html import pages as kinds
from stallhorn.report.html.folder import Replaced, replace_site
from stallhorn.report.html.pages import benchmark
from stallhorn.report.html.pages.base import File, Link
from stallhorn.report.html.render import render
from stallhorn.report.html.view import Site, arrange

__all__ = ["publish", "replace"]

_MANY = 2_000  # series from which on the pages of benchmarks are made beside all others: they are half of the work


def publish(report: Report, target: Path, *, generated: datetime) -> Path:
    """Write the whole site into `target` and return the path of its index.html. See `replace`."""
    replace(report, target, generated=generated)
    return target / "index.html"


def replace(report: Report, target: Path, *, generated: datetime) -> Replaced:
    """Write the site into `target`, as far as it is not there yet; its first page is index.html.

    The same report and `generated` (shown on the first page alone) give the same bytes. Files of other makers in
    `target` stay. Raises UsageError when it holds another site, StorageError when the disk refuses; then the site
    that was there is unchanged.
    """
    site = arrange(report, generated, asv_site=(target / "asv" / "index.html").is_file())
    plugins = list(modules(kinds).values())
    links: list[Link] = sorted((plugin.LINK for plugin in plugins if plugin.LINK), key=lambda link: link.order)
    apart = [benchmark] if len(site.rows) >= _MANY else []
    first = chain(_pages([one for one in plugins if one not in apart], site, links), _static())
    return replace_site(target, first, *([_pages(apart, site, links)] if apart else []))


def _pages(plugins: Iterable[ModuleType], site: Site, links: list[Link]) -> Iterator[tuple[str, bytes]]:
    """Every page of these kinds with its path, one after the other."""
    for plugin in plugins:
        for page in plugin.pages(site):
            yield page.path, page.content if isinstance(page, File) else render(page, site, links).encode("utf-8")


def _static() -> Iterator[tuple[str, bytes]]:
    static = files(__name__) / "static"
    for entry in sorted(static.iterdir(), key=lambda each: each.name):
        yield f"static/{entry.name}", entry.read_bytes()
