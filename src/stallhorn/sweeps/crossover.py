"""Which of some curves of time over size is lowest where, and at which size two of them cross. Pure.

Between two measured sizes a curve is straight in logarithms, as a power law is. Nothing is said about sizes outside the
measured ones.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A time with its 99 % interval; without one both bounds are None."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def is_bounded(self) -> bool:
        return self.low is not None and self.high is not None

    @property
    def least(self) -> float:
        return self.value if self.low is None else self.low

    @property
    def most(self) -> float:
        return self.value if self.high is None else self.high

    def overlaps(self, other: Estimate) -> bool:
        """Whether the two cannot be told apart. A time without interval counts as exact."""
        return self.least <= other.most and other.least <= self.most


@dataclass(frozen=True, slots=True)
class Curve:
    """Times at ascending sizes; build it with `curve`."""

    sizes: tuple[float, ...] = ()
    times: tuple[Estimate, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sizes)

    def measured(self, size: float) -> Estimate | None:
        """The time at a measured size."""
        place = bisect_left(self.sizes, size)
        return self.times[place] if place < len(self.sizes) and self.sizes[place] == size else None

    def at(self, size: float) -> Estimate | None:
        """The time at any size between the first and the last measured one; None outside."""
        if not self.sizes or not self.sizes[0] <= size <= self.sizes[-1]:
            return None
        exact = self.measured(size)
        if exact is not None:
            return exact
        right = bisect_right(self.sizes, size)
        before, after = self.times[right - 1], self.times[right]
        start, end = math.log(self.sizes[right - 1]), math.log(self.sizes[right])
        share = (math.log(size) - start) / (end - start)

        def between(one: float, other: float) -> float:
            return math.exp(math.log(one) + (math.log(other) - math.log(one)) * share)

        bounded = before.is_bounded and after.is_bounded
        return Estimate(
            between(before.value, after.value),
            between(before.least, after.least) if bounded else None,
            between(before.most, after.most) if bounded else None,
        )


def curve(points: Iterable[tuple[float, Estimate]]) -> Curve:
    """A curve of points in any order. What has no logarithm (zero, a negative or infinite number) is left out."""
    usable = {size: time for size, time in points if _usable(size) and _usable(time.value)}
    times = {size: _positive(time) for size, time in usable.items()}
    return Curve(tuple(sorted(times)), tuple(times[size] for size in sorted(times)))


def _usable(number: float) -> bool:
    return math.isfinite(number) and number > 0


def _positive(time: Estimate) -> Estimate:
    """Bounds must hold the value and have logarithms; others are none."""
    if time.low is None or time.high is None or not (_usable(time.low) and _usable(time.high)):
        return Estimate(time.value)
    return Estimate(time.value, min(time.low, time.value), max(time.high, time.value))


# --- the fastest at one size ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fastest:
    """Who is fastest at one size; numbers are places in the list of curves."""

    first: int
    tied: tuple[int, ...]  # whose intervals overlap with that of the first, the faster first
    rival: int | None  # the fastest of another group; None where there is no other
    ratio: Estimate | None  # the rival's time over that of the first

    @property
    def is_tie(self) -> bool:
        """Whether the rival cannot be told from the first."""
        return self.rival is not None and self.rival in self.tied


def fastest_at(curves: Sequence[Curve], size: float, groups: Sequence[str]) -> Fastest | None:
    """The fastest curve at a size and by how much it beats the best of another group, i.e. of another backend.

    Variants of one backend do not compete for the margin: that numba beats numba says nothing about numba and jax.
    """
    times = [(place, time) for place, each in enumerate(curves) if (time := each.at(size)) is not None]
    if not times:
        return None
    times.sort(key=lambda item: (item[1].value, item[0]))
    first, best = times[0]
    tied = tuple(place for place, time in times[1:] if time.overlaps(best))
    for place, time in times[1:]:
        if groups[place] != groups[first]:
            return Fastest(first, tied, place, ratio(time, best))
    return Fastest(first, tied, None, None)


def ratio(slow: Estimate, fast: Estimate) -> Estimate:
    """How many times one takes of the other; the interval is between the extremes."""
    if slow.is_bounded and fast.is_bounded:
        return Estimate(slow.value / fast.value, slow.least / fast.most, slow.most / fast.least)
    return Estimate(slow.value / fast.value)


# --- the fastest on each stretch --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sizes from `start` to `end` at which the same curves are the fastest: one, or some that cannot be told apart."""

    start: float
    end: float
    lines: tuple[int, ...]  # ascending

    @property
    def is_tie(self) -> bool:
        return len(self.lines) > 1


_Straight = tuple[float, float]  # the logarithm of a time at both ends of a segment


@dataclass(frozen=True, slots=True)
class _Piece:
    """One curve between two neighbouring sizes."""

    place: int
    value: _Straight
    low: _Straight
    high: _Straight


def stretches(curves: Sequence[Curve]) -> tuple[Stretch, ...]:
    """Which curves are fastest from the smallest to the largest measured size; they touch each other, if no gap is
    between the measured sizes of all."""
    grid = sorted({size for each in curves for size in each.sizes})
    found: list[Stretch] = []
    for start, end in itertools.pairwise(grid):
        pieces = _pieces(curves, start, end)
        if not pieces:
            continue
        edges = [0.0, *_edges(pieces), 1.0]
        for left, right in itertools.pairwise(edges):
            lines = _lowest(pieces, (left + right) / 2)
            _extend(found, Stretch(_between(start, end, left), _between(start, end, right), lines))
    return tuple(found)


def _pieces(curves: Sequence[Curve], start: float, end: float) -> list[_Piece]:
    """The curves that can be lowest between two sizes: those not above one and the same other at both ends."""
    all_pieces = []
    for place, each in enumerate(curves):
        one, other = each.at(start), each.at(end)
        if one is not None and other is not None:
            logs = [
                (math.log(first), math.log(last))
                for first, last in ((one.value, other.value), (one.least, other.least), (one.most, other.most))
            ]
            all_pieces.append(_Piece(place, *logs))
    if not all_pieces:
        return []
    ceilings = [min(all_pieces, key=lambda piece: piece.high[end]).high for end in (0, 1)]
    return [
        piece
        for piece in all_pieces
        if not any(piece.low[0] > ceiling[0] and piece.low[1] > ceiling[1] for ceiling in ceilings)
    ]


def _edges(pieces: Sequence[_Piece]) -> list[float]:
    """Where, as shares of the segment, anything can change: two values cross, or a bound another's bound."""
    found = set()
    for one in pieces:
        for other in pieces:
            if one.place < other.place:
                found.add(_meeting(one.value, other.value))
            if one.place != other.place:
                found.add(_meeting(one.high, other.low))
    return sorted(share for share in found if share is not None)


def _meeting(one: _Straight, other: _Straight) -> float | None:
    before, after = one[0] - other[0], one[1] - other[1]
    if before * after >= 0:
        return None
    share = before / (before - after)
    return share if 0 < share < 1 else None


def _lowest(pieces: Sequence[_Piece], share: float) -> tuple[int, ...]:
    def height(line: _Straight) -> float:
        return line[0] + (line[1] - line[0]) * share

    best = min(pieces, key=lambda piece: (height(piece.value), piece.place))
    ceiling = height(best.high)
    return tuple(piece.place for piece in pieces if piece is best or height(piece.low) <= ceiling)


def _extend(found: list[Stretch], stretch: Stretch) -> None:
    last = found[-1] if found else None
    if last is not None and last.lines == stretch.lines and math.isclose(last.end, stretch.start):
        found[-1] = Stretch(last.start, stretch.end, last.lines)
    else:
        found.append(stretch)


def _between(start: float, end: float, share: float) -> float:
    if share in (0.0, 1.0):
        return end if share else start
    return math.exp(math.log(start) + (math.log(end) - math.log(start)) * share)


# --- where two cross --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Crossover:
    """The size at which two curves cross, with its 99 % interval.

    A bound is None where the measured sizes do not hold it: up to the smallest (or largest) one the two cannot be told
    apart. Where a time has no interval the crossover has none.
    """

    size: float
    low: float | None
    high: float | None
    falls: bool  # whether the first of the two is the faster one above this size
    has_interval: bool = True


@dataclass(frozen=True, slots=True)
class _Difference:
    """Log of the first's time over the second's at one size."""

    place: float  # the logarithm of the size
    value: float
    down: float  # how far it may be lower
    up: float


def crossovers(one: Curve, other: Curve) -> tuple[Crossover, ...]:
    """Where two curves cross, smallest size first, from sizes at which both were measured.

    The interval is Fieller's: all sizes at which the difference of the two logarithms may be zero, as far as they hang
    together with the crossover. The difference has, at each measured size, the two half-widths added as squares, and
    between two sizes the weighted widths of both ends added as squares again, since all times are independent. So the
    four times that fix the crossover decide about it, and, where the curves run close to each other, their neighbours;
    there is no sampling and no symmetry that the logarithm does not have.
    """
    known, bounded = _differences(one, other)
    found = []
    for before, after in itertools.pairwise(known):
        if before.value * after.value < 0:
            where = _zero(before.place, before.value, after.place, after.value)
        elif before.value == 0 and after.value != 0 and _crosses_at(known, before):
            where = before.place
        else:
            continue
        falls = after.value < 0
        low, high = _around(known, where) if bounded else (None, None)
        found.append(Crossover(math.exp(where), _size(low), _size(high), falls, bounded))
    return tuple(found)


def _differences(one: Curve, other: Curve) -> tuple[list[_Difference], bool]:
    found, bounded = [], True
    for size in one.sizes:
        first, second = one.measured(size), other.measured(size)
        if first is None or second is None:
            continue
        bounded = bounded and first.is_bounded and second.is_bounded
        value = math.log(first.value / second.value)
        down = math.hypot(math.log(first.value / first.least), math.log(second.most / second.value))
        up = math.hypot(math.log(first.most / first.value), math.log(second.value / second.least))
        found.append(_Difference(math.log(size), value, down, up))
    return found, bounded


def _crosses_at(known: Sequence[_Difference], zero: _Difference) -> bool:
    """Whether the sign differs on the two sides of a point at which both took the same time."""
    place = known.index(zero)
    before = next((each.value for each in reversed(known[:place]) if each.value != 0), 0.0)
    after = next((each.value for each in known[place:] if each.value != 0), 0.0)
    return before * after < 0


def _zero(left: float, at_left: float, right: float, at_right: float) -> float:
    return left + (right - left) * at_left / (at_left - at_right)


def _around(known: Sequence[_Difference], where: float) -> tuple[float | None, float | None]:
    """The nearest places on both sides at which the two can be told apart."""
    edges = [edge for left, right in itertools.pairwise(known) for edge in _told_apart(left, right)]
    slack = 1e-9 * max(1.0, abs(where))  # of exact times both edges are the crossover itself
    below = max((edge for edge in edges if edge <= where + slack), default=None)
    above = min((edge for edge in edges if edge >= where - slack), default=None)
    return below if below is None else min(below, where), above if above is None else max(above, where)


def _told_apart(left: _Difference, right: _Difference) -> Iterable[float]:
    """Where, between two sizes, the difference is as large as its half-width: value(s)^2 = width(s)^2."""
    step = right.value - left.value
    for sign, one, other in ((1, left.down, right.down), (-1, left.up, right.up)):
        square = step**2 - one**2 - other**2
        middle = left.value * step + one**2
        constant = left.value**2 - one**2
        for share in _roots(square, middle, constant):
            if -1e-12 <= share <= 1 + 1e-12 and sign * (left.value + step * share) >= -1e-12:
                yield left.place + (right.place - left.place) * share


def _roots(square: float, middle: float, constant: float) -> tuple[float, ...]:
    """The solutions of square * s^2 + 2 * middle * s + constant = 0."""
    inside = middle**2 - square * constant
    if inside < -1e-12 * middle**2:
        return ()
    # The larger of the two by the sum without cancellation, the other one by their product.
    far = -middle - math.copysign(math.sqrt(max(0.0, inside)), middle)
    return tuple(over / under for over, under in ((far, square), (constant, far)) if under != 0)


def _size(place: float | None) -> float | None:
    return None if place is None else math.exp(place)


# --- how a crossover moved --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two curves at one commit: where they cross first, or that they do not."""

    commit: str
    crossover: Crossover | None
    faster: int = (
        0  # without crossover: -1 the first of the two is clearly faster at all sizes, 1 the second, 0 neither
    )


@dataclass(frozen=True, slots=True)
class Move:
    """A crossover that is elsewhere since a commit; None: within the measured sizes there was or is none."""

    commit: str
    before: Crossover | None
    after: Crossover | None
    faster: int = 0  # which one is faster at all sizes now, or was before, as in `Crossing`


def crossing(commit: str, one: Curve, other: Curve) -> Crossing | None:
    """How two curves stand at a commit; None where they share less than two sizes."""
    shared = [size for size in one.sizes if other.measured(size) is not None]
    if len(shared) < 2:
        return None
    found = crossovers(one, other)
    if found:
        return Crossing(commit, found[0])
    pairs = [(first, second) for size in shared if (first := one.measured(size)) and (second := other.measured(size))]
    if all(first.most < second.least for first, second in pairs):
        return Crossing(commit, None, -1)
    if all(second.most < first.least for first, second in pairs):
        return Crossing(commit, None, 1)
    return Crossing(commit, None, 0)


def moves(history: Sequence[Crossing]) -> tuple[Move, ...]:
    """Where a crossover moved and stayed away, oldest commit first.

    It moved where its interval leaves the one that held before; one commit that comes back is noise. Where neither of
    the two is clearly faster nothing is told.
    """
    told = [each for each in history if each.crossover is not None or each.faster]
    found = []
    anchor = told[0] if told else None
    for place, each in enumerate(told):
        if anchor is None or not _apart(anchor, each):
            continue
        following = told[place + 1] if place + 1 < len(told) else None
        if following is not None and not _apart(anchor, following):
            continue
        found.append(Move(each.commit, anchor.crossover, each.crossover, each.faster or anchor.faster))
        anchor = each
    return tuple(found)


def _apart(one: Crossing, other: Crossing) -> bool:
    before, after = one.crossover, other.crossover
    if before is None or after is None:
        return before is not after or one.faster != other.faster
    if not (before.has_interval and after.has_interval):
        return False
    return _lies_below(before, after) or _lies_below(after, before)


def _lies_below(one: Crossover, other: Crossover) -> bool:
    return one.high is not None and other.low is not None and one.high < other.low
