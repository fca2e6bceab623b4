"""Kinds of changes on the pages: a machine's event is one entry, a repaired measurement has its own word."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from report_builder import NOW, compare, key, level, ok, report, revision

from stallhorn.model import Change, ChangePoint, Direction, Kind, Report, Series, SeriesKey, Suspicion, Verdict
from stallhorn.report.html import publish
from stallhorn.report.html.words import identifier

AT = [revision(place) for place in range(3)]
KEYS = [key(n=str(n), backend=repr(backend)) for n in (10, 20) for backend in ("numba", "numpy")]


def made(kind: Kind = Kind.CODE, reason: str = "", hit: list[SeriesKey] | None = None, **changes: object) -> Report:
    series = [Series(of, "seconds", tuple(ok(of, at, 1.0) for at in AT)) for of in KEYS]
    points = tuple(
        ChangePoint(of, level(0, 1, 1.0), level(1, 3, 1.5), AT[0].commit, AT[1].commit, kind=kind, reason=reason)
        for of in (KEYS if hit is None else hit)
    )
    change = Change(AT[0], AT[1], (), Direction.SLOWER, points, kind, 1.5, 1.4, 1.6, 0.98, reason)
    comparisons = [
        replace(compare(each.points[-1], 1.0, Verdict.CLEAN, Direction.SLOWER, reason), kind=kind) for each in series
    ]
    base = report(series, revisions=AT, changes=[change], comparisons=comparisons, verdict=Verdict.CLEAN)
    return replace(base, **changes)


def overview(of: Report, folder: Path) -> str:
    return publish(of, folder, generated=NOW).read_text()


def test_a_change_has_its_size_and_confidence_and_what_its_series_share(tmp_path: Path) -> None:
    page = overview(made(hit=KEYS[::2]), tmp_path)
    assert "2 series slower</span>, worst <b>1.50x slower</b>" in page
    assert "; confidence 98 %; hit: numba only" in page


def test_an_event_of_a_machine_is_one_line_and_no_regression(tmp_path: Path) -> None:
    page = overview(made(Kind.MACHINE, "many series of this machine moved together"), tmp_path)
    assert page.count("machine event: ") == 1
    assert "machine event: 4 series moved, typically 1.50x" in page
    assert "many series of this machine moved together; no regression, since the code did not do it" in page
    assert "Nothing that became slower is slow to this day" in page and 'class="card' not in page
    assert "4 moved by the machine" in page and "moved by the machine: 1.00x slower" in page
    assert "4 series slower" not in page


def test_a_repaired_measurement_has_its_own_word(tmp_path: Path) -> None:
    reason = "unsynchronised is gone; earlier points are set aside"
    page = overview(made(Kind.MEASUREMENT, f"measurement repaired: {reason}"), tmp_path)
    assert "measurement repaired: 4 series read otherwise" in page and f'<span class="reason">{reason}</span>' in page
    assert "measured otherwise" in page and "no regression" not in page


@pytest.mark.parametrize(("kind", "sign"), [(Kind.MACHINE, "◆"), (Kind.MEASUREMENT, "◇"), (Kind.CODE, "▲")])
def test_a_benchmarks_page_shows_the_kind_in_list_and_charts(tmp_path: Path, kind: Kind, sign: str) -> None:
    publish(made(kind, "why"), tmp_path, generated=NOW)
    page = (tmp_path / f"benchmark/{identifier('suite.Case.time_it')}.html").read_text()
    tone = {Kind.MACHINE: "machine", Kind.MEASUREMENT: "measured", Kind.CODE: "slower"}[kind]
    assert f'<span class="standing {tone}"><span aria-hidden="true">{sign}</span>' in page
    (mark,) = json.loads(re.search(r'id="data">(.*?)</script>', page).group(1))["marks"]
    assert mark["tone"] == tone and mark["text"].startswith(f"{sign} ") and mark["series"] == [0, 1, 2, 3]


def test_links_to_a_machines_event_find_it(tmp_path: Path) -> None:
    page = overview(made(Kind.MACHINE, "why"), tmp_path)
    address = f"{AT[1].short}-slower-machine-m1"
    assert f'id="{address}"' in page
    other = (tmp_path / f"benchmark/{identifier('suite.Case.time_it')}.html").read_text()
    assert f'href="../change/{address}.html"' in other


def test_suspicions_are_folded_with_what_would_settle_them(tmp_path: Path) -> None:
    doubt = Suspicion(KEYS[0], AT[1].commit, AT[2].commit, Direction.SLOWER, 1.3, 0.7, "one <point> alone")
    page = overview(made(suspicions=(doubt,)), tmp_path)
    assert "1 series looks changed, with too little evidence to say so" in page
    assert "stallhorn run --recheck" in page and "1.30x slower" in page and "one &lt;point&gt; alone" in page
    assert "series look" not in overview(made(), tmp_path / "none")
