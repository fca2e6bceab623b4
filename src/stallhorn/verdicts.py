"""What is told of each series: its changes by kind, how it compares at the judged commit, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from stallhorn.causes import Causes
from stallhorn.changes.base import Disturbances
from stallhorn.changes.comparing import compare_all
from stallhorn.changes.history import Found
from stallhorn.changes.levels import compare
from stallhorn.changes.line import Line, Part
from stallhorn.changes.row import Rows
from stallhorn.changes.settings import Override, Settings
from stallhorn.kinds import Nature, come_by_code, nature, of_machine, set_aside, with_installed
from stallhorn.model import (
    ChangePoint,
    Comparison,
    Direction,
    Explanation,
    Finding,
    History,
    Kind,
    Level,
    Series,
    SeriesKey,
    Verdict,
)
from stallhorn.model.points import columns_of

_ASKED = 20  # series of an event whose libraries are looked at

_NONE: Disturbances = {}


class Verdicts:
    """The changes that were found, each of its kind, and the comparisons that take them into account."""

    def __init__(
        self,
        history: History,
        disturbances: Mapping[SeriesKey, Disturbances],
        settings: Settings,
        causes: Causes,
        found: Found,
        line: Line,
        rows: Rows,
    ) -> None:
        self._series = {series.key: series for series in history.series}
        self._places = {revision.commit: revision.position for revision in history.revisions}
        self._line, self._rows, self._settings, self._disturbances = line, rows, settings, disturbances
        self._causes = causes
        self.explanations: dict[tuple[SeriesKey, str, str], Explanation] = {}
        self._common = self._events(found.common)
        self._changes: dict[SeriesKey, list[tuple[ChangePoint, Nature]]] = {}
        for key, points in found.points.items():
            known = self._changes.setdefault(key, [])
            for point in points:
                known.append(self._of_kind(point, come_by_code(each for _, each in known)))

    def points(self) -> Iterator[ChangePoint]:
        """Every change, of the code, of a machine or of a measurement."""
        for found in self._changes.values():
            yield from (point for point, _ in found)
        for events in self._common.values():
            yield from events

    def compared(self, asked: Iterable[tuple[Series, str]], base: str | None) -> list[Comparison]:
        """Each of these series at its commit, but for those that have no point there."""
        every = [(series, commit, self._line.up_to(series, commit, base)) for series, commit in asked]
        plain = compare_all([(part.series, commit) for _, commit, part in every], base, self._disturbances, self._rows)
        found = (
            self._compared(series, commit, base, _of_whole(part, told))
            for (series, commit, part), told in zip(every, plain, strict=True)
        )
        return [each for each in found if each is not None]

    def _compared(self, series: Series, commit: str, base: str | None, plain: Comparison | None) -> Comparison | None:
        """The comparison as it is told; `plain` is that with all that it can be compared with."""
        if plain is None or (_is_quiet(plain) and not (self._changes and series.key in self._changes)):
            return plain
        found = self._measured(series, commit, base, plain)
        if found is None or found.before is None:
            return found
        if found.kind is Kind.CODE and base is None:
            found = self._as_found(found)
        if found.kind is Kind.CODE:
            found = self._with_kind(series, found, base)
        if found.verdict not in (Verdict.REGRESSION, Verdict.INCONCLUSIVE):
            return found
        setting = self._settings.of(series.key.name)
        return _within(found, replace(setting, relevant=0.0) if series.is_counted else setting, self._places)

    def findings(self, comparisons: Iterable[Comparison], base: str | None) -> tuple[Finding, ...]:
        """What the detectors say of every series at its judged commit, and wherever it changed."""
        compared = {comparison.key: comparison for comparison in comparisons}
        findings: dict[tuple[SeriesKey, str], tuple[Finding, ...]] = {}
        for key, series in self._series.items():
            comparison, changes = compared.get(key), self._changes.get(key, ())
            if comparison is not None and not changes and self._causes.is_silent(series, comparison.after.commit):
                continue
            if comparison is not None:
                last = None if base is None else comparison.last
                ratio = None if comparison.direction is Direction.SAME else comparison.ratio
                commit = comparison.after.commit
                findings[key, commit] = self._causes.findings(series, commit, last, ratio)
            for point, _ in changes:
                if (key, point.first) not in findings:
                    findings[key, point.first] = self._causes.findings(series, point.first)
        return tuple(one for found in findings.values() for one in found)

    def _events(self, common: Iterable[ChangePoint]) -> dict[SeriesKey, list[ChangePoint]]:
        """What moved all series of a machine, by series; the reason names libraries that are new."""
        events: dict[tuple[str, str, str], list[ChangePoint]] = {}
        for point in common:
            events.setdefault((point.key.machine, point.last, point.first), []).append(point)
        found: dict[SeriesKey, list[ChangePoint]] = {}
        for points in events.values():
            told = [self._causes.explanation(self._series[point.key], point) for point in points[:_ASKED]]
            for point in points:
                reason = with_installed(point.reason, told)
                found.setdefault(point.key, []).append(replace(point, kind=Kind.MACHINE, reason=reason))
        return found

    def _of_kind(self, point: ChangePoint, by_code: frozenset[str]) -> tuple[ChangePoint, Nature]:
        why = self._causes.explanation(self._series[point.key], point)
        self.explanations[point.key, point.last, point.first] = why
        found = Nature() if self._series[point.key].is_counted else nature(why, point.direction, by_code)
        # What was found as another kind keeps it.
        if point.kind is not Kind.CODE or found.kind is Kind.CODE:
            return point, found
        return replace(point, kind=found.kind, reason=found.reason), found

    def _measured(self, series: Series, commit: str, base: str | None, plain: Comparison | None) -> Comparison | None:
        """The comparison of what is comparable: without commits beside its line, and those whose timing was wrong."""
        measurement = [each for each in self._changes.get(series.key, ()) if each[0].kind is Kind.MEASUREMENT]
        aside, reason = set[str](), ""
        if measurement:
            aside, reason = set_aside(measurement, columns_of(series.points).commits, commit)
        if not aside or plain is None:
            return plain
        found = self._without(aside, series, commit, base)
        if found is None or found.before is None:  # nothing else is left to compare with
            found, is_wrong = plain, True
        else:
            is_wrong = base in aside
        if found is None or found.before is None or not is_wrong:
            return found
        return replace(found, verdict=Verdict.CLEAN, kind=Kind.MEASUREMENT, reason=reason)

    def _without(self, aside: set[str], series: Series, commit: str, base: str | None) -> Comparison | None:
        part = self._line.up_to(series, commit, base, aside)
        return _of_whole(part, compare(part.series, commit, base, self._disturbances.get(series.key, _NONE)))

    def _as_found(self, comparison: Comparison) -> Comparison:
        """With the change that was found to begin at the judged commit: all series together tell more than one."""
        if comparison.direction is not Direction.SAME:
            return comparison
        for point, _ in self._changes.get(comparison.key, ()):
            if point.first == comparison.after.commit and point.kind is Kind.CODE:
                verdict = Verdict.REGRESSION if point.direction is Direction.SLOWER else Verdict.CLEAN
                return replace(
                    comparison,
                    before=point.before,
                    last=point.last,
                    verdict=verdict,
                    direction=point.direction,
                    reason="",
                )
        return comparison

    def _with_kind(self, series: Series, found: Comparison, base: str | None) -> Comparison:
        """With its explanation, if it moved; what the machine or the measurement did is no regression."""
        moved = _as_change(series, found)
        if moved is None or (found.direction is Direction.SAME and found.verdict is not Verdict.INCONCLUSIVE):
            return found
        why = self._causes.explanation(series, moved, None if base is None else found.last)
        if found.direction is not Direction.SAME:
            self.explanations[found.key, moved.last, moved.first] = why
        head = self._places[moved.first]
        earlier = (each for point, each in self._changes.get(found.key, ()) if self._places[point.first] < head)
        # No machine changes what is exact.
        told = Nature() if series.is_counted else nature(why, moved.direction, come_by_code(earlier))
        kind, reason = told.kind, told.reason
        event = of_machine(found, self._common.get(found.key, ()), self._places)
        if kind is Kind.CODE and event is not None and not self._has_own(found):
            kind, reason = Kind.MACHINE, event
        if kind is Kind.CODE:
            return found
        return replace(found, verdict=Verdict.CLEAN, kind=kind, reason=reason)

    def _has_own(self, found: Comparison) -> bool:
        """Whether the series has a change of its code between the two commits, beside what its machine did."""
        last, head = self._places[found.last or found.after.commit], self._places[found.after.commit]
        return any(
            last < self._places[point.first] <= head and point.kind is Kind.CODE
            for point, _ in self._changes.get(found.key, ())
        )


def _of_whole(part: Part, found: Comparison | None) -> Comparison | None:
    """With positions of the whole series."""
    if found is None or found.before is None or part.is_whole:
        return found
    return replace(found, before=part.level(found.before))


def _is_quiet(found: Comparison) -> bool:
    """Whether there is nothing to explain and nothing to leave out."""
    return found.verdict in (Verdict.CLEAN, Verdict.NOTHING) and found.direction is Direction.SAME


def _within(found: Comparison, setting: Override, places: Mapping[str, int]) -> Comparison:
    """As the project's settings have it: what they leave out is no regression, and is said to be left out."""
    ratio, reason = found.ratio, ""
    if setting.ignored:
        reason = "no change of this benchmark is told: the settings say so"
    elif setting.first is not None and places[found.after.commit] <= places.get(setting.first, -1):
        reason = f"changes up to {setting.first[:8]} are not told: the settings say so"
    elif ratio and setting.relevant is not None and max(ratio, 1 / ratio) - 1 < setting.relevant:
        reason = f"less than {100 * setting.relevant:.3g} %, which the settings say is relevant"
    return replace(found, verdict=Verdict.CLEAN, direction=Direction.SAME, reason=reason) if reason else found


def _as_change(series: Series, comparison: Comparison) -> ChangePoint | None:
    """A comparison in the form of a change, whether it moved or not."""
    value, before, last = comparison.after.value, comparison.before, comparison.last
    if before is None or last is None or value is None:
        return None
    low, high = comparison.after.low, comparison.after.high
    after = Level(before.stop, before.stop + 1, value, value if low is None else low, value if high is None else high)
    return ChangePoint(comparison.key, before, after, last, comparison.after.commit, series.rising)
