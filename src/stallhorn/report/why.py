"""Why something moved, and what is wrong where nothing did: findings in lines of text.

Claims, remedies and names come from records and repositories: all of it passes through `safe`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from stallhorn.console import safe
from stallhorn.model import (
    Change,
    ChangePoint,
    Comparison,
    Direction,
    Evidence,
    Explanation,
    Finding,
    Kind,
    Report,
    Series,
    SeriesKey,
    Verdict,
)
from stallhorn.pitfalls.base import BLOCKING, CAUSE, COUNTED, PROVEN
from stallhorn.report.sentence import change_point_in_words, series_name, units_of_series

_MOST = 20  # rows under one heading; --json has them all
_NOTES = 2  # of a change, on what is different


class Reasons:
    """A report's findings and explanations as lines of text, looked up by series."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._advised: set[tuple[str, str]] = set()

    def of(self, comparison: Comparison) -> list[str]:
        """Lines that belong under a series that moved: why, as far as it is known. A remedy is told once."""
        why, lines = self._report.explanation_of(comparison), list[str]()
        for finding in why.causes:
            lines += [_headed(finding), *(f"  {told}" for told in self._told(finding))]
        if why.gone and comparison.direction is Direction.FASTER:
            lines.append(f"gone: {', '.join(one.pitfall for one in why.gone)}")
        wrong = [one.pitfall for one in why.gone if one.severity == "blocking"]
        if wrong and comparison.direction is Direction.SLOWER:
            lines.append(f"the time before was wrong; gone: {', '.join(wrong)}")
        if comparison.direction is Direction.SLOWER:
            lines += self.differences(why)
        return [f"      {line}" for line in lines]

    def differences(self, why: Explanation) -> list[str]:
        """What was counted differently, and what the code's fingerprints say."""
        lines = []
        if why.counted:
            lines.append(f"counted: {'; '.join(self.in_words(point) for point in why.counted)}")
        if why.code:
            lines.append(f"code: {safe(why.code)}")
        elif why.installed:
            lines.append(safe(why.installed))
        return lines

    def of_change(self, change: Change) -> list[str]:
        """Lines that say why the series of a change moved: each cause, and what most of them have otherwise."""
        told = [self._report.explanation_of(point) for point in change.points]
        causes = [one for why in told for one in why.causes]
        lines = [f"{_headed(one)}{_share(count, change)}" for one, count in _gathered(causes)]
        gone = [one for why in told for one in why.gone]
        if gone and change.direction is Direction.FASTER:
            lines.append(f"gone: {_counts(gone)}")
        # What the kind's reason says already is not said again.
        notes = Counter(line for why in told for line in self.differences(why) if change.kind is Kind.CODE)
        return lines + [f"{line}{_share(count, change)}" for line, count in notes.most_common(_NOTES)]

    def in_words(self, point: ChangePoint) -> str:
        return safe(change_point_in_words(point, self._units))

    def marks(self, series: Series) -> dict[str, list[str]]:
        """What changed at each commit of a series: its value, and what was counted beside it."""
        found: dict[str, list[str]] = {}
        for point in self._changes.get(series.key, ()):
            reason = f" ({safe(point.reason)})" if point.reason and point.kind is not Kind.CODE else ""
            found.setdefault(point.first, []).append(f"{self.in_words(point)}{reason}")
        return found

    def at(self, key: SeriesKey, commit: str) -> Sequence[Finding]:
        """The findings about one series at one commit, the most severe first."""
        return self._findings.get((key, commit), ())

    def changes(self, key: SeriesKey) -> list[ChangePoint]:
        """The changes of a series' own value, newest first."""
        return [point for point in self._changes.get(key, ()) if not point.key.fact]

    def _told(self, finding: Finding) -> list[str]:
        lines = [_proof(strongest)] if (strongest := _strongest(finding)) is not None else []
        if (finding.pitfall, finding.remedy) not in self._advised:
            self._advised.add((finding.pitfall, finding.remedy))
            lines.append(f"remedy: {safe(finding.remedy)}")
        return lines

    @cached_property
    def _units(self) -> Mapping[SeriesKey, str]:
        return units_of_series(self._report)

    @cached_property
    def _findings(self) -> Mapping[tuple[SeriesKey, str], Sequence[Finding]]:
        found: dict[tuple[SeriesKey, str], list[Finding]] = {}
        for one in self._report.findings:
            found.setdefault((one.about, one.commit), []).append(one)
        return found

    @cached_property
    def _changes(self) -> Mapping[SeriesKey, Sequence[ChangePoint]]:
        """Changes by the series whose value, or whose counted facts, they are about."""
        found: dict[SeriesKey, list[ChangePoint]] = {}
        for change in (*self._report.changes, *self._report.counted):
            for point in change.points:
                found.setdefault(replace(point.key, fact=""), []).append(point)
        return found


def judged_findings(report: Report) -> list[str]:
    """What is wrong at the judged commits, but for causes that stand under a series that became slower."""
    told = {(c.key, one.pitfall) for c in _slower(report) for one in report.explanation_of(c).causes}
    judged = report.judged
    here = [one for one in report.findings if judged.get(one.about.machine) == one.commit]
    meant = [one for one in here if report.history.specimen_of(one.about) == one.pitfall]
    others = [one for one in here if report.history.specimen_of(one.about) is None]
    wrong = [one for one in others if one.severity == BLOCKING]
    causes = [one for one in others if one.severity == CAUSE and (one.about, one.pitfall) not in told]
    lines = []
    if wrong:
        lines += ["", f"These timings are wrong: {len({one.about for one in wrong})} series"]
        lines += [
            f"  {safe(one.pitfall)}: {safe(f'{series_name(one.about)} @ {one.about.environment}')}: {safe(one.claim)}"
            for one in wrong[:_MOST]
        ]
        if len(wrong) > _MOST:
            lines.append(f"  and {len(wrong) - _MOST} more (--json lists all)")
    if causes:
        lines += ["", f"Other causes at this commit: {_counts(causes)}"]
    if meant:
        lines += ["", f"Specimens, kept sick on purpose, show what they are for: {_counts(meant)}"]
    if wrong or causes:
        lines.append(
            "  `stallhorn show BENCHMARK` has the evidence and the remedies, `stallhorn pitfalls ID` explains."
        )
    return lines


def counted_changes(report: Report, most: int) -> list[str]:
    """The newest changes of counted facts: they are exact, and told at the first commit that has them."""
    rows = [(change, fact) for change in report.counted for fact in dict.fromkeys(p.key.fact for p in change.points)]
    if not rows:
        return []
    reasons = Reasons(report)
    lines = ["", "Counted facts that changed, newest first (notes: the verdict is about times)"]
    lines += [f"  {_counted_row(change, fact, reasons)}" for change, fact in rows[:most]]
    return lines + ([f"  and {len(rows) - most} more (--json lists all)"] if len(rows) > most else [])


def _counted_row(change: Change, fact: str, reasons: Reasons) -> str:
    points = [point for point in change.points if point.key.fact == fact]
    words = list(dict.fromkeys(reasons.in_words(point) for point in points))
    more = f", and {len(words) - 1} others" if len(words) > 1 else ""
    return f"{change.first.short}  {len(points)} series  {words[0]}{more}  {safe(change.first.subject)}".rstrip()


def findings_of(series: Series, report: Report, reasons: Reasons) -> list[str]:
    """What is known about one series: findings at the judged commit in full, then why it changed before."""
    lines: list[str] = []
    commit, meant = report.judged.get(series.key.machine, ""), report.history.specimen_of(series.key)
    for finding in reasons.at(series.key, commit):
        purpose = " (what this specimen is for)" if finding.pitfall == meant else ""
        lines += [f"  at {commit[:8]}  {_headed(finding)}{purpose}"]
        lines += [f"    {_proof(evidence)}" for evidence in finding.evidence]
        lines += [f"    remedy: {safe(finding.remedy)}"]
    for point in reasons.changes(series.key):
        why = report.explanation_of(point)
        told = [_headed(finding) for finding in why.causes] + [f"gone: {one.pitfall}" for one in why.gone]
        lines += [f"  since {point.first[:8]}  {line}" for line in (*told, *reasons.differences(why))]
    return lines


def _slower(report: Report) -> list[Comparison]:
    return [comparison for comparison in report.comparisons if comparison.verdict is Verdict.REGRESSION]


def _counts(findings: Iterable[Finding]) -> str:
    """Each pitfall with its number of series, the most frequent first."""
    counts = Counter(one.pitfall for one in findings)
    return ", ".join(f"{safe(name)} ({count} series)" for name, count in counts.most_common())


def _gathered(findings: Iterable[Finding]) -> list[tuple[Finding, int]]:
    """Each pitfall by its first finding, with how many there are; blocking ones first, then the most frequent."""
    first: dict[tuple[str, str], Finding] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for one in findings:
        first.setdefault((one.severity, one.pitfall), one)
        counts[one.severity, one.pitfall] += 1
    return [(first[name], count) for name, count in sorted(counts.items(), key=lambda item: (item[0][0], -item[1]))]


def _share(count: int, change: Change) -> str:
    return f" ({count} of {len(change.points)} series)" if len(change.points) > 1 else ""


def _headed(finding: Finding) -> str:
    return f"{safe(finding.severity)}: {safe(finding.pitfall)}: {safe(finding.claim)}"


def _strongest(finding: Finding) -> Evidence | None:
    """What an experiment showed, else what was counted, else what was seen."""
    rank = {PROVEN: 0, COUNTED: 1}
    return min(finding.evidence, key=lambda each: rank.get(each.kind, 2), default=None)


def _proof(evidence: Evidence) -> str:
    return f"{safe(evidence.kind)}: {safe(evidence.fact)}: {safe(evidence.value)} (expected {safe(evidence.expected)})"
