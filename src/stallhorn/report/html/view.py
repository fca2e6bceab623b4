"""A report arranged for the pages: every series with its standing, its neighbours and its page. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from stallhorn.health import Health, examine
from stallhorn.model import (
    Benchmark,
    ChangePoint,
    Comparison,
    Finding,
    Floor,
    Measurement,
    Observation,
    Parameters,
    Report,
    Revision,
    Series,
    SeriesKey,
    Status,
    plain,
)
from stallhorn.model.points import CODES, columns_of
from stallhorn.report.html import words
from stallhorn.report.html.charts.axes import CommitAxis, commit_axis
from stallhorn.report.pattern import Patterns
from stallhorn.report.sentence import (
    Standing,
    change_in_words,
    change_point_in_words,
    reach_in_words,
    size,
    standing,
    units_of_series,
)

Item = TypeVar("Item")

_URGENCY = {each: index for index, each in enumerate(Standing)}
_SKIPPED = bytes([CODES[Status.SKIPPED]])


@dataclass(frozen=True, slots=True)
class Row:
    """One series as a table shows it."""

    series: Series
    comparison: Comparison | None
    standing: Standing
    measured: Measurement | None  # what the row speaks of: the compared measurement, else the newest
    floor: Floor | None = None
    specimen: str | None = None  # the pitfall that it is kept sick for, on purpose

    @property
    def key(self) -> SeriesKey:
        return self.series.key

    @property
    def tried(self) -> bool:
        """Whether it was measured at any commit, be it without success; a row that was only ever skipped was not."""
        return bool(columns_of(self.series.points).statuses.strip(_SKIPPED))

    @property
    def ratio(self) -> float | None:
        return self.comparison.ratio if self.comparison else None

    @property
    def verdict(self) -> str:
        """The comparison in words: "2.01x slower", "within noise (+0.4 %)"."""
        if self.standing in (Standing.SLOWER, Standing.FASTER):
            return change_in_words(self.ratio, self.series.unit)
        if self.standing in (Standing.MACHINE, Standing.MEASURED):
            return f"{self.standing.value}: {change_in_words(self.ratio, self.series.unit)}"
        if self.standing is Standing.SAME and self.series.is_counted:
            return "unchanged"
        if self.standing in (Standing.SAME, Standing.UNCLEAR) and self.ratio is not None:
            return f"{self.standing.value} ({words.percent(self.ratio)})"
        return self.standing.value

    @property
    def reach(self) -> str:
        """How near its time is to its floor: "82 % reached"."""
        value = self.measured.value if self.measured else None
        return "" if self.floor is None else reach_in_words(self.floor, value).replace(" %", "\N{NO-BREAK SPACE}%")

    @property
    def below_floor(self) -> bool:
        """Whether its time cannot be, if its floor is right."""
        value = self.measured.value if self.measured else None
        return self.floor is not None and value is not None and value > 0 and self.floor.is_above(value)

    @property
    def reason(self) -> str:
        """Why there is no value, or no comparison."""
        if self.measured is not None and self.measured.status is not Status.OK:
            return self.measured.reason
        return self.comparison.reason if self.comparison else ""


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that the pages are made of."""

    report: Report
    generated: datetime
    asv_site: bool  # whether asv's own site lies beside ours, in asv/
    rows: tuple[Row, ...]  # the most urgent first
    indexed: tuple[Row, ...]  # in the suite's order: the numbers by which data files name series
    labels: Mapping[str, str]  # of environments, short
    axes: Mapping[str, CommitAxis]  # of machines: every commit that was measured there
    revisions: Mapping[str, Revision]  # by commit
    changed: Mapping[SeriesKey, tuple[ChangePoint, ...]]
    units: Mapping[SeriesKey, str]
    observed: Mapping[SeriesKey, tuple[Observation, ...]]
    judged: Mapping[str, str]  # of machines: the commit that was judged
    findings: Mapping[SeriesKey, tuple[Finding, ...]]
    facts: Mapping[SeriesKey, tuple[Series, ...]]  # counted facts beside each series
    health: Health
    machines: tuple[str, ...]  # by name
    benchmark_names: tuple[str, ...]  # of all that were ever measured, by name
    patterns: Patterns  # what the series of changes have in common

    def revision(self, commit: str) -> Revision:
        """The revision of a commit; one without date and subject for a commit that the history does not know."""
        return self.revisions.get(commit) or Revision(commit, -1, None, "", "")

    def benchmark(self, name: str) -> Benchmark:
        """A benchmark; a bare one for a name that only old results know."""
        return self.report.history.benchmarks.get(name) or Benchmark(name, "", "", "")

    def in_words(self, point: ChangePoint) -> str:
        """The size of a change: "2.01x slower"; of an exact value "from 1 to 3 compilations (counted)"."""
        return change_point_in_words(point, self.units)

    @property
    def tally(self) -> Counter[Standing]:
        """How many series stand how."""
        return Counter(row.standing for row in self.rows)

    @property
    def never_measured(self) -> tuple[str, ...]:
        """Benchmarks of the suite without a single result."""
        return tuple(sorted(set(self.report.history.benchmarks) - set(self.benchmark_names)))

    @property
    def everywhere(self) -> dict[str, str]:
        """Parameters that have one and the same value in the whole project; none where no other would be left."""
        values = distinct(row.key.parameters for row in self.rows)
        same = {name: texts[0] for name, texts in values.items() if len(texts) == 1}
        return same if len(same) < len(values) else {}


def arrange(report: Report, generated: datetime, *, asv_site: bool = False) -> Site:
    """The report as a site; nothing is decided here, only looked up and put in order."""
    history = report.history
    comparisons = {comparison.key: comparison for comparison in report.comparisons}
    rows = []
    for series in history.series:
        comparison = comparisons.get(series.key)
        measured = comparison.after if comparison else series.points[-1] if series.points else None
        stands = standing(comparison, measured)
        floor = report.floors.get(series.key) if report.floors else None
        rows.append(Row(series, comparison, stands, measured, floor, history.specimen_of(series.key)))
    commits, ordering = _measured(history.series), _Ordering(history.benchmarks)
    return Site(
        report=report,
        generated=generated,
        asv_site=asv_site,
        rows=tuple(sorted(rows, key=ordering.of)),
        indexed=tuple(rows),
        labels=words.environment_labels(history.environments, {row.key.environment for row in rows}),
        axes={machine: commit_axis(history.revisions, measured) for machine, measured in commits.items()},
        revisions={revision.commit: revision for revision in history.revisions},
        changed=_grouped((point.key, point) for change in report.changes for point in change.points),
        units=units_of_series(report),
        observed=_grouped((each.key, each) for each in history.observations),
        judged=report.judged,
        findings=_grouped((each.about, each) for each in report.findings),
        facts=_grouped((replace(each.key, fact=""), each) for each in report.facts),
        health=examine(history),
        machines=tuple(sorted({row.key.machine for row in rows})),
        benchmark_names=tuple(sorted({row.key.benchmark for row in rows})),
        patterns=Patterns(history),
    )


def _measured(series: Iterable[Series]) -> dict[str, set[str]]:
    """The commits that each machine measured. Most series share one list of them."""
    found: dict[str, set[str]] = {}
    lists: dict[str, dict[int, Sequence[str]]] = {}
    for each in series:
        commits = columns_of(each.points).commits
        lists.setdefault(each.key.machine, {}).setdefault(id(commits), commits)
    for machine, known in lists.items():
        found[machine] = set().union(*known.values())
    return found


def _grouped(pairs: Iterable[tuple[SeriesKey, Item]]) -> dict[SeriesKey, tuple[Item, ...]]:
    found: dict[SeriesKey, list[Item]] = {}
    for key, item in pairs:
        found.setdefault(key, []).append(item)
    return {key: tuple(items) for key, items in found.items()}


def parameter_order(parameters: Parameters, benchmark: Benchmark | None) -> tuple[object, ...]:
    """A key that sorts parameter combinations: numbers by size, anything else as the suite lists it."""
    return _order_by(parameters, _listed(benchmark))


def _listed(benchmark: Benchmark | None) -> dict[tuple[str, str], tuple[object, ...]]:
    """The order of a parameter's texts that are not all numbers, as the suite lists them."""
    found: dict[tuple[str, str], tuple[object, ...]] = {}
    for name, texts in zip(benchmark.param_names, benchmark.params, strict=False) if benchmark else ():
        if any(_number_or_text(each)[0] == float("inf") for each in texts):
            found.update({(name, text): (0, texts.index(text), "") for text in texts})
    return found


def _order_by(parameters: Parameters, listed: Mapping[tuple[str, str], tuple[object, ...]]) -> tuple[object, ...]:
    return tuple(listed.get(pair) or (1, *_number_or_text(pair[1])) for pair in parameters.values)


def distinct(parameters: Iterable[Parameters]) -> dict[str, list[str]]:
    """For each parameter name, its different texts in the order in which they first appear."""
    found: dict[str, list[str]] = {}
    for each in parameters:
        for name, text in each.values:
            texts = found.setdefault(name, [])
            if text not in texts:
                texts.append(text)
    return found


class _Ordering:
    """The order of rows; how a benchmark lists its parameters is found once."""

    def __init__(self, benchmarks: Mapping[str, Benchmark]) -> None:
        self._benchmarks = benchmarks
        self._listed: dict[str, Mapping[tuple[str, str], tuple[object, ...]]] = {}

    def of(self, row: Row) -> tuple[object, ...]:
        key = row.series.key
        listed = self._listed.get(key.benchmark)
        if listed is None:
            listed = self._listed[key.benchmark] = _listed(self._benchmarks.get(key.benchmark))
        moved = -size(row.ratio) if row.standing in (Standing.SLOWER, Standing.FASTER) else 0.0
        position = _order_by(key.parameters, listed)
        return _URGENCY[row.standing], moved, key.benchmark, position, key.environment, key.machine


@lru_cache(maxsize=4096)
def _number_or_text(text: str) -> tuple[float, str]:
    try:
        number = float(plain(text))
    except ValueError:
        return float("inf"), text
    return (number, "") if number == number else (float("inf"), text)
