"""A counted fact over the commits, as SVG: exact values, so steps and no line between them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from stallhorn.report.html.charts.svg import element, number

WIDTH, HEIGHT = 132, 28
_EDGE = 4.0
_MOST = 32


def steps(values: Sequence[float], words: str) -> Markup:
    """The newest 32 values, each as wide as the others, from zero up; `words` say the same."""
    shown = values[-_MOST:]
    top = max(*shown, 1.0) if shown else 1.0
    wide = (WIDTH - 2 * _EDGE) / max(1, len(shown))
    parts = []
    for place, value in enumerate(shown):
        y = HEIGHT - _EDGE - value / top * (HEIGHT - 2 * _EDGE)
        start = f"V{number(y)}" if place else f"M{number(_EDGE)} {number(y)}"
        parts.append(f"{start}H{number(_EDGE + (place + 1) * wide)}")
    return element(
        "svg",
        element("path", d="".join(parts), class_="spark-line"),
        role="img",
        aria_label=words,
        class_="spark",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
    )
