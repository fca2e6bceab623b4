"""The history of one series in the height of a line of text, as SVG. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from stallhorn.model import Measurement, Series
from stallhorn.report.html import words
from stallhorn.report.html.charts.axes import CommitAxis, value_axis
from stallhorn.report.html.charts.svg import element, number, path

WIDTH, HEIGHT = 132, 28
_EDGE = 4.0
_MOST_POINTS = 32

Place = Callable[[Measurement], tuple[float, float]]


def sparkline(series: Series, commits: CommitAxis, changed_at: frozenset[str]) -> Markup:
    """The newest 32 measurements; `changed_at` are the commits where a new level begins. "" without a value."""
    points = series.points[-_MOST_POINTS:]
    measured = [point for point in points if point.value is not None]
    if not measured:
        return Markup("")
    values = [point.value for point in measured if point.value is not None]
    axis = value_axis(values, [], series.unit, "")
    left = commits.places[points[0].commit]
    width = commits.places[points[-1].commit] - left

    def place(point: Measurement) -> tuple[float, float]:
        across = (commits.places[point.commit] - left) / width if width else 0.5
        height = axis.at(point.value) if point.value is not None else 0.0
        return _EDGE + across * (WIDTH - 2 * _EDGE), HEIGHT - _EDGE - height * (HEIGHT - 2 * _EDGE)

    marks = [f"M{number(place(point)[0])} 0V{HEIGHT}" for point in points if point.commit in changed_at]
    x, y = place(measured[-1])
    return element(
        "svg",
        *([element("path", d="".join(marks), class_="spark-mark")] if marks else []),
        element("path", d=_strokes(points, commits, place), class_="spark-line"),
        element("circle", cx=x, cy=y, r=2.5, class_="spark-end"),
        role="img",
        aria_label=_words(series, measured),
        class_="spark",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
    )


def _strokes(points: Sequence[Measurement], commits: CommitAxis, place: Place) -> str:
    """A line through neighbouring values; a short dash for a value that stands alone."""
    runs: list[list[Measurement]] = []
    for point in points:
        if point.value is None:
            continue
        if runs and commits.neighbours(runs[-1][-1].commit, point.commit):
            runs[-1].append(point)
        else:
            runs.append([point])
    strokes = []
    for run in runs:
        placed = [place(point) for point in run]
        if len(placed) == 1:
            x, y = placed[0]
            placed = [(x - 2, y), (x + 2, y)]
        strokes.append(path(placed))
    return "".join(strokes)


def _words(series: Series, measured: list[Measurement]) -> str:
    first, last = words.value(measured[0], series.unit), words.value(measured[-1], series.unit)
    if len(measured) == 1:
        return f"one commit: {last}"
    return f"{len(measured)} commits: from {first} to {last}"
