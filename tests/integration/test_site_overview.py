"""The first page in a real browser: the table of all series, its filters, order, keys and address; numbers in words."""

from __future__ import annotations

import json
import random
import shutil
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browsing import IN_BROWSER

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "report_html"))

from report_builder import NOW, compare, demo, key, ok, one_series, report, revision
from test_site_browser import Visit

from stallhorn import units
from stallhorn.model import Benchmark, Series, Verdict
from stallhorn.report.html import publish, words
from stallhorn.report.html.view import arrange
from stallhorn.report.sentence import change_in_words

pytestmark = IN_BROWSER

SERIES = 3000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    return publish(demo(folder), folder / "html", generated=NOW).parent


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3,000 series of 60 benchmarks with backends, on two machines."""
    at = [revision(0), revision(1)]
    found = []
    for number in range(SERIES):
        of = key(
            f"module{number % 6}.Case{number % 60:02}.time_it",
            machine=f"m{number % 2}",
            n=str(number),
            backend=repr("numba" if number % 3 else "jax"),
        )
        found.append(Series(of, "seconds", (ok(of, at[0], 1e-3), ok(of, at[1], 1e-3 * (1 + number / SERIES)))))
    compared = [compare(each.points[1], 1e-3, Verdict.CLEAN) for each in found]
    benchmarks = [
        Benchmark(name, "time", "seconds", "1", ("backend", "n"), (("'jax'", "'numba'"), ("1",)))
        for name in dict.fromkeys(each.key.benchmark for each in found)
    ]
    made = report(found, revisions=at, comparisons=compared, benchmarks=benchmarks)
    return publish(made, tmp_path_factory.mktemp("many"), generated=NOW).parent


def opened(browser: Any, folder: Path, query: str = "", page: str = "index.html", **options: Any) -> Visit:
    visit = Visit(browser, (folder / page).as_uri() + query, **options)
    visit.page.wait_for_selector(".vt-space .vt-row", state="attached")
    return visit


def told(visit: Visit) -> str:
    return str(visit.page.inner_text("output"))


def press(visit: Visit, standing: str) -> None:
    visit.page.click(f".counts button:has-text('{standing}')")


# --- the table


def test_only_the_rows_in_view_are_elements(browser: Any, many: Path) -> None:
    with opened(browser, many) as visit:
        assert visit.page.get_attribute(".vt", "aria-rowcount") == str(SERIES + 1)
        assert len(visit.shown()) < 40
        assert visit.page.locator("*").count() < 1500
        visit.page.eval_on_selector(".vt-body", "body => { body.scrollTop = body.scrollHeight; }")
        visit.page.wait_for_selector(f'.vt-row[aria-rowindex="{SERIES + 1}"]')
        assert len(visit.shown()) < 60
        assert visit.complaints == []


def test_intervals_and_histories_of_late_rows_come_when_they_are_seen(browser: Any, many: Path) -> None:
    with opened(browser, many) as visit:
        assert not any("series-rest" in url for url in visit.requests)
        visit.page.eval_on_selector(".vt-body", "body => { body.scrollTop = body.scrollHeight; }")
        last = visit.page.locator(f'.vt-row[aria-rowindex="{SERIES + 1}"]')
        last.locator("svg.spark").wait_for()
        assert " to " in last.locator(".interval").inner_text()


def test_every_row_tells_what_its_series_is(browser: Any, site: Path) -> None:
    with opened(browser, site, "?q=n%3D500+backend%3Dnumba+slower") as visit:
        rows = visit.shown()
        assert rows
        for row in rows:
            assert "rbf.Rbf.measure" in row
            assert "n=500, backend=numba" in row
            assert "▲" in row and "slower" in row
            assert " to " in row


def test_the_same_numbers_as_without_a_script(browser: Any, site: Path) -> None:
    def numbers(rows: list[str]) -> list[str]:
        return sorted(" ".join(row.split()) for row in rows)

    with opened(browser, site, viewport={"width": 1280, "height": 9000}) as visit:
        drawn = numbers(visit.shown())
    with Visit(browser, (site / "index.html").as_uri(), java_script_enabled=False) as visit:
        assert drawn == numbers(visit.shown())


# --- filters


def test_the_filter_keeps_rows_that_have_every_word_and_tells_how_many(browser: Any, site: Path) -> None:
    with opened(browser, site) as visit:
        assert told(visit) == "40 series; 2 skipped not shown"
        visit.page.fill("#filter", "numba= n=500 SLOWER")
        assert 0 < len(visit.shown()) < 12
        assert all("n=500" in row and "slower" in row for row in visit.shown())
        assert told(visit) == f"{len(visit.shown())} of 42 series"
        visit.page.fill("#filter", "no such thing")
        assert told(visit) == "No series match"
        assert visit.page.locator(".vt-empty").is_visible()
        visit.page.fill("#filter", "n=50, backend=jax blas=1")
        assert told(visit) == "No series match; 2 skipped not shown"
        visit.page.click("button:has-text('Show all')")
        assert told(visit) == "40 series; 2 skipped not shown"
        assert visit.page.input_value("#filter") == ""


def test_the_counts_filter_by_standing_and_the_address_remembers(browser: Any, site: Path) -> None:
    with opened(browser, site) as visit:
        press(visit, "failed")
        assert len(visit.shown()) == 1
        again = visit.page.url
        assert "standing=failed" in again
    with Visit(browser, again) as visit:
        assert len(visit.shown()) == 1
        assert visit.page.get_attribute(".counts button:has-text('failed')", "aria-pressed") == "true"
        assert visit.complaints == []


def test_skipped_series_are_shown_when_their_count_is_pressed(browser: Any, site: Path) -> None:
    with opened(browser, site) as visit:
        assert "39 measured, 1 failed, 2 skipped" in visit.page.inner_text("h2#series")
        assert not any("skipped" in row for row in visit.shown())
        count = visit.page.locator(".counts button:has-text('skipped')")
        assert count.get_attribute("aria-pressed") == "false"
        count.focus()
        visit.page.keyboard.press("Space")
        assert count.get_attribute("aria-pressed") == "true"
        assert len(visit.shown()) == 2
        assert all("jax has no setting" in row for row in visit.shown())
        count.press("Enter")
        assert told(visit) == "40 series; 2 skipped not shown"
        assert "standing" not in visit.page.url


def test_the_filter_knows_a_parameter_that_the_table_leaves_out(browser: Any, tmp_path: Path) -> None:
    series = [one_series([1e-3], key(n=n, variant="'default'"))[1] for n in "12"]
    publish(report(series), tmp_path / "html", generated=NOW)
    with opened(browser, tmp_path / "html", "?q=variant%3Ddefault+n%3D2") as visit:
        assert len(visit.shown()) == 1
        assert "variant" not in visit.shown()[0]


def test_choices_narrow_and_stay_in_the_address(browser: Any, many: Path) -> None:
    with opened(browser, many) as visit:
        visit.page.get_by_label("Machine").first.select_option("m1")
        assert told(visit) == "1,500 of 3,000 series"
        visit.page.get_by_label("Backend").select_option("jax")
        assert told(visit) == "500 of 3,000 series"
        again = visit.page.url
    with opened(browser, many, "?" + again.partition("?")[2]) as visit:
        assert told(visit) == "500 of 3,000 series"
        assert visit.page.get_by_label("Backend").input_value() == "jax"
        assert all("m1" in row and "backend=jax" in row for row in visit.shown())


def test_an_address_with_unknown_values_is_no_error(browser: Any, many: Path) -> None:
    with opened(browser, many, "?standing=nonsense&backend=%00&sort=-nothing&machine=m7#%E0%A4%A") as visit:
        assert told(visit) == "3,000 series"
        assert visit.complaints == []


# --- order


def test_columns_sort_numbers_by_size_and_turn_around(browser: Any, many: Path) -> None:
    def ratios(visit: Visit) -> list[float]:
        return [float(row.split("(+")[1].split("\u00a0")[0]) for row in visit.shown()]

    with opened(browser, many) as visit:
        head = visit.page.locator(".vt-head button:has-text('Against')")
        head.click()
        assert ratios(visit) == sorted(ratios(visit), reverse=True)
        assert ratios(visit)[0] == pytest.approx(100, abs=0.1)
        assert visit.page.locator("[aria-sort=descending]").count() == 1
        head.press("Enter")
        assert ratios(visit) == sorted(ratios(visit))
        assert "sort=against" in visit.page.url
        head.press("Enter")
        assert visit.page.locator("[aria-sort]").count() == 0
        assert "sort" not in visit.page.url
        visit.page.locator(".vt-head button:has-text('Parameters')").click()
        sizes = [int(row.split("n=")[1].split(",")[0]) for row in visit.shown()]
        assert sizes == sorted(sizes) == list(range(len(sizes)))


def test_the_most_urgent_come_first(browser: Any, site: Path) -> None:
    with opened(browser, site) as visit:
        rows = visit.shown()
        slower = sum("slower" in row for row in rows)
        assert all("slower" in row for row in rows[:slower])
        assert "✕" in rows[slower]


# --- keys


def test_the_table_is_read_by_keys(browser: Any, many: Path) -> None:
    def place(visit: Visit) -> int:
        script = "Number(document.activeElement.closest('.vt-row')?.getAttribute('aria-rowindex'))"
        return int(visit.page.evaluate(script))

    with opened(browser, many) as visit:
        visit.page.keyboard.press("/")
        assert visit.page.evaluate("document.activeElement.id") == "filter"
        visit.page.keyboard.press("ArrowDown")
        assert place(visit) == 2
        for _ in range(30):
            visit.page.keyboard.press("ArrowDown")
        assert place(visit) == 32
        visit.page.keyboard.press("PageDown")
        assert place(visit) > 34
        visit.page.keyboard.press("End")
        assert place(visit) == SERIES + 1
        visit.page.wait_for_selector(f'.vt-row[aria-rowindex="{SERIES + 1}"] svg.spark')
        assert place(visit) == SERIES + 1  # also after the rows were drawn anew
        visit.page.keyboard.press("Home")
        assert place(visit) == 2
        visit.page.keyboard.press("ArrowUp")
        assert place(visit) == 2


def test_a_dialog_tells_the_keys(browser: Any, site: Path) -> None:
    with opened(browser, site) as visit:
        visit.page.keyboard.press("?")
        dialog = visit.page.locator("dialog[open]")
        assert "search" in dialog.inner_text()
        visit.page.keyboard.press("Escape")
        visit.page.wait_for_selector("dialog", state="detached")
        visit.page.fill("#filter", "")
        visit.page.type("#filter", "?/")
        assert visit.page.input_value("#filter") == "?/"


# --- colours, links, print


def test_the_choice_of_colours_holds_on_the_next_page(browser: Any, site: Path) -> None:
    def is_dark(visit: Visit) -> bool:
        colour = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour.strip("rgb()").split(",")) < 150

    with opened(browser, site, color_scheme="light") as visit:
        button = visit.page.locator(".tools button").first
        for name, dark in (("light", False), ("dark", True)):
            button.click()
            assert visit.page.get_by_role("button", name=f"Colours: {name}").is_visible()
            assert is_dark(visit) is dark
        visit.page.goto((site / "help.html").as_uri())
        assert is_dark(visit)
        visit.page.locator(".tools button").first.click()
        assert not is_dark(visit)


def test_on_paper_rows_follow_each_other(browser: Any, many: Path) -> None:
    with opened(browser, many, "?q=case07") as visit:
        visit.page.emulate_media(media="print")
        visit.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        boxes = visit.page.eval_on_selector_all(
            ".vt-space .vt-row", "rows => rows.map((row) => [row.getBoundingClientRect().top, row.offsetHeight])"
        )
        assert len(boxes) == 50
        assert all(after >= top + height - 1 for (top, height), (after, _) in pairwise(boxes))
        visit.page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert len(visit.shown()) < 50


# --- the list of benchmarks


def test_the_list_of_benchmarks_is_searched(browser: Any, many: Path) -> None:
    with opened(browser, many, page="benchmarks.html") as visit:
        assert told(visit) == "60 benchmarks"
        visit.page.fill("#filter", "case07")
        assert told(visit) == "1 of 60 benchmarks"
        visit.page.click(".vt-row a")
        visit.page.wait_for_url("**/benchmark/*.html")


# --- data of another version, numbers in words


def test_data_of_a_newer_version_is_said_and_rows_are_shown_without_it(
    browser: Any, site: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(site, tmp_path / "html")
    data = copy / "data" / "series.js"
    data.write_text(data.read_text().replace('"schema":1', '"schema":2', 1))
    with Visit(browser, (copy / "index.html").as_uri()) as visit:
        assert "made by a newer version" in visit.page.inner_text("main")
        assert len(visit.shown()) == 40
        assert visit.complaints == []


def numbers() -> list[list[object]]:
    """Values with a unit and another value: sizes of all kinds, and those that lie between two last digits."""
    rng = random.Random(1)
    between = [0, 1, 1.125, 2.5, 100.5, 1.5, 1536, 1024 * 100.5, 0.0625, 1.0625, 0.9995, 12345, 123450, 2.675]
    found: list[list[object]] = []
    for number in range(3000):
        value = 10 ** rng.uniform(-10, 6) * rng.choice([1, 1, -1]) if number % 4 else rng.choice(between)
        found.append([value, rng.choice(["seconds", "bytes", "items"]), value * rng.choice([1.02, 1.5, 20, 1])])
    return found


def test_numbers_are_the_same_in_scripts_and_pages(browser: Any, site: Path) -> None:
    found = numbers()
    with opened(browser, site) as visit:
        said = visit.page.evaluate(
            """(found) => found.map(([a, unit, b]) => { const all = window.stallhorn.format;
            return [all.quantity(a, unit), all.interval(a, b, unit), all.ratio(a, unit), all.percent(a)]; })""",
            found,
        )
        assert visit.page.evaluate("window.stallhorn.format.count(1234567)") == "1,234,567"
    for (value, unit, other), texts in zip(found, said, strict=True):
        expected = [
            units.quantity(value, unit),
            units.interval(value, other, unit),
            change_in_words(value, unit),
            words.percent(value),
        ]
        assert texts == expected, (value, unit, other)


def test_the_index_says_of_every_series_what_the_report_does(browser: Any, tmp_path: Path) -> None:
    made = demo(tmp_path)
    publish(made, tmp_path / "html", generated=NOW)
    rows = arrange(made, NOW).indexed
    with opened(browser, tmp_path / "html") as visit:
        visit.page.evaluate("window.stallhorn.series().rest()")
        said = visit.page.evaluate(
            """() => { const all = window.stallhorn.series(), { quantity, interval } = window.stallhorn.format;
            return Array.from({ length: all.count }, (_, i) => [all.benchmark(i), all.parameters(i), all.machine(i),
              all.verdict(i), all.reason(i), quantity(all.value(i), all.unit(i)),
              interval(all.low(i), all.high(i), all.unit(i))]); }"""
        )
    for row, texts in zip(rows, said, strict=True):
        point, unit = row.measured, row.series.unit
        assert point is not None
        expected = [
            row.key.benchmark,
            str(row.key.parameters),
            row.key.machine,
            row.verdict,
            row.reason,
            units.quantity(point.value, unit),
            units.interval(point.low, point.high, unit),
        ]
        assert json.loads(json.dumps(texts)) == expected
