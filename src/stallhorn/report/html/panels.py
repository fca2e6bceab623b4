"""What a benchmark's page says about causes: a panel for each series, what the machine did, and counted facts. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from itertools import groupby

from markupsafe import Markup

from stallhorn import units
from stallhorn.model import Finding, Measurement, Parameters, Revision, Series, SeriesKey
from stallhorn.pitfalls.base import CONTEXT, Facts
from stallhorn.report.diagnosis import seen
from stallhorn.report.html import causes
from stallhorn.report.html.charts.steps import steps
from stallhorn.report.html.view import Row, Site

_OPEN = 4  # panels that are open at first: one for each pitfall
# These stand in the table of observations already.
_ELSEWHERE = frozenset({"threads asked", "threads used", "threading layer", "result", "device", "other programs"})

_LONG = "compiled"  # a column of long texts, so the last
# As columns of a table, without the line above them.
_IN_FULL = {"... inside another": "regions inside another", "... of JAX": "temporary memory of JAX"}


@dataclass(frozen=True, slots=True)
class Panel:
    """All findings about one series at one commit."""

    anchor: str
    parameters: str  # those that tell the series from the others of the section
    specimen: str | None  # the pitfall that it is kept sick for
    revision: Revision
    earlier: bool  # it was found where the series changed, before the judged commit
    findings: tuple[Finding, ...]  # the gravest first
    did: tuple[tuple[str, str], ...]  # what the machine did in that measurement
    open: bool

    @property
    def harmless(self) -> bool:
        return self.severity == CONTEXT

    @property
    def severity(self) -> str:
        return self.findings[0].severity

    @property
    def meant(self) -> bool:
        """Whether everything grave about it is what it is kept for."""
        return all(each.pitfall == self.specimen for each in self.findings if each.severity != CONTEXT)


@dataclass(frozen=True, slots=True)
class Did:
    """A table of what the machine did: a row for each series."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """A counted fact of one series that changed."""

    parameters: str
    fact: str
    svg: Markup
    levels: tuple[tuple[str, Revision, int], ...]  # value, the first commit with it, number of commits; newest first


def panels(rows: Sequence[Row], same: Set[str], site: Site) -> tuple[Panel, ...]:
    """One for each series with findings at the judged commit, the gravest first, specimens last; then earlier ones."""
    made = []
    for row in rows:
        groups: dict[str, list[Finding]] = {}
        for finding in site.findings.get(row.key, ()):
            groups.setdefault(finding.commit, []).append(finding)
        made += [_panel(row, commit, group, same, site) for commit, group in groups.items()]
    made.sort(key=lambda each: (each.earlier, each.specimen is not None, causes.rank(each.severity)))
    first: dict[tuple[str, ...], Panel] = {}
    for panel in made:
        first.setdefault(tuple(each.pitfall for each in panel.findings), panel)
    opened = list(first.values())[:_OPEN]
    return tuple(replace(panel, open=any(panel is each for each in opened)) for panel in made)


def anchor_of(key: SeriesKey, commit: str, site: Site) -> str:
    """Where a benchmark's page has what was found in one series at one commit."""
    anchor = causes.anchor(key)
    return anchor if site.judged.get(key.machine) == commit else f"{anchor}-{commit[:8]}"


def did(rows: Sequence[Row], same: Set[str], commit: str, site: Site) -> Did:
    """What the machine did for each series at one commit; columns that nothing fills are left out."""
    told = []
    for row in rows:
        facts = causes.newest(site.observed.get(row.key, ()), commit)
        found = {_IN_FULL.get(name, name): text for name, text in seen(facts or Facts()) if name not in _ELSEWHERE}
        if found:
            told.append((shown(row.key, same), found))
    columns = tuple(sorted(dict.fromkeys(name for _, found in told for name in found), key=lambda name: name == _LONG))
    return Did(columns, tuple((label, tuple(found.get(name, "") for name in columns)) for label, found in told))


def counted(rows: Sequence[Row], same: Set[str], site: Site) -> tuple[tuple[Counted, ...], int]:
    """Counted facts that changed, and the number of those that never did."""
    changed, constant = [], 0
    for series in (each for row in rows for each in site.facts.get(row.key, ())):
        levels = _levels(series, site)
        if len(levels) < 2:
            constant += 1
            continue
        values = [point.value for point in series.points if point.value is not None]
        said = ", then ".join(text for text, _, _ in reversed(levels))
        picture = steps(values, f"{series.key.fact}: {said}")
        changed.append(Counted(shown(series.key, same), series.key.fact, picture, levels))
    return tuple(changed), constant


def shown(key: SeriesKey, same: Set[str]) -> str:
    """The parameters of a series, without those that all others have too."""
    return str(Parameters(tuple(pair for pair in key.parameters.values if pair[0] not in same)))


def _panel(row: Row, commit: str, findings: Sequence[Finding], same: Set[str], site: Site) -> Panel:
    facts = causes.newest(site.observed.get(row.key, ()), commit)
    earlier = site.judged.get(row.key.machine) != commit
    return Panel(
        anchor=anchor_of(row.key, commit, site),
        parameters=shown(row.key, same),
        specimen=row.specimen,
        revision=site.revision(commit),
        earlier=earlier,
        findings=tuple(sorted(findings, key=lambda each: causes.rank(each.severity))),
        did=tuple(seen(facts)) if facts else (),
        open=False,
    )


def _levels(series: Series, site: Site) -> tuple[tuple[str, Revision, int], ...]:
    measured = [point for point in series.points if point.value is not None]
    levels = [list(points) for _, points in groupby(measured, key=lambda point: point.value)]
    return tuple(
        (_written(points[0], series.unit), site.revision(points[0].commit), len(points)) for points in reversed(levels)
    )


def _written(point: Measurement, unit: str) -> str:
    value = point.value or 0.0
    return units.size(value) if unit.startswith("bytes") and value else f"{value:.10g}"
