"""Changes as Markdown: one to paste into an issue, and the report for a comment on a pull request. Pure.

Subjects and names are somebody else's text: they stand in code spans, where nothing of them is a mention, a link, an
image or HTML. Of sentences that may hold `code`, everything outside of the backticks is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stallhorn.console import safe
from stallhorn.model import Kind, Report, Revision
from stallhorn.report.account import Account, Accounts, Brief
from stallhorn.report.change_words import confidence_in_words, factor
from stallhorn.report.evidence import SIGNS, Cause, Row
from stallhorn.report.rejected import Rejected, Verdict
from stallhorn.report.reproduce import Command
from stallhorn.report.sentence import change_point_in_words, series_name

LIMIT = 60_000  # bytes of a report; GitHub takes 65,536 characters of a comment
_SERIES = 20  # of a change that are named
_EVIDENCE = 4  # rows of a cause in a report
_LISTED = 30  # machine events and doubts in a report
_MOST = 4000  # characters of one text


def change_text(account: Account, units: Accounts) -> str:
    """One change with everything that its page says."""
    change, lines = account.change, [f"### {_escaped(account.brief.headline)}", "", prose(account.brief.sentence)]
    if account.pattern is not None:
        lines += ["", f"Hit: {span(str(account.pattern))}"]
    lines += ["", "**Commits**", "", *_range(account)]
    lines += _evidence(account)
    lines += _rejected(account.rejected)
    lines += ["", f"**{_escaped(account.around.heading)}**", ""] if account.around.compared else []
    lines += [
        f"- {span(each.what)}: {span(each.before)} -> {span(each.after)} ({each.series} of {account.around.compared})"
        for each in account.around.differences
    ]
    lines += ["", f"**Series** ({len(change.points)})", ""]
    for point in change.points[:_SERIES]:
        name = span(f"{series_name(point.key)} @ {point.key.environment}")
        lines.append(f"- {_escaped(change_point_in_words(point, units.units))}: {name}")
    if len(change.points) > _SERIES:
        lines.append(f"- and {len(change.points) - _SERIES} more")
    lines += _commands("Narrow it down", account.narrowing) + _commands("See it yourself", account.reproducing)
    return "\n".join(lines).rstrip() + "\n"


def report_text(report: Report, accounts: Accounts) -> str:
    """The whole report: the verdict, open changes with causes and evidence, the machine, doubts; at most 60 KB."""
    opened = [each for each in report.changes if accounts.openness.is_open(each)]
    head = [f"## {_escaped(report.history.project.name)}: {_escaped(accounts.sentence)}", ""]
    total = len(report.changes)
    slow = f"{len(opened)} open slow-down{'' if len(opened) == 1 else 's'}"
    head.append(f"{slow} of {total} change{'' if total == 1 else 's'}.")
    parts = [_open_change(accounts.of(change), accounts) for change in opened]
    if len(opened) < len(report.changes):
        over = [each for each in report.changes if each.kind is Kind.CODE and not accounts.brief(each).is_open]
        parts += _list("Over, or faster", [accounts.brief(each) for each in over])
        parts += _list(
            "Not by the code", [accounts.brief(each) for each in report.changes if each.kind is not Kind.CODE]
        )
    parts += _doubts(report)
    return _fitting("\n".join(head), parts)


def _fitting(head: str, parts: Sequence[str]) -> str:
    """As many parts, in their order, as fit."""
    text, left = head, 0
    note = "\n\nThe rest does not fit here; `summary.json` of the site has everything.\n"
    for part in parts:
        longer = f"{text}\n\n{part}"
        if left or len(longer.encode()) > LIMIT - len(note):
            left += 1
        else:
            text = longer
    return f"{text}{note}" if left else f"{text}\n"


def _open_change(account: Account, accounts: Accounts) -> str:
    change = account.change
    lines = [f"### ▲ {_escaped(account.brief.headline)}", "", prose(account.brief.sentence)]
    lines.append("")
    lines.append(f"First bad {_commit(change.first)}, last good {_commit(change.last)}{_between(account)}.")
    worst = span(f"{series_name(change.worst.key)} @ {change.worst.key.environment}")
    lines.append(f"Worst: {_escaped(change_point_in_words(change.worst, accounts.units))}, {worst}.")
    if account.pattern is not None:
        lines.append(f"Hit: {span(str(account.pattern))}.")
    for cause in account.told.came:
        lines += ["", _cause_line(cause, account), *(_row(each) for each in cause.rows[:_EVIDENCE])]
        lines.append(f"- Remedy: {prose(cause.worst.remedy)}")
    lines += [f"- {prose(note)}{_of(count, len(change.points))}" for note, count in account.told.notes]
    lines += _commands("Narrow it down", account.narrowing)
    return "\n".join(lines)


def _list(title: str, briefs: Sequence[Brief]) -> list[str]:
    if not briefs:
        return []
    lines = [f"### {title}", ""]
    lines += [f"- {prose(each.sentence)} {span(each.change.first.subject)}" for each in briefs[:_LISTED]]
    more = [f"- and {len(briefs) - _LISTED} more"] if len(briefs) > _LISTED else []
    return ["\n".join(lines + more)]


def _doubts(report: Report) -> list[str]:
    if not report.suspicions:
        return []
    lines = [f"### {len(report.suspicions)} series look changed, with too little evidence", ""]
    lines += [
        f"- {factor(each.ratio)} {each.direction.value}, since {span(each.first[:8])}, "
        f"{confidence_in_words(each.confidence)}: {span(f'{series_name(each.key)} @ {each.key.environment}')}"
        for each in report.suspicions[:_LISTED]
    ]
    if len(report.suspicions) > _LISTED:
        lines.append(f"- and {len(report.suspicions) - _LISTED} more")
    lines += ["", "`stallhorn run --recheck` measures what would settle it."]
    return ["\n".join(lines)]


def _range(account: Account) -> Iterator[str]:
    change = account.change
    yield f"- first with the new level: {_commit(change.first)}"
    yield f"- last with the old level: {_commit(change.last)}"
    if change.untested:
        yield f"- {len(change.untested)} between the two not measured; any of them may have done it:"
        yield from (f"  - {_commit(each)}" for each in change.untested[:_SERIES])
        if len(change.untested) > _SERIES:
            yield f"  - and {len(change.untested) - _SERIES} more"


def _between(account: Account) -> str:
    count = len(account.change.untested)
    return f", {count} not measured between them" if count else ""


def _commit(revision: Revision) -> str:
    day = f" {revision.committed:%Y-%m-%d}" if revision.committed else ""
    by = f", {span(revision.author)}" if revision.author else ""
    return (
        f"{span(revision.short)}{day} {span(revision.subject)}{by}"
        if revision.subject
        else f"{span(revision.short)}{day}"
    )


def _evidence(account: Account) -> list[str]:
    told, total = account.told, len(account.change.points)
    lines = ["", "**Evidence**", ""]
    for cause in told.causes:
        lines += [_cause_line(cause, account), *(_row(each) for each in cause.rows)]
        if cause.is_new:
            lines.append(f"- Remedy: {prose(cause.worst.remedy)}")
        lines.append("")
    lines += [f"{_row(row)}{_of(count, total)}" for row, count in told.counted]
    lines += [f"- {prose(note)}{_of(count, total)}" for note, count in told.notes]
    if len(lines) == 3:
        lines.append(_unknown(account))
    return lines


def _unknown(account: Account) -> str:
    if account.told.asked:
        return "No pitfall came with it, and nothing that is counted changed."
    return "Nothing but times is recorded. `stallhorn run` instead of `asv run` records what the causes are told by."


def _cause_line(cause: Cause, account: Account) -> str:
    where = _of(cause.series, len(account.change.points))
    word = cause.severity if cause.is_new else "gone"
    return f"{_SIGNS[cause.is_new]} {_escaped(word)}: **{_escaped(cause.pitfall)}**{where}: {prose(cause.worst.claim)}"


def _of(count: int, total: int) -> str:
    return f" ({count} of {total} series)" if total > 1 else ""


_SIGNS = {True: "!", False: "-"}


def _row(row: Row) -> str:
    expected = f"; expected {prose(row.expected)}" if row.expected else ""
    change = f"{prose(row.before)} -> {prose(row.after)}"
    return f"- {SIGNS[row.says]} {_escaped(row.kind)}: {prose(row.fact)}: {change} ({row.says.value}{expected})"


def _rejected(causes: Sequence[Rejected]) -> list[str]:
    lines = []
    for verdict in Verdict:
        names = [each.pitfall for each in causes if each.verdict is verdict]
        if names:
            lines.append(f"- {verdict.value}: {_escaped(', '.join(names))}")
    return ["", "**Not the cause**", "", *lines] if lines else []


def _commands(title: str, commands: Sequence[Command]) -> list[str]:
    if not commands:
        return []
    lines = [f"{_printable(each.line)}   # {each.purpose}" for each in commands]
    return ["", f"**{title}**", "", "```sh", *lines, "```"]


def span(text: str) -> str:
    """Any text as a code span: its fence is longer than any backticks in it."""
    inside = _printable(" ".join(text.split()))[:_MOST] or " "
    longest = max((len(run) for run in re.findall("`+", inside)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{inside}{pad}{fence}"


def prose(text: str) -> str:
    """A sentence in which `words in backticks` stay code, and nothing else means anything."""
    pieces = re.split(r"(`[^`\n]+`)", text[:_MOST])
    return "".join(span(piece[1:-1]) if place % 2 else _escaped(piece) for place, piece in enumerate(pieces))


_MEANS_SOMETHING = re.compile(r"([\\`*_{}\[\]<>|~$&])")
_ADDRESSED = re.compile(r"((?:https?:|ftp:|www\.)\S+|[@#]\w[\w./-]*)", re.IGNORECASE)


def _escaped(text: str) -> str:
    """Text of which Markdown takes nothing as its own; what would be a link or a mention is code."""
    pieces = _ADDRESSED.split(re.sub(r"\s+", " ", text))
    return "".join(
        span(piece) if place % 2 else _MEANS_SOMETHING.sub(r"\\\1", _printable(piece))
        for place, piece in enumerate(pieces)
    )


def _printable(text: str) -> str:
    return text if text.isascii() and text.isprintable() else safe(text)
