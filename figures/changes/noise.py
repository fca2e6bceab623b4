"""The noise of benchmark timings, drawn from a seed, and as nasty as the real one.

It is modelled after 46,500 series that two public projects keep with asv (two machines, six environments), in windows
in which no level shift could be told with hindsight. There one sees:

- Noise from point to point is log-normal over the series: 0.14 to 3.7 % for all but 5 % at each end, median 1 %.
- Lag-1 autocorrelation: median 0.09, 95 % below 0.36, with the wandering of the level on top.
- Tails: half of the series have 1.7 % of their points beyond 5 sigma, one in twenty has 8 %; 97 % of these are slow,
  and some come in pairs. Medians of three points in a row reach 3 sigma, in one series in twenty 17.
- Sticky excursions: medians of 5 points reach 1.9 sigma (95 %: 4.9), of 11 points 1.1 (3.3), of 25 points 0.7 (2.5).
- One series in six flips between two modes: its larger differences are 1.3 to 4 times what its median one tells.
- Series of one machine share a common mode: a third of the correlation of each with the median of all, 0.16 % in
  most nights (0.05 to 0.6 %), 0.4 % in one of twenty, now and then 1 to 8 %. Its strength changes, and it does not
  move all alike, least of all in bad nights. The parameters of one benchmark share more: without the common mode
  their correlation is 0.3.

Coarse timers, of which there are none in that data, are added. On this noise asv's own rules and Perfherder's have
about as many false alarms, and find about as much, as on that of those series.

All values here are logarithms, so 0.01 is 1 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Random = np.random.Generator

SCALE, SPREAD = 0.0078, 0.90  # of the log-normal noise: its median, and the standard deviation of its logarithm
QUANTISED = 0.07  # share of series whose timer is coarse
FAR = 0.006  # the standard deviation of a level that wanders; one that goes further changes
STAY = 6  # points; an excursion that lasts longer is a change, too
MODAL = 0.25  # share that flips between two modes


@dataclass(frozen=True)
class Character:
    """What the noise of one series is like; lengths in points, rates by point, heights in sigma."""

    sigma: float
    correlation: float
    freedom: float  # of Student's t: how heavy the tails of ordinary nights are
    spikes: float
    spike_height: float
    excursions: float
    excursion_height: float
    wander: float  # of the level, as a logarithm, not in sigma
    wander_length: float
    mode_share: float = 0.0
    mode_gap: float = 0.0
    mode_stay: float = 0.0  # probability to keep the mode without drawing it anew
    tick: float = 0.0  # of the timer


def character(rng: Random, scale: float = SCALE, spread: float = SPREAD) -> Character:
    """Draw what one series is like."""
    modal, coarse = rng.random() < MODAL, rng.random() < QUANTISED
    sigma = _log_normal(rng, 0.6 * scale if modal else scale, spread)
    return Character(
        sigma=sigma,
        correlation=min(0.7, max(-0.15, -0.04 + 0.07 * rng.standard_normal() + 0.07 * rng.exponential())),
        freedom=float(rng.uniform(3.5, 12)),
        spikes=min(0.06, _log_normal(rng, 0.018, 1.1)),
        spike_height=_log_normal(rng, 8.0, 0.8),
        excursions=min(0.04, _log_normal(rng, 0.007, 1.0)),
        excursion_height=min(4.5, _log_normal(rng, 1.7, 0.5)),
        wander=min(FAR, 0.25 * math.sqrt(SCALE * sigma) * rng.lognormal(0, 0.9)),
        wander_length=_log_normal(rng, 18, 0.7),
        mode_share=float(rng.uniform(0.08, 0.45)) if modal else 0.0,
        mode_gap=_log_normal(rng, 4.0, 0.5) if modal else 0.0,
        mode_stay=float(rng.choice([0.0, 0.0, 0.2, 0.4])) if modal else 0.0,
        tick=float(rng.uniform(0.3, 1.5)) if coarse else 0.0,
    )


def residuals(rng: Random, one: Character, count: int, shared: Array | None = None) -> Array:
    """So many points of noise around a level of 0. `shared` takes a part of the ordinary noise's place, in sigma."""
    x = _correlated(rng.standard_t(one.freedom, count) / _core(one.freedom), one.correlation)
    if shared is not None:
        x = math.sqrt(1 - SHARED) * x + math.sqrt(SHARED) * shared
    x += one.excursion_height * _stays(rng, count, one.excursions, 3.0, STAY) * _signs(rng, count, 0.7)
    spikes = _stays(rng, count, one.spikes, 1.15)
    x += spikes * one.spike_height * rng.lognormal(0.0, 0.8, count) * np.where(rng.random(count) < 0.97, 1.0, -0.5)
    if one.mode_share:
        x += one.mode_gap * modes(rng, count, one.mode_share, one.mode_stay)
    x = one.sigma * x + one.wander * _wander(rng, count, one.wander_length)
    tick = one.tick * one.sigma
    return np.round(x / tick) * tick if tick else x


SHARED = 0.6  # of the noise's variance is common to the parameters of one benchmark
LOADING = 0.4  # standard deviation of the logarithm of what the common mode does to a benchmark, and to a series in it
UNEVEN = 1.0  # the same of what a bad night does to a series


def project(rng: Random, count: int, groups: tuple[int, ...]) -> list[Array]:
    """Series measured together over so many commits; `groups` says how many parameters each benchmark has."""
    (usual, nights), scale = common_mode(rng, count), _log_normal(rng, 0.0055, 0.35)
    rows = []
    for size in groups:
        shared = rng.standard_normal(count)
        of_group = _log_normal(rng, 1.0, LOADING)
        for _ in range(size):
            one = character(rng, scale, 0.8)
            loading = of_group * _log_normal(rng, 1.0, LOADING)
            hit = nights * rng.lognormal(0, UNEVEN, count)
            rows.append(residuals(rng, one, count, shared) + loading * usual + hit)
    return rows


def common_mode(rng: Random, count: int) -> tuple[Array, Array]:
    """What a machine does to all of its series: in usual nights, more in restless weeks, and in single bad nights."""
    restlessness = np.exp(0.5 * _wander(rng, count, 15.0))
    usual = _log_normal(rng, 0.0008, 0.5) * restlessness * rng.standard_t(4, count)
    nights = _stays(rng, count, 1 / 50, 1.1) * _log_normal(rng, 0.015, 0.7) * rng.lognormal(0, 0.5, count)
    return usual, nights * np.where(rng.random(count) < 0.8, 1.0, -0.6)


def _log_normal(rng: Random, median: float, spread: float) -> float:
    return float(median * math.exp(spread * rng.standard_normal()))


def _core(freedom: float) -> float:
    """What makes the middle of Student's t as wide as a normal distribution's (to 0.2 %)."""
    return 1 + 0.36 / (freedom - 0.3)


def _correlated(white: Array, correlation: float) -> Array:
    """Autoregressive of first order, with the variance of `white`."""
    reach = 1 if correlation == 0 else 1 + min(len(white), math.ceil(math.log(1e-6) / math.log(abs(correlation))))
    kernel = correlation ** np.arange(reach)
    return np.convolve(white, kernel)[: len(white)] * math.sqrt(1 - correlation**2)


def _wander(rng: Random, count: int, length: float) -> Array:
    """A level of unit variance that forgets where it was after `length` points."""
    before = math.ceil(3 * length)
    return _correlated(rng.standard_normal(count + before), math.exp(-1 / length))[before:]


def _stays(rng: Random, count: int, rate: float, mean: float, longest: int = 2) -> Array:
    """1 during stays that begin at this rate and last so long on average (unless cut), else 0."""
    inside = np.zeros(count)
    for start in np.flatnonzero(rng.random(count) < rate):
        inside[start : start + min(longest, rng.geometric(1 / mean))] = 1.0
    return inside


def _signs(rng: Random, count: int, up: float) -> Array:
    """A sign that holds for some while, so that all of a stay has one."""
    changes = np.cumsum(rng.random(count) < 0.05)
    return np.where(rng.random(count + 1) < up, 1.0, -1.0)[changes]


def modes(rng: Random, count: int, share: float, stay: float) -> Array:
    """1 in the rarer of two modes, else 0."""
    drawn, keeps = rng.random(count) < share, rng.random(count) < stay
    keeps[0] = False
    newest = np.maximum.accumulate(np.where(keeps, 0, np.arange(count)))
    return drawn[newest].astype(float)
