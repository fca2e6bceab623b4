"""Where the levels of series change. `detect` takes series from anywhere; `history.detect` those of a project.

One file per method (`steps` for histories, `levels` for young series, `counted` for exact values); `pooling` turns
their answers into what people read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stallhorn.collector import waiting


def detect(series: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    """For each series the positions at which a new level begins, oldest first.

    A series is {"values": [number or None, ...], "weights": [1/spread or None, ...] or None, "group": text or None,
    "project": text or None}. Series of one project have the same commits and are judged together: what moves all of
    them is the machine's and is not told; `group` is the benchmark whose parameters they are, and then means that they
    may change together. A quarter of a microsecond a point and more; long input is compiled for first (Numba).
    """
    from stallhorn.changes.projects import judge  # NumPy is imported where it is needed

    with waiting():
        return judge(series)


detect.batch = True  # type: ignore[attr-defined]  # takes all series in one call
