"""The page about backends in a real browser: size, threads and calls in the address, charts, questions, no script."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browsing import IN_BROWSER, violations

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "report_html"))

from backends_builder import SIZES, TIMES, backends, two_families
from report_builder import NOW, report

from stallhorn.report.html import backend_words as say
from stallhorn.report.html import publish

WATCH = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted += each.value;
}).observe({ type: "layout-shift", buffered: true });
"""
RBF = "?open=rbf.Rbf.measure"
TOLD = "?gradients=no&device=no&shapes=no&mutation=no"

pytestmark = IN_BROWSER

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(two_families(), tmp_path_factory.mktemp("backends") / "html", generated=NOW).parent


@pytest.fixture
def visit(browser: Any, site: Path) -> Iterator[Open]:
    """Opens the page with a query; what the browser complains of fails the test at its end."""
    contexts, complaints = [], []

    def opened(query: str = "", *, folder: Path | None = None, **options: Any) -> Any:
        options = {"viewport": {"width": 1280, "height": 900}, **options}
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        # What a page that is left behind was still asking for is no fault of it.
        page.on(
            "requestfailed",
            lambda request: request.failure == "net::ERR_ABORTED" or complaints.append(f"failed: {request.url}"),
        )
        page.add_init_script(WATCH)
        page.goto(((folder or site) / "backends.html").as_uri() + query)
        return page

    yield opened
    for each in contexts:
        each.close()
    assert complaints == []


def cells(page: Any) -> list[str]:
    texts: list[str] = page.locator("[data-heat] .cell, [data-heat] .outside").all_text_contents()
    return [" ".join(text.split()) for text in texts]


def advice(page: Any) -> str:
    return " ".join(page.locator("[data-advice]").inner_text().split())


# --- the table


def test_the_script_says_what_the_page_says_without_it(visit: Open) -> None:
    with_script, without = (visit(TOLD, java_script_enabled=each) for each in (True, False))
    assert cells(with_script) == cells(without) != []
    summaries = [each.locator(".problem > summary").all_inner_texts() for each in (with_script, without)]
    assert summaries[0] == summaries[1]


def test_the_choices_stand_in_the_address_and_are_read_from_it(visit: Open) -> None:
    page = visit()
    page.get_by_role("textbox", name="My n").fill("1e3")
    page.get_by_role("textbox", name="Calls").fill("100")
    page.get_by_role("combobox", name="Threads").select_option("2")
    page.wait_for_function("document.querySelector('[data-lead]').textContent.includes('2 threads')")
    assert "n=1e3" in page.url and "calls=100" in page.url and "threads=2" in page.url
    again = visit(page.url[page.url.index("?") :])
    again.wait_for_function("document.querySelector('[data-lead]').textContent.includes('2 threads')")
    assert again.get_by_role("textbox", name="My n").input_value() == "1e3"
    assert cells(again) == cells(page)
    assert "100 calls in all" in again.locator("[data-lead]").inner_text()


def test_the_field_keeps_the_focus_while_somebody_types(visit: Open) -> None:
    page = visit()
    page.get_by_role("textbox", name="My n").click()
    page.keyboard.type("5000")
    assert page.evaluate("document.activeElement.value") == "5000"
    assert any("my n = 5,000" in each for each in cells(page))


def test_what_is_no_number_is_said_and_changes_nothing(visit: Open) -> None:
    page = visit()
    before = cells(page)
    page.get_by_role("textbox", name="My n").fill("12 apples")
    assert page.get_by_role("textbox", name="My n").get_attribute("aria-invalid") == "true"
    assert "Not a number" in page.locator("#wrong-number").inner_text()
    assert cells(page) == before and "n=" not in page.url


def test_between_sizes_the_answer_is_interpolated_and_beyond_them_called_extrapolated(visit: Open) -> None:
    page = visit("?n=5000")
    assert "my n = 5,000: numba default" in " ".join(cells(page))
    assert "interpolated" in " ".join(cells(page))
    page = visit("?n=30000")
    assert "my n = 30,000: extrapolated: jax default (measured: 100 to 10,000)" in cells(page)
    page = visit("?n=1e9")
    assert "my n = 1,000,000,000: not told (measured: 100 to 10,000)" in cells(page)


def test_few_calls_are_won_by_who_does_not_compile(visit: Open) -> None:
    steady, few = (cells(visit(query))[-1] for query in ("", "?calls=1"))
    assert steady.startswith("n = 10,000: ")
    assert "jax default" in steady and "numpy default" in few


def test_specimens_and_other_tasks_compete_when_asked_for(visit: Open, tmp_path: Path) -> None:
    fast = {**TIMES, ("numpy", "naive"): lambda n, at: 1e-12 * n}
    made = publish(backends(fast, specimen=("numpy", "naive")), tmp_path / "html", generated=NOW).parent
    page = visit(folder=made)
    assert "naive" not in " ".join(cells(page))
    page.get_by_label("Specimens and other tasks compete, too").check()
    assert all("numpy naive" in each for each in cells(page)) and "all=1" in page.url


def test_a_link_of_the_table_opens_its_problem(visit: Open) -> None:
    page = visit()
    page.locator("[data-heat] a", has_text="rbf.Rbf.measure").click()
    assert page.locator("details.problem[open]").count() == 1
    assert "open=rbf.Rbf.measure" in page.url


# --- one problem


def test_an_open_problem_has_its_curves_crossover_drift_and_break_even(visit: Open) -> None:
    page = visit(RBF + "&threads=2&n=500")
    page.wait_for_selector("details[open] .plot-svg path.line")
    problem = page.locator("details.problem[open]")
    text = " ".join(problem.inner_text().split())
    assert problem.locator(".plot-title").all_inner_texts() == [
        "Time of one call over n",
        "How the crossovers moved",
        "Time of all calls at n = 500, cold cache",
    ]
    assert "jax default is faster than numba default above n = 6,840 (99 %:" in text
    assert "moved 2,150" in text and "→ 6,840" in text
    assert problem.locator("rect.ribbon").count() >= 2
    assert "numba default instead of numpy default" in text and "after" in text
    assert "Not competing: jax grad (gradient)" in text


def test_what_is_extrapolated_is_dotted_called_so_and_no_value(visit: Open) -> None:
    page = visit(RBF + "&n=20000")
    page.wait_for_selector("details[open] .plot-svg path.line")
    problem = page.locator("details.problem[open]")
    assert problem.locator(".plot-svg text", has_text="extrapolated").count() == 1
    assert "20,000" not in problem.locator(".plot-legend").first.inner_text()


def test_a_problem_that_is_closed_and_opened_again_has_its_charts_once(visit: Open) -> None:
    page = visit(RBF)
    summary = page.locator("details.problem", has_text="rbf.Rbf").locator("summary").first
    for _ in range(2):
        summary.click()
    titles = page.locator("details.problem[open] .plot-title")
    titles.nth(2).wait_for()  # the browser says that it is open a moment later
    page.wait_for_timeout(200)  # and what is drawn twice would be there by then
    assert titles.count() == 3


def test_three_problems_are_open_at_most(visit: Open, tmp_path: Path) -> None:
    reports = [backends(name=f"s{number}.Case.measure", settings=("1",)) for number in range(5)]
    histories = [each.history for each in reports]
    history = replace(
        histories[0],
        benchmarks={name: each for one in histories for name, each in one.benchmarks.items()},
        series=tuple(each for one in histories for each in one.series),
    )
    page = visit(folder=publish(replace(reports[0], history=history), tmp_path / "html", generated=NOW).parent)
    for number in range(5):
        page.locator("details.problem > summary").nth(number).click()
    page.wait_for_function("document.querySelectorAll('details.problem[open]').length === 3")
    assert page.locator("details.problem .plot").count() <= 9
    assert page.url.count("open=") == 3


# --- the questions


def test_answers_lead_to_a_recommendation_with_figures_by_keyboard(visit: Open) -> None:
    page = visit("?n=1000")
    assert "Answer question 1" in advice(page)
    page.locator("[name=gradients][value=yes]").focus()
    page.keyboard.press("Space")
    assert "Take JAX. Numba has no automatic differentiation." in advice(page)
    assert "rbf.Rbf.measure, n = 1,000: jax default" in advice(page) and "the time of numba default" in advice(page)
    assert "gradients=yes" in page.url
    assert page.locator("li.beyond").count() == 4


def test_all_no_ends_in_ones_own_figures(visit: Open) -> None:
    told = advice(visit(TOLD + "&n=1000&open=rbf.Rbf.measure"))
    assert "Take what is fastest in your own figures" in told and "one call, 1 thread; open problems" in told
    ratio = say.times(2e-6 * 1000**0.6 / (1e-8 * 1000**1.2))
    assert f"n = 1,000: numba default 39.8 µs (39.0 to 40.6 µs), {ratio} faster" in told and "than jax default" in told


# --- the script's texts are those of Python


def test_texts_are_the_same_in_python_and_in_the_script(visit: Open) -> None:
    page = visit()
    numbers = [0.5, 7.0, 61.33, 99.96, 241.26, 999.6, 38123.4, 1234567.0, 100000.0]
    for name, function in (("about", say.about), ("times", say.times)):
        found = page.evaluate(f"numbers => numbers.map(window.stallhorn.backends.{name})", numbers)
        assert found == [function(each) for each in numbers], name
    assert page.evaluate("[100000, 7].map(window.stallhorn.backends.size)") == [say.size(each) for each in (1e5, 7.0)]


@pytest.mark.parametrize(
    ("text", "value"), [("1e5", 1e5), ("100,000", 1e5), ("100_000", 1e5), (" 12 ", 12.0), ("0.5", 0.5), ("0", 0.0)]
)
def test_numbers_are_read_as_people_write_them(visit: Open, text: str, value: float) -> None:
    assert visit().evaluate("text => window.stallhorn.backends.typed(text)", text) == value


# --- for everybody


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_is_light_and_axe_finds_nothing(visit: Open, width: int, scheme: str) -> None:
    page = visit(RBF + "&n=20000&gradients=yes", viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.wait_for_selector("details[open] .plot-svg path.line")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelectorAll('*').length") <= 3000
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations(page)] == []


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_after_the_page_is_there(visit: Open, width: int) -> None:
    page = visit(viewport={"width": width, "height": 900})
    page.wait_for_timeout(300)
    assert page.evaluate("window.shifted") <= 0.1


def test_without_script_the_answers_can_be_read(visit: Open) -> None:
    page = visit(java_script_enabled=False)
    page.locator("details.problem", has_text="rbf.Rbf").locator("summary").first.click()
    text = " ".join(page.locator("main").inner_text().split())
    assert "jax default is faster than numba default above n = 6,840" in text
    assert "When compiling pays" in text and "With JavaScript the answers end in a recommendation" in text


@pytest.mark.parametrize("made", ["nothing", "one backend", "two sizes"])
@pytest.mark.parametrize("width", [320, 1280])
def test_empty_states_fit_and_say_what_to_declare(visit: Open, tmp_path: Path, made: str, width: int) -> None:
    reports = {
        "nothing": report(),
        "one backend": backends({("numba", "default"): lambda n, at: n}),
        "two sizes": backends(sizes=SIZES[:2]),
    }
    folder = publish(reports[made], tmp_path / "html", generated=NOW).parent
    page = visit(folder=folder, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "param_names" in page.locator("main").inner_text()


def test_hostile_names_run_nothing(visit: Open, tmp_path: Path) -> None:
    name = 'x.<img src=x onerror="window.__pwned=1">"\'.measure'
    folder = publish(backends(name=name), tmp_path / "html", generated=NOW).parent
    page = visit(f"?open={name}", folder=folder)
    page.wait_for_selector("details[open] .plot-svg path.line")
    assert page.evaluate("window.__pwned") is None
    assert page.locator("main img").count() == 0


def test_newer_data_is_not_read(visit: Open, site: Path, tmp_path: Path) -> None:
    copy = tmp_path / "html"
    shutil.copytree(site, copy)
    data = copy / "data" / "backends.js"
    data.write_text(data.read_text(encoding="utf-8").replace('"schema":1', '"schema":2', 1), encoding="utf-8")
    page = visit(folder=copy)
    assert "made by a newer version" in page.locator("main").inner_text()
    assert cells(page) != []
