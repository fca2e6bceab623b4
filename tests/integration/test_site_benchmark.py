"""One benchmark's page in a real browser: every tab, the choice of lines, two points to compare, the address."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browsing import IN_BROWSER
from test_site_access import MOST_NODES, NOW, ROOT, Look

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "report_html"))

from report_builder import demo, key, ok, report, revision

from stallhorn import store
from stallhorn.asv.project import load_project
from stallhorn.diagnose import diagnose
from stallhorn.model import Benchmark, Observation, Report, Roof, Roofs, Series, Status
from stallhorn.model.points import Points, columns_of
from stallhorn.report.html import publish
from stallhorn.report.html.words import identifier

TABS = ("history", "size", "threads", "firstcall", "memory", "raw")
RBF, WHOLE = "rbf.Rbf.measure", "quadratic.Quadratic.measure"
CASE = "suite.Case.time_it"

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real results with several backends, sizes and threads, first calls, memory, work, roofs and samples."""
    made = diagnose(store.load(load_project(ROOT / "asv.conf.json"), store.REFERENCE))
    return publish(made, tmp_path_factory.mktemp("reference"), generated=NOW).parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    return publish(demo(folder), folder / "html", generated=NOW).parent


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 series of 60 commits."""
    noise = random.Random(1)
    at = [revision(place) for place in range(60)]
    keys = [key(n=str(n), kind=repr(kind)) for n in range(1, 51) for kind in "abcd"]
    series = [Series(of, "seconds", tuple(ok(of, each, 1e-3 * noise.gauss(1, 0.01)) for each in at)) for of in keys]
    bare = [replace(each, points=Points(each.key, columns_of(each.points))) for each in series]
    return publish(report(bare, revisions=at), tmp_path_factory.mktemp("many"), generated=NOW).parent


@pytest.fixture
def look(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens one benchmark's page; at the end nothing may have complained."""
    opened: list[Look] = []

    def open_page(site: Path, name: str, query: str = "", scheme: str = "light", width: int = 1280) -> Any:
        made = Look(browser, scheme, width)
        opened.append(made)
        made.page.goto(address(site, name, query))
        return made.page

    yield open_page
    complaints = [each for made in opened for each in made.complaints]
    for made in opened:
        made.context.close()
    assert complaints == []


def address(site: Path, name: str, query: str = "") -> str:
    return (site / "benchmark" / f"{identifier(name)}.html").as_uri() + query


def legend(page: Any) -> list[str]:
    found: list[str] = page.locator(".plot.tall .plot-legend tbody th").all_inner_texts()
    return found


def read_all(page: Any) -> list[str]:
    """What is said of each point of the first line, oldest first."""
    area = page.locator(".plot.tall .plot-area").first
    area.press("Home")
    said = []
    while True:
        text = page.locator(".plot.tall [aria-live]").first.inner_text()
        if said and text == said[-1]:
            return said
        said.append(text)
        area.press("ArrowRight")


# --- every tab


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_tab_has_a_fault(browser: Any, reference: Path, scheme: str, width: int) -> None:
    made, found = Look(browser, scheme, width), []
    for tab in TABS:
        made.page.goto(address(reference, WHOLE, f"?tab={tab}"))
        made.page.wait_for_timeout(150)
        assert made.page.locator("#view svg.plot-svg").count() >= 1
        assert made.page.locator(".tabs [aria-current]").count() == 1
        found += made.faults(tab, width) + made.violations(tab)
    made.context.close()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_fits_the_narrowest_screen(look: Callable[..., Any], reference: Path, tab: str) -> None:
    page = look(reference, WHOLE, f"?tab={tab}", width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_tab_without_anything_to_show_says_why(look: Callable[..., Any], many: Path) -> None:
    page = look(many, CASE)
    page.click(".tabs a:has-text('First call')")
    assert "stallhorn run" in page.inner_text("#view")
    assert "tab=firstcall" in page.url
    page.click(".tabs a:has-text('History')")
    assert "tab=" not in page.url and page.locator("#view svg.plot-svg").count() == 1


def test_keys_go_through_the_tabs(look: Callable[..., Any], reference: Path) -> None:
    page = look(reference, WHOLE)
    page.keyboard.press("]")
    assert page.inner_text(".tabs [aria-current]") == "Size"
    page.keyboard.press("[")
    page.keyboard.press("[")
    assert page.inner_text(".tabs [aria-current]") == "Samples"


def test_an_unknown_tab_or_series_in_the_address_does_no_harm(look: Callable[..., Any], site: Path) -> None:
    page = look(site, RBF, "?tab=%3Cscript%3E&s=none&lines=none&environment=none&y=none&at=none")
    assert page.inner_text(".tabs [aria-current]") == "History"


# --- the history


def test_what_changed_is_drawn_first_and_six_lines_at_most(look: Callable[..., Any], site: Path) -> None:
    page = look(site, RBF)
    assert len(legend(page)) == 6
    assert "numba" in page.inner_text(".shared")
    marks = page.locator("a.plot-mark").all()
    assert marks and all("change/" in (mark.get_attribute("href") or "") for mark in marks)


def test_values_are_those_of_the_report(look: Callable[..., Any], site: Path) -> None:
    page = look(site, RBF)
    told = page.evaluate(
        """stallhorn.benchmark.read().series.map((each) =>
            [each.texts.join(), each.environment, each.points.map((point) => point.value)])"""
    )
    made = demo(Path("/nowhere"))
    names = page.evaluate("stallhorn.data().environments.map((each) => each.name)")
    known = {
        (",".join(text.strip("'") for _, text in each.key.parameters.values), each.key.environment): [
            point.value for point in each.points if point.value is not None
        ]
        for each in made.history.series
    }
    assert len(told) == 34
    for texts, environment, values in told:
        assert values == pytest.approx(known[texts, names[environment]], rel=1e-3)


def test_a_line_is_added_from_the_table_and_the_address_remembers(look: Callable[..., Any], many: Path) -> None:
    page = look(many, CASE, "?s=1,a")
    assert len(legend(page)) == 1
    page.check("[aria-label='Draw n=2, kind=b']")
    assert legend(page) == ["n = 1, kind = a", "n = 2, kind = b"]
    again = look(many, CASE, "?" + page.url.partition("?")[2])
    assert legend(again) == ["n = 1, kind = a", "n = 2, kind = b"]


def test_a_line_keeps_its_colour_when_another_goes(look: Callable[..., Any], many: Path) -> None:
    page = look(many, CASE, "?s=1,a&s=2,b&s=3,c")
    drawn = page.locator("tr:has([aria-label='Draw n=3, kind=c']) .swatch .line")
    before = drawn.get_attribute("class")
    page.uncheck("[aria-label='Draw n=1, kind=a']")
    assert drawn.get_attribute("class") == before
    assert len(legend(page)) == 2


def test_a_seventh_line_is_refused_in_words(look: Callable[..., Any], many: Path) -> None:
    page = look(many, CASE, "?" + "&".join(f"s={n},a" for n in range(1, 7)))
    page.click("[aria-label='Draw n=9, kind=a']")
    assert "6 lines are drawn at most" in page.inner_text("#choose")
    assert not page.is_checked("[aria-label='Draw n=9, kind=a']")
    assert len(legend(page)) == 6


def test_without_a_change_a_group_of_alike_series_is_drawn(look: Callable[..., Any], many: Path) -> None:
    page = look(many, CASE)
    assert legend(page) == [f"kind = {kind}" for kind in "abcd"] and page.inner_text(".shared") == "All lines: n = 50"
    page.select_option("[data-key=lines] select", label="n = 7")
    assert page.inner_text(".shared") == "All lines: n = 7"


def test_order_and_scale_are_chosen_and_remembered(look: Callable[..., Any], site: Path) -> None:
    page = look(site, RBF)
    page.select_option("[data-key=x] select", "date")
    page.focus("[data-key=y] select")
    page.select_option("[data-key=y] select", "relative")
    assert "x=date" in page.url and "y=relative" in page.url
    assert "ratio to its median" in page.locator("svg.plot-svg").first.text_content()
    assert page.evaluate("document.activeElement.tagName") == "SELECT"


def ticks(page: Any) -> list[str]:
    """The commits below the history."""
    texts = page.locator(".plot.tall svg.plot-svg text").all_text_contents()
    return [each for each in texts if re.fullmatch("[0-9a-f]{8}", each)]


@pytest.mark.parametrize("order", ["", "x=date&"])
def test_the_address_remembers_the_stretch_that_is_shown(look: Callable[..., Any], many: Path, order: str) -> None:
    page = look(many, CASE, f"?{order}s=1,a")
    box = page.locator(".plot.tall .plot-area").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.5 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], middle, steps=4)
    page.mouse.up()
    query: str = page.evaluate("location.search")
    ends = [re.search(f"{name}=([0-9a-f]{{8}})", query)[1] for name in ("from", "to")]  # type: ignore[index]
    commits = [revision(place).commit[:8] for place in range(60)]
    first, last = (commits.index(each) for each in ends)
    assert 25 < first < last < 46
    again = look(many, CASE, query)
    assert again.locator(".plot.tall .plot-whole").is_visible()
    if not order:
        assert set(ticks(again)) <= set(commits[first : last + 1])
    again.check("[aria-label='Draw n=2, kind=b']")
    assert again.locator(".plot.tall .plot-whole").is_visible()
    again.click(".plot-whole")
    assert not re.search("(from|to)=", again.evaluate("location.search")) and len(legend(again)) == 2


def test_a_stretch_of_unknown_commits_is_none(look: Callable[..., Any], many: Path) -> None:
    page = look(many, CASE, "?from=zzz&to=00")
    assert not page.locator(".plot.tall .plot-whole").is_visible()


def test_the_keys_of_charts_are_in_the_list(look: Callable[..., Any], many: Path) -> None:
    page = look(many, CASE)
    page.keyboard.press("?")
    told = page.inner_text("dialog[open]")
    assert "read the values of a chart" in told and "zoom in a chart" in told and "Enter at a point" in told


def test_two_points_make_a_link_to_compare_them(look: Callable[..., Any], site: Path) -> None:
    page = look(site, RBF)
    area = page.locator(".plot.tall .plot-area")
    for move in ("End", "Home"):
        area.press(move)
        area.press("Enter")
        area = page.locator(".plot.tall .plot-area")
    link = page.locator(".pins a")
    revisions = demo(Path("/nowhere")).history.revisions
    href = link.get_attribute("href") or ""
    assert href.startswith("../compare.html?a=")
    assert f"b={revisions[13].commit[:8]}" in href and "q=rbf.Rbf.measure" in href
    page.click(".pins button")
    assert link.count() == 0 and "a=" not in page.url


def test_the_link_opens_the_comparison_of_the_two(look: Callable[..., Any], site: Path) -> None:
    revisions = demo(Path("/nowhere")).history.revisions
    page = look(site, RBF, f"?a={revisions[13].commit[:8]}&b={revisions[10].commit[:8]}")
    page.click(".pins a")
    page.wait_for_url("**/compare.html*")
    page.wait_for_function("document.querySelector('main').textContent.includes('slower')")
    assert revisions[10].commit[:8] in page.inner_text("main")


def test_a_failure_is_said_below_the_chart(look: Callable[..., Any], site: Path) -> None:
    page = look(site, RBF, "?lines=n%20%3D%20500%2C%20numba%20(newest)%2C%20jax%20(newest)")
    assert "MemoryError" in page.inner_text("#view .notes")


def test_strips_stand_below_on_the_same_commits(look: Callable[..., Any], reference: Path) -> None:
    page = look(reference, WHOLE)
    assert page.locator(".plot.strip .plot-title").all_inner_texts() == ["First call", "Peak memory", "Threads had"]


# --- the table


def test_one_commit_has_values_with_bars_and_nothing_to_choose(look: Callable[..., Any], tmp_path: Path) -> None:
    at = revision(0)
    series = [Series(of, "seconds", (ok(of, at, 1e-3),)) for of in (key(n="1"), key(n="2"))]
    page = look(publish(report(series, revisions=[at]), tmp_path / "html", generated=NOW).parent, CASE)
    assert "Charts begin with the second" in page.inner_text("#view")
    assert page.locator("#rows svg.bar").count() == 2 and page.locator("#rows input").count() == 0
    page.click(".tabs a:has-text('Samples')")
    assert page.locator("#view svg.plot-svg").count() == 1


def test_the_search_finds_what_the_table_leaves_out(look: Callable[..., Any], many: Path) -> None:
    page = look(many, CASE)
    rows = page.locator("#rows tr:visible")
    assert rows.count() == 100 and "100 more" in page.inner_text("#more")
    page.fill("[data-search]", "n=49 kind=c")
    assert rows.count() == 1 and "n=49, kind=c" in rows.first.inner_text()
    assert "1.00 ms" in rows.first.inner_text() or "ms" in rows.first.inner_text()
    page.check("[aria-label='Draw n=49, kind=c']")
    assert "n = 49, kind = c" in legend(page)[-1] or len(legend(page)) == 5
    page.fill("[data-search]", "")
    assert rows.count() == 100


def test_two_hundred_series_are_a_light_page(look: Callable[..., Any], many: Path) -> None:
    assert look(many, CASE).evaluate("document.querySelectorAll('*').length") <= MOST_NODES


def test_without_javascript_there_is_the_table_and_no_dead_control(browser: Any, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address(site, RBF))
    assert "drawn by a script" in page.inner_text(".charts")
    assert not page.locator(".tabs").is_visible() and page.locator("#rows input").count() == 0
    assert page.locator("#rows tr:visible").count() == 34 and page.locator("#rows svg.spark").count() > 30
    context.close()


# --- the other tabs: of a made benchmark, so that the right numbers are known


def made(folder: Path) -> Path:
    """One backend twice as fast with two threads, the other no faster; time grows as the square of n."""
    at = [revision(place) for place in range(3)]
    sizes, backends, threads = ("100", "1000", "10000"), ("'numpy'", "'numba'"), ("'1'", "'2'")
    series = []
    for n in sizes:
        for backend in backends:
            for count in threads:
                of = key(n=n, backend=backend, threads=count)
                value = 1e-9 * int(n) ** 2 * (1 if backend == "'numpy'" or count == "'1'" else 0.5)
                series.append(Series(of, "seconds", tuple(ok(of, each, value, 0.01) for each in at)))
    work = tuple({"flops": 2.0 * int(n) ** 2, "bytes": 8.0 * int(n) ** 2} for n in sizes for _ in range(4))
    suite = Benchmark(CASE, "time", "seconds", "v1", ("n", "backend", "threads"), (sizes, backends, threads), work=work)
    roof = Roof(1, 1e10, (), 1e11, {})
    found: Report = report(
        series, revisions=at, benchmarks=[suite], roofs={"m1": Roofs({1: roof, 2: replace(roof, threads=2)}, 2)}
    )
    return publish(found, folder / "html", generated=NOW).parent


def test_time_over_size_with_its_power(look: Callable[..., Any], tmp_path: Path) -> None:
    page = look(made(tmp_path), CASE, "?tab=size")
    assert "numpy, threads = 1: grows as n^2.00" in page.inner_text("#view")
    said = read_all(page)
    assert len(said) == 3 and "→ 10.0 µs" in said[0] and "→ 100 ms" in said[-1]
    page.select_option("[data-key=show] select", "rate")
    assert [float(text.partition("→ ")[2].split(" ")[0].replace(",", "")) for text in read_all(page)] == pytest.approx(
        [1e7, 1e6, 1e5], rel=0.01
    )


def test_speed_up_over_threads(look: Callable[..., Any], tmp_path: Path) -> None:
    page = look(made(tmp_path), CASE, "?tab=threads&p.n=10000")
    rows = {
        row.split("\t")[0]: row.split("\t")[1:]
        for row in page.locator("#view tbody tr").all_inner_texts()
        if "\t" in row
    }
    assert rows["numba: 2 threads"][1:3] == ["2.00x", "100 %"]
    assert rows["numpy: 2 threads"][1:3] == ["1.00x", "50 %"]


def test_the_roofline_has_the_roof_and_the_share(look: Callable[..., Any], tmp_path: Path) -> None:
    page = look(made(tmp_path), CASE, "?tab=memory&p.threads=1")
    assert "No peak memory was recorded" in page.inner_text("#view")
    page.locator(".plot.tall .plot-area").press("End")
    # 2 flop a byte-octet: 0.25 flop a byte, 2.5 GFLOP/s under the memory roof, and 2 are reached.
    assert "80 % of the memory roof" in page.inner_text(".plot-tip")
    assert "2 GFLOP/s" in page.inner_text(".plot-tip")


def test_totals_cross_where_they_should(look: Callable[..., Any], tmp_path: Path) -> None:
    at = [revision(0), revision(1)]
    suite = Benchmark(CASE, "time", "seconds", "v1", ("backend",), (("'numpy'", "'numba'"),))
    series, seen = [], []
    for backend, first, steady in (("'numpy'", 2.0, 2.0), ("'numba'", 11.0, 1.0)):
        of = key(backend=backend)
        series.append(Series(of, "seconds", tuple(ok(of, each, steady, 0.01) for each in at)))
        facts = {"first_call": {"seconds": first, "compiles": int(first > steady), "run_seconds": steady}}
        seen.append(Observation(of, at[1].commit, Status.OK, facts, "0.1.0", 1))
    whole = report(series, revisions=at, benchmarks=[suite], observations=tuple(seen))
    page = look(publish(whole, tmp_path / "html", generated=NOW).parent, CASE, "?tab=firstcall")
    # 2 k = 11 + (k - 1): after ten calls both took 20 s.
    assert "numba is ahead of numpy from 11 calls on (10 to 11), after 20.0 s." in page.inner_text("#view .notes")
    assert "numba: the first call takes as long as 11 later ones." in page.inner_text("#view .notes")


def test_first_calls_of_real_results_are_told_in_words(look: Callable[..., Any], reference: Path) -> None:
    page = look(reference, WHOLE, "?tab=firstcall")
    assert "the first call takes" in page.inner_text("#view .notes")


def test_samples_of_each_process_stand_side_by_side(look: Callable[..., Any], reference: Path) -> None:
    page = look(reference, WHOLE, "?tab=raw")
    assert legend(page) == ["process 1", "process 2"]
    assert "Result file of the newest: reference/" in page.inner_text("#view")
