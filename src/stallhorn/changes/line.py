"""Which measured commits follow one another: those of the branch, and for one beside it those that it comes from. Pure.

A commit of a side branch is no night in the history of the branch: what it changes is not there until it is merged, and
would be reverted at the next commit. It is compared with the commits that it grew out of.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from stallhorn.model import ChangePoint, Level, Revision, Series
from stallhorn.model.points import Columns, Points, columns_of


@dataclass(frozen=True, slots=True)
class Part:
    """Some points of a series, as a series; `places` are their positions in the whole one."""

    series: Series
    places: Sequence[int]

    @property
    def is_whole(self) -> bool:
        return isinstance(self.places, range)

    def whole(self, point: ChangePoint) -> ChangePoint:
        """A change point of the part with positions of the whole series."""
        return replace(point, before=self.level(point.before), after=self.level(point.after))

    def level(self, level: Level) -> Level:
        return replace(level, start=self.places[level.start], stop=self.places[level.stop - 1] + 1)


class Line:
    """The commits of a history in their order."""

    def __init__(self, revisions: Iterable[Revision]) -> None:
        self._revisions = {revision.commit: revision for revision in revisions}
        self._aside = frozenset(commit for commit, revision in self._revisions.items() if revision.aside)
        self._before: dict[str, tuple[frozenset[str], int]] = {}
        self._on_branch: dict[int, tuple[Sequence[str], list[int], tuple[str, ...]]] = {}

    def of_branch(self, series: Series) -> Part:
        """The points of a series whose commits are on the branch."""
        if not self._aside:
            return Part(series, range(len(series.points)))
        if not isinstance(series.points, Points):
            return part(series, (point.commit not in self._aside for point in series.points))
        # Most series were measured at the same commits, and share them: so do their parts.
        commits = series.points.columns.commits
        known = self._on_branch.get(id(commits))
        if known is None:
            places = [place for place, commit in enumerate(commits) if commit not in self._aside]
            known = self._on_branch[id(commits)] = commits, places, tuple(commits[place] for place in places)
        return _chosen(series, known[1], known[2])

    def up_to(self, series: Series, commit: str, also: str | None = None, without: Collection[str] = ()) -> Part:
        """What a commit can be compared with, and its own point; `also` is a commit that it has to be compared with.

        For a commit of the branch these are the branch's points, younger ones too. For one aside they are those of
        the branch up to where it left, and those aside that it comes from, as far as its parents are known.
        """
        if not self._aside and not without:
            return Part(series, range(len(series.points)))
        if not without and commit not in self._aside and also not in self._aside:
            return self.of_branch(series)
        named, position = frozenset((commit, also)), None
        if commit in self._aside:
            ancestors, position = self._ancestors(commit)
            named |= ancestors
        return part(
            series,
            (
                each in named
                or (
                    each not in self._aside
                    and each not in without
                    and (position is None or self._revisions[each].position <= position)
                )
                for each in columns_of(series.points).commits
            ),
        )

    def _ancestors(self, commit: str) -> tuple[frozenset[str], int]:
        """Commits aside that this one comes from, and the position where they left the branch.

        Where the parents are not known, that is before its own place.
        """
        if commit not in self._before:
            found: set[str] = set()
            left: list[int] = []
            waiting = [commit]
            while waiting:
                for parent in self._revisions[waiting.pop()].parents:
                    known = self._revisions.get(parent)
                    if known is None or parent in found:
                        continue
                    if known.aside:
                        found.add(parent)
                        waiting.append(parent)
                    else:
                        left.append(known.position)
            self._before[commit] = frozenset(found), max(left, default=self._revisions[commit].position)
        return self._before[commit]


def part(series: Series, kept: Iterable[bool]) -> Part:
    """The points that are kept."""
    return _chosen(series, [place for place, keep in enumerate(kept) if keep])


def _chosen(series: Series, places: Sequence[int], commits: Sequence[str] | None = None) -> Part:
    """The points at these places; `commits` are theirs, where somebody knows them."""
    points = series.points
    if len(places) == len(points):
        return Part(series, range(len(places)))
    if not isinstance(points, Points):
        return Part(replace(series, points=tuple(points[place] for place in places)), places)
    whole = points.columns
    columns = Columns(
        tuple(whole.commits[place] for place in places) if commits is None else commits,
        values=_at(places, whole.values),
        lows=_at(places, whole.lows),
        highs=_at(places, whole.highs),
        statuses=bytes(whole.statuses[place] for place in places),
    )
    kept = replace(
        points,
        columns=columns,
        started=_at(places, points.started) if points.started else (),
        known={at: points.known[place] for at, place in enumerate(places) if place in points.known},
    )
    return Part(replace(series, points=kept), places)


def _at(places: Sequence[int], column: Sequence[float]) -> Sequence[float]:
    return array("d", [column[place] for place in places])
