"""The static site: pages of HTML and SVG that open from disk and fetch nothing from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from stallhorn.discovery import modules
from stallhorn.model import Report
from stallhorn.report.html import pages as kinds
from stallhorn.report.html.folder import Replaced, replace_site
from stallhorn.report.html.pages.base import File, Link
from stallhorn.report.html.render import render
from stallhorn.report.html.view import arrange

__all__ = ["publish", "replace"]


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
    return replace_site(target, _files(report, target, generated))


def _files(report: Report, target: Path, generated: datetime) -> Iterator[tuple[str, bytes]]:
    """Every file of the site with its path, one after the other."""
    site = arrange(report, generated, asv_site=(target / "asv" / "index.html").is_file())
    plugins = modules(kinds).values()
    links: list[Link] = sorted((plugin.LINK for plugin in plugins if plugin.LINK), key=lambda link: link.order)
    for plugin in plugins:
        for page in plugin.pages(site):
            yield page.path, page.content if isinstance(page, File) else render(page, site, links).encode("utf-8")
    static = files(__name__) / "static"
    for entry in sorted(static.iterdir(), key=lambda each: each.name):
        yield f"static/{entry.name}", entry.read_bytes()
