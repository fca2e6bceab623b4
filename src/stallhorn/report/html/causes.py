"""Findings as the pages show them: gathered by pitfall, apart for specimens, and beside the changes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stallhorn.model import DISTURBED, Change, Direction, Explanation, Finding, Observation, SeriesKey, Status
from stallhorn.model.points import OK, columns_of
from stallhorn.pitfalls.base import BLOCKING, CAUSE, CONTEXT, Facts, Silence, detectors
from stallhorn.report.diagnosis import in_use
from stallhorn.report.handbook import chapters
from stallhorn.report.html import words
from stallhorn.report.html.view import Row, Site

_RANK = {BLOCKING: 0, CAUSE: 1, CONTEXT: 2}
_NOTES = 3  # of a change that are shown


@dataclass(frozen=True, slots=True)
class Cause:
    """One pitfall at one severity, and every finding of it, that of the most urgent series first."""

    pitfall: str
    severity: str
    findings: tuple[Finding, ...]

    @property
    def title(self) -> str:
        return title(self.pitfall)

    @property
    def worst(self) -> Finding:
        return self.findings[0]

    @property
    def series(self) -> int:
        return len({finding.about for finding in self.findings})


@dataclass(frozen=True, slots=True)
class Why:
    """What is known about why the series of a change moved."""

    causes: tuple[Cause, ...]
    gone: tuple[Cause, ...]  # findings that the old level had and the new one has not
    notes: tuple[tuple[str, int], ...]  # what else is different, and in how many series
    asked: bool  # whether there was evidence to look at


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that was found at the judged commits."""

    blocking: tuple[Cause, ...]
    causes: tuple[Cause, ...]
    context: tuple[Cause, ...]
    meant: tuple[Cause, ...]  # of specimens: what they are kept for
    besides: tuple[Cause, ...]  # of specimens: something else; none of it is to be mended
    by_series: Mapping[SeriesKey, tuple[Finding, ...]]  # those above context of series that are no specimens
    judged: int  # series with a measurement there

    @property
    def sick(self) -> int:
        """Series, no specimens, with a finding above context."""
        return len(self.by_series)


@dataclass(frozen=True, slots=True)
class Unable:
    """Detectors that could not judge some series, for reasons of one kind."""

    why: str
    pitfalls: tuple[tuple[str, str], ...]  # with the facts that each lacks; "" where it lacks none
    series: int  # the most that one of them could not judge


def title(pitfall: str) -> str:
    """A pitfall in a few words."""
    chapter = chapters().get(pitfall)
    return chapter.title if chapter else pitfall


def page(pitfall: str) -> str:
    """Its page, from the top of the site; "" if it has none."""
    return f"help/pitfalls/{pitfall}.html" if pitfall in chapters() else ""


def anchor(key: SeriesKey) -> str:
    """Where a benchmark's page has the findings of one series."""
    return "why-" + words.identifier("\n".join([str(key.parameters), key.environment, key.machine]))


def gathered(findings: Iterable[Finding], order: Mapping[SeriesKey, int]) -> tuple[Cause, ...]:
    """Findings by pitfall and severity: the gravest first, then those of most series."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.pitfall, finding.severity), []).append(finding)
    last = len(order)
    causes = [
        Cause(name, severity, tuple(sorted(group, key=lambda each: order.get(each.about, last))))
        for (name, severity), group in groups.items()
    ]
    return tuple(sorted(causes, key=lambda each: (rank(each.severity), -each.series, each.pitfall)))


def rank(severity: str) -> int:
    """The gravest is 0."""
    return _RANK.get(severity, len(_RANK))


def seen(site: Site) -> Seen:
    """What was found at the judged commits; findings of earlier commits stand at their changes."""
    report = site.report
    here = [each for each in report.findings if site.judged.get(each.about.machine) == each.commit]
    kept = {each.about: report.history.specimen_of(each.about) for each in here}
    order = {row.key: place for place, row in enumerate(site.rows)}
    healthy = [each for each in here if kept[each.about] is None]
    sick = [each for each in here if kept[each.about] is not None and each.severity != CONTEXT]
    of = {severity: [each for each in healthy if each.severity == severity] for severity in _RANK}
    by_series: dict[SeriesKey, tuple[Finding, ...]] = {}
    for each in (*of[BLOCKING], *of[CAUSE]):
        by_series[each.about] = (*by_series.get(each.about, ()), each)
    return Seen(
        blocking=gathered(of[BLOCKING], order),
        causes=gathered(of[CAUSE], order),
        context=gathered(of[CONTEXT], order),
        meant=gathered((each for each in sick if kept[each.about] == each.pitfall), order),
        besides=gathered((each for each in sick if kept[each.about] != each.pitfall), order),
        by_series=by_series,
        judged=sum(each.after.status is not Status.SKIPPED for each in report.comparisons),
    )


def why(change: Change, site: Site) -> Why:
    """The causes that came with a change, what went with it, and what else is different."""
    report = site.report
    order = {point.key: place for place, point in enumerate(change.points)}
    told = [report.explanation_of(point) for point in change.points]
    faster = change.direction is Direction.FASTER
    # A slow-down is explained by what is gone only if that made the time before wrong.
    gone = [finding for each in told for finding in each.gone if faster or finding.severity == "blocking"]
    notes = Counter(note for each in told for note in explained(each, site))
    return Why(
        gathered(report.causes_of(change), order),
        gathered(gone, order),
        tuple(notes.most_common(_NOTES)),
        any(each != Explanation() for each in told),
    )


def explained(each: Explanation, site: Site) -> list[str]:
    """What was counted differently, and what the fingerprints of the code say."""
    counted = [(point.key.fact, site.in_words(point)) for point in each.counted]
    notes = [text if text.endswith(fact) else f"{fact}: {text}" for fact, text in counted]
    return [*notes, each.code] if each.code else notes


def unable(site: Site) -> tuple[Unable, ...]:
    """Which detectors could not judge some series at the judged commits, and why; for most series first."""
    counts: dict[str, Counter[str]] = {}
    lacking: dict[str, dict[str, None]] = {}
    for row in site.rows:
        facts = _facts(row, site.judged.get(row.key.machine, ""), site.observed.get(row.key, ()))
        for silence in () if facts is None else _silences(facts):
            counts.setdefault(silence.why, Counter())[silence.pitfall] += 1
            lacking.setdefault(silence.pitfall, {}).update(dict.fromkeys(silence.lacking))
    found = [
        Unable(reason, tuple((name, ", ".join(lacking[name])) for name in sorted(named)), max(named.values()))
        for reason, named in counts.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.series, each.why)))


def newest(observations: Sequence[Observation], commit: str) -> Facts | None:
    """What the probe saw at a commit, in the first process that made the extra call; None without any."""
    here = [each for each in observations if each.commit == commit and each.status is not Status.SKIPPED]
    chosen = min(here, key=lambda each: (not each.facts.get("calls"), each.round), default=None)
    return None if chosen is None else Facts(chosen.facts)


def _facts(row: Row, commit: str, observations: Sequence[Observation]) -> Facts | None:
    """The facts of a series that was measured at a commit."""
    columns = columns_of(row.series.points)
    # The judged commit is the newest in most cases.
    place = next((at for at in range(len(columns.commits) - 1, -1, -1) if columns.commits[at] == commit), None)
    ok = place is not None and columns.statuses[place] == OK
    return newest(observations, commit) or Facts() if ok else None


def _silences(facts: Facts) -> Iterable[Silence]:
    """Detectors that could not be asked; of a library that is not in use nothing is missed."""
    used, busy = in_use(facts), (facts.number("sampling.foreign_load") or 0.0) > DISTURBED
    for name, detector in detectors().items():
        lacking = tuple(path for path in detector.NEEDS if not facts.has(path))
        if lacking and all(used(path) for path in lacking):
            yield Silence(name, "facts that they need are not known", lacking)
        elif not lacking and busy and getattr(detector, "NOISY", False):
            yield Silence(name, "other programs were busy, and these judge by times")
