"""The changes of a history as text: newest first, each with its range, size, series and reasons; then suspicions.

Whatever comes from a repository or a benchmark passes through `safe` first.
"""

from __future__ import annotations

from collections.abc import Sequence

from stallhorn.console import safe
from stallhorn.model import Change, Direction, Kind, Report, Revision, Suspicion
from stallhorn.model.points import measured_commits
from stallhorn.report.change_words import confidence_in_words, factor, headline, reason_in_words
from stallhorn.report.pattern import Pattern, Patterns
from stallhorn.report.sentence import series_name
from stallhorn.report.terminal import named, range_lines, table
from stallhorn.report.why import Reasons

RECHECK = "`stallhorn run --recheck` measures what would settle it"


def changes_text(report: Report, since: Revision | None = None) -> str:
    """Every change of a report; of one that was cut to what came after `since`, it says so."""
    reasons, patterns = Reasons(report), Patterns(report.history)
    after = f" since {since.short}" if since is not None else ""
    lines = [_summary(report, after)]
    for change in report.changes:
        lines += ["", *_entry(change, report, reasons, patterns.of(change))]
    return "\n".join(lines + suspicions_lines(report.suspicions))


def _summary(report: Report, after: str) -> str:
    counts = {
        "slower": sum(_is(change, Direction.SLOWER) for change in report.changes),
        "faster": sum(_is(change, Direction.FASTER) for change in report.changes),
        "of a machine": sum(change.kind is Kind.MACHINE for change in report.changes),
        "of measurement": sum(change.kind is Kind.MEASUREMENT for change in report.changes),
    }
    commits = measured_commits(report.history.series)
    measured = f"in {len(commits)} measured commits of {len(report.history.series)} series{after}"
    if not report.changes:
        return f"No change {measured}."
    parts = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    many = len(report.changes)
    return f"{many} change{'' if many == 1 else 's'} {measured}: {parts}. The newest come first."


def _is(change: Change, direction: Direction) -> bool:
    return change.kind is Kind.CODE and change.direction is direction


def _entry(change: Change, report: Report, reasons: Reasons, found: Pattern | None) -> list[str]:
    lines = [
        f"{named(change.first)}",
        f"  {safe(headline(change))}; confidence {confidence_in_words(change.confidence)}",
    ]
    if reason := reason_in_words(change):
        lines.append(f"  {safe(reason)}")
    benchmarks = len({point.key.benchmark for point in change.points})
    worst = safe(f"{series_name(change.worst.key)} @ {change.worst.key.environment}")
    most = f"{reasons.in_words(change.worst)}: {worst}"
    if len(change.points) > 1:
        most = f"of {benchmarks} benchmark{'' if benchmarks == 1 else 's'}, most {most}"
    lines.append(f"  {most}")
    if found is not None:
        lines.append(f"  hit: {safe(str(found))}")
    lines += range_lines(report.history.revisions, change.last.position, change.first.position)[1:]
    return lines + [f"  why: {line}" for line in reasons.of_change(change)]


def suspicions_lines(suspicions: Sequence[Suspicion], most: int = 20) -> list[str]:
    """Series that look changed with too little evidence."""
    if not suspicions:
        return []
    rows = [
        (
            f"{factor(each.ratio)} {each.direction}",
            f"since {each.first[:8]}",
            confidence_in_words(each.confidence),
            safe(f"{series_name(each.key)} @ {each.key.environment}"),
            safe(each.reason),
        )
        for each in suspicions[:most]
    ]
    count = f"{len(suspicions)} series look{'s' if len(suspicions) == 1 else ''} changed"
    left = len(suspicions) - len(rows)
    more = [f"  and {left} more (--json lists all)"] if left else []
    return ["", f"Suspicions: {count}, and would need one more measurement ({RECHECK})", *table(rows), *more]
