"""The page of thread scaling in a real browser: choices in the address, charts, widths, and no script."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import IN_BROWSER, violations

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "report_html"))

from report_builder import NOW, key, ok, report, revision

from stallhorn.model import Benchmark, Observation, Series, Status
from stallhorn.report.html import publish

SETTINGS: tuple[int | str, ...] = (1, 2, 4, 8, "numba=2 blas=1", "copies=2", "copies=4")
BACKENDS = {"numpy": 0.9, "numba": 0.05, "jax": 0.3}  # and their serial fractions
FAMILIES = 35  # so many that their data is in several files

pytestmark = IN_BROWSER


def time_of(size: int, backend: str, setting: int | str) -> float:
    alone, serial = size * {"numpy": 3e-8, "numba": 1e-8, "jax": 2e-8}[backend], BACKENDS[backend]
    if isinstance(setting, str):
        return alone * (1.1 if setting.startswith("copies") else serial + (1 - serial) / 2)
    return alone * (serial + (1 - serial) / setting) * (3.0 if setting == 8 and backend == "numba" else 1.0)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at, series, benchmarks, seen = revision(0), [], [], []
    sizes = (100, 1000, 10000)
    for number in range(FAMILIES):
        name = f"suite{number:02}.Case{number}.measure"
        params = (tuple(map(str, sizes)), tuple(map(repr, BACKENDS)), tuple(map(repr, SETTINGS)))
        benchmarks.append(Benchmark(name, "time", "seconds", "1", ("n", "backend", "threads"), params))
        for size in sizes:
            for backend in BACKENDS:
                for setting in SETTINGS if number < 2 else SETTINGS[:4]:
                    of = key(name, n=str(size), backend=repr(backend), threads=repr(setting))
                    series.append(Series(of, "seconds", (ok(of, at, time_of(size, backend, setting)),)))
                    if setting == 8:
                        facts = {
                            "threads": {"asked": {"numba": 8}, "used": {"numba": 4}},
                            "host": {"cores": 8, "physical_cores": 4},
                        }
                        seen.append(Observation(of, at.commit, Status.OK, facts, "0.1", 1))
    folder = tmp_path_factory.mktemp("scaling")
    made = report(series, revisions=[at], benchmarks=benchmarks, observations=tuple(seen))
    return publish(made, folder / "html", generated=NOW).parent


@pytest.fixture
def visit(browser: Any, site: Path) -> Iterator[Callable[..., Any]]:
    contexts, complaints = [], []

    def opened(query: str = "", width: int = 1280, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        # What a page that is left behind was still asking for is no fault of it.
        page.on(
            "requestfailed",
            lambda request: request.failure == "net::ERR_ABORTED" or complaints.append(request.url),
        )
        page.goto((site / "scaling.html").as_uri() + query)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def legend(page: Any, chart: str = "speedup") -> list[str]:
    found: list[str] = page.locator(f"#{chart} .plot-legend tbody th").all_inner_texts()
    return found


def choose(page: Any, name: str, value: str) -> None:
    page.locator(f"#picks [data-pick='{name}'] select").select_option(value)


def test_it_begins_with_what_hurts_most(visit: Callable[..., Any]) -> None:
    page = visit()
    assert "More threads make" in page.locator("h1").inner_text()
    assert legend(page) == ["numpy", "numba", "jax"]
    texts = page.locator("#speedup svg.plot-svg text").all_text_contents()
    assert {"ideal", "4 physical cores", "8 logical CPUs", "1", "2", "4", "8"} <= set(texts)
    assert page.locator("#speedup path.hollow").count() == 3
    assert "numba: falls after 4: oversubscription?" in page.locator("#flags").inner_text()


def test_choices_are_in_the_address(visit: Callable[..., Any]) -> None:
    page = visit("?benchmark=suite01.Case1.measure&size=100&backend=numba")
    assert legend(page) == ["numba"]
    assert page.locator("#speedup svg.plot-svg path.line").get_attribute("class") == "line s2"  # as beside the others
    assert any("% serial" in text for text in page.locator("#speedup svg.plot-svg text").all_text_contents())
    choose(page, "size", "all")
    assert legend(page) == ["size 100", "size 1000", "size 10000"]
    assert "size=all" in page.url
    choose(page, "backend", "all")
    assert legend(page) == ["numpy", "numba", "jax"]


def test_another_benchmark_is_read_from_its_file(visit: Callable[..., Any]) -> None:
    page = visit()
    choose(page, "benchmark", "suite34.Case34.measure")
    page.locator("#settings h3").wait_for(state="detached")  # it has no named settings
    assert page.locator("script[src*='data/scaling-']").count() == 1
    assert "benchmark=suite34.Case34.measure" in page.url
    assert legend(page) == ["numpy", "numba", "jax"]


def test_the_best_single_thread_can_be_the_baseline(visit: Callable[..., Any]) -> None:
    page = visit()
    choose(page, "against", "serial")
    assert "against numba on one thread, the fastest of all backends" in page.locator("#against").inner_text()
    page.locator("#speedup .plot-area").focus()
    page.keyboard.press("Home")
    assert page.locator("#speedup [aria-live]").inner_text().startswith("numpy: 1 → 0.333 times")


def test_named_settings_and_copies_stand_side_by_side(visit: Callable[..., Any]) -> None:
    page = visit("?benchmark=suite00.Case0.measure&size=1000&backend=numba")
    rows = page.locator("#settings table.settings tbody tr").all_inner_texts()
    assert [row.split("\t")[0] for row in rows] == ["numba=2 blas=1", "copies=2", "copies=4"]
    assert "faster" in rows[0]
    assert legend(page, "copies") == ["numba: copies", "numba: threads"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits_and_axe_finds_nothing(visit: Callable[..., Any], scheme: str, width: int) -> None:
    page = visit("?benchmark=suite00.Case0.measure", width=width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelectorAll('*').length") <= 3000
    found = violations(page)
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def test_without_a_script_the_answer_and_the_tables_are_there(visit: Callable[..., Any]) -> None:
    page = visit(java_script_enabled=False)
    assert page.get_by_text("The tables below have their figures.").is_visible()
    assert page.locator("#speedup").is_hidden()
    assert "falls after 4: oversubscription?" in page.locator("table").first.inner_text()
    assert page.get_by_role("heading", name="Named settings").is_visible()
