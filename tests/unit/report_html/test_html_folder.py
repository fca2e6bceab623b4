"""Replacing a site: the old one or the new one, never half; what others made stays."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stallhorn.errors import StorageError, UsageError
from stallhorn.report.html import folder
from stallhorn.report.html.folder import MARKER, Replaced, has_site, replace_site

OLD = {"index.html": b"old", "static/site.css": b"old", "gone.html": b"old"}
NEW = {"index.html": b"new", "static/site.css": b"new", "benchmark/1.html": b"new"}


class Killed(BaseException):
    """Stands for kill -9: nothing that the code does can follow it."""


def contents(target: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(target)): path.read_bytes()
        for path in target.rglob("*")
        if path.is_file() and path.name != MARKER
    }


def test_a_first_site_is_written_with_its_marker(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "html"
    replace_site(target, OLD)
    assert contents(target) == OLD
    assert has_site(target)
    assert json.loads((target / MARKER).read_text())["entries"] == ["gone.html", "index.html", "static"]


def test_a_second_site_replaces_the_first_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    replace_site(tmp_path / "html", OLD)
    replace_site(tmp_path / "html", NEW)
    assert contents(tmp_path / "html") == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["html"]


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    target = tmp_path / "html"
    assert replace_site(target, OLD) == Replaced(written=3, kept=0)
    before = (target / "static/site.css").stat()
    assert replace_site(target, {**NEW, "static/site.css": b"old"}) == Replaced(written=2, kept=1)
    after = (target / "static/site.css").stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_nlink) == (before.st_ino, before.st_mtime_ns, 1)
    assert (target / "index.html").read_bytes() == b"new"


def test_the_same_site_again_writes_nothing_and_has_the_same_bytes(tmp_path: Path) -> None:
    replace_site(tmp_path / "html", OLD)
    marker = (tmp_path / "html" / MARKER).read_bytes()
    assert replace_site(tmp_path / "html", OLD) == Replaced(written=0, kept=3)
    assert (tmp_path / "html" / MARKER).read_bytes() == marker


@pytest.mark.parametrize("damage", ["gone", "cut", "a link elsewhere"])
def test_a_file_that_is_not_what_it_was_is_written_again(damage: str, tmp_path: Path) -> None:
    target = tmp_path / "html"
    replace_site(target, OLD)
    (target / "gone.html").unlink()
    if damage == "cut":
        (target / "gone.html").write_bytes(b"")
    elif damage == "a link elsewhere":
        (tmp_path / "elsewhere").write_bytes(b"bad")
        (target / "gone.html").symlink_to(tmp_path / "elsewhere")
    assert replace_site(target, OLD) == Replaced(written=1, kept=2)
    assert contents(target) == OLD
    assert not (target / "gone.html").is_symlink()


def test_a_disk_without_links_gets_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_site(tmp_path / "html", OLD)

    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(folder.os, "link", refused)
    assert replace_site(tmp_path / "html", OLD) == Replaced(written=3, kept=0)
    assert contents(tmp_path / "html") == OLD


def test_a_site_of_an_older_stallhorn_is_replaced_whole(tmp_path: Path) -> None:
    replace_site(tmp_path / "html", OLD)
    (tmp_path / "html" / MARKER).write_text('{"schema": 1, "entries": ["gone.html", "index.html", "static"]}')
    assert replace_site(tmp_path / "html", NEW) == Replaced(written=3, kept=0)
    assert contents(tmp_path / "html") == NEW


def test_files_are_written_as_they_are_made(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def made() -> Iterator[tuple[str, bytes]]:
        for path, content in NEW.items():
            seen.append(sorted(each.name for each in tmp_path.rglob("*") if each.is_file()))
            yield path, content

    assert replace_site(tmp_path / "html", made()) == Replaced(written=3, kept=0)
    assert seen == [[], ["index.html"], ["index.html", "site.css"]]


def test_parts_are_put_together(tmp_path: Path) -> None:
    replace_site(tmp_path / "html", OLD)
    parts = {"index.html": b"old", "static/site.css": b"new"}, {"benchmark/1.html": b"new", "gone.html": b"old"}
    assert replace_site(tmp_path / "html", *parts) == Replaced(written=2, kept=2)
    assert contents(tmp_path / "html") == {**parts[0], **parts[1]}
    assert json.loads((tmp_path / "html" / MARKER).read_text())["entries"] == [
        "benchmark",
        "gone.html",
        "index.html",
        "static",
    ]


def test_a_full_disk_in_the_second_part_leaves_the_old_site(tmp_path: Path) -> None:
    replace_site(tmp_path / "html", OLD)

    def full() -> Iterator[tuple[str, bytes]]:
        yield "benchmark/1.html", b"new"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageError, match="No space left on device"):
        replace_site(tmp_path / "html", NEW, full())
    assert contents(tmp_path / "html") == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["html"]


def test_nothing_is_made_for_a_folder_that_is_refused(tmp_path: Path) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("someone else's")

    def made() -> Iterator[tuple[str, bytes]]:
        raise AssertionError("asked for a file")
        yield

    with pytest.raises(UsageError, match="was not made by stallhorn"):
        replace_site(tmp_path / "html", made())


def test_a_page_that_cannot_be_made_leaves_the_old_site(tmp_path: Path) -> None:
    replace_site(tmp_path / "html", OLD)

    def made() -> Iterator[tuple[str, bytes]]:
        yield "index.html", b"new"
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        replace_site(tmp_path / "html", made())
    assert contents(tmp_path / "html") == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["html"]


def test_files_of_others_stay(tmp_path: Path) -> None:
    target = tmp_path / "html"
    (target / "asv").mkdir(parents=True)
    (target / "README.md").write_text("how to fill this")
    (target / "asv" / "index.html").write_text("asv's")
    for files in (OLD, NEW):
        replace_site(target, files)
        assert (target / "README.md").read_text() == "how to fill this"
        assert (target / "asv" / "index.html").read_text() == "asv's"


@pytest.mark.parametrize("name", ["index.html", "static"])
def test_a_site_that_stallhorn_did_not_make_is_refused(name: str, tmp_path: Path) -> None:
    target = tmp_path / "html"
    (target / name).mkdir(parents=True)
    with pytest.raises(UsageError, match=f"{name} was not made by stallhorn") as caught:
        replace_site(target, NEW)
    assert "--html" in caught.value.remedy
    assert [path.name for path in target.iterdir()] == [name]


def test_a_marker_that_cannot_be_read_protects_the_folder(tmp_path: Path) -> None:
    replace_site(tmp_path / "html", OLD)
    (tmp_path / "html" / MARKER).write_text("{")
    with pytest.raises(UsageError, match="not made by stallhorn"):
        replace_site(tmp_path / "html", NEW)
    assert (tmp_path / "html" / "index.html").read_bytes() == b"old"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "html").write_text("a file")
    with pytest.raises(UsageError, match="is a file, not a folder"):
        replace_site(tmp_path / "html", NEW)


def test_a_full_disk_leaves_the_old_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "html"
    replace_site(target, OLD)
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name == "1.html":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match="No space left on device"):
        replace_site(target, NEW)
    assert contents(target) == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["html"]


@pytest.mark.parametrize("killed_at", range(1, 40))
def test_a_publish_that_is_killed_anywhere_leaves_a_whole_site_or_is_mended_by_the_next(
    killed_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "html"
    replace_site(target, OLD)
    (target / "README.md").write_text("how to fill this")
    steps = 0

    def counted(function: object) -> object:
        def call(*arguments: object, **options: object) -> object:
            nonlocal steps
            steps += 1
            if steps >= killed_at:
                raise Killed
            return function(*arguments, **options)  # type: ignore[operator]

        return call

    with monkeypatch.context() as patch:
        for name in ("rename", "write_bytes", "mkdir"):
            patch.setattr(Path, name, counted(getattr(Path, name)))
        patch.setattr(folder.shutil, "rmtree", counted(folder.shutil.rmtree))
        try:
            replace_site(target, NEW)
        except Killed:
            pass
        else:
            assert steps < killed_at
    if target.exists():
        site = {name: content for name, content in contents(target).items() if name != "README.md"}
        assert site in (OLD, NEW)
    replace_site(target, NEW)
    assert contents(target) == {**NEW, "README.md": b"how to fill this"}
    assert [path.name for path in tmp_path.iterdir()] == ["html"]
