"""The commits that points are ordered by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stallhorn.model import Revision


class Axis:
    """The commits in their order. Series that were measured at the same commits get the same tuple of them."""

    def __init__(self, revisions: Sequence[Revision]) -> None:
        self.positions = {revision.commit: revision.position for revision in revisions}
        self._commits = {revision.position: revision.commit for revision in revisions}
        self._tuples: dict[tuple[str, ...], tuple[str, ...]] = {}

    def commits(self, places: Iterable[int]) -> tuple[str, ...]:
        commits = tuple(self._commits[place] for place in places)
        return self._tuples.setdefault(commits, commits)
