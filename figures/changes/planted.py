"""Series with changes planted in noise, so that it is known where they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from figures.changes import noise
from figures.changes.noise import Array, Random

SIZES = (0.03, 0.05, 0.10, 0.20, 0.50, 1.00)  # relative: 0.03 is 3 % slower
LENGTHS = (20, 30, 50, 80, 120, 200, 300, 500)


@dataclass(frozen=True)
class Planted:
    """A series and its changes: the position of the first point on each new level, and the change's logarithm."""

    kind: str
    values: tuple[float | None, ...]
    changes: tuple[tuple[int, float], ...] = ()
    size: float = 0.0  # of the first change, as it was meant
    sigmas: float = 0.0  # the same in units of the noise from point to point
    group: str = ""
    project: str | None = None

    def upto(self, count: int) -> Planted:
        """As it was when it had so many points. The changes stay named."""
        return replace(self, values=self.values[:count])

    def asked(self) -> dict[str, object]:
        """As a detector gets it, after the contract of `stallhorn.changes.detect`."""
        return {"values": list(self.values), "weights": None, "group": self.group, "project": self.project}


@dataclass(frozen=True)
class Project:
    """Series over the same commits. `machine` and `code` say where the machine and one benchmark changed."""

    series: tuple[Planted, ...]
    machine: int | None
    code: int | None


def offline(seed: int, scale: float) -> list[Planted]:
    """The whole histories: 4,750 series at a scale of 1, healthy and sick ones."""
    rng = np.random.default_rng([seed, 1])
    made = [_step(rng, size) for size in SIZES for _ in range(_count(300, scale))]
    for count, make in PLANS:
        made += [make(rng) for _ in range(_count(count, scale))]
    return made


def nightly(seed: int, steps: int, healthy: int) -> tuple[list[Planted], list[Planted]]:
    """Series to reveal night by night: with one step that has 25 points or more on either side, and healthy ones."""
    rng = np.random.default_rng([seed, 2])
    stepped = []
    for number in range(steps):
        x = _noise(rng, int(rng.choice([80, 120])))
        place, size = int(rng.integers(25, len(x) - 26)), SIZES[number % len(SIZES)]
        stepped.append(_planted(rng, "step", x, [(place, math.log1p(size))], size))
    quiet = []
    for number in range(healthy):
        x = _noise(rng, int(rng.choice([50, 80, 120])))
        if number % 4 == 3:
            _spoil(rng, x, 2)
        quiet.append(_planted(rng, "healthy", x))
    return stepped, quiet


def projects(seed: int, count: int) -> list[Project]:
    """Projects in which nothing happens, one benchmark changes, the machine does, or both at different commits."""
    rng = np.random.default_rng([seed, 3])
    return [_project(rng, number) for number in range(count)]


COMMITS = 120  # of a project
KINDS = ("nothing", "code", "code", "machine", "code and machine")


def _project(rng: Random, number: int) -> Project:
    kind = KINDS[number % len(KINDS)]
    groups = tuple(int(one) for one in rng.choice([3, 4, 5, 6], 13))
    machine, moved = None, np.zeros(COMMITS)
    if "machine" in kind:
        machine = int(rng.integers(20, COMMITS - 20))
        stays = COMMITS if rng.random() < 0.6 else int(rng.integers(2, 15))
        moved[machine : machine + stays] = math.log1p(rng.uniform(0.02, 0.08)) * _sign(rng, 0.6)
    code, size = None, 0.0
    if "code" in kind:
        code, size = int(rng.integers(20, COMMITS - 20)), float(rng.choice(SIZES[:4]))
        while machine is not None and abs(code - machine) <= 20:
            code = int(rng.integers(20, COMMITS - 20))
    chosen = int(rng.integers(len(groups)))
    names = [group for group, members in enumerate(groups) for _ in range(members)]
    made = []
    for group, x in zip(names, noise.project(rng, COMMITS, groups), strict=True):
        x += moved * (1 + 0.15 * rng.standard_normal())
        hit = code is not None and group == chosen
        changes = [(code, math.log1p(size) * math.exp(0.3 * rng.standard_normal()))] if code is not None and hit else []
        x[rng.random(COMMITS) < rng.choice([0.0, 0.0, 0.02])] = np.nan
        one = _planted(rng, kind, x, changes, size if hit else 0.0)
        made.append(replace(one, group=f"benchmark {group}", project=f"project {number}"))
    return Project(tuple(made), machine, code)


def _step(rng: Random, size: float) -> Planted:
    x = _noise(rng, _length(rng))
    return _planted(rng, "step", x, [(int(rng.integers(5, len(x) - 4)), _sign(rng) * math.log1p(size))], size)


def _healthy(rng: Random) -> Planted:
    return _planted(rng, "healthy", _noise(rng, _length(rng)))


def _multi(rng: Random) -> Planted:
    """Two to four steps, at least 10 points apart."""
    x = _noise(rng, max(80, _length(rng)))
    count = int(rng.integers(2, 5))
    free = len(x) - 16 - 9 * (count - 1)
    places = np.sort(rng.choice(free, count, replace=False)) + 8 + 9 * np.arange(count)
    return _planted(rng, "multi", x, [(int(place), _jump(rng, SIZES[1:5], 0.6)) for place in places])


def _outliers(rng: Random) -> Planted:
    x = _noise(rng, _length(rng))
    _spoil(rng, x, int(rng.integers(1, 2 + len(x) // 40)), down=0.15)
    return _planted(rng, "outliers", x)


def _bimodal(rng: Random) -> Planted:
    """Two modes, 4 to 25 % apart, some with stays of a few points; every second series has a step beside them."""
    x = _noise(rng, _length(rng))
    x += rng.uniform(0.04, 0.25) * noise.modes(rng, len(x), rng.uniform(0.15, 0.5), rng.choice([0.0, 0.0, 0.4, 0.6]))
    if rng.random() < 0.5:
        return _planted(rng, "bimodal", x)
    return _planted(rng, "bimodal with a step", x, [_one_step(rng, len(x), (0.1, 0.2, 0.5, 1.0))])


def _drift(rng: Random) -> Planted:
    x = _noise(rng, max(50, _length(rng)))
    return _planted(rng, "drift", x + np.linspace(0, rng.uniform(0.03, 0.20) * _sign(rng), len(x)))


def _revert(rng: Random) -> Planted:
    """A step that is taken back after 5 to 25 points."""
    x = _noise(rng, max(50, _length(rng)))
    stay = int(rng.integers(5, 26))
    start, jump = int(rng.integers(8, len(x) - stay - 7)), _jump(rng, SIZES[1:])
    return _planted(rng, "revert", x, [(start, jump), (start + stay, -jump)])


def _gaps(rng: Random) -> Planted:
    """Points that are missing, singly and at times in a row; two of three series have a step."""
    x = _noise(rng, max(30, _length(rng)))
    changes = [_one_step(rng, len(x), SIZES[1:])] if rng.random() < 2 / 3 else []
    missing = rng.random(len(x)) < rng.uniform(0.05, 0.4)
    if rng.random() < 0.5:
        start = int(rng.integers(len(x) - len(x) // 6))
        missing[start : start + len(x) // 6] = True
    place = changes[0][0] if changes else len(x) // 2
    if min(np.sum(~missing[:place]), np.sum(~missing[place:])) < 6:
        missing[:] = False
    x[missing] = np.nan
    return _planted(rng, "gaps with a step" if changes else "gaps", x, changes)


PLANS: tuple[tuple[int, Callable[[Random], Planted]], ...] = (
    (1200, _healthy),
    (250, _multi),
    (300, _outliers),
    (400, _bimodal),
    (200, _drift),
    (300, _revert),
    (300, _gaps),
)


def _planted(rng: Random, kind: str, x: Array, changes: Sequence[tuple[int, float]] = (), size: float = 0.0) -> Planted:
    """Add the changes to the noise, give it a level, and name the first point that each new level has."""
    sigma = point_noise(x)
    told = []
    for place, jump in changes:
        x[place:] += jump
        told.append((place + int(np.flatnonzero(np.isfinite(x[place:]))[0]), jump))
    level = 10 ** rng.uniform(-6, 0.5)
    values = tuple(float(one) if math.isfinite(one) else None for one in level * np.exp(x))
    sigmas = abs(changes[0][1]) / max(sigma, 1e-4) if changes else 0.0
    return Planted(kind, values, tuple(told), size, sigmas, group=f"{kind} {level:.9e}")


def point_noise(x: Array) -> float:
    """The noise from point to point, from the middle of the differences of neighbours and of next neighbours."""
    x = x[np.isfinite(x)]
    far = [np.abs(x[gap:] - x[:-gap]) for gap in (1, 2)]
    return max(1.4826 * float(np.median(one)) for one in far) / math.sqrt(2)


def _noise(rng: Random, count: int) -> Array:
    return noise.residuals(rng, noise.character(rng), count)


def _spoil(rng: Random, x: Array, count: int, down: float = 0.0) -> None:
    """Outliers of one or two points, 15 to 200 % slower, and this share of them quicker."""
    for _ in range(count):
        start, width = int(rng.integers(len(x))), 2 if rng.random() < 0.3 else 1
        x[start : start + width] += math.log1p(rng.uniform(0.15, 2.0)) * (-0.4 if rng.random() < down else 1.0)


def _length(rng: Random) -> int:
    return int(rng.choice(LENGTHS))


def _sign(rng: Random, up: float = 0.75) -> int:
    return 1 if rng.random() < up else -1


def _jump(rng: Random, sizes: Sequence[float], up: float = 0.75) -> float:
    return _sign(rng, up) * math.log1p(float(rng.choice(sizes)))


def _one_step(rng: Random, count: int, sizes: Sequence[float]) -> tuple[int, float]:
    return int(rng.integers(8, count - 7)), _jump(rng, sizes)


def _count(whole: int, scale: float) -> int:
    return max(1, round(whole * scale))
