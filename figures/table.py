"""What a figure says, as a line of the printed table, and the loop that tells how steady the machine was."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field

from figures.pairs import Ratio


@dataclass(frozen=True)
class Row:
    """One figure beside its goal."""

    what: str
    goal: str
    measured: str
    interval: str = ""


def ratio_row(what: str, goal: str, found: Ratio) -> Row:
    bounds = "too few pairs" if found.low is None or found.high is None else f"{found.low:.4f} to {found.high:.4f}"
    return Row(what, goal, f"{found.value:.4f} (pairs: {found.pairs})", bounds)


@dataclass
class Steadiness:
    """A fixed loop, run now and then beside the measurements: where it varies, so did the machine."""

    seconds: list[float] = field(default_factory=list)

    def beat(self) -> None:
        begun = time.perf_counter()
        total = 0
        for number in range(200_000):
            total += number
        self.seconds.append(time.perf_counter() - begun)

    def row(self) -> Row:
        ordered = sorted(self.seconds)
        outside = len(ordered) // 20  # 5 % at each end
        low, high = ordered[outside], ordered[-1 - outside]
        return Row(
            f"calibration loop, {len(ordered)} times",
            "steady",
            f"{statistics.median(ordered) * 1e3:.2f} ms",
            f"{low * 1e3:.2f} to {high * 1e3:.2f} ms (all but 5 % at each end)",
        )


def show(rows: list[Row]) -> None:
    """Print the table."""
    lines = [("what", "goal", "measured", "95 % interval")]
    lines += [(row.what, row.goal, row.measured, row.interval) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    for number, line in enumerate(lines):
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
