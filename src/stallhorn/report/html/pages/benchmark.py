"""A page for each benchmark: its changes, its series as a table, what its charts are drawn from, and what was seen.

The charts are drawn by `static/benchmark.js` from the data inside the page; without it the table has a small picture of
each history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from stallhorn.model import (
    DISTURBED,
    BuildFailure,
    Change,
    ChangePoint,
    Finding,
    Observation,
    Revision,
    Roofs,
    SeriesKey,
    Status,
    plain,
)
from stallhorn.pitfalls.base import CONTEXT
from stallhorn.report.html import causes, charted, facts, words
from stallhorn.report.html.change_page import paths
from stallhorn.report.html.charts.scripted import SCRIPTS, STYLES
from stallhorn.report.html.data.axis import Axis, axis
from stallhorn.report.html.facts import FactRow
from stallhorn.report.html.pages.base import Page
from stallhorn.report.html.panels import Counted, Did, Panel, anchor_of, counted, did, panels
from stallhorn.report.html.series_rows import MOST, constant, named, series_rows
from stallhorn.report.html.skips import Skips, by_reason
from stallhorn.report.html.view import Row, Site, distinct, parameter_order
from stallhorn.report.sentence import Standing

LINK = None
_PANELS = 6  # of series with causes, in one environment on one machine
_FOLDED = 3  # of each of the other kinds
_OBSERVED = 30  # series whose observations are a row
_TOGETHER = 1000  # series that are worked out at once


@dataclass(frozen=True, slots=True)
class Section:
    """What there is to say of one environment on one machine besides values."""

    anchor: str
    machine: str
    environment: str
    label: str
    skips: tuple[Skips, ...]  # series that were never measured
    versions: str
    facts_commit: Revision | None
    facts: tuple[FactRow, ...]
    failures: tuple[BuildFailure, ...]
    rows: tuple[Row, ...]  # measured series
    roofs: Roofs | None  # of the machine
    panels: tuple[Panel, ...]  # series with findings; those of `linked` first
    linked: frozenset[str]  # anchors of panels to which something leads
    did: Did
    counted: tuple[Counted, ...]  # facts that changed
    steady: int  # facts that did not

    @property
    def sick(self) -> tuple[Panel, ...]:
        """Series with a cause at the judged commit that are not kept sick."""
        return tuple(each for each in self.panels if not (each.earlier or each.specimen or each.harmless))

    @property
    def specimen_panels(self) -> tuple[Panel, ...]:
        return tuple(each for each in self.panels if each.specimen and not (each.earlier or each.harmless))

    @property
    def harmless(self) -> tuple[Panel, ...]:
        return tuple(each for each in self.panels if each.harmless and not each.earlier)

    @property
    def earlier(self) -> tuple[Panel, ...]:
        """What was found where series changed, before the judged commit."""
        return tuple(each for each in self.panels if each.earlier)

    def room(self, panels: Sequence[Panel], most: int) -> int:
        """How many of these panels are shown: as many as there is room for, and all that are linked."""
        return max(most, sum(each.anchor in self.linked for each in panels))

    @property
    def noisy(self) -> tuple[FactRow, ...]:
        """Series whose process wrote to stderr."""
        return tuple(each for each in self.facts if each.stderr)

    @property
    def skipped(self) -> int:
        """How many series were never measured."""
        return sum(len(each.rows) for each in self.skips)

    @property
    def specimens(self) -> int:
        """How many measured series are kept sick on purpose."""
        return sum(row.specimen is not None for row in self.rows)

    @property
    def floors(self) -> int:
        """How many series have a floor that their time stands beside."""
        return sum(row.floor is not None for row in self.rows)

    @property
    def below_floor(self) -> int:
        """How many times are below their floor, which cannot be."""
        return sum(row.below_floor for row in self.rows)

    @property
    def disturbed(self) -> int:
        """How many series were measured while other programs were busy."""
        return sum(each.disturbed for each in self.facts)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        said = (self.skips, self.facts, self.failures, self.panels, self.counted, self.specimens, self.floors)
        return not any(said)


@dataclass(frozen=True, slots=True)
class _Whole:
    """What all pages share, looked up once."""

    site: Site
    axes: Mapping[str, Axis]  # of machines
    hits: Mapping[str, Sequence[charted.Hit]]  # of benchmarks: what changed there, newest first


def pages(site: Site) -> Iterable[Page]:
    whole = _Whole(site, _axes(site), _hits(site.report.changes, paths(site)))
    rows: dict[str, list[Row]] = {}
    for row in site.rows:
        rows.setdefault(row.key.benchmark, []).append(row)
    for names in _batches({name: len(rows[name]) for name in site.benchmark_names}):
        drawn = _drawn([row for name in names for row in rows[name] if row.tried], whole.axes)
        for name in names:
            yield _page(name, rows[name], drawn, whole)


def _batches(sizes: Mapping[str, int]) -> Iterable[list[str]]:
    """Benchmarks whose series are worked out together: enough to be quick, few enough to be small."""
    batch: list[str] = []
    held = 0
    for name, size in sizes.items():
        batch.append(name)
        held += size
        if held >= _TOGETHER:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _drawn(rows: Iterable[Row], axes: Mapping[str, Axis]) -> dict[int, charted.Drawn]:
    """What is worked out for many rows at once, by their identity."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.key.machine, []).append(row)
    found: dict[int, charted.Drawn] = {}
    for machine, group in groups.items():
        found.update(zip(map(id, group), charted.drawn_of([row.series for row in group], axes[machine]), strict=True))
    return found


def _axes(site: Site) -> dict[str, Axis]:
    edges: dict[str, set[str]] = {}
    for key, points in site.changed.items():
        edges.setdefault(key.machine, set()).update(commit for point in points for commit in (point.last, point.first))
    return {name: axis(known.revisions, edges.get(name, ())) for name, known in site.axes.items()}


def _hits(changes: Iterable[Change], where: Mapping[str, str]) -> dict[str, list[charted.Hit]]:
    found: dict[str, list[charted.Hit]] = {}
    for change in changes:
        groups: dict[str, list[ChangePoint]] = {}
        for point in change.points:
            groups.setdefault(point.key.benchmark, []).append(point)
        for name, points in groups.items():
            found.setdefault(name, []).append(charted.Hit(change, points, where.get(change.id, "")))
    return found


def _page(name: str, rows: Sequence[Row], worked_out: Mapping[int, charted.Drawn], whole: _Whole) -> Page:
    site = whole.site
    benchmark, hits = site.benchmark(name), whole.hits.get(name, ())
    measured = [row for row in rows if id(row) in worked_out]  # the most urgent first
    tried = {id(row) for row in measured}
    drawn = [worked_out[id(row)] for row in measured]
    known = named(measured, site.labels)
    found = _findings(measured[:MOST], site)
    whys = [causes.why(replace(hit.change, points=tuple(hit.points)), site) for hit in hits]
    sections = _sections(rows, tried, _linked(whys, site), site)
    sheet = charted.sheet(benchmark, measured, drawn, hits, whole.axes, site)
    pictures = [each.picture for each in drawn[:MOST]]
    verdicts = [each.verdict for each in sheet.told]
    content = {
        "benchmark": benchmark,
        "counts": _counts(rows),
        "changes": [
            (hit, len(hit.points), site.in_words(hit.points[0]), why) for hit, why in zip(hits, whys, strict=True)
        ],
        "tabs": charted.tabs(sheet.tabs),
        "data": charted.data(sheet),
        "strips": charted.strips(measured, site),
        "alone": "history" in sheet.tabs,
        "same": ", ".join(f"{name} = {text}" for name, text in known.same.items()),
        "series": series_rows(measured[:MOST], pictures, verdicts[:MOST], known, found, _anchors(sections)),
        "causes_seen": any(found.values()),
        "measured": len(measured),
        "shown": min(len(measured), MOST),
        "sections": sections,
        "probed": bool(site.observed) and any(row.key in site.observed for row in rows),
        "parameters": {
            name: ", ".join(plain(text) for text in texts)
            for name, texts in distinct(row.key.parameters for row in rows).items()
        },
        "machines": [
            site.report.history.machines[each]
            for each in sorted({row.key.machine for row in rows})
            if each in site.report.history.machines
        ],
        "fact_columns": facts.COLUMNS,
        "busy": DISTURBED,
        "most_panels": _PANELS,
        "most_folded": _FOLDED,
        "most_observed": _OBSERVED,
    }
    return Page(
        f"benchmark/{words.identifier(name)}.html",
        "benchmark.html.j2",
        name,
        content,
        scripts=(*SCRIPTS, "static/benchmark_data.js", "static/benchmark_views.js", "static/benchmark.js"),
        styles=(*STYLES, "static/benchmark.css"),
    )


def _counts(rows: Sequence[Row]) -> list[tuple[Standing, str, int]]:
    counts = Counter(row.standing for row in rows)
    return [(each, words.SIGNS[each], counts[each]) for each in Standing if counts[each]]


def _findings(rows: Sequence[Row], site: Site) -> dict[SeriesKey, list[Finding]]:
    """What is to be mended in these series, as of the judged commit."""
    return {
        row.key: [
            each
            for each in site.findings[row.key]
            if each.severity != CONTEXT and each.commit == site.judged.get(row.key.machine)
        ]
        for row in (rows if site.findings else ())
        if row.key in site.findings
    }


def _linked(whys: Iterable[causes.Why], site: Site) -> set[str]:
    """The panels of the series that stand for the causes of changes."""
    worst = (cause.worst for why in whys for cause in why.causes)
    return {anchor_of(each.about, each.commit, site) for each in worst}


def _anchors(sections: Iterable[Section]) -> frozenset[str]:
    """The panels that the page has room for."""
    shown = (
        panel
        for each in sections
        for group, most in ((each.sick, _PANELS), (each.specimen_panels, _FOLDED), (each.harmless, _FOLDED))
        for panel in group[: each.room(group, most)]
    )
    return frozenset(panel.anchor for panel in shown)


def _sections(rows: Sequence[Row], tried: Set[int], linked: Set[str], site: Site) -> list[Section]:
    if len(tried) == len(rows) and not _is_anything_told(rows, site):
        return []
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.key.machine, row.key.environment), []).append(row)
    made = [
        _section(number, group, tried, linked, site)
        for number, (_, group) in enumerate(sorted(groups.items()), start=1)
    ]
    return [each for each in made if not each.is_empty]


def _is_anything_told(rows: Sequence[Row], site: Site) -> bool:
    """Whether there is more than values."""
    if site.report.history.build_failures or any(row.floor is not None or row.specimen is not None for row in rows):
        return True
    told = [each for each in (site.observed, site.findings, site.facts) if each]
    return any(row.key in each for each in told for row in rows)


def _section(number: int, rows: Sequence[Row], tried: Set[int], linked: Set[str], site: Site) -> Section:
    machine, environment = rows[0].key.machine, rows[0].key.environment
    history = site.report.history
    benchmark = site.benchmark(rows[0].key.benchmark)
    found = panels(rows, set(constant([row for row in rows if id(row) in tried])), site)
    linked = linked | _first_of_each(found)
    rows = sorted(rows, key=lambda row: parameter_order(row.key.parameters, benchmark))
    measured = [row for row in rows if id(row) in tried]
    same = constant(measured)
    observed, revision = _newest_facts(rows, site)
    order = {row.key: index for index, row in enumerate(rows)}
    changed_facts, steady_facts = counted(rows, set(same), site)
    return Section(
        anchor=f"env{number}",
        machine=machine,
        environment=environment,
        label=site.labels.get(environment, environment),
        skips=tuple(by_reason([row for row in rows if id(row) not in tried])),
        versions=facts.versions(observed),
        facts_commit=revision,
        facts=tuple(sorted(facts.fact_rows(observed, set(same)), key=lambda each: order[each.key])),
        failures=tuple(
            each for each in history.build_failures if (each.machine, each.environment) == (machine, environment)
        ),
        rows=tuple(measured),
        roofs=history.roofs.get(machine),
        panels=tuple(sorted(found, key=lambda each: each.anchor not in linked)),
        linked=frozenset(linked),
        did=did(rows, set(same), revision.commit, site) if revision else Did((), ()),
        counted=changed_facts,
        steady=steady_facts,
    )


def _first_of_each(found: Iterable[Panel]) -> set[str]:
    """The panels of the most urgent series of each pitfall, at the judged commit: the first page leads to them."""
    first: dict[tuple[str, str, bool], str] = {}
    for panel in found:
        for each in () if panel.earlier else panel.findings:
            first.setdefault((each.pitfall, each.severity, panel.specimen is None), panel.anchor)
    return set(first.values())


def _newest_facts(rows: Sequence[Row], site: Site) -> tuple[list[Observation], Revision | None]:
    """What the probe saw of what it measured at the newest commit at which it measured anything here."""
    found = [each for row in rows for each in site.observed.get(row.key, ()) if each.status is not Status.SKIPPED]
    seen = {each.commit for each in found}
    revision = max(map(site.revision, seen), key=lambda each: (each.position, each.commit), default=None)
    if revision is None:
        return [], None
    return [each for each in found if each.commit == revision.commit], revision
