"""The commits that measurements are ordered by, from git; without git, from the dates in the results."""

from __future__ import annotations

import os
import re
import subprocess
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from stallhorn.errors import UsageError
from stallhorn.model import Problem, Project, Revision

_FORMAT = "%x00".join(("%H", "%P", "%ct", "%an", "%s", "%D"))
_FIELDS = 6
_HASH = re.compile("[0-9a-f]{7,64}")
_SECONDS = 300  # a history of a million commits takes a few; beyond, git waits for something


class _GitError(Exception):
    """What git said, or that there is no git."""


def read_history(
    project: Project, measured: Mapping[str, datetime | None]
) -> tuple[tuple[Revision, ...], list[Problem]]:
    """All first-parent commits of the branch, and the measured ones besides, oldest first.

    A measured commit that is not on the branch comes after its parent and after the branch's commits of its time, and
    stands aside; one that git does not know, as in a shallow clone, is taken to be of the branch.
    Never raises: where git cannot say, the dates of the results order what was measured, and a problem tells.
    """
    problems: list[Problem] = []
    folder = _folder(project)
    if folder is None:
        dated = [Revision(commit, 0, date, "", "") for commit, date in measured.items()]
        return _placed((), dated), [_no_repository(project)] if measured else []
    try:
        branch = _branch(project, folder, problems)
        revisions = _log(folder, ["--first-parent", "--end-of-options", branch, "--"]) if branch else []
        missing = measured.keys() - {revision.commit for revision in revisions}
        found = _log(folder, ["--no-walk", "--ignore-missing", "--stdin"], missing) if missing else []
        others = [
            replace(revision, aside=branch is not None)
            for revision in found
            if revision.commit in missing  # git shows HEAD when it knows none
        ]
        if branch and _git(folder, ["rev-parse", "--is-shallow-repository"]).strip() == b"true":
            problems.append(_shallow(folder))
    except _GitError as error:
        remedy = "Measurements are ordered by the dates in the results instead, and commits between them are unknown."
        problems.append(Problem(str(folder), f"the history cannot be read from git ({error})", remedy))
        revisions, others = [], []
    revisions.reverse()
    known = {revision.commit for revision in (*revisions, *others)}
    others += [Revision(commit, 0, date, "", "") for commit, date in measured.items() if commit not in known]
    return _placed(revisions, others), problems


def resolve(project: Project, name: str, measured: Sequence[str]) -> str:
    """The full hash of a commit: any git name, or without git the first 4 or more digits of a measured one's hash.

    Raises `UsageError` for a name that is unknown or stands for several commits.
    """
    folder = _folder(project)
    try:
        if folder is None:
            raise _GitError("there is no repository")
        found = _git(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"])
        return found.decode("ascii", "replace").strip()
    except _GitError:
        pass
    matches = [commit for commit in measured if len(name) >= 4 and commit.startswith(name.lower())]
    if len(matches) == 1:
        return matches[0]
    if matches:
        shown = ", ".join(commit[:12] for commit in matches[:3])
        raise UsageError(f"{name!r} stands for several measured commits: {shown}.", "Give more digits of the hash.")
    known = "" if folder is None else f"a commit, branch or tag of {folder}, nor "
    raise UsageError(
        f"{name!r} is not {known}the hash of a measured commit.",
        "`git log` shows the commits; `stallhorn show BENCHMARK` those that were measured.",
    )


def _folder(project: Project) -> Path | None:
    """The repository; for a remote one, the mirror that asv keeps beside its configuration. None if there is none.

    Any other folder of that name is left alone: git would find the repository that it happens to lie in.
    """
    if project.repository is not None:
        return project.repository
    mirror = project.root / project.name
    own = project.name and ((mirror / ".git").exists() or (mirror / "HEAD").is_file())
    return mirror if own else None


def _no_repository(project: Project) -> Problem:
    what = "the repository is not here: commits are named by their hashes and ordered by the dates in the results"
    remedy = "Beside it, subjects and tags are shown as well, and the commits between."
    if (project.root / project.configuration).is_file():
        remedy = f"asv clones it into {project.root / project.name} when it measures; then subjects and tags are shown."
    return Problem(str(project.results), what, remedy)


def _branch(project: Project, folder: Path, problems: list[Problem]) -> str | None:
    """The branch's name in this clone, or HEAD in its place; None for a repository without a commit."""
    for name in (project.branch, f"origin/{project.branch}"):
        if _exists(folder, name):
            return name
    if _exists(folder, "HEAD"):
        what = f"has no branch {project.branch!r}, which asv.conf.json names; the history of HEAD is shown"
        problems.append(Problem(str(folder), what, "Correct `branches` in asv.conf.json, or fetch the branch."))
        return "HEAD"
    problems.append(Problem(str(folder), "the repository has no commit yet", "Commit something, then measure it."))
    return None


def _exists(folder: Path, name: str) -> bool:
    try:
        _git(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"])
    except _GitError as error:
        if error.args[0]:  # --quiet says nothing about a name that does not exist
            raise
        return False
    return True


def _shallow(folder: Path) -> Problem:
    what = "this is a shallow clone: its older commits are missing, and so is their order"
    return Problem(str(folder), what, "`git fetch --unshallow --tags` completes it.")


def _log(folder: Path, arguments: Sequence[str], commits: set[str] | frozenset[str] = frozenset()) -> list[Revision]:
    """Revisions as git lists them, with position 0."""
    options = ["log", "-z", f"--format=tformat:{_FORMAT}", "--no-show-signature", "--no-notes", "--no-color"]
    options += ["--decorate=full", "--decorate-refs=refs/tags/"]
    hashes = "".join(f"{commit}\n" for commit in sorted(commits) if _HASH.fullmatch(commit))
    if commits and not hashes:
        return []
    text = _git(folder, [*options, *arguments], hashes).decode("utf-8", "replace")
    fields = text.split("\0")
    return [_revision(fields[start : start + _FIELDS]) for start in range(0, len(fields) - _FIELDS + 1, _FIELDS)]


def _revision(fields: Sequence[str]) -> Revision:
    commit, parents, committed, author, subject, decorations = fields
    tags = [part.strip() for part in decorations.split(", ")] if decorations else []
    return Revision(
        commit=commit,
        position=0,
        committed=_moment(committed),
        author=author,
        subject=subject,
        parents=tuple(parents.split()),
        tags=tuple(sorted(tag.removeprefix("tag: refs/tags/") for tag in tags if tag.startswith("tag: "))),
    )


def _moment(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


_EPOCH = datetime.fromtimestamp(0, UTC)


def _placed(branch: Sequence[Revision], others: Sequence[Revision]) -> tuple[Revision, ...]:
    """The branch in its own order with the others in between, numbered from 0; undated ones come first."""
    newest_so_far: list[datetime] = []
    for revision in branch:
        moment = revision.committed or _EPOCH
        newest_so_far.append(max(moment, newest_so_far[-1]) if newest_so_far else moment)
    places = {revision.commit: index + 1 for index, revision in enumerate(branch)}
    placed = [(float(index + 1), _EPOCH, revision) for index, revision in enumerate(branch)]
    for revision in sorted(others, key=lambda each: (each.committed or _EPOCH, each.commit)):
        moment = revision.committed or _EPOCH
        after = max((places.get(parent, 0) for parent in revision.parents), default=0)
        place = max(after, bisect_right(newest_so_far, moment))
        places[revision.commit] = place
        placed.append((place + 0.5, moment, revision))
    placed.sort(key=lambda each: each[:2])
    return tuple(_at(index, revision) for index, (_, _, revision) in enumerate(placed))


def _at(position: int, one: Revision) -> Revision:
    """The revision at another position; `replace` takes twice the time, and there may be a hundred thousand."""
    return Revision(
        one.commit, position, one.committed, one.author, one.subject, one.parents, one.tags, aside=one.aside
    )


def _git(folder: Path, arguments: Sequence[str], text: str = "") -> bytes:
    """Git's output. Raises `_GitError` with what it said."""
    if not folder.is_dir():
        raise _GitError("there is no such folder")
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    options = ["-c", "i18n.logOutputEncoding=UTF-8", "-c", "log.showRoot=false"]
    try:
        done = subprocess.run(
            ["git", "--no-pager", *options, *arguments],
            cwd=folder,
            env=environment,
            input=text.encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise _GitError("git is not installed or not on PATH") from error
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:  # ValueError: a NUL in an argument
        raise _GitError(f"git could not run: {error}") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise _GitError(said.removeprefix("fatal: "))
    return done.stdout
