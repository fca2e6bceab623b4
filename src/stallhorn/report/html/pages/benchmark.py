"""A page for each benchmark: its history in every environment on every machine, and what the probe saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace

from stallhorn.model import (
    DISTURBED,
    Benchmark,
    BuildFailure,
    Change,
    Observation,
    Revision,
    Roofs,
    SeriesKey,
    Status,
    plain,
)
from stallhorn.report.html import causes, facts, words
from stallhorn.report.html.charts.axes import CommitAxis, commit_axis
from stallhorn.report.html.facets import constant, facets
from stallhorn.report.html.figures import Figure, JumpLine, figure, hits, jump_lines
from stallhorn.report.html.pages.base import Page
from stallhorn.report.html.panels import Counted, Did, Panel, counted, did, panels
from stallhorn.report.html.skips import Skips, by_reason
from stallhorn.report.html.view import Row, Site, distinct, parameter_order
from stallhorn.report.sentence import Standing

LINK = None


@dataclass(frozen=True, slots=True)
class Section:
    """One environment on one machine."""

    anchor: str
    machine: str
    environment: str
    label: str
    constant: str
    jump: tuple[JumpLine, ...]
    changed: tuple[Figure, ...]  # with what became slower first
    unchanged: tuple[Figure, ...]
    skips: tuple[Skips, ...]  # series that no chart names
    versions: str
    facts_commit: Revision | None
    facts: tuple[facts.FactRow, ...]
    failures: tuple[BuildFailure, ...]
    rows: tuple[Row, ...]  # all series
    roofs: Roofs | None  # of the machine
    panels: tuple[Panel, ...]  # series with findings
    did: Did
    counted: tuple[Counted, ...]  # facts that changed
    steady: int  # facts that did not

    @property
    def figures(self) -> tuple[Figure, ...]:
        return self.changed + self.unchanged

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

    @property
    def only(self) -> Revision | None:
        """The commit, if there is but one and all figures show its values."""
        commits = {each.only for each in self.figures}
        return commits.pop() if len(commits) == 1 else None

    @property
    def skipped(self) -> int:
        """How many series no chart names."""
        return sum(len(each.rows) for each in self.skips)

    @property
    def specimens(self) -> int:
        """How many series on its charts are kept sick on purpose."""
        return sum(row.specimen is not None for row in self.rows if row.tried)

    @property
    def floors(self) -> int:
        """How many series have a floor that their time stands beside."""
        return sum(row.floor is not None for row in self.rows if row.tried)

    @property
    def below_floor(self) -> int:
        """How many times are below their floor, which cannot be."""
        return sum(row.below_floor for row in self.rows)

    @property
    def disturbed(self) -> int:
        """How many series were measured while other programs were busy."""
        return sum(each.disturbed for each in self.facts)


def pages(site: Site) -> Iterable[Page]:
    rows: dict[str, list[Row]] = {}
    for row in site.rows:
        rows.setdefault(row.key.benchmark, []).append(row)
    for name in site.benchmark_names:
        yield _page(name, rows[name], site)


def _page(name: str, rows: Sequence[Row], site: Site) -> Page:
    benchmark = site.benchmark(name)
    ordered = sorted(rows, key=lambda row: parameter_order(row.key.parameters, benchmark))
    keys = {row.key for row in rows}
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in ordered:
        groups.setdefault((row.key.machine, row.key.environment), []).append(row)
    content = {
        "benchmark": benchmark,
        "counts": [
            (each, words.SIGNS[each], sum(row.standing is each for row in rows))
            for each in Standing
            if any(row.standing is each for row in rows)
        ],
        "changes": [
            (change, hit, causes.why(_only(change, keys), site))
            for change in site.report.changes
            if (hit := hits(change, keys, site))
        ],
        "sections": [
            _section(number, group, benchmark, site)
            for number, (_, group) in enumerate(sorted(groups.items()), start=1)
        ],
        "parameters": {
            name: ", ".join(plain(text) for text in texts)
            for name, texts in distinct(row.key.parameters for row in ordered).items()
        },
        "fact_columns": facts.COLUMNS,
        "busy": DISTURBED,
    }
    return Page(f"benchmark/{words.identifier(name)}.html", "benchmark.html.j2", name, content)


def _section(number: int, rows: Sequence[Row], benchmark: Benchmark, site: Site) -> Section:
    machine, environment = rows[0].key.machine, rows[0].key.environment
    points = [point for row in rows for point in row.series.points]
    tried = {point.commit for point in points if point.status is not Status.SKIPPED}
    commits = commit_axis(site.report.history.revisions, tried)
    charts = facets(rows, benchmark)
    figures = [figure(each, f"env{number}-{index}", commits, site) for index, each in enumerate(charts, start=1)]
    named = {row.key for each in charts for row in (*each.rows, *(row for _, row in each.skipped))}
    same = constant([row for row in rows if row.tried])
    observed, revision = _newest_facts(rows, commits, site)
    order = {row.key: index for index, row in enumerate(rows)}
    changed_facts, steady_facts = counted(rows, set(same), site)
    return Section(
        anchor=f"env{number}",
        machine=machine,
        environment=environment,
        label=site.labels.get(environment, environment),
        constant=", ".join(f"{name} = {text}" for name, text in same.items()),
        jump=jump_lines(figures),
        changed=tuple(sorted((each for each in figures if each.changed), key=lambda each: each.changed == "faster")),
        unchanged=tuple(each for each in figures if not each.changed),
        skips=tuple(by_reason([row for row in rows if row.key not in named])),
        versions=facts.versions(observed),
        facts_commit=revision,
        facts=tuple(sorted(facts.fact_rows(observed, set(same)), key=lambda each: order[each.key])),
        failures=tuple(
            failure
            for failure in site.report.history.build_failures
            if (failure.machine, failure.environment) == (machine, environment)
        ),
        rows=tuple(rows),
        roofs=site.report.history.roofs.get(machine),
        panels=panels(rows, set(same), site),
        did=did(rows, set(same), revision.commit, site) if revision else Did((), ()),
        counted=changed_facts,
        steady=steady_facts,
    )


def _only(change: Change, keys: Set[SeriesKey]) -> Change:
    """The part of a change that hit these series."""
    return replace(change, points=tuple(point for point in change.points if point.key in keys))


def _newest_facts(rows: Sequence[Row], commits: CommitAxis, site: Site) -> tuple[list[Observation], Revision | None]:
    """What the probe saw of what it measured at the newest commit at which it measured anything here."""
    found = [each for row in rows for each in site.observed.get(row.key, ()) if each.status is not Status.SKIPPED]
    seen = {each.commit for each in found}
    revision = next((each for each in reversed(commits.revisions) if each.commit in seen), None)
    if revision is None:
        return [], None
    return [each for each in found if each.commit == revision.commit], revision
