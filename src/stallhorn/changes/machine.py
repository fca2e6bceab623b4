"""What a machine did to all of its series: a kernel update, a noisy night, a new library. Found, and taken off.

The median over the benchmarks at each commit is the machine's, where there are enough of them. Its lasting steps are
events; single nights that stand out are weather. Both are taken off every series, as far as the series shows them:
machines do not move all code alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from stallhorn.changes import steps
from stallhorn.changes.base import BENCHMARKS, Demand, Event
from stallhorn.changes.loops import order
from stallhorn.changes.series import Floats, Integers

MEDIAN_ERROR = 1.2533  # of a median, in standard errors of a mean
EVENT = Demand(relevant=0.008, hindsight=0.0, tonight=0.0)  # smaller steps of the common mode hide in noise
NIGHT = 1.5  # standard errors from which on a single night is believed
REACH = 20  # points on either side of an event that tell how far it moved a series
UNEVEN = 0.15  # how unevenly an event moves the series, at least: standard deviation, relative to the event
CLEAR = 10  # series that show an event clearly, needed to tell how uneven it is
APART = 4.0  # standard deviations beyond which a series did something of its own at an event
BRIEF = 5  # points; an event that is taken back so soon tells nothing of the nights in it
TAKEN_BACK = 0.3  # share of such an event that may stay
BLOCK = 1000  # series that are worked on at once: memory


@dataclass(frozen=True, slots=True)
class Machine:
    """What a machine did over all commits; `mode` is the common mode, in logarithms around the usual."""

    events: tuple[Event, ...]
    mode: Floats


def medians(values: Floats) -> Floats:
    """The median of each row, without what is missing; NaN where all is."""
    if values.shape[1] == 0:
        return np.full(len(values), np.nan)
    ordered = np.sort(values, axis=1)  # missing values come last
    count = np.isfinite(values).sum(1)
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, values.shape[1] - 1)
    rows = np.arange(len(values))
    found: Floats = 0.5 * (ordered[rows, low] + ordered[rows, high])
    return found


def noises(values: Floats) -> Floats:
    """The noise of each row from point to point."""

    def of(rows: Floats) -> list[float]:
        return steps.noises([row[np.isfinite(row)] for row in rows])

    if values.size < steps.SPLIT:
        return np.array(of(values))
    with ThreadPoolExecutor(steps.THREADS) as pool:
        return np.concatenate(list(pool.map(of, np.array_split(values, steps.THREADS))))


def remove(values: Floats, noise: Floats, groups: Sequence[Integers]) -> Machine:
    """Take off the rows, in place, what the machine did; `groups` are the rows of each benchmark.

    Rows are logarithms around their medians. Nothing is taken off with fewer than BENCHMARKS benchmarks.
    """
    width = values.shape[1]
    if len(groups) < BENCHMARKS:
        return Machine((), np.zeros(width))
    mode, error = _common_mode(np.array([medians(np.ascontiguousarray(values[rows].T)) for rows in groups]))
    places, sizes, odds, nights = _events_and_nights(mode, error)
    values[:, _brief_nights(places, sizes, width)] = np.nan
    for block in _blocks(len(values)):
        _remove_nights(values[block], noise[block], nights)
    events = _remove_events(values, noise, places, sizes, odds)
    for block in _blocks(len(values)):
        values[block] -= medians(values[block])[:, None]
    return Machine(tuple(events), mode)


def _blocks(count: int) -> Iterator[slice]:
    for start in range(0, count, BLOCK):
        yield slice(start, start + BLOCK)


def _common_mode(of_benchmarks: Floats) -> tuple[Floats, Floats]:
    """The median over the benchmarks at each commit, 0 where too few were measured; and its standard error."""
    count = np.isfinite(of_benchmarks).sum(0)
    mode = medians(np.ascontiguousarray(of_benchmarks.T))
    spread = order.SIGMAS * medians(np.ascontiguousarray(np.abs(of_benchmarks - mode).T))
    error = MEDIAN_ERROR * np.maximum(np.nan_to_num(spread), order.LEAST) / np.sqrt(np.maximum(count, 1))
    return np.where(count >= BENCHMARKS, np.nan_to_num(mode), 0.0), error


def _events_and_nights(mode: Floats, error: Floats) -> tuple[list[int], Floats, Floats, Floats]:
    """The lasting steps of the common mode (places, sizes, odds), and what single nights add to them."""
    found, odds = steps.find([mode], EVENT).of(0)
    places = [int(place) for place in found]
    edges = [0, *places, len(mode)]
    levels = np.array([np.median(mode[start:stop]) for start, stop in pairwise(edges)])
    rest = mode - np.repeat(levels, np.diff(edges))
    return places, np.diff(levels), odds, np.where(np.abs(rest) > NIGHT * error, rest, 0.0)


def _brief_nights(places: Sequence[int], sizes: Floats, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """The nights inside events that were soon taken back: so uneven that they tell nothing."""
    inside = np.zeros(width, bool)
    for (start, stop), (there, back) in zip(pairwise(places), pairwise(sizes.tolist()), strict=True):
        if stop - start <= BRIEF and abs(there + back) < TAKEN_BACK * abs(there):
            inside[start:stop] = True
    return inside


def _remove_nights(values: Floats, noise: Floats, nights: Floats) -> None:
    """Take the weather off each row, times the row's loading, which is 1 unless the row says otherwise.

    The loading is told by differences of neighbours, which the row's own changes of level do not disturb; large ones
    count less (Huber's weights, three turns).
    """
    if not nights.any():
        return
    known = np.isfinite(values)
    columns = np.where(known, np.arange(values.shape[1]), -1)
    before = np.maximum.accumulate(columns, axis=1)[:, :-1]  # the newest known point before each
    usable = known[:, 1:] & (before >= 0)
    before = np.maximum(before, 0)
    rise = np.where(usable, nights[1:] - nights[before], 0.0)
    own = np.where(usable, values[:, 1:] - np.take_along_axis(values, before, axis=1), 0.0)
    scale = np.sqrt(2.0) * noise[:, None]
    prior = 4 * scale**2
    loading = np.ones((len(values), 1))
    for _ in range(3):
        weight = np.minimum(1.0, 2 * scale / np.maximum(np.abs(own - loading * rise), 1e-12)) * rise
        both = prior + (weight * own).sum(1, keepdims=True)
        loading = np.clip(both / (prior + (weight * rise).sum(1, keepdims=True)), 0.0, 2.0)
    values -= loading * nights


def _remove_events(values: Floats, noise: Floats, places: Sequence[int], sizes: Floats, odds: Floats) -> list[Event]:
    """Take the events off each row: the step that the row shows there, drawn towards the common one.

    A row that plainly stayed where it was has nothing to lose: the event would become a change of its own.
    """
    events = []
    edges = [0, *places, values.shape[1]]
    for number, (place, size) in enumerate(zip(places, sizes.tolist(), strict=True)):
        low, high = max(edges[number], place - REACH), min(edges[number + 2], place + REACH)
        moves, errors = _moves_at(values, noise, low, place, high)
        spread = _unevenness(moves, errors, size) * abs(size)
        with_it = np.abs(moves - size) < APART * np.hypot(spread, errors)
        still = ~with_it & (np.abs(moves) < np.maximum(spread, APART * errors))
        share = np.where(with_it, spread**2 / (spread**2 + errors**2), 0.0)
        values[:, place:] -= np.where(still, 0.0, size + share * (moves - size))[:, None]
        events.append(Event(place, size, float(odds[number]), APART * spread))
    return events


def _moves_at(values: Floats, noise: Floats, low: int, place: int, high: int) -> tuple[Floats, Floats]:
    """How far each row moves at a place, and the standard error of it; huge where it is not known."""
    left, right = values[:, low:place], values[:, place:high]
    before, after = np.isfinite(left).sum(1), np.isfinite(right).sum(1)
    known = (before > 0) & (after > 0)
    moves = np.where(known, medians(right) - medians(left), 0.0)
    error = MEDIAN_ERROR * noise * np.sqrt(1.0 / np.maximum(before, 1) + 1.0 / np.maximum(after, 1))
    return moves, np.where(known, error, 1e9)


def _unevenness(moves: Floats, errors: Floats, size: float) -> float:
    """How unevenly an event moves the series: standard deviation, relative to the event."""
    clear = errors < UNEVEN * abs(size)
    if clear.sum() < CLEAR:
        return UNEVEN
    shares = moves[clear] / size
    return max(UNEVEN, order.SIGMAS * float(np.median(np.abs(shares - np.median(shares)))))
