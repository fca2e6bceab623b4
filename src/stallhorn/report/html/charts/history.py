"""The history of up to six series over commits: bands, lines, points, gaps and change marks, as one SVG. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from stallhorn.model import Direction, Kind, Measurement, Status
from stallhorn.report.html import words
from stallhorn.report.html.charts.axes import CommitAxis, Gap, ValueAxis, value_axis
from stallhorn.report.html.charts.svg import element, number, path

MOST_LINES = 6
WIDTH, HEIGHT = 480, 270
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 46, 44
_CHARACTER = 6.5  # mean width of a character of the labels, in units of the view box
_LANES = 2
_INNER_WIDTH, _INNER_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a chart."""

    label: str
    points: Sequence[Measurement]  # oldest first
    style: int | None = None  # which of the `MOST_LINES` colours, dashes and markers; None = by its place in the chart


@dataclass(frozen=True, slots=True)
class Mark:
    """A change between two commits, with the words that stand above it."""

    last: str
    first: str
    direction: Direction
    texts: tuple[str, ...]  # the same in fewer and fewer words
    kind: Kind = Kind.CODE


def history_chart(lines: Sequence[Line], commits: CommitAxis, marks: Sequence[Mark], unit: str, title: str) -> Markup:
    """One chart of `WIDTH` x `HEIGHT` units. Every line has a colour, a dash and a marker of its own.

    A line breaks wherever a commit between two points has no value.
    """
    if len(lines) > MOST_LINES:
        raise ValueError(f"a chart holds {MOST_LINES} lines, not {len(lines)}")
    values = [point.value for line in lines for point in line.points if point.value is not None]
    if not values:
        return Markup("")
    bounds = [
        bound for line in lines for point in line.points for bound in (point.low, point.high) if bound is not None
    ]
    axis = value_axis(values, bounds, unit, "time per call" if unit == "seconds" else "value")
    chart = _Chart(axis, commits, unit)
    styled = [(index if line.style is None else line.style, line) for index, line in enumerate(lines)]
    return element(
        "svg",
        element("title", title),
        element("desc", _description(lines, unit, marks)),
        *chart.backdrop(),
        *chart.marks(marks),
        *(chart.band(style, line) for style, line in styled),
        *(chart.line(style, line) for style, line in styled),
        *(piece for style, line in styled for piece in chart.points(style, line)),
        role="img",
        class_="history",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
    )


def swatch(index: int) -> Markup:
    """The line's colour, dash and marker, for a legend."""
    return element(
        "svg",
        element("path", d="M1 7H35", class_=f"line s{index + 1}"),
        element("path", d=_marker(index, 18, 7, 3.2), class_=f"point s{index + 1}"),
        class_="swatch",
        viewBox="0 0 36 14",
        width=36,
        height=14,
        aria_hidden="true",
    )


@dataclass(frozen=True, slots=True)
class _Chart:
    axis: ValueAxis
    commits: CommitAxis
    unit: str

    def x(self, commit: str) -> float:
        return self._across(self.commits.places[commit])

    def y(self, value: float) -> float:
        return TOP + (1 - self.axis.at(value)) * _INNER_HEIGHT

    @staticmethod
    def _across(place: float) -> float:
        inset = 10.0
        return LEFT + inset + place * (_INNER_WIDTH - 2 * inset)

    def backdrop(self) -> Iterator[Markup]:
        """Grid, axis labels, and the stretches that were not measured."""
        for gap in self.commits.gaps:
            left, right = self._inside(gap)
            yield element("rect", x=left, y=TOP, width=max(1.0, right - left), height=_INNER_HEIGHT, class_="gap")
        for tick, label in self.axis.ticks:
            y = self.y(tick)
            yield element("path", d=f"M{LEFT} {number(y)}H{WIDTH - RIGHT}", class_="grid")
            yield element("text", label, x=LEFT - 6, y=y + 4, text_anchor="end")
        yield element("path", d=f"M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}", class_="axis")
        yield element("text", self.axis.title, x=4, y=13, class_="axis-title")
        yield element(
            "text", "commit, oldest to newest", x=WIDTH - RIGHT, y=HEIGHT - 5, text_anchor="end", class_="axis-title"
        )
        yield from self._commit_labels()
        for gap in self.commits.gaps:
            yield from self._gap_label(*self._inside(gap), gap.commits)

    def _inside(self, gap: Gap) -> tuple[float, float]:
        """From where to where a gap is shaded: clear of the points beside it."""
        left, right = self._across(gap.left), self._across(gap.right)
        return (left + 4, right - 4) if right - left > 10 else (left, right)

    @staticmethod
    def _gap_label(left: float, right: float, count: int) -> Iterator[Markup]:
        text = f"{count} not"
        if right - left >= len(text) * _CHARACTER:
            middle = (left + right) / 2
            yield element("text", text, x=middle, y=HEIGHT - BOTTOM - 18, text_anchor="middle", class_="gap-label")
            yield element("text", "tested", x=middle, y=HEIGHT - BOTTOM - 6, text_anchor="middle", class_="gap-label")

    def _commit_labels(self) -> Iterator[Markup]:
        room = 8 * _CHARACTER + 14
        taken: list[tuple[float, float]] = []
        revisions = self.commits.revisions
        ends = [revisions[-1], revisions[0]] if len(revisions) > 1 else [revisions[0]]
        for revision in [*ends, *revisions[1:-1]]:
            x = self.x(revision.commit)
            yield element("path", d=f"M{number(x)} {HEIGHT - BOTTOM}v4", class_="axis")
            centre = min(max(x, LEFT + room / 2 - 24), WIDTH - RIGHT - room / 2 + 10)
            left, right = centre - room / 2, centre + room / 2
            if all(right <= other[0] or left >= other[1] for other in taken):
                taken.append((left, right))
                yield element(
                    "text", revision.short, x=centre, y=HEIGHT - BOTTOM + 17, text_anchor="middle", class_="hash"
                )

    def marks(self, marks: Sequence[Mark]) -> Iterator[Markup]:
        """A shaded stretch for each change, and its words above it in the first lane that has room."""
        lanes: list[list[tuple[float, float]]] = [[] for _ in range(_LANES)]
        for mark in marks:
            if mark.last not in self.commits.places or mark.first not in self.commits.places:
                continue
            left, right = self.x(mark.last), self.x(mark.first)
            kind = f"mark {words.change_tone(mark.kind, mark.direction)}"
            yield element("rect", x=left, y=TOP, width=max(2.0, right - left), height=_INNER_HEIGHT, class_=kind)
            sign = words.change_sign(mark.kind, mark.direction)
            for text in (*(f"{sign} {each}" for each in mark.texts), sign):
                lane = _free_lane(lanes, (left + right) / 2, len(text) * _CHARACTER + 6)
                if lane is not None:
                    number_of_lane, centre = lane
                    y = 28 + 13 * number_of_lane
                    yield element("text", text, x=centre, y=y, text_anchor="middle", class_=kind)
                    break

    def band(self, index: int, line: Line) -> Markup:
        """The interval of every point: an area along unbroken stretches, a bar at a point that stands alone."""
        shapes: list[str] = []
        for run in self._runs(line):
            low = [(self.x(point.commit), self.y(_bound(point.low, point))) for point in run]
            high = [(self.x(point.commit), self.y(_bound(point.high, point))) for point in run]
            if len(run) == 1:
                (x, bottom), (_, top) = low[0], high[0]
                low, high = [(x - 2, bottom), (x + 2, bottom)], [(x - 2, top), (x + 2, top)]
            shapes.append(path(low + high[::-1], closed=True))
        return element("path", d="".join(shapes), class_=f"band s{index + 1}")

    def line(self, index: int, line: Line) -> Markup:
        runs = [[(self.x(point.commit), self.y(_value(point))) for point in run] for run in self._runs(line)]
        return element("path", d="".join(path(run) for run in runs if len(run) > 1), class_=f"line s{index + 1}")

    def points(self, index: int, line: Line) -> Iterator[Markup]:
        """A marker for each value, a cross at the foot where the benchmark failed; the tip says why."""
        size = 3.4 if len(self.commits.revisions) <= 40 else 2.0
        for point in line.points:
            if point.status is Status.SKIPPED:
                continue
            x = self.x(point.commit)
            if point.value is None:
                y = HEIGHT - BOTTOM - 7 - 2.0 * index
                shape, kind = f"M{number(x - 3)} {number(y - 3)}l6 6m0 -6l-6 6", "missing"
            else:
                y = self.y(_value(point))
                shape, kind = _marker(index, x, y, size), "point"
            yield element(
                "path",
                d=shape,
                class_=f"{kind} s{index + 1}",
                data_x=number(x),
                data_y=number(y),
                data_line=str(index),
                data_tip=f"{point.commit[:8]}  {line.label}\n{_reading(point, self.unit)}",
            )

    def _runs(self, line: Line) -> Iterator[list[Measurement]]:
        """The stretches of points that lie at neighbouring commits, each with a value."""
        run: list[Measurement] = []
        for point in line.points:
            if run and (point.value is None or not self.commits.neighbours(run[-1].commit, point.commit)):
                yield run
                run = []
            if point.value is not None:
                run.append(point)
        if run:
            yield run


def _value(point: Measurement) -> float:
    if point.value is None:
        raise ValueError("a point without a value has no place on the chart")
    return point.value


def _bound(bound: float | None, point: Measurement) -> float:
    return _value(point) if bound is None else bound


def _free_lane(lanes: list[list[tuple[float, float]]], x: float, width: float) -> tuple[int, float] | None:
    """The first lane with room for a text of this width near `x`, and the text's centre; the room is then taken."""
    centre = min(max(x, LEFT + width / 2), WIDTH - width / 2 - 2)
    left, right = centre - width / 2, centre + width / 2
    for index, lane in enumerate(lanes):
        if all(right <= other[0] or left >= other[1] for other in lane):
            lane.append((left, right))
            return index, centre
    return None


def _marker(index: int, x: float, y: float, size: float) -> str:
    """Circle, square, triangle, diamond, inverted triangle, bar: one shape for each line."""
    if index == 0:
        half = f"a{size} {size} 0 1 0"
        return f"M{number(x - size)} {number(y)}{half} {2 * size:.3g} 0{half} {-2 * size:.3g} 0Z"
    corners = {
        1: (45, 135, 225, 315),
        2: (90, 210, 330),
        3: (0, 90, 180, 270),
        4: (30, 150, 270),
        5: (20, 160, 200, 340),
    }[index]
    reach = size * (1.35 if index != 1 else 1.3)
    around = [(x + reach * math.cos(math.radians(a)), y - reach * math.sin(math.radians(a))) for a in corners]
    return path(around, closed=True)


def _reading(point: Measurement, unit: str) -> str:
    if point.value is None:
        return f"{point.status.value}: {point.reason[:200]}" if point.reason else point.status.value
    return f"{words.value(point, unit)} ({words.interval(point, unit)})"


def _description(lines: Sequence[Line], unit: str, marks: Sequence[Mark]) -> str:
    """The chart in words: the newest value of each line and the changes."""
    parts = []
    for line in lines:
        measured = [point for point in line.points if point.status is Status.OK]
        if measured:
            parts.append(f"{line.label}: {len(measured)} commits, newest {_reading(measured[-1], unit)}.")
    parts += [f"Between {mark.last[:8]} and {mark.first[:8]}: {mark.texts[0]}." for mark in marks]
    return " ".join(parts)
