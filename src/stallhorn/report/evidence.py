"""What speaks for each cause of a change: one row for each fact, before and after. Pure.

What a detector found at the newer commit was looked for at the older one as well, or it would be no cause of the
change; so "before" is that fact in the older record, or at least that nothing was found there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stallhorn.model import Change, Direction, Explanation, Finding, Kind, Report, SeriesKey
from stallhorn.pitfalls.base import BLOCKING, CONTEXT, COUNTED, OBSERVED, Facts
from stallhorn.report.diagnosis import seen
from stallhorn.report.seen_at import SeenAt, Sides
from stallhorn.report.sentence import change_point_in_words

NOTHING_FOUND = "nothing found"
_RANK = {BLOCKING: 0, "cause": 1, CONTEXT: 2}
_FACTS = 6  # counted facts of a change that are told, those of most series
_NOTES = 4  # what the fingerprints say, in its different wordings

# Facts of findings that are in each record: by what the detectors call them.
PATHS: Mapping[str, str] = {
    "nested regions per call": "calls.nested_regions",
    "parallel regions per call": "calls.regions",
    "compilations in a call that had been made before": "calls.compiles",
    "JAX computations a call": "calls.dispatches",
    "JAX computations started by a call": "calls.dispatches",
    "NumPy arrays handed to JAX by a call": "calls.arrays_in",
    "JAX arrays whose values a call fetches": "calls.arrays_out",
    "callbacks into Python": "calls.callbacks",
    "threads that wanted a core": "activity.demand",
    "cores used": "activity.cores_used",
    "child processes": "activity.children",
    "page faults of a call": "activity.faults",
    "CPU time of the busiest thread over the mean": "calls.imbalance",
    "periods in which the container was stopped": "activity.throttled_periods",
    "lines of Python interpreted by a call": "calls.python_lines",
    "arrays allocated by compiled code in a call": "calls.allocations",
}


# Of what a machine did, what is sampled; the rest is counted.
_OBSERVED = frozenset({"runnable threads", "cores used", "other programs"})


class Says(StrEnum):
    """What a row says about its cause."""

    NEW = "new with this change"
    GONE = "gone with this change"
    SAME = "the same before"
    CHANGED = "changed"
    UNCOMPARED = "not compared"  # only one side is known


SIGNS = {Says.NEW: "✓", Says.GONE: "✓", Says.CHANGED: "≠", Says.SAME: "=", Says.UNCOMPARED: "?"}


@dataclass(frozen=True, slots=True)
class Row:
    """One fact."""

    fact: str
    before: str
    after: str
    expected: str  # without the cause; "" where there is no such value
    says: Says
    kind: str  # "observed", "counted" or "proven"


@dataclass(frozen=True, slots=True)
class Cause:
    """One pitfall that came or went with a change, as it is seen in the series that it hit worst."""

    pitfall: str
    severity: str
    is_new: bool  # False: it went
    worst: Finding
    series: int  # of the change that have it
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that is known about why the series of a change moved."""

    causes: tuple[Cause, ...]  # the gravest first
    counted: tuple[tuple[Row, int], ...]  # counted facts with another value, and of how many series
    notes: tuple[tuple[str, int], ...]  # what the fingerprints of the code and the versions say
    did: tuple[Row, ...]  # what the machine did in the worst series, where both sides are known
    asked: bool  # whether there were records to look at

    @property
    def came(self) -> tuple[Cause, ...]:
        return tuple(each for each in self.causes if each.is_new)


def told(change: Change, report: Report, records: SeenAt, units: Mapping[SeriesKey, str]) -> Told:
    """What speaks for what; `units` are those of all series and facts."""
    why = [report.explanation_of(point) for point in change.points]
    sides = records.sides(change)
    by_key = {each.point.key: each for each in sides}
    faster = change.direction is Direction.FASTER
    came = [one for each in why for one in each.causes]
    # A slow-down is explained by what went only if that made the time before wrong.
    went = [one for each in why for one in each.gone if faster or one.severity == BLOCKING]
    # What the kind's reason says already is not said again.
    notes = Counter(note for each in why for note in (each.code, each.installed) if note and change.kind is Kind.CODE)
    return Told(
        causes=(*_causes(came, by_key, is_new=True), *_causes(went, by_key, is_new=False)),
        counted=_counted(why, units),
        notes=tuple(notes.most_common(_NOTES)),
        did=_did(sides),
        asked=any(each != Explanation() for each in why) or any(each.after is not None for each in sides),
    )


def _causes(findings: Iterable[Finding], sides: Mapping[SeriesKey, Sides], *, is_new: bool) -> list[Cause]:
    """Findings by pitfall, each told of its first series, which is the worst: the gravest, then the most frequent."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        groups.setdefault((one.pitfall, one.severity), []).append(one)
    made = [
        Cause(
            name,
            severity,
            is_new,
            group[0],
            len({one.about for one in group}),
            _rows(group[0], sides.get(group[0].about), is_new=is_new),
        )
        for (name, severity), group in groups.items()
    ]
    return sorted(made, key=lambda each: (_RANK.get(each.severity, len(_RANK)), -each.series, each.pitfall))


def _rows(finding: Finding, sides: Sides | None, *, is_new: bool) -> tuple[Row, ...]:
    other = None if sides is None else sides.before if is_new else sides.after
    rows = []
    for each in finding.evidence:
        known = _as_written(other, PATHS.get(each.fact, ""))
        there = NOTHING_FOUND if known is None else known
        before, after = (there, each.value) if is_new else (each.value, there)
        says = Says.SAME if before == after else Says.NEW if is_new else Says.GONE
        rows.append(Row(each.fact, before, after, each.expected, says, each.kind))
    return tuple(rows)


def _as_written(facts: Facts | None, path: str) -> str | None:
    number = facts.number(path) if facts is not None and path else None
    return None if number is None else f"{number:.0f}" if number == int(number) else f"{number:.1f}"


def _counted(why: Sequence[Explanation], units: Mapping[SeriesKey, str]) -> tuple[tuple[Row, int], ...]:
    rows: Counter[Row] = Counter()
    for each in why:
        for point in each.counted:
            words = change_point_in_words(point, units).removeprefix("from ")
            before, sign, after = words.partition(" to ")
            fact = point.key.fact
            if not sign:
                before, after = f"{point.before.center:.10g}", f"{point.after.center:.10g}"
            rows[Row(fact, before, after.removesuffix(f" {fact}"), before, Says.CHANGED, COUNTED)] += 1
    return tuple(rows.most_common(_FACTS))


def _did(sides: Sequence[Sides]) -> tuple[Row, ...]:
    """What the machine did at both commits, of the first series for which both are known."""
    pair = next(((each.before, each.after) for each in sides if each.before and each.after), None)
    if pair is None:
        return ()
    before, after = (dict(seen(facts)) for facts in pair)
    return tuple(
        Row(
            name,
            before[name],
            after[name],
            "",
            Says.SAME if before[name] == after[name] else Says.CHANGED,
            OBSERVED if name in _OBSERVED else COUNTED,
        )
        for name in before
        if name in after
    )
