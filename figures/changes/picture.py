"""The picture of docs/changes.md: `python -m figures.changes.picture [FILE]`.

One made series with all that benchmarks do at night, what stallhorn finds in it, and below the same what asv's pages
draw; beside both, how often each gets such series right. Both get the spread of the samples as well, as asv keeps it.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import numpy as np
from asv.step_detect import detect_steps
from markupsafe import Markup

from figures.changes import noise
from figures.changes.noise import Array
from figures.changes.scores import match
from stallhorn.changes.base import USUAL, Step
from stallhorn.changes.series import Integers, logarithms
from stallhorn.changes.steps import find
from stallhorn.report.html.charts.svg import element, path

ROOT = Path(__file__).resolve().parents[2]
SEED, MANY = 1, 100
COUNT, SIGMA = 160, 0.01
CHANGES = ((30, 1.10), (64, 1.15), (76, 1 / 1.15), (128, 1 / 1.10), (156, 1.06))
NEWEST = CHANGES[-1][0]
WILD = ((15, 1.35), (47, 1.18), (48, 1.18))
RESTLESS, MODE = (92, 116), 0.07
NOTES = (
    (15, 1.30, "one wild night"),
    (47.5, 1.33, "two in a row"),
    (104, 1.25, "two speeds"),
)  # where each word stands
WITHIN, TORN = 4.6, 12.0  # noise between nights beside that within one; what outliers have more of the latter
ORDINARY = noise.Character(
    sigma=SIGMA,
    correlation=0.1,
    freedom=6,
    spikes=0.01,
    spike_height=4,
    excursions=0.01,
    excursion_height=1.5,
    wander=0.002,
    wander_length=18,
)


@dataclass(frozen=True)
class Made:
    """A series in logarithms, the level that was planted, and the spread of each point's samples."""

    level: Array
    x: Array
    spread: Array

    @property
    def values(self) -> list[float]:
        return [float(value) for value in np.exp(self.x)]

    @property
    def weights(self) -> list[float]:
        return [float(value) for value in np.exp(-self.x) / self.spread]


@dataclass(frozen=True)
class Told:
    """What a detector makes of it: its changes, and the level of each stretch."""

    places: list[int]
    levels: list[float]  # logarithms


def made(seed: int) -> Made:
    """A series with four older changes, one in its newest nights, and wild nights that are none."""
    rng = np.random.default_rng(seed)
    level = np.zeros(COUNT)
    for place, ratio in CHANGES:
        level[place:] += math.log(ratio)
    x = level + noise.residuals(rng, ORDINARY, COUNT)
    start, stop = RESTLESS
    x[start:stop] += MODE * noise.modes(rng, stop - start, 0.35, 0.3)
    spread = SIGMA / WITHIN * rng.lognormal(0, 0.4, COUNT)
    for place, ratio in WILD:
        x[place] += math.log(ratio)
        spread[place] *= TORN
    return Made(level, x, spread)


def ours(one: Made) -> tuple[Told, list[Step], Step | None, Integers]:
    """What stallhorn finds, with positions in the whole series; and the points that it did not set aside."""
    x, at = logarithms(one.values, one.weights)
    found = find([x]).steps(0)
    cut = [0, *(step.place for step in found.found), len(x)]
    levels = [float(np.median(x[a:b])) for a, b in pairwise(cut)]
    moved = [Step(int(at[step.place]), step.odds) for step in found.found]
    doubt = None if found.doubt is None else Step(int(at[found.doubt.place]), found.doubt.odds)
    return Told([step.place for step in moved], levels), moved, doubt, at


def of_asv(one: Made) -> Told:
    """The steps that asv's pages draw."""
    found = detect_steps(one.values, one.weights)
    return Told([step[0] for step in found[1:]], [math.log(step[2]) for step in found])


def is_right(places: Sequence[int]) -> bool:
    """Whether the four older changes are told, and nothing that was not planted."""
    planted = [place for place, _ in CHANGES]
    known = [place for place, _ in match(planted, places)]
    return len(known) == len(places) and set(planted[:-1]) <= set(known)


# --- the drawing

WIDTH, HEIGHT, LEFT, RIGHT = 1000, 500, 62, 18
LOW, HIGH = -0.05, 0.355  # of the logarithms that are shown
DARK, MUTED, RULE, BLUE, AMBER, BAND, DOT = "#17202a", "#566170", "#e2e6eb", "#0a5c9e", "#8a5200", "#ffd591", "#7d8997"

LEGEND = (
    "160 nights, oldest first. Points: times, beside the first level. Broad line: what was planted. "
    "Thin line: the levels that were found. Hollow: samples far apart."
)


@dataclass(frozen=True)
class Panel:
    top: float
    bottom: float

    def y(self, value: float) -> float:
        return self.bottom - (value - LOW) / (HIGH - LOW) * (self.bottom - self.top)

    def stairs(self, places: Sequence[int], levels: Sequence[float]) -> str:
        edges = [0, *places, COUNT]
        corners = zip(edges, edges[1:], levels, strict=False)
        return path([(x_of(edge - 0.5), self.y(level)) for a, b, level in corners for edge in (a, b)])


UPPER, LOWER = Panel(64, 270), Panel(318, 462)


def x_of(place: float) -> float:
    return LEFT + (place + 0.5) / COUNT * (WIDTH - LEFT - RIGHT)


def text(x: float, y: float, said: str, fill: str = DARK, anchor: str = "middle", **more: str | float) -> Markup:
    return element("text", said, x=x, y=y, fill=fill, text_anchor=anchor, **more)


def percent(size: float) -> str:
    return f"{size:+.0f} %".replace("-", "\N{MINUS SIGN}")


def ground(panel: Panel, one: Made, kept: Integers) -> list[Markup]:
    """Axis, what was planted, and the points; hollow ones are those whose samples lie far apart."""
    parts = []
    for share in (0, 10, 20, 30, 40):
        y = panel.y(math.log1p(share / 100))
        parts.append(element("path", d=path([(LEFT, y), (WIDTH - RIGHT, y)]), stroke=RULE))
        parts.append(text(LEFT - 8, y + 4, percent(share) if share else "0", MUTED, "end"))
    begun = [0, *(place for place, _ in CHANGES)]
    planted = panel.stairs(begun[1:], [float(one.level[place]) for place in begun])
    parts.append(element("path", d=planted, fill="none", stroke=BAND, stroke_width=7))
    within = {int(place) for place in kept}
    spots = [(x_of(place), panel.y(float(value))) for place, value in enumerate(one.x)]
    solid = "".join(f"M{x:.1f} {y:.1f}h0" for place, (x, y) in enumerate(spots) if place in within)
    parts.append(element("path", d=solid, stroke=DOT, stroke_width=3.6, stroke_linecap="round"))
    hollow = [spot for place, spot in enumerate(spots) if place not in within]
    parts += [element("circle", cx=x, cy=y, r=2.6, fill="#fff", stroke=DOT, stroke_width=1.3) for x, y in hollow]
    return parts


def heading(panel: Panel, name: str, said: str, right: int) -> list[Markup]:
    line = panel.top - 36 if panel is UPPER else panel.top - 16
    share = f"of {MANY} such series, {right} are told right"
    return [
        element("text", element("tspan", name, font_weight="bold"), f"  {said}", x=LEFT, y=line, fill=DARK),
        text(WIDTH - RIGHT, line, share, DARK, "end"),
    ]


def upper(one: Made, right: int) -> list[Markup]:
    told, moved, doubt, kept = ours(one)
    parts = heading(UPPER, "stallhorn", "the changes that it tells, and how sure it is of each", right)
    parts += ground(UPPER, one, kept)
    for step, before, after in zip(moved, told.levels, told.levels[1:], strict=False):
        x, size = x_of(step.place - 0.5), 100 * math.expm1(after - before)
        line = path([(x, UPPER.top + 6), (x, UPPER.bottom)])
        parts.append(element("path", d=line, stroke=BLUE, stroke_dasharray="2 4"))
        parts.append(text(x, UPPER.top - 12, percent(size), BLUE, font_weight="bold"))
        parts.append(text(x, UPPER.top + 2, f"{100 * step.confidence:.1f} % sure", BLUE, font_size=11))
    parts.append(element("path", d=UPPER.stairs(told.places, told.levels), fill="none", stroke=BLUE, stroke_width=2))
    if doubt is not None:
        parts += suspicion(one, told, doubt)
    for place, height, said in NOTES:
        parts.append(text(x_of(place), UPPER.y(math.log(height)), said, MUTED, font_size=12, font_style="italic"))
    return parts


def suspicion(one: Made, told: Told, doubt: Step) -> list[Markup]:
    size = 100 * math.expm1(float(np.median(one.x[doubt.place :])) - told.levels[-1])
    needed = Step(0, USUAL.tonight).confidence
    x = x_of(doubt.place - 0.5)
    words = (
        f"suspected: {percent(size)},",
        f"{100 * doubt.confidence:.0f} % sure; {100 * needed:.0f} % are asked for",
        "of the newest nights",
    )
    top = UPPER.y(math.log(1.30))
    return [
        element(
            "path", d=path([(x, top + 36), (x, UPPER.bottom)]), stroke=AMBER, stroke_width=2, stroke_dasharray="2 4"
        ),
        *(text(WIDTH - RIGHT, top + 14 * line, said, AMBER, "end", font_size=12) for line, said in enumerate(words)),
    ]


def drawing(one: Made, rights: tuple[int, int]) -> str:
    told, (_, _, _, kept) = of_asv(one), ours(one)
    count = len(told.places)
    said = f"the steps that its pages draw: {count if count else 'none here'}"
    body = [
        element("title", "A made series of 160 nights: what stallhorn tells of it, and the steps that asv draws"),
        element("rect", x=0.5, y=0.5, width=WIDTH - 1, height=HEIGHT - 1, rx=8, fill="#fff", stroke="#d0d5db"),
        *upper(one, rights[0]),
        *heading(LOWER, f"asv {version('asv')}", said, rights[1]),
        *ground(LOWER, one, kept),
        element("path", d=LOWER.stairs(told.places, told.levels), fill="none", stroke=DARK, stroke_width=2),
        text(LEFT, HEIGHT - 14, LEGEND, MUTED, "start", font_size=12),
    ]
    font = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
    whole = element(
        "svg",
        *body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        font_family=font,
        font_size=13,
    )
    return f"{whole}\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m figures.changes.picture", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "docs" / "changes.svg")
    target: Path = parser.parse_args().file
    one = made(SEED)
    told, _, doubt, _ = ours(one)
    if not is_right(told.places) or doubt is None or abs(doubt.place - NEWEST) > 1:
        sys.exit(f"Not what the page tells of: changes at {told.places}, in doubt: {doubt}. No picture was made.")
    several = [made(seed) for seed in range(1, MANY + 1)]
    rights = (
        sum(is_right(ours(each)[0].places) for each in several),
        sum(is_right(of_asv(each).places) for each in several),
    )
    target.write_text(drawing(one, rights), encoding="utf-8")
    print(f"{target}: {target.stat().st_size / 1024:.0f} KiB; told right of {MANY}: {rights[0]}, asv {rights[1]}")


if __name__ == "__main__":
    main()
