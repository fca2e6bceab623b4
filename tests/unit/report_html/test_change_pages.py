"""The list of changes, and a page for each."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from change_builder import bare, of_machine, repaired, rich
from report_builder import NOW, key, level, ok, one_series, report, revision
from test_html_site import HOSTILE, Text, hostile_report

from stallhorn.model import Change, ChangePoint, Direction, Kind, Report, Series
from stallhorn.report.html import publish
from stallhorn.report.html.change_page import MOST, paths
from stallhorn.report.html.change_series import Naming, shown_series
from stallhorn.report.html.pages import changes
from stallhorn.report.html.pages.base import File
from stallhorn.report.html.render import render
from stallhorn.report.html.view import arrange
from stallhorn.report.json import changes_json
from stallhorn.report.sentence import sentence


def made(of: Report) -> Mapping[str, Text]:
    site = arrange(of, NOW)
    return {page.path: Text(render(page, site, [])) for page in changes.pages(site) if not isinstance(page, File)}


def page(of: Report, place: int = 0) -> str:
    return made(of)[f"change/{of.changes[place].id}.html"].text


def nodes(page: Text) -> int:
    return len(page.tags)


def test_the_list_of_nothing_says_what_to_do() -> None:
    assert "stallhorn run" in made(report())["changes.html"].text
    revisions, series = one_series([1.0])
    assert "A change needs two commits" in made(report([series], revisions=revisions))["changes.html"].text
    revisions, series = one_series([1.0, 1.0])
    text = made(report([series], revisions=revisions))["changes.html"].text
    assert "No change beyond noise in the 2 commits" in text


def test_every_change_is_in_the_list_with_its_state_and_page() -> None:
    found = made(rich())
    listed = found["changes.html"]
    assert "1 open, 1 over, 2 gain" in listed.text
    links = [attributes["href"] for tag, attributes in listed.tags if tag == "a"]
    assert [each for each in links if each and each.startswith("change/")] == [
        f"change/{change.id}.html" for change in rich().changes
    ]
    rows = [attributes for tag, attributes in listed.tags if tag == "li" and "data-state" in attributes]
    assert [each["data-state"] for each in rows] == ["open", "gain", "gain", "over"]
    assert rows[0]["data-causes"] == "nested-parallel"
    assert rows[0]["data-backends"] == "numba"
    assert "store weights in single precision" in (rows[0]["data-words"] or "")


def test_a_backend_by_another_name_is_one_where_the_project_says_so() -> None:
    of = rich()
    named = replace(of.history.project, roles={"backend": ("n",)})
    found = made(replace(of, history=replace(of.history, project=named)))["changes.html"]
    shown = next(each["data-backends"] or "" for tag, each in found.tags if tag == "li" and "data-state" in each)
    assert set(shown.split()) == {"50", "100", "500"}


@pytest.mark.parametrize(("of", "opened"), [(rich(), 1), (of_machine(rich()), 0)])
def test_ids_and_counts_are_the_same_everywhere(of: Report, opened: int) -> None:
    site = arrange(of, NOW)
    files = {each.path: each for each in changes.pages(site)}
    told = json.loads(files["summary.json"].content)  # type: ignore[arg-type]
    feed = ElementTree.fromstring(files["feed.atom"].content)  # type: ignore[arg-type]
    listed = made(of)["changes.html"]
    ids = [change.id for change in of.changes]
    assert [each["id"] for each in told["changes"]] == ids
    assert [each["id"] for each in json.loads(changes_json(of, since=None, reference=False))["changes"]] == ids
    rows = [attributes for tag, attributes in listed.tags if tag == "li" and "data-state" in attributes]
    assert [each["id"] for each in rows] == ids
    assert [each["page"] for each in told["changes"]] == [f"change/{each}.html" for each in ids]
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == len(ids)
    assert told["open"] == sum(each["data-state"] == "open" for each in rows) == opened
    assert told["standings"] == Counter(row.standing.value for row in site.rows)
    assert told["sentence"] == sentence(of)


def test_without_a_cause_it_says_how_many_could_not_be_judged() -> None:
    of = rich()
    text = page(replace(of, explanations={}, findings=()))
    assert re.search(r"and \d+ causes that could not be judged: what each lacked stands below", text)


def test_a_page_tells_what_where_since_when_why_and_how_sure() -> None:
    text = page(rich())
    for part in (
        "12 series slower, typically 1.61x (99 % interval 1.55x to 1.66x)",
        "of rbf.Rbf.measure, on workbench, since aa99e079 Store weights in single precision",
        "Cause: nested-parallel",
        "Open: 12 of 12 series are on the new level to this day. Confidence 99.91 %.",
        "Hit: numba only 12 of 12 such series",
        "No commit lies between the two: it was aa99e079.",
        "nested regions per call before: 0 since: 300 expected: 0 ✓ new with this change counted",
        "Environment: host: governor, numpy changed too",
        "What changed here may have done it as well as the code.",
        "Not the cause: 1 was there before as well;",
    ):
        assert part in text


def test_a_range_shows_its_commits_the_gap_and_how_to_narrow_it_down() -> None:
    of = rich()
    slower = replace(of.changes[2], direction=Direction.SLOWER)
    text = page(replace(of, changes=(slower,)))
    assert "2 commits between the two were not measured; any of them, or 205738d1 itself, may have done it" in text
    assert "cb91ce37 before then 2 not measured" in text
    assert "stallhorn run cb91ce375bc8..205738d16018" in text


def test_an_event_of_the_machine_is_no_regression() -> None:
    text = page(of_machine(rich()))
    assert "machine event: 12 series moved" in text
    assert "No regression: the code did not do it." in text


def test_a_repair_says_that_sides_are_not_compared() -> None:
    text = page(repaired(rich()))
    assert "measurement repaired" in text
    assert "What made it read otherwise" in text
    assert "– gone unsynchronised" in text


def test_of_times_alone_it_says_what_would_tell_more() -> None:
    of = rich()
    text = page(bare(of.changes[0], of))
    assert "Nothing but times is recorded of these series" in text
    assert "stallhorn run in place of asv run" in text
    assert "Environment: not recorded on both sides" in text
    assert (
        "Nothing but times is recorded, so that no cause is known" in made(bare(of.changes[0], of))["changes.html"].text
    )


def test_hostile_text_stays_text() -> None:
    for each in made(hostile_report()).values():
        assert not any(tag == "img" for tag, _ in each.tags)
        assert not any(name.startswith("on") or name == "style" for _, attributes in each.tags for name in attributes)
        assert all("src" in attributes for tag, attributes in each.tags if tag == "script")
    assert HOSTILE[:20] in page(hostile_report())


def many_series(count: int) -> Report:
    """A change of so many series, in a history of eighty commits."""
    revisions = [revision(place) for place in range(80)]
    keys = [key("suite.Case.time_it", n=str(place), backend="'numba'") for place in range(count)]
    series = [
        Series(of, "seconds", tuple(ok(of, at, 2e-3 if at.position >= 40 else 1e-3) for at in revisions)) for of in keys
    ]
    points = tuple(
        ChangePoint(of, level(0, 40, 1e-3), level(40, 80, 2e-3), revisions[39].commit, revisions[40].commit)
        for of in keys
    )
    change = Change(revisions[39], revisions[40], (), Direction.SLOWER, points)
    return report(series, revisions=revisions, changes=(change,))


def test_a_change_of_many_series_shows_the_worst_and_counts_the_rest() -> None:
    of = many_series(250)
    found = made(of)[f"change/{of.changes[0].id}.html"]
    assert "50 series are not listed here" in found.text
    assert sum(tag == "svg" and attributes.get("class") == "strip" for tag, attributes in found.tags) == 40
    assert sum(tag == "figure" for tag, _ in found.tags) == 6
    assert nodes(found) <= 3000


def test_strips_show_twenty_measured_commits_on_either_side() -> None:
    of = many_series(1)
    site = arrange(of, NOW)
    shown = shown_series(of.changes[0], Naming.of(site), {each.key: each for each in of.history.series})
    assert len(shown.around.revisions) == 40
    assert shown.around.boundary == 20
    assert 'data-ratios="' + " ".join(["1"] * 20 + ["2"] * 20) + '"' in shown.rows


def test_what_is_worse_when_smaller_has_the_colours_turned_round() -> None:
    of = many_series(1)
    series = replace(of.history.series[0], rising=Direction.FASTER)
    point = replace(of.changes[0].worst, rising=Direction.FASTER)
    change = replace(of.changes[0], points=(point,), direction=Direction.FASTER)
    shown = shown_series(change, Naming.of(arrange(of, NOW)), {series.key: series})
    assert 'data-ratios="' + " ".join(["1"] * 20 + ["0.5"] * 20) + '"' in shown.rows


def many_changes(count: int) -> Report:
    revisions = [revision(place) for place in range(count + 1)]
    of = key(backend="'numba'")
    series = Series(of, "seconds", tuple(ok(of, at, 1e-3) for at in revisions))
    points = [
        ChangePoint(of, level(place, place + 1, 1e-3), level(place + 1, place + 2, 2e-3), before.commit, after.commit)
        for place, (before, after) in enumerate(pairwise(revisions))
    ]
    changes_ = tuple(
        Change(revisions[place], revisions[place + 1], (), Direction.SLOWER, (point,))
        for place, point in enumerate(points)
    )
    return report([series], revisions=revisions, changes=changes_[::-1])


def test_no_link_leads_to_a_change_without_a_page(tmp_path: Path) -> None:
    of = many_changes(MOST + 30)
    top = publish(of, tmp_path / "html", generated=NOW).parent
    linked = set()
    for path in top.rglob("*"):
        if path.suffix not in (".html", ".js"):
            continue
        for found in re.findall(r'"((?:[^":<>]*/)?change/[^":<>]+\.html)', path.read_text(encoding="utf-8")):
            linked.add(Path(found).name)
            base = path.parent if found.startswith("../") else top
            assert (base / found).is_file(), (path, found)
    assert {Path(each).name for each in paths(arrange(of, NOW)).values()} == linked
    (benchmark,) = (top / "benchmark").iterdir()
    text = Text(benchmark.read_text(encoding="utf-8"))
    marks = json.loads(text.data)["marks"]
    assert sum(bool(mark["page"]) for mark in marks) == MOST and len(marks) == MOST + 30
    assert of.changes[-1].first.short in text.text


def test_only_the_newest_changes_have_a_page_and_the_list_says_where_the_rest_is() -> None:
    of = many_changes(MOST + 30)
    found = made(of)
    assert sum(path.startswith("change/") for path in found) == MOST
    assert f"These are the newest {MOST} of {MOST + 30}" in found["changes.html"].text
    assert nodes(found["changes.html"]) <= 3000


def test_pages_lead_to_their_neighbours() -> None:
    of = many_changes(3)
    middle = made(of)[f"change/{of.changes[1].id}.html"]
    links = {attributes.get("rel"): attributes["href"] for tag, attributes in middle.tags if tag == "a"}
    assert links["prev"] == f"../change/{of.changes[0].id}.html"
    assert links["next"] == f"../change/{of.changes[2].id}.html"


def test_machines_that_a_disk_takes_for_one_have_pages_of_their_own() -> None:
    old, new = revision(0), revision(1)
    found = []
    for of in (key(machine=name) for name in ("box", "Box", "b x", "b.x")):
        point = ChangePoint(of, level(0, 1, 1.0), level(1, 2, 2.0), old.commit, new.commit, kind=Kind.MACHINE)
        found.append(Change(old, new, (), Direction.SLOWER, (point,), Kind.MACHINE))
    series = [Series(each.worst.key, "seconds", (ok(each.worst.key, old, 1.0),)) for each in found]
    whole = report(series, revisions=[old, new], changes=found)
    where = paths(arrange(whole, NOW))
    assert len({each.lower() for each in where.values()}) == len(where) == 4
    assert sum(path.startswith("change/") for path in made(whole)) == 4


@pytest.mark.parametrize("place", range(4))
def test_pages_are_the_same_each_time(place: int) -> None:
    assert page(rich(), place) == page(rich(), place)
