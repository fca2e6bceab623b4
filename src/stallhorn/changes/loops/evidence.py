"""What speaks for a change at one place, as numbers: the questions that `weights` was taught to weigh.

Each change is judged between its neighbours, by at most REACH points on either side. "The short side" is the one with
fewer points, "far" the level of the other one. All shifts are of logarithms; t values are widened for correlated noise.
"""

from __future__ import annotations

import math

from stallhorn.changes.loops import order
from stallhorn.changes.loops.cuts import Places
from stallhorn.changes.loops.order import Array

REACH = 80  # points on either side
CLIP = 3.0  # standard deviations beyond which a point counts no more
LIKE = 0.4  # levels within this share of a change are the same level again
BACK = 300  # points around, where the same level was seen before
LONGEST = 20  # points of the runs of noise that a change is held against

# The questions. The model's file has them in this order (figures/changes/teach.py).
(
    SHIFT,  # how far apart the medians are
    T_MEDIAN,  # ... in standard errors
    T_MEAN,  # the same of means, with wild points clipped
    T_RANKS,  # the same of ranks (Mann and Whitney): two modes do not matter to it
    RANKS,  # how often a point of the new level lies beyond one of the old
    EXCURSION,  # the shift beside the farthest that noise alone carried the mean of so many points
    SHORT,  # points on the short side
    LONG,  # points on the long side
    NEWEST,  # whether the new level is the series' last
    OLDEST,  # whether the old level is its first
    RECURRENCE,  # how many stays so long are expected of noise that comes and goes
    VISITS,  # how often the short side's level was visited before and after
    CORRELATION,  # of neighbours in the noise
    LINE,  # how well a slow drift explains both sides, beside the step
    BESIDE_LINE,  # what is left of the step beside a drift
    T_BESIDE_LINE,  # ... in standard errors
    SHARP,  # the shift of the three points next to the change
    NEARLY_ALL,  # how far nearly all points of the short side are from far
    ALL,  # how far all of them are
    CHANCE,  # logarithm of the probability that so many points lie so far, were they drawn from the long side
    OUTSIDE,  # the least distant of the short side beside the third farthest of the long side
    NOISE,  # logarithm of the noise from point to point
    WANDER,  # logarithm of the noise about the levels, in units of that
    TAILS,  # how far the farthest tenth of the points are
    SPREAD,  # logarithm of the short side's noise, in units of the long side's
    BUSY,  # changes in a hundred points
    RETURN,  # how near the levels before and after come to these two
    POINTS,  # of the series
    SIGMAS,  # the shift in units of the noise about the levels
    QUESTIONS,
) = range(30)

# Rows of scratch space.
LEFT, RIGHT, BUFFER, CLIPPED, FACTS = range(5)
# Facts that the questions share, in the row FACTS.
FROM, TO, OLD, NEW, SIGN, SIGMA, INFLATION, OLD_MEAN, NEW_MEAN = range(9)


def collect(x: Array, cut: Places, count: int, i: int, sigma: float, levels: Array, room: Array, f: Array) -> float:
    """Answer every question about the i-th of `count` changes into f; returns the shift.

    `levels` are the medians of all stretches, `sigma` the noise from point to point. About 10 microseconds.
    """
    n = x.shape[0]
    start = cut[i - 1] if i > 0 else 0
    c = cut[i]
    stop = cut[i + 1] if i + 1 < count else n
    facts = room[FACTS]
    facts[FROM], facts[TO] = max(start, c - REACH), min(stop, c + REACH)
    _noise(x, c, sigma, room, f)
    _means(x, c, sigma, room, f)
    _ranks(c, room, f)
    _excursions(c, room, f)
    _line(c, room, f)
    _short_side(x, c, room, f)
    _recurrence(x, cut, count, i, levels, room, f)
    d = f[SHIFT]
    f[NEWEST] = 1.0 if stop == n else 0.0
    f[OLDEST] = 1.0 if start == 0 else 0.0
    f[BUSY] = 100.0 * count / n
    f[POINTS] = n
    back = 9.0
    if i + 2 <= count:
        back = min(back, abs(levels[i + 2] - facts[OLD]) / max(d, 1e-9))
    if i > 0:
        back = min(back, abs(levels[i - 1] - facts[NEW]) / max(d, 1e-9))
    f[RETURN] = back
    return float(d)


def _noise(x: Array, c: int, sigma: float, room: Array, f: Array) -> None:
    """Levels, and the noise about them."""
    facts, b, left, right = room[FACTS], room[BUFFER], room[LEFT], room[RIGHT]
    start, stop = int(facts[FROM]), int(facts[TO])
    nl, nr = c - start, stop - c
    for j in range(nl):
        left[j] = x[start + j]
    for j in range(nr):
        right[j] = x[c + j]
    order.sort(left, nl)
    order.sort(right, nr)
    old, new = order.middle(left, nl), order.middle(right, nr)
    for j in range(nr):
        b[j] = abs(right[j] - new)
    of_right = order.median(b, nr)
    for j in range(nl):
        b[j] = abs(left[j] - old)
    of_left = order.median(b, nl)
    for j in range(nr):
        b[nl + j] = abs(right[j] - new)
    s = max(order.SIGMAS * order.median(b, nl + nr), 0.8 * sigma, order.LEAST)
    d = abs(new - old)
    f[SHIFT] = d
    f[TAILS] = order.select(b, nl + nr, int(0.9 * (nl + nr - 1))) / s
    f[NOISE] = math.log(sigma)
    f[WANDER] = math.log(s / sigma)
    f[SIGMAS] = min(d / s, 50.0)
    f[SHORT], f[LONG] = min(nl, nr), max(nl, nr)
    short, long = (of_left, of_right) if nl <= nr else (of_right, of_left)
    f[SPREAD] = math.log(max(short, 0.1 * s) / max(long, 0.1 * s))
    facts[OLD], facts[NEW], facts[SIGMA] = old, new, s
    facts[SIGN] = 1.0 if new > old else -1.0


def _means(x: Array, c: int, sigma: float, room: Array, f: Array) -> None:
    """Standard errors of the shift, from residuals clipped at CLIP; the clipped points are kept in their order."""
    facts, clipped = room[FACTS], room[CLIPPED]
    start, stop, s = int(facts[FROM]), int(facts[TO]), facts[SIGMA]
    nl, nr = c - start, stop - c
    total = nl + nr
    squares, products, before, sum_left, sum_right = 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(total):
        center = facts[OLD] if j < nl else facts[NEW]
        r = min(max(x[start + j] - center, -CLIP * s), CLIP * s)
        squares += r * r
        products += r * before
        before = r
        if j < nl:
            sum_left += r
        else:
            sum_right += r
        clipped[j] = r + center
    facts[OLD_MEAN], facts[NEW_MEAN] = sum_left / nl + facts[OLD], sum_right / nr + facts[NEW]
    rho = min(max(products / max(squares, 1e-18), 0.0), 0.9) if total > 12 else 0.1
    inflation = math.sqrt((1 + rho) / (1 - rho))  # of the error of a mean, if the noise is autoregressive
    error = inflation * math.sqrt(1.0 / nl + 1.0 / nr)
    spread = max(math.sqrt(squares / max(total - 2, 1)), 0.8 * sigma, order.LEAST)
    facts[INFLATION] = inflation
    f[CORRELATION] = rho
    f[T_MEDIAN] = min(f[SHIFT] / (1.2533 * s * error), 100.0)
    f[T_MEAN] = min((facts[NEW_MEAN] - facts[OLD_MEAN]) * facts[SIGN] / (spread * error), 100.0)


def _ranks(c: int, room: Array, f: Array) -> None:
    facts, left, right = room[FACTS], room[LEFT], room[RIGHT]
    nl, nr = c - int(facts[FROM]), int(facts[TO]) - c
    beyond, below, upto = 0.0, 0, 0
    for j in range(nr):
        while below < nl and left[below] < right[j]:
            below += 1
        upto = max(upto, below)
        while upto < nl and left[upto] <= right[j]:
            upto += 1
        beyond += below + 0.5 * (upto - below)
    share = beyond / (nl * nr)
    if facts[SIGN] < 0:
        share = 1.0 - share
    f[RANKS] = share
    f[T_RANKS] = min((share - 0.5) * math.sqrt(12.0 * nl * nr / (nl + nr + 1.0)) / facts[INFLATION], 30.0)


def _excursions(c: int, room: Array, f: Array) -> None:
    """How far the noise alone carries the mean of as many points as the short side has."""
    facts, clipped = room[FACTS], room[CLIPPED]
    nl, nr = c - int(facts[FROM]), int(facts[TO]) - c
    m = min(nl, nr, LONGEST)
    farthest, total = 0.0, 0.0
    for j in range(nl + nr):
        if j == nl:
            total = 0.0
        k = j if j < nl else j - nl
        side = nl if j < nl else nr
        total += clipped[j]
        if k >= m:
            total -= clipped[j - m]
        if k >= m - 1 and side >= 2 * m:
            center = facts[OLD_MEAN] if j < nl else facts[NEW_MEAN]
            farthest = max(farthest, abs(total / m - center))
    s = facts[SIGMA]
    d = (facts[NEW_MEAN] - facts[OLD_MEAN]) * facts[SIGN]
    f[EXCURSION] = min(d / max(farthest, 0.3 * s) if farthest > 0 else d / (1.2 * s), 20.0)


def _line(c: int, room: Array, f: Array) -> None:
    """A drift is a line, not a step: both are fitted, apart and together (least squares on clipped points)."""
    facts, z = room[FACTS], room[CLIPPED]
    nl, nr = c - int(facts[FROM]), int(facts[TO]) - c
    total = nl + nr
    center = 0.5 * (total - 1)
    mean = (facts[OLD_MEAN] * nl + facts[NEW_MEAN] * nr) / total
    times = max(total * (total * total - 1.0) / 12.0, 1e-12)
    with_time = 0.0
    for j in range(total):
        with_time += (j - center) * (z[j] - mean)
    slope = with_time / times
    of_step, of_line = 0.0, 0.0
    for j in range(total):
        of_step += abs(z[j] - (facts[OLD] if j < nl else facts[NEW]))
        of_line += abs(z[j] - mean - slope * (j - center))
    f[LINE] = min(of_line / max(of_step, 1e-12), 5.0)
    both = nr * ((nl + total - 1) * 0.5 - center)
    free = max(nl * nr / total - both * both / times, 1e-9)
    step = (nr * (facts[NEW_MEAN] - mean) - both * with_time / times) / free
    slope = (with_time - both * step) / times
    rest = 0.0
    for j in range(total):
        r = z[j] - mean - slope * (j - center) - step * ((1.0 if j >= nl else 0.0) - nr / total)
        rest += r * r
    error = math.sqrt(max(rest / max(total - 3, 1), 1e-12) / free) * facts[INFLATION]
    f[BESIDE_LINE] = min(max(step * facts[SIGN] / max(f[SHIFT], 1e-12), -3.0), 3.0)
    f[T_BESIDE_LINE] = min(max(step * facts[SIGN] / (error + 1e-12), -5.0), 40.0)
    near = min(3, nl, nr)
    jump = 0.0
    for j in range(near):
        jump += z[nl + j] - z[nl - 1 - j]
    f[SHARP] = min(max(jump / near * facts[SIGN] / max(f[SHIFT], 1e-12), -1.0), 3.0)


def _short_side(x: Array, c: int, room: Array, f: Array) -> None:
    """Whether all its points are away from far, or a few wild ones: and where the long side's own points are."""
    facts, b = room[FACTS], room[BUFFER]
    start, stop = int(facts[FROM]), int(facts[TO])
    nl, nr = c - start, stop - c
    short, d = min(nl, nr), max(f[SHIFT], 1e-12)
    left = nl <= nr
    far = facts[NEW] if left else facts[OLD]
    away = -facts[SIGN] if left else facts[SIGN]
    first = c - short if left else c
    for j in range(short):
        b[j] = abs(x[first + j] - far)
    order.sort(b, short)
    f[NEARLY_ALL] = min(b[(short - 1) // 4] / d, 3.0)
    f[ALL] = min(b[0] / d, 3.0)
    reached = 0
    first_, second, third = 0.0, 0.0, 0.0
    for j in range(c if left else start, stop if left else c):
        v = (x[j] - far) * away
        if v >= b[0]:
            reached += 1
        if v > first_:
            first_, second, third = v, first_, second
        elif v > second:
            second, third = v, second
        elif v > third:
            third = v
    f[CHANCE] = max(short * math.log((reached + 1.0) / (f[LONG] + 1.0)), -60.0)
    f[OUTSIDE] = min(b[0] / max(third, 0.3 * facts[SIGMA]), 20.0)


def _recurrence(x: Array, cut: Places, count: int, i: int, levels: Array, room: Array, f: Array) -> None:
    """Noise with two modes: how often the shorter stretch's level was visited elsewhere, and how long one stays.

    The points around, as far as they are on either of the two levels, are read as a chain that goes to and fro; a stay
    of m points is expected `visits * stay^(m - 1)` times.
    """
    facts, n, d = room[FACTS], x.shape[0], f[SHIFT]
    first, last = i, i + 1
    points = 0
    while first > 0 and points < BACK and _like(levels[first - 1], facts, d):
        first -= 1
        points += cut[first] - (cut[first - 1] if first > 0 else 0)
    points = 0
    while last < count and points < BACK and _like(levels[last + 1], facts, d):
        last += 1
        points += (cut[last] if last < count else n) - cut[last - 1]
    start = cut[i - 1] if i > 0 else 0
    stop = cut[i + 1] if i + 1 < count else n
    left = cut[i] - start < stop - cut[i]
    own, end = (start, cut[i]) if left else (cut[i], stop)
    half = 0.5 * (facts[OLD] + facts[NEW])
    away = -facts[SIGN] if left else facts[SIGN]
    beyond, again, visits, stay = 0, 0, 0, 0
    for j in range(
        max(cut[first - 1] if first > 0 else 0, own - BACK), min(cut[last] if last < count else n, end + BACK)
    ):
        if own <= j < end or (x[j] - half) * away <= 0:
            stay = 0
            continue
        stay += 1
        if stay == 1:
            visits += 1
        if stay <= 6:
            beyond += 1
            again += 1 if stay > 1 else 0
    expected = visits * ((again + 0.3) / (beyond + 1.0)) ** (min(end - own, 40) - 1)
    f[RECURRENCE] = math.log10(expected + 1e-4)
    f[VISITS] = visits


def _like(level: float, facts: Array, d: float) -> bool:
    return bool(abs(level - facts[OLD]) < LIKE * d or abs(level - facts[NEW]) < LIKE * d)


QUESTION_NAMES = (  # in the same order
    "shift",
    "t_median",
    "t_mean",
    "t_ranks",
    "ranks",
    "excursion",
    "short",
    "long",
    "newest",
    "oldest",
    "recurrence",
    "visits",
    "correlation",
    "line",
    "beside_line",
    "t_beside_line",
    "sharp",
    "nearly_all",
    "all",
    "chance",
    "outside",
    "noise",
    "wander",
    "tails",
    "spread",
    "busy",
    "return",
    "points",
    "sigmas",
)
