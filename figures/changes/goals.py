"""What is measured of a detector, what is to be reached, and what several seeds say of it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A row of the table; `goal` is the least, or the `most`, that is to be reached, None where there is none."""

    name: str  # as in `scores`
    goal: float | None
    most: bool = False
    digits: int = 3
    words: str = ""  # what the row says, if not the name

    def wanted(self) -> str:
        return "" if self.goal is None else f"{'<=' if self.most else '>='} {self.goal:g}"

    def reached(self, one: Estimate) -> bool | None:
        """Whether the interval does not lie beyond the goal."""
        if self.goal is None or one.mean is None:
            return None
        reach = one.half or 0.0
        return one.mean - reach <= self.goal if self.most else one.mean + reach >= self.goal


@dataclass(frozen=True)
class Estimate:
    """The mean over seeds, and half of its 95 % interval; None where nothing was measured or there is one seed."""

    mean: float | None
    half: float | None = None

    def text(self, digits: int) -> str:
        if self.mean is None:
            return "-"
        return f"{self.mean:.{digits}f}" + ("" if not self.half else f" ±{self.half:.{digits}f}")


# Student's t for 95 % and two sides, by degrees of freedom from 1 on. More seeds than that get the last: a bit wide.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def estimate(values: Sequence[float | None]) -> Estimate:
    known = [value for value in values if value is not None and not math.isnan(value)]
    if not known:
        return Estimate(None)
    if len(known) == 1:
        return Estimate(known[0])
    error = statistics.stdev(known) / math.sqrt(len(known))
    return Estimate(statistics.fmean(known), STUDENT[min(len(known) - 1, len(STUDENT)) - 1] * error)


MEASURES = (
    Measure("F1, all", 0.95),
    Measure("F1, regressions", 0.94, words="F1, regressions only"),
    Measure("recall, 3 sigma", 0.98, words="recall of steps of 3 sigma"),
    Measure("false alarms, healthy", 5, True, 1, "false alarms per 1000 healthy series"),
    Measure("false alarms, hard", 20, True, 1, "  per 1000 with outliers or two modes"),
    Measure("false alarms, drifting", 60, True, 1, "  per 1000 drifting"),
    Measure("nightly false alarms", 5, True, 1, "nightly: false alarms per 1000 series"),
    Measure("delay, median", 3, True, 1, "  delay in nights, median"),
    Measure("delay, mean", 4.8, True, 2, "  delay in nights, mean"),
    Measure("3 sigma within 3", 0.85, words="  3 sigma found within 3 nights"),
    Measure("projects, F1", 0.95),
    Measure("projects, false alarms", 10, True, 1, "  false alarms per 1000, machine events"),
    Measure("projects, delay", 3.5, True, 2, "  delay in nights, mean"),
    Measure("projects, recall of 3 %", 0.98, words="  recall of 3 % changes"),
    Measure("us per point, 100", None, True, 2, "microseconds per point at 100 points"),
    Measure("us per point, 1000", 1.5, True, 2, "  at 1,000"),
    Measure("us per point, 10000", None, True, 2, "  at 10,000"),
    Measure("us per point, 100000", None, True, 2, "  at 100,000"),
    Measure("start", 0.3, True, 2, "seconds to start `stallhorn detect`"),
    Measure("cold, seconds", 12, True, 1, "20,000 series of 400 points, cold, seconds"),
    Measure("cold, GB", 1, True, 2, "  peak of memory in GB"),
)


def table(found: dict[str, dict[str, Estimate]], ours: str) -> str:
    """A row for each measure, a column for each detector, the goal beside, and whether ours reached it."""
    lines = [["measure", "goal", *found, "reached"]]
    for measure in MEASURES:
        every = [scores.get(measure.name, Estimate(None)) for scores in found.values()]
        reached = measure.reached(found[ours].get(measure.name, Estimate(None)))
        row = [measure.words or measure.name, measure.wanted(), *(one.text(measure.digits) for one in every)]
        lines.append([*row, {None: "", True: "yes", False: "no"}[reached]])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
