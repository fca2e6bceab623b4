"""Which backend and variant is fastest at which size, where they cross, when compiling pays, and how to choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stallhorn.report.html import backend_words as say
from stallhorn.report.html import words
from stallhorn.report.html.backends import CrossView, DriftView, LineView, PayRow, ProblemView, colours, view
from stallhorn.report.html.charts.scripted import SCRIPTS, STYLES
from stallhorn.report.html.choices import Asked, asked
from stallhorn.report.html.data.script import script
from stallhorn.report.html.pages.base import File, Link, Page
from stallhorn.report.html.view import Site
from stallhorn.sweeps.crossover import Estimate
from stallhorn.sweeps.lines import LeftOut, Problems, problems
from stallhorn.sweeps.payback import Cache

LINK = Link("Backends", "backends.html", 50)

_FAMILIES = 60  # in detail; the others are named
_STATIC = 20  # of them whose details can be read without a script
_COLUMNS = 12  # sizes that a table has as columns, if half of its cells are filled; else each row lists its own

Where = tuple[str, str, str]  # environment, machine, thread setting


@dataclass(frozen=True, slots=True)
class Cell:
    at: str
    label: str
    margin: str
    title: str
    colour: int
    is_tie: bool


@dataclass(frozen=True, slots=True)
class Row:
    view: ProblemView
    cells: tuple[Cell | None, ...]  # for each column; of a table without columns the row's own


def pages(site: Site) -> Iterable[Page | File]:
    history = site.report.history
    found = problems(history, history.project.roles)
    shown, more = _shown(found)
    newest = _newest(site)
    views = [made for each in found.found if each.family in shown and (made := view(each, site, newest)) is not None]
    without = {each.family for each in found.found if each.family in shown} - {each.problem.family for each in views}
    left_out = [*found.left_out, *(LeftOut(name, "no size has two backends at one commit") for name in sorted(without))]
    content: dict[str, object] = {"views": views, "left_out": left_out, "more": more, "any_backend": bool(found.found)}
    if not views:
        yield Page("backends.html", "backends.html.j2", "Backends", content, styles=("static/backends.css",))
        return
    where = _default(views)
    chosen = [each for each in views if _where(each) == where]
    palette, questions = colours(views), asked(chosen, site)
    columns = _columns(chosen)
    content |= {
        "where": where,
        "environment": site.labels.get(where[0], where[0]),
        "columns": [say.size(each) for each in columns],
        "rows": [_row(each, columns, palette) for each in chosen],
        "details": [_Detail(each, site) for each in chosen[:_STATIC]],
        "undetailed": len(chosen) - _STATIC if len(chosen) > _STATIC else 0,
        "questions": questions,
        "palette": palette,
        "size_names": sorted({each.problem.size for each in chosen}),
    }
    scripts = (*SCRIPTS, "data/backends.js", "static/backends_words.js", "static/backends.js")
    yield Page("backends.html", "backends.html.j2", "Backends", content, scripts, (*STYLES, "static/backends.css"))
    yield from _files(views, where, palette, questions, site)


def _shown(found: Problems) -> tuple[set[str], list[str]]:
    names = sorted({each.family for each in found.found})
    return set(names[:_FAMILIES]), names[_FAMILIES:]


def _newest(site: Site) -> dict[str, int]:
    """The position of the newest commit with a result, of each machine."""
    return {
        machine: max((each.position for each in axis.revisions if not each.aside), default=0)
        for machine, axis in site.axes.items()
    }


def _where(each: ProblemView) -> Where:
    return each.problem.environment, each.problem.machine, each.problem.setting


def _default(views: Sequence[ProblemView]) -> Where:
    """The environment, machine and thread setting with the newest and the most measurements."""
    weight: dict[Where, tuple[int, int]] = {}
    for each in views:
        newest, cells = weight.get(_where(each), (0, 0))
        measured = sum(len(line.curve.sizes) for line in each.lines)
        weight[_where(each)] = (max(newest, each.revision.position), cells + measured)
    return min(weight, key=lambda each: (-weight[each][0], -weight[each][1], each))


def _columns(chosen: Sequence[ProblemView]) -> list[float]:
    """The sizes as columns; none where the table would be wide or mostly empty."""
    told = [[size for size in each.sizes if each.fastest(size) is not None] for each in chosen]
    sizes = sorted({size for each in told for size in each})
    filled = sum(map(len, told))
    return sizes if len(sizes) <= _COLUMNS and 2 * filled >= len(sizes) * len(chosen) else []


# --- without a script -------------------------------------------------------------------------------------------------


def _row(view: ProblemView, columns: Sequence[float], palette: Mapping[str, int]) -> Row:
    cells = tuple(_cell(view, size, palette) for size in columns or view.sizes)
    return Row(view, cells if columns else tuple(cell for cell in cells if cell is not None))


def _cell(view: ProblemView, size: float, palette: Mapping[str, int]) -> Cell | None:
    found = view.fastest(size)
    if found is None:
        return None
    first = view.lines[found.first].line
    label, margin = first.label, say.margin(found)
    if found.is_tie and found.rival is not None:
        label += f" = {view.lines[found.rival].line.label}"
    title = say.detail(found, view, size)
    return Cell(say.size(size), label, margin or "alone", title, palette[first.backend], found.is_tie)


class _Detail:
    """What a page says of one problem, in sentences."""

    def __init__(self, view: ProblemView, site: Site) -> None:
        self.view = view
        self.summary = say.summary(view)
        self.crossings = [_crossing(each, view) for each in view.crossings]
        self.moves = [_move(place, drift, view, site) for drift in view.drifts for place in range(len(drift.moves))]
        self.sizes = sorted({size for row in view.paybacks for size, _ in row.cells})
        self.columns = [say.size(size) for size in self.sizes]
        self.paybacks = [
            (self._pair(row), str(row.cache), [say.pays(cells[size]) if size in cells else "" for size in self.sizes])
            for row in view.paybacks
            for cells in [dict(row.cells)]
        ]
        self.unknown = sorted({pay.reason for row in view.paybacks for _, pay in row.cells if pay.reason})
        self.warm = any(row.cache is Cache.WARM for row in view.paybacks)
        self.apart = [
            f"{each.line.label} ({'a specimen of ' + each.line.specimen if each.line.specimen else each.line.task})"
            for each in view.lines
            if not each.line.competes
        ]

    def _pair(self, row: PayRow) -> str:
        return f"{self.view.lines[row.one].line.label} instead of {self.view.lines[row.other].line.label}"


def _crossing(each: CrossView, view: ProblemView) -> str:
    labels = view.lines[each.one].line.label, view.lines[each.other].line.label
    text = say.crossing(*labels, each.found, view.problem.size, view.sizes)
    return text if each.leads else f"{text}; others are faster there"


def _move(place: int, drift: DriftView, view: ProblemView, site: Site) -> str:
    each = drift.moves[place]
    return say.move(each, drift, view, site.revision(each.commit))


# --- for the script ---------------------------------------------------------------------------------------------------


def _files(
    views: Sequence[ProblemView], where: Where, palette: Mapping[str, int], questions: Sequence[Asked], site: Site
) -> Iterable[File]:
    """What the page begins with, and a file for every other environment, machine and thread setting."""
    places = sorted({_where(each) for each in views})
    others = [each for each in places if each != where]
    commits = {each.commit for one in views for drift in one.drifts for each in drift.history}
    ordered = sorted(commits, key=lambda commit: (site.revision(commit).position, commit))
    order = {commit: place for place, commit in enumerate(ordered)}
    elsewhere = _elsewhere(views)

    def of(place: Where) -> list[dict[str, object]]:
        return [_problem(each, order, elsewhere, site) for each in views if _where(each) == place]

    yield _script(
        "backends",
        {
            "schema": 1,
            "where": where,
            "places": [[*each, f"backends/{others.index(each)}" if each in others else ""] for each in places],
            "environments": {each: site.labels.get(each, each) for each in sorted({place[0] for place in places})},
            "colours": palette,
            "columns": _COLUMNS,
            "commits": [
                {"hash": each.short, "subject": each.subject[:160], "date": words.day(each.committed)}
                for each in map(site.revision, ordered)
            ],
            "questions": [
                {
                    "id": each.question.id,
                    "answers": {one.id: [one.then, one.take, one.because] for one in each.question.answers},
                }
                for each in questions
            ],
            "problems": of(where),
        },
    )
    for place, each in enumerate(others):
        yield _script(f"backends/{place}", {"schema": 1, "problems": of(each)})


def _script(name: str, data: dict[str, object]) -> File:
    return script(name, _clean(data))


def _clean(value: object) -> object:
    """All texts as templates would write them: half characters cannot be encoded, direction marks would reorder."""
    if isinstance(value, str):
        return words.clean(value)
    if isinstance(value, Mapping):
        return {words.clean(name): _clean(each) for name, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list | tuple) else value


def _elsewhere(views: Sequence[ProblemView]) -> dict[tuple[str, ...], dict[str, list[str]]]:
    """By problem, environment and machine: the thread settings with which each competing line was measured."""
    found: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for each in views:
        for place in each.competing:
            settings = found.setdefault(_problem_place(each), {}).setdefault(each.lines[place].line.label, [])
            settings.append(each.problem.setting)
    return found


def _problem_place(view: ProblemView) -> tuple[str, ...]:
    return view.title, view.problem.environment, view.problem.machine


def _problem(
    view: ProblemView,
    places: Mapping[str, int],
    elsewhere: Mapping[tuple[str, ...], Mapping[str, Sequence[str]]],
    site: Site,
) -> dict[str, object]:
    detail = _Detail(view, site)
    here = {each.line.label for each in view.lines}
    return {
        "id": view.id,
        "title": view.title,
        "size": view.problem.size,
        "commit": view.revision.short,
        "subject": view.revision.subject[:160],
        "date": words.day(view.revision.committed),
        "newest": view.is_newest,
        "lines": [_line(each) for each in view.lines],
        "stretches": [[_digits(each.start), _digits(each.end), list(each.lines)] for each in view.stretches],
        "all": [[_digits(each.start), _digits(each.end), list(each.lines)] for each in view.all_stretches],
        "crossings": [
            [text, each.leads, _digits(each.found.size)]
            for each, text in zip(view.crossings, detail.crossings, strict=True)
        ],
        "moves": detail.moves,
        "paybacks": {"sizes": detail.sizes, "rows": detail.paybacks, "unknown": detail.unknown, "warm": detail.warm},
        "drifts": [_drift(each, places) for each in view.drifts],
        "warnings": view.warnings,
        "elsewhere": [
            f"{label} ({', '.join(settings)})"
            for label, settings in elsewhere[_problem_place(view)].items()
            if label not in here
        ],
    }


def _line(each: LineView) -> dict[str, object]:
    sizes = each.curve.sizes
    known = [each.firsts.get(size) for size in sizes]
    return {
        "label": each.line.label,
        "backend": each.line.backend,
        "specimen": each.line.specimen or "",
        "task": each.line.task,
        "page": each.place,
        "n": sizes,
        "t": [_digits(time.value) for time in each.curve.times],
        "lo": [_digits(time.low) for time in each.curve.times],
        "hi": [_digits(time.high) for time in each.curve.times],
        "cold": [_three(first.time) if one and (first := one.at_start) else None for one in known],
        "warm": [_three(first.time) if one and (first := one.with_cache) else None for one in known],
    }


def _drift(each: DriftView, places: Mapping[str, int]) -> dict[str, object]:
    found = [one.crossover for one in each.history]
    return {
        "one": each.one,
        "other": each.other,
        "at": [places[one.commit] for one in each.history],
        "size": [_digits(one.size if one else None, 4) for one in found],
        "low": [_digits(one.low if one else None, 4) for one in found],
        "high": [_digits(one.high if one else None, 4) for one in found],
    }


def _three(time: Estimate) -> list[float | None]:
    return [_digits(time.value), _digits(time.low), _digits(time.high)]


def _digits(value: float | None, digits: int = 5) -> float | None:
    """Five digits are more than any measurement has, four more than a crossover."""
    return None if value is None else float(f"{value:.{digits}g}")
