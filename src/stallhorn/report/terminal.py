"""A report as text for people: no colours, no cut-off columns, the same on a terminal and in a pipe.

Whatever comes from a repository or a benchmark (subjects, names, error output) passes through `safe` first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from stallhorn import units
from stallhorn.console import safe
from stallhorn.model import (
    COUNTED,
    Comparison,
    Direction,
    Kind,
    Measurement,
    Report,
    Revision,
    Series,
    Status,
    Verdict,
)
from stallhorn.report.change_words import kind_in_words
from stallhorn.report.sentence import (
    floor_in_words,
    moved_in_words,
    reach_in_words,
    sentence,
    series_name,
    size,
)
from stallhorn.report.why import Reasons, counted_changes, findings_of, judged_findings

_CHANGES = 5  # of the history, that are listed
_MOST = 20  # series under one heading; --json has them all


def table(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Lines with aligned columns, each as wide as its widest cell; the last column is not padded."""
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]


def check_text(report: Report) -> str:
    """What `stallhorn check` prints for one machine: the verdict first, then what it rests on."""
    lines = [sentence(report)]
    lines += _moved(report, "Slower", Verdict.REGRESSION, Direction.SLOWER)
    lines += _moved(report, "Faster", Verdict.CLEAN, Direction.FASTER)
    lines += _not_by_code(report)
    lines += _reasons("Too noisy to say", report, [c for c in report.comparisons if c.verdict is Verdict.INCONCLUSIVE])
    failed = [c for c in report.comparisons if c.after.status not in (Status.OK, Status.SKIPPED)]
    lines += _reasons("Failed at this commit", report, failed)
    lines += judged_findings(report)
    lines += _changes(report)
    lines += counted_changes(report, _CHANGES)
    return "\n".join(lines)


def _changes(report: Report) -> list[str]:
    """Changes of the history that the lists above leave out, newest first.

    A commit is judged by the level before it: a series that became slower one measured commit earlier is within noise
    at this one, and whoever measured both at once would not hear of it.
    """
    moved = {c.key for c in report.comparisons if c.direction is not Direction.SAME}
    others = [change for change in report.changes if any(point.key not in moved for point in change.points)]
    if not others:
        return []
    reasons = Reasons(report)
    rows = [
        (
            change.first.short,
            f"{len(change.points)} series {change.direction}"
            if change.kind is Kind.CODE
            else f"{safe(kind_in_words(change))}, {len(change.points)} series",
            f"up to {reasons.in_words(change.worst)}" if change.worst.ratio else reasons.in_words(change.worst),
            safe(change.first.subject),
        )
        for change in others[:_CHANGES]
    ]
    left = len(others) - len(rows)
    more = [f"  and {left} more (`stallhorn publish` shows all)"] if left else []
    return ["", "Changes in the whole history, newest first", *table(rows), *more]


def problems_text(report: Report) -> str:
    """What could not be read, or "" if everything was."""
    problems = [f"  {safe(str(problem))}" for problem in report.history.problems]
    return "\n".join(["", "Could not be read", *problems]) if problems else ""


def history_text(series: Series, report: Report, known: Reasons | None = None) -> str:
    """One series' history as a table, oldest commit first, with its changes marked, and what was found.

    `known`: the report's reasons, where several series are shown.
    """
    reasons = known or Reasons(report)
    revisions = {revision.commit: revision for revision in report.history.revisions}
    marks = reasons.marks(series)
    rows = [
        (
            revisions[point.commit].short,
            _day(revisions[point.commit]),
            _value(point, series.unit),
            _interval(point, series.unit),
            f"<- {'; '.join(marks[point.commit])}" if point.commit in marks else _why(point),
            safe(revisions[point.commit].subject),
        )
        for point in series.points
    ]
    key = series.key
    head = f"{safe(series_name(key))}\n  environment {safe(key.environment)}, machine {safe(key.machine)}"
    return "\n".join([head, *_about(series, report), *table(rows), *findings_of(series, report, reasons)])


def _about(series: Series, report: Report) -> list[str]:
    """What to know of a series before its times: that it is meant to be slow, and how fast it could be."""
    pitfall, floor = report.history.specimen_of(series.key), report.floors.get(series.key)
    lines = [] if pitfall is None else [f"  specimen of {safe(pitfall)}: kept sick on purpose"]
    if floor is not None:
        newest = series.points[-1].value if series.points else None
        reach = reach_in_words(floor, newest)
        lines.append(f"  {safe(floor_in_words(floor))}" + (f", the newest value: {reach}" if reach else ""))
        if newest is not None and newest > 0 and floor.is_above(newest):
            lines.append(
                "  That cannot be: the machine's roofs (`stallhorn roofs --again`) or the declared work are wrong"
            )
    return lines


def skipped_text(skipped: Sequence[Series]) -> str:
    """Series that were skipped at every commit, counted by the newest reason."""
    reasons = Counter(series.points[-1].reason or "the suite skips it" for series in skipped)
    rows = [(str(count), safe(reason)) for reason, count in sorted(reasons.items())]
    return "\n".join([f"Skipped at every commit: {len(skipped)} series (--all shows them)", *table(rows)])


def _moved(report: Report, title: str, verdict: Verdict, direction: Direction) -> list[str]:
    """The series that moved one way, under the commits that did it."""
    moved = [c for c in report.comparisons if c.verdict is verdict and c.direction is direction and c.kind is Kind.CODE]
    reasons = Reasons(report)
    ranges: dict[tuple[int, int], list[Comparison]] = {}
    for comparison in moved:
        ranges.setdefault(_range(comparison, report), []).append(comparison)
    lines: list[str] = []
    for (last, first), hit in sorted(ranges.items(), key=lambda item: -item[0][1]):
        lines += ["", f"{title}: {len(hit)} series", *range_lines(report.history.revisions, last, first)]
        hit.sort(key=lambda c: (-size(c.ratio), c.key))
        rows = table([_row(comparison, report) for comparison in hit[:_MOST]], indent="    ")
        for row, comparison in zip(rows, hit, strict=False):
            lines += [row, *reasons.of(comparison)]
        if len(hit) > _MOST:
            lines.append(f"    and {len(hit) - _MOST} more (--json lists all)")
    return lines


def _not_by_code(report: Report) -> list[str]:
    """Series that moved for another reason than the code, under that reason."""
    groups: dict[tuple[Kind, str], list[Comparison]] = {}
    for comparison in report.comparisons:
        if comparison.kind is not Kind.CODE:
            groups.setdefault((comparison.kind, comparison.reason), []).append(comparison)
    lines: list[str] = []
    for (kind, reason), hit in sorted(groups.items()):
        title = "Moved by the machine" if kind is Kind.MACHINE else "Measured otherwise than before"
        lines += ["", f"{title}, no regression: {len(hit)} series", f"  {safe(reason)}"]
        hit.sort(key=lambda c: (-size(c.ratio), c.key))
        lines += table([_row(comparison, report) for comparison in hit[:_MOST]], indent="    ")
        lines += [f"    and {len(hit) - _MOST} more (--json lists all)"] if len(hit) > _MOST else []
    return lines


def _range(comparison: Comparison, report: Report) -> tuple[int, int]:
    """Positions of the newest commit that was not yet, and of the oldest that was, as it is now."""
    places = {revision.commit: revision.position for revision in report.history.revisions}
    start, stop = places[comparison.last or comparison.after.commit], places[comparison.after.commit]
    for change in report.changes:
        if change.kind is not Kind.CODE:
            continue
        hit = any(point.key == comparison.key for point in change.points)
        if hit and change.direction is comparison.direction and start < change.first.position <= stop:
            own = next(point for point in change.points if point.key == comparison.key)
            return max(start, places[own.last]), change.first.position
    return start, stop


def range_lines(revisions: Sequence[Revision], last: int, first: int) -> list[str]:
    """The commit, the last good one, and those in between that nobody measured."""
    commit, good = revisions[first], revisions[last]
    # Of a commit beside the branch it is not known what lies between.
    between = [each for each in revisions[last + 1 : first] if not each.aside and not commit.aside]
    parent = " (its parent)" if good.commit in commit.parents[:1] else ""
    lines = [f"  since   {named(commit)}", f"  before  {named(good)}{parent}"]
    if between:
        count = "1 commit" if len(between) == 1 else f"{len(between)} commits"
        lines.append(f"  {count} in between not measured; any of them may have done it:")
        lines += [f"    {named(revision)}" for revision in between[:_MOST]]
        if len(between) > _MOST:
            lines.append(f"    and {len(between) - _MOST} more")
    return lines


def named(revision: Revision) -> str:
    """A commit with its date and subject."""
    return f"{revision.short}  {_day(revision)}  {safe(revision.subject)}".rstrip()


def _row(comparison: Comparison, report: Report) -> tuple[str, ...]:
    unit = _unit(comparison, report)
    before, after = comparison.before, comparison.after
    if unit.endswith(COUNTED):
        name = safe(f"{series_name(comparison.key)} @ {comparison.key.environment}")
        return _moved_by(comparison, unit), "", "", "", name
    old = "" if before is None else units.quantity(before.center, unit)
    bounds = "" if before is None else f"({units.interval(before.low, before.high, unit)})"
    return (
        _moved_by(comparison, unit),
        f"{old} {bounds}",
        "->",
        f"{units.quantity(after.value, unit)} ({_interval(after, unit)})",
        safe(f"{series_name(comparison.key)} @ {comparison.key.environment}"),
    )


def _reasons(title: str, report: Report, comparisons: Iterable[Comparison]) -> list[str]:
    rows = [
        (safe(f"{series_name(c.key)} @ {c.key.environment}"), _outcome(c, report), safe(c.reason)) for c in comparisons
    ]
    if not rows:
        return []
    more = [f"  and {len(rows) - _MOST} more (--json lists all)"] if len(rows) > _MOST else []
    return ["", f"{title}: {len(rows)} series", *table(rows[:_MOST]), *more]


def _outcome(comparison: Comparison, report: Report) -> str:
    if comparison.after.status is Status.OK:
        return _moved_by(comparison, _unit(comparison, report))
    return f"measured at {comparison.last[:8]}" if comparison.last else "never measured"


def _moved_by(comparison: Comparison, unit: str) -> str:
    before = comparison.before
    return moved_in_words(None if before is None else before.center, comparison.after.value, unit)


def _unit(comparison: Comparison, report: Report) -> str:
    benchmark = report.history.benchmarks.get(comparison.key.benchmark)
    return "" if benchmark is None else safe(benchmark.unit)


def _value(point: Measurement, unit: str) -> str:
    return units.quantity(point.value, safe(unit)) if point.status is Status.OK else str(point.status)


def _interval(point: Measurement, unit: str) -> str:
    return "" if point.value is None else units.interval(point.low, point.high, safe(unit))


def _why(point: Measurement) -> str:
    if point.status is Status.OK:
        return ""
    return safe(point.reason) or "no reason was stored"


def _day(revision: Revision) -> str:
    return revision.committed.strftime("%Y-%m-%d") if revision.committed else "undated   "
