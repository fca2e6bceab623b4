"""The Compare page in a real browser: it decides as stallhorn.contrast does, and everything is in the address."""

from __future__ import annotations

import math
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browsing import IN_BROWSER

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "report_html"))

from report_builder import NOW, demo, key, missing, ok, one_series, report, revision

from stallhorn.contrast import Side, completed, contrast
from stallhorn.model import Benchmark, Direction, Machine, Observation, Report, Series, SeriesKey, Status
from stallhorn.report.environments import differences
from stallhorn.report.html import publish

COMMITS = 30
DRAWN = ".vt, [data-trouble]:not(:empty), [data-sides] code"  # a comparison, why there is none, or what to do first

pytestmark = IN_BROWSER


def mixed() -> Report:
    """Two environments, machines and backends over thirty commits: steps, noise of every size, gaps and failures."""
    rng = random.Random(5)
    at = [replace(revision(place), tags=("v1.0",) if place == 3 else ()) for place in range(COMMITS)]
    series = [
        _random(rng, key(f"m.{name}.time_it", environment, machine, backend=repr(backend), n=n), at)
        for name, backend in (("Rbf", "numpy"), ("Rbf", "numba"), ("RbfJax", "jax"))
        for environment in ("np1", "np2")
        for machine in ("box", "tower")
        for n in ("10", "100", "1000")
    ]
    series += [replace(_random(rng, key("m.rate", "np1", "box"), at), rising=Direction.FASTER, unit="calls per second")]
    counts = replace(one_series([1.0] * (COMMITS - 1) + [3.0], key("m.compiles", "np1", "box"))[1])
    series += [replace(counts, unit="compilations (counted)")]
    names = ("backend", "n"), ("10", "100", "1000")
    benchmarks = [
        Benchmark("m.Rbf.time_it", "time", "seconds", "v1", names[0], (("'numpy'", "'numba'"), names[1])),
        Benchmark("m.RbfJax.time_it", "time", "seconds", "v1", names[0], (("'jax'",), names[1])),
    ]
    seen = tuple(
        Observation(each.key, at[place].commit, Status.OK, {"versions": {"numpy": version}}, "0", 1)
        for each in series[:12]
        for place, version in ((0, "1.26.0"), (COMMITS - 2, "2.0.0"), (COMMITS - 1, f"2.{each.key.environment[-1]}.1"))
    )
    machines = {"box": Machine("box", "Linux", "EPYC", "2"), "tower": Machine("tower", "Linux", "Xeon", "8")}
    return report(series, revisions=at, benchmarks=benchmarks, observations=seen, machines=machines)


def _random(rng: random.Random, of: SeriesKey, at: list[Any]) -> Series:
    level, noise = 10 ** rng.uniform(-6, 1), rng.choice([0.002, 0.02, 0.2])
    points = []
    for place, each in enumerate(at):
        level *= rng.choice([1.0] * 12 + [1.2, 0.7])
        if rng.random() < 0.1:
            continue
        if rng.random() < 0.05:
            points.append(missing(of, each, rng.choice([Status.FAILED, Status.SKIPPED, Status.TIMEOUT]), "no"))
            continue
        point = ok(of, each, level * math.exp(rng.gauss(0, noise)), rng.choice([0.001, 0.02, 0.3]))
        points.append(replace(point, low=None, high=None, samples=()) if place % 7 == 0 else point)
    return Series(of, "seconds", tuple(points))


@pytest.fixture(scope="module")
def history() -> Report:
    return mixed()


@pytest.fixture(scope="module")
def page(history: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mixed")
    publish(history, folder / "html", generated=NOW)
    return folder / "html" / "compare.html"


class Visit:
    """One page in its own context; what it logs and where it fails is kept."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        # What a page that is left behind was still asking for is no fault of it.
        self.page.on(
            "requestfailed",
            lambda request: request.failure == "net::ERR_ABORTED" or self.complaints.append(f"failed: {request.url}"),
        )
        self.page.goto(address)
        if options.get("java_script_enabled", True):
            self.page.wait_for_function(f"!document.querySelector('[data-sides]') || document.querySelector('{DRAWN}')")

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def text(self, part: str) -> str:
        return str(self.page.inner_text(f"[data-{part}]"))

    def rows(self) -> list[str]:
        return [text.replace("\n", " ") for text in self.page.locator(".vt-space .vt-row").all_inner_texts()]


DECIDE = """async ([a, b]) => {
  const rule = stallhorn.contrast, data = stallhornData.compare, series = stallhorn.series();
  const known = rule.known(data, series);
  const [one, other] = rule.completed(rule.read(a, known), rule.read(b, known), known);
  const values = async ({ commit }) => {
    const name = "commit/" + Math.floor(data.commits.findIndex(([hash]) => hash === commit) / data.block);
    await stallhorn.load(`data/${name}.js`);
    return rule.decode(stallhornData[name].values[commit], series.count);
  };
  const found = rule.compare(one, other, await values(one), await values(other), known);
  const number = (value) => (Number.isNaN(value) ? null : value);  // JSON has no NaN
  return {
    commits: [one.commit, other.commit], counts: found.counts, mean: [found.mean, found.low, found.high].map(number),
    extremes: [found.worst, found.best].map((each) => each && [each.first, each.second]),
    differences: rule.differences(one, other, known).map((each) => [each.what, each.before, each.after, each.where]),
    pairs: found.pairs.map((each) => ({
      first: each.first, second: each.second, outcome: rule.OUTCOMES[each.outcome].words, reason: each.reason,
      significant: each.significant, relevant: each.relevant, bounds: [each.ratio, each.low, each.high].map(number),
    })),
  };
}"""


def sides(history: Report) -> list[tuple[str, str, Side, Side]]:
    commits = [each.commit for each in history.history.revisions]
    last, before, old = commits[-1], commits[-2], commits[3]
    return [
        (before, last, Side(before), Side(last)),
        ("v1.0", last[:8], Side(old), Side(last)),
        ("env:np1", "env:np2", Side(environment="np1"), Side(environment="np2")),
        ("backend:numpy", "backend:jax", Side(backend="numpy"), Side(backend="jax")),
        ("machine:box", "machine:tower", Side(machine="box"), Side(machine="tower")),
        (f"{old[:9]},env:np1", f"{last},env:np2", Side(old, "np1"), Side(last, "np2")),
        (f"{last},backend:numba", "env:np2", Side(last, backend="numba"), Side(environment="np2")),
    ]


@pytest.mark.parametrize("number", range(7))
def test_the_page_decides_as_the_command_does(browser: Any, page: Path, history: Report, number: int) -> None:
    a, b, one, other = sides(history)[number]
    one, other = completed(history.history, one, other)
    expected = contrast(history.history, one, other)
    with Visit(browser, page.as_uri()) as visit:
        found = visit.page.evaluate(DECIDE, [a, b])
        assert visit.complaints == []
    assert found["commits"] == [one.commit, other.commit]
    assert [(each["first"], each["second"]) for each in found["pairs"]] == list(
        zip(expected.firsts.tolist(), expected.seconds.tolist(), strict=True)
    )
    for pair, each in enumerate(found["pairs"]):
        assert each["outcome"] == expected.outcome(pair).value
        assert each["reason"] == expected.reasons.get(pair, "")
        assert each["significant"] == bool(expected.significant[pair])
        assert each["relevant"] == bool(expected.relevant[pair])
        bounds = [float(column[pair]) for column in (expected.ratios, expected.lows, expected.highs)]
        assert _numbers(each["bounds"]) == pytest.approx(bounds, rel=3e-3, nan_ok=True)
    summary = expected.summary
    assert found["counts"] == list(summary.counts.values())
    mean = _numbers([summary.mean, summary.low, summary.high])
    assert _numbers(found["mean"]) == pytest.approx(mean, rel=1e-3, nan_ok=True)
    for each, place in zip(found["extremes"], (summary.worst, summary.best), strict=True):
        assert (each is None) == (place is None)
        assert place is None or each == [expected.firsts[place], expected.seconds[place]]
    told = differences(history.history, one, other)
    assert found["differences"] == [[each.what, each.before, each.after, each.where] for each in told]


def _numbers(given: list[float | None]) -> list[float]:
    return [math.nan if each is None else each for each in given]


def test_the_histories_are_of_every_kind(history: Report) -> None:
    """The test above says nothing about outcomes that never come."""
    words = set()
    for _, _, *named in sides(history):
        found = contrast(history.history, *completed(history.history, *named))
        words |= {found.outcome(pair).value for pair in range(len(found))}
    assert words == {"slower", "faster", "too noisy to say", "within noise", "not comparable"}


def test_two_environments_by_hand(browser: Any, page: Path) -> None:
    with Visit(browser, page.as_uri()) as visit:
        before = visit.text("answer")
        for place, name in enumerate(("np1", "np2")):
            visit.page.locator("fieldset.side").nth(place).locator("input").fill("")
            visit.page.locator("fieldset.side").nth(place).locator("input").press("Tab")
            visit.page.locator("fieldset.side").nth(place).get_by_label("Environment").select_option(name)
        visit.page.wait_for_function("document.querySelector('[data-sides]').textContent.includes('np2')")
        assert "a=env%3Anp1&b=env%3Anp2" in visit.page.url
        assert visit.text("answer") != before
        assert "np2" in visit.text("sides")
        assert "numpy" in visit.text("environments")
        assert visit.text("command") == f"stallhorn compare {visit.text('command').split(' ', 2)[2]}"
        again = visit.page.url
        answer = visit.text("answer")
    with Visit(browser, again) as visit:
        assert visit.text("answer") == answer
        visit.page.click("button.swap")
        visit.page.wait_for_function("location.search.startsWith('?a=env%3Anp2')")
        assert visit.complaints == []


def test_the_filter_and_the_bars_list_series(browser: Any, page: Path, history: Report) -> None:
    with Visit(browser, page.as_uri() + "?a=backend:numpy&b=backend:jax&only=slower") as visit:
        rows = visit.rows()
        assert rows and all("slower" in row for row in rows)
        visit.page.locator(".counts button:has-text('slower')").click()
        assert len(visit.rows()) >= len(rows)
        bar = visit.page.locator(".bars-of button:enabled").last
        bar.focus()
        visit.page.keyboard.press("Enter")
        assert bar.get_attribute("aria-pressed") == "true"
        assert "bin=" in visit.page.url
        listed = len(visit.rows())
        assert f"{listed} series" in (bar.get_attribute("aria-label") or "")
        visit.page.keyboard.press("Enter")
        assert "bin=" not in visit.page.url
        assert visit.complaints == []


def test_what_is_not_comparable_is_listed_when_asked_for(browser: Any, page: Path, history: Report) -> None:
    last = history.history.revisions[-1].commit
    with Visit(browser, page.as_uri() + f"?a=v1.0&b={last}") as visit:
        assert "not measured in" not in " ".join(visit.rows())
        visit.page.click("button.list-them")
        assert "only=not+comparable" in visit.page.url
        assert all(" in A" in row or " in B" in row for row in visit.rows())


def test_several_differences_are_warned_of(browser: Any, page: Path, history: Report) -> None:
    last = history.history.revisions[-1].commit
    with Visit(browser, page.as_uri() + f"?a=v1.0,env:np1&b={last},env:np2") as visit:
        assert "These differ in 2 things: commit, environment." in visit.text("warning")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?a=nope&b=v1.0", "No measured commit has the hash or tag “nope”."),
        ("?a=env:np&b=env:np1", "is part of 2 names (environment)"),
        ("?a=env:zz&b=env:np1", "No environment with results is named “zz”."),
        ("?a=speed:1&b=v1.0", "names no kind that there is"),
        ("?a=v1.0&b=v1.0", "A and B are the same"),
        ("?a=%3Cimg%20src=x%20onerror=alert(1)%3E&b=v1.0", "<img src=x onerror=alert(1)>"),
    ],
)
def test_what_cannot_be_asked_is_answered(browser: Any, page: Path, query: str, told: str) -> None:
    with Visit(browser, page.as_uri() + query) as visit:
        assert told in visit.text("trouble")
        assert visit.complaints == []


def test_a_commit_without_results_names_the_nearest(browser: Any, tmp_path: Path) -> None:
    at = [revision(place) for place in range(4)]
    one = one_series([1.0, 1.0, None, 1.0], key(environment="np1"))[1]
    other = one_series([1.0, None, None, None], key(environment="np2"))[1]
    third = one_series([None, None, 1.0, None], key("suite.Case.time_that", environment="np1"))[1]
    publish(report([one, other, third], revisions=at), tmp_path / "html", generated=NOW)
    address = (tmp_path / "html" / "compare.html").as_uri()
    with Visit(browser, f"{address}?a={at[2].commit},env:np1&b={at[2].commit},env:np2") as visit:
        assert (
            f"B ({at[2].short}) has no results in env:np2; the nearest measured commit is {at[0].short} (2 before)."
            in visit.text("trouble")
        )


def test_a_tag_that_reads_like_two_names_is_not_offered(browser: Any, tmp_path: Path) -> None:
    at = [replace(revision(0), tags=("v1,0", "v1:0", "one")), replace(revision(1), tags=("v2,0",))]
    publish(report([one_series([1.0, 1.0])[1]], revisions=at), tmp_path / "html", generated=NOW)
    with Visit(browser, (tmp_path / "html" / "compare.html").as_uri()) as visit:
        fields = visit.page.locator("fieldset.side input")
        assert [each.input_value() for each in fields.all()] == ["one", at[1].short]
        assert visit.text("trouble") == ""


def test_one_commit_in_one_environment_leaves_nothing_to_choose(browser: Any, tmp_path: Path) -> None:
    publish(report([one_series([1.0])[1]], revisions=[revision(0)]), tmp_path / "html", generated=NOW)
    with Visit(browser, (tmp_path / "html" / "compare.html").as_uri()) as visit:
        assert "nothing to choose from yet" in visit.text("chooser")
        assert "stallhorn run HEAD~1" in visit.text("sides")
        assert not visit.page.locator("#compare-series").is_visible()
        assert visit.complaints == []


def test_rows_of_environments_that_are_alike_can_be_left_out(browser: Any, page: Path) -> None:
    with Visit(browser, page.with_name("environments.html").as_uri()) as visit:
        alike = visit.page.locator("tr.alike")
        assert alike.count() > 0 and alike.first.is_visible()
        button = visit.page.get_by_role("button", name="Only what differs")
        button.press("Enter")
        assert button.get_attribute("aria-pressed") == "true"
        assert not alike.first.is_visible()
        again = visit.page.url
    with Visit(browser, again) as visit:
        assert not visit.page.locator("tr.alike").first.is_visible()
        visit.page.locator("table.ratios a:has-text('Compare')").click()
        visit.page.wait_for_selector(".vt")
        assert "np2" in visit.text("sides")
        assert visit.complaints == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_of_environments_fits(browser: Any, page: Path, width: int) -> None:
    address = page.with_name("environments.html").as_uri()
    with Visit(browser, address, viewport={"width": width, "height": 800}) as visit:
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert visit.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_fits(browser: Any, page: Path, scheme: str, width: int) -> None:
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    with Visit(browser, page.as_uri() + "?a=env:np1&b=env:np2", **options) as visit:
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert visit.page.evaluate("document.querySelectorAll('*').length") <= 3000
        assert visit.complaints == []


def test_a_finger_hits_one_bar_alone(browser: Any, page: Path) -> None:
    with Visit(browser, page.as_uri(), viewport={"width": 320, "height": 800}) as visit:
        widths = visit.page.eval_on_selector_all(".bars-of button", "all => all.map((each) => each.offsetWidth)")
        assert len(widths) == 11
        assert min(widths) >= 24
        assert min(widths) * 11 <= 320


def test_without_javascript_the_newest_commit_is_compared(browser: Any, tmp_path: Path) -> None:
    publish(demo(tmp_path), tmp_path / "html", generated=NOW)
    with Visit(browser, (tmp_path / "html" / "compare.html").as_uri(), java_script_enabled=False) as visit:
        assert "None of 39 series is slower in B" in visit.text("answer")
        assert visit.page.locator("table.compare-static tbody tr").count() == 39
        assert "stallhorn compare" in visit.text("chooser")
        assert visit.page.locator("main button").count() == 0


def test_nothing_moves_while_the_page_loads(browser: Any, page: Path) -> None:
    script = """() => new Promise((done) => {
      let moved = 0;
      new PerformanceObserver((list) => { for (const each of list.getEntries()) moved += each.value; })
        .observe({ type: "layout-shift", buffered: true });
      setTimeout(() => done(moved), 500);
    })"""
    for width in (390, 1280):
        with Visit(browser, page.as_uri(), viewport={"width": width, "height": 800}) as visit:
            assert visit.page.evaluate(script) <= 0.1
