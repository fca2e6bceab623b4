"""The changes of a whole history: every series judged, beside the others of its benchmark and of its machine. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stallhorn.changes import levels
from stallhorn.changes.base import Disturbances
from stallhorn.changes.settings import Settings
from stallhorn.model import ChangePoint, Series, SeriesKey, Suspicion


@dataclass(frozen=True, slots=True)
class Found:
    """What happened in a history."""

    points: Mapping[SeriesKey, tuple[ChangePoint, ...]] = field(default_factory=dict)  # oldest first
    common: tuple[
        ChangePoint, ...
    ] = ()  # of kind MACHINE: where all series of a machine moved, each with its own ratio
    suspicions: tuple[Suspicion, ...] = ()  # the most probable first


_NONE: Disturbances = {}


def detect(
    series: Sequence[Series],
    disturbances: Mapping[SeriesKey, Disturbances],
    settings: Settings,
) -> Found:
    """Every change of these series. Series of one machine and environment are judged together."""
    points = {each.key: levels.detect(each, disturbances.get(each.key, _NONE)) for each in series}
    return Found({key: found for key, found in points.items() if found})
