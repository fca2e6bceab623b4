"""The verdict in one sentence, and how each series stands: the words that the pages and the terminal share. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum

from stallhorn import units
from stallhorn.model import (
    COUNTED,
    ChangePoint,
    Comparison,
    Direction,
    Floor,
    Kind,
    Measurement,
    Report,
    Series,
    SeriesKey,
    Status,
    Verdict,
)
from stallhorn.model.points import OK, Points


class Standing(StrEnum):
    """What is said about one series, the most urgent first."""

    SLOWER = "slower"
    FAILED = "failed"
    UNCLEAR = "too noisy to say"
    MACHINE = "moved by the machine"  # not by the code
    MEASURED = "measured otherwise"  # the timing was wrong before, or is wrong now
    FASTER = "faster"
    SAME = "within noise"
    NEW = "nothing to compare with"
    OLD = "out of date"  # the judged commit has no measurement of it, an earlier one has
    SKIPPED = "skipped"


_COMPARED = (
    Standing.SLOWER,
    Standing.FASTER,
    Standing.SAME,
    Standing.UNCLEAR,
    Standing.MACHINE,
    Standing.MEASURED,
)
_OF_KIND = {Kind.MACHINE: Standing.MACHINE, Kind.MEASUREMENT: Standing.MEASURED}


def sentence(report: Report, tally: Counter[Standing] | None = None) -> str:
    """The verdict for people: how many series are slower, at which commit, and which is the worst.

    Counts are series; "of 96" are those that could be compared. Control characters of names are replaced. `tally` is
    how many series stand how, if the caller knows it.
    """
    counts = tallied(report) if tally is None else tally
    if not is_measured(report):
        return _printable(_nothing(report, counts))
    compared = sum(counts[standing] for standing in _COMPARED)
    at = _place(report)
    if not compared:
        head = f"{_series(counts[Standing.NEW])} measured {at}; no earlier measurement to compare with"
        return _printable(_join([head, *_rest(counts, {Standing.NEW})]))
    if counts[Standing.SLOWER]:
        verb = "is" if counts[Standing.SLOWER] == 1 else "are"
        head = f"{counts[Standing.SLOWER]:,} of {compared:,} series {verb} slower {at}{_worst(report)}"
    elif counts[Standing.UNCLEAR]:
        verb = "is" if counts[Standing.UNCLEAR] == 1 else "are"
        doubt = f"{counts[Standing.UNCLEAR]:,} of {compared:,} {verb} too noisy to say"
        head = f"No series is shown to be slower {at}, but {doubt}"
        return _printable(_join([head, *_rest(counts, {Standing.UNCLEAR})]))
    else:
        head = f"None of {compared:,} series is slower {at}"
    return _printable(_join([head, *_rest(counts, {Standing.SLOWER})]))


def is_measured(report: Report) -> bool:
    """Whether there is at least one value; failed and skipped measurements are none."""
    return any(_has_value(series.points) for series in report.history.series)


def _has_value(points: Sequence[Measurement]) -> bool:
    if isinstance(points, Points):
        return OK in points.columns.statuses
    return any(point.status is Status.OK for point in points)


def standings(report: Report) -> dict[SeriesKey, Standing]:
    """How every series of the history stands; a series that was not compared stands by its newest measurement."""
    comparisons = {comparison.key: comparison for comparison in report.comparisons}
    return {
        series.key: standing(known, None) if (known := comparisons.get(series.key)) else standing(None, _newest(series))
        for series in report.history.series
    }


def tallied(report: Report) -> Counter[Standing]:
    """How many series stand how."""
    return Counter(standings(report).values())


def _newest(series: Series) -> Measurement | None:
    return series.points[-1] if series.points else None


def standing(comparison: Comparison | None, newest: Measurement | None) -> Standing:
    """How one series stands, from its comparison or, without one, from its newest measurement."""
    measured = comparison.after if comparison else newest
    if measured is not None and measured.status is Status.SKIPPED:
        return Standing.SKIPPED
    if measured is not None and measured.status is not Status.OK:
        return Standing.FAILED
    if comparison is None:
        return Standing.OLD
    if comparison.verdict is Verdict.NOTHING:
        return Standing.NEW
    if comparison.kind in _OF_KIND:
        return _OF_KIND[comparison.kind]
    if comparison.verdict is Verdict.INCONCLUSIVE:
        return Standing.UNCLEAR
    if comparison.verdict is Verdict.REGRESSION:
        return Standing.SLOWER
    return Standing.FASTER if comparison.direction is Direction.FASTER else Standing.SAME


def size(ratio: float | None) -> float:
    """How far a series moved, whichever way, as a logarithm; 0 where it is not known."""
    return abs(math.log(ratio)) if ratio is not None and ratio > 0 else 0.0


def series_name(key: SeriesKey) -> str:
    """A series without its environment: `rbf.Rbf.measure [n=500, backend=numba]`."""
    return f"{key.benchmark} [{key.parameters}]" if key.parameters.values else key.benchmark


def change_in_words(ratio: float | None, unit: str) -> str:
    """A ratio in words: "2.01x slower" for times, "2.01x larger" for everything else."""
    text = units.ratio(ratio)
    if unit == "seconds":
        return text
    return text.replace("slower", "larger").replace("faster", "smaller")


def moved_in_words(before: float | None, after: float | None, unit: str) -> str:
    """From one value to another: "2.01x slower"; what is exact has no ratio: "from 1 to 3 compilations"."""
    if not unit.endswith(COUNTED):
        return change_in_words(after / before if before and after is not None else None, unit)
    if before is None or after is None:
        return "not comparable"
    what = unit.removesuffix(COUNTED).rstrip("( ,")
    if what.startswith("bytes"):
        return f"from {units.size(before)} to {units.size(after)}{what.removeprefix('bytes')}"
    return f"from {before:.10g} to {after:.10g} {what}{')' if what.startswith('(') else ''}"


def change_point_in_words(point: ChangePoint, units_of: Mapping[SeriesKey, str]) -> str:
    """A change of one series, be it a time or a counted fact."""
    return moved_in_words(point.before.center, point.after.center, units_of.get(point.key, "seconds"))


def units_of_series(report: Report) -> dict[SeriesKey, str]:
    """The unit of every series, those of counted facts too."""
    return {series.key: series.unit for series in (*report.history.series, *report.facts)}


# What bounds a floor; a count with another name is called by that.
_BOUNDS = {"flops": "arithmetic", "cos": "cosine", "log": "logarithm", "exp": "exponential", "sqrt": "square root"}


def floor_in_words(floor: Floor) -> str:
    """What takes most of it, and how long it is: "memory floor 1.00 ms"."""
    return f"{_BOUNDS.get(floor.bound, floor.bound)} floor {units.seconds(floor.seconds)}"


def reach_in_words(floor: Floor, seconds: float | None) -> str:
    """How near a time is to its floor, in two digits: "82 % reached", "3.1 % reached", "below it"; "" without one."""
    if seconds is None or seconds <= 0:
        return ""
    if floor.is_above(seconds):
        return "below it"
    percent = 100 * floor.share(seconds)
    if percent < 0.05:
        return "under 0.1 % reached"
    return f"{percent:.0f} % reached" if percent >= 9.95 else f"{percent:.1f} % reached"


def _nothing(report: Report, counts: Counter[Standing]) -> str:
    if not counts:
        return "Nothing is measured yet."
    return _join([f"Nothing could be measured {_place(report)}", *_rest(counts, {Standing.NEW})])


def _place(report: Report) -> str:
    """Where the comparisons were made: one commit, or one for each machine."""
    commits = list(dict.fromkeys(comparison.after.commit[:8] for comparison in report.comparisons))
    if not commits and report.newest is not None:
        commits = [report.newest.short]
    return f"at {' and '.join(commits)}" if 0 < len(commits) <= 2 else "at the newest commit of each machine"


def _worst(report: Report) -> str:
    units_of: Mapping[SeriesKey, str] = {series.key: series.unit for series in report.history.series}
    slower = [comparison for comparison in report.comparisons if comparison.verdict is Verdict.REGRESSION]
    worst = max(slower, key=lambda comparison: size(comparison.ratio), default=None)
    if worst is None or worst.before is None:
        return ""
    words = moved_in_words(worst.before.center, worst.after.value, units_of.get(worst.key, "seconds"))
    return f" ({'' if len(slower) == 1 else 'worst: '}{series_name(worst.key)} {words})"


def _rest(counts: Mapping[Standing, int], said: set[Standing]) -> list[str]:
    order = (
        Standing.FASTER,
        Standing.SAME,
        Standing.UNCLEAR,
        Standing.MACHINE,
        Standing.MEASURED,
        Standing.FAILED,
        Standing.SKIPPED,
    )
    parts = [f"{counts[item]:,} {item.value}" for item in order if item not in said and counts.get(item)]
    if Standing.NEW not in said and counts.get(Standing.NEW):
        parts.append(f"{counts[Standing.NEW]:,} with nothing to compare with")
    if counts.get(Standing.OLD):
        parts.append(f"{counts[Standing.OLD]:,} not measured there")
    return parts


def _series(count: int) -> str:
    return f"{count:,} series"


def _join(parts: list[str]) -> str:
    return "; ".join(parts) + "."


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
