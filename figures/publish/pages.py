"""How quick the pages of a large site are, in Chromium, from `stallhorn preview`."""

from __future__ import annotations

import shutil
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from figures.table import Row
from stallhorn.commands.preview import serve
from stallhorn.report.html.words import identifier

Tab = Any  # of Playwright, which is untyped here

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
ROWS, CHARTS = 5, 4
WORDS = ("sparse", "sparse time_sum", "case04", "faster", "zzz", "")

# When the table has rows and can be searched, when four charts are drawn, how much moved: in milliseconds since the
# address was entered.
WATCH = """
window.seen = {table: null, charts: null, shift: 0};
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.seen.shift += each.value;
}).observe({type: "layout-shift", buffered: true});
const look = () => {
  const rows = document.querySelectorAll(".vt .vt-body [role=row]").length;
  if (window.seen.table === null && rows >= ROWS && document.querySelector("[data-search]")) {
    window.seen.table = performance.now();
  }
  const charts = [...document.querySelectorAll("svg")].filter((each) => each.querySelector(".line")).length;
  if (window.seen.charts === null && charts >= CHARTS) window.seen.charts = performance.now();
  requestAnimationFrame(look);
};
look();
""".replace("ROWS", str(ROWS)).replace("CHARTS", str(CHARTS))
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
BYTES = """
performance.getEntriesByType("navigation")[0].transferSize
  + performance.getEntriesByType("resource").filter((each) => !each.name.includes("/.preview/"))
    .reduce((sum, each) => sum + each.transferSize, 0)
"""
NODES = "document.querySelectorAll('*').length"
# From the keystroke to rows that are laid out.
FILTER = """
(words) => words.map((word) => {
  const input = document.querySelector("[data-search]"), begun = performance.now();
  input.value = word;
  input.dispatchEvent(new Event("input", {bubbles: true}));
  document.querySelector(".vt").getBoundingClientRect();
  return performance.now() - begun;
})
"""


def measured(site: Path, name: str, turns: int) -> list[Row]:
    """Rows for the first page and for the page of this benchmark."""
    address = f"benchmark/{identifier(name)}.html"
    first: dict[str, list[float]] = {}
    page: dict[str, list[float]] = {}
    with _served(site) as server, _browser() as browser:
        for _ in range(turns + 1):  # the first one warms the server and the browser up, and does not count
            _add(first, _first(browser, server))
            _add(page, _benchmark(browser, server, address))
        nodes = max(_nodes(browser, server, path.relative_to(site).as_posix()) for path in _some(site))
    return [
        _row("first paint", "0.3 s", first["paint"], 1e-3, "s"),
        _row("table usable", "0.5 s", first["table"], 1e-3, "s"),
        _row("filter, slowest of six", "20 ms", first["filter"], 1, "ms"),
        _row("before the first interaction, gzipped", "100 KB", first["bytes"], 1e-3, "KB"),
        _row("layout shift", "0.1", first["shift"], 1, ""),
        _row(f"benchmark page, {CHARTS} charts", "0.7 s", page["charts"], 1e-3, "s"),
        _row("benchmark page, gzipped", "160 KB", page["bytes"], 1e-3, "KB"),
        _row("benchmark page, layout shift", "0.1", page["shift"], 1, ""),
        Row("nodes of the largest page", "3,000", f"{nodes:,}"),
    ]


def _first(browser: Tab, server: str) -> dict[str, float]:
    with _opened(browser, f"{server}/index.html") as tab:
        tab.wait_for_function("window.seen.table !== null")
        found = {
            "paint": tab.evaluate(PAINT),
            "table": tab.evaluate("window.seen.table"),
            "bytes": tab.evaluate(BYTES),
        }
        tab.wait_for_timeout(300)
        found["shift"] = tab.evaluate("window.seen.shift")
        found["filter"] = max(tab.evaluate(FILTER, list(WORDS)))
    return found


def _benchmark(browser: Tab, server: str, address: str) -> dict[str, float]:
    """Times of the calls, and below them first calls, peak memory and threads."""
    with _opened(browser, f"{server}/{address}") as tab:
        tab.wait_for_function("window.seen.charts !== null")
        tab.wait_for_timeout(300)
        return {
            "charts": tab.evaluate("window.seen.charts"),
            "bytes": tab.evaluate(BYTES),
            "shift": tab.evaluate("window.seen.shift"),
        }


def _nodes(browser: Tab, server: str, address: str) -> int:
    with _opened(browser, f"{server}/{address}") as tab:
        tab.wait_for_timeout(200)
        return int(tab.evaluate(NODES))


def _some(site: Path) -> list[Path]:
    """Every page at the top, and the largest ones below."""
    below = sorted((site / "benchmark").glob("*.html"), key=lambda path: -path.stat().st_size)[:3]
    changes = sorted((site / "change").glob("*.html"), key=lambda path: -path.stat().st_size)[:5]
    return [*sorted(site.glob("*.html")), *below, *changes]


def _add(found: dict[str, list[float]], once: dict[str, float]) -> None:
    for name, value in once.items():
        found.setdefault(name, []).append(value)


def _row(name: str, goal: str, values: list[float], factor: float, unit: str) -> Row:
    counted = [value * factor for value in values[1:]]
    spread = f"({min(counted):.3g} to {max(counted):.3g})"
    return Row(name, goal, f"{statistics.median(counted):.3g} {unit} {spread}".replace("  ", " "))


@contextmanager
def _served(site: Path) -> Iterator[str]:
    server = serve(site, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _browser() -> Iterator[Tab]:
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise SystemExit("No Chromium on PATH (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, headless=True, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _opened(browser: Tab, address: str) -> Iterator[Tab]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        context.add_init_script(WATCH)
        tab = context.new_page()
        tab.goto(address)
        yield tab
    finally:
        context.close()
