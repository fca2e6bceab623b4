"""The rule of `levels` and `rule` for points of which only the value and its bounds are known, for many series at once.

With no processes and no samples, the best process and the fastest sample are the value, and no other process explains
anything. What is known of a point is three logarithms. The levels of a series follow one another without a gap, and
what is pending stands right behind the newest: all of it is places in the series.
"""

from __future__ import annotations

import math

import numpy as np

from stallhorn.changes.loops import order
from stallhorn.changes.loops.cuts import Places
from stallhorn.changes.loops.order import Array

WINDOW = 20  # points of a level, the newest, that a new point is judged against; as in `levels`
OUTERMOST, TRIMMED = 0.1, 5  # the share that is dropped at each end, from so many on; as in `stats.trimmed_range`

# What the rule asks for: columns of `limits`.
RELEVANT, CERTAINTY, PRIOR, PRIOR_WEIGHT, PLAIN, DOUBT, SIGMAS = range(7)
LIMITS = 7
# Where a scan stands: columns of `state`. Points from STOP on are pending.
START, STOP, CLOSED, LEANS_UP, RECENT = range(5)
# What was judged: columns of `told`; then what it was judged against, places and logarithms.
DIRECTION, CERTAIN, LEAST, LEANS, EFFECT, NOISE, COUNT, FIRST, BEHIND, CENTER, LOW, HIGH = range(12)
ASKED = 12
# Rows of scratch space.
SORTED, DEVIATIONS, GROUND, WINDOWED, TOGETHER = range(5)


def space(longest: int) -> tuple[Array, Array, Places, Places]:
    """What `scan_all` works in, for series of so many points and shorter ones."""
    width = longest + 3 * WINDOW
    return np.zeros((5, width)), np.zeros((3, width)), np.zeros(5, np.int64), np.zeros(width, np.int64)


def middle(b: Array, n: int) -> float:
    """The median of the first n, which are in order; to the last digit that of `stats.median`."""
    half = n >> 1
    return float(b[half]) if n & 1 else float(b[half - 1] + (b[half] - b[half - 1]) / 2)


def median(x: Array, start: int, stop: int, b: Array) -> float:
    """The median of x[start:stop]."""
    for i in range(stop - start):
        b[i] = x[start + i]
    order.sort(b, stop - start)
    return middle(b, stop - start)


def dropped(n: int) -> int:
    """How many of n values in order are left out at either end."""
    return max(1, int(OUTERMOST * n)) if n >= TRIMMED else 0


def gather(x: Array, start: int, stop: int, without: int, b: Array) -> tuple[int, int]:
    """The newest WINDOW of x[start:stop], but for one place, into b in order: how many, and the place of the oldest."""
    n, i = 0, stop
    while i > start and n < WINDOW:
        i -= 1
        if i == without:
            continue
        b[n] = x[i]
        n += 1
    order.sort(b, n)
    return n, i + 1 if i == without else i


def away(x: Array, start: int, stop: int, count: int, d: Array, b: Array) -> int:
    """The deviations of x[start:stop] from their median behind those in d; returns how many there are."""
    if stop <= start:
        return count
    center = median(x, start, stop, b)
    for i in range(start, stop):
        d[count] = x[i] - center
        count += 1
    return count


def scatter(
    x: Array, count: int, room: int, closed: Places, number: int, end: int, limits: Array, scratch: Array
) -> float:
    """How much the points scatter about their levels: those whose deviations are there, and the levels before."""
    d, b = scratch[DEVIATIONS], scratch[SORTED]
    for level in range(number - 1, -1, -1):
        if room <= 0:
            break
        start = max(closed[level], end - room)
        count = away(x, start, end, count, d, b)
        room -= end - start
        end = closed[level]
    between = 0.0
    if count > 2:
        center = median(d, 0, count, b)
        for i in range(count):
            d[i] = abs(d[i] - center)
        between = limits[SIGMAS] * median(d, 0, count, b)
    usual, weight = limits[PRIOR], limits[PRIOR_WEIGHT]
    return math.sqrt((weight * (usual * usual) + count * (between * between)) / (weight + count))


def judge(
    x: Array,
    low: Array,
    high: Array,
    start: int,
    stop: int,
    without: int,
    new: int,
    behind: int,
    pending: int,
    closed: Places,
    state: Places,
    limits: Array,
    scratch: Array,
    told: Array,
) -> None:
    """Whether the points from `new` until `behind` lie on another level than x[start:stop] but for one place.

    Points from `pending` until `behind` scatter beside those, and so do the levels that were closed.
    """
    ground, b, d = scratch[GROUND], scratch[SORTED], scratch[DEVIATIONS]
    n, first = gather(x, start, stop, without, ground)
    center = middle(ground, n)
    for i in range(n):
        d[i] = ground[i] - center
    count = away(x, pending, behind, n, d, b)
    steady = scatter(x, count, WINDOW - n, closed, state[CLOSED], state[START], limits, scratch)
    points = behind - new
    shift = median(x, new, behind, b) - center
    lowest, highest = low[new], high[new]
    if points > 1:
        drop = dropped(points)
        lowest, highest = b[drop], b[points - 1 - drop]
    drop = dropped(n)
    apart = lowest > ground[n - 1 - drop] if shift > 0 else highest < ground[drop]
    noise = limits[CERTAINTY] * steady * math.sqrt(1 / points + 1 / n)
    if bounded(low, high, first, stop, without) and bounded(low, high, new, behind, -1):
        noise = min(noise, limits[PLAIN])
    effect, least = abs(shift), max(limits[RELEVANT], noise)
    same = effect < limits[RELEVANT] or effect <= max(limits[DOUBT] * noise, limits[RELEVANT])
    told[DIRECTION] = 0.0 if same else (1.0 if shift > 0 else -1.0)
    told[CERTAIN] = 1.0 if same or (effect >= least and apart) else 0.0
    told[LEAST], told[EFFECT], told[NOISE], told[COUNT] = least, effect, noise, n
    told[LEANS] = 1.0 if effect >= limits[RELEVANT] else 0.0


def bounded(low: Array, high: Array, start: int, stop: int, without: int) -> bool:
    """Whether each of these points has bounds."""
    missing = 0
    for i in range(start, stop):
        if i != without and high[i] <= low[i]:
            missing += 1
    return missing == 0


def extend(x: Array, state: Places, stop: int, window: Array) -> None:
    """The level reaches until there; `window` holds its newest WINDOW values in order."""
    for i in range(state[STOP], stop):
        n = state[RECENT]
        if n >= WINDOW:
            oldest, j = x[i - WINDOW], 0
            while window[j] < oldest:
                j += 1
            n -= 1
            while j < n:
                window[j] = window[j + 1]
                j += 1
        v, j = x[i], n
        while j > 0 and window[j - 1] > v:
            window[j] = window[j - 1]
            j -= 1
        window[j] = v
        state[RECENT] = n + 1
    state[STOP] = stop


def close(x: Array, state: Places, start: int, stop: int, window: Array, closed: Places) -> None:
    """End the level, and open the next one with these points."""
    closed[state[CLOSED]] = state[START]
    state[CLOSED] += 1
    state[START] = state[STOP] = start
    state[RECENT] = 0
    extend(x, state, stop, window)


def add(
    x: Array,
    low: Array,
    high: Array,
    k: int,
    state: Places,
    closed: Places,
    limits: Array,
    scratch: Array,
    told: Array,
) -> bool:
    """Read one point; whether anything was judged: not of a first point, nor of one that is plainly the same."""
    window = scratch[WINDOWED]
    if k == 0:
        extend(x, state, 1, window)
        return False
    center = order.middle(window, state[RECENT])
    shift = x[k] - center
    if abs(shift) < limits[RELEVANT]:
        extend(x, state, k + 1, window)
        return False
    leans_up = 1 if shift > 0 else 0
    if state[STOP] < k and state[LEANS_UP] != leans_up:
        extend(x, state, k, window)
        center = order.middle(window, state[RECENT])
    state[LEANS_UP] = leans_up
    judge(x, low, high, state[START], state[STOP], -1, k, k + 1, k + 1, closed, state, limits, scratch, told)
    if told[CERTAIN] and told[DIRECTION]:
        start = k
        while start > state[STOP] and abs(x[start - 1] - x[k]) < abs(x[start - 1] - center):
            start -= 1
        close(x, state, start, k + 1, window, closed)
        return True
    if not told[LEANS]:
        extend(x, state, k + 1, window)
    first = state[STOP]
    if k + 1 - first < 2:
        return True
    both = scratch[TOGETHER]
    judge(x, low, high, state[START], first, -1, first, k + 1, first, closed, state, limits, scratch, both)
    if both[CERTAIN] and both[DIRECTION]:
        close(x, state, first, k + 1, window, closed)
        told[:] = both[:ASKED]
    return True


def start_of(place: int, state: Places, closed: Places) -> int:
    """Where the level of a place begins, what is pending being part of the newest."""
    for level in range(state[CLOSED]):
        behind = closed[level + 1] if level + 1 < state[CLOSED] else state[START]
        if place < behind:
            return int(closed[level])
    return int(state[START])


def stop_of(place: int, stop: int, state: Places, closed: Places) -> int:
    """Where it ends."""
    for level in range(state[CLOSED]):
        behind = closed[level + 1] if level + 1 < state[CLOSED] else state[START]
        if place < behind:
            return int(behind)
    return stop


def newest(
    x: Array,
    low: Array,
    high: Array,
    place: int,
    state: Places,
    closed: Places,
    limits: Array,
    scratch: Array,
    told: Array,
) -> None:
    """Whether the point at a place, with pending ones before it, leaves the level before it; and which that is."""
    for k in range(place):
        add(x, low, high, k, state, closed, limits, scratch, told)
    start, stop = state[START], state[STOP]
    if not add(x, low, high, place, state, closed, limits, scratch, told):
        judge(x, low, high, start, place, -1, place, place + 1, place + 1, closed, state, limits, scratch, told)
        told[DIRECTION], told[CERTAIN] = 0.0, 1.0
        stop = place
    elif not told[CERTAIN]:
        stop = place
    told[FIRST], told[BEHIND] = max(start, stop - WINDOW), stop


def against(
    x: Array,
    low: Array,
    high: Array,
    base: int,
    place: int,
    state: Places,
    closed: Places,
    limits: Array,
    scratch: Array,
    told: Array,
) -> int:
    """Whether the point at a place is on another level than the one at `base`; what is left out of that one."""
    end = max(base, place) + 1
    for k in range(end):
        add(x, low, high, k, state, closed, limits, scratch, told)
    start, new = start_of(base, state, closed), start_of(place, state, closed)
    behind = place + 1
    if new == start:
        new = place
    else:
        behind = stop_of(place, end, state, closed)
    judge(x, low, high, start, base + 1, place, new, behind, behind, closed, state, limits, scratch, told)
    _, first = gather(x, start, base + 1, place, scratch[GROUND])
    told[FIRST], told[BEHIND] = first, base + 1
    return place


def describe(x: Array, start: int, stop: int, without: int, b: Array, told: Array) -> None:
    """The centre and the bounds of a level; `told` has three columns."""
    n = 0
    for i in range(start, stop):
        if i != without:
            b[n] = x[i]
            n += 1
    order.sort(b, n)
    drop = dropped(n)
    told[0], told[1], told[2] = middle(b, n), b[drop], b[n - 1 - drop]


def read(values: Array, lows: Array, highs: Array, x: Array, low: Array, high: Array) -> None:
    """The logarithms of a series; where a bound is missing, the value stands in."""
    for i in range(values.shape[0]):
        x[i] = math.log(values[i])
        low[i] = math.log(lows[i]) if lows[i] > 0 else x[i]
        high[i] = math.log(highs[i]) if highs[i] > 0 else x[i]


def scan_all(
    values: Array,
    lows: Array,
    highs: Array,
    ends: Places,
    places: Places,
    bases: Places,
    limits: Array,
    marks: Places,
    levels: Array,
    told: Array,
    scratch: Array,
    logs: Array,
    state: Places,
    closed: Places,
) -> None:
    """Series one behind the other, which end at `ends`: their levels, or how they compare at a place of each.

    Where `places` is -1 the start of each level is marked, and `levels` there tells its centre and bounds. Elsewhere
    the point there is compared with those before it, or with the one at `bases` if that is not -1.
    """
    start = 0
    for number in range(ends.shape[0]):
        stop, place, base = ends[number], places[number], bases[number]
        n = stop - start
        x, low, high = logs[0, :n], logs[1, :n], logs[2, :n]
        read(values[start:stop], lows[start:stop], highs[start:stop], x, low, high)
        state[:] = 0
        row = told[number]
        if place < 0:
            for k in range(n):
                add(x, low, high, k, state, closed, limits, scratch, row)
            closed[state[CLOSED]] = state[START]
            for level in range(state[CLOSED] + 1 if n else 0):
                first = closed[level]
                behind = closed[level + 1] if level < state[CLOSED] else n
                marks[start + first] = 1
                describe(x, first, behind, -1, scratch[SORTED], levels[start + first])
        else:
            without = -1
            if base < 0:
                newest(x, low, high, place, state, closed, limits, scratch, row)
            else:
                without = against(x, low, high, base, place, state, closed, limits, scratch, row)
            describe(x, int(row[FIRST]), int(row[BEHIND]), without, scratch[SORTED], row[CENTER:])
        start = stop
