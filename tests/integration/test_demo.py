"""The whole road, once: `stallhorn demo` makes a history, measures it, and names what was planted in it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stallhorn import store
from stallhorn.asv.project import load_project
from stallhorn.cases import Cases, observed
from stallhorn.demo import history, verdict
from stallhorn.demo.history import STEPS
from stallhorn.diagnose import diagnose
from stallhorn.model import ChangePoint, Direction, Finding, Report, SeriesKey
from stallhorn.pitfalls.base import judge

LIMIT = 580.0  # seconds; it takes 180 on two quiet cores
PLANTED = [(number, module, pitfall) for number, step in enumerate(STEPS) for module, pitfall in step.planted.items()]
UNPLANTED = [number for number, step in enumerate(STEPS) if not step.planted]


@dataclass(frozen=True)
class Done:
    """A demo that was run."""

    folder: Path
    code: int
    out: str
    report: Report
    commits: tuple[str, ...]

    def moved(self, number: int, module: str) -> list[ChangePoint]:
        """What became slower or faster with a commit, of one module."""
        return [
            point
            for change in self.report.changes
            for point in change.points
            if change.first.commit == self.commits[number] and verdict.module_of(point.key.benchmark) == module
        ]

    def is_disturbed(self) -> bool:
        return bool(verdict.disturbed_commits(self.report))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("demo") / "project"
    done = subprocess.run(
        [sys.executable, "-m", "stallhorn", "demo", str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    if "environments cannot be made" in done.stderr:
        pytest.skip(f"no environment can be made here: {done.stderr.strip().splitlines()[-1].strip()}")
    said = done.stdout + done.stderr
    assert done.returncode in (0, 5), said
    print(said)
    report = diagnose(store.load(load_project(folder / "asv.conf.json")))
    return Done(folder, done.returncode, done.stdout, report, history.commits(folder))


def above_context(demo: Done) -> Iterator[tuple[int, str, Finding]]:
    """All that any detector says of any series at any commit: the commit's number, the module, the finding."""
    changes: dict[SeriesKey, list[ChangePoint]] = {}
    for change in reversed(demo.report.changes):
        for point in change.points:
            changes.setdefault(point.key, []).append(point)
    measured = demo.report.history
    cases = Cases(measured, observed(measured.observations), changes)
    for series in measured.series:
        for point in series.points:
            case = cases.at(series, point.commit)
            for finding in judge(case).findings if case else ():
                if finding.severity != "context":
                    yield demo.commits.index(point.commit), verdict.module_of(series.key.benchmark), finding


@pytest.mark.parametrize(("number", "module", "pitfall"), PLANTED)
def test_what_was_planted_is_told_at_its_commit(demo: Done, number: int, module: str, pitfall: str) -> None:
    points = demo.moved(number, module)
    if not points and demo.is_disturbed():
        pytest.skip("other programs kept this machine too busy to be certain")
    assert points, demo.out
    named = {finding.pitfall for point in points for finding in demo.report.explanation_of(point).causes}
    assert named == ({pitfall} if pitfall else set())
    wrong_timing = pitfall == "unsynchronised"  # it makes the time look better
    assert {point.direction for point in points} == {Direction.FASTER if wrong_timing else Direction.SLOWER}
    line = next(line for line in demo.out.splitlines() if line.strip().startswith(demo.commits[number][:8]))
    assert STEPS[number].subject in line
    assert re.search(rf"{module} [\d.]+x (slower|faster): {pitfall or 'no cause found'}", demo.out)


@pytest.mark.parametrize("number", UNPLANTED)
def test_healthy_and_repaired_commits_have_no_cause(demo: Done, number: int) -> None:
    commit = demo.commits[number]
    for change in demo.report.changes:
        if change.first.commit == commit:
            assert demo.report.causes_of(change) == ()


def test_detectors_accuse_nothing_that_was_not_planted(demo: Done) -> None:
    found = {(number, module, finding.pitfall) for number, module, finding in above_context(demo)}
    assert found <= set(PLANTED)


def test_counted_causes_are_seen_on_a_busy_machine_too(demo: Done) -> None:
    found = {(number, module, finding.pitfall) for number, module, finding in above_context(demo)}
    counted = {"nested-parallel", "compile-in-timing", "large-temporaries", "unsynchronised"}
    assert {one for one in PLANTED if one[2] in counted} <= found


def test_the_newest_commit_is_measured_in_both_environments(demo: Done) -> None:
    newest = [
        series.key.environment
        for series in demo.report.history.series
        if any(point.commit == demo.commits[-1] and point.value is not None for point in series.points)
    ]
    assert len(set(newest)) == 2
    assert len(newest) == 14
    assert "The newest commit with the newest NumPy:" in demo.out


def test_the_site_shows_the_commits_with_their_causes(demo: Done) -> None:
    html = demo.folder / "html"
    listed = (html / "changes.html").read_text(encoding="utf-8")
    for number, module, pitfall in PLANTED:
        if demo.moved(number, module):
            commit = demo.commits[number][:8]
            of_commit = [path.read_text(encoding="utf-8") for path in (html / "change").glob(f"{commit}-*.html")]
            assert commit in listed
            assert any(pitfall in page for page in of_commit), (commit, pitfall)
    names = {series.key.benchmark for series in demo.report.history.series}
    pages = [path.read_text(encoding="utf-8") for path in (html / "benchmark").glob("*.html")]
    assert all(any(name in text for text in pages) for name in names)


def test_it_ends_with_what_is_missing(demo: Done) -> None:
    assert (demo.code == 0) == ("Missing:" not in demo.out and "Wrong:" not in demo.out)
    if demo.code:
        assert "--keep-going" in demo.out


def test_the_folder_is_not_made_twice(demo: Done) -> None:
    again = subprocess.run(
        [sys.executable, "-m", "stallhorn", "demo", str(demo.folder)], capture_output=True, text=True, check=False
    )
    assert again.returncode == 2
    assert "--keep-going" in again.stderr
