"""The site in a real browser: opened from disk and from a server, with and without JavaScript, wide and narrow."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from browsing import IN_BROWSER

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "report_html"))

from findings_builder import sick_demo
from report_builder import NOW, demo, report
from test_html_site import hostile_report

from stallhorn.report.html import publish
from stallhorn.report.html.words import identifier

RBF = f"benchmark/{identifier('rbf.Rbf.measure')}.html"
PAGES = ("index.html", "help.html", RBF)
PAGES_OF_FINDINGS = ("index.html", RBF, "help/pitfalls/nested-parallel.html", "help/pitfalls/race.html")

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    return publish(demo(folder), folder / "html", generated=NOW).parent


@pytest.fixture(scope="module")
def sick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with findings."""
    folder = tmp_path_factory.mktemp("sick")
    return publish(sick_demo(folder), folder / "html", generated=NOW).parent


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(hostile_report(), tmp_path_factory.mktemp("hostile") / "html", generated=NOW).parent


class Visit:
    """One page in its own context; everything that it logs, fails at or asks for is kept."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        # What a page that is left behind was still asking for is no fault of it.
        self.page.on(
            "requestfailed",
            lambda request: request.failure == "net::ERR_ABORTED" or self.complaints.append(f"failed: {request.url}"),
        )
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address)

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def shown(self) -> list[str]:
        rows = self.page.locator(".vt-space .vt-row:visible, table.series tbody tr:visible")
        return [text.replace("\n", " ") for text in rows.all_inner_texts()]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_from_disk_each_page_fits_and_complains_of_nothing(
    browser: Any, site: Path, name: str, scheme: str, width: int
) -> None:
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    with Visit(browser, (site / name).as_uri(), **options) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert visit.complaints == []
        assert all(url.startswith("file:") for url in visit.requests)


@pytest.mark.parametrize("name", PAGES_OF_FINDINGS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_pages_with_findings_fit_and_complain_of_nothing(
    browser: Any, sick: Path, name: str, scheme: str, width: int
) -> None:
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    with Visit(browser, (sick / name).as_uri(), **options) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert visit.complaints == []
        assert all(url.startswith("file:") for url in visit.requests)


CONTRAST = """(selector) => [...document.querySelectorAll(selector)].map((each) => {
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (colour) => {
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    const part = (value) => (value /= 255, value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const [red, green, blue] = [...paint.getImageData(0, 0, 1, 1).data].map(part);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  let behind = each;
  while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
  const pair = [light(getComputedStyle(each).color), light(getComputedStyle(behind).backgroundColor)];
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
})"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "selector"),
    [
        ("index.html", ".severity, .wrong h2, .chip, .stale, .card .try, .card .muted, .vt .muted, .vt .standing"),
        (RBF, ".severity, .evidence .kind, .setting code, .setting button"),
        ("help/pitfalls/race.html", "pre code, p code"),
    ],
)
def test_findings_can_be_read_against_what_is_behind_them(
    browser: Any, sick: Path, scheme: str, name: str, selector: str
) -> None:
    with Visit(browser, (sick / name).as_uri(), color_scheme=scheme) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        found = visit.page.evaluate(CONTRAST, selector)
        assert len(found) > 3
        assert min(found) >= 4.5


def test_a_link_to_a_cause_opens_its_panel(browser: Any, sick: Path) -> None:
    with Visit(browser, (sick / "index.html").as_uri()) as visit:
        visit.page.locator(".causes a[href*='#why-']").nth(1).click()
        visit.page.wait_for_url("**/benchmark/*.html#why-*")
        panel = visit.page.locator(f"details#{visit.page.url.rpartition('#')[2]}")
        assert panel.get_attribute("open") is not None
        assert panel.locator("table.evidence").first.is_visible()


def test_the_filter_finds_series_by_their_cause(browser: Any, sick: Path) -> None:
    with Visit(browser, (sick / "index.html").as_uri()) as visit:
        visit.page.fill("#filter", "nested-parallel")
        assert len(visit.shown()) == 6


def test_a_setting_is_copied_or_selected(browser: Any, sick: Path) -> None:
    with Visit(browser, (sick / RBF).as_uri()) as visit:
        setting = visit.page.locator(".setting").first
        button = setting.get_by_role("button", name="Copy NUMBA_NUM_THREADS=1")
        button.click()
        visit.page.wait_for_function("!document.querySelector('.setting button').textContent.startsWith('Copy ')")
        said = setting.locator("button").inner_text()
        selected = visit.page.evaluate("getSelection().toString()")
        assert said == "Copied" or selected == "NUMBA_NUM_THREADS=1 OMP_WAIT_POLICY=passive"
        assert visit.complaints == []


def test_findings_are_there_without_javascript(browser: Any, sick: Path) -> None:
    with Visit(browser, (sick / "index.html").as_uri(), java_script_enabled=False) as visit:
        assert "JAX works on" in visit.page.inner_text(".wrong")
        assert visit.page.locator("button:visible").count() == 0
    with Visit(browser, (sick / RBF).as_uri(), java_script_enabled=False) as visit:
        assert "NUMBA_NUM_THREADS=1" in visit.page.inner_text(".setting >> nth=0")
        assert visit.page.locator("button:visible").count() == 0


def test_under_a_path_prefix_of_a_server(browser: Any, site: Path) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    top = f"http://127.0.0.1:{server.server_address[1]}/"
    try:
        with Visit(browser, top + "html/index.html") as visit:
            visit.page.click(".table-of-series .vt-row a >> nth=0")
            visit.page.wait_for_url("**/benchmark/*.html")
            assert visit.page.locator("svg.plot-svg").count() >= 1
            assert visit.complaints == []
            assert all(url.startswith(top + "html/") for url in visit.requests)
    finally:
        server.shutdown()
        server.server_close()


def test_dark_is_dark(browser: Any, site: Path) -> None:
    def brightness(scheme: str) -> int:
        with Visit(browser, (site / "index.html").as_uri(), color_scheme=scheme) as visit:
            colour = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
            return sum(int(part) for part in colour.strip("rgb()").split(","))

    assert brightness("dark") < 150 < 650 < brightness("light")


def test_the_first_tab_skips_to_the_content(browser: Any, site: Path) -> None:
    with Visit(browser, (site / "index.html").as_uri()) as visit:
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.className") == "skip"
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.id") == "main"


def test_without_javascript_everything_is_there_and_no_dead_control(browser: Any, site: Path) -> None:
    with Visit(browser, (site / "index.html").as_uri(), java_script_enabled=False) as visit:
        assert "series are slower at" in visit.page.inner_text("h1")
        assert len(visit.shown()) == 40  # skipped series stand back
        assert visit.page.locator(".tools").is_hidden()
        assert visit.page.locator("form.filter").count() == 0
        assert visit.page.locator("button:visible").count() == 0
    with Visit(browser, (site / RBF).as_uri(), java_script_enabled=False) as visit:
        assert "3 rounds" in visit.page.inner_text("table.of-benchmark")
        assert not visit.page.locator(".tabs").is_visible()


def test_nothing_of_hostile_text_runs(browser: Any, hostile: Path) -> None:
    for path in sorted(hostile.rglob("*.html")):
        with Visit(browser, path.as_uri(), viewport={"width": 320, "height": 800}) as visit:
            visit.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            for chart in visit.page.locator(".chart, .plot-area").all():
                chart.press("End")
            assert visit.page.evaluate("window.__pwned") is None
            assert visit.complaints == []
            assert all(url.startswith("file:") for url in visit.requests)
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_empty_site(browser: Any, tmp_path: Path) -> None:
    index = publish(report(), tmp_path / "html", generated=NOW)
    with Visit(browser, index.as_uri()) as visit:
        assert visit.page.inner_text("h1") == "Nothing is measured yet."
        assert visit.complaints == []


def test_nothing_moves_while_the_page_loads(browser: Any, site: Path) -> None:
    script = """() => new Promise((done) => {
      let moved = 0;
      new PerformanceObserver((list) => { for (const each of list.getEntries()) moved += each.value; })
        .observe({ type: "layout-shift", buffered: true });
      setTimeout(() => done(moved), 300);
    })"""
    for name in PAGES:
        with Visit(browser, (site / name).as_uri(), viewport={"width": 390, "height": 800}) as visit:
            assert visit.page.evaluate(script) <= 0.1


def test_the_script_is_plain_javascript() -> None:
    """A script that does not parse would leave every page without filter, silently."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on PATH; the other tests run the script in the browser")
    for script in sorted((Path(publish.__code__.co_filename).parent / "static").glob("*.js")):
        subprocess.run([node, "--check", str(script)], check=True)
