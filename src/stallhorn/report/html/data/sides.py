"""What can be compared, and what is needed for it beside the values at single commits.

`data/compare.js` is `(window.stallhornData ||= {}).compare = {...}` with `schema: 1`; columns are in the order of
`Site.indexed`. static/contrast.js reads it, with the rule of `stallhorn.contrast`.

    rule             the numbers of the rule
    block            commits in one data file, see `commits`
    commits          [hash, position in the history, subject, day, [tag, ...]], measured ones, oldest first
    measured         [environment, machine, backend, text]: a letter for each commit, "1" where it has values
    noise            column: what a series scatters, in 1e-5; below 0 where the history is too short to tell
    exact, inverse   series whose values are exact; series of which more is better
    versions         [[series, ...], [number, ...]] of those that were not measured with their benchmark's usual version
    families         {benchmark: family}, where a backend has a benchmark of its own
    environments     {name: {"label", "facts": [[what, which], ...]}}: what its configuration asks for
    machines         {name: [[what, which], ...]}
    seen             [environment, machine, [[place of a commit, place in `facts`], ...]]: what the probe saw
    facts            lists of [what, which]
    first, second    what the page compares if nothing is asked for: hashes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stallhorn.contrast import RULE, Facts, Noise, family_of, scatter, version_of
from stallhorn.model import Direction, Environment, History, Machine, Revision
from stallhorn.model.points import OK, columns_of
from stallhorn.report import environments
from stallhorn.report.environments import Facts as Told
from stallhorn.report.html import words
from stallhorn.report.html.data import commits as values_at
from stallhorn.report.html.view import Site

SCHEMA = 1
_SUBJECT = 90  # characters
Place = tuple[str, str, str]  # environment, machine, backend


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be compared on a site."""

    commits: tuple[Revision, ...]  # measured ones, oldest first
    measured: Mapping[Place, frozenset[int]]  # the places in `commits` that have values
    noise: Noise

    @property
    def newest_pair(self) -> tuple[str, str] | None:
        """The newest commit with values and the one before it that has any of the same series."""
        tried = [places for places in self.measured.values() if places]
        newest = max((max(places) for places in tried), default=-1)
        earlier = [place for places in tried if newest in places for place in places if place < newest]
        return (self.commits[max(earlier)].commit, self.commits[newest].commit) if earlier else None


def choices(site: Site) -> Choices:
    """What is measured where, and the noise of all series."""
    history = site.report.history
    measured = {commit for series in history.series for commit in columns_of(series.points).commits}
    commits = tuple(sorted((site.revision(each) for each in measured), key=lambda each: (each.position, each.commit)))
    return Choices(
        commits, _measured(history, {each.commit: place for place, each in enumerate(commits)}), scatter(history.series)
    )


def _measured(history: History, places: Mapping[str, int]) -> dict[Place, frozenset[int]]:
    """By environment, machine and backend, where the commits are that have a value."""
    facts = Facts(history)
    columns = [columns_of(series.points) for series in history.series]
    found: dict[Place, NDArray[np.bool_]] = {}
    every = values_at.rows_of((each.commits for each in columns), places)
    for series, each, rows in zip(history.series, columns, every, strict=True):
        place = series.key.environment, series.key.machine, facts.backend(series)
        at = found.get(place)
        if at is None:
            at = found[place] = np.zeros(len(places), bool)
        at[rows if each.is_all_ok else rows[np.frombuffer(each.statuses, np.uint8) == OK]] = True
    return {place: frozenset(np.flatnonzero(at).tolist()) for place, at in sorted(found.items())}


def sides_index(site: Site, known: Choices) -> dict[str, object]:
    """The data of the page, without the values."""
    history = site.report.history
    noise, long = known.noise
    first, second = known.newest_pair or ("", "")
    return {
        "schema": SCHEMA,
        "rule": RULE,
        "block": values_at.block_size(len(known.commits)),
        "commits": [_commit(each) for each in known.commits],
        "measured": [
            [*map(words.clean, place), "".join("1" if each in at else "0" for each in range(len(known.commits)))]
            for place, at in known.measured.items()
        ],
        "noise": (np.rint(noise * 1e5) * np.where(long, 1, -1)).astype(np.int64).tolist(),
        "exact": [place for place, series in enumerate(history.series) if series.is_counted],
        "inverse": [place for place, series in enumerate(history.series) if series.rising is Direction.FASTER],
        "versions": _versions(history),
        "families": {words.clean(name): words.clean(of) for name, of in family_of(history).items() if name != of},
        **_surroundings(site, {each.commit: place for place, each in enumerate(known.commits)}),
        "first": words.clean(first),
        "second": words.clean(second),
    }


def _commit(revision: Revision) -> list[object]:
    subject = " ".join(words.clean(revision.subject).split())
    if len(subject) > _SUBJECT:
        subject = subject[: _SUBJECT - 1] + "…"
    tags = [words.clean(tag) for tag in revision.tags]
    return [words.clean(revision.commit), revision.position, subject, words.day(revision.committed), tags]


def _versions(history: History) -> tuple[list[int], list[int]]:
    """The series whose version is not that of the first series of their benchmark."""
    usual: dict[str, str] = {}
    numbers: dict[str, int] = {}
    places, codes = [], []
    for place, series in enumerate(history.series):
        version = version_of(series)
        if usual.setdefault(series.key.benchmark, version) != version:
            places.append(place)
            codes.append(numbers.setdefault(version, len(numbers) + 1))
    return places, codes


def _surroundings(site: Site, places: Mapping[str, int]) -> dict[str, object]:
    history = site.report.history
    known: dict[Told, int] = {}
    seen = [
        [
            words.clean(environment),
            words.clean(machine),
            sorted(
                [places[commit], known.setdefault(told, len(known))] for commit, told in at.items() if commit in places
            ),
        ]
        for (environment, machine), at in sorted(environments.installed(history).items())
    ]
    asked = {
        words.clean(name): {
            "label": words.clean(label),
            "facts": _texts(environments.declared(history.environments.get(name) or Environment(name, ""))),
        }
        for name, label in sorted(site.labels.items())
    }
    machines = {
        words.clean(name): _texts(environments.described(history.machines.get(name) or Machine(name)))
        for name in site.machines
    }
    return {"environments": asked, "machines": machines, "seen": seen, "facts": [_texts(told) for told in known]}


def _texts(told: Told) -> list[list[str]]:
    return [[words.clean(what), words.clean(which)] for what, which in told]
