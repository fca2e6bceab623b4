"""Pages to HTML text. Everything that is not markup of ours is escaped."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined
from markupsafe import Markup

from stallhorn import __version__, units
from stallhorn.model import Revision
from stallhorn.report.change_words import confidence_in_words, factor, kind_in_words
from stallhorn.report.environments import memory_in_words
from stallhorn.report.html import causes, words
from stallhorn.report.html.pages.base import Link, Page
from stallhorn.report.html.view import Site
from stallhorn.report.sentence import change_in_words, floor_in_words, series_name

LOG_LIMIT = 4000  # characters of a log or a reason that a page shows: its end


def render(page: Page, site: Site, links: list[Link]) -> str:
    """The whole HTML of a page."""
    template = _environment().get_template(page.template)
    project = site.report.history.project
    return template.render(
        page=page, site=site, project=project, links=links, version=__version__, **dict(page.content)
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("stallhorn.report.html", "templates"),
        bytecode_cache=_compiled(),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_finalize,
    )
    made.filters.update(_FILTERS)
    made.globals["signs"] = words.SIGNS
    return made


def _compiled() -> FileSystemBytecodeCache | None:
    """Where compiled templates are kept, as Python keeps modules: beside the code. None where that cannot be written.

    Compiling all of them takes a third of a second, of the three that a publish should take.
    """
    folder = Path(__file__).parent / "__pycache__"
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    return (
        FileSystemBytecodeCache(str(folder), f"%s.{sys.implementation.cache_tag}.j2c")
        if os.access(folder, os.W_OK)
        else None
    )


def _finalize(value: object) -> object:
    return words.clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _end(text: str) -> str:
    return text if len(text) <= LOG_LIMIT else "[...]\n" + text[-LOG_LIMIT:]


def _shorten(text: str, most: int = 160) -> str:
    """The first line of a long text."""
    line = re.sub(r"\s+", " ", text).strip()
    return line if len(line) <= most else line[: most - 1] + "…"


def _commit_url(revision: Revision, prefix: str | None) -> str | None:
    """The commit's page; None unless the configured prefix is one of the web (and no script)."""
    if prefix is None or not re.match(r"https?://", prefix):
        return None
    return prefix + revision.commit


_FILTERS: Mapping[str, Callable[..., object]] = {
    "breakable": words.breakable,
    "change_words": change_in_words,
    "confidence": confidence_in_words,
    "factor": factor,
    "kind_words": kind_in_words,
    "memory_in_words": memory_in_words,
    "sign": lambda change: words.change_sign(change.kind, change.direction),
    "tone": lambda change: words.change_tone(change.kind, change.direction),
    "commit_url": _commit_url,
    "day": words.day,
    "end": _end,
    "floor": floor_in_words,
    "help": causes.page,
    "identifier": words.identifier,
    "interval": words.interval,
    "moment": words.moment,
    "percent": words.percent,
    "quantity": units.quantity,
    "rounds": words.rounds,
    "series_name": series_name,
    "severity": words.severity,
    "share": words.share,
    "shorten": _shorten,
    "ticked": words.ticked,
    "why": causes.anchor,
    "value": words.value,
}
