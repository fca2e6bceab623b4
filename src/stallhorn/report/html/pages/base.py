"""What a kind of page provides.

A module of this package has `LINK: Link | None` and `pages(site: Site) -> Iterable[Page | File]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the navigation, which every page has; entries are sorted by `order`."""

    label: str
    path: str
    order: int


@dataclass(frozen=True, slots=True)
class Page:
    """One file of the site: the template that makes it and what is in it."""

    path: str  # from the top of the site, with forward slashes
    template: str
    title: str
    content: Mapping[str, object] = field(default_factory=dict)
    scripts: tuple[str, ...] = ()  # of static/ or data/, loaded in this order after static/site.js
    styles: tuple[str, ...] = ()  # of static/, after static/site.css

    @property
    def top(self) -> str:
        """The way from this page to the top of the site: "" or "../"."""
        return "../" * self.path.count("/")


@dataclass(frozen=True, slots=True)
class File:
    """One file of the site that is no page: data for the scripts, a feed."""

    path: str  # from the top of the site, with forward slashes
    content: bytes
