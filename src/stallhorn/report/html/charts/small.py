"""A history in the height of a line of text, as SVG: the same picture that static/series.js draws. Pure."""

from __future__ import annotations

from markupsafe import Markup

from stallhorn.report.html.charts.svg import element

WIDTH, HEIGHT = 132, 28
_EDGE = 4.0
_HIGHEST = 31  # of the letters


def small(text: str, newest: str) -> Markup:
    """A history as `data.spark` writes it; `newest` is the newest value in words. "" without a value."""
    points = [_placed(place, letter, len(text)) for place, letter in enumerate(text)]
    known = [point for point in points if point is not None]
    if not known:
        return Markup("")
    strokes = []
    for place, point in enumerate(points):
        if point is None:
            continue
        joined = place > 0 and points[place - 1] is not None
        alone = not joined and (place + 1 == len(points) or points[place + 1] is None)
        strokes.append(f"{'L' if joined else 'M'}{point[0]} {point[1]}{'h2' if alone else ''}")
    words = "one value" if len(known) == 1 else f"history in {len(known)} values, the newest {newest}"
    return element(
        "svg",
        element("path", d="".join(strokes), class_="spark-line"),
        element("circle", cx=known[-1][0], cy=known[-1][1], r=2.5, class_="spark-end"),
        role="img",
        aria_label=words,
        class_="spark",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
    )


def _placed(place: int, letter: str, count: int) -> tuple[str, str] | None:
    if letter == ".":
        return None
    across = place / (count - 1) if count > 1 else 0.5
    x = _EDGE + across * (WIDTH - 2 * _EDGE)
    y = HEIGHT - _EDGE - int(letter, 32) / _HIGHEST * (HEIGHT - 2 * _EDGE)
    return f"{x:.1f}", f"{y:.1f}"
