"""A series around a change as a strip of coloured cells, one for each commit, as SVG. Pure.

What a colour stands for is also there as text: in the strip's label, and for each cell in `data-ratios`, which a script
reads out at the pointer or by arrow keys.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup, escape

# From these factors on a cell has the next colour, for worse (w) and for better (b).
STEPS = (1.05, 1.2, 1.5, 2.0)
_LOGS = tuple(math.log(step) for step in STEPS)
_CELL, _HEIGHT = 10, 16


def strip(ratios: Sequence[float | None], boundary: int, words: str) -> Markup:
    """Cells for ratios to the level before, above 1 where it is worse; None where nothing was measured.

    `boundary` is how many cells lie before the change; `words` say what the strip shows.
    """
    paths: dict[str, list[str]] = {}
    start = 0
    for name, cells in groupby(ratios, shade):
        stop = start + sum(1 for _ in cells)
        if name:
            paths.setdefault(name, []).append(f"M{start * _CELL} 0H{stop * _CELL}V{_HEIGHT}H{start * _CELL}z")
        start = stop
    drawn = "".join(f'<path class="{name}" d="{"".join(paths[name])}"/>' for name in sorted(paths))
    told = " ".join("-" if ratio is None else f"{ratio:.3g}" for ratio in ratios)
    width = len(ratios) * _CELL
    return Markup(
        f'<svg class="strip" role="img" viewBox="0 0 {width} {_HEIGHT}" preserveAspectRatio="none" '
        f'data-ratios="{told}" aria-label="{escape(words)}">{drawn}'
        f'<path class="edge" d="M{boundary * _CELL} 0V{_HEIGHT}"/></svg>'
    )


def shade(ratio: float | None) -> str:
    """The class of a cell: "same", "w1" to "w4" for worse, "b1" to "b4" for better; "" for none."""
    if ratio is None:
        return ""
    if ratio <= 0 or math.isinf(ratio):
        return "w4" if ratio > 0 else "b4"
    moved = math.log(ratio)
    step = bisect_right(_LOGS, abs(moved))
    return f"{'w' if moved > 0 else 'b'}{step}" if step else "same"


def in_words(ratios: Sequence[float | None], boundary: int) -> str:
    """What a strip shows: "before 0.98x to 1.02x, since 1.97x to 2.05x of the level before"."""
    before = _span(ratios[:boundary])
    after = _span(ratios[boundary:])
    return f"before {before}, since {after} of the level before"


def _span(ratios: Sequence[float | None]) -> str:
    known = [ratio for ratio in ratios if ratio is not None]
    if not known:
        return "nothing"
    low, high = f"{min(known):.2f}x", f"{max(known):.2f}x"
    return low if low == high else f"{low} to {high}"
