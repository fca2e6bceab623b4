"""Causes of a change that were looked at and are none: who looked and found nothing, and who could not look. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import ModuleType

from stallhorn.model import Finding, Report, SeriesKey
from stallhorn.pitfalls.base import CONTEXT, Facts, detectors
from stallhorn.report.diagnosis import in_use
from stallhorn.report.handbook import chapters
from stallhorn.report.seen_at import Sides, is_disturbed


class Verdict(Enum):
    """What became of a cause that was thought of; the name stands before the reasons."""

    BEFORE = "was there before as well"
    ONE_SIDED = "found now, and the older record lacks what it takes to compare"
    NOTHING = "looked for, not found"
    UNABLE = "could not be judged"


@dataclass(frozen=True, slots=True)
class Rejected:
    """One pitfall that is not given as a cause."""

    pitfall: str
    title: str
    verdict: Verdict
    series: int  # for which it was so
    of: int  # series that were looked at
    why: str  # what is lacking; "" where nothing is
    facts: tuple[tuple[str, str, str], ...]  # what it goes by, before and after, in the worst series


Findings = Mapping[tuple[SeriesKey, str], Sequence[Finding]]


def findings_of(report: Report) -> dict[tuple[SeriesKey, str], list[Finding]]:
    """The findings that something should be done about, by series and commit."""
    found: dict[tuple[SeriesKey, str], list[Finding]] = {}
    for each in report.findings:
        if each.severity != CONTEXT:
            found.setdefault((each.about, each.commit), []).append(each)
    return found


def rejected(sides: Sequence[Sides], found: Findings, causes: AbstractSet[str]) -> tuple[Rejected, ...]:
    """All detectors but those that name a cause, and those of libraries that are not in use; in the order of verdicts.

    `causes` are the pitfalls that came with the change.
    """
    known = [each for each in sides if each.after is not None]
    if not known:
        return ()
    told = [_judged(name, detector, known, found) for name, detector in _detectors().items() if name not in causes]
    order = {verdict: place for place, verdict in enumerate(Verdict)}
    return tuple(sorted((each for each in told if each), key=lambda each: (order[each.verdict], each.pitfall)))


@cache
def _detectors() -> Mapping[str, ModuleType]:
    """All detectors; a folder is searched for them, and there are hundreds of changes."""
    return detectors()


def _judged(name: str, detector: ModuleType, known: Sequence[Sides], found: Findings) -> Rejected | None:
    said = Counter(each for sides in known if (each := _one(name, detector, sides, found)) is not None)
    if not said:
        return None
    (verdict, why), count = min(said.items(), key=lambda item: (_URGENCY[item[0][0]], -item[1], item[0][1]))
    chapter = chapters().get(name)
    title = chapter.title if chapter else str(getattr(detector, "TITLE", name))
    return Rejected(name, title, verdict, count, len(known), why, _facts(detector, known))


_URGENCY = {Verdict.BEFORE: 0, Verdict.ONE_SIDED: 1, Verdict.NOTHING: 2, Verdict.UNABLE: 3}


def _one(name: str, detector: ModuleType, sides: Sides, found: Findings) -> tuple[Verdict, str] | None:
    """What one detector says of one series; None where its library is not in use."""
    after = sides.after or Facts()
    lacking = _lacking(detector, after)
    if lacking:
        used = in_use(after)
        return (Verdict.UNABLE, f"not known: {', '.join(lacking)}") if all(map(used, lacking)) else None
    if getattr(detector, "NOISY", False) and is_disturbed(after):
        return Verdict.UNABLE, "other programs were busy, and it judges by times"
    if any(one.pitfall == name for one in found.get((sides.point.key, sides.point.first), ())):
        older = ("the record",) if sides.before is None else _lacking(detector, sides.before)
        return (Verdict.ONE_SIDED, f"not known before: {', '.join(older)}") if older else (Verdict.BEFORE, "")
    return Verdict.NOTHING, ""


def _lacking(detector: ModuleType, facts: Facts) -> tuple[str, ...]:
    return tuple(path for path in detector.NEEDS if not facts.has(path))


def _facts(detector: ModuleType, known: Sequence[Sides]) -> tuple[tuple[str, str, str], ...]:
    """The single numbers that a detector goes by, in the first series in which both sides have them."""
    for sides in known:
        if sides.before is None or sides.after is None:
            continue
        values = [(path, sides.before.number(path), sides.after.number(path)) for path in detector.NEEDS]
        told = tuple(
            (path, _written(old), _written(new)) for path, old, new in values if old is not None and new is not None
        )
        if told:
            return told
    return ()


def _written(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:.4g}"
