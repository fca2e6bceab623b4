"""What the charts of a benchmark's page can show: lines, marks, and a reason for each tab that has nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from stallhorn.model import Benchmark, Change, ChangePoint, Measurement, Observation, Parameters, Series, Status
from stallhorn.model.points import Points
from stallhorn.report.html import words
from stallhorn.report.html.charts.sparklines import sparklines
from stallhorn.report.html.data.axis import Axis, Line, lined_up
from stallhorn.report.html.data.benchmark import Mark, Numbers, Sheet, Told, block, numbers_of, roofs_of
from stallhorn.report.html.facts import dig
from stallhorn.report.html.first_calls import first_calls
from stallhorn.report.html.view import Row, Site
from stallhorn.report.sentence import Standing
from stallhorn.sweeps.roles import Roles, roles

# The tabs in their order, and what each is called.
TABS = {
    "history": "History",
    "size": "Size",
    "threads": "Threads",
    "firstcall": "First call",
    "memory": "Memory and roofline",
    "raw": "Samples",
}
_STRIPS = (("first_call", "seconds"), ("memory", "peak_bytes"), ("threads", "used"))
_LEAST_SIZES = 3
_LEAST_THREADS = 2
_UPGRADES = 40  # marks for new versions that a page has at most, the newest


@dataclass(frozen=True, slots=True)
class Hit:
    """A change as far as it is of one benchmark."""

    change: Change
    points: Sequence[ChangePoint]
    page: str  # of the change, from the top of the site; "" where it has none


@dataclass(frozen=True, slots=True)
class Drawn:
    """One series as it is written: its columns on the axis, the numbers for the charts, a picture for the table."""

    line: Line
    numbers: Numbers
    picture: str


def drawn_of(series: Sequence[Series], along: Axis) -> list[Drawn]:
    """Series of one machine as they are written, all at once."""
    table = lined_up(series, along)
    pictures = sparklines(table.values, [each.unit for each in series])
    return list(map(Drawn, table.lines, numbers_of(table), pictures))


@dataclass(frozen=True, slots=True)
class Tab:
    """A way to look at the series; `reason` says why there is nothing to see."""

    id: str
    label: str
    reason: str


def tabs(reasons: Mapping[str, str]) -> list[Tab]:
    """All tabs of a page."""
    return [Tab(name, label, reasons.get(name, "")) for name, label in TABS.items()]


def sheet(
    benchmark: Benchmark,
    rows: Sequence[Row],
    drawn: Sequence[Drawn],
    hits: Sequence[Hit],
    axes: Mapping[str, Axis],
    site: Site,
) -> Sheet:
    """The data of a page."""
    part = roles(benchmark, site.report.history.project.roles)
    starts = first_calls(rows, part, site)
    machines = {name: place for place, name in enumerate(dict.fromkeys(row.key.machine for row in rows))}
    environments = {name: place for place, name in enumerate(dict.fromkeys(row.key.environment for row in rows))}
    standings = {each: place for place, each in enumerate(dict.fromkeys(row.standing for row in rows))}
    lines = [each.line for each in drawn]
    return Sheet(
        benchmark=benchmark,
        roles=part,
        lines=lines,
        numbers=[each.numbers for each in drawn],
        told=[
            Told(
                row.key.parameters,
                environments[row.key.environment],
                machines[row.key.machine],
                standings[row.standing],
                row.verdict,
                site.changed.get(row.key, ()),
                row.floor,
                row.specimen,
                site.observed.get(row.key, ()) if site.observed else (),
                starts.get(row.key) if starts else None,
            )
            for row in rows
        ],
        machines=[_machine(name, axes, site) for name in machines],
        environments=[{"name": words.clean(name), "label": _label(name, site)} for name in environments],
        standings=[
            {"tone": each.name.lower(), "sign": words.SIGNS[each], "text": each.value, "moved": _is_moved(each)}
            for each in standings
        ],
        marks=[*_changes(rows, hits, site, machines), *_upgrades(rows, axes, site, machines)],
        tabs=reasons(benchmark, part, rows, lines, site),
    )


def strips(rows: Sequence[Row], site: Site) -> int:
    """How many charts stand below the history: one for each kind of fact that was recorded."""
    facts = _seen(rows, site)
    return sum(any(dig(each, *path) is not None for each in facts) for path in _STRIPS)


def data(made: Sheet) -> Markup:
    """The sheet as it stands in a page."""
    return Markup(block(made).decode("utf-8"))


def reasons(
    benchmark: Benchmark, part: Roles, rows: Sequence[Row], lines: Sequence[Line], site: Site
) -> dict[str, str]:
    """Why a tab has nothing to show; tabs that have something are left out."""
    measured = [row for row, line in zip(rows, lines, strict=True) if line.count]
    facts = _seen(measured, site)
    sizes = {part.size_of(each) for each in _telling(part.size, measured)} - {None}
    threads = {part.threads_of(each) for each in _telling(part.threads, measured)} - {None}
    is_time = any(row.series.unit == "seconds" for row in rows)
    found: dict[str, str] = {}
    if not measured:
        return dict.fromkeys(TABS, "Nothing was measured of this benchmark so far.")
    if all(line.count < 2 for line in lines):
        found["history"] = "One commit is measured so far: its values are in the table. Charts begin with the second."
    if len(sizes) < _LEAST_SIZES:
        found["size"] = (
            f"This needs {_LEAST_SIZES} values of a size parameter. The usual names are n and size; pyproject.toml can "
            "name another under [tool.stallhorn.roles]."
        )
    if len(threads) < _LEAST_THREADS:
        found["threads"] = (
            f"This needs {_LEAST_THREADS} numbers of threads, such as threads = 1 and 2. The suite says them as a "
            "parameter."
        )
    if not is_time or not any(dig(each, "first_call", "seconds") is not None for each in facts):
        found["firstcall"] = "No first call was recorded. Suites that are measured with stallhorn run have it."
    has_memory = any(dig(each, "memory", "peak_bytes") is not None for each in facts)
    if not has_memory and not (benchmark.work and is_time):
        found["memory"] = (
            "Neither peak memory was recorded (stallhorn run does it) nor does the suite say how much work a call is."
        )
    if not any(point.samples for row in measured for point in _newest(row)):
        found["raw"] = "No single samples were kept: asv keeps them with --record-samples, stallhorn run always does."
    return found


def _seen(rows: Sequence[Row], site: Site) -> list[Mapping[str, object]]:
    """What the probe saw of these series."""
    if not site.observed:
        return []
    return [each.facts for row in rows for each in site.observed.get(row.key, ())]


def _telling(name: str, rows: Sequence[Row]) -> Iterable[Parameters]:
    """Parameters with every different value of one of them, once."""
    found = {pair: row.series.key.parameters for row in rows for pair in row.series.key.parameters.values}
    return [parameters for (each, _), parameters in found.items() if each == name]


def _newest(row: Row) -> Iterable[Measurement]:
    """The measurements of which more than numbers can be known."""
    points = row.series.points
    return points.known.values() if isinstance(points, Points) else points


def _is_moved(standing: Standing) -> bool:
    return standing in (Standing.SLOWER, Standing.FASTER, Standing.MACHINE, Standing.MEASURED)


def _label(environment: str, site: Site) -> str:
    return words.clean(site.labels.get(environment, environment))


def _machine(name: str, axes: Mapping[str, Axis], site: Site) -> dict[str, object]:
    return {
        "name": words.clean(name),
        "commits": axes[name].json,
        "roofs": roofs_of(site.report.history.roofs.get(name)),
    }


def _changes(rows: Sequence[Row], hits: Sequence[Hit], site: Site, machines: Mapping[str, int]) -> list[Mark]:
    """One mark for each change and each pair of commits between which it hit series of the page."""
    if not hits:
        return []
    places = {row.key: place for place, row in enumerate(rows)}
    found = []
    for hit in hits:
        change = hit.change
        groups: dict[tuple[str, str, str], list[ChangePoint]] = {}
        for point in hit.points:
            groups.setdefault((point.key.machine, point.last, point.first), []).append(point)
        for (machine, last, first), group in groups.items():
            text = site.in_words(group[0])
            told = f"{words.change_sign(change.kind, change.direction)} {text if len(group) == 1 else 'up to ' + text}"
            tone = words.change_tone(change.kind, change.direction)
            series = tuple(places[point.key] for point in group)
            found.append(Mark(change.id, hit.page, tone, words.clean(told), last, first, machines[machine], series))
    return found


def _upgrades(rows: Sequence[Row], axes: Mapping[str, Axis], site: Site, machines: Mapping[str, int]) -> list[Mark]:
    """Where libraries have another version than at the commit before, by what the probe saw."""
    groups: dict[tuple[str, str], tuple[list[int], dict[str, dict[str, str]]]] = {}
    for place, row in enumerate(rows) if site.observed else ():
        for each in site.observed.get(row.key, ()):
            series, commits = groups.setdefault((row.key.machine, row.key.environment), ([], {}))
            if not series or series[-1] != place:
                series.append(place)
            commits.setdefault(each.commit, {}).update(_versions(each))
    found = []
    for (machine, _), (series, commits) in groups.items():
        ordered = sorted((axes[machine].places[commit], commit) for commit in commits if commit in axes[machine].places)
        known: dict[str, str] = {}
        before = ""
        for _, commit in ordered:
            new = [
                f"{name} {known[name]} → {version}"
                for name, version in sorted(commits[commit].items())
                if known.get(name, version) != version
            ]
            if new:
                found.append(
                    Mark("", "", "env", words.clean(", ".join(new)), before, commit, machines[machine], tuple(series))
                )
            known |= commits[commit]
            before = commit
    return found[-_UPGRADES:]


def _versions(observation: Observation) -> dict[str, str]:
    found = dig(observation.facts, "versions")
    if observation.status is Status.SKIPPED or not isinstance(found, Mapping):
        return {}
    return {str(name): str(version) for name, version in found.items() if version}
