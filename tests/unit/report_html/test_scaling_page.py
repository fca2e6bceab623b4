"""The page of thread scaling: what it says without a script, and what its script is given."""

from __future__ import annotations

import json
from dataclasses import replace

from report_builder import NOW, key, ok, report, revision

from stallhorn.model import Benchmark, Observation, Series, Status
from stallhorn.report.html.pages import scaling
from stallhorn.report.html.pages.base import File, Page
from stallhorn.report.html.render import render
from stallhorn.report.html.view import Site, arrange

EVIL = '</script><img src=x onerror="alert(1)">'


def suite(name, settings, backends=("numba",)):
    sizes = ("100", "1000", "10000")
    params = (sizes, tuple(repr(each) for each in backends), tuple(repr(each) for each in settings))
    return Benchmark(name, "time", "seconds", "1", ("n", "backend", "threads"), params)


def site_of(times, name="rbf.Rbf.measure", **more) -> Site:
    """A site of times by size, backend and thread setting."""
    at = revision(0)
    series = []
    for (size, backend, setting), time in times.items():
        of = key(name, n=size, backend=repr(backend), threads=repr(setting))
        series.append(Series(of, "seconds", (ok(of, at, time),)))
    settings = tuple(dict.fromkeys(setting for _, _, setting in times))
    backends = tuple(dict.fromkeys(backend for _, backend, _ in times))
    made = report(series, revisions=[at], benchmarks=[suite(name, settings, backends)], **more)
    return arrange(made, NOW)


def made(site: Site) -> tuple[Page, list[File], str]:
    page, *files = scaling.pages(site)
    assert isinstance(page, Page)
    return page, [each for each in files if isinstance(each, File)], render(page, site, [])


def data_of(html: str) -> dict[str, object]:
    block = html.split('<script type="application/json" id="data">')[1].split("</script>")[0]
    return json.loads(block)


FALLING = {("100", "numba", 1): 1.0, ("100", "numba", 2): 0.5, ("100", "numba", 4): 0.8}


def test_without_a_threads_parameter_it_says_how_to_get_one():
    page, files, html = made(arrange(report(), NOW))
    assert "No benchmark has a parameter for threads" in html
    assert files == []
    assert page.scripts == ()


def test_with_one_thread_setting_it_asks_for_more():
    _, files, html = made(site_of({("100", "numba", 1): 1.0}))
    assert "only one thread setting was measured" in html.lower()
    assert "threads=[1, 2, 4]" in html
    assert files == []


def test_a_fall_is_the_answer_and_stands_first_in_the_table():
    good = {("1000", "numba", threads): 1.0 / threads for threads in (1, 2, 4)}
    page, _, html = made(site_of({**good, **FALLING}))
    assert "More threads make 1 of 2 combinations slower" in html
    assert [row.grave for row in page.content["rows"]] == ["falls after 2: oversubscription?", ""]
    first = page.content["rows"][0]
    assert (first.best, first.speedup, first.efficiency) == ("2", "2.00x", "31 % at 4")
    assert first.chart == "scaling.html?benchmark=rbf.Rbf.measure&size=100&where=Python+3.11"
    assert "n = 100, backend = numba" in html.replace("<wbr>", "")


def test_where_nothing_falls_it_says_so():
    times = {("100", "numba", 1): 1.0, ("100", "numba", 2): 0.5}
    page, _, html = made(site_of(times))
    assert "No combination gets slower with more threads" in html
    assert "1 of 1 reach at least 70 % of the ideal" in html
    assert page.content["rows"][0].serial == "0 %"


def test_named_settings_stand_in_a_table_of_their_own():
    times = {("100", "numba", 1): 1.0, ("100", "numba", "numba=2 blas=1"): 0.5, ("100", "numba", "copies=4"): 1.01}
    page, _, html = made(site_of(times))
    two, copies = page.content["named"]
    assert (two.setting, two.against, two.rate) == ("numba=2 blas=1", "2.00x faster", "2 / s")
    assert copies.against.startswith("within noise (+1.0")
    assert copies.rate == "3.96 / s"
    assert "Thread settings of 1 combination<" in html


def test_the_script_gets_the_figures_of_what_it_begins_with():
    _, (file,), html = made(site_of({**FALLING, ("100", "numpy", 1): 0.7, ("100", "numpy", 2): 0.7}))
    data = data_of(html)
    assert data["schema"] == 1
    assert data["start"] == {"benchmark": "rbf.Rbf.measure", "size": "100", "where": "Python 3.11", "with": ""}
    numba = next(each for each in data["sweeps"] if each["backend"] == "numba")
    assert numba["threads"] == [1, 2, 4]
    assert [each[0] for each in numba["speedup"]] == [1.0, 2.0, 1.25]
    assert [each[0] for each in numba["efficiency"]] == [1.0, 1.0, 0.312]
    assert [each[0] for each in numba["serial"]] == [0.7, 1.4, 0.875]
    assert numba["rival"] == "numpy"
    assert file.path == "data/scaling-0.js"
    assert file.content.startswith(b'(window.stallhornData ||= {})["scaling-0"] = {"schema":1')


def test_what_the_probe_saw_is_in_words():
    times = {("100", "numba", 1): 1.0, ("100", "numba", 2): 0.5}
    of = key("rbf.Rbf.measure", n="100", backend="'numba'", threads="2")
    facts = {
        "threads": {"asked": {"numba": 2}, "used": {"numba": 1}},
        "sampling": {"cpu_seconds": 1.5, "wall_seconds": 1.0},
        "host": {"cores": 8, "physical_cores": 4, "affinity": 8, "quota": 2.5},
    }
    seen = Observation(of, revision(0).commit, Status.OK, facts, "0.1", 1)
    _, _, html = made(site_of(times, observations=(seen,)))
    assert "2.5 CPUs of quota, 4 physical cores, 8 logical CPUs" in html
    assert "numba: asked 2, has 1" in html
    (sweep,) = data_of(html)["sweeps"]
    assert sweep["notes"] == [None, "numba: asked 2, has 1"]
    assert sweep["cores"] == [None, 1.5]


def test_equal_numbers_of_cores_share_a_line():
    times = {("100", "numba", 1): 1.0, ("100", "numba", 2): 0.5}
    of = key("rbf.Rbf.measure", n="100", backend="'numba'", threads="2")
    host = {"cores": 4, "physical_cores": 4, "affinity": 1, "quota": None}
    seen = Observation(of, revision(0).commit, Status.OK, {"host": host}, "0.1", 1)
    _, _, html = made(site_of(times, observations=(seen,)))
    assert "1 CPU allowed to the process, 4 physical cores = logical CPUs" in html


def test_untrusted_names_are_text():
    name = f"a.{EVIL}.time_it"
    times = {("100", EVIL, 1): 1.0, ("100", EVIL, 2): 0.5, ("100", EVIL, EVIL): 0.5}
    _, files, html = made(site_of(times, name))
    assert "<img" not in html
    assert data_of(html)["start"]["benchmark"] == name
    assert b"<" not in files[0].content


def test_many_families_are_divided_among_files_and_rows_are_cut():
    at, series, benchmarks = revision(0), [], []
    for number in range(130):
        name = f"b{number:03}.Case.time_it"
        benchmarks.append(suite(name, (1, 2)))
        for size in ("100", "1000", "10000"):
            for threads in (1, 2):
                of = key(name, n=size, backend="'numba'", threads=str(threads))
                series.append(Series(of, "seconds", (ok(of, at, 1.0 / threads),)))
    site = arrange(report(series, revisions=[at], benchmarks=benchmarks), NOW)
    page, files, html = made(site)
    assert len(page.content["rows"]) == 100
    assert "the 100 gravest of 390" in html
    assert [each.path for each in files] == ["data/scaling-0.js", "data/scaling-1.js"]
    families = data_of(html)["families"]
    assert (families[0], families[-1]) == (["b000.Case.time_it", 0], ["b129.Case.time_it", 1])
    assert len(data_of(html)["sweeps"]) == 3


def test_the_same_report_gives_the_same_bytes():
    site = site_of(FALLING)
    assert made(site)[2] == made(site)[2]


def test_a_parameter_that_the_project_calls_threads_is_one():
    at = revision(0)
    series = [Series(of, "seconds", (ok(of, at, 1.0 / ranks),)) for ranks in (1, 2) for of in [key(ranks=str(ranks))]]
    suite_ = Benchmark(series[0].key.benchmark, "time", "seconds", "1", ("ranks",), (("1", "2"),))
    silent = report(series, revisions=[at], benchmarks=[suite_])
    said = replace(silent.history.project, roles={"threads": ("ranks",)})
    _, _, without = made(arrange(silent, NOW))
    _, files, html = made(arrange(replace(silent, history=replace(silent.history, project=said)), NOW))
    assert "No benchmark has a parameter for threads" in without
    assert "No benchmark has a parameter for threads" not in html and files
