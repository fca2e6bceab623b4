"""The feed, the summary and the report say what the pages and the terminal say, in their own formats."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree

from change_builder import of_machine, rich
from report_builder import key, one_series, report
from test_html_site import HOSTILE, hostile_report

from stallhorn.model import Direction, Report, Suspicion
from stallhorn.report.account import Accounts
from stallhorn.report.feed import feed
from stallhorn.report.json import changes_json
from stallhorn.report.markdown import LIMIT, change_text, prose, report_text, span
from stallhorn.report.sentence import sentence, standings
from stallhorn.report.summary import summary

ATOM = "{http://www.w3.org/2005/Atom}"


def fed(made: Report) -> ElementTree.Element:
    return ElementTree.fromstring(feed(made, Accounts(made), lambda change: f"change/{change.id}.html"))


def summed(made: Report) -> dict[str, object]:
    found = json.loads(summary(made, Accounts(made), lambda change: f"change/{change.id}.html"))
    assert isinstance(found, dict)
    return found


def test_the_summary_has_the_changes_of_the_terminal() -> None:
    made = of_machine(rich())
    theirs = json.loads(changes_json(made, since=None, reference=False))["changes"]
    mine = summed(made)["changes"]
    assert isinstance(mine, list)
    same = ("id", "kind", "direction", "ratio", "low", "high", "confidence")
    assert [{name: each[name] for name in same} for each in mine] == [
        {name: each[name] for name in same} for each in theirs
    ]
    for each, their in zip(mine, theirs, strict=True):
        assert each["series"] == len(their["series"])
        assert each["first"]["commit"] == their["first"]["commit"]
        assert set(each["causes"]) == {one["pitfall"] for series in their["series"] for one in series["causes"]}


def test_the_summary_counts_series_as_the_sentence_does() -> None:
    made = rich()
    found = summed(made)
    assert found["sentence"] == sentence(made)
    assert found["standings"] == dict(Counter(each.value for each in standings(made).values()))
    assert found["schema"] == 1
    assert found["open"] == 1


def test_the_summary_of_nothing() -> None:
    found = summed(report())
    assert (found["changes"], found["standings"], found["newest"], found["verdict"]) == ([], {}, None, "nothing")


def test_an_entry_of_the_feed_is_a_change_and_its_id_stays() -> None:
    made = rich()
    entries = fed(made).findall(f"{ATOM}entry")
    assert [each.find(f"{ATOM}link").get("href") for each in entries] == [  # type: ignore[union-attr]
        f"change/{change.id}.html" for change in made.changes
    ]
    ids = [each.findtext(f"{ATOM}id") for each in entries]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", each or "") for each in ids)
    assert ids == [each.findtext(f"{ATOM}id") for each in fed(of_machine(made) and made).findall(f"{ATOM}entry")]
    assert ids[0] == "urn:uuid:98c7528f-36a6-5bc9-b1ab-82e95fabe9a6"


def test_the_feed_has_what_atom_requires() -> None:
    for made in (report(), rich(), hostile_report()):
        root = fed(made)
        for each in (root, *root.findall(f"{ATOM}entry")):
            assert each.findtext(f"{ATOM}id")
            assert each.findtext(f"{ATOM}title")
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", each.findtext(f"{ATOM}updated") or "")
        assert root.findtext(f"{ATOM}author/{ATOM}name")


def test_times_of_the_feed_are_those_of_commits_or_else_of_measurements() -> None:
    made = rich()
    updated = [each.findtext(f"{ATOM}updated") for each in fed(made).findall(f"{ATOM}entry")]
    assert updated[0] == "2026-11-13T11:30:00Z"
    assert fed(made).findtext(f"{ATOM}updated") == updated[0]
    newest = made.changes[0]
    undated = replace(newest, first=replace(newest.first, committed=None))
    entry = fed(replace(made, changes=(undated,))).find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}updated") == "2026-11-13T11:30:00Z"  # when that commit was measured


def test_hostile_text_is_text_in_every_format() -> None:
    made = hostile_report()
    assert b"<script>" not in feed(made, Accounts(made), lambda _: "")
    assert HOSTILE[:20] in json.dumps(summed(made), ensure_ascii=False).replace('\\"', '"')
    text = report_text(made, Accounts(made))
    outside = re.sub(r"(`+).*?\1", "", re.sub(r"```sh\n.*?\n```", "", text, flags=re.DOTALL))
    assert not re.search(r"(?<!\\)[<>]", outside.replace(" -> ", " "))
    text.encode()
    for change in made.changes:
        change_text(Accounts(made).of(change), Accounts(made)).encode()


def test_code_spans_hold_any_backticks() -> None:
    assert span("plain") == "`plain`"
    assert span("a `b` c") == "`` a `b` c ``"
    assert span("") == "` `"
    assert span("two\nlines") == "`two lines`"


def test_in_sentences_only_words_in_backticks_are_code() -> None:
    assert prose("write `a_b` on *it*") == "write `a_b` on \\*it\\*"
    assert prose("![x](http://evil) by @ada, #1") == "!\\[x\\](`http://evil)` by `@ada`, `#1`"
    assert prose("use @numba.njit") == "use `@numba.njit`"


def test_the_report_has_open_changes_with_cause_evidence_and_remedy() -> None:
    text = report_text(rich(), Accounts(rich()))
    assert "1 open slow-down of 4 changes." in text
    assert "! cause: **nested-parallel** (12 of 12 series)" in text
    assert "- ✓ counted: nested regions per call: 0 -> 300 (new with this change; expected 0)" in text
    assert "- Remedy: Keep `parallel=True`" in text
    assert "### Over, or faster" in text


def test_events_of_the_machine_and_doubts_stand_apart() -> None:
    made = of_machine(rich())
    point = made.changes[0].worst
    doubt = Suspicion(point.key, point.last, point.first, Direction.SLOWER, 1.2, 0.8, "one more")
    text = report_text(replace(made, suspicions=(doubt,)), Accounts(made))
    assert "0 open slow-downs of 4 changes." in text
    assert "### Not by the code" in text
    assert "### 1 series look changed, with too little evidence" in text
    assert "stallhorn run --recheck" in text


def test_a_report_is_never_larger_than_a_comment_may_be() -> None:
    made = rich()
    newest = made.changes[0]
    many = tuple(
        replace(newest, first=replace(newest.first, commit=f"{place:08x}" * 5, subject="x" * 500))
        for place in range(300)
    )
    text = report_text(replace(made, changes=many), Accounts(replace(made, changes=many)))
    assert len(text.encode()) <= LIMIT
    assert "summary.json" in text[-120:]


def test_the_report_of_nothing() -> None:
    assert (
        report_text(report(), Accounts(report()))
        == "## demo: Nothing is measured yet.\n\n0 open slow-downs of 0 changes.\n"
    )


def test_a_page_as_text_has_what_the_page_has() -> None:
    made = rich()
    text = change_text(Accounts(made).of(made.changes[0]), Accounts(made))
    for part in (
        "### 12 series slower, typically 1.61x",
        "Hit: `numba only`",
        "- first with the new level: `aa99e079` 2026-11-13 `Store weights in single precision`, `Ada`",
        "nested regions per call: 0 -> 300",
        "**Not the cause**",
        "- was there before as well: memory-bound",
        "**Environment: host: governor, numpy changed too**",
        "**Series** (12)",
        "```sh\nstallhorn show",
    ):
        assert part in text


def test_the_same_report_gives_the_same_bytes() -> None:
    one, other = rich(), rich()
    assert feed(one, Accounts(one), lambda _: "") == feed(other, Accounts(other), lambda _: "")
    assert summary(one, Accounts(one), lambda _: "") == summary(other, Accounts(other), lambda _: "")
    assert report_text(one, Accounts(one)) == report_text(other, Accounts(other))


def test_a_series_alone_makes_no_change() -> None:
    revisions, series = one_series([1.0, 1.0], key())
    assert fed(report([series], revisions=revisions)).findall(f"{ATOM}entry") == []
