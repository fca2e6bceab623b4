"""Every page for everybody: by axe (WCAG 2.2 AA), in light and dark, wide and narrow, and nothing moves."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from browsing import IN_BROWSER, WIDE, violations

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "report_html"))

from findings_builder import sick_demo
from report_builder import report
from test_html_site import hostile_report

from stallhorn import store
from stallhorn.asv.project import load_project
from stallhorn.diagnose import diagnose
from stallhorn.report.html import publish

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
MOST_NODES = 3000
MOST_SHIFT = 0.1
LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]

pytestmark = IN_BROWSER

# Layout shifts that no input caused, and everything that the page's policy refused.
WATCH = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted += each.value;
}).observe({ type: "layout-shift", buffered: true });
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => window.refused.push(event.violatedDirective));
"""


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Real results with several backends, sizes and threads; findings; hostile texts; nothing at all."""
    folder = tmp_path_factory.mktemp("sites")
    project = load_project(ROOT / "asv.conf.json")
    reports = {
        "reference": diagnose(store.load(project, store.REFERENCE)),
        "sick": sick_demo(folder),
        "hostile": hostile_report(),
        "empty": report(),
    }
    return {name: publish(each, folder / name, generated=NOW).parent for name, each in reports.items()}


def pages(site: Path) -> list[str]:
    """One page of each kind, and of benchmarks and changes the largest two."""
    kinds: dict[str, list[Path]] = {}
    for path in sorted(site.rglob("*.html")):
        place = path.relative_to(site)
        kinds.setdefault(str(place.parent) if place.parent != Path() else place.name, []).append(path)
    chosen = [sorted(paths, key=lambda path: -path.stat().st_size)[:2] for paths in kinds.values()]
    return [path.relative_to(site).as_posix() for paths in chosen for path in paths]


class Look:
    """One page, looked at by one reader."""

    def __init__(self, browser: Any, scheme: str, width: int) -> None:
        self.context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        self.context.add_init_script(WATCH)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.complaints.append(f"asked for {request.url}")

    def open(self, path: Path) -> None:
        self.page.goto(path.as_uri())
        self.page.wait_for_timeout(150)

    def faults(self, name: str, width: int) -> list[str]:
        """What is wrong with the open page."""
        found = [f"{name}: {complaint}" for complaint in self.complaints]
        self.complaints.clear()
        found += [f"{name}: its policy refused {each}" for each in self.page.evaluate("window.refused")]
        if (wide := self.page.evaluate(WIDE)) > 0:
            found.append(f"{name}: {wide} px wider than {width}")
        if (nodes := self.page.evaluate("document.querySelectorAll('*').length")) > MOST_NODES:
            found.append(f"{name}: {nodes} nodes")
        if (shift := self.page.evaluate("window.shifted")) > MOST_SHIFT:
            found.append(f"{name}: moved by {shift:.2f}")
        return found

    def violations(self, name: str) -> list[str]:
        return [
            f"{name}: {each['id']} {each['nodes'][0]['html'][:150]} ({len(each['nodes'])} places)"
            for each in violations(self.page)
        ]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing_on_any_page(browser: Any, sites: dict[str, Path], scheme: str, width: int) -> None:
    look, found = Look(browser, scheme, width), []
    for site in ("reference", "sick"):
        for name in pages(sites[site]):
            if site == "sick" and (scheme, width) not in LOOKS[1:3]:  # the same templates, with findings in them
                continue
            look.open(sites[site] / name)
            found += look.faults(f"{site}/{name}", width) + look.violations(f"{site}/{name}")
    look.context.close()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("site", ["reference", "sick", "hostile", "empty"])
def test_nothing_overflows_moves_or_complains_on_the_narrowest_screen(
    browser: Any, sites: dict[str, Path], site: str
) -> None:
    look, found = Look(browser, "light", 320), []
    for name in pages(sites[site]):
        look.open(sites[site] / name)
        found += look.faults(f"{site}/{name}", 320)
    look.context.close()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("site", ["hostile", "empty"])
def test_hostile_texts_and_empty_pages_are_clean_too(browser: Any, sites: dict[str, Path], site: str) -> None:
    look, found = Look(browser, "dark", 1280), []
    for name in pages(sites[site]):
        look.open(sites[site] / name)
        found += look.faults(f"{site}/{name}", 1280) + look.violations(f"{site}/{name}")
    look.context.close()
    assert not found, "\n".join(found)


def test_every_link_inside_the_site_leads_somewhere(sites: dict[str, Path]) -> None:
    """Of pages as they are written; what scripts add is clicked in their own tests."""
    import re
    from urllib.parse import unquote, urlsplit

    broken = []
    for site in sites.values():
        for path in site.rglob("*.html"):
            for address in re.findall(r'(?:href|src)="([^"]*)"', path.read_text(encoding="utf-8")):
                parts = urlsplit(address.replace("&amp;", "&"))
                if parts.scheme or not parts.path:
                    continue
                if not (path.parent / unquote(parts.path)).exists():
                    broken.append(f"{path.relative_to(site.parent)} -> {address}")
    assert not broken, "\n".join(sorted(set(broken))[:30])
