"""Charts that a script draws, in a real browser: what is drawn, what is read aloud, and what hands and keys do."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from browsing import IN_BROWSER, violations

from stallhorn.report.html.charts.scripted import SCRIPTS, STYLES

STATIC = Path(str(files("stallhorn.report.html") / "static"))
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'"

pytestmark = IN_BROWSER

DRAW = """
window.picked = [];
window.zooms = [];
window.charts = stallhorn.data().map((spec, place) => stallhorn.chart(document.getElementById("chart" + place),
  { ...spec, onpick: (line, index) => picked.push([line.id, index]), onzoom: (...view) => zooms.push(view) }));
"""


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens a page from disk that has a chart for each spec; at the end nothing may have complained."""
    contexts, complaints = [], []

    def opened(*specs: dict[str, Any], width: int = 1000, **options: Any) -> Any:
        page_in(tmp_path, specs)
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
        page.goto((tmp_path / "index.html").as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def page_in(folder: Path, specs: tuple[dict[str, Any], ...]) -> None:
    shutil.copytree(STATIC, folder / "static", dirs_exist_ok=True)
    (folder / "page.js").write_text(DRAW, encoding="utf-8")
    names = ("site.css", *(name.removeprefix("static/") for name in STYLES))
    scripts = ("static/format.js", "static/site.js", *SCRIPTS, "page.js")
    data = json.dumps(specs).replace("<", "\\u003c")
    divs = "".join(f'<div class="plot {each.get("height", "")}" id="chart{i}"></div>' for i, each in enumerate(specs))
    (folder / "index.html").write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Charts</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        + "".join(f'<link rel="stylesheet" href="static/{name}">' for name in names)
        + "".join(f'<script src="{name}" defer></script>' for name in scripts)
        + f"</head><body><main><h1>Charts</h1><section>{divs}</section></main>"
        f'<script type="application/json" id="data">{data}</script></body></html>',
        encoding="utf-8",
    )


def line(label: str, style: int = 0, **given: Any) -> dict[str, Any]:
    y = given.get("y", [])
    known = [each is not None for each in y]
    return {
        "id": label,
        "label": label,
        "style": style,
        "x": list(range(len(y))),
        "low": [v * 0.97 if ok else None for v, ok in zip(y, known, strict=True)],
        "high": [v * 1.03 if ok else None for v, ok in zip(y, known, strict=True)],
        **given,
    }


def sizes(**given: Any) -> dict[str, Any]:
    """Two backends over sizes."""
    x = [100, 1000, 10000, 100000, 1000000]
    return {
        "title": "Time against size",
        "x": {"kind": "log", "title": "n"},
        "y": {"kind": "auto", "title": "time per call", "unit": "seconds"},
        "lines": [
            line("numpy", 0, x=x, y=[1e-6, 2e-6, 1e-5, 1e-4, 1e-3]),
            line("numba", 1, x=x, y=[2e-6, 2.1e-6, 3e-6, 4.92e-6, 1e-5]),
        ],
        **given,
    }


def history(count: int = 12, gap_at: int | None = None, **given: Any) -> dict[str, Any]:
    commits = [
        {"hash": f"{i:08x}{'0' * 32}", "subject": f"commit {i}", "date": "2026-03-01", "gap": 7 if i == gap_at else 0}
        for i in range(count)
    ]
    y = [1e-3 * (1 + 0.01 * math.sin(i)) for i in range(count)]
    return {
        "title": "History",
        "x": {"kind": "commits", "commits": commits},
        "y": {"kind": "auto", "title": "time per call", "unit": "seconds"},
        "lines": [line("numpy", y=y)],
        **given,
    }


def spoken(page: Any, chart: int = 0) -> str:
    text: str = page.locator(f"#chart{chart} [aria-live]").inner_text()
    return text


def ticks(page: Any, chart: int = 0) -> list[str]:
    found: list[str] = page.locator(f"#chart{chart} text.hash").all_text_contents()
    return found


def drag(page: Any, start: float, end: float, chart: int = 0) -> None:
    """Across the chart, from and to a share of its width."""
    area = page.locator(f"#chart{chart} .plot-area")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, y)
    page.mouse.move(box["x"] + box["width"] * end, y)
    page.mouse.up()


def test_lines_have_a_band_markers_ticks_with_units_and_a_legend(show: Callable[..., Any]) -> None:
    page = show(sizes())
    chart = page.locator("#chart0")
    assert chart.locator("svg.plot-svg path.line").count() == 2
    assert chart.locator("svg.plot-svg path.band").count() == 2
    texts = chart.locator("svg.plot-svg text").all_text_contents()
    assert {"1 µs", "10 µs", "100 µs", "1 ms", "100", "1,000", "1e5", "1e6"} <= set(texts)
    assert "time per call (log scale)" in texts
    assert "1.00 ms at 1e6 0.970 to 1.03 ms" in chart.locator(".plot-legend tbody tr").first.inner_text()


def test_keys_read_the_values(show: Callable[..., Any]) -> None:
    page = show(sizes())
    page.keyboard.press("Tab")
    assert spoken(page) == "numpy: 1e6 → 1.00 ms (0.970 to 1.03 ms), point 5 of 5"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert spoken(page).startswith("numba: 1e5 → 4.92 µs")
    page.keyboard.press("Home")
    assert spoken(page).endswith("point 1 of 5")
    page.keyboard.press("ArrowLeft")
    assert spoken(page).endswith("point 1 of 5")
    page.keyboard.press("Enter")
    assert page.evaluate("picked") == [["numba", 0]]
    assert "n 100\nnumba: 2.00 µs" in page.locator("#chart0 .tip").inner_text()
    page.keyboard.press("Escape")
    assert page.locator("#chart0 .tip").is_hidden()


def test_keys_pass_over_what_was_not_measured_and_lines_that_are_hidden(show: Callable[..., Any]) -> None:
    spec = history(lines=[line("a", y=[1.0, None, 3.0]), line("b", 1, y=[2.0, 2.0, 2.0]), line("c", 2, y=[1.0] * 3)])
    spec["lines"][1]["hidden"] = True
    page = show(spec)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    assert spoken(page).startswith("a: 00000000 → 1.00 s")
    page.keyboard.press("ArrowDown")
    assert spoken(page).startswith("c: 00000000")


def test_keys_zoom_and_show_all_again(show: Callable[..., Any]) -> None:
    page = show(history(40))
    whole = ticks(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert ticks(page) != whole
    assert "00000027" not in ticks(page)
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    assert spoken(page).startswith("numpy: 00000014")  # the view went with it
    page.keyboard.press("0")
    assert sorted(ticks(page)) == sorted(whole)


def test_a_drag_zooms_and_a_double_click_resets(show: Callable[..., Any]) -> None:
    page = show(history(40))
    whole = ticks(page)
    drag(page, 0.5, 0.7)
    inside = ticks(page)
    assert whole[0] not in inside
    assert all(0x10 <= int(each, 16) <= 0x1E for each in inside)
    page.locator("#chart0 .plot-area").dblclick()
    assert ticks(page) == whole
    drag(page, 0.5, 0.7)
    page.get_by_role("button", name="Show all").click()
    assert ticks(page) == whole


def test_a_chart_begins_with_the_stretch_that_it_is_given(show: Callable[..., Any]) -> None:
    page = show(
        history(40, view=[10, 20]), sizes(view=[1000, 100000]), history(40, view=[-5, 99]), history(0, view=[0, 1])
    )
    assert {int(each, 16) for each in ticks(page)} <= set(range(10, 21))
    assert page.locator("#chart0 .plot-whole").is_visible() and page.locator("#chart1 .plot-whole").is_visible()
    assert not page.locator("#chart2 .plot-whole").is_visible() and not page.locator("#chart3 .plot-whole").is_visible()
    page.locator("#chart0 .plot-area").dblclick()
    assert "00000027" in ticks(page)


def test_who_draws_a_chart_is_told_of_its_zoom(show: Callable[..., Any]) -> None:
    page = show(history(40, link="one"), history(40, link="one"), sizes())
    drag(page, 0.5, 0.7)
    (told,) = page.evaluate("zooms")  # by the chart in which somebody zoomed alone
    assert 0x10 <= told[0] < told[1] <= 0x1E
    page.locator("#chart1 .plot-area").dblclick()
    assert page.evaluate("zooms.at(-1)") == [None, None]
    drag(page, 0.5, 0.8, 2)
    low, high = page.evaluate("zooms.at(-1)")
    assert 1e3 < low < high < 1e6 and page.evaluate("zooms.length") == 3


def test_charts_of_one_link_share_pointer_and_zoom_by_commit(show: Callable[..., Any]) -> None:
    first = history(40, link="one")
    second = history(40, link="one", height="strip")
    second["x"] = {**second["x"], "commits": second["x"]["commits"][10:]}  # the same commits have other places here
    second["lines"] = [line("memory", y=[1.0] * 30)]
    page = show(first, second, history(40, link="other"))
    page.keyboard.press("Tab")
    for key in ("ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    assert page.locator("#chart1 .plot-pointer path").count() == 2
    assert page.locator("#chart2 .plot-pointer path").count() == 0
    drag(page, 0.5, 0.7)
    assert set(ticks(page, 1)) <= {f"{i:08x}" for i in range(0x10, 0x1F)}
    assert "00000027" in ticks(page, 2)
    page.keyboard.press("0")
    assert "00000027" in ticks(page, 1)


def test_a_commit_that_was_not_measured_breaks_the_line(show: Callable[..., Any]) -> None:
    page = show(history(12, gap_at=6), history(12, lines=[line("a", y=[1.0, 1.0, None, 1.0, 1.0])]))
    parts = "(chart) => document.querySelector(`#${chart} path.line`).getAttribute('d').split('M').length - 1"
    assert [page.evaluate(parts, "chart0"), page.evaluate(parts, "chart1")] == [2, 2]
    assert page.locator("#chart0 rect.gap title").text_content() == "7 commits not tested"


def test_a_logarithmic_axis_says_what_it_leaves_out(show: Callable[..., Any]) -> None:
    page = show(sizes(lines=[line("a", x=[0, 1, 10, 100], y=[1.0, 0.0, 10.0, -1.0])], y={"kind": "log"}))
    assert page.locator("#chart0 .plot-note").inner_text().startswith("3 missing: values of 0 or less")


def test_without_values_it_says_so(show: Callable[..., Any]) -> None:
    empty = history(0, lines=[])
    page = show(empty, history(3, lines=[line("a", y=[None, None, None])]), sizes(lines=[line("b", x=[], y=[])]))
    for chart in range(3):
        assert page.locator(f"#chart{chart} .plot-note").inner_text() == "Nothing was measured here."
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    assert "not measured" in page.locator("#chart1 .plot-legend").inner_text()


def test_one_point_is_drawn_with_its_interval(show: Callable[..., Any]) -> None:
    page = show(history(1))
    assert page.locator("#chart0 path.point").count() > 0
    assert page.locator("#chart0 path.band").get_attribute("d")
    page.keyboard.press("Tab")
    assert spoken(page) == "numpy: 00000000 → 1.00 ms (0.970 to 1.03 ms), point 1 of 1"


def test_a_hidden_line_leaves_and_keeps_its_colour(show: Callable[..., Any]) -> None:
    page = show(sizes())
    button = page.locator("#chart0").get_by_role("button", name="numpy")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    shown = page.locator("#chart0 svg.plot-svg path.line")
    assert [each.get_attribute("class") for each in shown.all()] == ["line s2"]
    assert (
        "1 ms" not in page.locator("#chart0 svg.plot-svg text").all_text_contents()
    )  # the height is that of what is left
    page.evaluate("charts[0].update({...stallhorn.data()[0], title: 'Other'})")
    assert shown.count() == 1


def test_texts_of_marks_lie_beside_each_other_inside_the_chart(show: Callable[..., Any]) -> None:
    marks = [{"x": i + 0.5, "text": f"▲ 1.{i}0x slower, numba only", "tone": "slower"} for i in range(0, 30, 3)]
    page = show(history(30, marks=marks), width=700)
    boxes = page.evaluate(
        "[...document.querySelectorAll('#chart0 text.mark')].map((each) => {"
        " const {left, right, top, bottom} = each.getBoundingClientRect(); return [left, right, top, bottom]; })"
    )
    edge = page.locator("#chart0 svg.plot-svg").bounding_box()
    assert len(boxes) >= 4
    for place, (left, right, top, bottom) in enumerate(boxes):
        assert edge["x"] - 1 <= left and right <= edge["x"] + edge["width"] + 1
        for other in boxes[:place]:
            assert right <= other[0] or left >= other[1] or bottom <= other[2] + 2 or top >= other[3] - 2
    assert page.locator("#chart0 path.stem").count() == 10
    assert page.locator("#chart0 .plot-note").inner_text().startswith("Also marked: ▲ 1.")


def test_a_mark_leads_to_its_page_unless_the_address_is_a_script(show: Callable[..., Any]) -> None:
    marks = [
        {"x": 2.5, "text": "good", "tone": "slower", "href": "changes.html#c1"},
        {"x": 9, "text": "bad", "tone": "tag", "href": "javascript:alert(1)"},
    ]
    page = show(history(marks=marks))
    assert [each.get_attribute("href") for each in page.locator("#chart0 a").all()] == ["changes.html#c1"]
    assert page.get_by_role("link", name="good").count() == 1


def test_hollow_dotted_guides_ribbons_and_notes(show: Callable[..., Any]) -> None:
    spec = sizes(
        ribbons=[{"from": 100, "to": 1000, "text": "numpy fastest", "style": 0}],
        guides=[{"y": 1e-5, "text": "limit"}, {"x": 38000, "text": "my n"}, {"points": [[100, 1e-6], [1e6, 1e-3]]}],
    )
    spec["lines"][0].update(
        hollow=[False] * 4 + [True], dotted=[[10000, 1000000]], notes=[None] * 4 + ["asked 8, used 4"]
    )
    page = show(spec)
    chart = page.locator("#chart0")
    assert chart.locator("path.hollow").count() == chart.locator("path.line.dotted").count() == 1
    assert {"numpy fastest", "limit", "my n"} <= set(chart.locator("svg.plot-svg text").all_text_contents())
    assert chart.locator("path.guide").count() == 3
    page.keyboard.press("Tab")
    assert "asked 8, used 4" in spoken(page)
    assert "asked 8, used 4" in chart.locator(".tip").inner_text()
    chart.locator("summary").click()
    assert "asked 8, used 4" in chart.locator("details tbody tr").last.inner_text()


def test_the_values_are_a_table_of_what_is_in_view(show: Callable[..., Any]) -> None:
    page = show(history(40), history(5000))
    for chart in (0, 1):
        page.locator(f"#chart{chart} summary").click()
    assert page.locator("#chart0 details tbody tr").count() == 40
    drag(page, 0.5, 0.7)
    assert page.locator("#chart0 details tbody tr").count() < 15
    assert page.locator("#chart1 details tbody tr").count() <= 600
    assert "of 5,000 places" in page.locator("#chart1 .plot-left").inner_text()


def test_six_long_lines_are_drawn_with_few_nodes(show: Callable[..., Any]) -> None:
    lines = [
        line(f"line {i}", i, y=[(i + 1) * (1 + 0.02 * math.sin(j * (i + 2))) for j in range(5000)]) for i in range(7)
    ]
    page = show(history(5000, lines=lines))
    assert page.evaluate("document.querySelectorAll('*').length") < 250
    assert page.locator("#chart0 .plot-note").inner_text() == "1 more line is not drawn."
    assert (
        page.evaluate(
            "Math.max(...[...document.querySelectorAll('path.line')].map((each) => each.getAttribute('d').length))"
        )
        < 60_000
    )
    started = page.evaluate("performance.now()")
    for _ in range(5):
        page.evaluate("charts[0].update(stallhorn.data()[0])")
    assert (page.evaluate("performance.now()") - started) / 5 < 3000  # far from what a person would notice as stuck


def test_untrusted_texts_stay_texts(show: Callable[..., Any]) -> None:
    evil = '<img src=x onerror="document.title=1"></text><script>document.title=2</script>'
    spec = history(3, title=evil, description=evil, marks=[{"x": 1, "text": evil, "tone": evil, "href": evil}])
    spec["lines"] = [line(evil, y=[1.0, 2.0, 3.0], notes=[evil] * 3)]
    spec["x"]["commits"][0].update(subject=evil, hash=evil, date=evil, tags=[evil])
    spec["guides"] = [{"y": 2.0, "text": evil}]
    spec["ribbons"] = [{"from": 0, "to": 2, "text": evil, "style": evil}]
    page = show(spec)
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    page.locator("#chart0 summary").click()
    assert page.title() == "Charts"
    assert page.locator("#chart0 img, #chart0 script").count() == 0
    assert evil in page.locator("#chart0 .plot-legend").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_they_fit_and_axe_finds_nothing(show: Callable[..., Any], scheme: str, width: int) -> None:
    marks = [
        {"x": 3, "text": "▲ 2.00x slower", "tone": "slower", "href": "a.html"},
        {"x": 5, "text": "v1", "tone": "tag"},
    ]
    specs = (history(40, marks=marks, link="a"), history(40, height="strip", legend=False), sizes(height="tall"))
    page = show(*specs, width=width, color_scheme=scheme)
    for summary in page.locator("summary").all():
        summary.click()
    drag(page, 0.4, 0.8)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = violations(page)
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def test_its_height_is_reserved_before_it_is_drawn(show: Callable[..., Any]) -> None:
    specs = (history(), history(height="strip", legend=False, table=False), sizes(height="tall"))
    page = show(*specs)
    areas = [page.locator(f"#chart{i} .plot-area").bounding_box()["height"] for i in range(3)]
    page.evaluate("charts.forEach((each) => each.destroy())")
    page.evaluate("document.querySelectorAll('section > div').forEach((each, i) => each.classList.add('plot'))")
    kept = [page.locator(f"#chart{i}").bounding_box()["height"] for i in range(3)]
    assert all(room >= area for room, area in zip(kept, areas, strict=True))


def test_a_new_width_and_forced_colours_are_drawn_again(show: Callable[..., Any]) -> None:
    page = show(history(40), forced_colors="active")
    many = len(ticks(page))
    page.set_viewport_size({"width": 340, "height": 800})
    page.wait_for_function("(many) => document.querySelectorAll('#chart0 text.hash').length < many", arg=many)
    assert page.evaluate("getComputedStyle(document.querySelector('path.line')).stroke") == page.evaluate(
        "getComputedStyle(document.querySelector('h1')).color"
    )


def test_a_tap_reads_a_value(show: Callable[..., Any]) -> None:
    page = show(history(3), has_touch=True, width=390)
    box = page.locator("#chart0 .plot-area").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 30, box["y"] + box["height"] / 2)
    assert "00000002" in page.locator("#chart0 .tip").inner_text()
