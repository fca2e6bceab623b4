"""Ask git. Every failure is a clear error; nothing here writes to the repository."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from stallhorn.errors import NothingMeasured, UsageError


class GitMissingError(UsageError):
    """There is no git on this machine."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A local git repository."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> Repository:
        """The repository that holds this folder."""
        repository = cls(folder)
        try:
            repository.run("rev-parse", "--git-dir")
        except GitMissingError:
            raise
        except UsageError as error:
            if "dubious ownership" in error.what:
                raise UsageError(
                    f"{folder} belongs to another user, so git refuses to read its repository.",
                    f"If you trust it: git config --global --add safe.directory {folder}",
                ) from None
            raise UsageError(
                f"{folder} is not in a git repository, and commits are what is measured.",
                "Run `git init` and commit your package, or set `repo` in asv.conf.json to the repository's folder.",
            ) from None
        return repository

    def run(self, *arguments: str) -> str:
        """The output of one git command."""
        command = ["git", "-C", str(self.folder), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        except FileNotFoundError:
            raise GitMissingError("git is not installed.", "Install it (Debian: apt-get install git).") from None
        if done.returncode != 0:
            complaint = done.stderr.strip().splitlines()
            raise UsageError(f"git {arguments[0]}: {complaint[0] if complaint else 'failed'}", "")
        return done.stdout

    def resolve(self, name: str) -> str:
        """The full hash of a commit that a person names: a hash, a tag, a branch, HEAD~2."""
        if name.startswith("-"):
            raise UsageError(f"{name!r} is not a commit.", "Expected a hash, a tag, a branch, or e.g. HEAD~2.")
        try:
            return self.run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").strip()
        except UsageError:
            hint = self.shallow_hint()
            raise UsageError(
                f"{name!r} is not a commit of this repository.",
                hint or "Expected a hash, a tag, a branch, or e.g. HEAD~2; `git log --oneline` lists them.",
            ) from None

    def commits(self, span: str, touching: str = "", newest: int | None = None) -> tuple[str, ...]:
        """First-parent commits of a range such as "v1..HEAD" (or of a branch), newest first.

        `touching` keeps those that change this subfolder, `newest` the first so many.
        """
        for end in span.replace("...", "..").split(".."):
            if end:
                self.resolve(end)
        limit = [f"--max-count={newest}"] if newest is not None else []
        path = ["--", touching] if touching else ["--"]
        found = tuple(self.run("rev-list", "--first-parent", *limit, span, *path).split())
        if not found:
            raise NothingMeasured(
                f"No commit in {span}" + (f" changes {touching}/." if touching else "."),
                "Name another range, or a single commit." + (f" {hint}" if (hint := self.shallow_hint()) else ""),
            )
        return found

    def is_shallow(self) -> bool:
        return self.run("rev-parse", "--is-shallow-repository").strip() == "true"

    def is_dirty(self, subfolder: str, beside: tuple[str, ...] = ()) -> bool:
        """Whether tracked files of a subfolder have changes that are not committed, and so are not measured.

        `beside` are paths that do not count.
        """
        paths = [subfolder or ".", *(f":(exclude){path}" for path in beside)]
        return bool(self.run("status", "--porcelain", "--untracked-files=no", "--", *paths).strip())

    def subject(self, commit: str) -> str:
        """The first line of a commit's message; untrusted text."""
        return self.run("log", "-1", "--format=%s", commit).strip()

    def shallow_hint(self) -> str:
        """What to do about commits that are not there, if this clone does not have them all; else nothing."""
        if self.is_shallow():
            return "This clone is shallow, older commits are missing: `git fetch --unshallow` brings them."
        return ""
