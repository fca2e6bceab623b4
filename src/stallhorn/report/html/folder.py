"""Replace a published site in one step, so that a publish that is killed leaves the old site or the new one.

The new site is built in a sibling folder first. A file that is what it was is not written: it becomes a second name of
the old one. Files beside the site that are not stallhorn's are moved across.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

from stallhorn.errors import StorageError, UsageError
from stallhorn.report.html.beside import beside_this

MARKER = ".stallhorn-site"
_SCHEMA = 2

Files = Mapping[str, bytes] | Iterable[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Replaced:
    """What became of the files of a site."""

    written: int
    kept: int  # that were the same before


def replace_site(target: Path, *parts: Files) -> Replaced:
    """Make `target` hold these files (by path, with forward slashes) in place of the site that it held.

    They are taken one by one, so that a large site is never in memory as a whole; each part but the first in a process
    of its own. Raises UsageError if something in the way is not stallhorn's, StorageError if the disk refuses; the old
    site stays.
    """
    target = target.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(target.parent):
            _recover(target)
            _refuse_foreign(target, ["index.html"])  # before anything is made
            replaced = _fill(target, parts)
            _swap(target)
            return replaced
    except OSError as error:
        raise StorageError(
            f"The site could not be written to {target}: {error.strerror or error}. What was there is unchanged.",
            "Make room or allow writing there, or publish elsewhere: stallhorn publish --html DIR.",
        ) from error


def has_site(target: Path) -> bool:
    """Whether a site that stallhorn made lies there."""
    return (target / MARKER).is_file() and (target / "index.html").is_file()


def _new(target: Path) -> Path:
    return target.with_name(f".{target.name}.stallhorn-new")


def _old(target: Path) -> Path:
    return target.with_name(f".{target.name}.stallhorn-old")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other publish works in this folder. The lock is on the folder itself: no file is left behind."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _recover(target: Path) -> None:
    """Finish or undo what a killed publish began."""
    if _old(target).exists():
        if target.exists():
            _keep_foreign(_old(target), target)
            shutil.rmtree(_old(target))
        else:
            _old(target).rename(target)
    if _new(target).exists():
        shutil.rmtree(_new(target))


def _refuse_foreign(target: Path, entries: list[str]) -> None:
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is a file, not a folder.", "Name a folder: stallhorn publish --html DIR.")
    foreign = [name for name in entries if name not in _made(target) and os.path.lexists(target / name)]
    if foreign:
        raise UsageError(
            f"{target / foreign[0]} was not made by stallhorn ({MARKER} does not name it), so it is not replaced.",
            "Publish elsewhere with --html DIR, or move that away first.",
        )


def _made(folder: Path) -> set[str]:
    """The top-level entries of a folder that stallhorn wrote, by its marker file."""
    try:
        found = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        return {str(name) for name in found["entries"]} | {MARKER}
    except (FileNotFoundError, NotADirectoryError):
        return set()
    except (ValueError, KeyError, TypeError):  # a marker that cannot be read protects the folder
        return {MARKER}


def _digests(target: Path) -> dict[str, str]:
    """What the files of the old site were; nothing where its marker does not say."""
    try:
        found = json.loads((target / MARKER).read_text(encoding="utf-8"))["files"]
        return {str(path): str(digest) for path, digest in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=12).hexdigest()


def _marker(entries: list[str], digests: Mapping[str, str]) -> bytes:
    text = json.dumps({"schema": _SCHEMA, "entries": entries, "files": digests}, indent=1)
    return f"{text}\n".encode()


@dataclass(slots=True)
class _Put:
    """What was put into the new folder."""

    digests: dict[str, str] = field(default_factory=dict)
    kept: int = 0


def _fill(target: Path, parts: Sequence[Files]) -> Replaced:
    """Write the new folder; what the old site has just so gets a second name there."""
    folder, before = _new(target), _digests(target)
    put = _Put()
    try:
        folder.mkdir()
        with ExitStack() as beside:
            others = [beside.enter_context(beside_this(partial(_put, target, before, each))) for each in parts[1:]]
            for done in chain((_put(target, before, each) for each in parts[:1]), (other() for other in others)):
                put.digests |= done.digests
                put.kept += done.kept
        entries = sorted({path.split("/", 1)[0] for path in put.digests})
        _refuse_foreign(target, entries)
        (folder / MARKER).write_bytes(_marker(entries, dict(sorted(put.digests.items()))))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Replaced(len(put.digests) - put.kept, put.kept)


def _put(target: Path, before: Mapping[str, str], files: Files) -> _Put:
    """Put some files into the new folder, one after the other."""
    folder, put = _new(target), _Put()
    known: set[Path] = set()
    for path, content in files.items() if isinstance(files, Mapping) else files:
        place, put.digests[path] = folder / path, _digest(content)
        if place.parent not in known:
            place.parent.mkdir(parents=True, exist_ok=True)
            known.add(place.parent)
        if before.get(path) == put.digests[path] and _is_linked(target / path, place, len(content)):
            put.kept += 1
        else:
            place.write_bytes(content)
    return put


def _is_linked(old: Path, new: Path, size: int) -> bool:
    """Give an old file a second name; False where it is gone, of another size, or the disk knows no such links."""
    try:
        if old.is_symlink() or old.stat().st_size != size:
            return False
        os.link(old, new)
    except OSError:
        return False
    return True


def _swap(target: Path) -> None:
    """Put the new folder in place; between the two renames nothing else happens."""
    old = _old(target)
    if target.exists():
        target.rename(old)
    try:
        _new(target).rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    if old.exists():
        _keep_foreign(old, target)
        shutil.rmtree(old)


def _keep_foreign(old: Path, target: Path) -> None:
    """Move what is not stallhorn's (a README, asv's site, a CNAME) into the new folder."""
    made = _made(old)
    for entry in sorted(old.iterdir()):
        if entry.name not in made and not os.path.lexists(target / entry.name):
            entry.rename(target / entry.name)
