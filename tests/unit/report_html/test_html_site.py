"""The site as files: what each page says in each state, that hostile text stays text, and that nothing is fetched."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from findings_builder import counted_series, sick_demo
from report_builder import (
    NOW,
    compare,
    demo,
    key,
    level,
    missing,
    ok,
    one_series,
    project,
    report,
    revision,
)

from stallhorn.model import (
    Benchmark,
    BuildFailure,
    Change,
    ChangePoint,
    Direction,
    Evidence,
    Explanation,
    Finding,
    Machine,
    Observation,
    Problem,
    Report,
    Revision,
    Series,
    Status,
    Switch,
    Verdict,
)
from stallhorn.report.html import publish
from stallhorn.report.html.words import identifier

HOSTILE = '"><img src=x onerror="window.__pwned=1"><script>window.__pwned=1</script>{{7*7}}\x00\x1b[31m\u202e\ud800'


class Text(HTMLParser):
    """The visible text of a page, and all its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data = ""  # what the page's scripts read
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.data += data
        else:
            self.parts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.parts))


def overview(made: Report, folder: Path) -> Text:
    return Text(publish(made, folder / "html", generated=NOW).read_text(encoding="utf-8"))


def benchmark_page(made: Report, folder: Path, name: str) -> Text:
    index = publish(made, folder / "html", generated=NOW)
    return Text((index.parent / "benchmark" / f"{identifier(name)}.html").read_text(encoding="utf-8"))


def test_an_empty_report_says_what_to_run(tmp_path: Path) -> None:
    page = overview(report(), tmp_path)
    assert "Nothing is measured yet." in page.text
    assert "stallhorn run" in page.text
    made = {path.name for path in (tmp_path / "html").iterdir()}
    assert made >= {".stallhorn-site", "help", "help.html", "index.html", "benchmarks.html", "static"}
    assert "benchmark" not in made  # nothing is there to be shown


def test_one_commit_says_that_two_are_needed(tmp_path: Path) -> None:
    revisions, series = one_series([1e-3])
    made = report([series], revisions=revisions, comparisons=[compare(series.points[0], None, Verdict.NOTHING)])
    page = overview(made, tmp_path)
    assert "A change needs two commits to compare" in page.text
    assert "1.00 ms 0.970 to 1.03 ms" in page.text


def test_no_change_is_said(tmp_path: Path) -> None:
    revisions, series = one_series([1e-3, 1.01e-3])
    made = report([series], revisions=revisions, comparisons=[compare(series.points[1], 1e-3, Verdict.CLEAN)])
    page = overview(made, tmp_path)
    assert "No change beyond noise in the 2 commits that were measured." in page.text
    assert "within noise (+1.0 %)" in page.text


def test_an_exact_value_that_stays_is_unchanged_and_not_within_noise(tmp_path: Path) -> None:
    revisions, series = one_series([2.0, 2.0])
    exact = replace(series, unit="compiles (counted)")
    made = report([exact], revisions=revisions, comparisons=[compare(exact.points[1], 2.0, Verdict.CLEAN)])
    page = overview(made, tmp_path)
    assert "unchanged" in page.text
    assert "within noise (" not in page.text


def test_the_demo_names_changes_failures_and_problems(tmp_path: Path) -> None:
    made = demo(tmp_path)
    text = overview(made, tmp_path).text
    assert "12 series slower" in text
    assert "taken back since" in text
    assert "did not build" in text
    assert "was never closed" in text
    assert "not valid JSON" in text
    assert "MemoryError: Unable to allocate" in text
    assert "skipped" in text
    assert "w_tilde.WTilde.measure" in text  # never measured
    assert text.count("rbf.Rbf.measure") >= 36


def test_the_benchmark_page_of_the_demo(tmp_path: Path) -> None:
    page = benchmark_page(demo(tmp_path), tmp_path, "rbf.Rbf.measure")
    assert sum("data-series" in attributes for _, attributes in page.tags) == 34  # all but the two skipped ones
    assert "3 rounds" in page.text
    assert "numba 0.61.2, numpy 2.2.6, python 3.11.7" in page.text
    assert "compile" in page.text
    assert "NumbaPerformanceWarning" in page.text
    assert 'if n < 1 and backend > "":' in page.text


def test_what_moved_comes_first_in_the_table(tmp_path: Path) -> None:
    at = [revision(0), revision(1)]
    slow = key(n="2", backend="'a'")
    keys = [*(key(n=n, backend=repr(backend)) for n in "13" for backend in "abcd"), slow]
    series = [Series(of, "seconds", (ok(of, at[0], 1e-3), ok(of, at[1], 2e-3 if of == slow else 1e-3))) for of in keys]
    judged = [
        compare(each.points[1], 1e-3, Verdict.REGRESSION, Direction.SLOWER)
        if each.key == slow
        else compare(each.points[1], 1e-3, Verdict.CLEAN)
        for each in series
    ]
    page = benchmark_page(report(series, revisions=at, comparisons=judged), tmp_path, "suite.Case.time_it")
    assert page.text.index("n=2, backend=a") < page.text.index("n=1, backend=a") < page.text.index("n=3, backend=d")
    assert json.loads(page.data)["series"][0]["t"] == "2.00x slower"


def test_one_commit_is_shown_as_values_with_bars(tmp_path: Path) -> None:
    revisions, series = one_series([1e-3])
    page = benchmark_page(report([series], revisions=revisions), tmp_path, "suite.Case.time_it")
    assert "Charts begin with the second" in json.loads(page.data)["tabs"]["history"]
    classes = [attributes.get("class") for tag, attributes in page.tags if tag == "svg"]
    assert "bar" in classes
    assert "history" not in classes


def test_two_commits_are_a_chart_and_one_of_them_skipped_is_not(tmp_path: Path) -> None:
    revisions, series = one_series([1e-3, 1e-3])
    page = benchmark_page(report([series], revisions=revisions), tmp_path / "a", "suite.Case.time_it")
    assert "history" not in json.loads(page.data)["tabs"]
    skip = missing(series.key, revisions[0], Status.SKIPPED, "not in this commit")
    series = Series(series.key, "seconds", (skip, series.points[1]))
    page = benchmark_page(report([series], revisions=revisions), tmp_path / "b", "suite.Case.time_it")
    assert "Charts begin with the second" in json.loads(page.data)["tabs"]["history"]


def test_the_load_by_others_is_said_on_the_page(tmp_path: Path) -> None:
    revisions, series = one_series([1e-3, 1e-3])
    seen = Observation(series.key, revisions[1].commit, Status.OK, {"sampling": {"foreign_load": 0.9}}, "0.1.0", 1)
    made = report([series], revisions=revisions, observations=(seen,))
    text = benchmark_page(made, tmp_path, "suite.Case.time_it").text
    assert "while 1 of 1 series was measured" in text
    assert "0.90 cores, not alone" in text


def test_machines_have_axes_of_their_own(tmp_path: Path) -> None:
    at = [revision(0), revision(1)]
    series = [
        Series(of, "seconds", tuple(ok(of, each, 1e-3) for each in at))
        for of in (key(machine="reference"), key(machine="mine"))
    ]
    page = benchmark_page(report(series, revisions=at), tmp_path, "suite.Case.time_it")
    data = json.loads(page.data)
    assert {each["name"] for each in data["machines"]} == {"reference", "mine"}
    assert {each["w"][0] for each in data["series"]} == {0, 1}
    assert "reference" in page.text and "mine" in page.text


def test_a_huge_ratio_and_a_failure_are_readable(tmp_path: Path) -> None:
    revisions, series = one_series([1e-9, 1e3])
    broken = key(n="2")
    failed = Series(broken, "seconds", (missing(broken, revisions[1], Status.TIMEOUT, "more than 60 s"),))
    made = report(
        [series, failed],
        revisions=revisions,
        comparisons=[
            compare(series.points[1], 1e-9, Verdict.REGRESSION, Direction.SLOWER),
            compare(failed.points[0], None, Verdict.NOTHING, reason="timeout: more than 60 s"),
        ],
    )
    text = overview(made, tmp_path).text
    assert "1000 s" in text
    assert "1,000,000,000,000x slower" in text
    assert "timeout ✕ failed more than 60 s" in text


def hostile_report() -> Report:
    """Hostile text in every field that comes from outside."""
    of = key(f"suite.{HOSTILE}", f"env {HOSTILE}", f"machine {HOSTILE}", **{HOSTILE: repr(HOSTILE)})
    revisions = [
        revision(0, HOSTILE),
        revision(1, HOSTILE),
        Revision("e" * 40, 2, None, HOSTILE, HOSTILE, (), (HOSTILE,)),
    ]
    series = Series(
        of,
        HOSTILE,
        (ok(of, revisions[0], 1.0), missing(of, revisions[1], Status.FAILED, HOSTILE), ok(of, revisions[2], 2.0)),
    )
    newest = revisions[2].commit
    seen = {
        "calls": {"regions": 3},
        "threads": {"layer": HOSTILE, "used": {HOSTILE: 2}},
        "code": {"dispatchers": [{"name": HOSTILE}]},
        "result": {"dtype": HOSTILE, "device": HOSTILE},
    }
    found = Finding(
        HOSTILE, HOSTILE, of, newest, HOSTILE, (Evidence(*[HOSTILE] * 4),), HOSTILE, Switch(HOSTILE, {"A": "1"})
    )
    wrong = replace(found, pitfall="unsynchronised", severity="blocking")
    moved = ChangePoint(of, level(0, 1, 1.0), level(1, 2, 2.0), revisions[0].commit, newest)
    fact = counted_series(series, HOSTILE, HOSTILE, [1.0, 1.0, 2.0])
    counted = (replace(moved, key=fact.key),)
    made = report(
        [series],
        revisions=revisions,
        observations=(Observation(of, newest, Status.OK, seen, HOSTILE, 1, HOSTILE),),
        changes=[Change(revisions[0], revisions[2], (revisions[1],), Direction.SLOWER, (moved,))],
        comparisons=[compare(series.points[-1], 1.0, Verdict.INCONCLUSIVE, reason=HOSTILE)],
        benchmarks=[Benchmark(of.benchmark, HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), ((HOSTILE,),), HOSTILE)],
        project=project(name=HOSTILE, commit_url='javascript:window.__pwned=1//"'),
        machines={of.machine: Machine(of.machine, HOSTILE, HOSTILE, HOSTILE, HOSTILE)},
        build_failures=(BuildFailure(revisions[1].commit, of.environment, of.machine, HOSTILE),),
        problems=(Problem(HOSTILE, HOSTILE, HOSTILE),),
    )
    return replace(
        made,
        findings=(found, wrong),
        facts=(fact,),
        explanations={(of, moved.last, newest): Explanation((found,), (wrong,), counted, HOSTILE)},
    )


def is_harmless_script(attributes: dict[str, str | None], folder: Path) -> bool:
    """Data that does not run, or a file of the site."""
    if "src" not in attributes:
        return attributes.get("type") == "application/json"
    source = attributes["src"] or ""
    return re.fullmatch(r"(\.\./)*(static|data)/[\w./-]+\.js", source) is not None and (folder / source).is_file()


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    publish(hostile_report(), tmp_path / "html", generated=NOW)
    for path in (tmp_path / "html").rglob("*.html"):
        page = Text(path.read_text(encoding="utf-8"))
        assert not any(tag == "img" for tag, _ in page.tags)
        assert all(is_harmless_script(attributes, path.parent) for tag, attributes in page.tags if tag == "script")
        assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
        assert not any("javascript:" in (attributes.get("href") or "") for _, attributes in page.tags)
        assert "\x00" not in "".join(page.parts)
        assert "\u202e" not in "".join(page.parts)
        assert "{{7*7}}" in page.text or path.parent.name == "pitfalls"


def test_the_commit_link_is_the_configured_page(tmp_path: Path) -> None:
    page = overview(demo(tmp_path), tmp_path)
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a" and "example.org" in str(attributes)]
    assert re.fullmatch(r"https://example.org/refkernels/commit/[0-9a-f]{40}", links[0] or "")


def test_long_names_are_kept_and_can_break(tmp_path: Path) -> None:
    name = "suite." + "very_long_name_" * 20
    revisions, series = one_series([1e-3], key(name, **{"ключ": "'значение 値'"}))
    page = overview(report([series], revisions=revisions), tmp_path)
    assert name in page.text
    assert "ключ=значение 値" in page.text
    assert sum(tag == "wbr" for tag, _ in page.tags) > 50


def test_names_that_differ_in_case_alone_have_pages_of_their_own(tmp_path: Path) -> None:
    found = [one_series([1e-3], key(name)) for name in ("suite.time_a", "suite.time_A")]
    publish(report([series for _, series in found], revisions=found[0][0]), tmp_path / "html", generated=NOW)
    assert len({path.name.lower() for path in (tmp_path / "html" / "benchmark").iterdir()}) == 2


def test_every_file_is_local_and_every_local_link_exists(tmp_path: Path) -> None:
    top = publish(sick_demo(tmp_path), tmp_path / "html", generated=NOW).parent
    found = {path.resolve(): Text(path.read_text(encoding="utf-8")) for path in top.rglob("*.html")}
    anchors = {path: {attributes.get("id") for _, attributes in page.tags} for path, page in found.items()}
    for path, page in found.items():
        sources = ("https://",) if path.parent.name == "pitfalls" else ("https://example.org/",)
        for tag, attributes in page.tags:
            address = attributes.get("src") or attributes.get("href")
            if address is None or (tag == "a" and address.startswith(sources)):
                continue
            assert not re.match(r"[a-z]+:|/", address), (path, tag, address)
            file, _, anchor = re.sub(r"\?[^#]*", "", address).partition("#")
            target = (path.parent / file).resolve() if file else path
            assert target.is_file(), (path, address)
            assert not anchor or anchor in anchors[target], (path, address)
    for path in (top / "static").iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|url\(|@import|eval|innerHTML", text), path


def test_pages_have_a_strict_policy_and_no_inline_code(tmp_path: Path) -> None:
    top = publish(demo(tmp_path), tmp_path / "html", generated=NOW).parent
    for path in top.rglob("*.html"):
        page = Text(path.read_text(encoding="utf-8"))
        policy = next(
            attributes["content"]
            for _, attributes in page.tags
            if attributes.get("http-equiv") == "Content-Security-Policy"
        )
        assert policy is not None
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not any(tag == "style" or "style" in attributes for tag, attributes in page.tags)
        assert any(tag == "html" and attributes.get("lang") == "en" for tag, attributes in page.tags)


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    first = publish(demo(tmp_path), tmp_path / "a", generated=NOW).parent
    second = publish(demo(tmp_path), tmp_path / "b", generated=NOW).parent
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert all((first / path).read_bytes() == (second / path).read_bytes() for path in files)


def test_the_time_of_publishing_is_on_the_first_page_alone(tmp_path: Path) -> None:
    top = publish(demo(tmp_path), tmp_path / "html", generated=NOW).parent
    named = [path.name for path in top.rglob("*.html") if "2026-11-21" in path.read_text(encoding="utf-8")]
    assert named == ["index.html"]


@pytest.mark.parametrize("tag", ["h1", "main"])
def test_every_page_has_one(tag: str, tmp_path: Path) -> None:
    top = publish(demo(tmp_path), tmp_path / "html", generated=NOW).parent
    for path in top.rglob("*.html"):
        assert sum(each == tag for each, _ in Text(path.read_text(encoding="utf-8")).tags) == 1
