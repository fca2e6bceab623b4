"""One series around a change, small: its interval as a band, its values, and where the change is, as SVG. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from stallhorn.report.html.charts.axes import value_axis
from stallhorn.report.html.words import clean

WIDTH, HEIGHT = 300, 132
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 6, 20, 6
_TICKS = 3
_INNER_WIDTH, _INNER_HEIGHT = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a place of the commit axis."""

    place: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Look:
    """What a chart is about."""

    unit: str
    tone: str  # of the change: "slower", "faster", "machine", "measured"
    words: str  # the chart in a sentence


def multiple(points: Sequence[Point], places: int, breaks: frozenset[int], edge: tuple[int, int], look: Look) -> Markup:
    """A chart of `places` commits. A line ends before each place in `breaks`; the change is between the two of `edge`.

    "" without a point.
    """
    if not points:
        return Markup("")
    bounds = [bound for point in points for bound in (point.low, point.high)]
    axis = value_axis([point.value for point in points], bounds, look.unit, "")
    step = _INNER_WIDTH / max(1, places)

    def x(place: float) -> float:
        return _LEFT + (place + 0.5) * step

    def y(value: float) -> float:
        return _TOP + (1 - axis.at(value)) * _INNER_HEIGHT

    parts = []
    left, right = x(edge[0]), x(edge[1])
    parts.append(
        f'<rect class="mark {look.tone}" x="{left:.1f}" y="{_TOP}" width="{max(2.0, right - left):.1f}" '
        f'height="{_INNER_HEIGHT}"/>'
    )
    ticks = axis.ticks[:: math.ceil(len(axis.ticks) / _TICKS)] if axis.ticks else ()
    grid = "".join(f"M{_LEFT} {y(value):.1f}H{WIDTH - _RIGHT}" for value, _ in ticks)
    parts.append(f'<path class="grid" d="{grid}"/>')
    parts += [f'<text x="{_LEFT - 4}" y="{y(v) + 4:.1f}" text-anchor="end">{escape(t)}</text>' for v, t in ticks]
    parts.append(f'<text class="axis-title" x="2" y="11">{escape(clean(axis.title.strip(" ()")))}</text>')
    runs = _runs(points, breaks)
    band = "".join(_area([(x(p.place), y(p.low), y(p.high)) for p in run]) for run in runs)
    line = "".join("M" + "L".join(f"{x(p.place):.1f} {y(p.value):.1f}" for p in run) for run in runs if len(run) > 1)
    dots = "".join(f"M{x(p.place) - 2:.1f} {y(p.value):.1f}a2 2 0 1 0 4 0a2 2 0 1 0-4 0" for p in points)
    parts.append(f'<path class="band s1" d="{band}"/><path class="line s1" d="{line}"/>')
    parts.append(f'<path class="point s1" d="{dots}"/>')
    return Markup(
        f'<svg class="history multiple" role="img" aria-label="{escape(clean(look.words))}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">{"".join(parts)}</svg>'
    )


def _runs(points: Sequence[Point], breaks: frozenset[int]) -> list[list[Point]]:
    """Stretches of points at neighbouring places with nothing unmeasured between."""
    runs: list[list[Point]] = []
    for point in points:
        if runs and runs[-1][-1].place == point.place - 1 and point.place not in breaks:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


def _area(edges: Sequence[tuple[float, float, float]]) -> str:
    if len(edges) == 1:
        x, low, high = edges[0]
        edges = [(x - 2, low, high), (x + 2, low, high)]
    lower = "L".join(f"{x:.1f} {low:.1f}" for x, low, _ in edges)
    upper = "L".join(f"{x:.1f} {high:.1f}" for x, _, high in reversed(edges))
    return f"M{lower}L{upper}z"
