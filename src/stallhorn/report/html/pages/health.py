"""How far the measurements can be trusted: what can be seen, what fails, and nights at which the machine was odd."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from stallhorn.health import SHARE, Night, Noise
from stallhorn.model import BuildFailure, Revision, Status
from stallhorn.report.html.pages.base import Link, Page
from stallhorn.report.html.view import Site

LINK = Link("Health", "health.html", 70)

_MOST = 50  # noisy series, failures
_NIGHTS = 40
_BEHIND = 3  # newer measured commits, from which on a machine counts as stale
_EDGES = (0.02, 0.05, 0.1, 0.2, 0.5)  # of the histogram of detectable changes
_STATUSES = (Status.OK, Status.FAILED, Status.ABORTED, Status.TIMEOUT, Status.SKIPPED)


@dataclass(frozen=True, slots=True)
class Bin:
    """Series whose smallest change that can be seen is in one range."""

    text: str
    count: int
    twentieths: int  # of the longest bar


@dataclass(frozen=True, slots=True)
class Stale:
    """A machine in an environment whose newest result is not of the newest commits."""

    machine: str
    environment: str
    newest: Revision
    behind: int  # commits that others have measured since


def pages(site: Site) -> Iterable[Page]:
    health, history = site.health, site.report.history
    noisy = sorted((each for each in health.noise if each.detectable is not None), key=_loudest)
    content = {
        "health": health,
        "bins": _bins(health.noise),
        "unknown": sum(each.sigma is None for each in health.noise),
        "noisy": noisy[:_MOST],
        "more_noisy": max(0, len(noisy) - _MOST),
        "nights": health.nights[:_NIGHTS],
        "more_nights": max(0, len(health.nights) - _NIGHTS),
        "statuses": [status for status in _STATUSES if any(night.counts.get(status) for night in health.nights)],
        "suspicious": health.suspicious[:_NIGHTS],
        "share": SHARE,
        "failures": health.failures[:_MOST],
        "more_failures": max(0, len(health.failures) - _MOST),
        "builds": _builds(history.build_failures),
        "stale": _stale(health.nights, site),
        "series": len(health.noise),
    }
    yield Page("health.html", "health.html.j2", "Health", content, styles=("static/health.css",))


def _loudest(noise: Noise) -> tuple[float, str]:
    return -(noise.detectable or 0.0), str(noise.key)


def _bins(noise: Sequence[Noise]) -> list[Bin]:
    known = [each.detectable for each in noise if each.detectable is not None]
    if not known:
        return []
    places = Counter(sum(value > edge for edge in _EDGES) for value in known)
    texts = [f"up to {_EDGES[0]:.0%}"]
    texts += [f"{low * 100:.0f} to {high:.0%}" for low, high in pairwise(_EDGES)]
    texts += [f"more than {_EDGES[-1]:.0%}"]
    most = max(places.values())
    return [
        Bin(text.replace("%", "\N{NO-BREAK SPACE}%"), places[place], -(-20 * places[place] // most))
        for place, text in enumerate(texts)
    ]


def _builds(failures: Sequence[BuildFailure]) -> list[tuple[str, int]]:
    """How many commits did not build, for each environment and machine."""
    counts = Counter((each.environment, each.machine) for each in failures)
    return [(f"{environment} on {machine}", count) for (environment, machine), count in sorted(counts.items())]


def _stale(nights: Sequence[Night], site: Site) -> list[Stale]:
    """Machines and environments that others have left behind."""
    newest: dict[tuple[str, str], Night] = {}
    for night in nights:
        if night.counts.get(Status.OK):
            newest.setdefault((night.machine, night.environment), night)
    measured = sorted({site.revision(night.commit).position for night in newest.values()}, reverse=True)
    places = sorted({site.revision(night.commit).position for night in nights}, reverse=True)
    found = []
    for (machine, environment), night in sorted(newest.items()):
        revision = site.revision(night.commit)
        behind = sum(place > revision.position for place in places) if measured else 0
        if behind >= _BEHIND:
            found.append(Stale(machine, environment, revision, behind))
    return found
