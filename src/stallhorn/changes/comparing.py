"""How series stand at one commit beside their past: one by one, or all that can be by compiled loops. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stallhorn.changes import levels
from stallhorn.changes.base import Disturbances
from stallhorn.changes.row import Rows, is_bare
from stallhorn.model import Comparison, Series, SeriesKey

_UNDISTURBED: Disturbances = {}


def compare_all(
    asked: Sequence[tuple[Series, str]],
    base: str | None,
    disturbances: Mapping[SeriesKey, Disturbances],
    rows: Rows,
) -> list[Comparison | None]:
    """Each of these series at a commit, as `levels.compare` has it; by compiled loops where they are at hand."""
    bare: list[int] = []
    if sum(len(series.points) for series, _ in asked) > levels.FEW:
        from stallhorn.changes.loops import compiler  # arrays: a young history is judged without

        if compiler.is_compiled():
            bare = [place for place, (series, _) in enumerate(asked) if _is_plain(series, disturbances)]
    found: list[Comparison | None] = [None] * len(asked)
    if bare:
        from stallhorn.changes.bare import compare as of_many

        for place, told in zip(
            bare, of_many([(rows.of(asked[place][0]), asked[place][1]) for place in bare], base), strict=True
        ):
            found[place] = told
    known = set(bare)
    for place, (series, head) in enumerate(asked):
        if place not in known:
            found[place] = levels.compare(series, head, base, disturbances.get(series.key, _UNDISTURBED))
    return found


def _is_plain(series: Series, disturbances: Mapping[SeriesKey, Disturbances]) -> bool:
    """Whether nothing is known of its points but values and bounds."""
    return not series.is_counted and is_bare(series.points) and not (disturbances and series.key in disturbances)
