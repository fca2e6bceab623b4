"""Values with their intervals side by side on one scale: what a chart shows while there is one commit. Pure."""

from __future__ import annotations

from markupsafe import Markup

from stallhorn.model import Measurement
from stallhorn.report.html.charts.axes import ValueAxis
from stallhorn.report.html.charts.svg import element, number

WIDTH, HEIGHT = 240, 18
_EDGE = 6.0


def interval_bar(point: Measurement, axis: ValueAxis, style: int) -> Markup:
    """The interval as a bar and the value as a mark on it. "" without a value; the numbers stand beside it as text."""
    if point.value is None:
        return Markup("")
    low = point.value if point.low is None else point.low
    high = point.value if point.high is None else point.high
    left, right = _across(low, axis), _across(high, axis)
    middle = HEIGHT / 2
    return _drawing(
        element(
            "path", d="".join(f"M{number(_across(tick, axis))} 0v{HEIGHT}" for tick, _ in axis.ticks), class_="grid"
        ),
        element("rect", x=left, y=middle - 4.5, width=max(1.0, right - left), height=9, class_=f"band s{style + 1}"),
        element("circle", cx=_across(point.value, axis), cy=middle, r=3.2, class_=f"point s{style + 1}"),
    )


def _drawing(*children: Markup) -> Markup:
    box = f"0 0 {WIDTH} {HEIGHT}"
    return element("svg", *children, class_="bar", aria_hidden="true", viewBox=box, width=WIDTH, height=HEIGHT)


def _across(value: float, axis: ValueAxis) -> float:
    return _EDGE + axis.at(value) * (WIDTH - 2 * _EDGE)
