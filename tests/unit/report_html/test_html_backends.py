"""The page about backends: planted crossovers, break-evens and moves are said as planted; empty states help."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from backends_builder import SIZES, TIMES, backends, never_together, two_families
from report_builder import NOW, one_series, report

from stallhorn.model import Finding, Report
from stallhorn.report.html import backend_words as say
from stallhorn.report.html.pages import backends as page
from stallhorn.report.html.pages.base import File, Page
from stallhorn.report.html.render import render
from stallhorn.report.html.view import arrange
from stallhorn.sweeps.crossover import Crossover, Estimate, Fastest
from stallhorn.sweeps.payback import Outcome, Payback


class Made:
    """The page of a report: its text, its HTML, and its data files."""

    def __init__(self, given: Report) -> None:
        site = arrange(given, NOW)
        self.files: dict[str, Any] = {}
        for each in page.pages(site):
            if isinstance(each, File):
                self.files[each.path] = json.loads(each.content[each.content.index(b" = ") + 3 : -2])
            else:
                assert isinstance(each, Page)
                self.page = each
                self.html = render(each, site, [page.LINK])
        self.main = self.html[self.html.index("<main") : self.html.index("</main>")]
        self.text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", self.main.replace("<wbr>", "")))

    @property
    def data(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.files["data/backends.js"]
        return found

    def problem(self, title: str = "rbf.Rbf.measure") -> Mapping[str, Any]:
        return next(each for each in self.data["problems"] if each["title"] == title)


# --- empty states


def test_without_any_result_the_page_says_what_to_declare() -> None:
    made = Made(report())
    assert "No benchmark says which backend it measures" in made.text
    assert "param_names" in made.text and "[tool.stallhorn.roles]" in made.text
    assert made.files == {} and made.page.scripts == ()


def test_series_without_backend_cost_no_data() -> None:
    revisions, series = one_series([1.0, 2.0])
    made = Made(report([series], revisions=revisions))
    assert "No benchmark says which backend" in made.text and made.files == {}


def test_one_backend_and_no_size_are_named_with_their_reason() -> None:
    alone = Made(backends({("numba", "default"): lambda n, at: n}, settings=("1",)))
    assert "No two backends can be compared yet" in alone.text and "only numba is measured" in alone.text
    small = Made(backends(sizes=SIZES[:2]))
    assert "no parameter is a size: numbers, three or more" in small.text


def test_backends_that_were_never_measured_together_are_named() -> None:
    assert "no size has two backends at one commit" in Made(never_together()).text


# --- who is fastest


def test_cells_name_the_fastest_variant_and_its_lead() -> None:
    made = Made(backends())
    titles = re.findall(r'class="cell b(\d)( tie)?" title="([^"]*)"', made.main)
    assert [(colour, bool(tie)) for colour, tie, _ in titles] == [("1", False), ("1", False), ("2", False)]
    # At n = 100 numba takes 1e-8 * 100 ** 1.2 = 2.51 µs; the best other is jax with 2e-6 * 100 ** 0.6.
    expected = 2e-6 * 100**0.6 / (1e-8 * 100**1.2)
    assert f"numba default 2.51 µs (2.46 to 2.56 µs), {expected:.1f}x faster" in titles[0][2]
    assert "than jax default" in titles[0][2]


def test_a_tie_says_tie() -> None:
    made = Made(two_families())
    row = made.main[made.main.index("fma.<wbr>Fma") :]
    assert 'class="cell b0 tie"' in row and "numpy default = cpp default" in row
    assert "within the intervals of cpp default" in row


def test_gradients_and_specimens_do_not_compete_and_are_named() -> None:
    fast = {**TIMES, ("numpy", "naive"): lambda n, at: 1e-12 * n}
    made = Made(backends(fast, specimen=("numpy", "naive")))
    assert "numpy naive" not in made.main[: made.main.index("<details")]
    assert "Not competing: jax grad (gradient), numpy naive (a specimen of large-temporaries)" in made.text
    assert made.problem()["all"] and made.problem()["all"][0][2] == [
        place for place, line in enumerate(made.problem()["lines"]) if line["label"] == "numpy naive"
    ]


def test_the_newest_threads_with_most_measurements_are_shown_and_the_others_have_files_of_their_own() -> None:
    made = Made(two_families())
    assert made.data["where"] == ["py3.11", "m1", "1"]
    assert [each[2:] for each in made.data["places"]] == [["1", ""], ["2", "backends/0"]]
    assert [each["title"] for each in made.files["data/backends/0.js"]["problems"]] == ["rbf.Rbf.measure"]
    assert {each["schema"] for each in made.files.values()} == {1}


def test_problems_that_cannot_be_compared_stand_below_those_that_can() -> None:
    text = Made(two_families()).text
    assert "one.Only.measure only numba is measured" in text
    assert "none.NoSize.measure no parameter is a size" in text


# --- crossovers and their drift


def test_the_planted_crossover_is_told_with_its_interval() -> None:
    made = Made(backends())
    (text, leads, size) = made.problem()["crossings"][0]
    assert leads and size == pytest.approx(200 ** (1 / 0.6), rel=1e-3)
    assert text.startswith("jax default is faster than numba default above n = 6,840 (99 %: 6,")
    assert text in made.text


def test_the_planted_move_is_told_with_its_commit() -> None:
    given = backends()
    made = Made(given)
    moved = given.history.revisions[3]
    (text,) = made.problem()["moves"]
    assert "The crossover of jax default and numba default moved 2,150" in text
    assert "→ 6,840" in text and f"at {moved.short} {moved.subject}" in text
    (drift,) = made.problem()["drifts"]
    assert len(drift["at"]) == 6 and drift["size"][0] == pytest.approx(2154, rel=1e-3)


def test_a_crossover_that_stays_did_not_move() -> None:
    still = {**TIMES, ("jax", "default"): lambda n, at: 1e-6 * n**0.6}
    assert Made(backends(still)).problem()["moves"] == []


def test_without_a_crossing_the_page_says_so() -> None:
    apart = {("a", "default"): lambda n, at: n, ("b", "default"): lambda n, at: 3 * n}
    made = Made(backends(apart))
    assert "No two backends cross between the measured sizes" in made.text
    assert made.problem()["crossings"] == [] and made.problem()["drifts"] == []


# --- break-even


def test_the_planted_break_even_is_told_cold() -> None:
    made = Made(backends(settings=("1",)))
    rows = {pair: cells for pair, cache, cells in made.problem()["paybacks"]["rows"] if cache == "cold"}
    # numpy - numba is 2e-4 - 1e-8 * 100 ** 1.2 s a call at n = 100, and compiling takes 1 s.
    calls = 1 / (2e-4 - 1e-8 * 100**1.2) + 1
    assert rows["numba default instead of numpy default"][0].startswith(f"after {say.whole(calls)} calls (")
    assert "No warm cache was seen" in made.text


def test_a_warm_cache_has_rows_of_its_own_and_pays_sooner() -> None:
    made = Made(backends(settings=("1",), record="warm"))
    rows = {(pair, cache): cells[0] for pair, cache, cells in made.problem()["paybacks"]["rows"]}
    pair = "numba default instead of numpy default"
    found = [re.search(r"after ([\d,]+) calls", rows[pair, cache]) for cache in ("cold", "warm")]
    cold, warm = (int(each[1].replace(",", "")) for each in found if each)
    assert warm < cold / 30
    assert "No warm cache was seen" not in made.text


def test_without_records_the_break_even_is_unknown_and_says_how_to_have_it() -> None:
    made = Made(backends(record=""))
    assert made.problem()["paybacks"]["rows"] == []
    assert "no first call is recorded here. stallhorn run records it" in made.text
    assert "no record tells whether JAX was waited for" in made.text


# --- what speaks against it, and the questions


def test_other_precision_and_blocking_findings_are_warned_of() -> None:
    given = backends(settings=("1",))
    about = next(each.key for each in given.history.series if each.key.parameters.get("backend") == "jax")
    finding = Finding("unsynchronised", "blocking", about, "c", "The call returns early", (), "Wait for it")
    single = [
        replace(each, facts={**each.facts, "result": {"dtype": "float32"}, "jax": {"x64": False}})
        if each.key.parameters.get("backend") == "jax"
        else each
        for each in given.history.observations
    ]
    made = Made(replace(given, findings=(finding,), history=replace(given.history, observations=tuple(single))))
    assert "jax default: The call returns early (unsynchronised)" in made.text
    assert "JAX computes in float32 (x64 is off)" in made.text
    assert (
        "The results are of different types (float32: jax default; float64: numba default, numpy default)" in made.text
    )


def test_questions_have_own_figures_first_and_else_what_holds_in_general() -> None:
    text = Made(two_families()).text
    assert "rbf.Rbf.measure: jax grad takes 2.0x the time of jax default at n = 10,000" in text
    assert "jax-per-shape: 3 compiles (limits.track_compiles)" in text
    assert "JAX ran on the CPU in 12 measurements of this page" in text
    assert "In general (not measured here): Numba compiles such loops as they are written" in text
    assert "of 2 problems at these threads: jax in 1, none clearly in 1" in text


# --- texts


def test_hostile_names_stay_text() -> None:
    name = 'x."><script>alert(1)</script>.measure'
    made = Made(backends(name=name))
    assert "<script>alert" not in made.html
    assert made.data["problems"][0]["title"] == name


def test_half_characters_and_direction_marks_become_visible() -> None:
    made = Made(backends(name="x.\ud800\u202eCase.measure"))
    assert made.data["problems"][0]["title"] == "x.\ufffd\ufffdCase.measure"
    assert "\u202e" not in made.html


def test_the_same_report_gives_the_same_files() -> None:
    one, other = Made(two_families()), Made(two_families())
    assert (one.html, one.files) == (other.html, other.files)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (38123.4, "38,100"),
        (241.26, "241"),
        (61.33, "61.3"),
        (1234567, "1,230,000"),
        (9.999, "10"),
        (0, "0"),
        (0.5, "0.5"),
    ],
)
def test_computed_sizes_have_three_digits(value: float, text: str) -> None:
    assert say.about(value) == text


def test_measured_sizes_are_written_as_they_are() -> None:
    assert [say.size(each) for each in (100000.0, 7.0, 0.25)] == ["100,000", "7", "0.25"]


@pytest.mark.parametrize(
    ("low", "high", "has", "text"),
    [
        (217.0, 298.0, True, "99 %: 217 to 298"),
        (61.3, None, True, "99 %: 61.3 or more, no upper bound in the measured sizes"),
        (None, 298.0, True, "99 %: up to 298, no lower bound in the measured sizes"),
        (None, None, True, "99 %: anywhere in the measured 10 to 1,000"),
        (None, None, False, "no interval: times have none"),
    ],
)
def test_an_open_interval_says_on_which_side(low: float | None, high: float | None, has: bool, text: str) -> None:
    assert say.bounds(Crossover(241.0, low, high, True, has), (10.0, 1000.0)) == text


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (Payback(Outcome.PAYS, 558.2, 480.0, 700.0, 1.9), "after 559 calls (480 to 700), 1.90 s"),
        (Payback(Outcome.PAYS, 1.0, 1.0, None, 1.9), "after 1 call (1 or more, perhaps never), 1.90 s"),
        (Payback(Outcome.UNTIL, 41234.0, 40000.0, 50000.0, 1.9), "only up to 41,200 calls (40,000 to 50,000)"),
        (Payback(Outcome.AT_ONCE), "from the first call on"),
        (Payback(Outcome.NEVER), "never: later calls are slower, too"),
        (Payback(Outcome.ALIKE), "not sure: later calls cannot be told apart"),
        (Payback(Outcome.UNKNOWN, reason="x"), "unknown"),
    ],
)
def test_a_break_even_in_words(given: Payback, text: str) -> None:
    assert say.pays(given) == text


def test_a_margin_in_words() -> None:
    assert say.margin(Fastest(0, (), None, None)) == ""
    assert say.margin(Fastest(0, (1,), 1, Estimate(1.01))) == "tie"
    assert [say.times(each) for each in (1.047, 2.44, 120.4)] == ["1.05x", "2.4x", "120x"]
