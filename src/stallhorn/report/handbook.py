"""The pages about the pitfalls: one Markdown file for each detector, `docs/pitfalls/<id>.md`.

A checkout has them in docs/, an installed stallhorn beside its code, where setup.py puts them. Their first line is
`# <id>: <title>`; the sections are the same in all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import stallhorn

_INSTALLED = "handbook"  # setup.py has this name too
_HEAD = re.compile(r"# (?P<id>[a-z0-9-]+): (?P<title>.+)\n")


@dataclass(frozen=True, slots=True)
class Chapter:
    """One page: what a pitfall is, an example, its remedy."""

    pitfall: str
    title: str  # begins with a capital letter
    text: str  # Markdown, with its first line


@cache
def chapters() -> dict[str, Chapter]:
    """All pages by pitfall, in alphabetical order; a detector need not have one."""
    top = Path(stallhorn.__file__).resolve().parent
    folder = next((each for each in (top / _INSTALLED, top.parents[1] / "docs" / "pitfalls") if each.is_dir()), None)
    found = {}
    for path in sorted(folder.glob("*.md")) if folder is not None else ():
        text = path.read_text(encoding="utf-8")
        head = _HEAD.match(text)
        if head is not None and head["id"] == path.stem:
            found[path.stem] = Chapter(path.stem, head["title"][0].upper() + head["title"][1:], text)
    return found
