"""Floors and specimens on the pages: beside each newest value, and no word where nothing is known."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from report_builder import NOW, demo, key, one_series, report

from stallhorn.floors import floors
from stallhorn.model import Benchmark, Report, Revision, Roof, Roofs, Series
from stallhorn.report.html import publish
from stallhorn.report.html.words import identifier

NAME = "suite.Case.time_it"
ONE = Roof(1, 1e9, (), 1e9, {"cos": 1e-9})
QUIET = Roofs({1: ONE, 2: replace(ONE, threads=2, flops=2e9)}, 2, datetime(2026, 11, 20, 8, tzinfo=UTC), "env", (), 0.1)
HOSTILE = '<img src=x onerror="1">\u202e\x1b[31m'


def made(
    times: dict[str, list[float | None]],
    *,
    flops: float = 0.8e6,
    specimens: dict[str, str] | None = None,
    roofs: Roofs | None = QUIET,
) -> Report:
    """A report of one benchmark, a series for each thread setting."""
    threads = tuple(times)
    found: list[tuple[list[Revision], Series]] = [one_series(times[each], key(threads=each)) for each in threads]
    suite = Benchmark(
        NAME,
        "time",
        "seconds",
        "v1",
        param_names=("threads",),
        params=(threads,),
        work=({"flops": flops},) * len(threads),
        specimens=tuple((specimens or {}).get(each) for each in threads),
    )
    known = {} if roofs is None else {"m1": roofs}
    bare = report([series for _, series in found], revisions=found[0][0], benchmarks=[suite], roofs=known)
    return replace(bare, floors=floors(bare.history))


def page(of: Report, folder: Path, name: str = NAME) -> str:
    index = publish(of, folder / "html", generated=NOW)
    return (index.parent / "benchmark" / f"{identifier(name)}.html").read_text(encoding="utf-8")


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<script.*?</script>|<[^>]*>", "", html, flags=re.DOTALL))


def test_a_floor_and_the_share_of_it_stand_beside_the_value(tmp_path: Path) -> None:
    found = text(page(made({"1": [1e-3, 1e-3]}), tmp_path))
    assert found.count("arithmetic floor 800 µs") == 1
    assert "80 % reached" in found
    assert "by its roofs of 2026-11-20 08:00 UTC" in found
    assert "below" not in found


def test_lines_with_different_floors_have_their_own(tmp_path: Path) -> None:
    found = text(page(made({"1": [1e-3, 1e-3], "2": [1e-3, 1e-3]}), tmp_path))
    assert "arithmetic floor 800 µs, 80 % reached" in found
    assert "arithmetic floor 400 µs, 40 % reached" in found


def test_with_one_commit_they_stand_beside_the_bars(tmp_path: Path) -> None:
    found = text(page(made({"1": [1e-3]}), tmp_path))
    assert "arithmetic floor 800 µs" in found and "80 % reached" in found


def test_a_time_below_its_floor_is_shown_as_such_with_a_hint(tmp_path: Path) -> None:
    html = page(made({"1": [1e-3, 0.5e-3]}), tmp_path)
    assert re.search('<span class="floor doubtful">arithmetic floor 800.µs, below it</span>', html)
    assert "1 of 1 times is shorter than can be" in text(html)
    assert "stallhorn roofs --again" in text(html)


def test_roofs_that_were_measured_beside_others_say_so(tmp_path: Path) -> None:
    found = text(page(made({"1": [1e-3]}, roofs=replace(QUIET, foreign_load=1.3)), tmp_path))
    assert "measured while other programs kept 1.30 cores busy" in found


def test_specimens_are_marked_and_explained(tmp_path: Path) -> None:
    of = made({"1": [1e-3, 1e-3], "2": [1e-3, 1e-3]}, specimens={"2": "fork-join-per-iteration"})
    html = page(of, tmp_path)
    assert text(html).count("specimen of fork-join-per-iteration") == 1
    assert "1 of these series is kept sick on purpose" in text(html)
    assert (tmp_path / "html" / "index.html").read_text().count('<span class="tag">specimen</span>') == 1


def test_without_roofs_or_work_no_word_is_said(tmp_path: Path) -> None:
    for number, of in enumerate((made({"1": [1e-3, 1e-3]}, roofs=None), made({"1": [1e-3, 1e-3]}, flops=0.0))):
        found = text(page(of, tmp_path / str(number)))
        assert not re.search("floor|reached|pecimen", found)
    assert not re.search("floor|reached|pecimen", text(page(demo(tmp_path), tmp_path, "rbf.Rbf.measure")))


def test_what_files_say_stays_text(tmp_path: Path) -> None:
    roof = replace(ONE, seconds={HOSTILE: 1e-6})
    of = made({"1": [1e-3, 1e-3]}, specimens={"1": HOSTILE}, roofs=Roofs({1: roof}, 1))
    suite = replace(of.history.benchmarks[NAME], work=({HOSTILE: 500.0},))
    history = replace(of.history, benchmarks={NAME: suite})
    html = page(replace(of, history=history, floors=floors(history)), tmp_path)
    assert "<img" not in html and "\x1b" not in html and "\u202e" not in html
    assert "floor 500 µs" in html


def test_the_help_says_what_the_words_mean(tmp_path: Path) -> None:
    publish(made({"1": [1e-3]}), tmp_path / "html", generated=NOW)
    html = (tmp_path / "html" / "help.html").read_text()
    assert 'id="floor"' in html and 'id="specimen"' in html
