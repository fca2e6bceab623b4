"""What all tests of pages in a browser share: Chromium, axe, and when they are skipped."""

from __future__ import annotations

import shutil
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
IN_BROWSER = [
    pytest.mark.browser,
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH (Debian: apt-get install chromium)"),
]

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"  # what overflows, in pixels
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_ASK = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'], preload: false})"


def violations(page: Any) -> list[dict[str, Any]]:
    """What axe-core says against the open page, by WCAG 2.2 AA."""
    page.evaluate(_axe())
    found: list[dict[str, Any]] = page.evaluate(_ASK, _TAGS)["violations"]
    return found


@cache
def _axe() -> str:
    """axe-core 4.12, as a package for Playwright ships it."""
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
