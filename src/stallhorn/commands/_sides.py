"""The sides of a comparison from their names: commits, and what is measured there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from stallhorn import store
from stallhorn.console import safe
from stallhorn.contrast import Facts, Side, completed, differing
from stallhorn.errors import NothingMeasured, UsageError
from stallhorn.model import History, Revision

_AXES = {"env": "environment", "environment": "environment", "backend": "backend", "machine": "machine"}
_CLOSEST = 5


def sides(history: History, a: str, b: str) -> tuple[Side, Side]:
    """Both sides, each with its commit. Raises `UsageError` for a name that is unknown, `NothingMeasured` for a side
    without results."""
    facts = Facts(history)
    named = _side(history, facts, "A", a), _side(history, facts, "B", b)
    one, other = completed(history, *named)
    if not differing(one, other):
        raise UsageError(
            f"A and B are the same: {safe(str(one))}.",
            "Name two commits, or two of the same kind: `stallhorn compare v1.0 v1.1`, `... env:numpy1 env:numpy2`.",
        )
    if not one.commit:
        raise NothingMeasured(
            f"There is no commit at which both {safe(a)} and {safe(b)} have results.",
            "Name a commit for each side: `stallhorn compare COMMIT,env:NAME COMMIT,env:NAME`.",
        )
    for side in (one, other):
        _require_results(history, facts, side)
    return one, other


def _side(history: History, facts: Facts, letter: str, text: str) -> Side:
    known = {
        "environment": sorted({series.key.environment for series in history.series}),
        "machine": sorted({series.key.machine for series in history.series}),
        "backend": sorted({facts.backend(series) for series in history.series} - {""}),
    }
    found: dict[str, str] = {}
    for part in text.split(","):
        what, colon, name = part.partition(":")
        axis = _AXES.get(what) if colon else "commit"
        if axis is None:
            kinds = "env, backend, machine"
            raise UsageError(
                f"{letter}: {safe(part)!r} names no kind that there is ({kinds}).", "A commit has no colon."
            )
        if axis in found:
            raise UsageError(f"{letter}: {safe(text)!r} names two of one kind ({axis}).", "Name one of each kind.")
        found[axis] = _commit(history, name or part) if axis == "commit" else _known(letter, axis, name, known)
    return Side(**found)


def _known(letter: str, axis: str, name: str, known: Mapping[str, list[str]]) -> str:
    """The full name: given exactly, or as a part that no other has."""
    names = known[axis]
    if name in names:
        return name
    inside = [each for each in names if name and name in each]
    if len(inside) == 1:
        return inside[0]
    if inside:
        raise UsageError(
            f"{letter}: {safe(name)!r} is part of several names ({axis}).", f"They are: {_listed(inside)}."
        )
    close = difflib.get_close_matches(name, names, n=_CLOSEST, cutoff=0.3) or names
    what = f"{letter}: no {axis} with results is named {safe(name)!r}."
    raise UsageError(what, f"The closest are: {_listed(close)}." if close else f"No series has a {axis}.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(safe(name) for name in list(names)[:_CLOSEST])


def _commit(history: History, name: str) -> str:
    measured = sorted({commit for commits in _commits(history) for commit in commits})
    try:
        return store.resolve(history.project, name, measured)
    except UsageError as error:
        tagged = [revision for revision in history.revisions if name in revision.tags]
        if len(tagged) == 1:
            return tagged[0].commit
        tags = [tag for revision in history.revisions for tag in revision.tags]
        names = [*tags, *(commit[:8] for commit in measured)]
        close = difflib.get_close_matches(name, names, n=_CLOSEST, cutoff=0.4)
        if not close:
            raise
        raise UsageError(error.what, f"The closest are: {_listed(close)}.") from None


def _commits(history: History) -> Iterable[Iterable[str]]:
    from stallhorn.model.points import columns_of

    return (columns_of(series.points).commits for series in history.series)


def _require_results(history: History, facts: Facts, side: Side) -> None:
    measured = facts.measured(side)
    if side.commit in measured:
        return
    where = str(Side("", side.environment, side.backend, side.machine))
    what = f"{side.commit[:8]} has no results{f' ({safe(where)})' if where else ''}"
    near = nearest(history, side.commit, measured)
    raise NothingMeasured(
        f"{what}; the nearest measured is {near[0].short} ({near[1]})." if near else f"{what}.",
        f"Measure it: `stallhorn run {side.commit[:12]}`, or compare with another commit.",
    )


def nearest(history: History, commit: str, measured: set[str]) -> tuple[Revision, str] | None:
    """The measured revision that is nearest in the history, an older one in doubt, and where it lies: "2 before"."""
    asked = history.revision(commit)
    known = [revision for revision in history.revisions if revision.commit in measured]
    if asked is None or not known:
        return None
    found = min(known, key=lambda each: (abs(each.position - asked.position), each.position))
    apart = asked.position - found.position
    return found, f"{apart} before" if apart > 0 else f"{-apart} after"
