"""The list of changes and their pages in a real browser: filters, strips, copying, print, and without JavaScript."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from browsing import IN_BROWSER, WIDE, violations

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "report_html"))

from change_builder import bare, of_machine, rich
from report_builder import NOW, report
from test_change_pages import many_changes, many_series
from test_html_site import hostile_report

from stallhorn.report.html import publish

UNFOLD = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390), ("light", 320)]

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, made = tmp_path_factory.mktemp("changes"), rich()
    reports = {
        "rich": made,
        "machine": of_machine(made),
        "bare": bare(made.changes[0], made),
        "series": many_series(250),
        "changes": many_changes(220),
        "hostile": hostile_report(),
        "empty": report(),
    }
    return {name: publish(each, folder / name, generated=NOW).parent for name, each in reports.items()}


def first(site: Path) -> str:
    """The page of one change."""
    return min(path.relative_to(site).as_posix() for path in (site / "change").iterdir())


class Visit:
    """One page in its own context; whatever it logs or fails at is kept."""

    def __init__(self, browser: Any, path: Path, query: str = "", **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        # What a page that is left behind was still asking for is no fault of it.
        self.page.on(
            "requestfailed",
            lambda request: request.failure == "net::ERR_ABORTED" or self.complaints.append(request.url),
        )
        self.page.goto(path.as_uri() + query)

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def shown(self) -> list[str]:
        return [text.splitlines()[0] for text in self.page.locator(".told > li:visible").all_inner_texts()]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_fit_say_nothing_and_pass_axe(browser: Any, sites: dict[str, Path], scheme: str, width: int) -> None:
    found = []
    for name in ("rich", "machine", "bare", "series") if width > 320 else ("rich", "series", "hostile", "empty"):
        pages = ["changes.html", *([first(sites[name])] if (sites[name] / "change").is_dir() else [])]
        for path in pages:
            options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
            with Visit(browser, sites[name] / path, **options) as visit:
                visit.page.evaluate(UNFOLD)
                found += [f"{name}/{path}: {each}" for each in visit.complaints]
                if visit.page.evaluate(WIDE) > 0:
                    found.append(f"{name}/{path}: too wide")
                if visit.page.evaluate("document.querySelectorAll('*').length") > 3000:
                    found.append(f"{name}/{path}: too many nodes")
                found += [
                    f"{name}/{path}: {each['id']} {each['nodes'][0]['html'][:150]}" for each in violations(visit.page)
                ]
    assert not found, "\n".join(found)


def test_filters_keep_what_fits_and_the_address_remembers(browser: Any, sites: dict[str, Path]) -> None:
    with Visit(browser, sites["rich"] / "changes.html") as visit:
        assert len(visit.shown()) == 4
        visit.page.get_by_label("State").select_option("open")
        assert len(visit.shown()) == 1
        assert visit.page.inner_text(".find output") == "1 of 4 changes"
        visit.page.get_by_label("State").select_option("")
        visit.page.get_by_label("What").select_option("faster")
        assert all("faster" in each for each in visit.shown())
        visit.page.get_by_label("Filter").fill("quadratic ALLOCATE")
        assert len(visit.shown()) == 1
        again = visit.page.url.partition("?")[2]
        assert "what=faster" in again
        assert "q=quadratic" in again
        assert visit.complaints == []
    with Visit(browser, sites["rich"] / "changes.html", f"?{again}") as visit:
        assert len(visit.shown()) == 1
        assert visit.page.get_by_label("Filter").input_value() == "quadratic ALLOCATE"


def test_where_nothing_fits_all_can_be_shown_again(browser: Any, sites: dict[str, Path]) -> None:
    with Visit(browser, sites["rich"] / "changes.html", "?cause=unknown&q=rbf&state=no%20such%20state") as visit:
        assert visit.shown() == []
        visit.page.get_by_role("button", name="Show all").click()
        assert len(visit.shown()) == 4
        assert "?" not in visit.page.url


def test_causes_backends_and_machines_are_filters_where_there_are_several(browser: Any, sites: dict[str, Path]) -> None:
    with Visit(browser, sites["rich"] / "changes.html") as visit:
        visit.page.get_by_label("Cause").select_option("nested-parallel")
        assert len(visit.shown()) == 4
        visit.page.get_by_label("Cause").select_option("unknown")
        assert visit.shown() == []
        assert visit.page.get_by_label("Machine").count() == 0


def test_a_strip_tells_its_values_to_pointer_and_keyboard(browser: Any, sites: dict[str, Path]) -> None:
    with Visit(browser, sites["series"] / first(sites["series"])) as visit:
        strip = visit.page.locator(".strip").first
        reading = visit.page.locator("[data-reading]")
        strip.press("End")
        last = reading.inner_text()
        assert ": 2x of the level before, suite.Case.time_it" in last
        strip.press("ArrowLeft")
        assert reading.inner_text() != last
        strip.press("Home")
        assert ": 1x of the level before" in reading.inner_text()
        strip.press("ArrowDown")
        assert reading.inner_text().endswith("n=1, backend=numba")
        assert visit.page.locator(".strip[tabindex='0']").count() == 1
        box = strip.bounding_box()
        visit.page.mouse.move(box["x"] + box["width"] - 3, box["y"] + 4)
        assert reading.inner_text() == last
        assert visit.complaints == []


def test_commands_and_the_whole_page_can_be_copied(browser: Any, sites: dict[str, Path]) -> None:
    with Visit(browser, sites["rich"] / first(sites["rich"])) as visit:
        assert visit.page.get_by_role("button", name="Copy this command").count() >= 4
        visit.page.locator("summary:has-text('as text')").click()
        button = visit.page.get_by_role("button", name="Copy as text")
        button.click()
        visit.page.wait_for_function("!document.querySelector('.pasted button').textContent.startsWith('Copy')")
        said = visit.page.inner_text(".pasted button")
        selected = visit.page.evaluate("getSelection().toString()")
        assert said == "Copied" or selected.startswith("### ")


def test_without_javascript_everything_can_be_read_and_no_control_is_dead(browser: Any, sites: dict[str, Path]) -> None:
    with Visit(browser, sites["rich"] / "changes.html", java_script_enabled=False) as visit:
        assert len(visit.shown()) == 4
        assert not visit.page.locator(".find").is_visible()
    with Visit(browser, sites["rich"] / first(sites["rich"]), java_script_enabled=False) as visit:
        assert visit.page.locator("main button:visible").count() == 0
        text = visit.page.inner_text("main")
        assert "Cause: nested-parallel" in text or "Gone with it: nested-parallel" in text
        assert visit.page.locator(".strip").count() == 12 or visit.page.locator(".strip").count() == 3
        visit.page.locator("summary:has-text('as text')").click()
        assert visit.page.inner_text(".pasted pre").startswith("### ")


def test_a_list_of_two_hundred_changes_is_light(browser: Any, sites: dict[str, Path]) -> None:
    with Visit(browser, sites["changes"] / "changes.html") as visit:
        assert len(visit.shown()) == 200
        assert visit.page.evaluate("document.querySelectorAll('*').length") <= 3000
        assert "newest 200 of 220" in visit.page.inner_text("main")
        visit.page.get_by_label("Filter").fill(many_changes(220).changes[3].first.commit)
        assert len(visit.shown()) == 1


def test_a_change_is_printed_without_its_controls(browser: Any, sites: dict[str, Path]) -> None:
    with Visit(browser, sites["rich"] / first(sites["rich"])) as visit:
        visit.page.emulate_media(media="print")
        assert visit.page.locator("main button:visible").count() == 0
        assert visit.page.locator(".multiples svg:visible").count() > 0
        assert len(visit.page.pdf()) > 10_000


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_moves_while_the_list_loads(browser: Any, sites: dict[str, Path], width: int) -> None:
    script = """() => new Promise((done) => {
      let moved = 0;
      new PerformanceObserver((list) => { for (const each of list.getEntries()) moved += each.value; })
        .observe({ type: "layout-shift", buffered: true });
      setTimeout(() => done(moved), 300);
    })"""
    for path in ("changes.html", first(sites["rich"])):
        with Visit(browser, sites["rich"] / path, viewport={"width": width, "height": 900}) as visit:
            assert visit.page.evaluate(script) <= 0.02


def test_keys_lead_from_change_to_change(browser: Any, sites: dict[str, Path]) -> None:
    with Visit(browser, sites["rich"] / f"change/{rich().changes[0].id}.html") as visit:
        visit.page.keyboard.press("]")
        visit.page.wait_for_url(f"**/{rich().changes[1].id}.html")
        visit.page.keyboard.press("[")
        visit.page.wait_for_url(f"**/{rich().changes[0].id}.html")
        assert visit.complaints == []


def test_the_feed_is_found_from_every_page(browser: Any, sites: dict[str, Path]) -> None:
    with Visit(browser, sites["rich"] / first(sites["rich"])) as visit:
        href = visit.page.locator("link[type='application/atom+xml']").get_attribute("href")
        assert href == "../feed.atom"
        assert (sites["rich"] / "feed.atom").is_file()
